/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drops: what the kernel itself says of packets that it drops in hosts, for
 * whatever reason: a firewall's, but also the reverse path filter's, a missing
 * route's, a closed port's (enum skb_drop_reason).
 *
 * A BPF program at the tracepoint kfree_skb looks on; it passes over whatever
 * is not in one of the hosts, and goes with the descriptors that hold it.  It
 * needs CAP_BPF and CAP_PERFMON of the machine, and a kernel that tells its
 * types: where that is not to be had, one does without.  It knows nothing of
 * probes, nor of what a reason means (drop_reason.h).
 */
#ifndef NETSIM_SKB_DROP_H
#define NETSIM_SKB_DROP_H

#include <stddef.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/packet.h"

#define SIM_DROP_REASON 48 /* a reason's name with the final NUL */

struct sim_drop {
	size_t host;		      /* its index among those that are watched */
	char reason[SIM_DROP_REASON]; /* as the kernel calls it: "IP_RPFILTER" */
	struct sim_packet packet;     /* family 0: none that is known */
};

struct sim_drops;

/* What only root of the machine can make, and others then use: maps and the program's link. */
struct sim_drops_parts {
	int spaces;
	int events;
	int link;
};
#define SIM_DROPS_PARTS 3

/* For so many hosts; all three are the caller's to close. */
int sim_drops_make(size_t hosts, struct sim_drops_parts *parts, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Who makes them for somebody who is not root of the machine. */
struct sim_drops_lender {
	int (*make)(void *arg, size_t hosts, struct sim_drops_parts *parts, struct sim_error *err);
	void *arg;
};

/*
 * Watch these hosts, and see by a canary in each that it works: a datagram
 * that never gets near a network, and whose socket is closed before it is read.
 * With no hosts at all it only shows whether one could.  `lender` NULL: we make
 * the parts ourselves.
 */
int sim_drops_open(struct sim_host *const *hosts, size_t count,
		   const struct sim_drops_lender *lender, struct sim_drops **out,
		   struct sim_error *err) __attribute__((warn_unused_result));
void sim_drops_close(struct sim_drops *drops);

/* A descriptor that is readable when there is something to read. */
int sim_drops_fd(const struct sim_drops *drops);

/*
 * Read all that has been told by now, in the order in which it befell.  1, or 0
 * when something was lost since the last time (nobody read, or more than can
 * be told), -1 on failure.
 */
int sim_drops_read(struct sim_drops *drops, void (*each)(const struct sim_drop *drop, void *arg),
		   void *arg, struct sim_error *err) __attribute__((warn_unused_result));

#endif
