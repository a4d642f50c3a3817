/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fwlab run: read everything, start nothing before all of it is good, run one
 * scenario after the other.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lab/command.h"
#include "lab/nearest.h"
#include "lab/report.h"
#include "lab/runner.h"
#include "lab/sources.h"
#include "lab/text.h"
#include "netsim/cleanup.h"

/* How often an option may be given. */
#define POLICIES_MAX 64
#define VARIANTS_MAX 64
#define REPORTS_MAX  8
#define JOBS_MAX     64

struct run_settings {
	struct policy_override policies[POLICIES_MAX];
	size_t n_policies;
	const char *variants[VARIANTS_MAX];
	size_t n_variants;
	struct report_order reports[REPORTS_MAX];
	size_t n_reports;
	const char *filter;
	bool control;
	bool bare;
	unsigned jobs;
	enum colour colour;
};

static int fail_too_many(size_t limit, struct sim_error *err)
{
	return sim_fail(err, 0, "given more than %zu times", limit);
}

static const char *policy_kind_name(size_t i)
{
	const struct sim_policy_kind *kind = sim_policy_kind_nth(i);
	return kind ? kind->name : NULL;
}

/* HOST=KIND:FILE */
static int set_policy(void *settings, char *value, struct sim_error *err)
{
	struct run_settings *run = settings;
	char *equals = strchr(value, '=');
	char *colon = equals ? strchr(equals, ':') : NULL;
	if (!colon || equals == value || !colon[1])
		return sim_fail(err, 0, "'%s' is not HOST=KIND:FILE", value);
	if (run->n_policies == POLICIES_MAX)
		return fail_too_many(POLICIES_MAX, err);
	*equals = *colon = '\0';
	const struct sim_policy_kind *kind = sim_policy_kind_find(equals + 1);
	if (!kind)
		return options_fail_choice("kind", equals + 1, policy_kind_name, err);
	run->policies[run->n_policies++] =
		(struct policy_override){.host = value, .kind = kind, .path = colon + 1};
	return 0;
}

static int set_variant(void *settings, char *value, struct sim_error *err)
{
	struct run_settings *run = settings;
	if (run->n_variants == VARIANTS_MAX)
		return fail_too_many(VARIANTS_MAX, err);
	run->variants[run->n_variants++] = value;
	return 0;
}

static int set_filter(void *settings, char *value, struct sim_error *err)
{
	struct run_settings *run = settings;
	if (run->filter)
		return fail_too_many(1, err);
	run->filter = value;
	return 0;
}

static int set_control(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct run_settings *)settings)->control = true;
	return 0;
}

static int set_bare(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct run_settings *)settings)->bare = true;
	return 0;
}

static int set_jobs(void *settings, char *value, struct sim_error *err)
{
	struct run_settings *run = settings;
	char *end;
	errno = 0;
	unsigned long jobs = strtoul(value, &end, 10);
	if (errno || *end || value[0] < '0' || value[0] > '9' || jobs < 1 || jobs > JOBS_MAX)
		return sim_fail(err, 0, "'%s' is not a number from 1 to %d", value, JOBS_MAX);
	run->jobs = (unsigned)jobs;
	return 0;
}

static const char *reporter_name(size_t i)
{
	const struct reporter *reporter = reporter_nth(i);
	return reporter ? reporter->name : NULL;
}

/* KIND[=FILE] */
static int set_report(void *settings, char *value, struct sim_error *err)
{
	struct run_settings *run = settings;
	char *equals = strchr(value, '=');
	if (run->n_reports == REPORTS_MAX)
		return fail_too_many(REPORTS_MAX, err);
	if (equals && !equals[1])
		return sim_fail(err, 0, "'%s' names no file", value);
	if (equals)
		*equals = '\0';
	const struct reporter *reporter = reporter_find(value);
	if (!reporter)
		return options_fail_choice("report", value, reporter_name, err);
	run->reports[run->n_reports++] =
		(struct report_order){.reporter = reporter, .path = equals ? equals + 1 : NULL};
	return 0;
}

