/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An outcome: what a probe came to, and the evidence for it.
 *
 * Plain data of fixed size, so that it passes from the lab to the command
 * through a pipe as it is.
 */
#ifndef LAB_OUTCOME_H
#define LAB_OUTCOME_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/scenario.h"
#include "lab/sighting.h"
#include "netsim/packet.h"

enum outcome_kind {
	OUTCOME_INCONCLUSIVE, /* the instrument saw nothing that decides; never a deny */
	OUTCOME_ALLOWED,
	OUTCOME_REJECTED,
	OUTCOME_DROPPED,
	OUTCOME_UNREACHABLE, /* nothing listens, no route: not a firewall's doing */
	OUTCOME_CONFINED,    /* what the probe ran as may not do it: no packet filter was asked */
	OUTCOME_EXITED,	     /* run: the program ended */
};

/*
 * A message of an NFLOG rule about a packet, or of a LOG rule, of whose packet
 * the owner is not always known.  A text that is not known is "".
 */
struct log_message {
	char host[64];
	char prefix[128];
	int group;	/* NFLOG's, -1: LOG has none */
	bool has_owner; /* whether the packet is known to be from a socket of the host, */
	uid_t uid;	/* and whose */
	gid_t gid;
	char in[16];  /* the interface by which it came, */
	char out[16]; /* goes */
	char packet[SIM_PACKET_TEXT];
};

#define EVIDENCE_LOG_MAX 8 /* messages that are kept for the report */

#define TRANSLATION_HOSTS_MAX 4 /* that are kept for the report */

/* What NAT made of the packet on its way. */
struct translation {
	struct sim_packet before; /* as it was sent, */
	struct sim_packet after;  /* and as it came out in the end; family 0: nothing changed it */
	char hosts[TRANSLATION_HOSTS_MAX][64]; /* that changed it, in this order */
	size_t n_hosts;			       /* all of them, also those that are not kept */
};

/* Why we say so.  A text that is not known is "". */
struct evidence {
	/* arrival, reply, delivery, icmp, reset, errno, timeout, route, closed, dns, exit, rule,
	   trace, control, kernel, none; confined:
	   the confinement, "landlock" */
	char kind[16];
	char host[128];	 /* on which the packet met its fate */
	char table[272]; /* family and name: "ip filter" */
	char hook[16];	 /* prerouting, input, forward, output, postrouting */
	char chain[256];
	char rule[512];		/* text of the rule that decided */
	uint64_t handle;	/* its handle, 0: none */
	char file[512];		/* where the user has written it, */
	unsigned line;		/* from 1; 0: not known */
	char reason[48];	/* the kernel's own, for a packet that it dropped: "IP_RPFILTER" */
	char icmp[96];		/* "admin-prohibited (ICMP type 3 code 13) from 10.10.20.10" */
	char arrived_at[128];	/* the host that received the probe */
	struct translation nat; /* allowed: on the way there */
	struct log_message log[EVIDENCE_LOG_MAX]; /* the first of them */
	size_t n_log;				  /* all of them, also those that are not kept */
};

struct outcome {
	enum outcome_kind kind;
	/* rejected: a name from the table below; confined: by what, and in which way, "by
	   landlock: connect: Permission denied"; else a few words, or "" */
	char how[64];
	struct evidence evidence;
	char why[512]; /* one sentence for the report */
};

/*
 * A probe that was run: what the report is made of.  Indices are the
 * scenario's.
 */
struct result {
	size_t variant;
	size_t probe;
	enum family family; /* ANY: run without one */
	bool passed;
	double ms;
	struct outcome outcome;
	struct sighting sighting;
	char from[64];	  /* host, */
	char target[256]; /* and what the probe was for: "mirror:80/tcp (10.10.20.2)" */
	char expected[256];
	char complaint[640]; /* not passed: in what it differs from what was expected */
};

/* The evidence's kind where a cgroup's filter confined it; other confinements have their names from
 * netsim/confine.h. */
#define CONFINED_BY_CGROUP "cgroup"

const char *outcome_kind_name(enum outcome_kind kind); /* "allowed", "rejected", ... */

/* "rejected admin-prohibited" */
void outcome_describe(const struct outcome *outcome, char *text, size_t size);

/* The host that has to do with it, and how that is put ("by", "at", "on"); both "": not known. */
const char *outcome_host(const struct outcome *outcome, const char **preposition);

/*
 * The ways of rejecting, by the names that nft and iptables give them: ICMP
 * type and code of each family (RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1;
 * RFC 4443 3.1), and "tcp-reset".
 */
struct reject_way {
	const char *name; /* admin-prohibited, port-unreachable, host-unreachable, ... */
	int family;	  /* AF_INET, AF_INET6 */
	uint8_t type;
	uint8_t code;
};
/* The way of this ICMP message, or NULL. */
const struct reject_way *reject_way_of(int family, uint8_t type, uint8_t code);
/* Whether a scenario may write "reject NAME"; aliases (icmp-..., icmpx-...) are folded into `name`.
 */
const char *reject_way_name(const char *written);
/*
 * Whether "reject WANTED" is met by the way SEEN.  The same name, or what the
 * other family calls it: nft's `icmpx host-unreachable` is addr-unreachable
 * over IPv6, and its `icmpx no-route` is net-unreachable over IPv4.  As neither
 * family has both names of a pair, no reject passes for another.
 */
bool reject_way_meets(const char *wanted, const char *seen);
/* The way of a rule's text, nft's or iptables-save's; NULL: it rejects nothing. */
const char *reject_way_in(const char *rule);
/* Whether a rule that rejects may do so by a RST: it does, or its text ("") is not known. */
bool reject_may_reset(const char *rule);
/* The i-th name, NULL past the last: for suggestions. */
const char *reject_way_nth(size_t i);

#endif
