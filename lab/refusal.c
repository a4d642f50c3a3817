/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/refusal.h"

#include <stdio.h>
#include <string.h>

const char *refusal_name(const struct host *host, char name[REFUSAL_NAME_MAX])
{
	snprintf(name, REFUSAL_NAME_MAX, "%s's policy is refused", host->name);
	return name;
}

/* Take every `part` out of a text. */
static void erase(char *text, const char *part)
{
	size_t length = strlen(part);
	for (char *at = text; length && (at = strstr(at, part));)
		memmove(at, at + length, strlen(at + length) + 1);
}

/* A tool that names the file says no more than what it was given. */
static bool says(const struct refused_policy *refused, const char *wanted)
{
	const struct policy *policy = refused->policy;
	const char *slash = strrchr(policy->path, '/');
	char said[sizeof(refused->refusal.said)];
	memcpy(said, refused->refusal.said, sizeof(said));
	erase(said, policy->path);
	erase(said, policy->shown);
	erase(said, slash + 1);
	return strstr(said, wanted);
}

void refusal_judge(const struct policy_set *set, const struct refused_policy *refused,
		   struct refusal *refusal)
{
	const struct sim_policy_refusal *words = &refused->refusal;
	refusal->host = set->host;
	snprintf(refusal->expected, sizeof(refusal->expected), "%s", set->refused);
	if (!refused->policy) {
		refusal->passed = false;
		snprintf(refusal->complaint, sizeof(refusal->complaint),
			 "it was loaded, and ended with status 0");
		return;
	}
	refusal->passed = says(refused, set->refused);
	snprintf(refusal->policy, sizeof(refusal->policy), "%s", refused->policy->shown);
	/* A line of another file is not told as one of this. */
	refusal->line = strcmp(words->file, refused->policy->path) ? 0 : words->line;
	snprintf(refusal->said, sizeof(refusal->said), "%s",
		 refusal->passed ? words->message : words->said);
	if (!refusal->passed)
		snprintf(refusal->complaint, sizeof(refusal->complaint),
			 "it was refused, but not with these words");
}
