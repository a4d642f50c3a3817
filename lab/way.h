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

/*
 * The name of a port of a host's own bridges, which are numbered in the order of
 * the plan's hosts and their links; and the host behind it, NONE: there is no such.
 */
#define WAY_PORT_TEXT 16
void way_name_port(unsigned number, char name[WAY_PORT_TEXT]);
size_t way_behind(const struct plan *plan, size_t host, const char *port);

/* The host whose bridge the two are on (it may be one of them), or NONE. */
size_t way_bridge(const struct plan *plan, size_t a, size_t b);

#endif
