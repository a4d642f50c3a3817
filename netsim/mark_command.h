/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that load rules, as a script gives them: what is to be run in their place, so that the
 * rules say where they stand.
 */
#ifndef NETSIM_MARK_COMMAND_H
#define NETSIM_MARK_COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "netsim/mark.h"
#include "netsim/mark_shell.h"

/* Where a command comes from. */
struct mark_scene {
	struct mark_call call; /* lists NULL: no shell has told */
	const char *folder;    /* that the script is in */
	struct timespec begun; /* a file that has changed since is not the host's */
};

struct mark_command {
	char **argv; /* what is to be run, its words the user's or `owned` */
	char *input; /* what that is to read, and how much; NULL: what the command would */
	size_t input_length;
	/* Private. */
	int what;  /* of what kind */
	size_t at; /* the word that matters */
	struct mark_source source;
	char path[PATH_MAX];
	char here[PATH_MAX];
	char name[MARK_LENGTH_MAX];
	char *owned;
};

/* Of what is not copied, `argv` must outlive the command. */
void mark_command_clear(struct mark_command *command);

/*
 * Find out what a command does, and read what it would: its file or standard input.  False: it
 * makes no rules, is not understood, or memory is short, and nothing has been read.
 */
bool mark_command_read(struct mark_command *command, char **argv, const struct mark_scene *scene);

/* Make it the marked command, in the run of this number; where it cannot, it is as it was. */
void mark_command_mark(struct mark_command *command, struct mark_book *book, unsigned run);

#endif
