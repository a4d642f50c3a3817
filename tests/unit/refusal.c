/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies that are meant to be refused: when that counts, and how reports put it. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "lab/refusal.h"
#include "lab/report.h"

static struct policy policies[] = {{.path = "/x/dmain.ferm", .shown = "sub/../dmain.ferm"}};

/* What comes of a policy of which the tool says this, when `wanted` is asked for. */
static struct refusal judge(const char *said, const char *message, const char *wanted)
{
	const struct policy_set set = {
		.host = 1, .policies = policies, .n_policies = 1, .refused = wanted};
	static struct refused_policy refused;
	struct refusal refusal = {.variant = 0};
	refused = (struct refused_policy){.policy = said ? &policies[0] : NULL};
	if (said) {
		refused.refusal.refused = true;
		refused.refusal.line = 7;
		snprintf(refused.refusal.file, sizeof(refused.refusal.file), "/x/dmain.ferm");
		snprintf(refused.refusal.said, sizeof(refused.refusal.said), "%s", said);
		snprintf(refused.refusal.message, sizeof(refused.refusal.message), "%s", message);
	}
	refusal_judge(&set, &refused, &refusal);
	return refusal;
}

static const char said[] = "Error in /x/dmain.ferm line 7:\ndmain <--\nUnrecognized keyword: dmain";
static const char message[] = "Unrecognized keyword: dmain";

static void the_words_decide(void **state)
{
	(void)state;
	struct refusal refusal = judge(said, message, "Unrecognized keyword");
	assert_true(refusal.passed);
	assert_int_equal(refusal.host, 1);
	assert_string_equal(refusal.policy, "sub/../dmain.ferm");
	assert_int_equal(refusal.line, 7);
	assert_string_equal(refusal.said, message);
	assert_string_equal(refusal.complaint, "");
	assert_true(judge(said, message, "dmain <--").passed);

	refusal = judge(said, message, "unknown protocol");
	assert_false(refusal.passed);
	assert_string_equal(refusal.expected, "unknown protocol");
	assert_string_equal(refusal.said, said);
	assert_non_null(strstr(refusal.complaint, "not with these words"));
}

static void a_policy_that_loads_fails(void **state)
{
	(void)state;
	struct refusal refusal = judge(NULL, NULL, "dmain");
	assert_false(refusal.passed);
	assert_string_equal(refusal.said, "");
	assert_non_null(strstr(refusal.complaint, "was loaded"));
}

/* The file may be called after what is wrong with it. */
static void names_of_files_are_no_words(void **state)
{
	(void)state;
	assert_false(judge("/x/dmain.ferm:1: no", "no", "dmain").passed);
	assert_false(judge("sub/../dmain.ferm, line 1: no", "no", "dmain").passed);
	assert_false(judge("./dmain.ferm: no", "no", "ferm").passed);
	assert_true(judge("/x/dmain.ferm:1: dmain?", "dmain?", "dmain").passed);
}

static void a_line_is_of_the_policy(void **state)
{
	(void)state;
	const struct policy_set set = {.policies = policies, .n_policies = 1, .refused = "no"};
	static struct refused_policy refused;
	struct refusal refusal = {0};
	refused = (struct refused_policy){
		.policy = &policies[0],
		.refusal = {.line = 3, .file = "/x/included.ferm", .said = "no", .message = "no"}};
	refusal_judge(&set, &refused, &refusal);
	assert_int_equal(refusal.line, 0);
}

/* Reports: a variant with a refusal, and one that is skipped. */
static struct host hosts[] = {{.name = "ns"}, {.name = "buildd"}};
static struct policy_set sets[] = {
	{.host = 1, .policies = policies, .n_policies = 1, .refused = "dmain"}};
static struct variant variants[] = {{.name = "typo", .sets = sets, .n_sets = 1}, {.name = "lxc"}};
static struct probe probes[] = {{.name = "p", .as = {.text = "root"}}};
static const struct scenario scenario = {
	.path = "s.yaml",
	.name = "s",
	.title = "",
	.hosts = hosts,
	.n_hosts = 2,
	.variants = variants,
	.n_variants = 2,
	.probes = probes,
	.n_probes = 1,
};
static const struct lack lack = {.reason = "there is no lxc-start", .cure = "install lxc"};

