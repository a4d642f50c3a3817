/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sources: from the SCENARIO... of a command line to the scenarios' files.
 *
 * A file is itself.  A folder means every scenario in it: its scenario.yaml,
 * and then nothing else in it, or else its *.yaml and, likewise, its
 * subfolders, except hidden ones and symbolic links to folders.
 */
#ifndef LAB_SOURCES_H
#define LAB_SOURCES_H

#include <stdio.h>

#include "lab/arena.h"
#include "lab/scenario.h"

#define SOURCES_DEPTH_MAX   8	  /* subfolders deeper than this are not looked at */
#define SOURCES_FOLDERS_MAX 10000 /* a folder with more below it is refused, */
#define SOURCES_MAX	    10000 /* as are more files than this, in all */

struct sources {
	const char **paths; /* each argument's sorted; in the arena */
	size_t count;
};

/*
 * Find the files.  -1 where an argument is neither a file nor a folder with a
 * scenario in it; all such arguments are named on `messages`.
 */
int sources_find(struct sources *sources, struct arena *arena, char *const *arguments, size_t count,
		 FILE *messages) __attribute__((warn_unused_result));

struct scenario_set {
	struct scenario **scenarios;
	size_t count;
};

/*
 * Find and read them all.  -1 when anything is wrong with any of them, said on
 * `messages`; the others are in the set all the same.  The caller ends it with
 * scenario_set_free() in either case.
 */
int scenario_set_read(struct scenario_set *set, struct arena *arena, char *const *arguments,
		      size_t count, FILE *messages) __attribute__((warn_unused_result));
void scenario_set_free(struct scenario_set *set);

#endif
