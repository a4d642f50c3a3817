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

static bool is_word(const char *word, size_t length, const char *wanted)
{
	return strlen(wanted) == length && !strncmp(word, wanted, length);
}

/* The end of the word that starts here, quotes and what is in them being of it. */
static const char *end_of_word(const char *word)
{
	bool quoted = false;

	for (; *word && *word != '\n' && (quoted || !strchr(" \t\r", *word)); word++) {
		quoted ^= *word == '"';
		if (*word == '\\' && word[1] && word[1] != '\n')
			word++;
	}
	return word;
}

/* Whether the rule in this line goes on in that chain. */
static bool jumps_to(const char *line, const char *chain, size_t chain_length)
{
	static const char *const options[] = {"-j", "--jump", "-g", "--goto"};
	bool jumps = false;

	if (*line != '-')
		return false;
	for (const char *end; line += strspn(line, " \t\r"), end = end_of_word(line), end > line;
	     line = end) {
		size_t length = (size_t)(end - line);

		if (jumps && length == chain_length && !strncmp(line, chain, length))
			return true;
		jumps = false;
		for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
			jumps |= is_word(line, length, options[i]);
	}
	return false;
}

/*
 * The nft backend finds out at COMMIT that a chain is missing which a rule of this
 * table jumps to: the first of them; 0: none is seen.
 */
static unsigned find_jump(const char *said, const char *text, unsigned commit)
{
	static const char before[] = "Chain '";
	const char *chain = strstr(said, before);
	const char *after = chain ? strstr(chain, "' does not exist") : NULL;
	unsigned found = 0;

	if (!after)
		return 0;
	chain += strlen(before);
	for (unsigned number = 1; number < commit; number++) {
		if (*text == '*')
			found = 0;
		else if (!found && jumps_to(text, chain, (size_t)(after - chain)))
			found = number;
		text += strcspn(text, "\n") + 1;
	}
	return found;
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
	if (way == SUREST && at_commit)
		refusal->line = find_jump(said, text, refusal->line);
}

const struct policy_loader policy_loader_iptables = {policy_run_tool, explain, mark_iptables,
						     .talkative = false};
