/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table from names to numbers, for what a scenario refers to by name.
 *
 * Private to the reader.  It grows in an arena and is gone with it.
 */
#ifndef LAB_SCENARIO_NAMES_H
#define LAB_SCENARIO_NAMES_H

#include "lab/arena.h"
#include "lab/diagnostics.h"

struct named {
	const char *key; /* NULL: a free slot */
	size_t value;
	struct place place;
};

struct names {
	struct named *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t count;
};

/*
 * Add a name (which must outlive the table).  NULL, or the entry that has this
 * name already; the table is then as it was.  The entry is valid until the
 * next addition.
 */
const struct named *names_add(struct names *names, struct arena *arena, const char *key,
			      size_t value, struct place place);
const struct named *names_find(const struct names *names, const char *key);

/* A name or other text of the user's as messages show it: shortened, control characters visible. */
const char *shown(struct arena *arena, const char *text);

#endif
