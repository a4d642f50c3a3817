/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdicts: from what was seen to what it means.
 *
 * A pure function, and the only place where an outcome is decided.  A deny
 * must be shown: silence alone is a drop only as long as there is no better
 * instrument, and says so (evidence kind "timeout"); a closed port, a missing
 * route and a missing neighbour are `unreachable`, and what cannot be told
 * apart is `inconclusive`.
 */
#ifndef LAB_VERDICT_H
#define LAB_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "fixtures/servers.h"
#include "lab/losses.h"
#include "lab/outcome.h"
#include "lab/probe.h"
#include "netsim/socket_program.h"

/* A rule, or a chain's policy, that dropped or rejected one of the probe's packets. */
struct decision {
	const char *host;
	const char *hook;  /* "" where it is not known */
	const char *table; /* "inet filter" */
	const char *chain;
	const char *rule; /* text of the rule or policy, "" likewise */
	uint64_t handle;  /* nftables; 0: none */
	const char *file; /* where the user has written it, */
	unsigned line;	  /* from 1; 0: not known */
	bool rejects;	  /* with an error to the sender */
	bool reply;	  /* it was a packet on its way back */
	bool unheeded;	  /* it was for a program, but none listened */
	const char
		*sought; /* it was the question for this neighbour, or its answer; "": it was not */
};

/* One of the probe's packets, which an egress filter of a cgroup has refused. */
struct filtered {
	const char *cgroup; /* the one that has the filter */
	char packet[SIM_PACKET_TEXT];
};

/* Whose socket the probe's datagram came to; nobody has sent anything back. */
struct delivered {
	const char *host; /* "": that is not known */
	uint16_t port;
	char program[SIM_PROGRAM_NAME]; /* "": of no process that is known */
};

/* What is known of the lab, apart from what the probe saw itself. */
struct circumstances {
	const struct server_message *arrivals; /* during this probe, at all hosts */
	size_t n_arrivals;
	const char *source_host; /* the probe's own */
	/*
	 * Which host was heard to receive the packet, "" if that cannot be told; NULL
	 * where nobody listened.
	 */
	const char *heard_at;
	const char *remote_host;   /* whose address sighting.remote is, "" if nobody's */
	const char *offender_host; /* whose address icmp.offender is, "" if nobody's */
	/* Whom NAT has made of `remote`, as far as that is known; NULL: there was none. */
	const char *target_host;
	uint16_t target_port;
	/* Not to a service of ours, but to a daemon, which tells nobody of the probe's arrival. */
	bool diverted;
	/*
	 * Whether something listens where the packet was for: 1 yes, 0 no, -1 not
	 * known.  A ping is for no port: not looked at.
	 */
	int listening;
	/*
	 * Whether the host that reported the ICMP error (otherwise: the probe's own)
	 * has a route and a neighbour towards `remote`: 1, 0, or -1 not known.
	 */
	int routed;
	/*
	 * Whether netfilter was listened to, and all of it was heard; then silence
	 * without a decision is no drop.
	 */
	bool traced;
	/* All of a connection was listened to, from its beginning to its end, at every host. */
	bool followed;
	bool taken; /* a connection, by the host that it was for in the end: it was heard to */
	/* A network that a daemon has made took part, whose rules nobody hears; NULL: none. */
	const char *unheard;
	bool unheard_others; /* another one, too */
	bool trace_lost;     /* some of what it told was lost */
	bool log_missing;    /* somebody else reads a part of the log */
	bool log_wanted;     /* something is expected of the log, all of which must be known */
	const struct decision *decision;   /* NULL: none */
	const struct filtered *filtered;   /* NULL: none was */
	const struct delivered *delivered; /* NULL: it was not, or that is not known */
	const struct loss *loss;	   /* what the kernel said of dropping it; NULL likewise */
	const char *loss_host;		   /* where; set with `loss` */
	bool losses_heard;		   /* the kernel was asked of what it drops, all of it */
	const char *losses_missing;	   /* why the kernel could not be asked; NULL, "": it was */
	/* NULL where there is a decision, or nothing refused to let a neighbour be found. */
	const struct decision *starvation;
	/* NULL where nothing kept an ICMP error about `loss` from whom it was for. */
	const struct decision *muffling;
	const char *last_seen; /* "mirror's input", "" where nothing was heard */
};

/* Whether apt-get has said that it could not connect, or find whom to connect to. */
bool apt_is_cut_off(const char *output);

void judge(const struct errand *errand, const struct sighting *sighting,
	   const struct circumstances *circumstances, struct outcome *outcome);

#endif
