/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many ports in one place: "22,80,8000-8010", or a list.  Each is then a probe of its own. */
#include <string.h>

#include "lab/scenario_reader.h"

static bool is_taken(const struct ports *ports, uint64_t first, uint64_t last, unsigned *port)
{
	for (size_t i = 0; i < ports->n_ranges; i++) {
		const struct port_range *range = &ports->ranges[i];
		if (first > range->last || last < range->first)
			continue;
		*port = first > range->first ? (unsigned)first : range->first;
		return true;
	}
	return false;
}

static void add_range(struct reader *r, struct place place, uint64_t first, uint64_t last)
{
	struct ports *ports = &r->ports;
	unsigned twice;
	if (first > last)
		complain(r, place, "%u-%u has no port in it: write the lower one first",
			 (unsigned)first, (unsigned)last);
	else if (is_taken(ports, first, last, &twice))
		complain(r, place, "port %u is there twice", twice);
	else if (ports->n_ranges == PORT_RANGES_MAX)
		complain(r, place, "at most %d ports and ranges can stand here", PORT_RANGES_MAX);
	else
		ports->ranges[ports->n_ranges++] =
			(struct port_range){(uint16_t)first, (uint16_t)last};
}

/* "80" or "8000-8010" */
static void read_range(struct reader *r, const struct yaml *node, size_t offset, size_t length)
{
	const char *text = node->text + offset;
	const char *dash = memchr(text, '-', length);
	size_t digits = dash ? (size_t)(dash - text) : length;
	size_t rest = dash ? digits + 1 : 0;
	uint64_t first;
	uint64_t last;
	if (!parse_number(text, digits, 1, 65535, &first) ||
	    !parse_number(text + rest, length - rest, 1, 65535, &last))
		complain(r, place_within(node, offset, length),
			 "%s is not a port: a decimal number from 1 to 65535 is wanted, or two as "
			 "in 8000-8010",
			 quoted(r, arena_strndup(r->arena, text, length)));
	else
		add_range(r, place_within(node, offset, length), first, last);
}

void read_ports_within(struct reader *r, const struct yaml *node, size_t offset, size_t length)
{
	size_t end = offset + length;
	for (size_t at = offset; at <= end;) {
		const char *comma = memchr(node->text + at, ',', end - at);
		size_t part = comma ? (size_t)(comma - node->text) - at : end - at;
		read_range(r, node, at, part);
		at += part + 1;
	}
}

static void read_item(struct reader *r, const struct yaml *node)
{
	const char *text;
	if (read_text(r, node, "a port, such as 80, or ports, such as 8000-8010", &text))
		read_ports_within(r, node, 0, strlen(text));
}

void read_ports(struct reader *r, const struct yaml *node, void *into)
{
	(void)into;
	if (node->kind != YAML_LIST) {
		read_item(r, node);
		return;
	}
	if (!node->n_entries)
		complain(r, node->place, "a list of ports needs at least one");
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		read_item(r, e->value);
}

static const char *ports_text(struct reader *r)
{
	const char *text = "";
	for (size_t i = 0; i < r->ports.n_ranges; i++) {
		const struct port_range *range = &r->ports.ranges[i];
		text = arena_printf(r->arena, range->first == range->last ? "%s%s%u" : "%s%s%u-%u",
				    text, i ? "," : "", range->first, range->last);
	}
	return text;
}

static void add_probe(struct reader *r, const struct probe *probe)
{
	struct scenario *scenario = r->scenario;
	if (scenario->n_probes == r->probes_room) {
		size_t room = r->probes_room ? 2 * r->probes_room : 16;
		struct probe *grown = arena_array(r->arena, struct probe, room);
		if (scenario->n_probes)
			memcpy(grown, scenario->probes, scenario->n_probes * sizeof(*grown));
		scenario->probes = grown;
		r->probes_room = room;
	}
	scenario->probes[scenario->n_probes++] = *probe;
}

static size_t count_ports(const struct ports *ports)
{
	size_t count = 0;
	for (size_t i = 0; i < ports->n_ranges; i++)
		count += (size_t)(ports->ranges[i].last - ports->ranges[i].first) + 1;
	return count;
}

/* Whether there is room for so many more; complains where it is first used up. */
static bool has_room(struct reader *r, const struct probe *probe, size_t count)
{
	if (r->scenario->n_probes + count <= SCENARIO_PROBES_MAX)
		return true;
	if (!r->probes_full)
		complain(r, probe->place,
			 "this makes more than %d probes, with one for each port: that is too many",
			 SCENARIO_PROBES_MAX);
	r->probes_full = true;
	return false;
}

void settle_ports(struct reader *r, struct probe *probe)
{
	const struct ports *ports = &r->ports;
	size_t count = count_ports(ports);
	if (count == 1)
		probe->port = ports->ranges[0].first;
	if (count <= 1)
		return;
	struct series *series = arena_alloc(r->arena, sizeof(*series));
	series->ports = ports_text(r);
	probe->series = series;
}

void add_probes(struct reader *r, struct probe *probe)
{
	const struct ports *ports = &r->ports;
	size_t count = probe->series ? count_ports(ports) : 1;
	if (!has_room(r, probe, count))
		return;
	if (!probe->series) {
		add_probe(r, probe);
		return;
	}
	probe->series->name = probe->name;
	probe->named = false;
	for (size_t i = 0; i < ports->n_ranges; i++)
		for (unsigned port = ports->ranges[i].first; port <= ports->ranges[i].last;
		     port++) {
			probe->port = (uint16_t)port;
			probe->name = arena_printf(r->arena, "%s: %u", probe->series->name, port);
			add_probe(r, probe);
		}
}
