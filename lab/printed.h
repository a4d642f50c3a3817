/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program prints, as it comes: all of it is searched for the text that
 * the scenario wants, and its end is kept.
 */
#ifndef LAB_PRINTED_H
#define LAB_PRINTED_H

#include <stddef.h>

#include "lab/arena.h"
#include "lab/sighting.h"

struct printed {
	struct sighting *sighting; /* `output`, `output_cut` and `printed` are written */
	const char *wanted;	   /* NULL: nothing is searched for, or it has been found */
	size_t wanted_length;
	char *window; /* what may be the begin of it, and what has come since */
	size_t carried;
	size_t kept;
};

/* `wanted` (NULL: none) and the arena must outlive it. */
void printed_begin(struct printed *printed, const char *wanted, struct arena *arena,
		   struct sighting *sighting);
/* At most SIGHTING_TEXT bytes; NULs are blanks. */
void printed_add(struct printed *printed, char *text, size_t length);

#endif
