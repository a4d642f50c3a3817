/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands' rows say, in the forms in which it is wanted: for the
 * terminal, as a man page, for bash.
 */
#include <stdbool.h>
#include <string.h>

#include "lab/command.h"

struct help_settings {
	void (*print)(void); /* NULL: for the terminal */
};

/* Text for troff: no line may start a request, no dash be set as a hyphen. */
static void print_roff(const char *text)
{
	bool line_start = true;
	for (; *text; text++) {
		if (line_start && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '-' || *text == '\\')
			fputs(*text == '-' ? "\\-" : "\\e", stdout);
		else
			putchar(*text);
		line_start = *text == '\n';
	}
}

static void print_roff_option(const struct option_row *row)
{
	char text[OPTIONS_TEXT_MAX];
	fputs(".TP\n", stdout);
	if (row->letter)
		printf("\\fB\\-%c\\fR, ", row->letter);
	fputs("\\fB\\-\\-", stdout);
	print_roff(row->name);
	fputs("\\fR", stdout);
	if (row->argument) {
		fputs(" \\fI", stdout);
		print_roff(row->argument);
		fputs("\\fR", stdout);
	}
	putchar('\n');
	options_describe(row, text);
	print_roff(text);
	putchar('\n');
}

static void print_roff_command(const struct command *command)
{
	const struct option_row *row;
	fputs(".SS fwlab ", stdout);
	print_roff(command->name);
	printf(" [OPTION]... %s\n", command->arguments);
	print_roff(command->summary);
	fputs(".\n", stdout);
	for (size_t i = 0; (row = options_nth(command->options, i)); i++)
		print_roff_option(row);
	fputs(".PP\n.nf\n", stdout);
	print_roff(command->details);
	fputs(".fi\n", stdout);
}

static void print_man_page(void)
{
	const struct command *command;
	fputs(".TH FWLAB 8 \"\" \"fwlab " FWLAB_VERSION "\"\n"
	      ".SH NAME\nfwlab \\- a test lab for firewall policies\n"
	      ".SH SYNOPSIS\n\\fBfwlab\\fR COMMAND [OPTION]... [ARGUMENT]...\n"
	      ".SH COMMANDS\n",
	      stdout);
	for (size_t i = 0; (command = command_nth(i)); i++)
		print_roff_command(command);
}

static void print_completion(void)
{
	const struct command *command;
	const struct option_row *row;
	fputs("# bash completion for fwlab: source this file\n"
	      "_fwlab()\n{\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} options='--help --version' commands='",
	      stdout);
	for (size_t i = 0; (command = command_nth(i)); i++)
		printf("%s%s", i ? " " : "", command->name);
	fputs("'\n\tcase ${COMP_WORDS[1]} in\n", stdout);
	for (size_t i = 0; (command = command_nth(i)); i++) {
		printf("\t%s) options='", command->name);
		for (size_t k = 0; (row = options_nth(command->options, k)); k++)
			printf("%s--%s", k ? " " : "", row->name);
		fputs("' ;;\n", stdout);
	}
	fputs("\tesac\n"
	      "\tif [[ $word == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
	      "\telif ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$commands\" -- \"$word\")\n"
	      "\telse\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	      "\tfi\n}\n"
	      "complete -o filenames -F _fwlab fwlab\n",
	      stdout);
}

static int set_man(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct help_settings *)settings)->print = print_man_page;
	return 0;
}

static int set_completion(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct help_settings *)settings)->print = print_completion;
	return 0;
}

static const struct option_row options[] = {
	{.name = "man", .help = "write the man page", .set = set_man},
	{.name = "completion", .help = "write a completion for bash", .set = set_completion},
	{0},
};

static int help(const void *settings, char *const *arguments, size_t count)
{
	const struct help_settings *wanted = settings;
	if (wanted->print) {
		wanted->print();
		return STATUS_GOOD;
	}
	if (count == 0)
		command_overview(stdout);
	for (size_t i = 0; i < count; i++) {
		const struct command *command = command_find(arguments[i]);
		if (!command)
			return STATUS_USAGE;
		command_usage(command, stdout);
	}
	return STATUS_GOOD;
}

const struct command command_help = {
	.name = "help",
	.arguments = "[COMMAND]...",
	.summary = "explain the commands",
	.details = "Completion for the bash that is running: eval \"$(fwlab help --completion)\"\n",
	.options = options,
	.settings_size = sizeof(struct help_settings),
	.run = help,
};
