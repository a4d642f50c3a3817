/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * apt: the names that the apt service knows, and what the real apt-get finds
 * in the hosts and roots from which a probe runs it: sources, the archive's key,
 * a database of no packages.  The machine's own are out of its sight.
 */
#ifndef LAB_APT_H
#define LAB_APT_H

#include "lab/plan.h"
#include "netsim/host.h"

/* The i-th suite that the repository has, and fault that it can have; NULL past the last. */
const char *apt_suite_nth(size_t i);
const char *apt_fault_nth(size_t i);

/* A host's apt service, NULL: it has none. */
const struct service *apt_service(const struct host *host);

/* "apt-get install hello-fwlab", for an apt probe. */
const char *apt_words(struct arena *arena, const struct probe *probe);

/* The sources.list for the service of one host, in whichever host or root: a path. */
#define APT_SOURCES_FOLDER "/etc/apt/fwlab"

/*
 * Put what apt needs into a host and all its roots, where a probe from there
 * runs it; otherwise do nothing.
 */
int apt_furnish(const struct plan *plan, size_t index, struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
