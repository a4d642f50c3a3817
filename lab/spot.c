/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/spot.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "netsim/cleanup.h"
#include "netsim/link.h"
#include "netsim/listening.h"

struct spot spot_of_host(const struct live *live, size_t host)
{
	struct spot spot = {.host = host};
	snprintf(spot.name, sizeof(spot.name), "%s", plan_host_name(live->plan, host));
	return spot;
}

static struct spot inside(const struct live *live, const struct running *running)
{
	struct spot spot = spot_of_host(live, running->host);
	spot.inside = running;
	snprintf(spot.name, sizeof(spot.name), "%s/%s", plan_host_name(live->plan, running->host),
		 running->daemon->name);
	return spot;
}

struct spot spot_of_actor(const struct live *live, size_t host, const struct actor *actor)
{
	const struct running *running =
		actor->inside ? daemons_find(&live->daemons, host, actor->inside) : NULL;
	autoclose int netns = running ? daemons_open_network(&live->daemons, running) : -1;
	return netns < 0 ? spot_of_host(live, host) : inside(live, running);
}

/* The plan knows all addresses but those that start scripts have given out. */
static size_t owner(const struct live *live, const struct sim_prefix *address)
{
	size_t planned = plan_owner(live->plan, address);
	for (size_t i = 0; planned == NONE && i < live->n_hosts; i++)
		if (live->plan->scenario->hosts[i].n_start &&
		    sim_address_is_own(sim_host_netns(live->hosts[i]), address))
			return i;
	return planned;
}

struct spot spot_of_prefix(const struct live *live, const struct sim_prefix *address)
{
	size_t host = owner(live, address);
	const struct running *running =
		host == NONE ? daemons_owner(&live->daemons, address) : NULL;
	return running ? inside(live, running) : spot_of_host(live, host);
}

struct spot spot_of_address(const struct live *live, const struct spot *source,
			    const struct sockaddr_storage *from, struct sim_prefix *address)
{
	if (!plan_prefix_of(from, address))
		return spot_of_host(live, NONE);
	bool loopback = address->family == AF_INET ? (ntohl(address->v4.s_addr) >> 24) == 127
						   : IN6_IS_ADDR_LOOPBACK(&address->v6);
	return loopback ? *source : spot_of_prefix(live, address);
}

size_t spot_host(const struct spot *spot)
{
	return spot->inside ? NONE : spot->host;
}

int spot_listens(const struct live *live, const struct spot *spot, int protocol,
		 const struct sim_prefix *address, uint16_t port)
{
	if (spot->host == NONE)
		return -1;
	if (spot->inside) {
		autoclose int netns = daemons_open_network(&live->daemons, spot->inside);
		return netns < 0 ? -1 : sim_listens_on(netns, protocol, address, port);
	}
	if (services_listen(&live->plan->scenario->hosts[spot->host], protocol, port))
		return 1;
	if (!live_runs_programs(live, spot->host))
		return 0;
	return sim_listens_on(sim_host_netns(live->hosts[spot->host]), protocol, address, port);
}

int spot_has_way(const struct live *live, const struct spot *spot, const struct sim_prefix *to)
{
	enum sim_way way;
	int status;
	if (spot->host == NONE || !to->family)
		return -1;
	if (spot->inside) {
		autoclose int netns = daemons_open_network(&live->daemons, spot->inside);
		status = netns < 0 ? -1 : sim_way_get_from(netns, to, &way, NULL);
	} else {
		status = sim_way_get(live->hosts[spot->host], to, &way, NULL);
	}
	return status < 0 ? -1 : way == SIM_WAY_OPEN;
}
