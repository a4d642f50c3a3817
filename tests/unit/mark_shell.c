/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a script's commands and here-documents stand in its text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/mark.h"
#include "netsim/mark_shell.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void lists_have_lines(void **state)
{
	const char *line;
	(void)state;
	assert_int_equal(mark_call_line("10\n200\n0", 1, &line), 3);
	assert_memory_equal(line, "200", 3);
	assert_int_equal(mark_call_line("\nmain", 0, &line), 0);
	assert_int_equal(mark_call_line("\nmain", 1, &line), 4);
	assert_int_equal(mark_call_line("a\nb", 2, &line), 0);
	assert_int_equal(mark_call_line("", 5, &line), 0);
}

static void words_are_found(void **state)
{
	static const struct {
		const char *text;
		unsigned told;
		const char *words;
		unsigned line;
	} cases[] = {
		{"a\n$IPT  -A  INPUT # b\nc", 2, "$IPT -A INPUT", 2},
		{"ipt -A X\nipt -A Y", 1, "ipt -A Y", 0},
		{"ipt -A X\nipt -A Y", 3, "ipt -A Y", 0},
		{"ipt -A X\nipt -A Y", 0, "ipt -A Y", 0},
		{"ipt -A X\nipt -A Y", 2, "ipt -A X", 0},
		{"ipt \\\n -A \\\n X", 1, "ipt -A X", 1},
		{"ipt \\\n -A X", 2, "ipt -A X", 1},
		{"ipt\n-A X", 2, "ipt", 0},
		{"x; ipt -A X <<E || exit\nE", 1, "ipt -A X <<E\nE\n", 1},
		{"ipt -A X >&2", 1, "ipt -A X 1>&2", 0},
		{"nft \"add\nrule\"", 2, "nft \"add\nrule\"", 1},
		{"nft \"add\nrule\"", 1, "nft \"add\nrule\"", 1},
		{"nft \"add\nrole\"", 2, "nft \"add\nrule\"", 0},
		{"eval \"$rule\"", 1, "ipt -A X", 0},
		{"ipt", 1, "", 0},
		{"ipt", 1, "<x", 0},
		{"", 1, "ipt", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned line = mark_find_words(cases[i].text, cases[i].told, cases[i].words);
		if (line != cases[i].line)
			fail_msg("case %zu: line %u", i, line);
	}
}

static void what_callers_gave_is_passed_on(void **state)
{
	(void)state;
	assert_true(mark_passes_on("$IPT -w \"$@\""));
	assert_true(mark_passes_on("eval $*"));
	assert_true(mark_passes_on("ipt \"${@:2}\""));
	assert_false(mark_passes_on("ipt -A X -p \"$1\""));
	assert_true(mark_line_passes_on("a\nipt \\\n $@\nb", 2));
	assert_false(mark_line_passes_on("a\nipt\n $@", 2));
	assert_false(mark_line_passes_on("a", 2));
}

static void bodies_are_found(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *body;
		unsigned before;
	} cases[] = {
		{"x\nrestore <<EOF\na\nb\nEOF\n", 2, "a\nb\n", 2},
		{"restore <<EOF\na\nb\nEOF", 1, "a\nb\n", 1},
		{"restore << 'EOF' || exit\n$a\nEOF\n", 1, "$a\n", 1},
		{"restore <<'EOF'\n$a\nEOF\n", 1, "b\n", 0},
		{"restore <<EOF\n-A $a\nEOF\n", 1, "-A b c\n", 1},
		{"restore <<EOF\n-A $a\nEOF\n", 1, "-I b\n", 0},
		{"restore <<EOF\n$a\nEOF\n", 1, "b\nc\n", 0},
		{"restore <<EOF\na\nEOF\n", 1, "a\nb\n", 0},
		{"restore <<EOF\na\nb\nEOF\n", 1, "a\n", 0},
		{"restore <<EOF\na\n", 1, "a\n", 0},
		{"restore <<-EOF\n\ta\n\tEOF\n", 1, "a\n", 1},
		{"restore <<EOF\n\ta\nEOF\n", 1, "a\n", 0},
		{"restore -n \\\n <<EOF\na\nEOF\n", 1, "a\n", 2},
		{"cat <<A; restore <<B\na\nA\nb\nB\n", 1, "b\n", 0},
		{"restore <<<a\n", 1, "a\n", 0},
		{"restore <file\n", 1, "a\n", 0},
		{"restore <<", 1, "a\n", 0},
		{"restore <<EOF\nEOF\n", 1, "", 1},
		{"restore <<EOF", 1, "", 0},
		{"restore <<EOF\n", 7, "", 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		unsigned before = mark_find_body(cases[i].text, cases[i].line, cases[i].body);
		if (before != cases[i].before)
			fail_msg("case %zu: after line %u", i, before);
	}
}

/* Any text may be a script, and no more than that is read of it. */
static void every_truncation(void **state)
{
	static const char script[] =
		"ipt \\\n -A \"$@\"\nrestore -n \\\n <<-'E'\n\ta\\\n\t$b\n\tE\n";
	(void)state;
	for (size_t length = 0; length < sizeof(script); length++) {
		char *text = strndup(script, length);
		assert_non_null(text);
		for (unsigned line = 0; line < 10; line++) {
			assert_in_range(mark_find_words(text, line, script), 0, line);
			assert_in_range(mark_find_words(script, line, text), 0, line);
			mark_find_body(text, line, "a\\\n$b\n");
			mark_find_body(script, line, text);
			mark_line_passes_on(text, line);
		}
		free(text);
	}
}

static char *written(const struct mark_book *book)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	assert_non_null(to);
	mark_book_write(book, to);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void books_are_read_as_written(void **state)
{
	static const char text[] = "file /a b\nfile /c\npolicy 1 20\npolicy 0 0\n";
	struct mark_book book = {0};
	(void)state;
	assert_true(mark_book_read(&book, text));
	assert_int_equal(mark_book_file(&book, "/c"), 1);
	assert_int_equal(book.n_files, 2);
	assert_int_equal(book.n_policies, 2);
	char *again = written(&book);
	assert_string_equal(again, text);
	free(again);
	mark_book_clear(&book);
}

static void what_is_no_book_is_not_read(void **state)
{
	static const char *const texts[] = {
		"file /a",
		"file /a\nfile /a\n",
		"policy 0 1\n",
		"file /a\npolicy 1 1\n",
		"file /a\npolicy 0\n",
		"policy -1 0\n",
		"policy 0 0 \n",
		"x\n",
		"\n",
	};
	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct mark_book book = {0};
		if (mark_book_read(&book, texts[i]))
			fail_msg("case %zu is read", i);
		assert_int_equal(book.n_files, 0);
	}
	struct mark_book full = {0};
	char name[16];
	for (unsigned i = 0; i <= MARK_FILES_MAX; i++) {
		snprintf(name, sizeof(name), "/%u", i);
		assert_int_equal(mark_book_file(&full, name), i);
	}
	for (unsigned i = 1; i <= MARK_POLICIES_MAX; i++)
		assert_int_equal(mark_book_policy(&full, (struct mark_place){0, i}), i);
	assert_int_equal(mark_book_policy(&full, (struct mark_place){0, 1}), 0);
	char *text = written(&full);
	mark_book_clear(&full);
	assert_true(mark_book_read(&full, text));
	mark_book_clear(&full);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_have_lines),
		cmocka_unit_test(words_are_found),
		cmocka_unit_test(what_callers_gave_is_passed_on),
		cmocka_unit_test(bodies_are_found),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(books_are_read_as_written),
		cmocka_unit_test(what_is_no_book_is_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
