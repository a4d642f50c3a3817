/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A twin of a host: a network of its own, with interfaces of the same names,
 * numbers and addresses, which are down, and the host's mounts, accounts and
 * cgroups.  No packet comes to it: it is there to see what a tool makes of a text.
 */
#ifndef NETSIM_TWIN_H
#define NETSIM_TWIN_H

#include <stdbool.h>

#include "netsim/error.h"
#include "netsim/host.h"

/* `host` must outlive its twin.  Without `links` there is only lo. */
int sim_twin_new(struct sim_host *host, bool links, struct sim_host **twin, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_twin_free(struct sim_host *twin);

#endif
