/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/verdict.h"

static bool allowed(const struct expectation *expectation, const char *at_host,
		    const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_ALLOWED &&
	       (expectation->at == NONE || !strcmp(at_host, outcome->evidence.arrived_at));
}

static bool rejected(const struct expectation *expectation, const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_REJECTED &&
	       (!expectation->how || reject_way_meets(expectation->how, outcome->how));
}

static bool as_expected(const struct expectation *expectation, const char *at_host,
			const struct outcome *outcome, const struct sighting *sighting)
{
	switch (expectation->kind) {
	case EXPECT_ALLOW:
		return allowed(expectation, at_host, outcome);
	case EXPECT_DENY:
		return outcome->kind == OUTCOME_REJECTED || outcome->kind == OUTCOME_DROPPED;
	case EXPECT_REJECT:
		return rejected(expectation, outcome);
	case EXPECT_DROP:
		return outcome->kind == OUTCOME_DROPPED;
	case EXPECT_UNREACHABLE:
		return outcome->kind == OUTCOME_UNREACHABLE;
	case EXPECT_EXIT:
		return outcome->kind == OUTCOME_EXITED && WIFEXITED(sighting->status) &&
		       WEXITSTATUS(sighting->status) == expectation->exit_status;
	}
	return false;
}

/* "allowed (received by mirror)", "rejected (admin-prohibited, by buildd)" */
static void describe(const struct outcome *outcome, char *text, size_t size)
{
	const struct evidence *evidence = &outcome->evidence;
	const char *kind = outcome_kind_name(outcome->kind);
	if (outcome->kind == OUTCOME_INCONCLUSIVE)
		snprintf(text, size, "%s: %s", kind, outcome->why);
	else if (outcome->kind == OUTCOME_EXITED)
		snprintf(text, size, "%s", outcome->how);
	else if (outcome->kind == OUTCOME_ALLOWED && *evidence->arrived_at)
		snprintf(text, size, "%s (received by %s)", kind, evidence->arrived_at);
	else if (*outcome->how && *evidence->host)
		snprintf(text, size, "%s (%s, by %s)", kind, outcome->how, evidence->host);
	else if (*outcome->how || *evidence->host)
		snprintf(text, size, "%s (%s%s)", kind, *outcome->how ? "" : "by ",
			 *outcome->how ? outcome->how : evidence->host);
	else
		snprintf(text, size, "%s", kind);
}

bool meets(const struct expectation *expectation, const char *at_host,
	   const struct outcome *outcome, const struct sighting *sighting, const char *must_contain,
	   char *complaint, size_t size)
{
	char description[640];
	describe(outcome, description, sizeof(description));
	snprintf(complaint, size, "%s", "");

	if (!as_expected(expectation, at_host, outcome, sighting))
		snprintf(complaint, size, "expected %s, but it was %s", expectation->text,
			 description);
	else if (must_contain && !strstr(sighting->output, must_contain))
		snprintf(complaint, size,
			 "expected its output to contain \"%.100s\", which it does not",
			 must_contain);
	return !*complaint;
}
