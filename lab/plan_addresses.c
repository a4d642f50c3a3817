/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/plan_private.h"

/* How many subnets of ours there are to choose from: 10.0.0.0/16 to 10.255.0.0/16. */
#define CANDIDATES 256

/* The i-th candidate of a family: 10.i.0.0/16, fd00:0:0:i::/64. */
static struct sim_prefix candidate(int family, unsigned i)
{
	struct sim_prefix prefix = {.family = family, .length = family == AF_INET ? 16 : 64};
	if (family == AF_INET) {
		prefix.bytes[0] = 10;
		prefix.bytes[1] = (unsigned char)i;
	} else {
		prefix.bytes[0] = 0xfd;
		prefix.bytes[7] = (unsigned char)i;
	}
	return prefix;
}

static bool is_free(const struct plan *plan, const struct sim_prefix *subnet)
{
	for (size_t i = 0; i < plan->n_networks; i++)
		for (size_t j = 0; j < plan->networks[i].n_subnets; j++)
			if (sim_prefix_overlaps(&plan->networks[i].subnets[j], subnet))
				return false;
	return true;
}

/* A subnet of each family for a network that has none. */
static int choose_subnets(struct plan *plan, struct plan_network *network, struct sim_error *err)
{
	static const int families[] = {AF_INET, AF_INET6};
	struct sim_prefix *subnets = arena_array(plan->arena, struct sim_prefix, 2);
	for (size_t f = 0; f < 2; f++) {
		unsigned i = 0;
		do {
			subnets[f] = candidate(families[f], i);
		} while (!is_free(plan, &subnets[f]) && ++i < CANDIDATES);
		if (i == CANDIDATES)
			return sim_fail(
				err, 0,
				"no subnet is left for network %s; give it one (subnets: [...])",
				network->name);
	}
	network->subnets = subnets;
	network->n_subnets = 2;
	return 0;
}

/* The next address, counting in the last 32 bits; false once it has left the subnet's range of
 * hosts. */
static bool next_address(const struct sim_prefix *subnet, struct sim_prefix *address)
{
	size_t bytes = address->family == AF_INET ? 4 : 16;
	for (size_t i = bytes; i-- > bytes - 4;)
		if (++address->bytes[i])
			break;
	if (!sim_prefix_contains(subnet, address))
		return false;
	/* IPv4's last address is the broadcast address, except where RFC 3021 applies. */
	if (address->family != AF_INET || subnet->length >= 31)
		return true;
	unsigned host_bits = 32U - subnet->length;
	unsigned long all_ones = (1UL << host_bits) - 1;
	return (ntohl(address->v4.s_addr) & all_ones) != all_ones;
}

static int give_one(struct plan *plan, size_t network, const struct sim_prefix *subnet,
		    struct sim_prefix *last, struct sim_prefix *given, struct sim_error *err)
{
	do {
		if (!next_address(subnet, last))
			return sim_fail(err, 0,
					"network %s has no address left for all its hosts; "
					"give it a larger subnet",
					plan->networks[network].name);
	} while (plan_owner(plan, last) != NONE);
	*given = *last;
	given->length = subnet->length;
	return 0;
}

/* One address of each of the network's subnets for every link to it of which nothing else is said.
 */
static int give_addresses(struct plan *plan, size_t network, struct sim_error *err)
{
	struct plan_network *on = &plan->networks[network];
	struct sim_prefix *last = arena_array(plan->arena, struct sim_prefix, on->n_subnets);
	memcpy(last, on->subnets, on->n_subnets * sizeof(*last));
	for (size_t h = 0; h < plan->scenario->n_hosts; h++) {
		for (size_t l = 0; l < plan->hosts[h].n_links; l++) {
			struct plan_link *link = &plan->hosts[h].links[l];
			if (link->network != network || link->addresses || link->is_bridge)
				continue;
			struct sim_prefix *given =
				arena_array(plan->arena, struct sim_prefix, on->n_subnets);
			for (size_t s = 0; s < on->n_subnets; s++)
				if (give_one(plan, network, &on->subnets[s], &last[s], &given[s],
					     err) < 0)
					return -1;
			link->addresses = given;
			link->n_addresses = on->n_subnets;
		}
	}
	return 0;
}

int plan_give_out(struct plan *plan, struct sim_error *err)
{
	for (size_t i = 0; i < plan->n_networks; i++)
		if (!plan->networks[i].n_subnets &&
		    choose_subnets(plan, &plan->networks[i], err) < 0)
			return -1;
	for (size_t i = 0; i < plan->n_networks; i++)
		if (give_addresses(plan, i, err) < 0)
			return -1;
	return 0;
}
