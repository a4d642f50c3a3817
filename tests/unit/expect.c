/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened, held against what was expected; and what is said where they differ. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lab/expect.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct sighting nothing_seen = {.status = -1};

/* Which outcomes meet which expectations: all against all. */
static void outcomes(void **state)
{
	static const struct {
		struct expectation expectation;
		const char *at_host;
	} wanted[] = {
		{{.kind = EXPECT_ALLOW, .text = "allow"}, ""},
		{{.kind = EXPECT_ALLOW, .text = "allow at mirror"}, "mirror"},
		{{.kind = EXPECT_DENY, .text = "deny"}, ""},
		{{.kind = EXPECT_REJECT, .text = "reject"}, ""},
		{{.kind = EXPECT_REJECT, .text = "reject it", .how = "host-unreachable"}, ""},
		{{.kind = EXPECT_DROP, .text = "drop"}, ""},
		{{.kind = EXPECT_UNREACHABLE, .text = "unreachable"}, ""},
		{{.kind = EXPECT_DENY, .text = "deny at mirror"}, "mirror"},
		{{.kind = EXPECT_REJECT, .text = "reject at mirror"}, "mirror"},
		{{.kind = EXPECT_DROP, .text = "drop at mirror"}, "mirror"},
		{{.kind = EXPECT_CONFINED, .text = "confined"}, ""},
		{{.kind = EXPECT_CONFINED, .text = "confined landlock", .how = "landlock"}, ""},
		{{.kind = EXPECT_UNREACHABLE, .text = "unreachable at mirror"}, "mirror"},
	};
	static const struct {
		struct outcome outcome;
		const char *met; /* by these of the above, one digit each, and ':', ';', '<' */
	} table[] = {
		{{.kind = OUTCOME_ALLOWED, .evidence.arrived_at = "mirror"}, "01"},
		{{.kind = OUTCOME_ALLOWED, .evidence.arrived_at = "gateway"}, "0"},
		{{.kind = OUTCOME_ALLOWED, .evidence.host = "mirror"}, "0"},
		{{.kind = OUTCOME_REJECTED, .how = "host-unreachable"}, "234"},
		{{.kind = OUTCOME_REJECTED, .how = "addr-unreachable"}, "234"},
		{{.kind = OUTCOME_REJECTED, .how = "admin-prohibited"}, "23"},
		{{.kind = OUTCOME_REJECTED, .evidence.host = "mirror"}, "2378"},
		{{.kind = OUTCOME_REJECTED, .evidence.host = "gateway"}, "23"},
		{{.kind = OUTCOME_DROPPED}, "25"},
		{{.kind = OUTCOME_DROPPED, .evidence.host = "mirror"}, "2579"},
		{{.kind = OUTCOME_DROPPED, .evidence.arrived_at = "mirror"}, "25"},
		{{.kind = OUTCOME_UNREACHABLE, .how = "host-unreachable"}, "6"},
		{{.kind = OUTCOME_UNREACHABLE, .evidence.host = "mirror"}, "6<"},
		{{.kind = OUTCOME_UNREACHABLE, .evidence.host = "gateway"}, "6"},
		{{.kind = OUTCOME_INCONCLUSIVE, .how = "host-unreachable"}, ""},
		{{.kind = OUTCOME_EXITED, .how = "exit 0"}, ""},
		{{.kind = OUTCOME_CONFINED, .evidence.kind = "landlock"}, "2:;"},
		{{.kind = OUTCOME_CONFINED, .evidence.kind = "seccomp"}, "2:"},
		{{.kind = OUTCOME_CONFINED, .evidence = {.kind = "cgroup", .host = "mirror"}},
		 "27:"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (size_t w = 0; w < COUNT(wanted); w++) {
			char complaint[256];
			const struct wanted want = {&wanted[w].expectation, wanted[w].at_host, NULL,
						    NULL, ""};
			const struct happened is = {.outcome = &table[i].outcome,
						    .sighting = &nothing_seen,
						    .rule = ""};
			bool met = meets(&want, &is, complaint, sizeof(complaint));
			bool should = strchr(table[i].met, '0' + (int)w) != NULL;
			if (met != should || met == (*complaint != '\0'))
				fail_msg("outcome %zu, %s: %s", i, wanted[w].expectation.text,
					 complaint);
		}
}

static void complaints(void **state)
{
	static const struct expectation reject = {.kind = EXPECT_REJECT,
						  .text = "reject admin-prohibited",
						  .how = "admin-prohibited"};
	static const struct {
		struct outcome outcome;
		const char *complaint;
	} table[] = {
		{{.kind = OUTCOME_ALLOWED, .evidence.arrived_at = "mirror"},
		 "expected reject admin-prohibited, but it was allowed (received by mirror)"},
		{{.kind = OUTCOME_REJECTED, .how = "port-unreachable", .evidence.host = "buildd"},
		 "expected reject admin-prohibited, but it was rejected (port-unreachable, by "
		 "buildd)"},
		{{.kind = OUTCOME_CONFINED, .how = "by landlock: connect: Permission denied"},
		 "expected reject admin-prohibited, but it was confined by landlock: connect: "
		 "Permission denied"},
		{{.kind = OUTCOME_DROPPED}, "expected reject admin-prohibited, but it was dropped"},
		{{.kind = OUTCOME_DROPPED, .evidence.host = "buildd"},
		 "expected reject admin-prohibited, but it was dropped (by buildd)"},
		{{.kind = OUTCOME_UNREACHABLE, .how = "closed port"},
		 "expected reject admin-prohibited, but it was unreachable (closed port)"},
		{{.kind = OUTCOME_INCONCLUSIVE, .why = "nothing was seen"},
		 "expected reject admin-prohibited, but it was inconclusive: nothing was seen"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char complaint[256];
		const struct wanted want = {&reject, "", NULL, NULL, ""};
		const struct happened is = {
			.outcome = &table[i].outcome, .sighting = &nothing_seen, .rule = ""};
		assert_false(meets(&want, &is, complaint, sizeof(complaint)));
		assert_string_equal(complaint, table[i].complaint);
	}
}

/* A program's exit status and output. */
static const char *run_complaint(int status, const char *must_print, bool printed)
{
	static char complaint[256];
	static const struct expectation exit_100 = {
		.kind = EXPECT_EXIT, .text = "exit 100", .exit_status = 100};
	struct outcome outcome = {.kind = OUTCOME_EXITED, .how = "so"};
	struct sighting seen = {.status = status, .output = "its end", .printed = printed};
	const struct wanted want = {&exit_100, "", must_print, NULL, ""};
	const struct happened is = {.outcome = &outcome, .sighting = &seen, .rule = ""};
	bool met = meets(&want, &is, complaint, sizeof(complaint));
	assert_int_equal(met, !*complaint);
	return complaint;
}

static void programs(void **state)
{
	(void)state;
	assert_string_equal(run_complaint(100 << 8, NULL, false), "");
	assert_string_equal(run_complaint(100 << 8, "its begin", true), "");
	assert_string_equal(run_complaint(100 << 8, "404", false),
			    "expected its output to contain \"404\", which it does not");
	assert_string_equal(run_complaint(0, NULL, false), "expected exit 100, but it was so");
	assert_string_equal(run_complaint(9, NULL, false), "expected exit 100, but it was so");
}

/* A drop by the rule with the comment "no telnet", at buildd's output. */
static const char *rule_complaint(const char *by, const char *hook, const char *rule, bool bare)
{
	static char complaint[640];
	const struct expectation expectation = {
		.kind = EXPECT_DROP, .text = "drop", .by = by, .hook = hook};
	const struct outcome outcome = {
		.kind = OUTCOME_DROPPED,
		.evidence = {.host = "buildd", .hook = "output", .chain = "forbidden"}};
	const struct wanted want = {&expectation, "buildd", NULL, NULL, ""};
	const struct happened is = {
		.outcome = &outcome, .sighting = &nothing_seen, .rule = rule, .bare = bare};
	bool met = meets(&want, &is, complaint, sizeof(complaint));
	assert_int_equal(met, !*complaint);
	return complaint;
}

#define RULE "tcp dport 23 drop comment \"no telnet\""

static void rules(void **state)
{
	(void)state;
	assert_string_equal(rule_complaint("no telnet", "output", RULE, false), "");
	assert_string_equal(rule_complaint("dport 23", NULL, RULE, false), "");
	assert_string_equal(rule_complaint("FORBIDDEN", NULL, RULE, false), "");
	assert_string_equal(rule_complaint("policy drop", NULL, "policy DROP", false), "");
	assert_string_equal(rule_complaint("no mail", NULL, RULE, false),
			    "dropped as expected, but by another rule: \"" RULE
			    "\" (expected one with \"no mail\")");
	assert_string_equal(rule_complaint("no mail", NULL, "", false),
			    "dropped as expected, but by no rule that is known (expected one with "
			    "\"no mail\")");
	assert_string_equal(rule_complaint("no telnet", "input", RULE, false),
			    "dropped as expected, but at hook output (expected at input)");
	/* Without instruments: nobody knows. */
	assert_string_equal(rule_complaint("no mail", "input", "", true), "");
}

static const struct log_message messages[] = {
	{.host = "buildd",
	 .prefix = "out: ",
	 .group = 2,
	 .has_owner = true,
	 .uid = 100,
	 .gid = 65534,
	 .out = "ens3",
	 .packet = "tcp 10.0.0.1:4000 > 10.0.0.2:80 SYN"},
	{.host = "gateway", .prefix = "by", .group = -1, .in = "eth0", .packet = "udp a > b"},
	{.host = "gateway", .prefix = "by", .group = 0},
};

/* The complaint about the first `n` of these messages. */
static const char *log_complaint(const struct log_expectation *log, const char *host, size_t n)
{
	static char complaint[640];
	const struct expectation allow = {.kind = EXPECT_ALLOW, .text = "allow"};
	const struct outcome outcome = {.kind = OUTCOME_ALLOWED};
	const struct wanted want = {&allow, "", NULL, log, host};
	struct happened is = {.outcome = &outcome,
			      .sighting = &nothing_seen,
			      .rule = "",
			      .log = messages,
			      .n_log = n,
			      .bare = true};
	assert_true(meets(&want, &is, complaint, sizeof(complaint)));
	is.bare = false;
	bool met = meets(&want, &is, complaint, sizeof(complaint));
	assert_int_equal(met, !*complaint);
	return complaint;
}

#define LOG(...) (&(const struct log_expectation){.at = NONE, .text = "such", __VA_ARGS__})

static void logs(void **state)
{
	static const struct {
		const struct log_expectation log;
		const char *host;
		size_t such; /* of the three messages */
	} table[] = {
		{{.at = NONE}, "", 3},
		{{.at = 0}, "buildd", 1},
		{{.at = 0}, "mirror", 0},
		{{.at = NONE, .prefix = "out:"}, "", 1},
		{{.at = NONE, .prefix = "out: "}, "", 1},
		{{.at = NONE, .prefix = "out"}, "", 0},
		{{.at = NONE, .has_group = true, .group = 2}, "", 1},
		{{.at = NONE, .has_group = true, .group = 0}, "", 1},
		{{.at = NONE, .has_group = true, .group = UINT16_MAX}, "", 0},
		{{.at = NONE, .has_uid = true, .uid = 100}, "", 1},
		{{.at = NONE, .has_uid = true, .uid = 0}, "", 0}, /* not known is not root */
		{{.at = NONE, .has_gid = true, .gid = 65534}, "", 1},
		{{.at = NONE, .has_gid = true, .gid = 0}, "", 0},
		{{.at = 0, .prefix = "by", .has_uid = true, .uid = 100}, "", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct log_expectation log = table[i].log;
		log.text = "";
		assert_int_equal(!*log_complaint(&log, table[i].host, 3), table[i].such > 0);
		log.has_count = true;
		for (log.count = 0; log.count < 5; log.count++)
			assert_int_equal(!*log_complaint(&log, table[i].host, 3),
					 table[i].such == log.count);
	}
}

static void log_complaints(void **state)
{
	(void)state;
	assert_string_equal(log_complaint(LOG(.prefix = "x"), "", 0),
			    "expected a log message (such), but there was none");
	assert_string_equal(log_complaint(LOG(.prefix = "x"), "", 1),
			    "expected a log message (such), but there was 1 other: buildd: prefix "
			    "\"out: \", group 2, uid 100, gid 65534: tcp 10.0.0.1:4000 > "
			    "10.0.0.2:80 SYN out ens3");
	assert_string_equal(
		log_complaint(LOG(.has_count = true, .count = 3, .prefix = "by"), "", 3),
		"expected 3 log messages (such), but there were 2, such as gateway: "
		"prefix \"by\": udp a > b in eth0");
	assert_string_equal(
		log_complaint(&(struct log_expectation){.at = NONE, .text = "", .has_count = true},
			      "", 3),
		"expected no log message, but there were 3, such as buildd: prefix \"out: \", "
		"group 2, uid 100, gid 65534: tcp 10.0.0.1:4000 > 10.0.0.2:80 SYN out ens3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outcomes), cmocka_unit_test(complaints),
		cmocka_unit_test(programs), cmocka_unit_test(rules),
		cmocka_unit_test(logs),	    cmocka_unit_test(log_complaints),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
