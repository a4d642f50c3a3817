/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Egress: which of a probe's packets the egress filter of a cgroup (netsim/
 * cgroup_filter.h) has refused, as the filter itself tells.
 */
#ifndef LAB_EGRESS_H
#define LAB_EGRESS_H

#include <stdbool.h>

#include "lab/sighting.h"
#include "lab/verdict.h"
#include "netsim/host.h"

struct egress {
	struct sim_host *host;
	const char *cgroup; /* the actor's, or NULL: then no filter is about it */
	bool found;
	struct filtered first; /* where `found` */
};

/* Forget what was refused up to now: an attempt by an actor in `cgroup` of `host` begins. */
int egress_begin(struct sim_host *host, const char *cgroup, struct egress *egress,
		 struct sim_error *err) __attribute__((warn_unused_result));

/* Take the news in; `seen` says which packets are the probe's, as far as it knows by now. */
int egress_look(struct egress *egress, const struct sighting *seen, struct sim_error *err)
	__attribute__((warn_unused_result));

/* A descriptor that is readable when there is news, -1: there will be none. */
int egress_fd(const struct egress *egress);

#endif
