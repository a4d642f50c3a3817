/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes: one attempt each, made from where the caller stands.
 *
 * The caller is a process that is already in the right host under the whole
 * identity.  A probe sends, watches and notes down what it saw; it judges
 * nothing.  One file per kind: probe_connect.c, probe_ping.c, ...
 */
#ifndef LAB_PROBE_H
#define LAB_PROBE_H

#include <stdint.h>
#include <sys/socket.h>

#include "lab/scenario.h"
#include "lab/sighting.h"
#include "lab/wire.h"

/* What connect says to the service, so that it can report whose packet that was. */
enum tongue {
	TONGUE_LINE, /* the nonce on a line of its own: the echo, and daemons of which nothing is
			known */
	TONGUE_HTTP,
	TONGUE_DNS,
};

/* An errand: a probe over one family, with every name that the harness looks up looked up. */
struct errand {
	const struct probe *probe;
	const char *folder;	    /* the scenario's: where programs start, if they see it */
	const char *output;	    /* run, apt: what must be printed; NULL: anything */
	int family;		    /* AF_INET, AF_INET6, or AF_UNSPEC for run */
	struct sockaddr_storage to; /* connect, ping, resolve with a server, apt's mirror; family 0
				       otherwise */
	struct sockaddr_storage
		nameserver;    /* resolve without a server, fetch: the host's resolver, for evidence
				  when    the C library only says "failed"; family 0: it has none */
	char nonce[NONCE_MAX]; /* unique in this lab, without blanks */
	unsigned timeout_ms;   /* the probe's own, otherwise its type's */
	/*
	 * The packet is for a service of ours that reports this kind of probe
	 * (connect: any; fetch: http, apt; resolve: dns).  connect then waits for
	 * its answer, and no answer counts as an allow without an arrival.
	 */
	bool expects_arrival;
	enum tongue tongue; /* connect */
};

struct probe_type {
	const char *name; /* the key in a scenario */
	const char *summary;
	void (*go)(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting);
	unsigned timeout_ms; /* the kind's own */
	/* What is done before a child is made for it, which may find no files; NULL: nothing. */
	int (*prepare)(struct sim_error *err);
};

const struct probe_type *probe_type_of(enum probe_kind kind);

/*
 * Do the errand; `sighting` is written from scratch.  It takes at most twice
 * `timeout_ms`: a name that does not resolve is asked for a second time, by
 * ourselves.  `watch` may end it earlier (NULL: nobody does).
 */
void probe_go(const struct errand *errand, const struct sim_watch *watch,
	      struct sighting *sighting);

/* The rows' functions, one a file. */
void probe_connect(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting);
void probe_ping(const struct errand *errand, const struct wire_limit *limit,
		struct sighting *sighting);
void probe_resolve(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting);
void probe_fetch(const struct errand *errand, const struct wire_limit *limit,
		 struct sighting *sighting);
int probe_fetch_prepare(struct sim_error *err) __attribute__((warn_unused_result));
void probe_apt(const struct errand *errand, const struct wire_limit *limit,
	       struct sighting *sighting);
void probe_run(const struct errand *errand, const struct wire_limit *limit,
	       struct sighting *sighting);

#endif
