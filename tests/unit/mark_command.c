/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is run in place of a script's commands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsim/mark_command.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define WORDS_MAX    12

/* The lines of a script, the first of which each case replaces. */
static const char script[] = "%s\nfunction() { %s; }\n";

/* "<N>" is the mark of line N of file 0, "#" what comes next on standard input. */
static const struct {
	const char *words;  /* with "|" between them */
	const char *marked; /* NULL: no such command is marked */
} cases[] = {
	{"iptables|-A|INPUT|-j|DROP", "iptables|-A|INPUT|-j|DROP|-m|comment|--comment|<1>"},
	{"/sbin/ip6tables-nft|-t|nat|-IX|3",
	 "/sbin/ip6tables-nft|-t|nat|-IX|3|-m|comment|--comment|<1>"},
	{"iptables-legacy|--replace|X|1", "iptables-legacy|--replace|X|1|-m|comment|--comment|<1>"},
	{"iptables|-P|INPUT|DROP", "iptables|-P|INPUT|ACCEPT"},
	{"iptables|--policy|INPUT|ACCEPT", "iptables|--policy|INPUT|DROP"},
	{"iptables|-P|INPUT", NULL},
	{"iptables|-D|INPUT|-j|DROP", NULL},
	{"iptables|-N|x", NULL},
	{"iptables", NULL},
	{"iptables-save|-A", NULL},
	{"iptables|-A|X|-m|comment|--comment|fwlab_0_1", NULL},
	{"ebtables|-A|X", NULL},
	{"nft|add|rule|ip|t|c|drop", "nft|add rule ip t c drop comment \"<1>\""},
	{"nft|-a|-D|x=1|add rule t c drop; insert rule t c accept",
	 "nft|-a|-D|x=1|add rule t c drop comment \"<1>\"; insert rule t c accept comment \"<1>\""},
	{"nft|add|chain|t|c|{|policy|drop;|}", "nft|add chain t c { policy accept; }"},
	{"nft|list|ruleset", "nft|list ruleset"},
	{"nft|add|rule|log|\"", "nft|add|rule|log|\""},
	{"nft|-j|-f|-", NULL},
	{"nft|-i", NULL},
	{"nft|-f", NULL},
	{"nft", NULL},
};

static void split(char *text, char *argv[WORDS_MAX])
{
	size_t count = 0;
	for (char *word = strtok(text, "|"); word && count + 1 < WORDS_MAX;
	     word = strtok(NULL, "|"))
		argv[count++] = word;
	argv[count] = NULL;
}

/* The command's words as the cases have them, in static memory. */
static const char *join(char **argv)
{
	static char text[512];
	size_t length = 0;
	text[0] = '\0';
	for (size_t i = 0; argv[i]; i++) {
		length += (size_t)sprintf(text + length, "%s", i ? "|" : "");
		for (const char *at = argv[i]; *at;) {
			static const char mark[] = "fwlab_0_";
			if (strncmp(at, mark, strlen(mark)) != 0) {
				text[length++] = *at++;
				continue;
			}
			char *end;
			unsigned long line = strtoul(at + strlen(mark), &end, 10);
			at = end;
			length += (size_t)sprintf(text + length, "<%lu>", line);
		}
		text[length] = '\0';
	}
	return text;
}

static char folder[32];

static int enter_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/command-XXXXXX");
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	(void)state;
	unlink("script");
	unlink("rules");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void make_file(const char *name, const char *first, const char *second)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fprintf(file, script, first, second);
	assert_int_equal(fclose(file), 0);
}

static void commands_are_marked(void **state)
{
	(void)state;
	make_file("script", "command words", "");
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *argv[WORDS_MAX];
		char *text = strdup(cases[i].words);
		struct mark_book book = {0};
		struct mark_command command;
		const struct mark_scene scene = {
			.call = {"1\n0", "./script", "\nmain", "command words"}, .folder = "/"};
		assert_non_null(text);
		split(text, argv);
		bool marked = mark_command_read(&command, argv, &scene);
		if (marked != (cases[i].marked != NULL))
			fail_msg("%s", cases[i].words);
		if (marked) {
			mark_command_mark(&command, &book, 0);
			assert_string_equal(join(command.argv), cases[i].marked);
			mark_command_clear(&command);
		}
		mark_book_clear(&book);
		free(text);
	}
}

/* The line that a rule's mark names, given what the shell tells; 0: none. */
static unsigned line_of(const struct mark_call *call, const char *second)
{
	char iptables[] = "iptables", verb[] = "-A", chain[] = "X";
	char *argv[] = {iptables, verb, chain, NULL};
	struct mark_book book = {0};
	struct mark_command command;
	const struct mark_scene scene = {.call = *call, .folder = folder};
	unsigned line = 0;
	make_file("script", "f -A X", second);
	assert_true(mark_command_read(&command, argv, &scene));
	mark_command_mark(&command, &book, 0);
	if (command.argv[3]) {
		static const char mark[] = "fwlab_0_";
		assert_memory_equal(command.argv[6], mark, strlen(mark));
		line = (unsigned)strtoul(command.argv[6] + strlen(mark), NULL, 10);
	}
	mark_command_clear(&command);
	mark_book_clear(&book);
	return line;
}

static void only_certain_places_are_told(void **state)
{
	static const struct mark_call calls[] = {
		{"1\n0", "script", "\nmain", "f -A X"},
		{"1\n0", "script", "\nmain", "g -A X"},
		{"9\n0", "script", "\nmain", "f -A X"},
		{"1\n0", "/nowhere/script", "\nmain", "f -A X"},
		{"1\n0", "", "\nmain", "f -A X"},
		{NULL, NULL, NULL, NULL},
		{"1", "script", NULL, "f -A X"},
	};
	static const struct mark_call in_function = {"2\n1\n0", "script\nscript", "\nf\nmain",
						     "ipt \"$@\""};
	static const struct mark_call by_another = {"2\n1\n0", "script\nscript", "\ng\nmain",
						    "ipt \"$@\""};
	(void)state;
	for (size_t i = 0; i < COUNT(calls); i++)
		assert_int_equal(line_of(&calls[i], ""), i == 0);
	assert_int_equal(line_of(&in_function, "ipt \"$@\""), 1);
	assert_int_equal(line_of(&by_another, "ipt \"$@\""), 0);
	assert_int_equal(line_of(&calls[0], "fwlab_0_7"), 0);
}

/* A file that was there before has lines of its own; one that the script has made has not. */
static void files_are_read(void **state)
{
	static const struct {
		struct timespec begun;
		const char *input;
	} runs[] = {{{INT32_MAX, 0}, "fwlab_0_1"}, {{0, 0}, "fwlab_0_0"}};
	char restore[] = "iptables-restore", option[] = "-n", name[] = "rules";
	char *argv[] = {restore, option, name, NULL};
	(void)state;
	make_file("rules", "-A X", "");
	for (size_t i = 0; i < COUNT(runs); i++) {
		struct mark_book book = {0};
		struct mark_command command;
		const struct mark_scene scene = {.folder = folder, .begun = runs[i].begun};
		assert_true(mark_command_read(&command, argv, &scene));
		mark_command_mark(&command, &book, 0);
		assert_non_null(strstr(command.input, runs[i].input));
		assert_int_equal(strlen(command.input), command.input_length);
		assert_null(command.argv[2]);
		assert_int_equal(book.n_files, i == 0);
		mark_command_clear(&command);
		mark_book_clear(&book);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_marked),
		cmocka_unit_test(only_certain_places_are_told),
		cmocka_unit_test(files_are_read),
	};
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
