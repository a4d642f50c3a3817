/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What getsubids(1) prints, and whose a file is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsim/subids.h"
#include "netsim/users.h"

static void read_text(const char *text, struct ranges *ranges)
{
	char copy[4096];
	snprintf(copy, sizeof(copy), "%s", text);
	FILE *list = fmemopen(copy, strlen(copy), "r");
	assert_non_null(list);
	*ranges = (struct ranges){0};
	subids_read(list, ranges);
	fclose(list);
}

static void each_line_is_a_range(void **state)
{
	(void)state;
	struct ranges ranges;
	read_text("0: somebody 100000 65536\n1: somebody 300000 1\n", &ranges);
	assert_int_equal(ranges.count, 2);
	assert_int_equal(ranges.all[0].start, 100000);
	assert_int_equal(ranges.all[0].count, 65536);
	assert_int_equal(ranges.all[1].start, 300000);
	assert_int_equal(ranges.all[1].count, 1);
	read_text("0: some body 7 100000 65536", &ranges);
	assert_int_equal(ranges.count, 1);
	assert_int_equal(ranges.all[0].start, 100000);
	assert_int_equal(ranges.all[0].count, 65536);
}

static void what_is_no_range_is_passed_over(void **state)
{
	(void)state;
	static const char *const none[] = {
		"\n",	   " \n", "Error fetching ranges\n", "0: somebody\n", "0: somebody 1 \n",
		"one two",
	};
	struct ranges ranges;
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++) {
		read_text(none[i], &ranges);
		assert_int_equal(ranges.count, 0);
	}
	read_text("Error\n0: somebody 5 6\n\n", &ranges);
	assert_int_equal(ranges.count, 1);
	assert_int_equal(ranges.all[0].start, 5);
}

static void no_more_than_there_is_room_for(void **state)
{
	(void)state;
	char text[1024] = "";
	struct ranges ranges;
	for (int i = 0; i < RANGES_MAX + 3; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d: a %d 10\n", i,
			 1000 + i);
	read_text(text, &ranges);
	assert_int_equal(ranges.count, RANGES_MAX);
	assert_int_equal(ranges.all[RANGES_MAX - 1].start, 1000 + RANGES_MAX - 1);
}

/* In the first user namespace everybody has an id, whoever asks. */
static void nobody_is_foreign_where_all_ids_are(void **state)
{
	(void)state;
	if (sim_users_count() <= 65536)
		skip();
	assert_false(sim_users_is_foreign(65534));
	assert_false(sim_users_is_foreign(0));
	assert_false(sim_users_is_foreign(getuid()));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_line_is_a_range),
		cmocka_unit_test(what_is_no_range_is_passed_over),
		cmocka_unit_test(no_more_than_there_is_room_for),
		cmocka_unit_test(nobody_is_foreign_where_all_ids_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
