/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Netfilter's own word, which needs neither a guess nor a timeout. */
#include <string.h>

#include "lab/verdict_private.h"

/* Part of what netfilter told was lost: the part that decides, perhaps. */
bool verdict_trace_lost(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->known->trace_lost)
		return false;
	return verdict_decide(
		outcome, OUTCOME_INCONCLUSIVE, "none",
		"netfilter told of more than could be heard, and some of it was lost");
}

/* Even an answer is not enough where the log counts. */
bool verdict_log_lost(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->known->log_wanted)
		return false;
	if (scene->known->log_missing)
		return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none",
				      "another program reads an NFLOG group that the rules name");
	return verdict_trace_lost(scene, outcome);
}

/* The packet arrived: what another host dropped was a copy of it (dup, TEE). */
static bool was_a_copy(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	const char *arrived_at = verdict_arrived_at(scene);
	return arrived_at && !decision->reply && strcmp(decision->host, arrived_at) != 0;
}

/* A rule's own word, which needs neither a guess nor a timeout. */
bool verdict_dropped_by_rule(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *decision = scene->known->decision;
	if (!decision || verdict_rejecting(scene) || was_a_copy(scene))
		return false;
	verdict_note_decision(decision, outcome);
	return verdict_decide(outcome, OUTCOME_DROPPED, "rule", "%s dropped %s at its %s%s",
			      decision->host, decision->reply ? "the answer" : "it",
			      *decision->hook ? decision->hook : decision->chain,
			      decision->unheeded ? ": it was for a program, and nobody listens at "
						   "the rule's queue"
						 : "");
}

/* A reject is a reject even where its error does not get through, or is not for us. */
bool verdict_rejected_unheard(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *decision = verdict_rejecting(scene);
	if (!decision)
		return false;
	verdict_note_decision(decision, outcome);
	/* Of a segment after the handshake TCP hears in words of its own. */
	bool told = !decision->reply && scene->seen->error && *scene->seen->trouble;
	return verdict_decide(outcome, OUTCOME_REJECTED, "rule", "%s rejected %s%s%s",
			      decision->host, decision->reply ? "the answer" : "it",
			      decision->reply ? ", with an error for the far end"
			      : told	      ? ": "
					      : ", but its error did not reach the sender",
			      told ? scene->seen->trouble : "");
}

/*
 * Hosts find their neighbours by packets that firewalls see.  The probe's own was
 * never sent where they are refused, and what it hears of that is the kernel's
 * word for a missing neighbour, or none at all where it was the answer's.
 */
bool verdict_starved(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *by = scene->known->starvation;
	const struct sighting *seen = scene->seen;
	bool failed = seen->icmp.seen || seen->error;
	if (!by || (failed ? scene->known->routed != 0 : !seen->timed_out))
		return false;
	verdict_note_decision(by, outcome);
	verdict_say_how(outcome, "neighbour discovery");
	return verdict_decide(outcome, by->rejects ? OUTCOME_REJECTED : OUTCOME_DROPPED, "rule",
			      "%s %s not the packet but the neighbour discovery for %s, without "
			      "which %s cannot send it on",
			      by->host, by->rejects ? "rejected" : "dropped", by->sought,
			      strchr(by->sought, ':') ? "IPv6" : "IPv4");
}
