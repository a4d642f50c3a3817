/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/plan_private.h"

/* The network of hosts that name none. */
#define SHARED_NETWORK "lan"
#define SHARED_IFNAME  "eth0"

static void plan_networks(struct plan *plan)
{
	const struct scenario *scenario = plan->scenario;
	bool shared = false;
	plan->shared = scenario_shared_network(scenario);
	for (size_t i = 0; i < scenario->n_hosts && plan->shared == NONE; i++)
		shared |= !scenario->hosts[i].n_links;
	if (plan->shared == NONE)
		plan->shared = scenario->n_networks;
	plan->n_networks = scenario->n_networks + shared;
	plan->networks = arena_array(plan->arena, struct plan_network, plan->n_networks);
	for (size_t i = 0; i < scenario->n_networks; i++) {
		const struct network *network = &scenario->networks[i];
		plan->networks[i] = (struct plan_network){
			.name = network->name,
			.owner = network->owner,
			.bridge = network->bridge,
			.subnets = network->subnets,
			.n_subnets = network->n_subnets,
		};
	}
	if (shared)
		plan->networks[plan->shared] =
			(struct plan_network){.name = SHARED_NETWORK, .owner = NONE};
}

static size_t count_bridges(const struct scenario *scenario, size_t host)
{
	size_t count = 0;
	for (size_t i = 0; i < scenario->n_networks; i++)
		count += scenario->networks[i].owner == host;
	return count;
}

static void plan_bridges(struct plan *plan, size_t host)
{
	const struct scenario *scenario = plan->scenario;
	struct plan_host *planned = &plan->hosts[host];
	for (size_t i = 0; i < scenario->n_networks; i++) {
		const struct network *network = &scenario->networks[i];
		if (network->owner != host)
			continue;
		planned->links[planned->n_links++] = (struct plan_link){
			.ifname = network->bridge,
			.network = i,
			.is_bridge = true,
			.addresses = network->bridge_addresses,
			.n_addresses = network->n_bridge_addresses,
		};
	}
}

/* Links as given; those without addresses get theirs in plan_give_out(). */
static void plan_links(struct plan *plan, size_t host)
{
	const struct host *wanted = &plan->scenario->hosts[host];
	struct plan_host *planned = &plan->hosts[host];
	size_t bridges = count_bridges(plan->scenario, host);
	planned->links = arena_array(plan->arena, struct plan_link, bridges + wanted->n_links + 1);
	plan_bridges(plan, host);
	for (size_t i = 0; i < wanted->n_links; i++) {
		const struct link *link = &wanted->links[i];
		planned->links[planned->n_links++] = (struct plan_link){
			.ifname = link->ifname,
			.network = link->network,
			.addresses = link->addresses,
			.n_addresses = link->n_addresses,
		};
		plan->networks[link->network].n_members++;
	}
	if (wanted->n_links || bridges)
		return;
	planned->links[planned->n_links++] =
		(struct plan_link){.ifname = SHARED_IFNAME, .network = plan->shared};
	plan->networks[plan->shared].n_members++;
}

struct plan *plan_new(const struct scenario *scenario, struct sim_error *err)
{
	struct arena *arena = arena_new();
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	plan->scenario = scenario;
	plan->arena = arena;
	plan->hosts = arena_array(arena, struct plan_host, scenario->n_hosts);
	plan_networks(plan);
	for (size_t i = 0; i < scenario->n_hosts; i++)
		plan_links(plan, i);
	if (plan_give_out(plan, err) < 0) {
		plan_free(plan);
		return NULL;
	}
	plan_find_routes(plan);
	return plan;
}

void plan_free(struct plan *plan)
{
	if (plan)
		arena_free(plan->arena);
}

const struct sim_prefix *plan_link_address(const struct plan_link *link, int family)
{
	for (size_t i = 0; i < link->n_addresses; i++)
		if (link->addresses[i].family == family)
			return &link->addresses[i];
	return NULL;
}

