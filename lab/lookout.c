/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/lookout.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lab/plan.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"

/* How many addresses of this one's family its host has; 1 where it is nobody's. */
static size_t count_addresses(const struct plan *plan, const struct sim_prefix *address)
{
	size_t count = 0, host = plan_owner(plan, address);
	if (host == NONE)
		return 1;
	for (size_t i = 0; i < plan->hosts[host].n_links; i++) {
		const struct plan_link *link = &plan->hosts[host].links[i];
		for (size_t j = 0; j < link->n_addresses; j++)
			count += link->addresses[j].family == address->family;
	}
	return count;
}

/*
 * A program has other addresses to try, perhaps.  Whoever asks for a name by
 * UDP is told at once that it did not leave the host, and has a word to say.
 */
static bool is_a_programs_end(const struct plan *plan, const struct probe *probe,
			      const struct finding *decision)
{
	const struct sim_packet *packet = &decision->event.packet;
	if (packet->protocol == IPPROTO_UDP)
		return decision->host != probe->from || strcmp(decision->hook, "output") != 0;
	return count_addresses(plan, decision->reply ? &packet->from : &packet->to) == 1;
}

/* Whether this drop, of the packet that is on its way now, is the end of the probe. */
static bool ends_with_a_drop(const struct errand *errand, enum stage stage)
{
	switch (errand->probe->kind) {
	case PROBE_CONNECT:
	case PROBE_PING:
	case PROBE_APT:
		return true;
	case PROBE_RESOLVE: /* the C library may have another server to ask */
		return errand->probe->target.text != NULL;
	case PROBE_FETCH:
		return stage == STAGE_CONNECT;
	case PROBE_RUN:
		break;
	}
	return false;
}

/* Elsewhere it may have been a copy (dup, TEE), or NAT's business: then it is waited for. */
static bool is_on_the_way(const struct lookout *lookout, size_t host)
{
	const struct plan *plan = lookout->plan;
	const struct probe *probe = lookout->errand->probe;
	struct sim_prefix remote;
	const struct host *at = &plan->scenario->hosts[host];
	/* A start script may have made it a router. */
	return lookout->sighting->any_packet || host == probe->from || at->forwarding ||
	       at->n_start ||
	       (plan_prefix_of(&lookout->sighting->remote, &remote) &&
		plan_owner(plan, &remote) == host);
}

static bool has_been_dropped(struct lookout *lookout)
{
	if (!lookout->witness || witness_look(lookout->witness, lookout->sighting, NULL) < 0)
		return false;
	const struct finding *decision = witness_decision(lookout->witness);
	const struct loss *loss = witness_loss(lookout->witness);
	/* Of a rule that rejects, an error is to come. */
	if (decision)
		return decision->fate == SIM_FATE_DROPPED &&
		       (decision->meant || is_on_the_way(lookout, decision->host)) &&
		       (!lookout->sighting->any_packet ||
			is_a_programs_end(lookout->plan, lookout->errand->probe, decision));
	/* Which of a program's packets it cannot do without is not known. */
	return loss && !lookout->sighting->any_packet && losses_is_final(loss) &&
	       is_on_the_way(lookout, loss->drop.host);
}

static bool has_been_filtered(struct lookout *lookout)
{
	return egress_look(lookout->egress, lookout->sighting, NULL) == 0 && lookout->egress->found;
}

/* The probe's packet is gone: there is nothing to wait for. */
static bool is_decided(void *arg)
{
	struct lookout *lookout = arg;
	/* As it is before the look: the child goes on meanwhile, to packets not looked at. */
	enum stage stage = __atomic_load_n(&lookout->sighting->stage, __ATOMIC_ACQUIRE);
	bool gone = has_been_dropped(lookout) || has_been_filtered(lookout);
	lookout->decided_ns = wire_now_ns();
	return gone && !lookout->to_the_end && ends_with_a_drop(lookout->errand, stage);
}

/* One descriptor for the news of two. */
static int join(int a, int b, struct sim_error *err)
{
	autoclose int both = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	if (both < 0 || epoll_ctl(both, EPOLL_CTL_ADD, a, &event) < 0 ||
	    epoll_ctl(both, EPOLL_CTL_ADD, b, &event) < 0)
		return sim_fail(err, errno, "cannot listen for news of a probe");
	return steal_fd(&both);
}

int lookout_open(struct lookout *lookout, struct sim_watch *news, struct sim_error *err)
{
	int traces = lookout->witness ? witness_fd(lookout->witness) : -1;
	int filters = egress_fd(lookout->egress);
	bool several = traces >= 0 && filters >= 0;
	lookout->both = several ? join(traces, filters, err) : -1;
	if (several && lookout->both < 0)
		return -1;
	*news = (struct sim_watch){
		.fd = several	     ? lookout->both
		      : filters >= 0 ? filters
				     : traces,
		.enough = is_decided,
		.arg = lookout,
	};
	return 0;
}

void lookout_close(struct lookout *lookout)
{
	if (lookout->both >= 0)
		close(lookout->both);
}
