/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Revisions: whether anybody has changed a host's rules since they were last
 * looked at, for a few microseconds.
 *
 * nftables counts its transactions (NFT_MSG_GETGEN).  The legacy tables count
 * nothing: what they contain is summed up, but for the counters.
 */
#ifndef NETSIM_REVISION_H
#define NETSIM_REVISION_H

#include <stdbool.h>
#include <stdint.h>

#include "netsim/error.h"
#include "netsim/host.h"

struct sim_revision {
	uint32_t nft;	 /* how many transactions there have been: each adds one */
	uint64_t legacy; /* 0: there are no such tables */
};

struct sim_revisions;

/* `host` must outlive them; NULL: the caller's own network namespace, in which it stays. */
int sim_revisions_open(struct sim_host *host, struct sim_revisions **out, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_revisions_close(struct sim_revisions *revisions);

/* The one that the host's rules are in by now. */
int sim_revision_read(struct sim_revisions *revisions, struct sim_revision *revision,
		      struct sim_error *err) __attribute__((warn_unused_result));

#endif
