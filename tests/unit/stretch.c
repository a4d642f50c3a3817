/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lab/stretch.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct series scan = {.name = "scan", .ports = "20-23,25"};
static struct series other = {.name = "other", .ports = "24,26"};
static struct probe probes[] = {
	{.name = "scan: 20", .series = &scan, .port = 20},
	{.name = "scan: 21", .series = &scan, .port = 21},
	{.name = "scan: 22", .series = &scan, .port = 22},
	{.name = "scan: 23", .series = &scan, .port = 23},
	{.name = "scan: 25", .series = &scan, .port = 25},
	{.name = "other: 24", .series = &other, .port = 24},
	{.name = "alone", .port = 26},
	{.name = "alone, too", .port = 27},
};
static const struct scenario scenario = {.probes = probes, .n_probes = COUNT(probes)};
static const struct scenario another = {.probes = probes, .n_probes = COUNT(probes)};

/* What was told: "NAME FAMILY COUNT MS;" for each. */
static char told[1024];

static void tell(void *arg, const struct stretch *stretch)
{
	char name[STRETCH_NAME_MAX];
	size_t length = strlen(told);
	assert_string_equal(arg, "me");
	snprintf(told + length, sizeof(told) - length, "%s v%d %u %.0f;",
		 stretch_name(stretch, name), stretch->first.family == FAMILY_IPV6 ? 6 : 4,
		 stretch->count, stretch->ms);
}

static char me[] = "me";
static struct stretches stretches;

static int set_up(void **state)
{
	(void)state;
	*told = '\0';
	stretches = (struct stretches){.tell = tell, .arg = me};
	return 0;
}

static struct result dropped(size_t probe, enum family family)
{
	return (struct result){
		.probe = probe,
		.family = family,
		.passed = true,
		.ms = 1,
		.outcome = {.kind = OUTCOME_DROPPED,
			    .evidence = {.kind = "rule", .host = "b", .rule = "drop", .line = 3}},
	};
}

static void take(size_t probe, enum family family)
{
	const struct result result = dropped(probe, family);
	stretches_take(&stretches, &scenario, &result);
}

static void what_is_alike_is_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		take(i, FAMILY_IPV4);
		take(i, FAMILY_IPV6);
	}
	assert_string_equal(told, "");
	stretches_end(&stretches);
	assert_string_equal(told, "scan: 20-23 v4 4 4;scan: 20-23 v6 4 4;");
	stretches_end(&stretches);
	assert_string_equal(told, "scan: 20-23 v4 4 4;scan: 20-23 v6 4 4;");
}

static void a_port_that_was_not_asked_for_is_in_none(void **state)
{
	(void)state;
	for (size_t i = 2; i < 5; i++)
		take(i, FAMILY_IPV4);
	stretches_end(&stretches);
	assert_string_equal(told, "scan: 22-23 v4 2 2;scan: 25 v4 1 1;");
}

static void probes_of_their_own_come_at_once(void **state)
{
	(void)state;
	take(6, FAMILY_IPV4);
	assert_string_equal(told, "alone v4 1 1;");
	take(7, FAMILY_IPV4);
	assert_string_equal(told, "alone v4 1 1;alone, too v4 1 1;");
}

static void series_are_kept_apart_and_in_order(void **state)
{
	(void)state;
	take(3, FAMILY_IPV4);
	take(3, FAMILY_IPV6);
	take(5, FAMILY_IPV6);
	assert_string_equal(told, "scan: 23 v4 1 1;scan: 23 v6 1 1;");
	take(4, FAMILY_IPV4);
	assert_string_equal(told, "scan: 23 v4 1 1;scan: 23 v6 1 1;other: 24 v6 1 1;");
}

/* Another scenario's probes may stand at the same place. */
static void scenarios_are_kept_apart(void **state)
{
	(void)state;
	const struct result next = dropped(1, FAMILY_IPV4);
	take(0, FAMILY_IPV4);
	stretches_take(&stretches, &another, &next);
	assert_string_equal(told, "scan: 20 v4 1 1;");
}

static void make_failed(struct result *result)
{
	result->passed = false;
}

static void make_rejected(struct result *result)
{
	result->outcome.kind = OUTCOME_REJECTED;
}

static void make_other_way(struct result *result)
{
	strcpy(result->outcome.how, "tcp-reset");
}

static void make_other_line(struct result *result)
{
	result->outcome.evidence.line = 4;
}

static void make_other_rule(struct result *result)
{
	strcpy(result->outcome.evidence.rule, "tcp dport 21 drop");
}

static void make_other_host(struct result *result)
{
	strcpy(result->outcome.evidence.host, "c");
}

static void make_arrived(struct result *result)
{
	strcpy(result->outcome.evidence.arrived_at, "b");
}

static void make_translated(struct result *result)
{
	struct translation *nat = &result->outcome.evidence.nat;
	nat->before = (struct sim_packet){.family = AF_INET, .protocol = IPPROTO_TCP, .dport = 21};
	nat->after = nat->before;
	nat->after.dport = 8021;
}

/* Whatever a report would say otherwise of the next port begins a line of its own. */
static void what_differs_is_told_apart(void **state)
{
	static void (*const changes[])(struct result *) = {
		make_failed,	 make_rejected,	  make_other_way, make_other_line,
		make_other_rule, make_other_host, make_arrived,	  make_translated,
	};
	for (size_t i = 0; i < COUNT(changes); i++) {
		struct result changed = dropped(1, FAMILY_IPV4);
		set_up(state);
		changes[i](&changed);
		take(0, FAMILY_IPV4);
		stretches_take(&stretches, &scenario, &changed);
		if (strcmp(told, "scan: 20 v4 1 1;") != 0)
			fail_msg("change %zu: '%s'", i, told);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
	const struct CMUnitTest tests[] = {
		TEST(what_is_alike_is_told_once),
		TEST(a_port_that_was_not_asked_for_is_in_none),
		TEST(probes_of_their_own_come_at_once),
		TEST(series_are_kept_apart_and_in_order),
		TEST(scenarios_are_kept_apart),
		TEST(what_differs_is_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
