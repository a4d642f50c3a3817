/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings: all that netfilter has told of packets, in all hosts of a lab, since a
 * probe began; which of it is about the probe's, and which of that decides.
 *
 * They are a part of the witness (witness.h), who hears them.
 */
#ifndef LAB_FINDINGS_H
#define LAB_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/flow.h"
#include "lab/plan.h"
#include "lab/post.h"
#include "lab/sighting.h"
#include "netsim/host.h"
#include "netsim/ruleset.h"
#include "netsim/trace.h"

/* One thing that befell a packet, at a host. */
struct finding {
	size_t host;
	struct sim_trace_event event;
	const char *hook;    /* "" where it is not known */
	const char *chain;   /* as its author names it, where that is known */
	const char *text;    /* of the rule or policy; NULL likewise */
	const char *wording; /* the same for people: see sim_ruleset_wording() */
	enum sim_fate fate;
	bool unheeded;	 /* it was handed to a program, but none listened: so it was dropped */
	bool concerns;	 /* it is one of the probe's packets, */
	bool reply;	 /* on the way back */
	size_t passages; /* how many were known when it was told (flow.h) */
	bool meant;	 /* a bridge's rule dropped it on its way to whom it was for, */
	bool copy;	 /* or a copy of it, for somebody else: then it is none of the probe's */
	/*
	 * It is no packet of the probe's, but the question for this neighbour, whom some
	 * such packet needs, or the answer to it, and went no further on its way to whom
	 * it was for; family 0: it is not.
	 */
	struct sim_prefix sought;
};

struct findings {
	const struct plan *plan;
	struct sim_host *const *hosts;
	const struct post *posts;
	struct flow flow;    /* which packets are the probe's */
	struct finding *all; /* in the order in which each host told it */
	size_t count;
	size_t judged; /* those before this one have been looked at */
};

/* Of hosts and their instruments, both in the plan's order; -1 for want of memory. */
int findings_open(struct findings *findings, const struct plan *plan, struct sim_host *const *hosts,
		  const struct post *posts) __attribute__((warn_unused_result));
void findings_close(struct findings *findings);

/* Another probe begins, sent by the host `source` or, NONE, by none of them. */
void findings_begin(struct findings *findings, size_t source);

/* Keep what a host told, of which nothing is known yet; false: there is no more room. */
bool findings_note(struct findings *findings, size_t host, const struct sim_trace_event *event)
	__attribute__((warn_unused_result));

/* Take over what the probe has seen by now: what was thought to be about it may not be. */
void findings_update(struct findings *findings, const struct sighting *sighting);
/* Look at those that have not been looked at since. */
void findings_judge(struct findings *findings);
/* Rules have been changed: all of them are to be looked at again. */
void findings_doubt(struct findings *findings);

/* Whether a rule of this host dropped a copy of this packet, for somebody else. */
bool findings_has_copy(const struct findings *findings, size_t host,
		       const struct sim_packet *packet);

/*
 * The first rule or policy that dropped or rejected one of the probe's packets, or,
 * where its connection was reset, that did so by a reset, if there is one; of a
 * program's, whose connections may be several, one of its last connection's or,
 * where it came to none, of its questions for a name.  NULL: none.
 */
const struct finding *findings_decision(const struct findings *findings);

/*
 * The first that refused to let a neighbour be found of whom one of the
 * probe's packets has need; NULL: none did.
 */
const struct finding *findings_starvation(const struct findings *findings);

/*
 * The first that refused an ICMP error for the sender of this packet, which says that it is too
 * big for a link; NULL: none did.
 */
const struct finding *findings_muffling(const struct findings *findings,
					const struct sim_packet *packet);

/* The probe's packet as it was last seen on its way there, after NAT perhaps; NULL: it was not. */
const struct sim_packet *findings_packet(const struct findings *findings);

/* The last that was heard of the probe's packets; NULL: nothing. */
const struct finding *findings_last(const struct findings *findings);

#endif
