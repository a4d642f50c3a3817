/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/plan_private.h"

/*
 * Routes by breadth-first search from each destination network: a network that
 * is one router away learns that router's address on it, and so on outwards.
 * A network is visited once, so a cycle of routers is nothing special.
 */
struct search {
	const struct plan *plan;
	int family;
	const struct sim_prefix *
		*gateways; /* per network: the next router's address on it, NULL: none */
	size_t *distance;  /* per network: how many routers lie between, NONE: not reached */
	size_t *queue;
	size_t queued;
};

/* Spread from a network that is already reached, through one of its routers. */
static void spread_through(struct search *search, size_t network, const struct plan_host *router)
{
	const struct plan_link *inner = NULL;
	for (size_t i = 0; i < router->n_links && !inner; i++)
		if (router->links[i].network == network &&
		    plan_link_address(&router->links[i], search->family))
			inner = &router->links[i];
	if (!inner)
		return;
	for (size_t i = 0; i < router->n_links; i++) {
		const struct plan_link *outer = &router->links[i];
		const struct sim_prefix *address = plan_link_address(outer, search->family);
		if (!address || search->distance[outer->network] != NONE)
			continue;
		search->distance[outer->network] = search->distance[network] + 1;
		search->gateways[outer->network] = address;
		search->queue[search->queued++] = outer->network;
	}
}

static void search_from(struct search *search, size_t destination)
{
	const struct plan *plan = search->plan;
	for (size_t i = 0; i < plan->n_networks; i++) {
		search->distance[i] = NONE;
		search->gateways[i] = NULL;
	}
	search->distance[destination] = 0;
	search->queue[0] = destination;
	search->queued = 1;
	for (size_t i = 0; i < search->queued; i++)
		for (size_t h = 0; h < plan->scenario->n_hosts; h++)
			if (plan->scenario->hosts[h].forwarding)
				spread_through(search, search->queue[i], &plan->hosts[h]);
}

/* The shortest way out of a host; NULL: there is none, or none is needed. */
static const struct sim_prefix *way_out(const struct search *search, const struct plan_host *host)
{
	size_t nearest = NONE;
	for (size_t i = 0; i < host->n_links; i++) {
		const struct plan_link *link = &host->links[i];
		size_t distance = search->distance[link->network];
		if (plan_link_address(link, search->family) && distance != NONE &&
		    (nearest == NONE || distance < search->distance[nearest]))
			nearest = link->network;
	}
	return nearest == NONE ? NULL : search->gateways[nearest];
}

static void add_routes(const struct search *search, size_t destination)
{
	const struct plan *plan = search->plan;
	const struct plan_network *to = &plan->networks[destination];
	for (size_t h = 0; h < plan->scenario->n_hosts; h++) {
		struct plan_host *host = &plan->hosts[h];
		const struct sim_prefix *gateway = way_out(search, host);
		if (!gateway || plan->scenario->hosts[h].routes)
			continue;
		for (size_t s = 0; s < to->n_subnets; s++)
			if (to->subnets[s].family == search->family)
				host->routes[host->n_routes++] =
					(struct plan_route){to->subnets[s], *gateway};
	}
}

static void take_given_routes(struct plan *plan, size_t host)
{
	const struct host *wanted = &plan->scenario->hosts[host];
	struct plan_host *planned = &plan->hosts[host];
	for (size_t i = 0; i < wanted->n_routes; i++)
		planned->routes[planned->n_routes++] =
			(struct plan_route){wanted->routes[i].to, wanted->routes[i].via};
}

static bool has_router(const struct plan *plan)
{
	for (size_t i = 0; i < plan->scenario->n_hosts; i++)
		if (plan->scenario->hosts[i].forwarding)
			return true;
	return false;
}

void plan_find_routes(struct plan *plan)
{
	static const int families[] = {AF_INET, AF_INET6};
	size_t subnets = 0;
	for (size_t i = 0; i < plan->n_networks; i++)
		subnets += plan->networks[i].n_subnets;
	bool routed = has_router(plan);
	for (size_t h = 0; h < plan->scenario->n_hosts; h++) {
		const struct host *host = &plan->scenario->hosts[h];
		size_t most = host->routes ? host->n_routes : routed ? subnets : 0;
		plan->hosts[h].routes = arena_array(plan->arena, struct plan_route, most);
		if (host->routes)
			take_given_routes(plan, h);
	}
	struct search search = {
		.plan = plan,
		.gateways = arena_array(plan->arena, const struct sim_prefix *, plan->n_networks),
		.distance = arena_array(plan->arena, size_t, plan->n_networks),
		.queue = arena_array(plan->arena, size_t, plan->n_networks),
	};
	for (size_t f = 0; routed && f < 2; f++)
		for (size_t i = 0; i < plan->n_networks; i++) {
			search.family = families[f];
			search_from(&search, i);
			add_routes(&search, i);
		}
}
