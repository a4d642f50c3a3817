/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "lab/scenario_reader.h"

#define NETWORKS_MAX 4000

static unsigned family_bits(const struct sim_prefix *prefix)
{
	return prefix->family == AF_INET ? 32 : 128;
}

struct sim_prefix prefix_network(struct sim_prefix prefix)
{
	for (unsigned bit = prefix.length; bit < family_bits(&prefix); bit++)
		prefix.bytes[bit / 8] &= (unsigned char)~(0x80 >> bit % 8);
	return prefix;
}

/* The last address of an IPv4 subnet. */
static struct sim_prefix broadcast(struct sim_prefix prefix)
{
	for (unsigned bit = prefix.length; bit < family_bits(&prefix); bit++)
		prefix.bytes[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	return prefix;
}

bool is_broadcast(const struct reader *r, const struct sim_prefix *address)
{
	for (const struct subnet_place *known = r->subnets; known; known = known->next) {
		struct sim_prefix last = broadcast(known->prefix);
		if (address->family == AF_INET && known->prefix.length < 31 &&
		    sim_address_equal(address, &last))
			return true;
	}
	return false;
}

bool read_prefix(struct reader *r, const struct yaml *node, struct sim_prefix *prefix)
{
	const char *text;
	if (!read_text(r, node, "a prefix such as 10.10.20.0/24", &text))
		return false;
	if (sim_prefix_parse(text, true, prefix))
		return true;
	complain(r, node->place, "%s is not a prefix such as 10.10.20.0/24 or fd00:10:20::/64",
		 quoted(r, text));
	return false;
}

/* Addresses that no network can have: the kernel, or every program, treats them as something else.
 */
static const struct {
	const char *prefix;
	const char *meaning;
} reserved[] = {
	{"0.0.0.0/8", "\"this network\" (RFC 6890)"},
	{"127.0.0.0/8", "every host's own loopback"},
	{"224.0.0.0/4", "multicast"},
	{"240.0.0.0/4", "reserved (RFC 1112)"},
	{"::/96", "reserved, with the loopback address (RFC 4291)"},
	{"::ffff:0:0/96", "IPv4 addresses in IPv6 programs (RFC 4291)"},
	{"fe80::/10", "link-local, which every interface has anyway"},
	{"ff00::/8", "multicast"},
};

static const char *reserved_for(const struct sim_prefix *subnet)
{
	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		struct sim_prefix prefix;
		if (sim_prefix_parse(reserved[i].prefix, true, &prefix) &&
		    sim_prefix_overlaps(&prefix, subnet))
			return reserved[i].meaning;
	}
	return NULL;
}

/* A subnet has room for hosts, is not absurdly wide, and is not for something else. */
static bool check_subnet(struct reader *r, struct place place, const struct sim_prefix *subnet)
{
	bool ipv4 = subnet->family == AF_INET;
	unsigned min = ipv4 ? 8 : 48, max = ipv4 ? 31 : 126;
	char text[SIM_PREFIX_TEXT];
	sim_prefix_text(subnet, text);
	if (subnet->length < min || subnet->length > max) {
		complain(r, place,
			 "%s: an %s subnet is /%u to /%u here; /%u is a good size for a lab", text,
			 ipv4 ? "IPv4" : "IPv6", min, max, ipv4 ? 24 : 64);
		return false;
	}
	const char *meaning = reserved_for(subnet);
	if (meaning)
		complain(r, place, "%s cannot be a network: it is %s", text, meaning);
	return !meaning;
}

/* It overlaps with others or not: that is seen when all are known. */
static void note_subnet(struct reader *r, struct place place, const struct sim_prefix *prefix,
			const struct network *network)
{
	struct subnet_place *subnet = arena_alloc(r->arena, sizeof(*subnet));
	*subnet = (struct subnet_place){
		.next = r->subnets,
		.place = place,
		.prefix = *prefix,
		.network = (size_t)(network - r->scenario->networks),
	};
	r->subnets = subnet;
	r->n_subnets++;
}

