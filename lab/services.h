/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The built-in services of a lab: one process that serves for all hosts
 * (fixtures/servers.h), and what it tells of arrivals.
 */
#ifndef LAB_SERVICES_H
#define LAB_SERVICES_H

#include <stddef.h>
#include <sys/types.h>

#include "fixtures/servers.h"
#include "lab/plan.h"
#include "netsim/host.h"

struct services {
	pid_t pid; /* 0: there are none */
	int reports;
};

#define SERVICES_NONE                                                                              \
	{                                                                                          \
		.pid = 0, .reports = -1                                                            \
	}

/*
 * Load what they need into this process, for all labs that it starts; services_start() would do it
 * for its own only.
 */
int services_load(const struct scenario *scenario, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Start them, in hosts that need no links yet: they listen at every address
 * that there will be.  `hosts` is in the plan's order.
 */
int services_start(const struct plan *plan, struct sim_host *const *hosts,
		   struct services *services, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Wait until every one listens. */
int services_await(const struct services *services, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Take the arrivals that have been reported since the last time, at most `max`,
 * and how many.  Fails if the services have, or their process has died: what was
 * closed then was nobody's policy.
 */
int services_arrivals(const struct services *services, struct server_message *arrivals, size_t max,
		      size_t *count, struct sim_error *err) __attribute__((warn_unused_result));

/* Whether this host's built-in services listen there (IPPROTO_TCP, IPPROTO_UDP). */
bool services_listen(const struct host *host, int protocol, uint16_t port);

/* From now on they serve nobody; of the last ones' end init takes note, if we do not. */
void services_stop(struct services *services);

/* The folder of the apt service's repository; NULL and an error where it was never made. */
const char *services_repository(struct sim_error *err);

#endif
