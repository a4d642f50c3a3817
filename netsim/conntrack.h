/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's connection tracking.
 */
#ifndef NETSIM_CONNTRACK_H
#define NETSIM_CONNTRACK_H

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/packet.h"

/*
 * Forget the connection that began with this packet (as in sim_conntrack_find()), as
 * `conntrack -D` does: the next such packet is NEW.  There need not be one.
 */
int sim_conntrack_forget(struct sim_host *host, const struct sim_packet *packet,
			 struct sim_error *err) __attribute__((warn_unused_result));

/*
 * What the host makes of a connection that comes to it as `before` (addresses and
 * ports; of a ping the identifier is its `sport`): 1, with the packet as it goes on
 * from there in `after`; 0 where the host tracks no such connection.
 */
int sim_conntrack_find(struct sim_host *host, const struct sim_packet *before,
		       struct sim_packet *after, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * The first packet of the connection that this one goes on with or answers, as it came to the
 * host: 1; 0 where the host tracks no such connection.
 */
int sim_conntrack_origin(struct sim_host *host, const struct sim_packet *packet,
			 struct sim_packet *first, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * News of the flows without connections, datagrams' and pings', that begin at a host or come to
 * it: those that are let through and tracked.
 */
struct sim_conntrack_news;
int sim_conntrack_news_open(struct sim_host *host, struct sim_conntrack_news **news,
			    struct sim_error *err) __attribute__((warn_unused_result));
void sim_conntrack_news_close(struct sim_conntrack_news *news);

/*
 * The first packets of those that have begun since it was last asked, one by one, as they came to
 * the host.  Of more than its socket holds some are lost.
 */
int sim_conntrack_news_read(struct sim_conntrack_news *news,
			    void (*each)(const struct sim_packet *first, void *arg), void *arg,
			    struct sim_error *err) __attribute__((warn_unused_result));

#endif
