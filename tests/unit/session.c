/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages from a lab that somebody in it may have written. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lab/session.h"

static struct policy scripts[2];
static struct policy_set sets[] = {{.host = 0, .policies = scripts, .n_policies = 2}};
static struct host hosts[] = {{.name = "buildd", .start = scripts, .n_start = 1}};
static struct variant variants[4] = {[3] = {.name = "both", .sets = sets, .n_sets = 1}};
static struct probe probes[] = {{.name = "one"}, {.name = "two"}};
static const struct scenario scenario = {
	.hosts = hosts,
	.n_hosts = 1,
	.variants = variants,
	.n_variants = 4,
	.probes = probes,
	.n_probes = 2,
};
static const struct plan plan = {.scenario = &scenario};
static const struct session_order order = {.plan = &plan, .variant = 3};
static const struct session_single single = {.probe = 1};
static const struct session_order singled = {.plan = &plan, .variant = 3, .single = &single};

static struct session_message message;

/* A good one of each kind. */
static int make(enum session_message_kind kind)
{
	memset(&message, 0, sizeof(message));
	message.kind = kind;
	if (kind == SESSION_RESULT)
		message.result.variant = 3;
	if (kind == SESSION_REFUSAL)
		message.refusal.variant = 3;
	if (kind == SESSION_WARNING)
		message.warning.variant = 3;
	if (kind == SESSION_FAILURE)
		message.failure.status = 2;
	return 0;
}

/* Whether a good message is still one when this has become of it. */
#define STILL(kind, order, change) (make(kind), (change), session_check(order, &message))

static void test_good(void **state)
{
	(void)state;
	assert_true(STILL(SESSION_RESULT, &order, message.result.probe = 1));
	assert_true(STILL(SESSION_REFUSAL, &order, message.refusal.passed = true));
	assert_true(STILL(SESSION_FAILURE, &order, message.failure.status = 3));
	assert_true(STILL(SESSION_FAILURE, &order, message.failure.policy = true));
	assert_true(STILL(SESSION_STEP, &singled, message.step.depth = 3));
	assert_true(STILL(SESSION_WARNING, &order, message.warning.index = 1));
	assert_true(STILL(SESSION_WARNING, &order, message.warning.start = true));
}

static void test_indices(void **state)
{
	(void)state;
	assert_false(STILL(SESSION_RESULT, &order, message.result.probe = 2));
	assert_false(STILL(SESSION_RESULT, &order, message.result.variant = 2));
	assert_false(STILL(SESSION_RESULT, &order, message.result.family = 3));
	assert_false(STILL(SESSION_RESULT, &order, message.result.outcome.kind = 200));
	assert_false(STILL(SESSION_REFUSAL, &order, message.refusal.host = 1));
	assert_false(STILL(SESSION_REFUSAL, &order, message.refusal.variant = 0));
	assert_false(STILL(SESSION_WARNING, &order, message.warning.host = 1));
	assert_false(STILL(SESSION_WARNING, &order, message.warning.variant = 2));
	assert_false(STILL(SESSION_WARNING, &order, message.warning.index = 2));
	assert_false(STILL(SESSION_WARNING, &order,
			   (message.warning.start = true, message.warning.index = 1)));
	assert_false(STILL(SESSION_FAILURE, &order, message.failure.status = 0));
	assert_false(STILL(SESSION_STEP, &singled, message.step.kind = 77));
	assert_false(STILL(SESSION_STEP, &singled, message.step.depth = 1000000000));
	assert_false(STILL(SESSION_FAILURE, &order, message.kind = 77));
}

/* What was not asked for is not told. */
static void test_unasked(void **state)
{
	(void)state;
	assert_false(STILL(SESSION_STEP, &order, message.step.depth = 0));
	assert_false(STILL(SESSION_RESULT, &singled, message.result.probe = 0));
	assert_true(STILL(SESSION_RESULT, &singled, message.result.probe = 1));
}

/* What is sent before the one that is explained is neither counted nor told of. */
static void test_all_before(void **state)
{
	static const struct session_single second = {.probe = 1, .all_before = true};
	static const struct session_single first = {.probe = 0, .all_before = true};
	static const struct variant empty[4];
	static const struct scenario some = {.variants = (struct variant *)(uintptr_t)empty,
					     .n_variants = 4,
					     .probes = probes,
					     .n_probes = 2};
	static const struct plan of_some = {.scenario = &some};
	struct session_order wish = {.plan = &of_some, .variant = 3, .single = &second};
	(void)state;
	assert_true(session_sends(&wish, &probes[0]));
	assert_false(session_wants(&wish, &probes[0]));
	assert_true(session_wants(&wish, &probes[1]));
	assert_int_equal(session_size(&wish), 2);
	wish.single = &first;
	assert_int_equal(session_size(&wish), 2);
	assert_false(session_sends(&wish, &probes[1]));
	assert_false(STILL(SESSION_RESULT, &wish, message.result.probe = 1));
	wish.single = &single;
	assert_false(session_sends(&wish, &probes[0]));
}

static void test_numbers(void **state)
{
	(void)state;
	assert_false(STILL(SESSION_RESULT, &order, message.result.ms = (double)NAN));
	assert_false(STILL(SESSION_RESULT, &order, message.result.ms = -1));
	assert_false(STILL(SESSION_REFUSAL, &order, message.refusal.ms = (double)INFINITY));
	assert_false(STILL(SESSION_RESULT, &order, memset(&message.result.passed, 2, 1)));
	assert_false(STILL(SESSION_STEP, &singled, memset(&message.step.drops, 255, 1)));
	assert_false(STILL(SESSION_WARNING, &order, memset(&message.warning.start, 2, 1)));
}

/* Every text has an end within its own bounds. */
static void test_texts(void **state)
{
	(void)state;
	make(SESSION_FAILURE);
	memset(message.failure.text, 'x', sizeof(message.failure.text));
	assert_true(session_check(&order, &message));
	assert_int_equal(strlen(message.failure.text), sizeof(message.failure.text) - 1);
	make(SESSION_RESULT);
	memset(message.result.outcome.how, 'x', sizeof(message.result.outcome.how));
	memset(message.result.complaint, 'x', sizeof(message.result.complaint));
	memset(message.result.outcome.evidence.log[7].in, 'x', 16);
	assert_true(session_check(&order, &message));
	assert_int_equal(strlen(message.result.outcome.how), 63);
	assert_int_equal(strlen(message.result.complaint), sizeof(message.result.complaint) - 1);
	assert_int_equal(strlen(message.result.outcome.evidence.log[7].in), 15);
	make(SESSION_WARNING);
	memset(message.warning.said, 'x', sizeof(message.warning.said));
	assert_true(session_check(&order, &message));
	assert_int_equal(strlen(message.warning.said), sizeof(message.warning.said) - 1);
	make(SESSION_STEP);
	memset(message.step.hook, 'x', sizeof(message.step.hook));
	assert_true(session_check(&singled, &message));
	assert_int_equal(strlen(message.step.hook), sizeof(message.step.hook) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	cmocka_unit_test(test_indices),
		cmocka_unit_test(test_unasked), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_texts),	cmocka_unit_test(test_all_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
