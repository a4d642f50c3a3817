/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals: which of a probe's packets the egress filter of a cgroup (netsim/
 * cgroup_filter.h) has refused, as the filter itself tells.
 */
#ifndef LAB_REFUSALS_H
#define LAB_REFUSALS_H

#include <stdbool.h>

#include "lab/sighting.h"
#include "lab/verdict.h"
#include "netsim/host.h"

struct refusals {
	struct sim_host *host;
	const char *cgroup; /* the actor's, or NULL: then no filter is about it */
	bool found;
	struct filtered first; /* where `found` */
};

/* Forget what was refused up to now: an attempt by an actor in `cgroup` of `host` begins. */
int refusals_begin(struct sim_host *host, const char *cgroup, struct refusals *refusals,
		   struct sim_error *err) __attribute__((warn_unused_result));

/* Take the news in; `seen` says which packets are the probe's, as far as it knows by now. */
int refusals_look(struct refusals *refusals, const struct sighting *seen, struct sim_error *err)
	__attribute__((warn_unused_result));

/* A descriptor that is readable when there is news, -1: there will be none. */
int refusals_fd(const struct refusals *refusals);

#endif
