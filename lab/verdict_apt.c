/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt-get came to: a firewall's doing, the archive's, or all is well. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/verdict_private.h"

#define REASON_TEXT 320

/* What apt-get gives as its reason: the first of its errors, otherwise of its warnings. */
static const char *reason_of(const char *output, char text[REASON_TEXT])
{
	static const char *const signs[] = {"E: ", "W: "};
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		for (const char *line = output; line; line = strchr(line, '\n')) {
			line += *line == '\n';
			if (strncmp(line, signs[i], strlen(signs[i])) != 0)
				continue;
			snprintf(text, REASON_TEXT, "%.*s", (int)strcspn(line, "\n"), line);
			return text;
		}
	return "it gave no reason";
}

/* A rule's doing, and nothing that the archive could be blamed for. */
static bool was_denied(const struct scene *scene, const char *reason, struct outcome *outcome)
{
	const struct decision *by = scene->known->decision;
	if (!by)
		return false;
	const char *way = by->rejects ? reject_way_in(by->rule) : NULL;
	if (way)
		verdict_say_how(outcome, "%s", way);
	verdict_note_decision(by, outcome);
	return verdict_decide(outcome, by->rejects ? OUTCOME_REJECTED : OUTCOME_DROPPED, "rule",
			      "%s %s %s; apt-get says: %s", by->host,
			      by->rejects ? "rejected" : "dropped",
			      by->reply ? "the answer" : "its packet", reason);
}

bool apt_is_cut_off(const char *output)
{
	static const char *const signs[] = {"Could not connect to",
					    "Cannot initiate the connection", "failure resolving",
					    "Could not resolve", "onnection timed out"};
	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (strstr(output, signs[i]))
			return true;
	return false;
}

/*
 * No rule was heard, but the kernel: a rule that nobody hears has dropped its packet,
 * or something that is no rule has.  Or netfilter was not listened to: then a
 * connection that failed is nobody's deny, as apt-get tells a firewall's error from a
 * missing route's no better than any program.
 */
static bool was_cut_off(const struct scene *scene, const char *reason, struct outcome *outcome)
{
	if (!apt_is_cut_off(scene->seen->output))
		return false;
	if (verdict_dropped_by_kernel(scene, outcome))
		return true;
	if (scene->known->traced)
		return false;
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none",
			      "apt-get could not connect, and whether a rule was why takes "
			      "instruments to see: %s",
			      reason);
}

bool verdict_apt_ended(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	char text[REASON_TEXT];
	if (scene->errand->probe->kind != PROBE_APT || !seen->answered)
		return false;
	bool well = WIFEXITED(seen->status) && WEXITSTATUS(seen->status) == 0;
	if (well && scene->arrival)
		return verdict_decide(outcome, OUTCOME_ALLOWED, "arrival",
				      "%s received it, and apt-get ended well",
				      scene->arrival->host);
	if (verdict_trace_lost(scene, outcome))
		return true;
	const char *reason = reason_of(seen->output, text);
	if (was_denied(scene, reason, outcome) || was_cut_off(scene, reason, outcome))
		return true;
	verdict_say_status(outcome, seen->status);
	return verdict_decide(outcome, OUTCOME_EXITED, "exit",
			      "apt-get ended with %s, and no rule had a part in it: %s",
			      outcome->how, reason);
}
