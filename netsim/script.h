/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a script of the user's is run, the first time as when it is rehearsed.  Private to netsim. */
#ifndef NETSIM_SCRIPT_H
#define NETSIM_SCRIPT_H

#include <stdbool.h>

#define SCRIPT_FIRST_LINE_MAX 256 /* BINPRM_BUF_SIZE of the kernel's */

struct script_command {
	char first_line[SCRIPT_FIRST_LINE_MAX];
	char *argv[4];
	bool names_interpreter; /* its first line does, and we obey */
};

/*
 * One that is `executable` is its own program; otherwise what its first line names runs it,
 * or else /bin/sh.  `command` borrows `path`, and must stay where it is.
 */
void script_choose_command(char *path, bool executable, struct script_command *command);

#endif
