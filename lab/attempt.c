/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/attempt_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lab/activity.h"
#include "lab/confined.h"
#include "lab/egress.h"
#include "lab/errand.h"
#include "lab/expect.h"
#include "lab/lookout.h"
#include "lab/probe_child.h"
#include "lab/probe_here.h"
#include "lab/spot.h"
#include "lab/testimony.h"
#include "lab/translation.h"
#include "lab/verdict.h"

#define ARRIVALS_MAX 256

size_t attempt_families(const struct probe *probe, enum family families[2])
{
	if (probe->kind == PROBE_RUN || probe->family != FAMILY_ANY) {
		families[0] = probe->kind == PROBE_RUN ? FAMILY_ANY : probe->family;
		return 1;
	}
	families[0] = FAMILY_IPV4;
	families[1] = FAMILY_IPV6;
	return 2;
}

int attempts_begin(const struct live *live, struct witness *witness, size_t variant,
		   struct attempts *attempts, struct sim_error *err)
{
	*attempts =
		(struct attempts){.live = live, .witness = witness, .variant = variant, .fault = 3};
	attempts->sighting = probe_sighting_new(err);
	if (!attempts->sighting)
		return -1;
	attempts->arrivals = calloc(ARRIVALS_MAX, sizeof(*attempts->arrivals));
	if (!attempts->arrivals)
		sim_fail(err, ENOMEM, "memory for what services see");
	else if (deliveries_open(live, &attempts->deliveries, err) == 0 &&
		 stale_flows_open(live, &attempts->stale_flows, err) == 0)
		return 0;
	attempts_end(attempts);
	return -1;
}

void attempts_end(struct attempts *attempts)
{
	probe_sighting_free(attempts->sighting);
	stale_flows_close(&attempts->stale_flows);
	deliveries_close(&attempts->deliveries);
	free(attempts->arrivals);
}

/* Whether it is to be known what becomes of it where it is not answered. */
static bool wants_delivery(const struct attempts *attempts, const struct go *go)
{
	return attempts->witness && go->possible && delivery_is_wanted(go->errand.probe);
}

/* Make the probe until it ends or its packet is gone; -1 when the lab failed. */
static int send_probe(const struct attempts *attempts, struct sim_host *host,
		      const struct sim_identity *identity, struct go *go, struct sim_error *err)
{
	struct sighting *sighting = attempts->sighting;
	struct lookout lookout = {.plan = attempts->live->plan,
				  .witness = attempts->witness,
				  .egress = &go->egress,
				  .to_the_end = go->to_the_end,
				  .errand = &go->errand,
				  .sighting = sighting};
	struct sim_watch news;
	if (lookout_open(&lookout, &news, err) < 0)
		return -1;
	const struct sim_watch *watch = news.fd >= 0 ? &news : NULL;
	int status = (probe_fits_here(&go->errand, identity) ? probe_go_here : probe_go_child)(
		host, identity, &go->errand, watch, sighting, err);
	lookout_close(&lookout);
	if (status == 0 && sighting->stopped)
		sighting->elapsed_ns = lookout.decided_ns - sighting->start_ns;
	return status;
}

/* Whether it all is as the scenario says. */
static bool compare(const struct attempts *attempts, const struct testimony *testimony,
		    struct result *result)
{
	const struct plan *plan = attempts->live->plan;
	const struct probe *probe = &plan->scenario->probes[result->probe];
	const struct evidence *evidence = &result->outcome.evidence;
	struct wanted wanted = {
		.expectation = scenario_expectation(probe, attempts->variant, result->family),
		.output = scenario_output(probe, attempts->variant),
		.log = scenario_log(probe, attempts->variant),
	};
	wanted.at_host = wanted.expectation->spot ? wanted.expectation->spot
						  : plan_host_name(plan, wanted.expectation->at);
	wanted.log_host = plan_host_name(plan, wanted.log ? wanted.log->at : NONE);
	struct happened happened = {
		.outcome = &result->outcome,
		.sighting = &result->sighting,
		.rule = *evidence->rule ? testimony->decision.rule : "",
		.log = testimony->log,
		.n_log = testimony->n_log,
		.bare = !attempts->witness,
	};
	snprintf(result->expected, sizeof(result->expected), "%s", wanted.expectation->text);
	return meets(&wanted, &happened, result->complaint, sizeof(result->complaint));
}

