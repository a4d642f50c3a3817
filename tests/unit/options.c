/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/command.h"
#include "lab/options.h"

struct settings {
	char *file;
	unsigned loud;
};

static int set_file(void *settings, char *value, struct sim_error *err)
{
	if (strcmp(value, "bad") == 0)
		return sim_fail(err, 0, "'%s' will not do", value);
	((struct settings *)settings)->file = value;
	return 0;
}

static int set_loud(void *settings, char *value, struct sim_error *err)
{
	(void)err;
	assert_null(value);
	((struct settings *)settings)->loud++;
	return 0;
}

static const char *const kinds[] = {"ferm", "nft", "script", NULL};

static const char *kind_nth(size_t i)
{
	return kinds[i];
}

static const struct option_row rows[] = {
	{.name = "file",
	 .letter = 'f',
	 .argument = "FILE",
	 .help = "take FILE, of a kind that must be one of those which follow here",
	 .set = set_file,
	 .choice = kind_nth},
	{.name = "louder", .letter = 'l', .help = "say more", .set = set_loud},
	{.name = "lowder", .set = set_loud},
	{0},
};

#define ARGS_MAX 8

static struct settings got;
static struct sim_error err;
static char *rest[ARGS_MAX + 1];

/* Parse "test" and these words; the words left over are in `rest`. */
static enum options_result parse(const char *const *words, size_t count)
{
	static char copies[ARGS_MAX][600];
	char *argv[ARGS_MAX + 2] = {copies[0]};
	int first = 0;

	assert_true(count < ARGS_MAX);
	snprintf(copies[0], sizeof(copies[0]), "test");
	for (size_t i = 0; i < count; i++) {
		snprintf(copies[i + 1], sizeof(copies[i + 1]), "%s", words[i]);
		argv[i + 1] = copies[i + 1];
	}
	memset(&got, 0, sizeof(got));
	memset(&err, 0, sizeof(err));
	memset(rest, 0, sizeof(rest));
	enum options_result result = options_parse(rows, (int)count + 1, argv, &got, &first, &err);
	for (size_t i = 0; argv[(size_t)first + i]; i++)
		rest[i] = argv[(size_t)first + i];
	return result;
}

#define PARSE(...)                                                                                 \
	parse((const char *const[]){__VA_ARGS__},                                                  \
	      sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void takes_options_anywhere(void **state)
{
	(void)state;
	assert_int_equal(PARSE("a", "--file=x", "b", "-l", "--", "--file"), OPTIONS_GOOD);
	assert_string_equal(got.file, "x");
	assert_int_equal(got.loud, 1);
	assert_string_equal(rest[0], "a");
	assert_string_equal(rest[1], "b");
	assert_string_equal(rest[2], "--file");
	assert_null(rest[3]);
}

static void takes_values_in_every_form(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--file", "1"), OPTIONS_GOOD);
	assert_string_equal(got.file, "1");
	assert_int_equal(PARSE("-f", "2"), OPTIONS_GOOD);
	assert_string_equal(got.file, "2");
	assert_int_equal(PARSE("-lf3"), OPTIONS_GOOD);
	assert_string_equal(got.file, "3");
	assert_int_equal(got.loud, 1);
	assert_int_equal(PARSE("--fi=4"), OPTIONS_GOOD);
	assert_string_equal(got.file, "4");
	assert_int_equal(PARSE("--file="), OPTIONS_GOOD);
	assert_string_equal(got.file, "");
	assert_int_equal(PARSE("--lowder", "--louder"), OPTIONS_GOOD);
	assert_int_equal(got.loud, 2);
}

static void knows_what_every_command_has(void **state)
{
	(void)state;
	assert_int_equal(PARSE("x", "-h"), OPTIONS_HELP);
	assert_int_equal(PARSE("--help", "--no-such"), OPTIONS_HELP);
	assert_int_equal(PARSE("--version"), OPTIONS_VERSION);
}

static void says_what_is_wrong(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		const char *message;
	} cases[] = {
		{"--flie=x", "unknown option '--flie'; did you mean '--file'?"},
		{"--what-is-this", "unknown option '--what-is-this'"},
		{"--lo", "option '--lo' could be one of several"},
		{"-x", "unknown option '-x'"},
		{"--file", "option '--file' wants FILE"},
		{"-f", "option '--file' wants FILE"},
		{"--louder=5", "option '--louder' takes no value"},
		{"--file=bad", "--file: 'bad' will not do"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(PARSE(cases[i].word), OPTIONS_BAD);
		assert_string_equal(err.text, cases[i].message);
	}
}

static void bears_a_very_long_option(void **state)
{
	(void)state;
	char word[500] = "--";
	memset(word + 2, 'a', sizeof(word) - 3);
	assert_int_equal(PARSE(word), OPTIONS_BAD);
	assert_non_null(strstr(err.text, "unknown option '--aaaa"));
}

static void names_the_nearest_choice(void **state)
{
	(void)state;
	assert_int_equal(options_fail_choice("kind", "frem", kind_nth, &err), -1);
	assert_string_equal(err.text, "kind 'frem' is not known; did you mean 'ferm'?");
	assert_int_equal(options_fail_choice("kind", "zzzzzz", kind_nth, &err), -1);
	assert_string_equal(err.text, "kind 'zzzzzz' is not known; there is ferm, nft, script");
}

static void lists_rows_for_help(void **state)
{
	(void)state;
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	options_print(rows, to);
	fclose(to);
	*state = text;
	assert_string_equal(
		text,
		"  -f, --file FILE         take FILE, of a kind that must be one of those which\n"
		"                          follow here: ferm, nft, script\n"
		"  -l, --louder            say more\n"
		"  -h, --help              show this help\n"
		"      --version           show fwlab's version\n");
}

static int free_text(void **state)
{
	free(*state);
	return 0;
}

/* Every row of every command is complete, and no option has another's letter or name. */
static void commands_are_whole(void **state)
{
	(void)state;
	const struct command *command;
	for (size_t i = 0; (command = command_nth(i)); i++) {
		const struct option_row *row, *other;
		assert_ptr_equal(command_find(command->name), command);
		assert_non_null(command->run);
		assert_true(strlen(command->details) > 0);
		for (size_t k = 0; (row = options_nth(command->options, k)); k++) {
			assert_true(strlen(row->help) > 0);
			for (size_t m = 0; m < k; m++) {
				other = options_nth(command->options, m);
				assert_string_not_equal(row->name, other->name);
				assert_true(!row->letter || row->letter != other->letter);
			}
		}
	}
	assert_true(command_nth(0) != NULL);
}

static void the_worse_status_wins(void **state)
{
	static const int rising[] = {STATUS_GOOD, STATUS_FAILED, STATUS_UNSURE, STATUS_USAGE};
	(void)state;
	for (size_t i = 0; i < 4; i++) {
		for (size_t k = 0; k < 4; k++)
			assert_int_equal(status_worse(rising[i], rising[k]), rising[i > k ? i : k]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_options_anywhere),
		cmocka_unit_test(takes_values_in_every_form),
		cmocka_unit_test(knows_what_every_command_has),
		cmocka_unit_test(says_what_is_wrong),
		cmocka_unit_test(bears_a_very_long_option),
		cmocka_unit_test(names_the_nearest_choice),
		cmocka_unit_test_teardown(lists_rows_for_help, free_text),
		cmocka_unit_test(commands_are_whole),
		cmocka_unit_test(the_worse_status_wins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
