/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Over which families a probe can go. */
#include <string.h>

#include "lab/scenario_reader.h"

#define HAS_BOTH (HAS_IPV4 | HAS_IPV6)

static unsigned bit_of(const struct sim_prefix *prefix)
{
	return prefix->family == AF_INET ? HAS_IPV4 : HAS_IPV6;
}

static unsigned bits_of(const struct sim_prefix *prefixes, size_t count)
{
	unsigned bits = 0;
	for (size_t i = 0; i < count; i++)
		bits |= bit_of(&prefixes[i]);
	return bits;
}

static unsigned network_families(const struct scenario *scenario, size_t index)
{
	const struct network *network = index == NONE ? NULL : &scenario->networks[index];
	return network && network->n_subnets ? bits_of(network->subnets, network->n_subnets)
					     : HAS_BOTH;
}

size_t scenario_shared_network(const struct scenario *scenario)
{
	size_t shared = NONE;
	for (size_t i = 0; i < scenario->n_networks; i++) {
		if (scenario->networks[i].owner != NONE)
			continue;
		if (shared != NONE)
			return NONE;
		shared = i;
	}
	return shared;
}

bool has_shared_link(const struct scenario *scenario, size_t host)
{
	bool has_bridge = false;
	for (size_t i = 0; i < scenario->n_networks; i++)
		has_bridge |= scenario->networks[i].owner == host;
	return !scenario->hosts[host].n_links && !has_bridge;
}

unsigned host_families(const struct scenario *scenario, size_t index)
{
	const struct host *host = &scenario->hosts[index];
	unsigned bits = 0;
	if (has_shared_link(scenario, index))
		return network_families(scenario, scenario_shared_network(scenario));
	for (size_t i = 0; i < host->n_links; i++) {
		const struct link *link = &host->links[i];
		bits |= link->addresses ? bits_of(link->addresses, link->n_addresses)
					: network_families(scenario, link->network);
	}
	for (size_t i = 0; i < scenario->n_networks; i++) {
		if (scenario->networks[i].owner == index)
			bits |= network_families(scenario, i);
	}
	return bits;
}

/* The families of what a name stands for in the DNS that a host asks; 0: it has no such record. */
static unsigned record_families(const struct scenario *scenario, size_t server, const char *name)
{
	for (size_t hops = 0; server != NONE && hops <= scenario->n_hosts; hops++) {
		const struct service *dns = dns_service(&scenario->hosts[server]);
		for (size_t i = 0; dns && i < dns->n_records; i++) {
			const struct dns_record *record = &dns->records[i];
			if (strcasecmp(record->name, name) != 0)
				continue;
			unsigned bits = bits_of(record->addresses, record->n_addresses);
			return record->host == NONE ? bits
						    : bits | host_families(scenario, record->host);
		}
		server = dns ? dns->forward : NONE;
	}
	return 0;
}

static unsigned url_families(const struct reader *r, const struct probe *probe)
{
	struct sim_prefix address;
	if (sim_prefix_parse(probe->url_host, false, &address))
		return bit_of(&address);
	const struct named *host = names_find(&r->hosts, probe->url_host);
	if (host)
		return host_families(r->scenario, host->value);
	unsigned bits = record_families(r->scenario, r->scenario->hosts[probe->from].resolver,
					probe->url_host);
	return bits ? bits : HAS_BOTH;
}

/* The families of the far end. */
static unsigned far_families(const struct reader *r, const struct probe *probe)
{
	if (probe->target.host != NONE)
		return host_families(r->scenario, probe->target.host);
	if (probe->target.text)
		return bit_of(&probe->target.address);
	if (probe->url_host)
		return url_families(r, probe);
	size_t resolver = r->scenario->hosts[probe->from].resolver;
	return resolver == NONE ? HAS_BOTH : host_families(r->scenario, resolver);
}

static const char *families_text(unsigned bits)
{
	static const char *const texts[] = {"no address", "only IPv4", "only IPv6", "both"};
	return texts[bits & HAS_BOTH];
}

void settle_family(struct reader *r, struct place place, struct probe *probe)
{
	static const unsigned asked_bits[] = {HAS_BOTH, HAS_IPV4, HAS_IPV6};
	if (probe->kind == PROBE_RUN || r->incomplete)
		return;
	unsigned near = host_families(r->scenario, probe->from), far = far_families(r, probe);
	unsigned possible = near & far & asked_bits[probe->family];
	if (!possible && probe->family == FAMILY_ANY)
		complain(r, place, "no family in common: %s has %s, the far end %s",
			 quoted(r, r->scenario->hosts[probe->from].name), families_text(near),
			 families_text(far));
	else if (!possible)
		complain(r, place, "this cannot go over %s: %s has %s, the far end %s",
			 family_name(probe->family),
			 quoted(r, r->scenario->hosts[probe->from].name), families_text(near),
			 families_text(far));
	else if (possible != HAS_BOTH)
		probe->family = possible == HAS_IPV4 ? FAMILY_IPV4 : FAMILY_IPV6;
}
