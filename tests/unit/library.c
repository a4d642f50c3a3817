/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fixtures/library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct functions {
	__typeof__(strlen) *length;
	__typeof__(strcmp) *compare;
};

#define FUNCTION(name, as)                                                                         \
	{                                                                                          \
		name, offsetof(struct functions, as)                                               \
	}

static void functions_are_found(void **state)
{
	static const struct library_function both[] = {FUNCTION("strlen", length),
						       FUNCTION("strcmp", compare)};
	struct functions found = {0};
	struct library library = {
		.soname = "libc.so.6", .functions = both, .n_functions = 2, .to = &found};
	(void)state;
	assert_null(library_load(&library));
	assert_int_equal(found.length("word"), 4);
	assert_int_equal(found.compare("word", "word"), 0);
	assert_null(library_load(&library));
}

/* Every time: it may be put there meanwhile. */
static void assert_fails(struct library *library, const char *word)
{
	for (int i = 0; i < 2; i++) {
		const char *why_not = library_load(library);
		assert_non_null(why_not);
		assert_non_null(strstr(why_not, word));
	}
}

static void what_is_missing_is_named(void **state)
{
	static const struct library_function one[] = {FUNCTION("no_such_function", length)};
	struct functions found = {0};
	struct library without = {
		.soname = "libc.so.6", .functions = one, .n_functions = 1, .to = &found};
	struct library missing = {.soname = "libfwlab-none.so.1"};
	(void)state;
	assert_fails(&missing, "libfwlab-none.so.1");
	assert_fails(&without, "no_such_function");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_found),
		cmocka_unit_test(what_is_missing_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
