/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues: rules that hand packets to a program (NFQUEUE, nft's `queue`), an IPS say,
 * for it to decide.  Where none listens the kernel drops them, and no trace says so.
 */
#ifndef NETSIM_QUEUE_H
#define NETSIM_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "netsim/error.h"
#include "netsim/host.h"

/* The queues, by number, of which the kernel chooses one. */
struct sim_queues {
	uint16_t first, last;
};

/*
 * Whether a rule, as iptables-save (`legacy`) or nft writes it, hands packets to
 * programs and loses them where none listens, as it does not with `bypass`.
 */
bool sim_queues_of(const char *text, bool legacy, struct sim_queues *queues);

/* Whether programs listen in this host: at none of the queues 0, at one of them at least 1. */
int sim_queues_have_listener(struct sim_host *host, const struct sim_queues *queues,
			     struct sim_error *err) __attribute__((warn_unused_result));

#endif
