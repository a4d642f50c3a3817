/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/command.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/text.h"
#include "netsim/cleanup.h"

static const struct command *const commands[] = {
	&command_run,  &command_explain, &command_check,
	&command_list, &command_doctor,	 &command_help,
};

/* Before a command's name there are only the options that every command has. */
static const struct option_row no_options[] = {{0}};

const struct command *command_nth(size_t i)
{
	return i < sizeof(commands) / sizeof(*commands) ? commands[i] : NULL;
}

int status_worse(int a, int b)
{
	static const int weight[] = {
		[STATUS_GOOD] = 0,
		[STATUS_FAILED] = 1,
		[STATUS_UNSURE] = 2,
		[STATUS_USAGE] = 3,
	};
	return weight[a] >= weight[b] ? a : b;
}

static const char *name_nth(size_t i)
{
	const struct command *command = command_nth(i);
	return command ? command->name : NULL;
}

const struct command *command_find(const char *name)
{
	const struct command *command;
	for (size_t i = 0; (command = command_nth(i)); i++) {
		if (strcmp(command->name, name) == 0)
			return command;
	}
	struct sim_error err;
	options_fail_choice("command", name, name_nth, &err);
	command_complain("", &err);
	return NULL;
}

void command_complain(const char *who, const struct sim_error *err)
{
	fprintf(stderr, "fwlab%s%s: ", *who ? " " : "", who);
	/* What a tool has said is of many lines, none of which passes for one of ours. */
	text_write_lines(stderr, err->text, "\n    ");
	fputc('\n', stderr);
}

void command_overview(FILE *to)
{
	const struct command *command;
	fputs("fwlab: a test lab for firewall policies\n\n"
	      "Usage: fwlab COMMAND [OPTION]... [ARGUMENT]...\n\n",
	      to);
	for (size_t i = 0; (command = command_nth(i)); i++)
		fprintf(to, "  %-8s %s\n", command->name, command->summary);
	fputs("\n'fwlab COMMAND --help' says more.\n", to);
}

void command_usage(const struct command *command, FILE *to)
{
	fprintf(to, "Usage: fwlab %s [OPTION]... %s\n\nfwlab %s: %s.\n\n", command->name,
		command->arguments, command->name, command->summary);
	options_print(command->options, to);
	fprintf(to, "\n%s", command->details);
}

static int show_version(void)
{
	puts("fwlab " FWLAB_VERSION);
	return STATUS_GOOD;
}

static int refuse(const char *who, const struct sim_error *err)
{
	command_complain(who, err);
	fprintf(stderr, "'fwlab%s%s --help' says more.\n", *who ? " " : "", who);
	return STATUS_USAGE;
}

static int start(const struct command *command, int argc, char **argv)
{
	autofree void *settings = calloc(1, command->settings_size + 1); /* some have none */
	struct sim_error err;
	int first;
	if (!settings) {
		sim_fail(&err, ENOMEM, "cannot start");
		command_complain(command->name, &err);
		return STATUS_UNSURE;
	}
	switch (options_parse(command->options, argc, argv, settings, &first, &err)) {
	case OPTIONS_BAD:
		return refuse(command->name, &err);
	case OPTIONS_HELP:
		command_usage(command, stdout);
		return STATUS_GOOD;
	case OPTIONS_VERSION:
		return show_version();
	case OPTIONS_GOOD:
		break;
	}
	return command->run(settings, argv + first, (size_t)(argc - first));
}

static int start_without(char **argv)
{
	struct sim_error err;
	int first;
	/* Only the first argument: `fwlab --help run` is a question all the same. */
	switch (options_parse(no_options, 2, argv, NULL, &first, &err)) {
	case OPTIONS_BAD:
		return refuse("", &err);
	case OPTIONS_HELP:
		command_overview(stdout);
		return STATUS_GOOD;
	case OPTIONS_VERSION:
		return show_version();
	case OPTIONS_GOOD: /* "-" or "--" */
		break;
	}
	command_overview(stderr);
	return STATUS_USAGE;
}

int command_main(int argc, char **argv)
{
	if (argc < 2) {
		command_overview(stderr);
		return STATUS_USAGE;
	}
	if (argv[1][0] == '-')
		return start_without(argv);
	const struct command *command = command_find(argv[1]);
	return command ? start(command, argc - 1, argv + 1) : STATUS_USAGE;
}
