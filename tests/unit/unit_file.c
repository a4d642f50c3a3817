/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: what is understood of them, and that all else is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/unit_file.h"

struct fixture {
	struct arena *arena;
	char said[4096]; /* "LINE: MESSAGE\n" for each complaint */
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	arena_free(f->arena);
	free(f);
	return 0;
}

static void note(void *arg, unsigned line, const char *message)
{
	struct fixture *f = arg;
	size_t used = strlen(f->said);
	snprintf(f->said + used, sizeof(f->said) - used, "%u: %s\n", line, message);
}

static struct unit *read_unit(struct fixture *f, const char *text)
{
	*f->said = '\0';
	return unit_read(f->arena, text, note, f);
}

static const struct unit_command *command_of(struct fixture *f, const char *value)
{
	const struct unit *unit =
		read_unit(f, arena_printf(f->arena, "[Service]\nExecStart=%s\n", value));
	if (!unit)
		fail_msg("%s: %s", value, f->said);
	return unit ? unit->commands[UNIT_START] : NULL;
}

/* The words, each in brackets. */
static const char *words_of(struct fixture *f, const char *value)
{
	const char *all = "";
	const struct unit_command *command = command_of(f, value);
	assert_non_null(command);
	for (char **word = command ? command->argv : NULL; word && *word; word++)
		all = arena_printf(f->arena, "%s[%s]", all, *word);
	return all;
}

static void a_whole_unit(void **state)
{
	struct fixture *f = *state;
	const struct unit *unit = read_unit(f, "# a comment\n"
					       "\n"
					       "[Unit]\n"
					       "Description=50% of everything\n"
					       "  ; another\n"
					       "[Service]\r\n"
					       "Type = forking\n"
					       "User=joe\n"
					       "Group=staff\n"
					       "PermissionsStartOnly=True\n"
					       "Restart=on-failure\n"
					       "ExecStartPre=/bin/one two\\\n"
					       "# in between\n"
					       "   three\n"
					       "ExecStartPre=-/bin/second\n"
					       "ExecStart=/bin/gone\n"
					       "ExecStart=\n"
					       "ExecStart=/bin/main \\\n"
					       "ExecStop=x\n"
					       "ExecStartPost=+/bin/post\n"
					       "ExecStop=!!/bin/stop\n"
					       "ExecStopPost=-+:/bin/after\n"
					       "[Install]\n"
					       "WantedBy=multi-user.target\n"
					       "[X-Ours]\n"
					       "Anything=goes\n");
	assert_string_equal(f->said, "");
	assert_non_null(unit);
	assert_false(unit->is_oneshot);
	assert_true(unit->start_only);
	assert_string_equal(unit->user, "joe");
	assert_string_equal(unit->group, "staff");
	const struct unit_command *pre = unit->commands[UNIT_START_PRE];
	assert_string_equal(pre->argv[0], "/bin/one");
	assert_string_equal(pre->argv[2], "three");
	assert_null(pre->argv[3]);
	assert_int_equal(pre->line, 12);
	assert_false(pre->may_fail);
	assert_true(pre->next->may_fail);
	assert_string_equal(pre->next->argv[0], "/bin/second");
	assert_null(pre->next->next);
	/* The line goes on: no ExecStop=x. */
	assert_string_equal(unit->commands[UNIT_START]->argv[1], "ExecStop=x");
	assert_null(unit->commands[UNIT_START]->next);
	assert_true(unit->commands[UNIT_START_POST]->as_superuser);
	assert_true(unit->commands[UNIT_STOP]->as_superuser);
	assert_true(unit->commands[UNIT_STOP_POST]->may_fail);
	assert_string_equal(unit->commands[UNIT_STOP_POST]->argv[0], "/bin/after");
}

