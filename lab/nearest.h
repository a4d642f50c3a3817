/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The nearest right name for one that is not: "did you mean 'mirror'?"
 *
 * Candidates are offered one by one, from wherever they are kept.
 */
#ifndef LAB_NEAREST_H
#define LAB_NEAREST_H

#include <stddef.h>

#define NEAREST_WORD_MAX 64 /* nothing is near to a word longer than this, in bytes */

struct nearest {
	const char *word;
	const char *name; /* the nearest so far, NULL: none is near enough; as it was offered */
	size_t within;	  /* only what is nearer than this counts */
};

/*
 * A search for the name nearest to `word`: the one with the fewest letters
 * left out, put in, changed or swapped with their neighbour, at most one in
 * three of the word.  A name of three letters that the word begins with is no
 * farther than two.  Upper and lower case are alike.  Of two that are equally near,
 * the first offered wins.
 */
struct nearest nearest_to(const char *word);
void nearest_offer(struct nearest *nearest, const char *name);

#endif
