/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fwlab run: read everything, start nothing before all of it is good, run one
 * scenario after the other.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/command.h"
#include "lab/fingerprint.h"
#include "lab/inputs.h"
#include "lab/report.h"
#include "lab/runner.h"
#include "lab/selection.h"
#include "lab/sources.h"
#include "lab/text.h"
#include "netsim/cleanup.h"
#include "netsim/users.h"

#define REPORTS_MAX 8
#define JOBS_MAX    64

struct run_settings {
	struct selection selection; /* first */
	struct report_order reports[REPORTS_MAX];
	size_t n_reports;
	const char *filter;
	bool control;
	bool bare;
	bool no_skip;
	bool fail_fast;
	bool prove_untouched;
	unsigned jobs;
};

static int fail_too_many(size_t limit, struct sim_error *err)
{
	return sim_fail(err, 0, "given more than %zu times", limit);
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

static int set_no_skip(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct run_settings *)settings)->no_skip = true;
	return 0;
}

static int set_fail_fast(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct run_settings *)settings)->fail_fast = true;
	return 0;
}

static int set_prove_untouched(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct run_settings *)settings)->prove_untouched = true;
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

static const struct option_row options[] = {
	SELECTION_ROWS,
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
	{.name = "no-skip",
	 .help = "end with status 3 where a variant is skipped because this machine lacks "
		 "something that it needs",
	 .set = set_no_skip},
	{.name = "fail-fast",
	 .help = "end at the first outcome that is not as expected",
	 .set = set_fail_fast},
	{.name = "prove-untouched",
	 .help = "look at the machine before and after, say what differs, and end with status 3 "
		 "if anything does",
	 .set = set_prove_untouched},
	{.name = "jobs",
	 .letter = 'j',
	 .argument = "N",
	 .help = "labs at a time; the default is 1",
	 .set = set_jobs},
	{.name = "report",
	 .argument = "KIND[=FILE]",
	 .help = "write a report to FILE or else standard output, in place of the default, which "
		 "is text; may be given more than once; KIND is one of",
	 .set = set_report,
	 .choice = reporter_name},
	{0},
};

static bool matches_filter(const struct scenario *scenario, const char *filter)
{
	for (size_t i = 0; i < scenario->n_probes; i++) {
		if (strcasestr(scenario->probes[i].name, filter))
			return true;
	}
	return false;
}

static bool refuses_by_name(const struct scenario *scenario, const struct variant *variant,
			    const char *filter)
{
	char name[REFUSAL_NAME_MAX];
	for (size_t i = 0; i < variant->n_sets; i++) {
		const struct policy_set *set = &variant->sets[i];
		if (set->refused &&
		    strcasestr(refusal_name(&scenario->hosts[set->host], name), filter))
			return true;
	}
	return false;
}

/* Whether anything of this scenario is wanted. */
static bool is_wanted(const struct scenario *scenario, const struct run_settings *run)
{
	bool matches = !run->filter || matches_filter(scenario, run->filter);
	for (size_t i = 0; i < scenario->n_variants; i++) {
		const struct variant *variant = &scenario->variants[i];
		if (!selection_wants_variant(&run->selection, variant->name))
			continue;
		if (scenario_refusals(variant) && run->filter
			    ? refuses_by_name(scenario, variant, run->filter)
			    : matches)
			return true;
	}
	return false;
}

/* What was named must be there, and something must be left to do. */
static int check_wanted(const struct scenario_set *set, const struct run_settings *run,
			struct sim_error *err)
{
	if (selection_check(&run->selection, set, err))
		return -1;
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
	for (size_t i = 0; i < run->selection.n_policies; i++) {
		const struct policy_override *policy = &run->selection.policies[i];
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
		.variants = run->selection.variants,
		.n_variants = run->selection.n_variants,
		.filter = run->filter,
		.control = run->control,
		.bare = run->bare,
		.no_skip = run->no_skip,
		.fail_fast = run->fail_fast,
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
		if (run->fail_fast && totals->failed)
			break;
	}
	return status;
}

/* What a script in a lab is nearest to. */
static const char **scenario_folders(const struct scenario_set *set)
{
	const char **folders = calloc(set->count + 1, sizeof(*folders));
	for (size_t i = 0; folders && i < set->count; i++)
		folders[i] = set->scenarios[i]->folder;
	return folders;
}

