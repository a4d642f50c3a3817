/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces: what netfilter itself says about each packet in a host.
 *
 * A table of ours, which only we can change (NFT_TABLE_F_OWNER: it survives
 * `flush ruleset`) and which sees a packet before any other chain, marks first
 * packets for tracing: every TCP segment with SYN or RST, and all that is not
 * TCP.  The kernel then tells of each rule that such a packet meets: nftables
 * over NFNLGRP_NFTRACE; the legacy tables, which look at the same mark, through
 * the log, as the TRACE target does; and NFLOG rules as they do anyway.  (LOG
 * writes to the kernel's own log, which is silent in network namespaces.)
 *
 * Where a host's rules look at packets earlier than that (reach.h), more tables
 * of ours do the same there: sim_trace_reach().
 *
 * A datagram that has come past all rules of its host, with nothing but a socket
 * ahead, is told of once more, by a chain that sees it after any other.
 *
 * It looks on: no packet of anybody's is changed, and none but the canary's
 * dropped.  It knows nothing of probes.
 */
#ifndef NETSIM_TRACE_H
#define NETSIM_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/packet.h"
#include "netsim/reach.h"

#define SIM_TRACE_NAME 256 /* table's and chain's names with the final NUL: NFT_NAME_MAXLEN */

enum sim_trace_kind {
	SIM_TRACE_RULE,	  /* a rule matched */
	SIM_TRACE_RETURN, /* the end of a chain's rules */
	SIM_TRACE_POLICY, /* the end of a base chain: its policy decided (legacy: ruleset.h) */
	SIM_TRACE_LOG,	  /* an NFLOG rule's message */
};

/* What became of the packet there; a legacy rule's is in its text (ruleset.h). */
enum sim_trace_verdict {
	SIM_VERDICT_NONE, /* it goes on */
	SIM_VERDICT_ACCEPT,
	SIM_VERDICT_DROP, /* reject too: the error is sent, the packet dropped */
};

/* Bits of `ct state`, as nftables has them. */
enum sim_ct_state {
	SIM_CT_INVALID = 1,
	SIM_CT_ESTABLISHED = 2,
	SIM_CT_RELATED = 4,
	SIM_CT_NEW = 8,
	SIM_CT_UNTRACKED = 64,
};

struct sim_trace_event {
	enum sim_trace_kind kind;
	bool legacy;
	uint8_t family; /* its table's: NFPROTO_INET, _IPV4, _IPV6, _BRIDGE, ... */
	char table[SIM_TRACE_NAME];
	char chain[SIM_TRACE_NAME];
	uint64_t rule; /* nftables: its handle; legacy: its number in the chain, from 1 */
	enum sim_trace_verdict verdict;
	uint32_t id; /* nftables: the same for all that befalls a packet in this host */
	struct sim_packet packet; /* family 0 where it is not known */
	unsigned in, out;	  /* interfaces that it came and goes by, their indices; 0: none */
	uint32_t ct_state; /* enum sim_ct_state; 0: not known (kernels before 6.17, legacy) */
	char prefix[128];  /* log */
	uint16_t group;	   /* log: NFLOG's group */
	bool has_owner;	   /* log: whether it was sent from a socket here, */
	uid_t uid;	   /* and whose */
	gid_t gid;
};

/* The name of the table that is ours, and of the chain in it that sees what all rules let in. */
#define SIM_TRACE_TABLE	   "fwlab"
#define SIM_TRACE_ADMITTED "admitted"

/*
 * Leave NFLOG groups (bits, of the first SIM_LEFT_GROUPS) to a program of the
 * host's own, before the instruments come: a group has one reader in a network.
 * Without group 0 the legacy tables' trace is not heard.
 */
#define SIM_LEFT_GROUPS 16
void sim_host_leave_groups(struct sim_host *host, uint16_t groups);

struct sim_trace;

/* Whether the legacy tables' rules are heard. */
bool sim_trace_hears_legacy(const struct sim_trace *trace);

/*
 * Put the instruments into a host, and see by a canary that they work: a packet
 * of our own, which no other chain gets to see.
 */
int sim_trace_open(struct sim_host *host, struct sim_trace **out, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_trace_close(struct sim_trace *trace);

/*
 * Listen to this NFLOG group too (group 0, where legacy rules' traces go, always is):
 * 1, or 0 where another program does already, and has its messages, without having been left it.
 */
int sim_trace_hear_group(struct sim_trace *trace, uint16_t group, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Mark every segment of the connections that have this TCP port at either end, not only
 * their first and last ones, though no more than a few hundred a second; 0: no longer.
 * It takes a transaction of nftables.
 */
int sim_trace_follow(struct sim_trace *trace, uint16_t port, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Mark packets at these places too, in place of those that it was called with before:
 * 1, or 0 where that cannot be, and all is as it was.  `changed`: it took a transaction
 * of nftables.
 */
int sim_trace_reach(struct sim_trace *trace, const struct sim_place *places, size_t count,
		    bool *changed, struct sim_error *err) __attribute__((warn_unused_result));

/* A descriptor that is readable when there is something to read. */
int sim_trace_fd(const struct sim_trace *trace);

/*
 * Read all that has been told by now, in the order in which it befell.  1, or 0 when something was
 * lost since the last time (the kernel's buffer was full), -1 on failure.
 */
int sim_trace_read(struct sim_trace *trace,
		   void (*each)(const struct sim_trace_event *event, void *arg), void *arg,
		   struct sim_error *err) __attribute__((warn_unused_result));

/* The family of an event's table as nftables writes it, "ip", "inet", ...; the number of such. */
const char *sim_trace_family(const struct sim_trace_event *event);
uint8_t sim_trace_family_named(const char *name);

/* Whether an event is about a table that is ours. */
bool sim_trace_is_own(const struct sim_trace_event *event);

/* Read one message of nftables' trace or of NFLOG: false if it is no event.  Any bytes will do. */
bool sim_trace_parse(const void *message, size_t length, struct sim_trace_event *event);

#endif