/* Where the packet went, as far as hosts can be asked. */
static int look_for_it(const struct attempts *attempts, struct go *go, struct sim_error *err)
{
	/* Of what a rule has denied, its own way has told. */
	bool denied = attempts->witness && witness_decision(attempts->witness);
	if ((go->seen.answered || !denied) &&
	    translation_follow(attempts->live, &go->seen, &go->nat, err) < 0)
		return -1;
	go->delivered = (struct delivered){.host = ""};
	return wants_delivery(attempts, go) && go->seen.timed_out
		       ? deliveries_find(&attempts->deliveries, attempts->witness, &go->seen,
					 &go->nat, &go->delivered, err)
		       : 0;
}

/* Whether no rule can have had to do with the connection without being heard. */
static bool is_followed(const struct attempts *attempts, const struct go *go)
{
	const struct circumstances *known = &go->circumstances;
	/* Behind another port nobody has listened to all of it. */
	bool elsewhere = known->target_host && known->target_port != plan_port_of(&go->seen.remote);
	return attempts->witness &&
	       (witness_is_idle(attempts->witness) || (go->followed && !elsewhere));
}

/* From what was seen to what it means. */
static int weigh(const struct attempts *attempts, struct go *go, struct sim_error *err)
{
	struct circumstances *known = &go->circumstances;
	*known = (struct circumstances){.arrivals = attempts->arrivals,
					.n_arrivals = go->n_arrivals};
	known->delivered = *go->delivered.host ? &go->delivered : NULL;
	circumstances_find(attempts, go);
	known->log_wanted = scenario_log(go->errand.probe, attempts->variant);
	known->followed = is_followed(attempts, go);
	known->filtered = go->egress.found ? &go->egress.first : NULL;
	if (testimony_hear(attempts->live, attempts->witness, &go->testimony, known, err) < 0)
		return -1;
	judge(&go->errand, &go->seen, known, &go->outcome);
	return 0;
}

/* It came to nothing, and nobody was heard to have had a hand in that. */
static bool is_unexplained(const struct attempts *attempts, const struct go *go)
{
	const struct sighting *seen = &go->seen;
	enum probe_kind kind = go->errand.probe->kind;
	bool not_permitted = seen->error == EPERM && seen->call == CALL_SEND;
	/* It gives up by itself. */
	bool cut_off = kind == PROBE_APT && apt_is_cut_off(seen->output);
	return attempts->witness && kind != PROBE_RUN && !*go->delivered.host &&
	       (seen->timed_out || not_permitted || cut_off) && !seen->icmp.seen &&
	       !go->egress.found && !witness_decision(attempts->witness);
}

/*
 * The connection was there, and then it was reset, failed or fell silent, and no rule was heard
 * to have had a hand in that: it may have been about a segment that nobody listened to.
 */
static bool is_cut_short(const struct attempts *attempts, const struct go *go)
{
	const struct sighting *seen = &go->seen;
	if (!attempts->witness || witness_is_idle(attempts->witness) || go->followed ||
	    seen->protocol != IPPROTO_TCP || seen->any_packet || go->egress.found ||
	    witness_decision(attempts->witness))
		return false;
	const struct loss *loss = witness_loss(attempts->witness);
	bool by_firewall = !loss || loss->reason->kind == SIM_DROP_NETFILTER;
	bool failed = seen->error && !sim_is_lack(seen->error);
	bool over = seen->stage == STAGE_ANSWER && !seen->answered && !seen->icmp.seen &&
		    (seen->timed_out || seen->stopped || failed);
	return seen->reset || (over && by_firewall);
}

/*
 * The port whose connection is listened to as a whole from the beginning, where there are
 * rules that it might meet: that of a daemon, who may do with it what a rule does, too.  A
 * second connection would be counted by the rules as well.
 */
static uint16_t choose_followed(const struct attempts *attempts, const struct spot *start,
				const struct go *go)
{
	const struct errand *errand = &go->errand;
	struct sim_prefix address;
	if (!attempts->witness || !go->possible || errand->expects_arrival ||
	    errand->probe->kind != PROBE_CONNECT || errand->probe->protocol != IPPROTO_TCP ||
	    witness_is_idle(attempts->witness))
		return 0;
	const struct spot target = spot_of_address(attempts->live, start, &errand->to, &address);
	uint16_t port = plan_port_of(&errand->to);
	return spot_listens(attempts->live, &target, IPPROTO_TCP, &address, port) ? port : 0;
}

/*
 * Where connections are counted, the kernel looks once in a tick of its clock at most whether
 * those it has counted are over, and of one that another processor has counted, and that is
 * forgotten, it believes that after two (net/netfilter/nf_conncount.c).
 */
