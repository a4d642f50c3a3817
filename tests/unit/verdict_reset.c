/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it means that a connection was reset after its handshake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "lab/verdict.h"

/* A connection that was reset once it was there: by a rule, by the daemon, or by nobody knows whom.
 */
static void reset_once_it_was_there(void **state)
{
	(void)state;
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	const struct sighting seen = {
		.stage = STAGE_DONE, .answered = true, .reset = true, .protocol = IPPROTO_TCP};
	const struct decision by = {.host = "gateway",
				    .hook = "forward",
				    .table = "inet fw",
				    .chain = "f",
				    .rule = "reject with tcp reset",
				    .rejects = true,
				    .file = ""};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "mirror",
				      .offender_host = "",
				      .last_seen = "",
				      .listening = 1,
				      .routed = 1,
				      .traced = true,
				      .followed = true,
				      .taken = true};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_ALLOWED);
	assert_string_equal(outcome.evidence.kind, "reset");
	assert_string_equal(outcome.evidence.arrived_at, "mirror");
	known.taken = false; /* but by a proxy */
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	known.taken = true;
	known.followed = false; /* only the first segments were listened to */
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	known.followed = true;
	known.unheard = "mirror/jail";
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	known.unheard = NULL;
	known.trace_lost = true;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	known.trace_lost = false;
	known.decision = &by;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_REJECTED);
	assert_string_equal(outcome.how, "tcp-reset");
	assert_string_equal(outcome.evidence.host, "gateway");
	assert_string_equal(outcome.evidence.hook, "forward");
}

/* A connection all of whose segments were listened to met this rule. */
static struct outcome judge_by_rule(const struct sighting *seen, const char *rule, bool rejects,
				    bool reply)
{
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	const struct decision decision = {.host = "gateway",
					  .hook = "forward",
					  .table = "inet fw",
					  .chain = "f",
					  .rule = rule,
					  .rejects = rejects,
					  .reply = reply,
					  .file = ""};
	const struct circumstances known = {.source_host = "buildd",
					    .remote_host = "mirror",
					    .offender_host = "",
					    .last_seen = "",
					    .listening = 1,
					    .routed = 1,
					    .traced = true,
					    .followed = true,
					    .taken = true,
					    .decision = &decision};
	struct outcome outcome;
	judge(&errand, seen, &known, &outcome);
	return outcome;
}

/* A rule had its hand in the connection, and may have reset it or not. */
static void reset_in_spite_of_a_rule(void **state)
{
	static const struct {
		const char *rule;
		bool rejects, reply;
		enum outcome_kind outcome;
		const char *how, *evidence;
	} rows[] = {
		{"drop", false, true, OUTCOME_DROPPED, "", "rule"},
		{"reject", true, true, OUTCOME_REJECTED, "", "rule"},
		{"reject with tcp reset", true, true, OUTCOME_REJECTED, "", "rule"},
		{"", true, true, OUTCOME_REJECTED, "", "rule"},
		{"drop", false, false, OUTCOME_DROPPED, "", "rule"},
		{"reject", true, false, OUTCOME_REJECTED, "", "rule"},
		{"reject with tcp reset", true, false, OUTCOME_REJECTED, "tcp-reset", "reset"},
		{"", true, false, OUTCOME_REJECTED, "tcp-reset", "reset"},
	};
	(void)state;
	const struct sighting seen = {
		.stage = STAGE_DONE, .answered = true, .reset = true, .protocol = IPPROTO_TCP};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct outcome outcome =
			judge_by_rule(&seen, rows[i].rule, rows[i].rejects, rows[i].reply);
		assert_int_equal(outcome.kind, rows[i].outcome);
		assert_string_equal(outcome.how, rows[i].how);
		assert_string_equal(outcome.evidence.kind, rows[i].evidence);
	}
}

/* The far end acknowledged all of it, but a rule has refused what was said, on one way or both. */
static void acknowledged_in_spite_of_a_rule(void **state)
{
	static const struct {
		const char *answer;
		bool rejects, reply;
		enum outcome_kind outcome;
		const char *evidence;
	} rows[] = {
		{"", false, true, OUTCOME_DROPPED, "rule"},
		{"", true, true, OUTCOME_REJECTED, "rule"},
		{"", false, false, OUTCOME_DROPPED, "rule"},
		{"220 hi", false, false, OUTCOME_DROPPED, "rule"},
		{"220 hi", true, false, OUTCOME_REJECTED, "rule"},
		{"220 hi", false, true, OUTCOME_ALLOWED, "reply"}, /* but not all that was said */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sighting seen = {
			.stage = STAGE_DONE, .answered = true, .protocol = IPPROTO_TCP};
		snprintf(seen.answer, sizeof(seen.answer), "%s", rows[i].answer);
		const struct outcome outcome =
			judge_by_rule(&seen, "tcp flags psh", rows[i].rejects, rows[i].reply);
		assert_int_equal(outcome.kind, rows[i].outcome);
		assert_string_equal(outcome.evidence.kind, rows[i].evidence);
	}
}

/* A rule whose words nobody knows dropped the packet, and an error came back: it sent that. */
static void a_rule_without_words(void **state)
{
	(void)state;
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = {.stage = STAGE_CONNECT,
				.protocol = IPPROTO_TCP,
				.call = CALL_CONNECT,
				.error = ECONNREFUSED};
	struct decision by = {.host = "mirror",
			      .hook = "input",
			      .table = "inet fw",
			      .chain = "__chain3",
			      .rule = "",
			      .handle = 5,
			      .sought = ""};
	const struct circumstances known = {.source_host = "buildd",
					    .remote_host = "mirror",
					    .offender_host = "",
					    .last_seen = "",
					    .listening = 1,
					    .routed = 1,
					    .traced = true,
					    .decision = &by};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_REJECTED);
	assert_string_equal(outcome.how, "tcp-reset");
	assert_int_equal(outcome.evidence.handle, 5);
	seen.error = 0;
	seen.timed_out = true; /* no error, no reject */
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_DROPPED);
	seen.timed_out = false;
	seen.error = ECONNREFUSED;
	by.rule = "drop"; /* this rule sent nothing */
	judge(&errand, &seen, &known, &outcome);
	assert_int_not_equal(outcome.kind, OUTCOME_REJECTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_rule_without_words),
					   cmocka_unit_test(reset_once_it_was_there),
					   cmocka_unit_test(reset_in_spite_of_a_rule),
					   cmocka_unit_test(acknowledged_in_spite_of_a_rule)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
