/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/way.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

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

/* The owner of the bridge that a link is plugged into; NONE: there is none. */
static size_t bridging(const struct plan *plan, const struct plan_link *link)
{
	return link->is_bridge ? NONE : plan->networks[link->network].owner;
}

void way_name_port(unsigned number, char name[WAY_PORT_TEXT])
{
	snprintf(name, WAY_PORT_TEXT, "port%u", number);
}

size_t way_behind(const struct plan *plan, size_t host, const char *port)
{
	unsigned number = 0;
	for (size_t h = 0; h < plan->scenario->n_hosts; h++)
		for (size_t i = 0; i < plan->hosts[h].n_links; i++) {
			char name[WAY_PORT_TEXT];
			if (bridging(plan, &plan->hosts[h].links[i]) != host)
				continue;
			way_name_port(number++, name);
			if (!strcmp(name, port))
				return h;
		}
	return NONE;
}

size_t way_bridge(const struct plan *plan, size_t a, size_t b)
{
	for (size_t i = 0; i < plan->hosts[a].n_links; i++)
		for (size_t k = 0; k < plan->hosts[b].n_links; k++) {
			size_t network = plan->hosts[a].links[i].network;
			if (network == plan->hosts[b].links[k].network &&
			    plan->networks[network].owner != NONE)
				return plan->networks[network].owner;
		}
	return NONE;
}