static void outlast_counts(void)
{
	struct timespec tick = {0};
	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	tick.tv_nsec *= 3;
	while (nanosleep(&tick, &tick) < 0 && errno == EINTR)
		;
}

/* A new probe begins, sent from there: hear nothing of the one before, and all of this one. */
static int prick_up_ears(struct attempts *attempts, const struct spot *start, struct go *go,
			 struct sim_error *err)
{
	struct witness *witness = attempts->witness;
	if (!witness)
		return 0;
	if (witness_reset(witness, spot_host(start), err) < 0)
		return -1;
	if (witness_sees_counts(witness))
		outlast_counts();
	if (!go->followed)
		go->followed = choose_followed(attempts, start, go);
	return witness_follow(witness, go->followed, err);
}

/* Send it, as `identity`, and look at what comes of it. */
static int try(struct attempts *attempts, const struct sim_identity *identity, struct go *go,
	       struct sim_error *err)
{
	const struct live *live = attempts->live;
	const struct probe *probe = go->errand.probe;
	struct sim_host *host = live->hosts[probe->from];
	const struct spot start = spot_of_actor(live, probe->from, go->actor);
	if (stale_flows_forget(&attempts->stale_flows, probe, attempts->sighting, err) < 0)
		return -1;
	memset(attempts->sighting, 0, sizeof(*attempts->sighting));
	go->errand.output = scenario_output(probe, attempts->variant);
	if (!go->possible)
		snprintf(attempts->sighting->trouble, sizeof(attempts->sighting->trouble),
			 "%s has no %s address", probe->target.text,
			 go->errand.family == AF_INET6 ? "ipv6" : "ipv4");
	if (egress_begin(host, identity->cgroup, &go->egress, err) < 0)
		return -1;
	/* What came late for an earlier probe is not this one's. */
	do {
		if (services_arrivals(&live->services, attempts->arrivals, ARRIVALS_MAX,
				      &go->n_arrivals, err) < 0)
			return -1;
	} while (go->n_arrivals == ARRIVALS_MAX);
	if (prick_up_ears(attempts, &start, go, err) < 0 ||
	    (wants_delivery(attempts, go) && deliveries_begin(&attempts->deliveries, err) < 0) ||
	    (go->possible && send_probe(attempts, host, identity, go, err) < 0) ||
	    (attempts->witness && witness_settle(attempts->witness, attempts->sighting, err) < 0) ||
	    egress_look(&go->egress, attempts->sighting, err) < 0)
		return -1;
	go->seen = *attempts->sighting;
	if (services_arrivals(&live->services, attempts->arrivals, ARRIVALS_MAX, &go->n_arrivals,
			      err) < 0 ||
	    daemons_check(&live->daemons, err) < 0)
		return -1;
	if (look_for_it(attempts, go, err) < 0)
		return -1;
	go->cut_short = is_cut_short(attempts, go);
	go->deserves_another =
		is_unexplained(attempts, go) && witness_watch_losses(attempts->witness);
	return weigh(attempts, go, err);
}

/* The same once more; with an ear to each segment where the first was cut short. */
static int try_again(struct attempts *attempts, enum family family,
		     const struct sim_identity *identity, const struct go *first, struct go *second,
		     struct sim_error *err)
{
	*second = (struct go){.actor = first->actor, .to_the_end = first->seen.reset};
	if (first->cut_short)
		second->followed = plan_port_of(&first->seen.remote);
	second->possible = errand_make(attempts->live->plan, first->errand.probe, family,
				       attempts->count++, &second->errand);
	/* Who stands in for a service of ours need not have an answer for us. */
	second->errand.expects_arrival &= !first->circumstances.diverted;
	return try(attempts, identity, second, err);
}

/* Whether the second go has come as far as the first, and tells more of what befell it there. */
static bool tells_more(const struct attempts *attempts, const struct go *first,
		       const struct go *second)
{
	const struct sighting *seen = &second->seen;
	if (*second->outcome.evidence.reason || !first->cut_short)
		return *second->outcome.evidence.reason;
	return seen->reset || (seen->answered && first->circumstances.diverted) ||
	       (seen->stage >= STAGE_ANSWER && witness_decision(attempts->witness));
}

/*
 * The same once more, now that more can be heard: the kernel's own word, and, where
 * the connection was there and then came to nothing, each of its segments, as only the
 * first are otherwise listened to.  It takes the first one's place, in `counts`, where
 * that tells something.  Another outcome than before is not what this is about.
 */
