/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/command.h"
#include "lab/needs.h"
#include "lab/sources.h"
#include "lab/text.h"
#include "netsim/policy.h"

#include <string.h>

static const struct option_row options[] = {{0}};

static void print_count(size_t count, const char *noun, const char *end)
{
	printf("%zu %s%s%s", count, noun, count == 1 ? "" : "s", end);
}

/* What is needed, and whether this machine has it. */
static void print_need(const struct need *need)
{
	char text[LACK_TEXT_MAX];
	struct lack lack;
	need_text(need, text);
	fputs("  needs ", stdout);
	text_write(stdout, text, strlen(text));
	if (!need_is_met(need, &lack)) {
		fputs(", which is missing here: ", stdout);
		text_write(stdout, lack.reason, strlen(lack.reason));
		fputs("; ", stdout);
		text_write(stdout, lack.cure, strlen(lack.cure));
	}
	putchar('\n');
}

static bool is_named(const struct scenario *scenario, const char *program)
{
	for (size_t i = 0; i < scenario->n_needs; i++)
		if (scenario->needs[i].program && !strcmp(scenario->needs[i].program, program))
			return true;
	return false;
}

static bool has_kind(const struct scenario *scenario, const struct sim_policy_kind *kind)
{
	for (size_t i = 0; i < scenario->n_variants; i++) {
		const struct variant *variant = &scenario->variants[i];
		for (size_t k = 0; k < variant->n_sets; k++)
			for (size_t j = 0; j < variant->sets[k].n_policies; j++)
				if (variant->sets[k].policies[j].kind == kind)
					return true;
	}
	return false;
}

/* The tools of its policies that this machine has not: nothing is skipped for want of these. */
static void print_missing_tools(const struct scenario *scenario)
{
	const struct sim_policy_kind *kind;
	struct lack lack;
	for (size_t i = 0; (kind = sim_policy_kind_nth(i)); i++) {
		const struct need need = {.program = kind->tool, .package = kind->package};
		if (kind->tool && has_kind(scenario, kind) && !is_named(scenario, kind->tool) &&
		    !need_is_met(&need, &lack))
			print_need(&need);
	}
}

static bool has_policies(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_variants; i++)
		for (size_t k = 0; k < scenario->variants[i].n_sets; k++)
			if (scenario->variants[i].sets[k].n_policies)
				return true;
	return false;
}

static int check(const void *settings, char *const *arguments, size_t count)
{
	(void)settings;
	struct arena *arena = arena_new();
	struct scenario_set set;
	int status = scenario_set_read(&set, arena, arguments, count, stderr);
	for (size_t i = 0; i < set.count; i++) {
		const struct scenario *scenario = set.scenarios[i];
		text_write(stdout, scenario->path, strlen(scenario->path));
		fputs(has_policies(scenario) ? ": good, its policies not loaded: " : ": good: ",
		      stdout);
		print_count(scenario->n_hosts, "host", ", ");
		print_count(scenario->n_variants, "variant", ", ");
		print_count(scenario->n_probes, "probe", "\n");
		for (size_t k = 0; k < scenario->n_needs; k++)
			print_need(&scenario->needs[k]);
		print_missing_tools(scenario);
	}
	scenario_set_free(&set);
	arena_free(arena);
	return status ? STATUS_USAGE : STATUS_GOOD;
}

const struct command command_check = {
	.name = "check",
	.arguments = "SCENARIO...",
	.summary = "say what is wrong with scenarios, and build nothing",
	.details = "SCENARIO is a scenario's file, or a folder, which means every scenario in it.\n"
		   "All that is wrong is said at once, as FILE:LINE:COLUMN: error: ...\n"
		   "What a scenario needs and this machine lacks is no error: it is skipped, or, "
		   "where it\nis the tool of a policy that no 'needs' speaks of, 'fwlab run' ends "
		   "with status 3.\n"
		   "Whether a policy is good is for its own tool to say, where 'fwlab run' loads "
		   "it.\n"
		   "\n"
		   "Exit status: 0 all are good, 2 something is wrong.\n",
	.options = options,
	.run = check,
};
