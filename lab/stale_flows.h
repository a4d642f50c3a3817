/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that are over, datagrams' and pings', of probes and of whatever else sends: connection
 * tracking remembers each for 30 s at least, and takes for the same one whatever comes
 * from the same port meanwhile, be that by chance; but every probe is to be new to the hosts.  One
 * of TCP is new to them even so: what begins it is not what goes on with it.
 */
#ifndef LAB_STALE_FLOWS_H
#define LAB_STALE_FLOWS_H

#include <stddef.h>

#include "lab/live.h"
#include "lab/sighting.h"
#include "netsim/conntrack.h"

struct stale_flow {
	size_t host;		 /* who tracks it */
	struct sim_packet first; /* as that host has seen it */
};

struct stale_flows {
	const struct live *live;
	struct sim_conntrack_news **news; /* a host's each */
	struct stale_flow *begun;	  /* that may not be over yet */
	size_t n_begun;
};

/* Listen, from now on, for flows that begin; after a failure it is to be closed, too. */
int stale_flows_open(const struct live *live, struct stale_flows *flows, struct sim_error *err)
	__attribute__((warn_unused_result));
void stale_flows_close(struct stale_flows *flows);

/*
 * Have the hosts forget all that are over, before `next` is sent: pings, and datagrams' whose
 * sender has closed its socket.  `last`: what the last probe saw, that is over itself.
 */
int stale_flows_forget(struct stale_flows *flows, const struct probe *next,
		       const struct sighting *last, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
