/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/bridged.h"

#include <linux/netfilter.h>
#include <net/if.h>
#include <string.h>

#include "lab/way.h"

/* The hosts behind the bridge's ports that a packet came and goes by; NONE: it is no such port. */
struct ports {
	const struct plan *plan;
	const struct finding *finding;
	size_t in;
	size_t out;
};

static size_t behind(const struct ports *ports, unsigned index)
{
	char name[IF_NAMESIZE];
	return index && if_indextoname(index, name)
		       ? way_behind(ports->plan, ports->finding->host, name)
		       : NONE;
}

/* With this thread in the host's network. */
static int look_up_ports(void *arg, struct sim_error *err)
{
	(void)err;
	struct ports *ports = arg;
	ports->in = behind(ports, ports->finding->event.in);
	ports->out = behind(ports, ports->finding->event.out);
	return 0;
}

/* Whether its rules see all that a bridge or a device does, not only what is the host's own. */
static bool sees_all(const struct finding *finding)
{
	const struct sim_trace_event *event = &finding->event;
	return !event->legacy &&
	       (event->family == NFPROTO_BRIDGE || event->family == NFPROTO_ARP ||
		event->family == NFPROTO_NETDEV || !strcmp(finding->hook, "ingress"));
}

bool bridged_finds(const struct plan *plan, struct sim_host *host, const struct finding *finding,
		   const struct sim_prefix *neighbour)
{
	const struct sim_trace_event *event = &finding->event;
	struct ports ports = {plan, finding, NONE, NONE};
	struct sim_error err;
	if (!sees_all(finding))
		return true;
	bool asks = sim_packet_seeks(&event->packet, neighbour);
	size_t to = plan_owner(plan, asks ? neighbour : &event->packet.to);
	/* An answer goes to one alone, whose address may be none of the plan's (fe80::). */
	if (to == NONE)
		return !asks;
	if (sim_host_within(host, look_up_ports, &ports, &err) < 0)
		return false;
	bool bridge = event->family == NFPROTO_BRIDGE;
	if (event->out)
		return ports.out != NONE ? ports.out == to : !bridge;
	if (bridge ? !strcmp(finding->hook, "prerouting") : ports.in != NONE)
		return true; /* the only one, before there are copies */
	return to == finding->host;
}

enum bridged bridged_look(const struct plan *plan, struct sim_host *host,
			  const struct finding *finding)
{
	const struct sim_trace_event *event = &finding->event;
	struct ports ports = {plan, finding, NONE, NONE};
	struct sim_error err;
	if (!sees_all(finding) || !event->out)
		return BRIDGED_UNKNOWN;
	size_t to = plan_owner(plan, &event->packet.to);
	if (to == NONE || sim_host_within(host, look_up_ports, &ports, &err) < 0 ||
	    ports.out == NONE)
		return BRIDGED_UNKNOWN;
	if (ports.out == to)
		return BRIDGED_MEANT;
	/* A start script may have made it a router. */
	const struct host *other = &plan->scenario->hosts[ports.out];
	return other->forwarding || other->n_start ? BRIDGED_UNKNOWN : BRIDGED_COPY;
}
