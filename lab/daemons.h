/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The real services of a lab: programs that its hosts run (netsim/daemon.h),
 * from their start until each is seen to be ready, and to their end.
 *
 * Readiness is looked up in the kernel's tables; nothing is sent to a daemon.
 */
#ifndef LAB_DAEMONS_H
#define LAB_DAEMONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/plan.h"
#include "netsim/daemon.h"
#include "netsim/host.h"
#include "netsim/identity.h"

/* One that has been started. */
struct running {
	const struct daemon *daemon;
	size_t host;
	struct sim_daemon *program; /* NULL: a unit's, before and after */
	bool over;		    /* a unit that has been ended in its own way */
};

struct daemons {
	const struct plan *plan;
	size_t variant;
	struct sim_host *const *hosts; /* in the plan's order */
	struct running *running;       /* from the plan's arena */
	size_t count;
};

/*
 * Start those of a variant, each when the one before it is ready.  On failure
 * `err` begins with the place in the scenario and ends with what the daemon has
 * printed, and `status` is the exit status that it stands for: 2 where the
 * daemon has died, or the scenario's program or actor is not to be had, 3 where it
 * could not be started for another reason or never got ready.
 */
int daemons_start(const struct plan *plan, struct sim_host *const *hosts, size_t variant,
		  struct daemons *daemons, int *status, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Fail if one of them has died: what was closed then was nobody's policy. */
int daemons_check(const struct daemons *daemons, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Whom an actor is on a host: as errand_identity() has it, and inside of which
 * process.  Fails where the daemon that it would be inside has no namespaces.
 */
int daemons_identity(const struct daemons *daemons, size_t host, const struct actor *actor,
		     struct sim_identity *identity, struct sim_error *err)
	__attribute__((warn_unused_result));

/* The daemon in whose own network this address is; NULL: none. */
const struct running *daemons_owner(const struct daemons *daemons,
				    const struct sim_prefix *address);

/* Open the network that a daemon has made for itself; -1: it has none but its host's. */
int daemons_open_network(const struct daemons *daemons, const struct running *running);

/* The daemon of this name on a host; NULL: it is not there. */
const struct running *daemons_find(const struct daemons *daemons, size_t host, const char *name);

/*
 * End those that are units, the last first, by what their ExecStop= and
 * ExecStopPost= say; on failure `err` tells of the first that failed.
 */
int daemons_end_units(const struct daemons *daemons, struct sim_error *err)
	__attribute__((warn_unused_result));

void daemons_stop(struct daemons *daemons);

#endif
