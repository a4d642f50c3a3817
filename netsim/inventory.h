/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is in the caller's own network namespace, as lines of text for
 * people: nothing is made, changed or kept by asking.  What counts or ages by
 * itself (packets, lifetimes, neighbours) is not told.
 */
#ifndef NETSIM_INVENTORY_H
#define NETSIM_INVENTORY_H

#include "netsim/error.h"

/* Where the lines go, one at a time; -1 ends it all. */
struct sim_lines {
	int (*take)(void *arg, const char *line, struct sim_error *err);
	void *arg;
};

int sim_list_links(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));
int sim_list_addresses(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));
/* Of all tables, and the rules that choose among them. */
int sim_list_routes(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));
int sim_list_routing_rules(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * nftables' whole ruleset, each line after the table and chain that it is in;
 * of the legacy tables, which are not made by asking, their names and a sum of
 * all that they contain.  Whoever is not root of this network is told of nothing.
 */
int sim_list_firewall(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
