/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/errand.h"
#include "lab/explain_private.h"
#include "netsim/cleanup.h"

/* Deeper than nft (16) and iptables let rules jump. */
#define DEPTH_MAX 32

/* The chains that a packet is in, from the base chain on. */
struct stack {
	const struct finding *first; /* in the base chain */
	const char *chains[DEPTH_MAX];
	unsigned depth;
};

bool explain_is_at(const struct finding *finding, size_t host, bool reply)
{
	bool told = finding->concerns || finding->sought.family;
	return told && finding->host == host && finding->reply == reply;
}

static bool same_traversal(const struct finding *a, const struct finding *b)
{
	return a->event.id == b->event.id && a->event.legacy == b->event.legacy &&
	       a->event.family == b->event.family && !strcmp(a->event.table, b->event.table) &&
	       !strcmp(a->hook, b->hook);
}

/* Into the chain of a finding: by a jump, or back to where one was. */
static void enter_chain(struct stack *stack, const struct finding *finding)
{
	if (!stack->first || !same_traversal(stack->first, finding)) {
		stack->first = finding;
		stack->depth = 0;
	}
	for (unsigned i = 0; i < stack->depth; i++)
		if (!strcmp(stack->chains[i], finding->event.chain)) {
			stack->depth = i + 1;
			return;
		}
	if (stack->depth < DEPTH_MAX)
		stack->chains[stack->depth++] = finding->event.chain;
}

static void describe_log(const struct finding *finding, struct step *step)
{
	const struct sim_trace_event *event = &finding->event;
	char owner[64] = "";
	if (event->has_owner)
		snprintf(owner, sizeof(owner), ", uid %u, gid %u", event->uid, event->gid);
	step->kind = STEP_LOG;
	snprintf(step->text, sizeof(step->text), "\"%s\" to NFLOG group %u%s", event->prefix,
		 event->group, owner);
}

static void describe_rule(const struct telling *telling, const struct finding *finding,
			  struct step *step)
{
	const struct sim_trace_event *event = &finding->event;
	step->kind = event->kind == SIM_TRACE_POLICY ? STEP_POLICY : STEP_RULE;
	step->drops = finding->fate != SIM_FATE_NONE;
	step->rejects = finding->fate == SIM_FATE_REJECTED;
	snprintf(step->hook, sizeof(step->hook), "%s", finding->hook);
	snprintf(step->table, sizeof(step->table), "%s%s %s", event->legacy ? "legacy " : "",
		 sim_trace_family(event), event->table);
	snprintf(step->chain, sizeof(step->chain), "%s", finding->chain);
	snprintf(step->text, sizeof(step->text), "%s", finding->wording ? finding->wording : "");
	step->line =
		witness_origin(telling->scene->witness, finding, step->file, sizeof(step->file));
}

static int tell_finding(const struct telling *telling, const struct finding *finding,
			struct stack *stack)
{
	struct step step = {.reply = finding->reply};
	if (finding->event.kind == SIM_TRACE_LOG) {
		describe_log(finding, &step);
	} else {
		enter_chain(stack, finding);
		if (finding->event.kind == SIM_TRACE_RETURN)
			return 0;
		describe_rule(telling, finding, &step);
	}
	step.depth = stack->depth ? stack->depth - 1 : 0;
	sim_packet_text(&finding->event.packet, step.packet);
	return telling->each(&step, telling->arg);
}

/* 1 where the way ends there. */
static int tell_host(const struct telling *telling, size_t host, bool reply, struct sim_error *err)
{
	struct stack stack = {.depth = 0};
	struct step step = {.kind = STEP_HOST, .reply = reply};
	snprintf(step.host, sizeof(step.host), "%s",
		 telling->scene->live->plan->scenario->hosts[host].name);
	if (telling->each(&step, telling->arg) < 0)
		return -1;
	for (size_t i = 0; i < telling->count; i++) {
		const struct finding *finding = &telling->findings[i];
		if (!explain_is_at(finding, host, reply))
			continue;
		if (tell_finding(telling, finding, &stack) < 0)
			return -1;
		if (finding->fate != SIM_FATE_NONE)
			return explain_near_misses(telling, finding, err) < 0 ? -1 : 1;
	}
	return 0;
}

static bool has_reply(const struct telling *telling)
{
	for (size_t i = 0; i < telling->count; i++)
		if (telling->findings[i].concerns && telling->findings[i].reply)
			return true;
	return telling->scene->result->sighting.answered;
}

static int tell_all(const struct telling *telling, struct sim_error *err)
{
	autofree size_t *hosts = calloc(telling->scene->live->n_hosts, sizeof(*hosts));
	if (!hosts)
		return sim_fail(err, 0, "the way of a probe: out of memory");
	size_t count = explain_way(telling, hosts);
	if (count && telling->scene->result->outcome.kind == OUTCOME_CONFINED)
		count = 1; /* it never left its own host */
	int end = 0;
	for (size_t i = 0; i < count && !end; i++)
		end = tell_host(telling, hosts[i], false, err);
	for (size_t i = count; i > 0 && !end && has_reply(telling); i--)
		end = tell_host(telling, hosts[i - 1], true, err);
	return end < 0 ? -1 : 0;
}

int explain(const struct explain_scene *scene, int (*each)(const struct step *step, void *arg),
	    void *arg, struct sim_error *err)
{
	const struct probe *probe = &scene->live->plan->scenario->probes[scene->result->probe];
	struct telling telling = {.scene = scene, .each = each, .arg = arg};
	if (errand_identity(scene->live->hosts[probe->from],
			    scenario_actor(&probe->as, scene->result->variant), &telling.identity,
			    err) < 0)
		return -1;
	telling.findings = witness_findings(scene->witness, &telling.count);
	return tell_all(&telling, err);
}
