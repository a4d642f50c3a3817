/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A fingerprint of the machine: what a lab must leave as it was, as sorted
 * lines of text in sections, to be taken before and after and compared.
 *
 * It looks and changes nothing, and knows nothing of labs.  It sees what the
 * caller does: its network, mounts and processes.  What changes by itself is
 * left out (counters, lifetimes, neighbours, a folder's time stamp); what
 * others change on the machine meanwhile cannot be told from what a lab does.
 */
#ifndef LAB_FINGERPRINT_H
#define LAB_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "netsim/error.h"
#include "netsim/inventory.h"

#define FINGERPRINT_LINES_MAX 100000 /* a section with more lines fails */

/* Lines of text, in the order of strcmp(3), each of them once. */
struct fingerprint_lines {
	char **lines;
	size_t count;
	size_t room;
};

/* A part of the machine: a row of a table. */
struct fingerprint_section {
	const char *name; /* "mounts" */
	/* `folders`, ended by NULL: the scenarios'. */
	int (*read)(const char *const *folders, const struct sim_lines *to, struct sim_error *err);
};

/* The i-th section, NULL past the last. */
const struct fingerprint_section *fingerprint_section_nth(size_t i);

struct fingerprint;

/*
 * Take one of all sections.  `folders` must outlive it.  From here on orphans
 * of the caller's descendants become its own children, so that none of them
 * gets out of sight.
 */
int fingerprint_take(const char *const *folders, struct fingerprint **fingerprint,
		     struct sim_error *err) __attribute__((warn_unused_result));
void fingerprint_free(struct fingerprint *fingerprint);

/*
 * Whether the machine is still as it was; what differs is written to `to`,
 * section by section.  What is just about to end (the kernel lets go of some
 * things a little later) is given a second or two.  1: it is as it was, 0 it
 * is not, -1 that cannot be told.
 */
int fingerprint_prove(const struct fingerprint *before, FILE *to, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Put a copy of a line behind the others, which `arg` points to: what struct sim_lines takes. */
int fingerprint_add(void *arg, const char *line, struct sim_error *err)
	__attribute__((warn_unused_result));
/* When all are there. */
void fingerprint_sort(struct fingerprint_lines *lines);
void fingerprint_clear(struct fingerprint_lines *lines);

/*
 * How many lines are in only one of them; with `to`, under the heading `name`,
 * those of `before` after a "-" and those of `after` after a "+".
 */
size_t fingerprint_compare(const char *name, const struct fingerprint_lines *before,
			   const struct fingerprint_lines *after, FILE *to);

#endif
