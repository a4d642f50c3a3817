/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a program prints: searched to the last byte, in whatever pieces it comes, and its end kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "lab/printed.h"

/* `text` in pieces of so many bytes. */
static struct sighting print(const char *text, size_t length, size_t piece, const char *wanted)
{
	struct sighting seen = {0};
	struct printed printed;
	struct arena *arena = arena_new();
	printed_begin(&printed, wanted, arena, &seen);
	for (size_t at = 0; at < length; at += piece) {
		char part[SIGHTING_TEXT];
		size_t size = length - at < piece ? length - at : piece;
		memcpy(part, text + at, size);
		printed_add(&printed, part, size);
	}
	arena_free(arena);
	return seen;
}

static bool prints(const char *text, size_t piece, const char *wanted)
{
	struct sighting seen = print(text, strlen(text), piece, wanted);
	assert_string_equal(seen.output, text);
	assert_int_equal(seen.output_cut, 0);
	return seen.printed;
}

static void it_is_found_in_whatever_pieces_it_comes(void **state)
{
	static const char text[] = "aaab\nabab abac";
	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		for (size_t from = 0; from < sizeof(text) - 1; from++)
			for (size_t length = 1; from + length < sizeof(text); length++) {
				char wanted[sizeof(text)] = "";
				memcpy(wanted, text + from, length);
				assert_true(prints(text, piece, wanted));
			}
		assert_true(prints(text, piece, ""));
		assert_false(prints(text, piece, "aaaa"));
		assert_false(prints(text, piece, "abad"));
		assert_false(prints(text, piece, "aaab\nabab abac "));
		assert_false(prints(text, piece, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
		assert_false(prints(text, piece, NULL));
	}
}

static void what_is_no_longer_kept_has_been_searched(void **state)
{
	static const char first[] = {'F', 'I', 'R', 'S', 'T'};
	size_t size = 5 * SIGHTING_TEXT;
	char *text = malloc(size);
	(void)state;
	assert_non_null(text);
	for (size_t piece = 1; piece <= SIGHTING_TEXT; piece += 1023) {
		for (size_t at = 0; at + 5 <= size; at += 1021) {
			memset(text, 'x', size);
			memcpy(text + at, first, sizeof(first));
			struct sighting seen = print(text, size, piece, "FIRST");
			assert_true(seen.printed);
			assert_int_equal(strlen(seen.output), SIGHTING_TEXT - 1);
			assert_int_equal(seen.output_cut, size - (SIGHTING_TEXT - 1));
			assert_memory_equal(seen.output, text + seen.output_cut, SIGHTING_TEXT - 1);
			text[at] = 'L';
			assert_false(print(text, size, piece, "FIRST").printed);
		}
	}
	free(text);
}

static void nul_is_a_blank(void **state)
{
	(void)state;
	struct sighting seen = print("a\0b", 3, 2, "a b");
	assert_true(seen.printed);
	assert_string_equal(seen.output, "a b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_found_in_whatever_pieces_it_comes),
		cmocka_unit_test(what_is_no_longer_kept_has_been_searched),
		cmocka_unit_test(nul_is_a_blank),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
