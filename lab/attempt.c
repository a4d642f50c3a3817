/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/attempt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "lab/errand.h"
#include "lab/expect.h"
#include "lab/probe.h"
#include "lab/probe_here.h"
#include "lab/spot.h"
#include "lab/testimony.h"
#include "lab/translation.h"
#include "lab/verdict.h"
#include "lab/wire.h"
#include "netsim/conntrack.h"
#include "netsim/process.h"

#define ARRIVALS_MAX 256
/* For a child to start, and for the C library's resolver to give up. */
#define GRACE_MS 15000

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
	*attempts = (struct attempts){.live = live, .witness = witness, .variant = variant};
	attempts->sighting = mmap(NULL, sizeof(struct sighting), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (attempts->sighting == MAP_FAILED)
		return sim_fail(err, errno, "memory for what probes see");
	return 0;
}

void attempts_end(struct attempts *attempts)
{
	munmap(attempts->sighting, sizeof(struct sighting));
}

struct child_task {
	const struct errand *errand;
	struct sighting *sighting;
};

static int go(void *arg)
{
	const struct child_task *task = arg;
	probe_go(task->errand, NULL, task->sighting);
	return 0;
}

/* Whether a drop of the packet that is on its way now is the end of the probe. */
static bool ends_with_a_drop(const struct errand *errand, enum stage stage)
{
	switch (errand->probe->kind) {
	case PROBE_CONNECT:
	case PROBE_PING:
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

struct lookout {
	const struct plan *plan;
	struct witness *witness;
	const struct errand *errand;
	const struct sighting *sighting; /* the child is writing it */
	uint64_t decided_ns;
};

/* Elsewhere it may have been a copy (dup, TEE), or NAT's business: then it is waited for. */
static bool is_on_the_way(const struct lookout *lookout, size_t host)
{
	const struct plan *plan = lookout->plan;
	const struct probe *probe = lookout->errand->probe;
	struct sim_prefix remote;
	const struct host *at = &plan->scenario->hosts[host];
	/* A start script may have made it a router. */
	return host == probe->from || at->forwarding || at->n_start ||
	       (plan_prefix_of(&lookout->sighting->remote, &remote) &&
		plan_owner(plan, &remote) == host);
}

/* A rule has dropped the probe's packet: there is nothing to wait for. */
static bool has_been_dropped(void *arg)
{
	struct lookout *lookout = arg;
	if (witness_look(lookout->witness, lookout->sighting, NULL) < 0)
		return false;
	const struct finding *decision = witness_decision(lookout->witness);
	lookout->decided_ns = wire_now_ns();
	return decision && decision->fate == SIM_FATE_DROPPED &&
	       is_on_the_way(lookout, decision->host) &&
	       ends_with_a_drop(lookout->errand, lookout->sighting->stage);
}

/* Make the probe in a child that has the identity for good; -1 when the lab failed. */
static int send_child(struct sim_host *host, const struct sim_identity *identity,
		      const struct errand *errand, const struct sim_watch *watch,
		      struct sighting *sighting, struct sim_error *err)
{
	const struct probe_type *type = probe_type_of(errand->probe->kind);
	struct child_task task = {.errand = errand, .sighting = sighting};
	struct sim_process_result ended = {0};
	if ((type->prepare && type->prepare(err) < 0) ||
	    sim_process_call(host, identity, go, &task, 2 * errand->timeout_ms + GRACE_MS, watch,
			     &ended, err) < 0)
		return -1;
	if (ended.stopped) {
		sighting->stopped = true;
	} else if (ended.timed_out || !WIFEXITED(ended.status) || WEXITSTATUS(ended.status)) {
		/* Whatever it has noted by then cannot be relied on. */
		memset(sighting, 0, sizeof(*sighting));
		snprintf(sighting->trouble, sizeof(sighting->trouble), "the probe's own process %s",
			 ended.timed_out ? "did not end in time" : "died");
	}
	sim_process_result_clear(&ended);
	return 0;
}

/* Make the probe until it ends or has been dropped; -1 when the lab failed. */
static int send_probe(const struct attempts *attempts, struct sim_host *host,
		      const struct sim_identity *identity, const struct errand *errand,
		      struct sim_error *err)
{
	struct witness *witness = attempts->witness;
	struct sighting *sighting = attempts->sighting;
	struct lookout lookout = {.plan = attempts->live->plan,
				  .witness = witness,
				  .errand = errand,
				  .sighting = sighting};
	const struct sim_watch drops = {.fd = witness ? witness_fd(witness) : -1,
					.enough = has_been_dropped,
					.arg = &lookout};
	const struct sim_watch *watch = witness ? &drops : NULL;
	int status = probe_fits_here(errand, identity)
			     ? probe_go_here(host, identity, errand, watch, sighting, err)
			     : send_child(host, identity, errand, watch, sighting, err);
	if (sighting->stopped)
		sighting->elapsed_ns = lookout.decided_ns - sighting->start_ns;
	return status;
}

/* Who takes part in a probe. */
struct cast {
	struct spot source;
	struct spot remote;
	struct spot offender; /* who sent the ICMP error */
	struct spot heard_at; /* where the packet was heard to arrive */
};

/* Where the probe's packet was heard to arrive. */
static struct spot hear_arrival(const struct attempts *attempts, const struct cast *cast)
{
	const struct live *live = attempts->live;
	struct sim_prefix to;
	/* Nobody listens in the network of a daemon, but its host sends packets there. */
	if (witness_destination(attempts->witness, &to)) {
		struct spot spot = spot_of_prefix(live, &to);
		if (spot.inside)
			return spot;
	}
	size_t host = witness_arrival(attempts->witness, live->plan, spot_host(&cast->source),
				      spot_host(&cast->remote));
	return spot_of_host(live, host);
}

static void find_circumstances(const struct attempts *attempts, const struct probe *probe,
			       const struct sighting *sighting, struct cast *cast,
			       struct circumstances *circumstances)
{
	const struct live *live = attempts->live;
	struct sim_prefix remote;
	struct sim_prefix offender;
	cast->source = spot_of_probe(live, probe);
	cast->remote = spot_of_address(live, &cast->source, &sighting->remote, &remote);
	cast->offender = spot_of_address(live, &cast->source, &sighting->icmp.offender, &offender);
	circumstances->source_host = cast->source.name;
	circumstances->remote_host = cast->remote.name;
	circumstances->offender_host = cast->offender.name;
	circumstances->listening = spot_listens(live, &cast->remote, sighting->protocol, &remote,
						plan_port_of(&sighting->remote));
	bool icmp = sighting->icmp.seen && cast->offender.host != NONE;
	circumstances->routed =
		sighting->answered
			? 1
			: spot_has_way(live, icmp ? &cast->offender : &cast->source, &remote);
	if (!attempts->witness)
		return;
	cast->heard_at = hear_arrival(attempts, cast);
	circumstances->heard_at = cast->heard_at.name;
}

static int flush_connections(const struct attempts *attempts, struct sim_error *err)
{
	const struct live *live = attempts->live;
	const struct variant *variant = &live->plan->scenario->variants[attempts->variant];
	for (size_t i = 0; i < variant->n_sets; i++)
		if (sim_conntrack_flush(live->hosts[variant->sets[i].host], err) < 0)
			return -1;
	return 0;
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

static int look_again(const struct attempts *attempts, struct result *result, struct sim_error *err)
{
	const struct second_look *second = &attempts->second_look;
	if (!second->check)
		return 0;
	return second->check(second->arg, result->probe, result->family, &result->outcome, err);
}

/* From what was seen to the result. */
static int conclude(const struct attempts *attempts, const struct errand *errand,
		    const struct server_message *arrivals, size_t n_arrivals, struct result *result,
		    struct sim_error *err)
{
	const struct live *live = attempts->live;
	const struct probe *probe = errand->probe;
	struct circumstances circumstances = {.arrivals = arrivals, .n_arrivals = n_arrivals};
	struct testimony testimony;
	struct cast cast;
	find_circumstances(attempts, probe, &result->sighting, &cast, &circumstances);
	circumstances.log_wanted = scenario_log(probe, attempts->variant);
	int status = testimony_hear(live, attempts->witness, &testimony, &circumstances, err);
	if (status == 0) {
		judge(errand, &result->sighting, &circumstances, &result->outcome);
		status = look_again(attempts, result, err);
	}
	if (status == 0 && result->outcome.kind == OUTCOME_ALLOWED)
		status = translation_follow(live, &result->sighting, &result->outcome.evidence.nat,
					    err);
	if (status == 0) {
		testimony_note_log(&testimony, &result->outcome.evidence);
		result->passed = compare(attempts, &testimony, result);
		result->ms = (double)result->sighting.elapsed_ns / 1e6;
		snprintf(result->from, sizeof(result->from), "%s",
			 plan_host_name(live->plan, probe->from));
	}
	testimony_clear(&testimony);
	return status;
}

/* Begin to listen for a new probe, with the rules as they are by now. */
static int refresh_witness(struct attempts *attempts, struct sim_error *err)
{
	if (attempts->stale && witness_learn_again(attempts->witness, err) < 0)
		return -1;
	attempts->stale = false;
	return witness_reset(attempts->witness, err);
}

int attempt(struct attempts *attempts, size_t index, enum family family, struct result *result,
	    struct sim_error *err)
{
	const struct live *live = attempts->live;
	const struct probe *probe = &live->plan->scenario->probes[index];
	struct sim_host *host = live->hosts[probe->from];
	struct server_message arrivals[ARRIVALS_MAX];
	struct sim_identity identity;
	struct errand errand;
	memset(result, 0, sizeof(*result));
	memset(attempts->sighting, 0, sizeof(*attempts->sighting));
	result->variant = attempts->variant;
	result->probe = index;
	result->family = family;

	bool possible = errand_make(live->plan, probe, family, attempts->count++, &errand);
	errand_describe(&errand, result->target, sizeof(result->target));
	if (!possible)
		snprintf(attempts->sighting->trouble, sizeof(attempts->sighting->trouble),
			 "%s has no %s address", probe->target.text, family_name(family));
	if (daemons_identity(&live->daemons, probe->from, &probe->as, &identity, err) < 0 ||
	    flush_connections(attempts, err) < 0)
		return sim_wrap(err, "probe '%s'", probe->name);
	/* What came late for an earlier probe is not this one's. */
	while (services_arrivals(&live->services, arrivals, ARRIVALS_MAX) == ARRIVALS_MAX)
		;
	if ((attempts->witness && refresh_witness(attempts, err) < 0) ||
	    (possible && send_probe(attempts, host, &identity, &errand, err) < 0) ||
	    (attempts->witness && witness_look(attempts->witness, attempts->sighting, err) < 0))
		return sim_wrap(err, "probe '%s'", probe->name);
	result->sighting = *attempts->sighting;
	attempts->stale = probe->kind == PROBE_RUN;
	if (services_check(&live->services, err) < 0)
		return sim_wrap(err, "probe '%s'", probe->name);
	if (daemons_check(&live->daemons, err) < 0)
		return -1;
	size_t n_arrivals = services_arrivals(&live->services, arrivals, ARRIVALS_MAX);
	return conclude(attempts, &errand, arrivals, n_arrivals, result, err);
}
