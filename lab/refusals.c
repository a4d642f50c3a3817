/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/refusals.h"

#include <stdio.h>
#include <string.h>

#include "lab/plan.h"
#include "netsim/cgroup_filter.h"

struct listening {
	struct refusals *refusals;
	const struct sighting *seen;
};

/* The actor's cgroup is the one with the filter, or lies below it. */
static bool lies_in(const char *cgroup, const char *filtered)
{
	size_t length = strlen(filtered);
	return !strncmp(cgroup, filtered, length) && (!cgroup[length] || cgroup[length] == '/');
}

/* An address may have been changed by NAT before the filter saw it, hardly both it and the port. */
static bool concerns(const struct sighting *seen, const struct sim_packet *packet)
{
	if (packet->protocol != seen->protocol || packet->family != seen->remote.ss_family)
		return false;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return true;
	uint16_t local = plan_port_of(&seen->local);
	return packet->dport == plan_port_of(&seen->remote) || (local && packet->sport == local);
}

static void note(const struct sim_refusal *refusal, void *arg)
{
	const struct listening *listening = arg;
	struct refusals *refusals = listening->refusals;
	if (refusals->found || !lies_in(refusals->cgroup, refusal->cgroup) ||
	    !concerns(listening->seen, &refusal->packet))
		return;
	refusals->found = true;
	refusals->first.cgroup = refusal->cgroup;
	sim_packet_text(&refusal->packet, refusals->first.packet);
}

static void forget(const struct sim_refusal *refusal, void *arg)
{
	(void)refusal;
	(void)arg;
}

int refusals_begin(struct sim_host *host, const char *cgroup, struct refusals *refusals,
		   struct sim_error *err)
{
	*refusals = (struct refusals){.host = host, .cgroup = cgroup};
	return sim_refusals_take(host, forget, NULL, err);
}

int refusals_look(struct refusals *refusals, const struct sighting *seen, struct sim_error *err)
{
	struct listening listening = {refusals, seen};
	return refusals->cgroup ? sim_refusals_take(refusals->host, note, &listening, err) : 0;
}

int refusals_fd(const struct refusals *refusals)
{
	return refusals->cgroup ? sim_refusals_fd(refusals->host) : -1;
}
