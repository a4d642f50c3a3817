/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Egress filters of v2 cgroups: a BPF program that lets packets out to some
 * addresses and refuses all others, as systemd's IPAddressDeny=any with
 * IPAddressAllow= does it, and tells of every packet that it refused.
 *
 * It sees what the sockets of processes in that cgroup, and in those below it,
 * send, after netfilter has let it pass.  A refused packet is gone without a
 * word: send(2) fails with EPERM, but connect(2) over TCP waits for an answer.
 */
#ifndef NETSIM_CGROUP_FILTER_H
#define NETSIM_CGROUP_FILTER_H

#include <stddef.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/link.h"
#include "netsim/packet.h"

#define SIM_EGRESS_MAX 64 /* addresses that one filter lets through */

/*
 * Put a filter that lets packets out to these addresses on a v2 cgroup that
 * sim_host_add_cgroup() has made.  It is there as long as the host.  Needs real root.
 */
int sim_cgroup_filter(struct sim_host *host, const char *cgroup, const struct sim_prefix *prefixes,
		      size_t count, struct sim_error *err) __attribute__((warn_unused_result));

/* A packet that a filter of the host has refused; `cgroup` is the one with the filter. */
struct sim_refusal {
	const char *cgroup;
	struct sim_packet packet;
};

/* A descriptor that is readable when there are refusals to take; -1: the host has no filter. */
int sim_refusals_fd(const struct sim_host *host);

/* Take all that there are; each is told to `each`. */
int sim_refusals_take(struct sim_host *host,
		      void (*each)(const struct sim_refusal *refusal, void *arg), void *arg,
		      struct sim_error *err) __attribute__((warn_unused_result));

#endif
