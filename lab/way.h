/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ways: where packets go by a plan's routes.  Pure functions.
 */
#ifndef LAB_WAY_H
#define LAB_WAY_H

#include "lab/plan.h"
#include "netsim/link.h"

/*
 * The host that a packet for `to` comes to next from `host`, which is itself
 * where the address is its own; NONE: there is no route, or nobody there.
 */
size_t way_next(const struct plan *plan, size_t host, const struct sim_prefix *to);

/*
 * The address to which `host` hands a packet for `to`: a router's, or that
 * itself; NULL where it has no route, or where the packet stays there.
 */
const struct sim_prefix *way_neighbour(const struct plan *plan, size_t host,
				       const struct sim_prefix *to);

#endif