/* Whatever came of the run, and of a signal too: `status` if the machine is as it was. */
static int compare_machine(const struct fingerprint *before, int status)
{
	struct sim_error err;
	autofree char *differs = NULL;
	size_t size;
	FILE *to = open_memstream(&differs, &size);
	int same =
		to ? fingerprint_prove(before, to, &err) : sim_fail(&err, errno, "cannot compare");
	if (to)
		fclose(to);
	if (same > 0)
		return status;
	if (same == 0) {
		sim_fail(&err, 0, "the machine is not as it was before the run");
		command_complain("run", &err);
		fprintf(stderr,
			"%sIf it was neither somebody else, nor the kernel that loaded a module "
			"for "
			"the first time,\nthen it was this run, and that is a fault of fwlab's.\n",
			differs);
	} else {
		command_complain("run", &err);
	}
	return status < 0 ? status : status_worse(status, STATUS_UNSURE);
}

/* The machine is looked at while the reports' files are open, which are ours to write to. */
static int run_proved(const struct scenario_set *set, const struct run_settings *run,
		      const struct report_sink *sink, struct totals *totals)
{
	if (!run->prove_untouched)
		return run_all(set, run, sink, totals);
	struct sim_error err;
	struct fingerprint *before;
	/* In another user namespace owners of files have other numbers. */
	if (sim_users_become_root(&err) < 0) {
		command_complain("run", &err);
		return STATUS_UNSURE;
	}
	autofree const char **folders = scenario_folders(set);
	if (!folders)
		sim_fail(&err, ENOMEM, "cannot start");
	if (!folders || fingerprint_take(folders, &before, &err) < 0) {
		command_complain("run", &err);
		return STATUS_UNSURE;
	}
	int status = compare_machine(before, run_all(set, run, sink, totals));
	fingerprint_free(before);
	return status;
}

/* What else the run is made of this file is; the scenarios still have their own policies. */
static const char *what_is(const char *path, const struct scenario_set *set,
			   const struct selection *selection)
{
	const char *what = NULL;
	for (size_t i = 0; i < set->count && !what; i++)
		what = inputs_find(set->scenarios[i], path);
	for (size_t i = 0; i < selection->n_policies && !what; i++)
		what = inputs_are_same(path, selection->policies[i].path) ? "a policy of this run"
									  : NULL;
	return what;
}

/* A report takes the place of what is in its file. */
static int check_reports(const struct scenario_set *set, const struct run_settings *run,
			 struct sim_error *err)
{
	for (size_t i = 0; i < run->n_reports; i++) {
		const char *path = run->reports[i].path;
		const char *what = path ? what_is(path, set, &run->selection) : NULL;
		if (what)
			return sim_fail(err, 0, "the %s report cannot go to '%s', which is %s",
					run->reports[i].reporter->name, path, what);
	}
	return 0;
}

/* All is good and can start. */
static int run_reported(const struct scenario_set *set, const struct run_settings *run)
{
	const struct report_order text = {.reporter = reporter_find("text")};
	autofree char *again = make_again(run);
	struct sim_error err;
	struct report_sink *sink = report_sink_open(
		run->n_reports ? run->reports : &text, run->n_reports ? run->n_reports : 1,
		run->selection.colour, again ? again : "fwlab run", &err);
	if (!sink) {
		command_complain("run", &err);
		return sim_is_lack(err.errnum) ? STATUS_UNSURE : STATUS_USAGE;
	}
	struct totals totals = {0};
	int status = run_proved(set, run, sink, &totals);
	if (report_sink_close(sink, &totals, status < 0 ? -status : 0, &err)) {
		command_complain("run", &err);
		status = status < 0 ? status : status_worse(status, STATUS_UNSURE);
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
	if (!bad && check_reports(&set, run, &err)) {
		command_complain("run", &err);
		bad = -1;
	}
	if (!bad && !selection_override(&run->selection, &set)) {
		if (check_wanted(&set, run, &err))
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
		"  3  a lab could not be built, a probe was inconclusive, a report could not be\n"
		"     written or, with --no-skip, a variant was skipped, or, with "
		"--prove-untouched,\n"
		"     the machine is not as it was\n"
		"Where several apply, 2 counts most, then 3, then 1. A run that is stopped by a\n"
		"signal still completes its reports, and then ends by that signal.\n",
	.options = options,
	.settings_size = sizeof(struct run_settings),
	.run = run_command,
};
