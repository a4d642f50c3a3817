/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A systemd unit file of a service: the programs that it starts and stops,
 * and as whom (systemd.service(5), systemd.syntax(7)).
 *
 * Understood are comments, continued lines, quotes and C-like escapes, "%%",
 * "$$", empty assignments, the prefixes "-", "+", "!", "!!" and ":" of
 * commands, Type= simple, exec, forking and oneshot, User=, Group= and
 * PermissionsStartOnly=.  What orders, restarts or describes units is passed
 * over: [Unit], [Install], Restart= and its like.  All else could change what
 * is run, and is an error.  A pure function of the text.
 */
#ifndef LAB_UNIT_FILE_H
#define LAB_UNIT_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/arena.h"

#define UNIT_BYTES_MAX (64 * 1024)

enum unit_phase { UNIT_START_PRE, UNIT_START, UNIT_START_POST, UNIT_STOP, UNIT_STOP_POST };
#define UNIT_PHASES (UNIT_STOP_POST + 1)

struct unit_command {
	char **argv; /* NULL-terminated */
	unsigned line;
	bool may_fail;	   /* "-" */
	bool as_superuser; /* "+", "!" or "!!": whatever User= is */
	struct unit_command *next;
};

struct unit {
	const char *shown; /* the file as the scenario has it, */
	const char *path;  /* and where it is: set by whoever reads it */
	bool is_oneshot;
	bool start_only;   /* User= and Group= are those of ExecStart= alone */
	const char *user;  /* NULL: root */
	const char *group; /* NULL: the user's */
	struct unit_command *commands[UNIT_PHASES];
};

/* "ExecStartPre" */
const char *unit_phase_name(enum unit_phase phase);

/*
 * Read a unit's text; NULL where there is something wrong with it: `complain`
 * has then been told of every line at fault (0: of the whole).
 */
struct unit *unit_read(struct arena *arena, const char *text,
		       void (*complain)(void *arg, unsigned line, const char *message), void *arg);

#endif
