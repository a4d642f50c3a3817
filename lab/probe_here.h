/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe made here, in the lab's own process: no child, and so no fork, no
 * mounts, nobody to be woken or killed.
 *
 * The process goes into the host's network and puts on the identity for as long
 * as the probe takes; it waits for the far end and for the witness at once.
 * It cannot hang: its sockets do not block.
 */
#ifndef LAB_PROBE_HERE_H
#define LAB_PROBE_HERE_H

#include <stdbool.h>

#include "lab/probe.h"
#include "netsim/host.h"
#include "netsim/identity.h"

/*
 * Whether that is all it takes: an address to send to, so that no file of the
 * host is read and no library called, and an identity that comes off again.
 */
bool probe_fits_here(const struct errand *errand, const struct sim_identity *identity);

/* As probe_go(), in `host` as `identity`; -1 when the lab failed. */
int probe_go_here(struct sim_host *host, const struct sim_identity *identity,
		  const struct errand *errand, const struct sim_watch *watch,
		  struct sighting *sighting, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
