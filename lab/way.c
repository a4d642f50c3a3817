/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/way.h"

#include <arpa/inet.h>

static bool is_loopback(const struct sim_prefix *address)
{
	return address->family == AF_INET ? (ntohl(address->v4.s_addr) >> 24) == 127
					  : IN6_IS_ADDR_LOOPBACK(&address->v6);
}

/* Whether an address is on one of the host's own networks. */
static bool is_near(const struct plan_host *host, const struct sim_prefix *address)
{
	for (size_t i = 0; i < host->n_links; i++)
		for (size_t j = 0; j < host->links[i].n_addresses; j++)
			if (sim_prefix_contains(&host->links[i].addresses[j], address))
				return true;
	return false;
}

/* The most specific route; NULL: there is none. */
static const struct plan_route *find_route(const struct plan_host *host,
					   const struct sim_prefix *to)
{
	const struct plan_route *found = NULL;
	for (size_t i = 0; i < host->n_routes; i++) {
		const struct plan_route *route = &host->routes[i];
		if (route->to.family == to->family && sim_prefix_contains(&route->to, to) &&
		    (!found || route->to.length > found->to.length))
			found = route;
	}
	return found;
}

const struct sim_prefix *way_neighbour(const struct plan *plan, size_t host,
				       const struct sim_prefix *to)
{
	const struct plan_host *from = &plan->hosts[host];
	if (is_loopback(to) || plan_owner(plan, to) == host)
		return NULL;
	if (is_near(from, to))
		return to;
	const struct plan_route *route = find_route(from, to);
	return route ? &route->via : NULL;
}

size_t way_next(const struct plan *plan, size_t host, const struct sim_prefix *to)
{
	if (is_loopback(to) || plan_owner(plan, to) == host)
		return host;
	const struct sim_prefix *neighbour = way_neighbour(plan, host, to);
	return neighbour ? plan_owner(plan, neighbour) : NONE;
}
