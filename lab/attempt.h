/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An attempt: one probe over one family in a live lab, from the errand to the
 * verdict.
 */
#ifndef LAB_ATTEMPT_H
#define LAB_ATTEMPT_H

#include "lab/delivery.h"
#include "lab/live.h"
#include "lab/outcome.h"
#include "lab/stale_flows.h"
#include "lab/witness.h"

/* Somebody who looks at an outcome before it counts, and may change it (control.h). */
struct second_look {
	int (*check)(void *arg, size_t probe, enum family family, struct outcome *outcome,
		     struct sim_error *err);
	void *arg;
};

/* What attempts of one lab share. */
struct attempts {
	const struct live *live;
	struct witness *witness; /* NULL: nobody listens to netfilter, and silence is timed */
	struct second_look second_look; /* check is NULL: nobody */
	size_t variant;
	struct deliveries deliveries;
	struct stale_flows stale_flows;
	struct sighting *sighting;	 /* in memory shared with the children that probe */
	struct server_message *arrivals; /* what services have told of the last try */
	unsigned count;			 /* for nonces */
	int fault; /* the exit status of a failure: 2 the scenario's, 3 all else */
};

int attempts_begin(const struct live *live, struct witness *witness, size_t variant,
		   struct attempts *attempts, struct sim_error *err)
	__attribute__((warn_unused_result));
void attempts_end(struct attempts *attempts);

/*
 * Make the index-th probe once.  -1 only when the lab itself failed; whatever becomes of the
 * probe is in `result`.
 */
int attempt(struct attempts *attempts, size_t index, enum family family, struct result *result,
	    struct sim_error *err) __attribute__((warn_unused_result));

/* The families over which a probe is run: their number (1 or 2). */
size_t attempt_families(const struct probe *probe, enum family families[2]);

#endif
