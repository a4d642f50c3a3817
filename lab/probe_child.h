/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A probe made in a child, which enters the host and takes on the identity for
 * good: whatever the probe is, see probe_here.h for those that need no child.
 */
#ifndef LAB_PROBE_CHILD_H
#define LAB_PROBE_CHILD_H

#include "lab/probe.h"
#include "netsim/host.h"
#include "netsim/identity.h"
#include "netsim/process.h"

/*
 * Memory for what probes see, that no child of ours but probe_go_child()'s has, and that one only
 * until it has ended: plug-ins of the host's may run in it.  NULL on failure.
 */
struct sighting *probe_sighting_new(struct sim_error *err);
void probe_sighting_free(struct sighting *sighting);

/*
 * As probe_go(), in `host` as `identity`; `sighting`, of probe_sighting_new(), is shared with the
 * child.
 * What dies or does not end in time has seen nothing, and says so in
 * `trouble`.  -1 when the lab failed.
 */
int probe_go_child(struct sim_host *host, const struct sim_identity *identity,
		   const struct errand *errand, const struct sim_watch *watch,
		   struct sighting *sighting, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
