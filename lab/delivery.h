/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deliveries: whether a datagram that nobody has answered came to the socket of
 * whoever listens there.  Who collects logs, say, never answers.
 *
 * Silence does not show that, and that no rule dropped it does not either.  It is
 * known where a host was heard to let it in, past all rules, where the kernel has
 * discarded no datagram there since it was sent, and where a socket is there to
 * take it; and it was not answered where nobody was heard to send anything back.
 */
#ifndef LAB_DELIVERY_H
#define LAB_DELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "lab/live.h"
#include "lab/outcome.h"
#include "lab/verdict.h"
#include "lab/witness.h"

/* Whether a probe sends a datagram that whoever gets it may have nothing to say to. */
bool delivery_is_wanted(const struct probe *probe);

struct deliveries {
	const struct live *live;
	uint64_t *discards; /* of each host with programs, before the datagram was sent */
};

int deliveries_open(const struct live *live, struct deliveries *deliveries, struct sim_error *err)
	__attribute__((warn_unused_result));
void deliveries_close(struct deliveries *deliveries);

/* A datagram is about to be sent. */
int deliveries_begin(struct deliveries *deliveries, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * What became of the datagram of `sighting`, of which NAT has made `nat`, up to now;
 * delivered->host is "" where that is not known, or it was answered.
 */
int deliveries_find(const struct deliveries *deliveries, const struct witness *witness,
		    const struct sighting *sighting, const struct translation *nat,
		    struct delivered *delivered, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
