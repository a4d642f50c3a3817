/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lookout: whether a probe that is still under way is over all the same,
 * because its packet is gone and nothing else will come of it.
 *
 * It ends nobody: who makes the probe does (probe_here.h, probe_child.h).
 */
#ifndef LAB_LOOKOUT_H
#define LAB_LOOKOUT_H

#include <stdint.h>

#include "lab/egress.h"
#include "lab/probe.h"
#include "lab/witness.h"
#include "netsim/process.h"

/* All of these, but for the last two, are set before lookout_open(), and outlive it. */
struct lookout {
	const struct plan *plan;
	struct witness *witness; /* or NULL */
	struct egress *egress;
	const struct errand *errand;
	const struct sighting *sighting; /* a child may be writing it */
	bool to_the_end;		 /* it is looked at, but not over before its end */
	uint64_t decided_ns;		 /* CLOCK_MONOTONIC, when it was last asked */
	int both;
};

/* What a probe is to be made with; news->fd is -1 where there will be none. */
int lookout_open(struct lookout *lookout, struct sim_watch *news, struct sim_error *err)
	__attribute__((warn_unused_result));
void lookout_close(struct lookout *lookout);

#endif
