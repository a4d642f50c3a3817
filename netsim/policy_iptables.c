/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What iptables-save prints, through iptables-restore and its kin. */
#include <string.h>

#include "netsim/policy_kind.h"

enum { SUREST, REFUSED, FAILED, UNENDED, POLICY, N_WAYS };

/*
 * The ways in which iptables-restore names a line, of both backends, the surest
 * first: words that come just before the number and just after it.
 */
static const struct {
	const char *before;
	const char *after;
	bool by_kernel;
} ways[] = {
	[SUREST] = {"Error occurred at line: ", "\n", false},
	/* The nft backend, when the kernel refused what this line asks for. */
	[REFUSED] = {"\nline ", ": ", true},
	[FAILED] = {"-restore: line ", " failed", false},
	[UNENDED] = {"COMMIT expected at line ", "\n", false},
	[POLICY] = {"' line ", ": ", false},
};

/* Whether the text's line of this number says COMMIT: when the table goes to the kernel. */
static bool is_commit(const char *text, unsigned line)
{
	static const char commit[] = "COMMIT";

	while (--line) {
		text = strchr(text, '\n');
		if (!text)
			return false;
		text++;
	}
	size_t length = strlen(commit);
	return strncmp(text, commit, length) == 0 && strchr(" \t\r\n", text[length]);
}

/* "line 4: RULE_APPEND failed (WHY): ..."; the legacy backend says no why. */
void policy_judge_iptables(const char *line, struct sim_policy_refusal *refusal)
{
	static const char failed[] = " failed (";
	const char *why = memmem(line, strcspn(line, "\n"), failed, strlen(failed));

	refusal->by_machine = refusal->by_kernel && !(why && policy_is_fault(why + strlen(failed)));
}

static void explain(const char *said, const char *path, const char *text,
		    struct sim_policy_refusal *refusal)
{
	const char *named = said;
	size_t way = 0;

	(void)path;
	for (; way < N_WAYS && !refusal->line; way++)
		refusal->line = policy_find_line(said, ways[way].before, ways[way].after, &named);
	if (!refusal->line)
		return;
	way--;
	/* The surest way is a line of its own after all that there is to say. */
	if (way == SUREST)
		policy_copy_text(refusal->message, sizeof(refusal->message), said,
				 (size_t)(named - said));
	else
		policy_copy_text(refusal->message, sizeof(refusal->message), named,
				 strcspn(named, "\n"));
	bool at_commit = is_commit(text, refusal->line);
	/* The legacy backend has no more to say than "line N failed". */
	refusal->by_kernel = ways[way].by_kernel || (way == FAILED && at_commit);
	policy_judge_iptables(named, refusal);
	/* The nft backend finds out here that a chain is missing, for a rule further up. */
	if (way == SUREST && at_commit)
		refusal->line = 0;
}

const struct policy_loader policy_loader_iptables = {policy_run_tool, explain, mark_iptables,
						     .talkative = false};
