/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's connection tracking.
 */
#ifndef NETSIM_CONNTRACK_H
#define NETSIM_CONNTRACK_H

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/packet.h"

/* Forget every connection, as `conntrack -F` does: the next packet is NEW. */
int sim_conntrack_flush(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * What the host makes of a connection that comes to it as `before` (addresses and
 * ports; of a ping the identifier is its `sport`): 1, with the packet as it goes on
 * from there in `after`; 0 where the host tracks no such connection.
 */
int sim_conntrack_find(struct sim_host *host, const struct sim_packet *before,
		       struct sim_packet *after, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
