/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scenario may say of its labs' limits, and what is said of what it may not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "tests/unit/scenario_rows.h"

#define WITH(line)                                                                                 \
	"name: t\nhosts: { a: }\n" line "\nprobes: [{ from: a, ping: a, expect: allow }]\n"

static const struct row limits_rows[] = {
	{WITH("limits: 512M"), ":3:9: error: wanted here: limits (a map), not a text"},
	{WITH("limits: { memroy: 512M }"),
	 ":3:11: error: unknown key 'memroy' in limits; did you mean 'memory'?"},
	{WITH("limits: { memory: 512 }"),
	 ":3:19: error: '512' is not an amount of memory from 32M to 1024G, such as 512M or 2G"},
	{WITH("limits: { memory: 31M }"), ":3:19: error: '31M' is not an amount of memory"},
	{WITH("limits: { memory: 1025G }"), ":3:19: error: '1025G' is not an amount of memory"},
	{WITH("limits: { memory: 99999999999999999999999G }"),
	 ":3:19: error: '99999999999999999999999G' is not an amount of memory"},
	{WITH("limits: { memory: -1G }"), ":3:19: error: '-1G' is not an amount of memory"},
	{WITH("limits: { memory: [1G] }"), ":3:19: error: wanted here: an amount of memory"},
	{WITH("limits: { processes: 19 }"),
	 ":3:22: error: '19' is not a number of processes: a decimal number from 20 to 1000000"},
	{WITH("limits: { processes: many }"), ":3:22: error: 'many' is not a number of processes"},
	{WITH("limits: { time: 0s }"), ":3:17: error: '0s' is not a time from 1s to 24h"},
	{WITH("limits: { time: 25h }"), ":3:17: error: '25h' is not a time from 1s to 24h"},
	{WITH("limits: { time: 10 }"), ":3:17: error: '10' is not a time from 1s to 24h, such as"},
	{WITH("limits: { time: 4294967295h }"), ":3:17: error: '4294967295h' is not a time"},
	{WITH("jails: perhaps"), ":3:8: error: 'perhaps' is neither true nor false"},
	{WITH("limits: { memory: 1, processes: 1, time: 1 }"),
	 ":3:19: error\n:3:33: error\n:3:42: error"},
};
TABLE(limits)

static const struct scenario *read_good(struct scenario_file *file, const char *text)
{
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	if (!scenario)
		fail_msg("%s", file->messages);
	return scenario;
}

static void are_read(void **state)
{
	const struct scenario *scenario =
		read_good(*state, WITH("limits: { memory: 64M, processes: 20, time: 90s }"));
	assert_int_equal(scenario->limits.memory, 64 << 20);
	assert_int_equal(scenario->limits.processes, 20);
	assert_int_equal(scenario->time_ms, 90000);
	assert_false(scenario->jails);

	scenario = read_good(*state, WITH("limits: { memory: 1024G, time: 24h }\njails: true"));
	assert_int_equal(scenario->limits.memory, (uint64_t)1 << 40);
	assert_int_equal(scenario->limits.processes, LAB_PROCESSES);
	assert_int_equal(scenario->time_ms, 24 * 60 * 60 * 1000);
	assert_true(scenario->jails);
}

static void are_there_by_default(void **state)
{
	const struct scenario *scenario = read_good(*state, WITH("limits:"));
	assert_int_equal(scenario->limits.memory, LAB_MEMORY);
	assert_int_equal(scenario->limits.processes, LAB_PROCESSES);
	assert_int_equal(scenario->time_ms, LAB_TIME_MS);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(test_limits),
		TEST(are_read),
		TEST(are_there_by_default),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
