/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside: the namespaces and the root of a process that has some of its own, a
 * jail's first.  Knows nothing of who made it.
 *
 * Process ids are those of /proc, which must be of the caller's pid namespace.
 */
#ifndef NETSIM_INSIDE_H
#define NETSIM_INSIDE_H

#include <stdbool.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"

/*
 * The first process below `ancestor` (which is itself not looked at), breadth
 * first, that has a mount, network or pid namespace that is not the host's; 0:
 * there is none; -1 with errno: not all could be looked at.
 */
pid_t sim_inside_find(const struct sim_host *host, pid_t ancestor);

/*
 * Move this process into all the namespaces that `pid` has and we have not,
 * and into its root folder.  Its pid namespace is that of children from then on.
 * Ping sockets are opened to every group there, as in a host (host.h).
 */
int sim_inside_enter(pid_t pid, struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Open a namespace of the process ("net", "mnt"), as a descriptor; -1 with errno.
 */
int sim_inside_open(pid_t pid, const char *which);

/* Send a signal to every process below `ancestor`; how many there were. */
size_t sim_inside_signal(pid_t ancestor, int number);

#endif
