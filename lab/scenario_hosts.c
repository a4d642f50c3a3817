/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/trace.h"

#define LINKS_MAX 250

/* A link while it is being read. */
struct link_reading {
	struct host *host;
	struct link *link;
};

static size_t index_of(const struct reader *r, const struct host *host)
{
	return (size_t)(host - r->scenario->hosts);
}

static void read_link_network(struct reader *r, const struct yaml *node, void *into)
{
	struct link_reading *reading = into;
	const char *name;
	reading->link->network = NONE;
	if (read_text(r, node, "a network's name", &name))
		reading->link->network = find_network(r, node->place, name);
	if (reading->link->network == NONE)
		return;
	const struct network *network = &r->scenario->networks[reading->link->network];
	if (network->owner == index_of(r, reading->host))
		complain(r, node->place, "%s is this host's own bridge; it is on it without a link",
			 quoted(r, name));
}

static const char *subnets_text(struct reader *r, const struct network *network)
{
	const char *all = "";
	for (size_t i = 0; i < network->n_subnets && i < 8; i++) {
		char text[SIM_PREFIX_TEXT];
		sim_prefix_text(&network->subnets[i], text);
		all = arena_printf(r->arena, "%s%s%s", all, i ? ", " : "", text);
	}
	return all;
}

static const struct sim_prefix *subnet_with(const struct network *network,
					    const struct sim_prefix *address)
{
	for (size_t i = 0; i < network->n_subnets; i++) {
		if (sim_prefix_contains(&network->subnets[i], address))
			return &network->subnets[i];
	}
	return NULL;
}

/* The subnet that the address lies in, with a complaint where there is none. */
static const struct sim_prefix *want_subnet(struct reader *r, const struct yaml *node, size_t index,
					    const struct sim_prefix *address)
{
	const struct network *network = &r->scenario->networks[index];
	const struct sim_prefix *subnet = subnet_with(network, address);
	if (subnet || r->network_incomplete[index])
		return subnet;
	if (network->n_subnets)
		complain(r, node->place, "%s is in no subnet of network %s (%s)",
			 quoted(r, node->text), quoted(r, network->name), subnets_text(r, network));
	else
		complain(r, node->place,
			 "network %s has no subnets: give it some, or leave the addresses to fwlab",
			 quoted(r, network->name));
	return NULL;
}

static bool read_link_address(struct reader *r, const struct yaml *node,
			      const struct link_reading *reading, struct sim_prefix *address)
{
	const char *text;
	if (!read_text(r, node, "an address", &text))
		return false;
	if (!sim_prefix_parse(text, false, address)) {
		complain(r, node->place,
			 "%s is not an address such as 10.10.20.10 or fd00:10:20::10",
			 quoted(r, text));
		return false;
	}
	const struct sim_prefix *subnet = want_subnet(r, node, reading->link->network, address);
	if (!subnet)
		return false;
	if (strchr(text, '/') && address->length != subnet->length) {
		char right[SIM_PREFIX_TEXT];
		complain(r, node->place, "%s: its subnet is %s; leave the length out, or give /%u",
			 quoted(r, text), sim_prefix_text(subnet, right), subnet->length);
		return false;
	}
	address->length = subnet->length;
	return claim_address(r, node, address, index_of(r, reading->host));
}

static void read_link_addresses(struct reader *r, const struct yaml *node, void *into)
{
	struct link_reading *reading = into;
	struct link *link = reading->link;
	if (!want_list(r, node, "addresses") || link->network == NONE)
		return;
	link->addresses = arena_array(r->arena, struct sim_prefix, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (read_link_address(r, e->value, reading, &link->addresses[link->n_addresses]))
			link->n_addresses++;
		else
			mark_host_incomplete(r, index_of(r, reading->host));
	}
}

static const struct field link_fields[] = {
	{"network", read_link_network, true},
	{"addresses", read_link_addresses, false},
};

static void check_interface(struct reader *r, const struct yaml *name)
{
	if (!check_name(r, name, &interface_names))
		return;
	if (strcmp(name->text, "lo") == 0)
		complain(r, name->place, "'lo' is every host's own loopback");
	/* Where its sysctls would be, there are others. */
	if (!strcmp(name->text, "all") || !strcmp(name->text, "default"))
		complain(r, name->place, "the kernel has no interface called %s: take another name",
			 quoted(r, name->text));
}

