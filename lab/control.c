/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/attempt.h"
#include "lab/delivery.h"
#include "lab/live.h"
#include "lab/witness.h"

struct control {
	const struct plan *plan;
	const struct sim_cgroups *cgroups;
	size_t variant;
	bool always;
	bool is_up;
	bool bare;
	struct live live;
	struct attempts attempts;
	struct witness *witness; /* NULL: nobody has listened yet */
};

struct control *control_new(const struct plan *plan, const struct sim_cgroups *cgroups,
			    size_t variant, bool always, bool bare)
{
	struct control *control = calloc(1, sizeof(*control));
	if (!control)
		return NULL;
	control->plan = plan;
	control->cgroups = cgroups;
	control->variant = variant;
	control->always = always;
	control->bare = bare;
	return control;
}

void control_free(struct control *control)
{
	if (control && control->is_up) {
		attempts_end(&control->attempts);
		witness_close(control->witness);
		live_down(&control->live);
	}
	free(control);
}

static int bring_up(struct control *control, struct sim_error *err)
{
	if (control->is_up)
		return 0;
	struct refused_policy refused;
	int status;
	if (live_up(control->plan, control->cgroups, &control->live, err) < 0)
		return sim_wrap(err, "the control");
	if (live_start(&control->live, control->variant, &refused, err) < 0 ||
	    live_serve(&control->live, control->variant, &status, err) < 0 ||
	    attempts_begin(&control->live, NULL, control->variant, &control->attempts, err) < 0) {
		sim_wrap(err, "the control");
		live_down(&control->live);
		return -1;
	}
	control->is_up = true;
	return 0;
}

/*
 * A timeout says enough, but of what nobody need answer: that is listened to, as in the
 * lab with the policies.
 */
static int listen_for(struct control *control, const struct probe *probe, struct sim_error *err)
{
	static const struct variant no_policies;
	bool wanted = !control->bare && delivery_is_wanted(probe);
	if (wanted && !control->witness &&
	    (witness_open(control->plan, control->live.hosts, &control->witness, err) < 0 ||
	     witness_learn(control->witness, &no_policies, err) < 0))
		return sim_wrap(err, "the control");
	control->attempts.witness = wanted ? control->witness : NULL;
	return 0;
}

static bool is_wanted(const struct control *control, const struct outcome *outcome)
{
	bool deny = outcome->kind == OUTCOME_DROPPED || outcome->kind == OUTCOME_REJECTED;
	/* Neither a rule's own word nor the kernel's needs one. */
	bool heard = outcome->evidence.chain[0] || outcome->evidence.reason[0];
	return deny && (control->always || !heard);
}

int control_check(void *arg, size_t probe, enum family family, struct outcome *outcome,
		  struct sim_error *err)
{
	struct control *control = arg;
	struct result without;
	if (!is_wanted(control, outcome))
		return 0;
	if (bring_up(control, err) < 0 ||
	    listen_for(control, &control->plan->scenario->probes[probe], err) < 0 ||
	    attempt(&control->attempts, probe, family, &without, err) < 0)
		return -1;
	/* What a cgroup's filter refuses has got further than the policy let it. */
	if (without.outcome.kind == OUTCOME_ALLOWED || without.outcome.kind == OUTCOME_CONFINED)
		return 0;
	/* There is no policy that could have reset it. */
	if (without.sighting.reset && without.sighting.answered)
		return 0;
	bool unsure = without.outcome.kind == OUTCOME_INCONCLUSIVE;
	outcome->kind = unsure ? OUTCOME_INCONCLUSIVE : OUTCOME_UNREACHABLE;
	snprintf(outcome->how, sizeof(outcome->how), "%s", unsure ? "" : "with or without policy");
	snprintf(outcome->why, sizeof(outcome->why), "%s: %.400s",
		 unsure ? "whether it fails without the policy too is not known"
			: "it fails without the policy too",
		 without.outcome.why);
	memset(outcome->evidence.kind, 0, sizeof(outcome->evidence.kind));
	snprintf(outcome->evidence.kind, sizeof(outcome->evidence.kind), "control");
	return 0;
}
