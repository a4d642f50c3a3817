/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML text as a tree in which every node knows its place.
 *
 * Private to the reader.  It knows YAML (through libfyaml's events) but
 * nothing of scenarios.  What it returns is bounded in depth and size, aliases
 * followed, so whoever walks it need not fear for either.
 */
#ifndef LAB_SCENARIO_YAML_H
#define LAB_SCENARIO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/arena.h"
#include "lab/diagnostics.h"

#define YAML_DEPTH_MAX 32
#define YAML_NODES_MAX 500000 /* a node counts once for every alias of it too */

enum yaml_kind { YAML_NOTHING, YAML_TEXT, YAML_LIST, YAML_MAP };

struct yaml;

struct yaml_entry {
	struct yaml_entry *next;
	const struct yaml *key; /* a YAML_TEXT; NULL in a list */
	const struct yaml *value;
};

struct yaml {
	enum yaml_kind kind;	    /* null, ~ and an empty value are YAML_NOTHING */
	struct place place;	    /* of a map: of its first key, of nothing: of its key */
	const char *text;	    /* as YAML_TEXT; otherwise "" */
	bool verbatim;		    /* `text` stands like this, on one line, in the file */
	struct yaml_entry *entries; /* as YAML_LIST and YAML_MAP, in the file's order */
	size_t n_entries;
	size_t weight; /* nodes in it, itself included */
};

/*
 * The root of the document, NULL where the text is no single YAML document of
 * maps whose keys are unique texts; what is wrong is then in `diagnostics`.
 * Empty text has a root of YAML_NOTHING.
 */
const struct yaml *yaml_parse(struct arena *arena, struct diagnostics *diagnostics,
			      const char *text, size_t length);

/* The value of this key, or NULL. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);

#endif
