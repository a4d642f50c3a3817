/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules that a packet has passed by on its way to the one that decided: in
 * the same table at the same hook, since what a rule elsewhere accepts is
 * dropped here all the same.
 */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "lab/explain_private.h"
#include "lab/near_miss.h"

/* As many are told of one packet: of a long list of open ports nobody wants all. */
#define MISSES_MAX 16

/* The packet's way through a table at a hook, up to what decided. */
struct passage {
	const struct telling *telling;
	const struct finding *decision;
	char in[IF_NAMESIZE];
	char out[IF_NAMESIZE];
	struct near_miss_packet packet;
	unsigned misses; /* told so far */
};

static bool is_of(const struct passage *passage, const struct finding *finding)
{
	const struct finding *decision = passage->decision;
	return explain_is_at(finding, decision->host, decision->reply) &&
	       finding->event.kind != SIM_TRACE_LOG &&
	       finding->event.legacy == decision->event.legacy &&
	       finding->event.family == decision->event.family &&
	       finding->event.id == decision->event.id &&
	       !strcmp(finding->event.table, decision->event.table) &&
	       !strcmp(finding->hook, decision->hook);
}

/* The names of the interfaces, in the host. */
static int look_up_interfaces(void *arg, struct sim_error *err)
{
	(void)err;
	struct passage *passage = arg;
	const struct sim_trace_event *event = &passage->decision->event;
	if (event->in)
		passage->packet.in = if_indextoname(event->in, passage->in);
	if (event->out)
		passage->packet.out = if_indextoname(event->out, passage->out);
	return 0;
}

static uint32_t classid_of(const struct host *host, const char *cgroup)
{
	for (size_t i = 0; cgroup && i < host->n_cgroups; i++)
		if (!strcmp(host->cgroups[i].name, cgroup))
			return host->cgroups[i].classid;
	return 0;
}

/* Only what leaves the probe's own socket has an owner that we know; a program may change its own.
 */
static void look_up_owner(struct passage *passage)
{
	const struct telling *telling = passage->telling;
	const struct scenario *scenario = telling->scene->live->plan->scenario;
	const struct probe *probe = &scenario->probes[telling->scene->result->probe];
	const struct finding *decision = passage->decision;
	if (decision->reply || decision->host != probe->from || probe->kind == PROBE_RUN ||
	    (strcmp(decision->hook, "output") != 0 && strcmp(decision->hook, "postrouting") != 0))
		return;
	passage->packet.has_owner = true;
	passage->packet.uid = telling->identity.uid;
	passage->packet.gid = telling->identity.gid;
	passage->packet.classid =
		classid_of(&scenario->hosts[probe->from], telling->identity.cgroup);
}

static bool has_notrack(const struct passage *passage)
{
	const struct telling *telling = passage->telling;
	for (size_t i = 0; i < telling->count; i++) {
		const struct finding *finding = &telling->findings[i];
		if (finding->host == passage->decision->host && finding->text &&
		    strcasestr(finding->text, "notrack"))
			return true;
	}
	return false;
}

/* Where the kernel does not tell: a probe begins with no connection known. */
static uint32_t possible_states(const struct passage *passage)
{
	const struct sim_trace_event *event = &passage->decision->event;
	const struct sim_packet *packet = &event->packet;
	if (event->ct_state)
		return event->ct_state;
	if (passage->decision->reply || packet->protocol != IPPROTO_TCP ||
	    (packet->tcp_flags & SIM_TCP_ACK))
		return NEAR_MISS_STATES;
	return SIM_CT_NEW | SIM_CT_INVALID | (has_notrack(passage) ? SIM_CT_UNTRACKED : 0);
}

/* How many of a chain's rules the packet has been held against; `last` is the last word of it. */
static size_t count_passed(const struct finding *last, const struct sim_rule *rules, size_t count)
{
	if (last->event.kind != SIM_TRACE_RULE)
		return count;
	for (size_t i = 0; i < count; i++)
		if (rules[i].rule == last->event.rule)
			return i;
	return 0;
}

static bool has_matched(const struct passage *passage, const struct finding *chain, uint64_t rule)
{
	const struct telling *telling = passage->telling;
	for (const struct finding *f = telling->findings; f <= passage->decision; f++)
		if (is_of(passage, f) && f->event.kind == SIM_TRACE_RULE && f->event.rule == rule &&
		    !strcmp(f->event.chain, chain->event.chain))
			return true;
	return false;
}

static int tell_miss(struct passage *passage, const struct finding *chain,
		     const struct sim_rule *rule, const char *but)
{
	const struct telling *telling = passage->telling;
	if (passage->misses++ >= MISSES_MAX)
		return 0;
	struct step step = {.kind = STEP_NEAR_MISS, .reply = passage->decision->reply};
	struct finding missed = *chain;
	missed.event.kind = SIM_TRACE_RULE;
	missed.event.rule = rule->rule;
	snprintf(step.text, sizeof(step.text), "%s", rule->wording);
	snprintf(step.but, sizeof(step.but), "%s", but);
	step.line = witness_origin(telling->scene->witness, &missed, step.file, sizeof(step.file));
	return telling->each(&step, telling->arg);
}

/* Go through the rules of a chain that did not match: for the state, or to tell of those so near.
 */
static int pass_chain(struct passage *passage, const struct finding *chain, enum near_miss near)
{
	size_t count;
	const struct finding *last = chain;
	for (const struct finding *f = chain; f <= passage->decision; f++)
		if (is_of(passage, f) && !strcmp(f->event.chain, chain->event.chain))
			last = f;
	const struct sim_rule *rules =
		witness_rules(passage->telling->scene->witness, chain, &count);
	count = count_passed(last, rules, count);
	for (size_t i = 0; i < count; i++) {
		char but[NEAR_MISS_TEXT];
		bool legacy = chain->event.legacy;
		if (has_matched(passage, chain, rules[i].rule))
			continue;
		if (near == NEAR_MISS_NONE)
			passage->packet.states =
				near_miss_states(rules[i].text, legacy, passage->packet.states);
		else if (near_miss(rules[i].text, legacy, &passage->packet, but) == near &&
			 tell_miss(passage, chain, &rules[i], but) < 0)
			return -1;
	}
	return 0;
}

/* Whether a finding is the passage's first of its chain. */
static bool is_first(const struct passage *passage, const struct finding *finding)
{
	for (const struct finding *f = passage->telling->findings; f < finding; f++)
		if (is_of(passage, f) && !strcmp(f->event.chain, finding->event.chain))
			return false;
	return is_of(passage, finding);
}

int explain_near_misses(const struct telling *telling, const struct finding *decision,
			struct sim_error *err)
{
	struct passage passage = {.telling = telling, .decision = decision};
	/* What rules say of IPv4 is not about it. */
	if (decision->event.packet.arp)
		return 0;
	passage.packet.packet = &decision->event.packet;
	if (!strcmp(decision->hook, "output"))
		passage.packet.in = "";
	if (!strcmp(decision->hook, "prerouting") || !strcmp(decision->hook, "input"))
		passage.packet.out = "";
	if (sim_host_within(telling->scene->live->hosts[decision->host], look_up_interfaces,
			    &passage, err) < 0)
		return -1;
	look_up_owner(&passage);
	passage.packet.states = possible_states(&passage);
	/* First of all, what states are possible. */
	for (enum near_miss near = NEAR_MISS_NONE; near <= NEAR_MISS_PORT; near++)
		for (const struct finding *f = telling->findings; f <= decision; f++)
			if (is_first(&passage, f) && pass_chain(&passage, f, near) < 0)
				return -1;
	return 0;
}
