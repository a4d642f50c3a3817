/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has told of a packet that no rule was heard to drop. */
#include <stdio.h>
#include <string.h>

#include "lab/verdict_private.h"

void verdict_note_reason(const struct scene *scene, struct outcome *outcome)
{
	snprintf(outcome->evidence.reason, sizeof(outcome->evidence.reason), "%s",
		 scene->known->loss->drop.reason);
}

bool verdict_has_firewall_dropped(const struct scene *scene, const char *host)
{
	const struct loss *loss = scene->known->loss;
	return loss && !loss->reply && loss->reason->kind == SIM_DROP_NETFILTER &&
	       !strcmp(scene->known->loss_host, host);
}

/* What was dropped in passing may have had a happier successor. */
static bool counts(const struct scene *scene)
{
	const struct loss *loss = scene->known->loss;
	return loss && (loss->reply || !verdict_arrived_at(scene)) &&
	       (loss->reason->kind != SIM_DROP_PASSING || scene->seen->timed_out);
}

/* The kernel dropped it as too big, and its sender would have sent less, had it been told. */
static bool too_big_untold(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *by = scene->known->muffling;
	if (!by)
		return false;
	verdict_note_decision(by, outcome);
	verdict_note_reason(scene, outcome);
	verdict_say_how(outcome, "path MTU discovery");
	return verdict_decide(outcome, OUTCOME_DROPPED, "rule",
			      "%s dropped not %s but %s's ICMP error, which says that it is too "
			      "big for the next link: its sender never learns to send less",
			      by->host, scene->known->loss->reply ? "the answer" : "it",
			      scene->known->loss_host);
}

bool verdict_dropped_by_kernel(const struct scene *scene, struct outcome *outcome)
{
	if (!counts(scene))
		return false;
	if (too_big_untold(scene, outcome))
		return true;
	const struct loss *loss = scene->known->loss;
	const struct sim_drop_reason *reason = loss->reason;
	const char *host = scene->known->loss_host;
	const char *packet = loss->reply ? "the answer" : "it";
	verdict_say_how(outcome, "%s", reason->what);
	verdict_blame(outcome, host);
	verdict_note_reason(scene, outcome);
	if (reason->kind == SIM_DROP_NETFILTER)
		return verdict_decide(
			outcome, OUTCOME_DROPPED, "kernel",
			"%s's firewall dropped %s (%s), but no rule was heard to do it", host,
			packet, loss->drop.reason);
	bool decided = reason->kind == SIM_DROP_POLICY;
	return verdict_decide(outcome, decided ? OUTCOME_DROPPED : OUTCOME_UNREACHABLE, "kernel",
			      "%s dropped %s: %s%s%s (%s)", host, packet, reason->what,
			      *reason->what ? ": " : "", reason->why, loss->drop.reason);
}

/* Whoever listens there has it, and nothing to say: no rule kept it, or an answer, back. */
bool verdict_delivered(const struct scene *scene, struct outcome *outcome)
{
	const struct delivered *delivered = scene->known->delivered;
	if (!delivered || !scene->seen->timed_out)
		return false;
	verdict_say_how(outcome, "no answer");
	snprintf(outcome->evidence.arrived_at, sizeof(outcome->evidence.arrived_at), "%s",
		 delivered->host);
	return verdict_decide(
		outcome, OUTCOME_ALLOWED, "delivery",
		"delivered to %s%s at %s's udp port %u, which did not answer within %u ms",
		*delivered->program ? delivered->program : "a socket",
		*delivered->program ? "'s socket" : "", delivered->host, delivered->port,
		scene->errand->timeout_ms);
}

const char *verdict_without_losses(const struct scene *scene, char text[MISSING_TEXT])
{
	const char *missing = scene->known->losses_missing;
	*text = '\0';
	if (missing && *missing)
		snprintf(text, MISSING_TEXT, "; what the kernel drops could not be heard: %s",
			 missing);
	return text;
}
