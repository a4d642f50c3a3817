/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What it means that a connection was reset after its handshake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

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
				    .rule = "reject",
				    .rejects = true,
				    .file = ""};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "mirror",
				      .offender_host = "",
				      .last_seen = "",
				      .listening = 1,
				      .routed = 1,
				      .traced = true,
				      .followed = true};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_ALLOWED);
	assert_string_equal(outcome.evidence.kind, "reset");
	assert_string_equal(outcome.evidence.arrived_at, "mirror");
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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(reset_once_it_was_there)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