static bool is_on(const struct plan_host *host, size_t network)
{
	for (size_t i = 0; i < host->n_links; i++)
		if (host->links[i].network == network)
			return true;
	return false;
}

const struct sim_prefix *plan_address(const struct plan *plan, size_t from, size_t host, int family)
{
	const struct plan_host *to = &plan->hosts[host];
	const struct sim_prefix *first = NULL;
	for (size_t i = 0; i < to->n_links; i++) {
		const struct sim_prefix *address = plan_link_address(&to->links[i], family);
		if (address && is_on(&plan->hosts[from], to->links[i].network))
			return address;
		if (!first)
			first = address;
	}
	return first;
}

size_t plan_owner(const struct plan *plan, const struct sim_prefix *address)
{
	for (size_t i = 0; i < plan->scenario->n_hosts; i++)
		for (size_t j = 0; j < plan->hosts[i].n_links; j++) {
			const struct plan_link *link = &plan->hosts[i].links[j];
			for (size_t k = 0; k < link->n_addresses; k++)
				if (sim_address_equal(&link->addresses[k], address))
					return i;
		}
	return NONE;
}

const char *plan_host_name(const struct plan *plan, size_t host)
{
	return host == NONE ? "" : plan->scenario->hosts[host].name;
}

uint16_t plan_port_of(const struct sockaddr_storage *address)
{
	if (address->ss_family == AF_INET)
		return ntohs(((const struct sockaddr_in *)address)->sin_port);
	if (address->ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)address)->sin6_port);
	return 0;
}

void plan_socket_address(const struct sim_prefix *address, uint16_t port,
			 struct sockaddr_storage *to)
{
	memset(to, 0, sizeof(*to));
	to->ss_family = (sa_family_t)address->family;
	if (address->family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)to;
		v4->sin_port = htons(port);
		v4->sin_addr = address->v4;
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
		v6->sin6_port = htons(port);
		v6->sin6_addr = address->v6;
	}
}

bool plan_prefix_of(const struct sockaddr_storage *from, struct sim_prefix *address)
{
	memset(address, 0, sizeof(*address));
	address->family = from->ss_family;
	if (from->ss_family == AF_INET) {
		address->length = 32;
		address->v4 = ((const struct sockaddr_in *)from)->sin_addr;
		return true;
	}
	if (from->ss_family != AF_INET6)
		return false;
	address->length = 128;
	address->v6 = ((const struct sockaddr_in6 *)from)->sin6_addr;
	return true;
}

static const int families[] = {AF_INET, AF_INET6};

const char *plan_hosts_text(const struct plan *plan, size_t host)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return "";
	fputs("127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n", to);
	for (size_t i = 0; i < plan->scenario->n_hosts; i++)
		for (size_t f = 0; f < 2; f++) {
			char address[SIM_PREFIX_TEXT];
			const struct sim_prefix *known = plan_address(plan, host, i, families[f]);
			if (known)
				fprintf(to, "%s\t%s\n", sim_address_text(known, address),
					plan->scenario->hosts[i].name);
		}
	const char *kept = fclose(to) == 0 ? arena_strdup(plan->arena, text) : "";
	free(text);
	return kept;
}

const char *plan_resolv_text(const struct plan *plan, size_t host)
{
	size_t resolver = plan->scenario->hosts[host].resolver;
	const char *text = "";
	if (resolver == NONE)
		return text;
	for (size_t f = 0; f < 2; f++) {
		char address[SIM_PREFIX_TEXT];
		const struct sim_prefix *known = plan_address(plan, host, resolver, families[f]);
		if (!known)
			continue;
		const char *loopback = families[f] == AF_INET ? "127.0.0.1" : "::1";
		text = arena_printf(plan->arena, "%snameserver %s\n", text,
				    resolver == host ? loopback : sim_address_text(known, address));
	}
	/* A lost question is lost: a lab has no slow links to be patient with. */
	return arena_printf(plan->arena, "%soptions timeout:1 attempts:1\n", text);
}
