/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/egress.h"

#include <stdio.h>
#include <string.h>

#include "lab/plan.h"
#include "netsim/cgroup_filter.h"

struct listening {
	struct egress *egress;
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
	struct egress *egress = listening->egress;
	if (egress->found || !lies_in(egress->cgroup, refusal->cgroup) ||
	    !concerns(listening->seen, &refusal->packet))
		return;
	egress->found = true;
	egress->first.cgroup = refusal->cgroup;
	sim_packet_text(&refusal->packet, egress->first.packet);
}

static void forget(const struct sim_refusal *refusal, void *arg)
{
	(void)refusal;
	(void)arg;
}

int egress_begin(struct sim_host *host, const char *cgroup, struct egress *egress,
		 struct sim_error *err)
{
	*egress = (struct egress){.host = host, .cgroup = cgroup};
	return sim_refusals_take(host, forget, NULL, err);
}

int egress_look(struct egress *egress, const struct sighting *seen, struct sim_error *err)
{
	struct listening listening = {egress, seen};
	return egress->cgroup ? sim_refusals_take(egress->host, note, &listening, err) : 0;
}

int egress_fd(const struct egress *egress)
{
	return egress->cgroup ? sim_refusals_fd(egress->host) : -1;
}
