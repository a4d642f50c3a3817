/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: rows of a table, from which parsing, --help, the man page and the
 * shell's completion are made, so that they cannot drift apart.
 *
 * On top of getopt_long(3): options and other arguments may come in any order,
 * long ones may be shortened, "--" ends them.
 */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <stddef.h>
#include <stdio.h>

#include "netsim/error.h"

struct option_row {
	const char *name;     /* without the dashes; NULL ends a table */
	char letter;	      /* its short form, 0: none */
	const char *argument; /* what it takes, for help texts; NULL: nothing */
	const char *help;     /* NULL: another spelling of the row before, not listed */
	/* Put the value (NULL where it takes none; may be cut up) into the command's settings. */
	int (*set)(void *settings, char *value, struct sim_error *err);
	/* The i-th value that (a part of) the argument may have, NULL past the last; or no list. */
	const char *(*choice)(size_t i);
};

enum options_result {
	OPTIONS_GOOD,
	OPTIONS_BAD,
	OPTIONS_HELP, /* --help or --version was asked for, */
	OPTIONS_VERSION,
};

/*
 * Parse a command line; argv[0] is not looked at.  Afterwards argv[*first] and
 * what follows it are the arguments that are no options.
 */
enum options_result options_parse(const struct option_row *rows, int argc, char **argv,
				  void *settings, int *first, struct sim_error *err);

/* The i-th row to list: the table's own, then those that every command has; NULL past the last. */
const struct option_row *options_nth(const struct option_row *rows, size_t i);

/* A row's help text, with its choices. */
#define OPTIONS_TEXT_MAX 1024
void options_describe(const struct option_row *row, char text[OPTIONS_TEXT_MAX]);

/* The rows for --help. */
void options_print(const struct option_row *rows, FILE *to);

/*
 * Fail with "WHAT 'WORD' is not known", the nearest name of those that `choice`
 * gives or, where none is near, all of them.  Returns -1.
 */
int options_fail_choice(const char *what, const char *word, const char *(*choice)(size_t i),
			struct sim_error *err);

#endif
