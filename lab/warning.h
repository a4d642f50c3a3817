/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Warnings: what a policy's tool, a policy that is a script, or a start script
 * had to say on stderr although it came to a good end.  A script without
 * `set -e` ends well whatever has failed in it.
 *
 * Plain data of fixed size: it passes from the lab to the command as it is.
 */
#ifndef LAB_WARNING_H
#define LAB_WARNING_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/scenario.h"

struct warning {
	size_t variant;
	size_t host;
	bool start;	 /* said by a start script of the host; else by a policy */
	size_t index;	 /* in host.start, or in the host's policy_set of this variant */
	char said[4096]; /* what came first of it */
};

/* Who said it; NULL where the scenario has no such policy or script. */
const struct policy *warning_policy(const struct scenario *scenario, const struct warning *warning);

/* How many there can be in a variant. */
size_t warning_count_max(const struct scenario *scenario, size_t variant);

/* "scenario.yaml:7:9", where the scenario names it; "" for a policy of the command line. */
#define WARNING_PLACE_MAX 4160
const char *warning_place(const struct scenario *scenario, const struct warning *warning,
			  char place[WARNING_PLACE_MAX]);

#endif
