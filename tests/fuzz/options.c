/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines: any arguments, a line each, for every command.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/command.h"
#include "tests/fuzz/support/fuzz.h"

#define ARGUMENTS_MAX 200

/* The lines of `text`, which is cut up. */
static int cut_up(char *text, char **argv)
{
	int argc = 1;
	for (char *line; argc < ARGUMENTS_MAX && (line = strsep(&text, "\n"));)
		argv[argc++] = line;
	argv[argc] = NULL;
	return argc;
}

static void parse(const struct command *command, const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char name[] = "fwlab";
	char *argv[ARGUMENTS_MAX + 1] = {name};
	struct sim_error err = {0};
	int first;
	char *text = fuzz_text(&input);
	int argc = cut_up(text, argv);
	void *settings = calloc(1, command->settings_size + 1);
	HOLDS(settings);
	enum options_result result =
		options_parse(command->options, argc, argv, settings, &first, &err);
	HOLDS(result <= OPTIONS_VERSION);
	HOLDS((result == OPTIONS_BAD) == (*err.text != '\0'));
	HOLDS(first >= 1 && first <= argc);
	free(settings);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct command *command;
	for (size_t i = 0; (command = command_nth(i)); i++)
		parse(command, data, size);
	return 0;
}
