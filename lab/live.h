/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A live lab: a plan brought up, with its services, and one variant's policies
 * on its hosts.  Lives in a world (netsim/world.h).
 */
#ifndef LAB_LIVE_H
#define LAB_LIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/daemons.h"
#include "lab/plan.h"
#include "lab/services.h"
#include "lab/warning.h"
#include "netsim/cgroup.h"
#include "netsim/host.h"

/* Who wants to be told of warnings; on failure -1. */
struct live_listener {
	int (*warn)(const struct warning *warning, void *arg, struct sim_error *err);
	void *arg;
};

struct live {
	const struct plan *plan;
	struct sim_host **hosts; /* in the plan's order; one more is the switch, with the bridges of
				    networks that no host owns */
	size_t n_hosts;		 /* without the switch */
	struct services services;
	struct daemons daemons;	       /* none run before live_serve() */
	struct live_listener listener; /* none after live_up() */
};

/* Bring it up; on failure, as in live_down(), nothing stays. `cgroups` may be NULL where no host
 * has any. */
int live_up(const struct plan *plan, const struct sim_cgroups *cgroups, struct live *live,
	    struct sim_error *err) __attribute__((warn_unused_result));

/* A policy that its tool, or the kernel, did not take, or a start script that failed. */
struct refused_policy {
	const struct policy *policy; /* NULL: the failure was another one */
	const char *started;	     /* it is the start script of this host; NULL: a policy */
	struct sim_policy_refusal refusal;
};

/*
 * Run the hosts' start scripts.  It comes before the policies of this variant,
 * whose folders the hosts' mounts, which are made here, must keep in sight.
 */
int live_start(struct live *live, size_t variant, struct refused_policy *refused,
	       struct sim_error *err) __attribute__((warn_unused_result));

/* Load one host's policies of a variant; on failure `refused` tells which was at fault, if one was.
 */
int live_load_set(struct live *live, size_t variant, const struct policy_set *set,
		  struct refused_policy *refused, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Load a variant's policies; on failure `refused` tells which was at fault, if one was. */
int live_load(struct live *live, size_t variant, struct refused_policy *refused,
	      struct sim_error *err) __attribute__((warn_unused_result));

/* Start a variant's daemons; on failure `status` and `err` are as of daemons_start(). */
int live_serve(struct live *live, size_t variant, int *status, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Whether programs of the scenario's stay at a host, daemons or what a start script has
 * left: where these listen, only the kernel knows.
 */
bool live_runs_programs(const struct live *live, size_t host);

void live_down(struct live *live);

#endif