static void words_are_quoted_as_systemd_does(void **state)
{
	static const char *const rows[][2] = {
		{"a b  c\td", "[a][b][c][d]"},
		{"a 'b c' \"d e\"", "[a][b c][d e]"},
		{"a b'c d'e", "[a][bc de]"},
		{"a '' \"\"", "[a][][]"},
		{"a \\x41\\s\\t \"\\\"\"", "[a][A \t][\"]"},
		{"a %% 100%%", "[a][%][100%]"},
		{"a $$HOME '$HOME'", "[a][$HOME][$HOME]"},
		{"a \\; b;c", "[a][;][b;c]"},
		{"/bin/sh -c 'echo \"x y\" | cat'", "[/bin/sh][-c][echo \"x y\" | cat]"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(words_of(f, rows[i][0]), rows[i][1]);
}

static void what_is_not_understood_is_said(void **state)
{
	static const char *const rows[][2] = {
		{"", "0: a service needs ExecStart="},
		{"ExecStart=x\n", "1: this is in no section"},
		{"[Socket]\n", "1: a section is [Unit], [Service] or [Install]"},
		{"[Service]\nExecStart\n", "2: NAME=VALUE is wanted here"},
		{"[Service]\n=x\n", "2: NAME=VALUE is wanted here"},
		{"[Service]\n\nEnvironment=A=b\nExecStart=x\n",
		 "3: Environment= is not understood"},
		{"[Service]\nDynamicUser=yes\nExecStart=x\n", "2: DynamicUser= is not understood"},
		{"[Service]\nType=notify\nExecStart=x\n", "2: Type= is simple, exec, forking or"},
		{"[Service]\nPermissionsStartOnly=maybe\n", "2: this is neither true nor false"},
		{"[Service]\nExecStart=x %i\n", "2: specifiers other than %% are not known"},
		{"[Service]\nExecStart=x $HOME\n", "2: variables are not known here"},
		{"[Service]\nExecStart=x \\q\n", "2: this escape is not understood"},
		{"[Service]\nExecStart=x \\x00\n", "2: this escape is not understood"},
		{"[Service]\nExecStart=x \\x4", "2: this escape is not understood"},
		{"[Service]\nExecStart=x 'y\n", "2: a quote is not closed"},
		{"[Service]\nExecStart=x ; y\n", "2: one command a line"},
		{"[Service]\nExecStart=@x y\n", "2: '@' is not understood"},
		{"[Service]\nExecStart=-\n", "2: a program is missing here"},
		{"[Service]\nExecStart=''\n", "2: a program is missing here"},
		{"[Service]\nExecStart=x\nExecStart=y\n", "3: a second ExecStart="},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_null(read_unit(f, rows[i][0]));
		if (strncmp(f->said, rows[i][1], strlen(rows[i][1])) != 0)
			fail_msg("%s: %s", rows[i][0], f->said);
	}
	/* All of it at once. */
	assert_null(read_unit(f, "[Service]\nA=1\nB=2\nExecStart=%n\n"));
	assert_non_null(strstr(f->said, "2: A="));
	assert_non_null(strstr(f->said, "3: B="));
	assert_non_null(strstr(f->said, "4: specifiers"));
}

static void a_oneshot_has_as_many_as_it_likes(void **state)
{
	struct fixture *f = *state;
	const struct unit *unit =
		read_unit(f, "[Service]\nType=oneshot\nExecStart=a\nExecStart=b\n");
	assert_non_null(unit);
	assert_true(unit->is_oneshot);
	assert_string_equal(unit->commands[UNIT_START]->next->argv[0], "b");
	assert_non_null(read_unit(f, "[Service]\nType=oneshot\nExecStop=a\n"));
}

/* A text with so many of a part. */
static const char *repeated(struct fixture *f, const char *head, const char *part, size_t count)
{
	char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	assert_non_null(to);
	fputs(head, to);
	for (size_t i = 0; i < count; i++)
		fputs(part, to);
	assert_int_equal(fclose(to), 0);
	const char *copy = arena_strdup(f->arena, text);
	free(text);
	return copy;
}

static void lengths_are_bounded(void **state)
{
	struct fixture *f = *state;
	assert_null(read_unit(f, repeated(f, "[Service]\nType=oneshot\nExecStart=x", " y", 200)));
	assert_non_null(strstr(f->said, "3: a command has at most 200 words"));
	assert_null(read_unit(f, repeated(f, "[Service]\nType=oneshot\n", "ExecStop=x\n", 101)));
	assert_non_null(strstr(f->said, "103: a unit has at most 100 commands"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_unit, setup, teardown),
		cmocka_unit_test_setup_teardown(words_are_quoted_as_systemd_does, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_understood_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(a_oneshot_has_as_many_as_it_likes, setup, teardown),
		cmocka_unit_test_setup_teardown(lengths_are_bounded, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
