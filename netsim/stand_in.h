/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stand-ins: a small program of ours that is run in place of the tools that load rules and of
 * sh, while a script is rehearsed.  It becomes the tool in the end, given marked rules; sh is
 * played by bash, which can tell what it is about.
 *
 * What it and those who put it there (stand_ins.c) know of each other.
 */
#ifndef NETSIM_STAND_IN_H
#define NETSIM_STAND_IN_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A folder of the rehearsal's own. */
#define STAND_IN_FOLDER "/dev/fwlab"
/* The real programs: their paths with ! in place of /. */
#define STAND_IN_REAL STAND_IN_FOLDER "/real/"
/* The book of the marks, locked (flock(2)) by who changes it. */
#define STAND_IN_BOOK STAND_IN_FOLDER "/book"
/* "RUN SECONDS NANOSECONDS FOLDER": the run's number, when it began, where the script is. */
#define STAND_IN_SCENE STAND_IN_FOLDER "/scene"
/* What every bash reads first (BASH_ENV), and what makes it one that plays sh. */
#define STAND_IN_ENV   STAND_IN_FOLDER "/env"
#define STAND_IN_POSIX "FWLAB_POSIX"

/* What bash is about, as struct mark_call has it. */
#define STAND_IN_LINES	 "FWLAB_LINES"
#define STAND_IN_FILES	 "FWLAB_FILES"
#define STAND_IN_NAMES	 "FWLAB_NAMES"
#define STAND_IN_COMMAND "FWLAB_COMMAND"

/* Where the real program is, of which a stand-in is at this path; false: the path is too long. */
static inline bool stand_in_real(const char *path, char real[PATH_MAX])
{
	if (snprintf(real, PATH_MAX, STAND_IN_REAL "%s", path) >= PATH_MAX)
		return false;
	for (char *at = real + strlen(STAND_IN_REAL); *at; at++)
		*at = *at == '/' ? '!' : *at;
	return true;
}

#endif
