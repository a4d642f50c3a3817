/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ferm, as its user runs it; which iptables it then uses is its own affair. */
#include <string.h>

#include "netsim/policy_kind.h"

/* The place of "Error in FILE line LINE:", of which `line` is the start. */
static bool read_place(const char *line, struct sim_policy_refusal *refusal)
{
	static const char start[] = "Error in ";
	static const char mark[] = " line ";

	if (strncmp(line, start, strlen(start)) != 0)
		return false;
	const char *file = line + strlen(start);
	const char *end = line + strcspn(line, "\n");
	const char *last = NULL;
	for (const char *at = file; (at = strstr(at, mark)) && at < end; at++)
		last = at;
	if (!last)
		return false;
	const char *number_at = last + strlen(mark);
	unsigned number = policy_read_number(&number_at);
	return number && strncmp(number_at, ":\n", 2) == 0 &&
	       policy_set_place(refusal, file, (size_t)(last - file), number);
}

/* What the tool that ferm ran has to say, without the line: it is one of ferm's output. */
static void explain_tool(const char *said, struct sim_policy_refusal *refusal)
{
	static const char *const ends[] = {"Error occurred at line: ", "Failed to run "};
	size_t length = strlen(said);
	const char *named;

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		const char *end = strstr(said, ends[i]);
		if (end && (size_t)(end - said) < length)
			length = (size_t)(end - said);
	}
	policy_copy_text(refusal->message, sizeof(refusal->message), said, length);
	/* ferm asks for no chain or table that it did not name before: this is the kernel's no. */
	refusal->by_kernel = policy_find_line(said, "-restore: line ", " failed", &named) ||
			     policy_find_line(said, "\nline ", ": RULE_", &named);
	if (refusal->by_kernel)
		policy_judge_iptables(named, refusal);
}

/*
 * "Error in FILE line LINE:", some lines of the policy as ferm understood it,
 * of which the last ends in "<--", and then what is wrong.
 */
static void explain(const char *said, const char *path, const char *text,
		    struct sim_policy_refusal *refusal)
{
	static const char arrow[] = "<--\n";
	const char *line = said;

	(void)path;
	(void)text;
	while (!read_place(line, refusal)) {
		line = strchr(line, '\n');
		if (!line) {
			explain_tool(said, refusal);
			return;
		}
		line++;
	}
	const char *what = strstr(line, arrow);
	what = what ? what + strlen(arrow) : line;
	policy_copy_text(refusal->message, sizeof(refusal->message), what, strlen(what));
}

const struct policy_loader policy_loader_ferm = {policy_run_tool, explain, mark_ferm,
						 .talkative = false};
