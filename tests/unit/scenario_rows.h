/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios that are wrong, and what is said about them, as tables.
 */
#ifndef TESTS_UNIT_SCENARIO_ROWS_H
#define TESTS_UNIT_SCENARIO_ROWS_H

#include "tests/unit/scenario_file.h"

struct row {
	const char *text;
	/* Fragments of all the messages, a line each: as many as there are errors. */
	const char *messages;
};

/* How many messages there are: lines with the file's name and "error: ". */
static inline size_t count_errors(const char *messages)
{
	size_t count = 0;
	for (const char *p = messages; (p = strstr(p, ": error: ")); p++)
		count++;
	return count;
}

static inline bool row_holds(struct scenario_file *file, const struct row *row)
{
	char wanted[512];
	assert_in_range(snprintf(wanted, sizeof(wanted), "%s", row->messages), 1,
			sizeof(wanted) - 1);
	struct scenario *scenario = read_scenario(file, row->text, strlen(row->text));
	size_t count = 0;
	bool good = !scenario;
	char *rest = NULL;
	for (char *line = strtok_r(wanted, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		count++;
		good = good && strstr(file->messages, line);
	}
	good = good && count_errors(file->messages) == count;
	if (!good)
		print_error("\n%s\nwanted:\n%s\ngot:\n%s", row->text, row->messages,
			    file->messages);
	return good;
}

/* A test of the rows in name_rows. */
#define TABLE(name)                                                                                \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		size_t wrong = 0;                                                                  \
		for (size_t i = 0; i < sizeof(name##_rows) / sizeof(name##_rows[0]); i++)          \
			wrong += !row_holds(*state, &name##_rows[i]);                              \
		assert_int_equal(wrong, 0);                                                        \
	}

#endif