static const char *const colours[] = {
	[COLOUR_AUTO] = "auto",
	[COLOUR_ALWAYS] = "always",
	[COLOUR_NEVER] = "never",
};

static const char *colour_name(size_t i)
{
	return i < sizeof(colours) / sizeof(*colours) ? colours[i] : NULL;
}

static int set_colour(void *settings, char *value, struct sim_error *err)
{
	const char *name;
	for (size_t i = 0; (name = colour_name(i)); i++) {
		if (strcmp(name, value) == 0) {
			((struct run_settings *)settings)->colour = (enum colour)i;
			return 0;
		}
	}
	return options_fail_choice("colour", value, colour_name, err);
}

static const struct option_row options[] = {
	{.name = "policy",
	 .argument = "HOST=KIND:FILE",
	 .help = "put FILE in place of the policies that the scenarios have for HOST; KIND is one "
		 "of",
	 .set = set_policy,
	 .choice = policy_kind_name},
	{.name = "variant",
	 .argument = "VARIANT",
	 .help = "run this variant only; may be given more than once",
	 .set = set_variant},
	{.name = "filter",
	 .argument = "TEXT",
	 .help = "run only the probes that have TEXT in their names, in upper or lower case",
	 .set = set_filter},
	{.name = "control",
	 .help = "try every probe that is denied in a lab without the policies too: if it fails "
		 "there as well, it is unreachable; by default that is done where no rule is known",
	 .set = set_control},
	{.name = "bare",
	 .help = "put no instruments into the hosts: a drop is then concluded from a timeout, "
		 "and what is expected of rules, hooks and log messages is not looked at",
	 .set = set_bare},
	{.name = "jobs",
	 .letter = 'j',
	 .argument = "N",
	 .help = "labs at a time; the default is 1",
	 .set = set_jobs},
	{.name = "report",
	 .argument = "KIND[=FILE]",
	 .help = "write a report to FILE or else standard output, in place of the default, which "
		 "is "
		 "text; may be given more than once; KIND is one of",
	 .set = set_report,
	 .choice = reporter_name},
	{.name = "colour",
	 .argument = "WHEN",
	 .help = "use colours: auto is on a terminal, unless NO_COLOR is set; WHEN is one of",
	 .set = set_colour,
	 .choice = colour_name},
	{.name = "color", .argument = "WHEN", .set = set_colour},
	{0},
};

static bool has_variant(const struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->n_variants; i++) {
		if (strcmp(scenario->variants[i].name, name) == 0)
			return true;
	}
	return false;
}

static bool matches_filter(const struct scenario *scenario, const char *filter)
{
	for (size_t i = 0; i < scenario->n_probes; i++) {
		if (strcasestr(scenario->probes[i].name, filter))
			return true;
	}
	return false;
}

/* Whether anything of this scenario is wanted. */
static bool is_wanted(const struct scenario *scenario, const struct run_settings *run)
{
	bool variant = run->n_variants == 0;
	for (size_t i = 0; i < run->n_variants; i++)
		variant = variant || has_variant(scenario, run->variants[i]);
	return variant && (!run->filter || matches_filter(scenario, run->filter));
}

/* Every variant that was named must be one of some scenario, and something must be left to do. */
static int check_selection(const struct scenario_set *set, const struct run_settings *run,
			   struct sim_error *err)
{
	for (size_t i = 0; i < run->n_variants; i++) {
		struct nearest nearest = nearest_to(run->variants[i]);
		bool known = false;
		for (size_t k = 0; k < set->count; k++) {
			const struct scenario *scenario = set->scenarios[k];
			known = known || has_variant(scenario, run->variants[i]);
			for (size_t v = 0; v < scenario->n_variants; v++)
				nearest_offer(&nearest, scenario->variants[v].name);
		}
		if (!known && nearest.name)
			return sim_fail(err, 0, "unknown variant '%s'; did you mean '%s'?",
					run->variants[i], nearest.name);
		if (!known)
			return sim_fail(err, 0, "no scenario has a variant '%s'", run->variants[i]);
	}
	for (size_t i = 0; i < set->count; i++) {
		if (is_wanted(set->scenarios[i], run))
			return 0;
	}
	return sim_fail(err, 0, "no probe has '%s' in its name", run->filter);
}