static bool read_subnet(struct reader *r, const struct yaml *node, struct sim_prefix *subnet)
{
	if (!read_prefix(r, node, subnet))
		return false;
	struct sim_prefix right = prefix_network(*subnet);
	if (!sim_address_equal(subnet, &right)) {
		char text[SIM_PREFIX_TEXT];
		complain(r, node->place, "%s has host bits set; the subnet is %s",
			 quoted(r, node->text), sim_prefix_text(&right, text));
		return false;
	}
	return check_subnet(r, node->place, subnet);
}

/* What is no good is left out. */
static void read_subnets(struct reader *r, const struct yaml *node, void *into)
{
	struct network *network = into;
	if (!want_list(r, node, "subnets")) {
		mark_network_incomplete(r, network);
		return;
	}
	network->subnets = arena_array(r->arena, struct sim_prefix, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct sim_prefix *subnet = &network->subnets[network->n_subnets];
		if (!read_subnet(r, e->value, subnet)) {
			mark_network_incomplete(r, network);
			continue;
		}
		note_subnet(r, e->value->place, subnet, network);
		network->n_subnets++;
	}
}

static const struct field network_fields[] = {
	{"subnets", read_subnets, false},
};

static struct network *add_network(struct reader *r, const char *name, struct place place)
{
	struct network *network = &r->scenario->networks[r->scenario->n_networks];
	*network = (struct network){.name = name, .place = place, .owner = NONE};
	names_add(&r->networks, r->arena, name, r->scenario->n_networks++, place);
	return network;
}

static bool is_host_address(struct reader *r, struct place place, const struct sim_prefix *address)
{
	struct sim_prefix network = prefix_network(*address), last = broadcast(*address);
	char text[SIM_PREFIX_TEXT];
	if (address->family == AF_INET && address->length >= 31)
		return true;
	const char *what = NULL;
	if (sim_address_equal(address, &network))
		what = address->family == AF_INET ? "network" : "anycast (RFC 4291)";
	else if (address->family == AF_INET && sim_address_equal(address, &last))
		what = "broadcast";
	if (what)
		complain(r, place, "%s is the %s address of its subnet, not one for a host",
			 sim_address_text(address, text), what);
	return !what;
}

bool claim_address(struct reader *r, const struct yaml *node, const struct sim_prefix *address,
		   size_t host)
{
	char text[SIM_PREFIX_TEXT];
	if (!is_host_address(r, node->place, address))
		return false;
	const char *key = arena_strdup(r->arena, sim_address_text(address, text));
	const struct named *taken = names_add(&r->addresses, r->arena, key, host, node->place);
	if (taken)
		complain(r, node->place, "%s is already an address of %s (line %u)", key,
			 quoted(r, r->scenario->hosts[taken->value].name), taken->place.line);
	return !taken;
}

static bool read_bridge_address(struct reader *r, const struct yaml *node, struct network *network)
{
	struct sim_prefix *address = &network->bridge_addresses[network->n_bridge_addresses];
	if (!read_prefix(r, node, address))
		return false;
	struct sim_prefix subnet = prefix_network(*address);
	if (!check_subnet(r, node->place, &subnet) ||
	    !claim_address(r, node, address, network->owner))
		return false;
	network->n_bridge_addresses++;
	for (size_t i = 0; i < network->n_subnets; i++) {
		const struct sim_prefix *known = &network->subnets[i];
		if (known->length == subnet.length && sim_address_equal(known, &subnet))
			return true;
	}
	note_subnet(r, node->place, &subnet, network);
	network->subnets[network->n_subnets++] = subnet;
	return true;
}

static void declare_bridge(struct reader *r, const struct yaml_entry *e, size_t owner)
{
	const char *host = r->scenario->hosts[owner].name;
	struct network *network =
		add_network(r, arena_printf(r->arena, "%s/%s", host, e->key->text), e->key->place);
	network->owner = owner;
	network->bridge = e->key->text;
	bool is_list = want_list(r, e->value, "the host's addresses on the bridge");
	if (is_list && !e->value->n_entries)
		complain(r, e->value->place,
			 "a bridge needs an address of its host, such as [10.10.20.1/24]");
	if (!is_list || !e->value->n_entries) {
		mark_network_incomplete(r, network);
		return;
	}
	network->subnets = arena_array(r->arena, struct sim_prefix, e->value->n_entries);
	network->bridge_addresses = arena_array(r->arena, struct sim_prefix, e->value->n_entries);
	for (const struct yaml_entry *a = e->value->entries; a; a = a->next) {
		if (!read_bridge_address(r, a->value, network))
			mark_network_incomplete(r, network);
	}
}

