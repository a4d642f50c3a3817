/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No clock tells which of two hosts was first, but the plan's routes do.  NAT
 * changes where a packet goes, so each host's last word on it counts.  Hosts that
 * no route leads to come last, in the order in which they were heard.
 */
#include <string.h>

#include "lab/explain_private.h"
#include "lab/way.h"

struct way {
	size_t *hosts;
	size_t count;
};

static bool is_on(const struct way *way, size_t host)
{
	for (size_t i = 0; i < way->count; i++)
		if (way->hosts[i] == host)
			return true;
	return false;
}

/* False where the packet has come to its end at this host. */
static bool pass(const struct telling *telling, size_t host, struct sim_prefix *to)
{
	for (size_t i = 0; i < telling->count; i++) {
		const struct finding *finding = &telling->findings[i];
		if (!explain_is_at(finding, host, false))
			continue;
		*to = finding->event.packet.to;
		if (finding->fate != SIM_FATE_NONE)
			return false;
	}
	return true;
}

/* Whether anything is told of a host's part in it. */
static bool has_part(const struct telling *telling, size_t host)
{
	for (size_t i = 0; i < telling->count; i++)
		if (explain_is_at(&telling->findings[i], host, false))
			return true;
	return false;
}

/* From a host to the next: over a third one's bridge, perhaps, which may be its end. */
static size_t cross(const struct telling *telling, size_t from, struct way *way,
		    struct sim_prefix *to)
{
	const struct plan *plan = telling->scene->live->plan;
	size_t next = way_next(plan, from, to);
	size_t bridge = next == NONE || next == from ? NONE : way_bridge(plan, from, next);
	if (bridge == NONE || bridge == from || bridge == next || is_on(way, bridge) ||
	    !has_part(telling, bridge))
		return next;
	way->hosts[way->count++] = bridge;
	return pass(telling, bridge, to) ? next : NONE;
}

static void follow_routes(const struct telling *telling, size_t from, struct sim_prefix to,
			  struct way *way)
{
	for (size_t host = from; host != NONE && !is_on(way, host);) {
		way->hosts[way->count++] = host;
		host = pass(telling, host, &to) ? cross(telling, host, way, &to) : NONE;
	}
}

static size_t host_named(const struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (!strcmp(scenario->hosts[i].name, name))
			return i;
	return NONE;
}

size_t explain_way(const struct telling *telling, size_t *hosts)
{
	const struct result *result = telling->scene->result;
	const struct scenario *scenario = telling->scene->live->plan->scenario;
	struct way way = {.hosts = hosts};
	struct sim_prefix to;
	if (plan_prefix_of(&result->sighting.remote, &to))
		follow_routes(telling, scenario->probes[result->probe].from, to, &way);
	for (size_t i = 0; i < telling->count; i++) {
		const struct finding *finding = &telling->findings[i];
		if ((finding->concerns || finding->sought.family) && !is_on(&way, finding->host))
			hosts[way.count++] = finding->host;
	}
	size_t reached = host_named(scenario, result->outcome.evidence.arrived_at);
	if (way.count && reached != NONE && !is_on(&way, reached))
		hosts[way.count++] = reached;
	return way.count;
}
