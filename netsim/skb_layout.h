/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the running kernel keeps what skb_drop.c reads of a dropped packet, and
 * what it calls its reasons: from its own type information (BTF), so that
 * nothing of any one kernel is compiled in.
 */
#ifndef NETSIM_SKB_LAYOUT_H
#define NETSIM_SKB_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "netsim/error.h"

/* All offsets are in bytes. */
struct skb_layout {
	int tracepoint; /* kfree_skb's type */
	int16_t arg_skb, arg_reason;
	int16_t skb_dev, skb_sk, skb_head, skb_network_header;
	int16_t dev_net, sock_net; /* a pointer to the network namespace, */
	int16_t net_inum;	   /* and its number there, as stat(2) tells it */
	char **reasons;		   /* names by number, without their common beginning; NULL: none */
	size_t n_reasons;
};

/* -1 where the kernel does not tell, or has no such fields. */
int skb_layout_read(struct skb_layout *layout, struct sim_error *err)
	__attribute__((warn_unused_result));
void skb_layout_clear(struct skb_layout *layout);

#endif
