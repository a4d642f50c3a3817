/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe's flow: which of the packets that hosts tell of are the probe's, there
 * and back, and which host they came to.
 *
 * It knows packets, and what the probe has said of itself; nothing of rules.
 */
#ifndef LAB_FLOW_H
#define LAB_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/plan.h"
#include "lab/sighting.h"
#include "netsim/packet.h"
#include "netsim/trace.h"

/* Receptions and departures that are kept of one probe. */
#define FLOW_PASSAGES_MAX 1024
#define FLOW_EARLIER_MAX  32

/* Where our own table saw a packet. */
enum passage_kind {
	PASSAGE_RECEIVED, /* it came to the host, before any rule */
	PASSAGE_SENT,	  /* the host sent it on its own account, likewise */
	PASSAGE_ADMITTED, /* a datagram: it came past all rules, to the host's sockets */
};

struct flow_passage {
	size_t host;
	enum passage_kind kind;
	struct sim_packet packet;
};

struct flow {
	struct sighting sighting; /* what the probe had seen when it was last asked */
	size_t source;		  /* the host that it is sent by, or NONE */
	uint16_t local;		  /* the probe's port; 0: not known */
	uint16_t followed;	  /* the port whose connection is listened to as a whole; 0: none */
	struct flow_passage passages[FLOW_PASSAGES_MAX];
	size_t n_passages;
	/* What was sent last before the probe began: it may come to a host only now. */
	struct flow_passage earlier[FLOW_EARLIER_MAX];
	size_t n_earlier;
};

/* Another probe begins. */
void flow_begin(struct flow *flow, size_t source);

/*
 * Take over what the probe has seen by now.  True where that makes a difference to
 * what is below: what was thought to be the probe's may not have been, or is of an
 * earlier step of it.
 */
bool flow_update(struct flow *flow, const struct sighting *sighting);

/*
 * Note what our own table was told: every first packet that comes to a host, or that
 * one sends, passes a chain of it, and every datagram that a host lets in another.
 * False: there is no more room.
 */
bool flow_note(struct flow *flow, size_t host, const struct sim_trace_event *event);

/*
 * The probe tells its port only after connect(), by when all may have happened: its
 * first packet that is heard of tells it as well.
 */
void flow_learn_port(struct flow *flow, const struct sim_packet *packet);

/* Whether a packet is one of the probe's; `reply`: on its way back. */
bool flow_has(const struct flow *flow, const struct sim_packet *packet, bool *reply);

/*
 * Whether a packet begins a connection of somebody else's, a daemon's say, who
 * happens to use the same port: another host has sent it on its own account, or
 * this one from another socket.
 */
bool flow_is_foreign(const struct flow *flow, const struct sim_packet *packet);

/*
 * Whether a packet only ends its connection.  Whoever refuses that has refused the probe
 * nothing, but where no other word came of a connection that is followed.
 */
bool flow_is_end(const struct sim_packet *packet);

/*
 * Whether a host has seen the probe close its connection, among the first `count` of all
 * passages: what the far end says to that is no word that was waited for.
 */
bool flow_has_closed(const struct flow *flow, size_t host, size_t count);

/* A question for a name, or its answer. */
bool flow_is_question(const struct sim_packet *packet);

/*
 * Of one of a program's packets, the port of the end that began its connection; 0: it
 * is of none, but a question, or an answer to an earlier program that came late.
 */
uint16_t flow_connection(const struct flow *flow, const struct sim_packet *packet, bool reply);

/* Whether a host was heard to take a connection: to answer a SYN. */
bool flow_was_taken(const struct flow *flow, size_t host);

/* See witness_arrival(). */
size_t flow_arrival(const struct flow *flow, const struct plan *plan, size_t remote);

/*
 * The host that sent an error about the probe's packet in the name of the host `named`: that
 * one, if the packet was heard to be there; otherwise the last that was heard to have it, as
 * NAT has given the error the address that the packet had been for.  `after`: the packet as
 * NAT has left it, or NULL.  NONE: nobody was heard to have it.
 */
size_t flow_complainer(const struct flow *flow, const struct plan *plan, size_t named,
		       const struct sim_packet *after);

/* See witness_admission(). */
size_t flow_admission(const struct flow *flow, const struct sim_packet *datagram);

#endif
