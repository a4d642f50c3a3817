/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Subordinate ids, as getsubids(1) tells them.  Private to netsim. */
#ifndef NETSIM_SUBIDS_H
#define NETSIM_SUBIDS_H

#include <stddef.h>
#include <stdio.h>

/* As many pieces as the subordinate ids of a user may come in. */
#define RANGES_MAX 16

/* Subordinate ids of one kind, in as many pieces as they come in. */
struct ranges {
	struct {
		unsigned long start;
		unsigned long count;
	} all[RANGES_MAX];
	size_t count;
};

/* Add what getsubids(1) prints, lines of "number: user start count"; all else is passed over. */
void subids_read(FILE *list, struct ranges *ranges);

#endif
