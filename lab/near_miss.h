/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Near misses: the rule that would have let a packet pass, had one thing about
 * the packet been different.
 *
 * A rule's text is read as nft or iptables-save writes it, and each of its
 * conditions is held against what is known of the packet.  Nothing is guessed:
 * a rule with a condition that is not understood, or with one that does not hold
 * and one whose truth is not known, is no near miss.
 *
 * Pure functions.
 */
#ifndef LAB_NEAR_MISS_H
#define LAB_NEAR_MISS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "netsim/packet.h"
#include "netsim/trace.h"

#define NEAR_MISS_STATES                                                                           \
	(SIM_CT_INVALID | SIM_CT_ESTABLISHED | SIM_CT_RELATED | SIM_CT_NEW | SIM_CT_UNTRACKED)

/* What is known of a packet where it meets a rule. */
struct near_miss_packet {
	const struct sim_packet *packet;
	const char *in;	 /* the interface by which it came, "": none; NULL: not known */
	const char *out; /* goes */
	bool has_owner;	 /* whether it is known from whose socket it was sent: */
	uid_t uid;
	gid_t gid;
	uint32_t classid; /* of net_cls, 0: none */
	uint32_t states;  /* what its `ct state` may be; NEAR_MISS_STATES: anything */
};

/* The nearer the first. */
enum near_miss {
	NEAR_MISS_NONE,
	NEAR_MISS_DARK,	  /* a named set, a mark: what cannot be looked up must have been it */
	NEAR_MISS_FAILED, /* what does not hold */
	NEAR_MISS_PORT,	  /* a port does not: a rule for something else, mostly */
};

/*
 * Whether a rule that accepts, and did not match, would have matched but for
 * one condition; `but` is then what it wants and what the packet has: "uid 0 (the
 * packet's is 116)", "source address in @ok".  The state of a connection is nothing
 * that could have been different, and a rule for an interface or a protocol alone is
 * near to nothing.
 */
#define NEAR_MISS_TEXT 256
enum near_miss near_miss(const char *rule, bool legacy, const struct near_miss_packet *packet,
			 char but[NEAR_MISS_TEXT]);

/*
 * What of its possible states a packet may be in that has not matched `rule`:
 * none that the rule asks for, if it asks for nothing else.
 */
uint32_t near_miss_states(const char *rule, bool legacy, uint32_t possible);

#endif