/* How to repeat a part of this run: the program and what has been put in place of policies. */
static char *make_again(const struct run_settings *run)
{
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	text_write_word(to, program_invocation_name);
	fputs(" run", to);
	for (size_t i = 0; i < run->n_policies; i++) {
		const struct policy_override *policy = &run->policies[i];
		autofree char *word = NULL;
		if (asprintf(&word, "%s=%s:%s", policy->host, policy->kind->name, policy->path) < 0)
			break;
		fputs(" --policy ", to);
		text_write_word(to, word);
	}
	if (fclose(to)) {
		free(text);
		return NULL;
	}
	return text;
}

static int run_all(const struct scenario_set *set, const struct run_settings *run,
		   const struct report_sink *sink, struct totals *totals)
{
	const struct runner_options how = {
		.variants = run->variants,
		.n_variants = run->n_variants,
		.filter = run->filter,
		.control = run->control,
		.bare = run->bare,
		.jobs = run->jobs ? run->jobs : 1,
	};
	int status = STATUS_GOOD;
	for (size_t i = 0; i < set->count; i++) {
		int signal = 0;
		if (!is_wanted(set->scenarios[i], run))
			continue;
		int one = runner_run(set->scenarios[i], &how, sink, totals, &signal);
		if (one < 0)
			return -signal;
		status = status_worse(status, one);
	}
	return status;
}

/* All is good and can start. */
static int run_reported(const struct scenario_set *set, const struct run_settings *run)
{
	const struct report_order text = {.reporter = reporter_find("text")};
	autofree char *again = make_again(run);
	struct sim_error err;
	struct report_sink *sink = report_sink_open(run->n_reports ? run->reports : &text,
						    run->n_reports ? run->n_reports : 1,
						    run->colour, again ? again : "fwlab run", &err);
	if (!sink) {
		command_complain("run", &err);
		return STATUS_USAGE;
	}
	struct totals totals = {0};
	int status = run_all(set, run, sink, &totals);
	if (report_sink_close(sink, &totals, status < 0 ? -status : 0, &err)) {
		command_complain("run", &err);
		status = status < 0 ? status : status_worse(status, STATUS_UNSURE);
	}
	return status;
}

static int override_all(const struct scenario_set *set, const struct run_settings *run)
{
	int status = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (!scenario_override(set->scenarios[i], run->policies, run->n_policies, stderr))
			status = -1;
	}
	return status;
}

static int run_command(const void *settings, char *const *arguments, size_t count)
{
	const struct run_settings *run = settings;
	struct arena *arena = arena_new();
	struct scenario_set set;
	struct sim_error err;
	int status = STATUS_USAGE;

	int bad = scenario_set_read(&set, arena, arguments, count, stderr);
	if (!bad && !override_all(&set, run)) {
		if (check_selection(&set, run, &err))
			command_complain("run", &err);
		else
			status = run_reported(&set, run);
	}
	scenario_set_free(&set);
	arena_free(arena);
	return status;
}

const struct command command_run = {
	.name = "run",
	.arguments = "SCENARIO...",
	.summary = "build the scenarios' labs, send the probes, and say what came of them",
	.details =
		"SCENARIO is a scenario's file, or a folder, which means every scenario in it.\n"
		"All of them are read first: nothing is started when anything is wrong.\n"
		"\n"
		"Exit status:\n"
		"  0  every outcome was as expected\n"
		"  1  some outcome was not\n"
		"  2  the command line, a scenario or a policy is at fault\n"
		"  3  a lab could not be built, a probe was inconclusive, or a report could not\n"
		"     be written\n"
		"Where several apply, 2 counts most, then 3, then 1. A run that is stopped by a\n"
		"signal still completes its reports, and then ends by that signal.\n",
	.options = options,
	.settings_size = sizeof(struct run_settings),
	.run = run_command,
};
