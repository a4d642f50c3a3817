/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands, a row each: `fwlab NAME [OPTION]... ARGUMENTS`.
 *
 * A row has all that --help, the man page and the shell's completion say of its
 * command.  Commands write results to stdout and messages to stderr; the
 * process itself is main()'s.
 */
#ifndef LAB_COMMAND_H
#define LAB_COMMAND_H

#include <stddef.h>
#include <stdio.h>

#include "lab/options.h"
#include "netsim/error.h"

/* Exit statuses. */
enum {
	STATUS_GOOD = 0,
	STATUS_FAILED = 1, /* some outcome was not as expected */
	STATUS_USAGE = 2,  /* the command line or a scenario is at fault */
	STATUS_UNSURE =
		3, /* a lab could not be built, a probe was inconclusive, a report not written */
};

/* Of two exit statuses the one that says more: 2, then 3, 1, 0. */
int status_worse(int a, int b);

struct command {
	const char *name;
	const char *arguments; /* "SCENARIO..." */
	const char *summary;   /* a few words */
	const char *details;   /* paragraphs, wrapped at 80 columns */
	const struct option_row *options;
	size_t settings_size; /* of what the options' values go into, zeroed */
	/* The exit status, or minus the number of the signal that ended the work. */
	int (*run)(const void *settings, char *const *arguments, size_t count);
};

extern const struct command command_run;
extern const struct command command_explain;
extern const struct command command_check;
extern const struct command command_list;
extern const struct command command_doctor;
extern const struct command command_help;

/* The i-th command, NULL past the last; the one of this name or NULL, and why on stderr. */
const struct command *command_nth(size_t i);
const struct command *command_find(const char *name);

/* All commands in a few lines; one in full. */
void command_overview(FILE *to);
void command_usage(const struct command *command, FILE *to);

/* "fwlab WHO: why" on stderr, without control characters. */
void command_complain(const char *who, const struct sim_error *err);

/* What main() does, but for the process itself; the status is as from a command's run(). */
int command_main(int argc, char **argv);

#endif