static char *write_report(const struct reporter *reporter, const struct refusal *refusal)
{
	const struct report_style style = {.again = "fwlab run"};
	const struct totals totals = {
		.passed = refusal->passed, .failed = !refusal->passed, .skipped = 3};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	void *self = reporter->open(to, &style);
	reporter->scenario_begin(self, &scenario);
	reporter->variant_begin(self, &scenario, 0);
	reporter->refusal(self, &scenario, refusal);
	reporter->variant_end(self, &scenario, 0, 5);
	reporter->variant_begin(self, &scenario, 1);
	reporter->skipped(self, &scenario, 1, 3, &lack);
	reporter->variant_end(self, &scenario, 1, 0);
	reporter->scenario_end(self, &scenario);
	int status = reporter->close(self, &totals, 0);
	fclose(to);
	assert_int_equal(status, 0);
	return text;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void text_tells_of_both(void **state)
{
	(void)state;
	struct refusal good = judge(said, message, "dmain");
	char *text = write_report(reporter_find("text"), &good);
	has(text,
	    "    ok    buildd's policy is refused  sub/../dmain.ferm:7: Unrecognized keyword: "
	    "dmain\n");
	has(text, "    skipped (3)\n          why       there is no lxc-start\n"
		  "          cure      install lxc\n");
	has(text, "\nfwlab: 1 passed, 0 failed, 0 inconclusive, 3 skipped in 2 variants");
	free(text);

	struct refusal bad = judge(said, message, "tdp");
	text = write_report(reporter_find("text"), &bad);
	has(text, "    FAIL  buildd's policy is refused\n");
	has(text, "expected  tdp\n");
	has(text, "said      Error in /x/dmain.ferm line 7:\n");
	free(text);
}

static void explanations_tell_of_both(void **state)
{
	(void)state;
	struct refusal good = judge(said, message, "dmain");
	char *text = write_report(&report_explain, &good);
	has(text,
	    "s, typo: buildd's policy is refused\n  outcome   refused; no probe is sent here\n");
	has(text, "s, lxc: skipped\n  why       there is no lxc-start\n  cure      install lxc\n");
	free(text);

	struct refusal loaded = judge(NULL, NULL, "dmain");
	text = write_report(&report_explain, &loaded);
	has(text, "  outcome   loaded; no probe");
	free(text);
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "(null)";
}

static void json_has_both(void **state)
{
	struct refusal bad = judge(said, message, "tdp");
	char *text = write_report(reporter_find("json"), &bad);
	json_t *document = json_loads(text, 0, NULL);
	free(text);
	*state = document;
	const json_t *all = json_object_get(
		json_array_get(json_object_get(document, "scenarios"), 0), "variants");
	const json_t *typo = json_array_get(all, 0), *lxc = json_array_get(all, 1);
	const json_t *refusal = json_array_get(json_object_get(typo, "refusals"), 0);
	assert_true(json_is_null(json_object_get(typo, "skipped")));
	assert_string_equal(text_of(refusal, "host"), "buildd");
	assert_string_equal(text_of(refusal, "expected"), "tdp");
	assert_string_equal(text_of(refusal, "file"), "sub/../dmain.ferm");
	assert_int_equal(json_integer_value(json_object_get(refusal, "line")), 7);
	assert_string_equal(text_of(refusal, "said"), said);
	assert_true(json_is_false(json_object_get(refusal, "passed")));
	assert_int_equal(json_array_size(json_object_get(lxc, "refusals")), 0);
	const json_t *skipped = json_object_get(lxc, "skipped");
	assert_string_equal(text_of(skipped, "reason"), "there is no lxc-start");
	assert_string_equal(text_of(skipped, "cure"), "install lxc");
	assert_int_equal(json_integer_value(json_object_get(skipped, "count")), 3);
}

static int free_document(void **state)
{
	json_decref(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_words_decide),
		cmocka_unit_test(a_policy_that_loads_fails),
		cmocka_unit_test(names_of_files_are_no_words),
		cmocka_unit_test(a_line_is_of_the_policy),
		cmocka_unit_test(text_tells_of_both),
		cmocka_unit_test(explanations_tell_of_both),
		cmocka_unit_test_setup_teardown(json_has_both, NULL, free_document),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