static int look_closer(struct attempts *attempts, enum family family,
		       const struct sim_identity *identity, struct go *second, struct go **counts,
		       struct sim_error *err)
{
	const struct go *first = *counts;
	if (!first->deserves_another && !first->cut_short)
		return 0;
	if (try_again(attempts, family, identity, first, second, err) < 0)
		return -1;
	if (tells_more(attempts, first, second))
		*counts = second;
	return 0;
}

/*
 * Where a confinement may have stopped the probe: the same once more, under the
 * same policies, but not confined.
 */
static int look_unconfined(struct attempts *attempts, enum family family,
			   struct sim_identity identity, struct go *first, struct sim_error *err)
{
	const struct circumstances *known = &first->circumstances;
	const char *suspect = confined_suspect(&identity.confinement, &first->seen);
	if (!suspect || first->outcome.kind == OUTCOME_EXITED ||
	    first->outcome.kind == OUTCOME_CONFINED || (known->traced && *known->last_seen))
		return 0;
	struct go second;
	identity.confinement = (struct sim_confinement){0};
	int status = try_again(attempts, family, &identity, first, &second, err);
	if (status == 0 && sim_is_lack(second.seen.error))
		first->outcome = second.outcome;
	else if (status == 0)
		confined_conclude(suspect, &first->seen, &second.seen, &second.outcome,
				  known->source_host, &first->outcome);
	testimony_clear(&second.testimony);
	/* What netfilter told of it is not what befell the probe. */
	if (status == 0 && attempts->witness)
		status = witness_reset(attempts->witness, NONE, err);
	return status;
}

static int look_again(const struct attempts *attempts, bool elsewhere, struct result *result,
		      struct sim_error *err)
{
	const struct second_look *second = &attempts->second_look;
	/* Without the policy the packet would be for somebody else: that proves nothing. */
	if (!second->check || elsewhere)
		return 0;
	return second->check(second->arg, result->probe, result->family, &result->outcome, err);
}

/* From what happened to the result. */
static int conclude(const struct attempts *attempts, const struct go *go, struct result *result,
		    struct sim_error *err)
{
	const struct plan *plan = attempts->live->plan;
	result->sighting = go->seen;
	result->outcome = go->outcome;
	if (look_again(attempts, go->circumstances.target_host, result, err) < 0)
		return -1;
	if (result->outcome.kind == OUTCOME_ALLOWED)
		result->outcome.evidence.nat = go->nat;
	testimony_note_log(&go->testimony, &result->outcome.evidence);
	result->passed = compare(attempts, &go->testimony, result);
	result->ms = (double)result->sighting.elapsed_ns / 1e6;
	snprintf(result->from, sizeof(result->from), "%s",
		 plan_host_name(plan, go->errand.probe->from));
	return 0;
}

/* Whom the scenario wants there is nobody to be: its place goes in front. */
static int blame_actor(struct attempts *attempts, const struct probe *probe,
		       const struct actor *actor, struct sim_error *err)
{
	const struct place *place = actor->place.line ? &actor->place : &probe->place;
	attempts->fault = 2;
	return sim_wrap(err, "%s:%u:%u: error: probe '%s'", attempts->live->plan->scenario->file,
			place->line, place->column, probe->name);
}

int attempt(struct attempts *attempts, size_t index, enum family family, struct result *result,
	    struct sim_error *err)
{
	const struct live *live = attempts->live;
	const struct probe *probe = &live->plan->scenario->probes[index];
	struct sim_identity identity;
	struct go go = {.actor = scenario_actor(&probe->as, attempts->variant)};
	struct go second = {0};
	struct go *counts = &go;
	activity_is("probe '%s'%s%s was under way", probe->name, *family_name(family) ? ", " : "",
		    family_name(family));
	memset(result, 0, sizeof(*result));
	result->variant = attempts->variant;
	result->probe = index;
	result->family = family;
	go.possible = errand_make(live->plan, probe, family, attempts->count++, &go.errand);
	errand_describe(&go.errand, result->target, sizeof(result->target));
	if (daemons_identity(&live->daemons, probe->from, go.actor, &identity, err) < 0)
		return blame_actor(attempts, probe, go.actor, err);
	int status = try(attempts, &identity, &go, err);
	if (status == 0)
		status = look_closer(attempts, family, &identity, &second, &counts, err);
	if (status == 0)
		status = look_unconfined(attempts, family, identity, counts, err);
	if (status == 0)
		status = conclude(attempts, counts, result, err);
	testimony_clear(&go.testimony);
	testimony_clear(&second.testimony);
	return status < 0 ? sim_wrap(err, "probe '%s'", probe->name) : 0;
}
