/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/script.h"

#include <stdio.h>
#include <string.h>

#include "netsim/cleanup.h"

/*
 * What "#!" in the first line names, and its one argument if there is one (execve(2)):
 * whoever wrote a script in bash or Python may not have made it executable.
 */
static bool read_interpreter(const char *path, struct script_command *command, size_t *n_words)
{
	autofclose FILE *file = fopen(path, "re");
	char *line = command->first_line;
	if (!file || !fgets(line, SCRIPT_FIRST_LINE_MAX, file) || strncmp(line, "#!", 2) != 0)
		return false;
	char *at = line + 2 + strspn(line + 2, " \t");
	size_t length = strcspn(at, "\n");
	while (length && strchr(" \t", at[length - 1]))
		length--;
	at[length] = '\0';
	command->argv[(*n_words)++] = strsep(&at, " \t");
	if (at)
		command->argv[(*n_words)++] = at + strspn(at, " \t");
	return length;
}

void script_choose_command(char *path, bool executable, struct script_command *command)
{
	static char shell[] = "/bin/sh";
	size_t n_words = 0;
	*command = (struct script_command){0};
	if (!executable)
		command->names_interpreter = read_interpreter(path, command, &n_words);
	if (!executable && !command->names_interpreter) {
		n_words = 0;
		command->argv[n_words++] = shell;
	}
	command->argv[n_words] = path;
}
