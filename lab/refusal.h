/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals: a policy that is meant to be refused by its tool or the kernel,
 * with certain words, and what came of it.
 *
 * Plain data of fixed size, as a result is.  A variant in which a policy is meant
 * to be refused has no probes: this is what is checked there, host by host.
 */
#ifndef LAB_REFUSAL_H
#define LAB_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/live.h"
#include "lab/scenario.h"

#define REFUSAL_NAME_MAX (SCENARIO_NAME_MAX + 32)

struct refusal {
	size_t variant;
	size_t host;
	bool passed;
	double ms;
	char expected[256]; /* the words that were asked for */
	char policy[512];   /* the file, as its user wrote it; "" where all were taken */
	unsigned line;	    /* of it, 0: not known */
	char said[4096];    /* what the tool said, not passed: all of it; "" where it took all */
	char complaint[640];
};

/* "buildd's policy is refused", as reports and filters know it. */
const char *refusal_name(const struct host *host, char name[REFUSAL_NAME_MAX]);

/*
 * Judge: `refused->policy` NULL means that the tools took all of the set's
 * policies.  Where a policy's file is called is no part of what its tool says of it.
 */
void refusal_judge(const struct policy_set *set, const struct refused_policy *refused,
		   struct refusal *refusal);

#endif
