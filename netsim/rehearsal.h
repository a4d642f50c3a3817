/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A rehearsal: a script is run in the twin of a host (twin.h), and nothing remains of it but the
 * twin's network as it leaves it.
 *
 * It finds the host's files as they are now, and what it writes goes to copies that vanish with
 * it; sockets and pipes among them lead to nobody.  It has a /dev, /proc and hostname of its own,
 * sees no processes but its own, all of which end when it does, and of cgroups it sees the
 * host's, read-only.  It has no more privileges than programs have without jails, and can make
 * no user namespace to gain some.
 */
#ifndef NETSIM_REHEARSAL_H
#define NETSIM_REHEARSAL_H

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/process.h"

struct rehearsal {
	/*
	 * Before it, with the same files in sight and all privileges; and after it, when what is
	 * left is to be told on stdout.  -1: there is no rehearsal.
	 */
	int (*prepare)(void *arg, struct sim_error *err);
	int (*tell)(void *arg, struct sim_error *err);
	void *arg;
	const char *script; /* run as script.h has it */
	const char *folder; /* that it starts in */
	char *environment;  /* "NAME=VALUE" besides the usual */
	unsigned timeout_ms;
};

/*
 * What is told is result->out; the script's own output is dropped.  0: it was run, and
 * result->status is how it ended; it has been killed where that took too long.
 */
int rehearse(struct sim_host *twin, const struct rehearsal *rehearsal,
	     struct sim_process_result *result, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
