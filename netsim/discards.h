/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Discards: how many datagrams the kernel has let into a network namespace, past
 * all rules, and then given to no socket: none listened, one was full, or a filter
 * of a socket or a cgroup refused it.
 *
 * It counts all that becomes of datagrams (RFC 4113): as long as these numbers
 * stand still, each of them is in a socket.  That takes no privilege.
 */
#ifndef NETSIM_DISCARDS_H
#define NETSIM_DISCARDS_H

#include <stdint.h>

#include "netsim/error.h"

/* Since the namespace `netns` (a descriptor) was made, over both families. */
int sim_discards_read(int netns, uint64_t *count, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
