/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/scenario_reader.h"

/* A host's routes while they are being read. */
struct route_reading {
	const struct host *host;
	struct route *route;
	bool has_to, has_via;
	bool to_default;
};

static void read_to(struct reader *r, const struct yaml *node, void *into)
{
	struct route_reading *reading = into;
	struct sim_prefix *to = &reading->route->to;
	const char *text;
	if (!read_text(r, node, "'default' or a prefix", &text))
		return;
	reading->to_default = strcmp(text, "default") == 0;
	reading->has_to = reading->to_default || sim_prefix_parse(text, false, to);
	if (!reading->has_to) {
		complain(r, node->place,
			 "%s is neither 'default' nor a prefix such as 10.10.0.0/16",
			 quoted(r, text));
		return;
	}
	struct sim_prefix right = prefix_network(*to);
	if (!reading->to_default && !sim_address_equal(to, &right)) {
		char right_text[SIM_PREFIX_TEXT];
		complain(r, node->place, "%s has host bits set; the prefix is %s", quoted(r, text),
			 sim_prefix_text(&right, right_text));
		reading->has_to = false;
	}
}

static bool network_has(const struct network *network, const struct sim_prefix *address)
{
	for (size_t i = 0; i < network->n_subnets; i++) {
		if (sim_prefix_contains(&network->subnets[i], address))
			return true;
	}
	return false;
}

/* Whether the address is a neighbour's: on a network that the host is on. */
static bool is_on_link(const struct scenario *scenario, const struct host *host,
		       const struct sim_prefix *address)
{
	size_t index = (size_t)(host - scenario->hosts);
	size_t shared = scenario_shared_network(scenario);
	if (has_shared_link(scenario, index) && shared != NONE &&
	    network_has(&scenario->networks[shared], address))
		return true;
	for (size_t i = 0; i < host->n_links; i++) {
		if (network_has(&scenario->networks[host->links[i].network], address))
			return true;
	}
	for (size_t i = 0; i < scenario->n_networks; i++) {
		const struct network *network = &scenario->networks[i];
		if (network->owner == index && network_has(network, address))
			return true;
	}
	return false;
}

static void read_via(struct reader *r, const struct yaml *node, void *into)
{
	struct route_reading *reading = into;
	struct sim_prefix *via = &reading->route->via;
	size_t index = (size_t)(reading->host - r->scenario->hosts);
	const char *text;
	if (!read_text(r, node, "a neighbour's address", &text))
		return;
	if (strchr(text, '/') || !sim_prefix_parse(text, false, via)) {
		complain(r, node->place, "%s is not an address", quoted(r, text));
		return;
	}
	reading->has_via = true;
	char address[SIM_PREFIX_TEXT];
	const struct named *owner = names_find(&r->addresses, sim_address_text(via, address));
	if (owner && owner->value == index)
		complain(r, node->place, "%s is this host's own address (line %u)", address,
			 owner->place.line);
	else if (!r->incomplete && !is_on_link(r->scenario, reading->host, via))
		complain(r, node->place,
			 "%s is on none of the subnets that %s has a link to; a route leads "
			 "through a "
			 "neighbour",
			 address, quoted(r, reading->host->name));
}

static const struct field route_fields[] = {
	{"to", read_to, true},
	{"via", read_via, true},
};

static bool read_route(struct reader *r, const struct yaml *node, struct route_reading *reading)
{
	struct route *route = reading->route;
	*route = (struct route){.place = node->place};
	if (!read_fields(r, node, "a route", FIELDS(route_fields), reading) || !reading->has_to ||
	    !reading->has_via)
		return false;
	if (reading->to_default)
		route->to = (struct sim_prefix){.family = route->via.family};
	if (route->to.family == route->via.family)
		return true;
	complain(r, node->place, "'to' and 'via' are of different families");
	return false;
}

void read_routes(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	struct names known = {0};
	if (!want_list(r, node, "routes"))
		return;
	host->routes = arena_array(r->arena, struct route, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct route_reading reading = {.host = host,
						.route = &host->routes[host->n_routes]};
		if (!read_route(r, e->value, &reading))
			continue;
		char text[SIM_PREFIX_TEXT];
		const char *to = sim_prefix_text(&reading.route->to, text);
		const struct named *twin =
			names_add(&known, r->arena, arena_strdup(r->arena, to), 0, e->value->place);
		if (twin)
			complain(r, e->value->place,
				 "a second route to %s; the first is on line %u",
				 reading.to_default ? "default" : to, twin->place.line);
		host->n_routes++;
	}
}
