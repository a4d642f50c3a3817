/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of ICMP errors, and what those mean that reject nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "lab/verdict.h"

/* From 10.9.0.3, the gateway's address, whatever the family. */
static void judge_icmp(int family, uint8_t type, uint8_t code, struct outcome *outcome)
{
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = {
		.stage = STAGE_ANSWER,
		.protocol = IPPROTO_UDP,
		.icmp = {.seen = true, .family = family, .type = type, .code = code}};
	const struct circumstances known = {.source_host = "buildd",
					    .remote_host = "mirror",
					    .offender_host = "gateway",
					    .last_seen = "",
					    .listening = 1,
					    .routed = 1,
					    .traced = true};
	struct sockaddr_in *offender = (struct sockaddr_in *)&seen.icmp.offender;
	offender->sin_family = AF_INET;
	assert_int_equal(inet_pton(AF_INET, "10.9.0.3", &offender->sin_addr), 1);
	judge(&errand, &seen, &known, outcome);
}

static void errors_that_reject_nothing_have_names(void **state)
{
	static const struct {
		int family;
		uint8_t type;
		uint8_t code;
		enum outcome_kind kind;
		const char *how;
		const char *icmp;
	} table[] = {
		{AF_INET, 11, 0, OUTCOME_UNREACHABLE, "time exceeded",
		 "time exceeded (ICMP type 11 code 0) from 10.9.0.3"},
		{AF_INET, 11, 1, OUTCOME_UNREACHABLE, "reassembly time exceeded",
		 "reassembly time exceeded (ICMP type 11 code 1) from 10.9.0.3"},
		{AF_INET, 3, 4, OUTCOME_UNREACHABLE, "fragmentation needed",
		 "fragmentation needed (ICMP type 3 code 4) from 10.9.0.3"},
		{AF_INET, 12, 1, OUTCOME_INCONCLUSIVE, "parameter problem",
		 "parameter problem (ICMP type 12 code 1) from 10.9.0.3"},
		{AF_INET6, 3, 0, OUTCOME_UNREACHABLE, "time exceeded",
		 "time exceeded (ICMPv6 type 3 code 0) from 10.9.0.3"},
		{AF_INET6, 3, 1, OUTCOME_UNREACHABLE, "reassembly time exceeded",
		 "reassembly time exceeded (ICMPv6 type 3 code 1) from 10.9.0.3"},
		{AF_INET6, 2, 0, OUTCOME_UNREACHABLE, "packet too big",
		 "packet too big (ICMPv6 type 2 code 0) from 10.9.0.3"},
		{AF_INET6, 4, 1, OUTCOME_INCONCLUSIVE, "parameter problem",
		 "parameter problem (ICMPv6 type 4 code 1) from 10.9.0.3"},
		{AF_INET, 42, 9, OUTCOME_INCONCLUSIVE, "type 42 code 9",
		 "ICMP type 42 code 9 from 10.9.0.3"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct outcome outcome;
		judge_icmp(table[i].family, table[i].type, table[i].code, &outcome);
		assert_int_equal(outcome.kind, table[i].kind);
		assert_string_equal(outcome.how, table[i].how);
		assert_string_equal(outcome.evidence.icmp, table[i].icmp);
		assert_string_equal(outcome.evidence.host, "gateway");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(errors_that_reject_nothing_have_names)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
