/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lab/diagnostics.h"

struct fixture {
	struct diagnostics *diagnostics;
	char *printed;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *fixture = *state;
	diagnostics_free(fixture->diagnostics);
	free(fixture->printed);
	free(fixture);
	return 0;
}

static void begin(struct fixture *fixture, const char *text)
{
	fixture->diagnostics = diagnostics_new("s.yaml", text, text ? strlen(text) : 0);
}

static const char *print(struct fixture *fixture)
{
	size_t size;
	FILE *stream = open_memstream(&fixture->printed, &size);
	assert_non_null(stream);
	diagnostics_print(fixture->diagnostics, stream);
	assert_int_equal(fclose(stream), 0);
	return fixture->printed;
}

static void add(struct fixture *fixture, unsigned line, unsigned column, unsigned length,
		const char *message)
{
	diagnostics_add(fixture->diagnostics, (struct place){line, column, length}, "%s", message);
}

static void test_form(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture, "hosts:\n  ns: {}\n    from: miror\n");
	add(fixture, 3, 11, 5, "unknown host 'miror'");
	assert_string_equal(print(fixture), "s.yaml:3:11: error: unknown host 'miror'\n"
					    "    3 |     from: miror\n"
					    "      |           ^~~~~\n");
}

static void test_order(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture, "aa\nbb\n");
	add(fixture, 2, 1, 1, "third");
	add(fixture, 1, 2, 1, "second");
	add(fixture, 0, 0, 0, "the file");
	add(fixture, 1, 1, 1, "first");
	add(fixture, 2, 1, 1, "fourth");
	add(fixture, 2, 1, 1, "third");
	assert_int_equal(diagnostics_count(fixture->diagnostics), 5);
	assert_string_equal(print(fixture), "s.yaml: error: the file\n"
					    "s.yaml:1:1: error: first\n    1 | aa\n      | ^\n"
					    "s.yaml:1:2: error: second\n    1 | aa\n      |  ^\n"
					    "s.yaml:2:1: error: third\n    2 | bb\n      | ^\n"
					    "s.yaml:2:1: error: fourth\n    2 | bb\n      | ^\n");
}

static void test_characters(void **state)
{
	struct fixture *fixture = *state;
	/* A byte order mark, letters of two bytes, a wide one, a tab, and an escape sequence. */
	begin(fixture, "\xef\xbb\xbfx\xc3\xa4\xe4\xb8\xad\t: \x1b[2J no\r\n");
	add(fixture, 1, 6, 1, "a \x1b[31m colour\nand a second line");
	assert_string_equal(print(fixture), "s.yaml:1:6: error: a \\x1b[31m colour\n"
					    "  and a second line\n"
					    "    1 | x\xc3\xa4\xe4\xb8\xad\\t: \\x1b[2J no\n"
					    "      |        ^\n");
}

static void test_places_outside(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture, "one");
	add(fixture, 1, 9, 3, "past the line");
	add(fixture, 7, 1, 1, "past the text");
	assert_string_equal(print(fixture), "s.yaml:1:9: error: past the line\n"
					    "    1 | one\n      |    ^\n"
					    "s.yaml:7:1: error: past the text\n");
}

static void test_no_text(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture, NULL);
	add(fixture, 3, 1, 1, "somewhere");
	assert_string_equal(print(fixture), "s.yaml:3:1: error: somewhere\n");
}

static void test_long_line(void **state)
{
	struct fixture *fixture = *state;
	char line[5001];
	memset(line, 'x', 5000);
	line[2000] = 'F';
	line[5000] = '\0';
	begin(fixture, line);
	add(fixture, 1, 2001, 3000, "far out");
	const char *printed = print(fixture);
	assert_true(strlen(printed) < 600);
	const char *shown = strchr(strstr(printed, "| ") + 2, 'F');
	const char *mark = strchr(printed, '^');
	assert_non_null(shown);
	assert_non_null(mark);
	/* The fault and the mark below it are in one column. */
	const char *first = strstr(printed, "    1 | "), *second = strstr(printed, "      | ");
	assert_int_equal(shown - first, mark - second);
}

static void test_many(void **state)
{
	struct fixture *fixture = *state;
	begin(fixture, "x\n");
	for (unsigned i = 0; i < DIAGNOSTICS_MAX + 3; i++)
		add(fixture, 1, i + 1, 1, "wrong");
	assert_int_equal(diagnostics_count(fixture->diagnostics), DIAGNOSTICS_MAX + 3);
	assert_non_null(strstr(print(fixture), "s.yaml: 3 more errors\n"));
}

static void test_long_message(void **state)
{
	struct fixture *fixture = *state;
	char message[5000];
	memset(message, 'm', sizeof(message) - 1);
	message[sizeof(message) - 1] = '\0';
	begin(fixture, "x\n");
	add(fixture, 1, 1, 1, message);
	assert_true(strlen(print(fixture)) < 1200);
}

/* A file's name is as little to be trusted as what is in it. */
static void test_path(void **state)
{
	struct fixture *fixture = *state;
	fixture->diagnostics = diagnostics_new("\x1b[2J\n.yaml", NULL, 0);
	add(fixture, 0, 0, 0, "wrong");
	assert_string_equal(print(fixture), "\\x1b[2J\\n.yaml: error: wrong\n");
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_form),	   TEST(test_order),	    TEST(test_characters),
		TEST(test_places_outside), TEST(test_no_text),	    TEST(test_long_line),
		TEST(test_many),	   TEST(test_long_message), TEST(test_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