static void read_link(struct reader *r, const struct yaml_entry *e, struct host *host)
{
	struct link *link = &host->links[host->n_links++];
	struct link_reading reading = {host, link};
	check_interface(r, e->key);
	*link = (struct link){.ifname = e->key->text, .place = e->key->place, .network = NONE};
	if (e->value->kind == YAML_MAP)
		read_fields(r, e->value, "a link", FIELDS(link_fields), &reading);
	else
		read_link_network(r, e->value, &reading);
	if (link->network == NONE)
		mark_host_incomplete(r, index_of(r, host));
}

static void read_links(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	bool too_many = node->n_entries > LINKS_MAX;
	if (too_many)
		complain(r, node->place, "%zu links; a host has at most %d", node->n_entries,
			 LINKS_MAX);
	if (too_many || !want_map(r, node, "links")) {
		mark_host_incomplete(r, index_of(r, host));
		return;
	}
	host->links = arena_array(r->arena, struct link, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		read_link(r, e, host);
}

/* The bridges have been read (declare_networks); what is left is whether their names are free. */
static void check_bridges(struct reader *r, const struct yaml *node, void *into)
{
	const struct host *host = into;
	if (!want_map(r, node, "bridges"))
		return;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		check_interface(r, e->key);
		for (size_t i = 0; i < host->n_links; i++) {
			if (strcmp(host->links[i].ifname, e->key->text) == 0)
				complain(r, e->key->place,
					 "%s is also a link of this host (line %u)",
					 quoted(r, e->key->text), host->links[i].place.line);
		}
	}
}

static void read_forwarding(struct reader *r, const struct yaml *node, void *into)
{
	read_bool(r, node, &((struct host *)into)->forwarding);
}

static void read_resolver(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	r->resolver_given[index_of(r, host)] = true;
	host->resolver = read_host_reference(r, node, "a host's name");
	wish_for_dns(r, node->place, host->resolver, NULL);
}

static void read_log_groups(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	uint64_t group;
	host->log_groups_place = node->place;
	if (!want_list(r, node, "NFLOG groups"))
		return;
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		if (read_number(r, e->value, "an NFLOG group to be left alone", 0,
				SIM_LEFT_GROUPS - 1, &group))
			host->log_groups |= (uint16_t)(1u << group);
}

static void read_own_files(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	const struct scope scope = scope_of_host(r, index_of(r, host));
	read_files(r, node, &scope, false, &host->files);
}

/* What later fields refer to comes first. */
static const struct field host_fields[] = {
	{"links", read_links, false},
	{"bridges", check_bridges, false},
	{"routes", read_routes, false},
	{"forwarding", read_forwarding, false},
	{"resolver", read_resolver, false},
	{"users", NULL, false},
	{"groups", NULL, false},
	{"cgroups", read_cgroups, false},
	{"files", read_own_files, false},
	{"log_groups", read_log_groups, false},
	{"roots", read_roots, false},
	{"services", read_services, false},
	{"start", read_start, false},
};

void declare_hosts(struct reader *r, const struct yaml *hosts)
{
	struct scenario *scenario = r->scenario;
	if (hosts->n_entries > SCENARIO_HOSTS_MAX) {
		complain(r, hosts->place, "%zu hosts; at most %d are possible", hosts->n_entries,
			 SCENARIO_HOSTS_MAX);
		return;
	}
	scenario->hosts = arena_array(r->arena, struct host, hosts->n_entries);
	r->host_incomplete = arena_array(r->arena, bool, hosts->n_entries);
	r->resolver_given = arena_array(r->arena, bool, hosts->n_entries);
	for (const struct yaml_entry *e = hosts->entries; e; e = e->next) {
		struct host *host = &scenario->hosts[scenario->n_hosts];
		check_name(r, e->key, &host_names);
		*host = (struct host){
			.name = e->key->text, .place = e->key->place, .resolver = NONE};
		names_add(&r->hosts, r->arena, host->name, scenario->n_hosts++, host->place);
	}
}

void read_hosts(struct reader *r, const struct yaml *hosts)
{
	struct host *host = r->scenario->hosts;
	for (const struct yaml_entry *e = hosts->entries; e; e = e->next, host++) {
		if (e->value->kind == YAML_MAP)
			read_accounts(r, e->value, &host->accounts);
		read_fields(r, e->value, "a host", FIELDS(host_fields), host);
	}
}
