/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Needs: what this machine lacks for a variant of a scenario, and the cure.
 *
 * Asked in the command, before any lab is: what is missing keeps a variant from
 * being built at all.
 */
#ifndef LAB_NEEDS_H
#define LAB_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/scenario.h"

#define LACK_TEXT_MAX 1024

/* Why a variant is not run, and what to do; several of each have "; " between them. */
struct lack {
	char reason[LACK_TEXT_MAX];
	char cure[LACK_TEXT_MAX];
};

/* Whether this machine lacks anything that the variant needs. */
bool needs_lack(const struct scenario *scenario, size_t variant, struct lack *lack);

/*
 * Whether it lacks what one probe of the variant needs, by its number, and not
 * all do: something that is written down for it, or the cgroup that it is in,
 * which is then not made.
 */
bool needs_lack_probe(const struct scenario *scenario, size_t variant, size_t probe,
		      struct lack *lack);

/* Whether it has this one; if not, what is the matter is in `lack`. */
bool need_is_met(const struct need *need, struct lack *lack);

/* What is needed, as lists show it: "lxc-start (package lxc)", "landlock". */
const char *need_text(const struct need *need, char text[LACK_TEXT_MAX]);

#endif
