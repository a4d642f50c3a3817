/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's reasons for dropping a packet mean, in words that a
 * firewall engineer knows.  Source: include/net/dropreason-core.h, and where the
 * kernel gives them.
 */
#ifndef NETSIM_DROP_REASON_H
#define NETSIM_DROP_REASON_H

#include <stdbool.h>

enum sim_drop_kind {
	SIM_DROP_MEANINGLESS, /* a copy that was not for this host, or what tells nothing */
	SIM_DROP_PASSING,     /* another packet of the same kind may fare better */
	SIM_DROP_LASTING,     /* none will: routing, addresses, no listener */
	SIM_DROP_POLICY,      /* somebody has decided so: traffic control, BPF, a security module */
	SIM_DROP_NETFILTER,   /* a firewall has */
};

struct sim_drop_reason {
	const char *name; /* the kernel's, without SKB_DROP_REASON_ */
	enum sim_drop_kind kind;
	/* The host may tell the sender, by an ICMP error or a reset, which comes a little later. */
	bool may_answer;
	const char *what; /* in two or three words, */
	const char *why;  /* and as a sentence about the packet */
};

/* Of a name that is not known: passing, with the name's own words missing (""). */
const struct sim_drop_reason *sim_drop_reason_of(const char *name);

#endif