/* The bridges of a host, as long as it is what a host should be: who reads the host complains. */
static const struct yaml *bridges_of(const struct yaml *host)
{
	const struct yaml *bridges = host->kind == YAML_MAP ? yaml_get(host, "bridges") : NULL;
	return bridges && bridges->kind == YAML_MAP ? bridges : NULL;
}

static int compare(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_prefix(const void *left, const void *right)
{
	const struct subnet_place *a = left, *b = right;
	int order = a->prefix.family - b->prefix.family;
	if (!order)
		order = memcmp(a->prefix.bytes, b->prefix.bytes, sizeof(a->prefix.bytes));
	if (!order)
		order = compare(a->prefix.length, b->prefix.length);
	return order ? order : compare(a->place.line, b->place.line);
}

static bool is_before(struct place a, struct place b)
{
	return a.line < b.line || (a.line == b.line && a.column < b.column);
}

static void complain_overlap(struct reader *r, const struct subnet_place *a,
			     const struct subnet_place *b)
{
	const struct subnet_place *first = is_before(a->place, b->place) ? a : b;
	const struct subnet_place *second = first == a ? b : a;
	char first_text[SIM_PREFIX_TEXT], second_text[SIM_PREFIX_TEXT];
	sim_prefix_text(&first->prefix, first_text);
	sim_prefix_text(&second->prefix, second_text);
	const char *owner = quoted(r, r->scenario->networks[first->network].name);
	if (strcmp(first_text, second_text) == 0)
		complain(r, second->place, "subnet %s is given twice; %s has it too (line %u)",
			 second_text, owner, first->place.line);
	else
		complain(r, second->place, "subnet %s overlaps with %s of %s (line %u)",
			 second_text, first_text, owner, first->place.line);
}

/*
 * Prefixes are nested or apart: sorted by their first address, one overlaps
 * with an earlier one only if it lies within the last that lay in no other.
 */
static void check_overlaps(struct reader *r)
{
	struct subnet_place *all = arena_array(r->arena, struct subnet_place, r->n_subnets);
	size_t n = 0;
	for (const struct subnet_place *s = r->subnets; s; s = s->next)
		all[n++] = *s;
	qsort(all, n, sizeof(*all), by_prefix);
	const struct subnet_place *outer = all;
	for (size_t i = 1; i < n; i++) {
		if (sim_prefix_overlaps(&outer->prefix, &all[i].prefix))
			complain_overlap(r, outer, &all[i]);
		else
			outer = &all[i];
	}
}

static size_t count_networks(const struct yaml *networks, const struct yaml *hosts)
{
	size_t count = networks ? networks->n_entries : 0;
	for (const struct yaml_entry *e = hosts ? hosts->entries : NULL; e; e = e->next) {
		const struct yaml *bridges = bridges_of(e->value);
		count += bridges ? bridges->n_entries : 0;
	}
	return count;
}

void declare_networks(struct reader *r, const struct yaml *networks, const struct yaml *hosts)
{
	size_t count = count_networks(networks, hosts);
	if (count > NETWORKS_MAX) {
		complain(r, (networks ? networks : hosts)->place,
			 "%zu networks and bridges; at most %d are possible", count, NETWORKS_MAX);
		r->networks_unknown = r->incomplete = true;
		return;
	}
	r->scenario->networks = arena_array(r->arena, struct network, count);
	r->network_incomplete = arena_array(r->arena, bool, count);
	for (const struct yaml_entry *e = networks ? networks->entries : NULL; e; e = e->next) {
		check_name(r, e->key, &network_names);
		struct network *network = add_network(r, e->key->text, e->key->place);
		if (!read_fields(r, e->value, "a network", FIELDS(network_fields), network))
			mark_network_incomplete(r, network);
	}
	size_t host = 0;
	for (const struct yaml_entry *e = hosts ? hosts->entries : NULL; e; e = e->next, host++) {
		const struct yaml *bridges = bridges_of(e->value);
		for (const struct yaml_entry *b = bridges ? bridges->entries : NULL; b; b = b->next)
			declare_bridge(r, b, host);
	}
	check_overlaps(r);
}
