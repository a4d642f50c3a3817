/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who takes part in a probe: from addresses to hosts, through what NAT has made of them. */
#include <string.h>

#include "lab/attempt_private.h"
#include "lab/plan.h"
#include "lab/services.h"
#include "lab/witness.h"

/*
 * Where the probe's packet is known to have arrived; false where nobody can know.
 * Nobody listens in the network of a daemon: what was answered from an address
 * there has arrived there.
 */
static bool find_arrival(const struct attempts *attempts, struct cast *cast)
{
	const struct live *live = attempts->live;
	cast->arrived = cast->target;
	if (cast->arrived.inside || !attempts->witness)
		return cast->arrived.inside;
	size_t host = witness_arrival(attempts->witness, spot_host(&cast->remote));
	cast->arrived = spot_of_host(live, host);
	return true;
}

/*
 * Whom the packet was for in the end, as far as anybody knows, and who listens
 * there: a connection that was refused is in no books any more.
 */
static void find_target(const struct attempts *attempts, struct go *go,
			const struct sim_prefix *remote)
{
	const struct live *live = attempts->live;
	struct circumstances *known = &go->circumstances;
	const struct sim_packet *sent = attempts->witness && !go->seen.any_packet
						? witness_packet(attempts->witness)
						: NULL;
	const struct sim_packet *after = go->nat.after.family ? &go->nat.after : sent;
	struct sim_prefix to = *remote;
	uint16_t port = plan_port_of(&go->seen.remote);
	go->cast.target = go->cast.remote;
	if (after && remote->family == after->to.family &&
	    !(sim_address_equal(&after->to, remote) && after->dport == port)) {
		to = after->to;
		port = after->dport;
		go->cast.target = spot_of_prefix(live, &to);
		known->target_host = go->cast.target.name;
		known->target_port = port;
	}
	known->listening = spot_listens(live, &go->cast.target, go->seen.protocol, &to, port);
}

/*
 * Whether it came to a daemon, not to a service of ours: by NAT, or at a host that it was not
 * for, whose socket takes what is for others (TPROXY), as no service's of ours does.
 */
static bool is_diverted(const struct attempts *attempts, const struct go *go)
{
	const struct scenario *scenario = attempts->live->plan->scenario;
	const struct cast *cast = &go->cast;
	const struct circumstances *known = &go->circumstances;
	if (!known->target_host)
		return cast->arrived.host != NONE && cast->arrived.host != cast->remote.host;
	return cast->target.inside || (cast->target.host != NONE &&
				       !services_listen(&scenario->hosts[cast->target.host],
							go->seen.protocol, known->target_port));
}

/* Whose rules nobody hears. */
static void find_unheard(const struct cast *cast, struct circumstances *known)
{
	const struct spot *const spots[] = {&cast->offender, &cast->target, &cast->source};
	for (size_t i = 0; i < sizeof(spots) / sizeof(*spots); i++) {
		if (!spots[i]->inside)
			continue;
		known->unheard_others |=
			known->unheard && strcmp(known->unheard, spots[i]->name) != 0;
		if (!known->unheard)
			known->unheard = spots[i]->name;
	}
}

/*
 * Whose error it is, and whether that host has a way to where the packet was for: by
 * the address that it comes from, but for what NAT has made of that.
 */
static void find_offender(const struct attempts *attempts, struct go *go,
			  const struct sim_prefix *remote)
{
	const struct live *live = attempts->live;
	struct cast *cast = &go->cast;
	struct sim_prefix address;
	const struct sim_packet *after = go->nat.after.family ? &go->nat.after : NULL;
	const struct sim_prefix *to = after ? &after->to : remote;
	cast->offender = spot_of_address(live, &cast->source, &go->seen.icmp.offender, &address);
	if (cast->offender.host == NONE)
		return;
	go->circumstances.routed = spot_has_way(live, &cast->offender, to);
	size_t named = spot_host(&cast->offender);
	if (named == NONE || !attempts->witness)
		return;
	size_t host = witness_complainer(attempts->witness, named, after);
	if (host == named || host == NONE)
		return;
	cast->offender = spot_of_host(live, host);
	/* Where it is not known what NAT has made of it, nor is the way. */
	go->circumstances.routed = after ? spot_has_way(live, &cast->offender, to) : -1;
}

void circumstances_find(const struct attempts *attempts, struct go *go)
{
	const struct live *live = attempts->live;
	const struct sighting *seen = &go->seen;
	struct cast *cast = &go->cast;
	struct circumstances *known = &go->circumstances;
	struct sim_prefix remote;
	cast->source = spot_of_actor(live, go->errand.probe->from, go->actor);
	cast->remote = spot_of_address(live, &cast->source, &seen->remote, &remote);
	cast->offender = spot_of_host(live, NONE);
	known->routed = seen->answered ? 1 : spot_has_way(live, &cast->source, &remote);
	if (seen->icmp.seen)
		find_offender(attempts, go, &remote);
	known->source_host = cast->source.name;
	known->remote_host = cast->remote.name;
	known->offender_host = cast->offender.name;
	find_target(attempts, go, &remote);
	find_unheard(cast, known);
	if (find_arrival(attempts, cast))
		known->heard_at = cast->arrived.name;
	known->diverted = is_diverted(attempts, go);
	known->taken = attempts->witness && witness_took(attempts->witness, cast->target.host);
}
