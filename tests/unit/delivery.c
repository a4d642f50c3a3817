/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A datagram that came to a daemon's socket and was not answered is allowed, unless
 * something else is known of it.  buildd sends, gateway is on the way, mirror is the target.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/verdict.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What else is known, and the outcome. */
struct row {
	const char *name;
	const struct decision *decision;
	const char *reason; /* of a loss at the gateway; NULL: there was none */
	bool reply;	    /* it was the answer's */
	int error;	    /* 0: nothing came in time */
	bool answered, trace_lost, undelivered;
	enum outcome_kind outcome;
	const char *evidence, *arrived_at;
};

#define DECISION(at, is_reply)                                                                     \
	&(const struct decision)                                                                   \
	{                                                                                          \
		.host = (at), .hook = "", .table = "", .chain = "", .rule = "", .file = "",        \
		.sought = "", .reply = (is_reply)                                                  \
	}

/* A row is a paragraph here: clang-format would make a column of it. */
/* clang-format off */
static const struct row rows[] = {
	{.name = "nothing", .outcome = OUTCOME_ALLOWED, .evidence = "delivery",
	 .arrived_at = "mirror"},
	{.name = "nothing, and it was not delivered", .undelivered = true,
	 .outcome = OUTCOME_UNREACHABLE, .evidence = "trace", .arrived_at = ""},
	{.name = "an answer", .answered = true, .outcome = OUTCOME_ALLOWED, .evidence = "reply",
	 .arrived_at = "mirror"},
	{.name = "some of the trace was lost", .trace_lost = true, .outcome = OUTCOME_INCONCLUSIVE,
	 .evidence = "none", .arrived_at = ""},
	{.name = "a rule dropped the answer", .decision = DECISION("gateway", true),
	 .outcome = OUTCOME_DROPPED, .evidence = "rule", .arrived_at = ""},
	{.name = "a rule dropped it there", .decision = DECISION("mirror", false),
	 .outcome = OUTCOME_DROPPED, .evidence = "rule", .arrived_at = ""},
	{.name = "a rule dropped a copy elsewhere", .decision = DECISION("gateway", false),
	 .outcome = OUTCOME_ALLOWED, .evidence = "delivery", .arrived_at = "mirror"},
	{.name = "the answer was lost", .reason = "IP_RPFILTER", .reply = true,
	 .outcome = OUTCOME_UNREACHABLE, .evidence = "kernel", .arrived_at = ""},
	{.name = "a copy was lost elsewhere", .reason = "IP_RPFILTER", .outcome = OUTCOME_ALLOWED,
	 .evidence = "delivery", .arrived_at = "mirror"},
	{.name = "the probe failed by itself", .error = ENETUNREACH,
	 .outcome = OUTCOME_UNREACHABLE, .evidence = "route", .arrived_at = ""},
};
/* clang-format on */

static void judge_row(const struct row *row, const char *program, struct outcome *outcome)
{
	const struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_UDP};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = {
		.stage = row->answered ? STAGE_DONE : STAGE_ANSWER,
		.answered = row->answered,
		.timed_out = !row->error && !row->answered,
		.error = row->error,
		.error_at_once = row->error != 0,
		.call = row->error ? CALL_SEND : CALL_RECEIVE,
		.protocol = IPPROTO_UDP,
	};
	struct delivered delivered = {.host = "mirror", .port = 514};
	snprintf(delivered.program, sizeof(delivered.program), "%s", program);
	const struct loss loss = {.reason = sim_drop_reason_of(row->reason ? row->reason : ""),
				  .concerns = true,
				  .reply = row->reply};
	const struct circumstances known = {
		.source_host = "buildd",
		.remote_host = "mirror",
		.offender_host = "",
		.last_seen = "",
		.listening = 1,
		.routed = 1,
		.traced = true,
		.trace_lost = row->trace_lost,
		.decision = row->decision,
		.delivered = row->undelivered ? NULL : &delivered,
		.loss = row->reason ? &loss : NULL,
		.loss_host = "gateway",
	};
	judge(&errand, &seen, &known, outcome);
}

static void test_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct outcome outcome;
		judge_row(row, "rsyslogd", &outcome);
		if (outcome.kind != row->outcome ||
		    strcmp(outcome.evidence.kind, row->evidence) != 0 ||
		    strcmp(outcome.evidence.arrived_at, row->arrived_at) != 0)
			fail_msg("%s: %s, evidence '%s', arrived at '%s': %s", row->name,
				 outcome_kind_name(outcome.kind), outcome.evidence.kind,
				 outcome.evidence.arrived_at, outcome.why);
	}
}

static void test_words(void **state)
{
	(void)state;
	struct outcome outcome;
	judge_row(&rows[0], "rsyslogd", &outcome);
	assert_string_equal(outcome.how, "no answer");
	assert_string_equal(outcome.why, "delivered to rsyslogd's socket at mirror's udp port 514, "
					 "which did not answer within 500 ms");
	judge_row(&rows[0], "", &outcome);
	assert_string_equal(outcome.why,
			    "delivered to a socket at mirror's udp port 514, which did not "
			    "answer within 500 ms");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meaning),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
