/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of outcomes and of the ways of rejecting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "lab/outcome.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void kinds_have_names(void **state)
{
	(void)state;
	assert_string_equal(outcome_kind_name(OUTCOME_INCONCLUSIVE), "inconclusive");
	assert_string_equal(outcome_kind_name(OUTCOME_ALLOWED), "allowed");
	assert_string_equal(outcome_kind_name(OUTCOME_REJECTED), "rejected");
	assert_string_equal(outcome_kind_name(OUTCOME_DROPPED), "dropped");
	assert_string_equal(outcome_kind_name(OUTCOME_UNREACHABLE), "unreachable");
	assert_string_equal(outcome_kind_name(OUTCOME_EXITED), "exited");
}

static void icmp_messages_have_names(void **state)
{
	static const struct {
		int family;
		uint8_t type, code;
		const char *name; /* NULL: no way of rejecting */
	} table[] = {
		{AF_INET, 3, 0, "net-unreachable"},
		{AF_INET, 3, 1, "host-unreachable"},
		{AF_INET, 3, 2, "prot-unreachable"},
		{AF_INET, 3, 3, "port-unreachable"},
		{AF_INET, 3, 4, NULL},
		{AF_INET, 3, 9, "net-prohibited"},
		{AF_INET, 3, 10, "host-prohibited"},
		{AF_INET, 3, 13, "admin-prohibited"},
		{AF_INET, 11, 0, NULL},
		{AF_INET, 1, 1, NULL},
		{AF_INET6, 1, 0, "no-route"},
		{AF_INET6, 1, 1, "admin-prohibited"},
		{AF_INET6, 1, 2, NULL},
		{AF_INET6, 1, 3, "addr-unreachable"},
		{AF_INET6, 1, 4, "port-unreachable"},
		{AF_INET6, 1, 5, "policy-fail"},
		{AF_INET6, 1, 6, "reject-route"},
		{AF_INET6, 3, 0, NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct reject_way *way =
			reject_way_of(table[i].family, table[i].type, table[i].code);
		if (table[i].name) {
			assert_non_null(way);
			assert_string_equal(way->name, table[i].name);
		} else {
			assert_null(way);
		}
	}
}

static void every_tool_s_spelling_is_known(void **state)
{
	static const char *const table[][2] = {
		/* nft */
		{"admin-prohibited", "admin-prohibited"},
		{"prot-unreachable", "prot-unreachable"},
		{"no-route", "no-route"},
		{"tcp reset", "tcp-reset"},
		{"icmpx-host-unreachable", "host-unreachable"},
		/* iptables, ferm */
		{"icmp-admin-prohibited", "admin-prohibited"},
		{"icmp-proto-unreachable", "prot-unreachable"},
		{"icmp-port-unreachable", "port-unreachable"},
		{"icmp-net-unreachable", "net-unreachable"},
		{"icmp-host-prohibited", "host-prohibited"},
		{"icmp-net-prohibited", "net-prohibited"},
		{"host-unreach", "host-unreachable"},
		{"tcp-reset", "tcp-reset"},
		/* ip6tables */
		{"icmp6-adm-prohibited", "admin-prohibited"},
		{"adm-prohibited", "admin-prohibited"},
		{"icmp6-addr-unreachable", "addr-unreachable"},
		{"addr-unreach", "addr-unreachable"},
		{"icmp6-no-route", "no-route"},
		{"icmp6-policy-fail", "policy-fail"},
		{"icmp6-reject-route", "reject-route"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_non_null(reject_way_name(table[i][0]));
		assert_string_equal(reject_way_name(table[i][0]), table[i][1]);
	}
}

static void other_words_are_not(void **state)
{
	static const char *const table[] = {
		"",
		"icmp",
		"icmp-",
		"admin",
		"Admin-Prohibited",
		"admin-prohibited ",
		"drop",
		"icmp-icmp-admin-prohibited",
		"a-name-that-is-much-longer-than-any-way-of-rejecting-could-be",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_null(reject_way_name(table[i]));
}

static void every_suggestion_is_a_name(void **state)
{
	(void)state;
	size_t count = 0;
	for (const char *name; (name = reject_way_nth(count)); count++)
		assert_string_equal(reject_way_name(name), name);
	assert_int_equal(count, 12);
	assert_null(reject_way_nth((size_t)-1));
}

static void one_meaning_has_two_names(void **state)
{
	(void)state;
	assert_true(reject_way_meets("host-unreachable", "addr-unreachable"));
	assert_true(reject_way_meets("addr-unreachable", "host-unreachable"));
	assert_true(reject_way_meets("no-route", "net-unreachable"));
	assert_true(reject_way_meets("net-unreachable", "no-route"));
	assert_true(reject_may_reset("tcp dport 81 reject with tcp reset"));
	assert_true(reject_may_reset(""));
	assert_false(reject_may_reset("-A INPUT -j REJECT"));
	assert_true(reject_way_meets("tcp-reset", "tcp-reset"));
	assert_false(reject_way_meets("no-route", "host-unreachable"));
	assert_false(reject_way_meets("net-unreachable", "addr-unreachable"));
	assert_false(reject_way_meets("admin-prohibited", "host-prohibited"));
	assert_false(reject_way_meets("port-unreachable", "tcp-reset"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(icmp_messages_have_names),
		cmocka_unit_test(every_tool_s_spelling_is_known),
		cmocka_unit_test(other_words_are_not),
		cmocka_unit_test(every_suggestion_is_a_name),
		cmocka_unit_test(one_meaning_has_two_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
