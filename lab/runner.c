/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/runner.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lab/apart.h"
#include "lab/command.h"
#include "lab/plan.h"
#include "lab/track.h"
#include "netsim/cleanup.h"
#include "netsim/limits.h"
#include "netsim/modules.h"
#include "netsim/users.h"

struct run {
	const struct scenario *scenario;
	const struct runner_options *options;
	const struct report_sink *sink;
	struct totals *totals;
	struct sim_cgroups *cgroups;
	struct sim_limits limits; /* of all labs together */
	struct pollfd *polled;	  /* for the signals and every track */
	struct track *tracks;
	size_t n_tracks;
	size_t started; /* tracks before this one have been started */
	size_t current; /* the one that is being reported */
	int status;
	bool stopped; /* at the first outcome that was not as expected */
	int signals;  /* signalfd */
};

/* 2, then 3, 1, 0: as in command.h. */
static void note_status(struct run *run, int status)
{
	run->status = status_worse(run->status, status);
}

static void count_check(struct run *run, bool passed)
{
	if (passed) {
		run->totals->passed++;
		return;
	}
	run->totals->failed++;
	run->stopped = run->options->fail_fast;
	note_status(run, STATUS_FAILED);
}

static void count_result(struct run *run, const struct result *result)
{
	if (result->passed || result->outcome.kind != OUTCOME_INCONCLUSIVE) {
		count_check(run, result->passed);
		return;
	}
	run->totals->inconclusive++;
	note_status(run, STATUS_UNSURE);
}

/* Why a lab failed is for whoever runs it, too, where the reports only go to files. */
static void tell_failure(const struct run *run, size_t variant, const char *why)
{
	struct sim_error err;
	report_failure(run->sink, run->scenario, variant, why);
	if (report_sink_is_shown(run->sink))
		return;
	sim_fail(&err, 0, "%s, %s: %.4000s", run->scenario->name,
		 run->scenario->variants[variant].name, why);
	command_complain("", &err);
}

static void skip(struct run *run, const struct track *track, size_t count, const struct lack *lack)
{
	if (!count)
		return;
	run->totals->skipped += (unsigned)count;
	report_skip(run->sink, run->scenario, track->order.variant, count, lack);
}

/* What this machine cannot do: all of it, or some. */
static void skip_lacking(struct run *run, const struct track *track)
{
	size_t count = track->skipped ? track_missing(track) : track->n_left_out;
	skip(run, track, count, &track->lack);
	if (count && run->options->no_skip)
		note_status(run, STATUS_UNSURE);
}

/* All that the track has left to say, now that it has ended. */
static void report_end(struct run *run, const struct track *track)
{
	static const struct lack fast = {
		.reason = "the run ends at the first outcome that is not as expected",
		.cure = "leave out --fail-fast",
	};
	if (run->stopped) {
		skip(run, track, track_missing(track) + track->n_left_out, &fast);
	} else {
		if (track->failure && !track->skipped) {
			run->totals->inconclusive += (unsigned)track_missing(track);
			run->totals->refused += track->policy_refused;
			note_status(run, track->failure_status);
			tell_failure(run, track->order.variant, track->failure);
		}
		skip_lacking(run, track);
	}
	report_variant_end(run->sink, run->scenario, track->order.variant, track->ms);
}

/* What the current track has to report that is new; true when it has ended. */
static bool report_current(struct run *run)
{
	struct track *track = &run->tracks[run->current];
	for (; track->warnings_reported < track->n_warnings && !run->stopped;
	     track->warnings_reported++)
		report_warning(run->sink, run->scenario,
			       &track->warnings[track->warnings_reported]);
	for (; track->refusals_reported < track->n_refusals && !run->stopped;
	     track->refusals_reported++) {
		const struct refusal *refusal = &track->refusals[track->refusals_reported];
		count_check(run, refusal->passed);
		report_refusal(run->sink, run->scenario, refusal);
	}
	const struct result *result;
	while (!run->stopped && (result = track_take(track))) {
		count_result(run, result);
		report_result(run->sink, run->scenario, result);
	}
	if (!track->ended && !run->stopped)
		return false;
	report_end(run, track);
	return true;
}

/* Report in order, whichever session is ahead; a run that stops has nothing more to wait for. */
static void report_all(struct run *run)
{
	while (run->current < run->n_tracks && report_current(run)) {
		run->current++;
		if (run->current < run->n_tracks)
			report_variant_begin(run->sink, run->scenario,
					     run->tracks[run->current].order.variant);
	}
}

static size_t count_running(const struct run *run)
{
	size_t running = 0;
	for (size_t i = 0; i < run->started; i++)
		running += !run->tracks[i].ended;
	return running;
}

static void start_some(struct run *run)
{
	while (run->started < run->n_tracks && count_running(run) < run->options->jobs)
		track_start(&run->tracks[run->started++]);
}

static int take_signal(const struct run *run)
{
	struct signalfd_siginfo info;
	return read(run->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)
		       ? (int)info.ssi_signo
		       : 0;
}

/* How long poll(2) may wait: until the first track is out of time. */
static int patience(const struct run *run)
{
	double least = INT_MAX;
	for (size_t i = 0; i < run->started; i++) {
		double left = run->tracks[i].ended ? least : track_time_left(&run->tracks[i]) + 1;
		least = left < least ? left : least;
	}
	return least > 0 ? (int)least : 0;
}

/* Wait for something to happen, and take it in; a signal's number, 0, or -1. */
static int step(struct run *run)
{
	struct pollfd *polled = run->polled;
	struct sim_error err;
	size_t count = 0;
	polled[count++] = (struct pollfd){.fd = run->signals, .events = POLLIN};
	for (size_t i = 0; i < run->started; i++)
		polled[count++] = (struct pollfd){
			.fd = run->tracks[i].ended ? -1 : run->tracks[i].session.messages,
			.events = POLLIN,
		};
	if (poll(polled, count, patience(run)) < 0) {
		if (errno == EINTR)
			return 0;
		sim_fail(&err, errno, "%s: cannot wait for the lab", run->scenario->name);
		command_complain("", &err);
		return -1;
	}
	if (polled[0].revents)
		return take_signal(run);
	for (size_t i = 0; i < run->started; i++) {
		struct track *track = &run->tracks[i];
		if (polled[i + 1].revents)
			track_read(track, run->sink);
		track_watch(track);
	}
	return 0;
}

static int run_tracks(struct run *run, int *signal_out)
{
	int status = 0;
	report_variant_begin(run->sink, run->scenario, run->tracks[0].order.variant);
	while (!status && run->current < run->n_tracks) {
		start_some(run);
		report_all(run);
		if (run->current < run->n_tracks && count_running(run))
			status = step(run);
	}
	for (size_t i = 0; i < run->started; i++) {
		struct sim_error ignored;
		if (track_stop(&run->tracks[i], &ignored) < 0)
			status = -1;
	}
	if (status < 0)
		note_status(run, STATUS_UNSURE);
	*signal_out = status > 0 ? status : 0;
	return status > 0 ? -1 : 0;
}

static bool is_wanted(const struct runner_options *options, const char *variant)
{
	for (size_t i = 0; i < options->n_variants; i++)
		if (!strcmp(options->variants[i], variant))
			return true;
	return !options->n_variants;
}

/* A variant in which nothing is to be done is not built. */
static void lay_tracks(struct run *run, const struct plan *plan)
{
	for (size_t i = 0; i < run->scenario->n_variants; i++) {
		if (!is_wanted(run->options, run->scenario->variants[i].name))
			continue;
		struct track *track = &run->tracks[run->n_tracks];
		const struct session_order order = {
			.plan = plan,
			.variant = i,
			.filter = run->options->filter,
			.control = run->options->control,
			.bare = run->options->bare,
			.single = run->options->single,
		};
		track_lay(&order, track);
		if (track->expected)
			run->n_tracks++;
		else
			track_clear(track);
	}
}

static void fail_all(struct run *run, const char *why)
{
	note_status(run, STATUS_UNSURE);
	for (size_t i = 0; i < run->n_tracks; i++) {
		run->totals->inconclusive += (unsigned)run->tracks[i].expected;
		report_variant_begin(run->sink, run->scenario, run->tracks[i].order.variant);
		tell_failure(run, run->tracks[i].order.variant, why);
		report_variant_end(run->sink, run->scenario, run->tracks[i].order.variant, 0);
	}
}

static bool needs(const struct scenario *scenario, bool net_cls)
{
	for (size_t i = 0; i < scenario->n_hosts; i++)
		for (size_t j = 0; j < scenario->hosts[i].n_cgroups; j++) {
			const struct cgroup *cgroup = &scenario->hosts[i].cgroups[j];
			if (net_cls ? cgroup->classid || cgroup->awaited : cgroup->v2)
				return true;
		}
	return false;
}

/* Modules that only root of the machine can load, for tools of which some load them themselves. */
static void load_modules(const struct scenario *scenario)
{
	bool any = scenario_has_programs(scenario);
	for (size_t i = 0; i < scenario->n_variants; i++)
		for (size_t j = 0; j < scenario->variants[i].n_sets; j++) {
			const struct policy_set *set = &scenario->variants[i].sets[j];
			for (size_t k = 0; k < set->n_policies; k++)
				any |= set->policies[k].kind->tool != NULL;
		}
	if (any)
		sim_modules_load_legacy();
}

/* What is in the way of a sweep, and not in this run's: it stays so for the next scenario. */
static void warn_once(const struct sim_error *warning)
{
	static bool told;
	if (*warning->text && !told)
		command_complain("", warning);
	told |= *warning->text != '\0';
}

/* With the machine's cgroups swept, and ours made where the scenario is run: they limit it. */
static int prepare_cgroups(struct run *run, struct sim_error *err)
{
	const struct sim_cgroups_wish wish = {
		.net_cls = needs(run->scenario, true) && sim_cgroups_may_have(SIM_CGROUP_NET_CLS),
		.v2 = needs(run->scenario, false) && sim_cgroups_may_have(SIM_CGROUP_V2),
		.limits = true,
	};
	bool any = false;
	for (size_t i = 0; i < run->n_tracks; i++)
		any |= !run->tracks[i].skipped;
	struct sim_error warning;
	if (sim_cgroups_sweep(any ? &wish : &(struct sim_cgroups_wish){0}, &warning, err) < 0)
		return -1;
	warn_once(&warning);
	if (!any)
		return 0;
	/* As many labs as there may be at a time have it together. */
	run->limits = run->scenario->limits;
	run->limits.memory *= run->options->jobs;
	run->limits.processes *= run->options->jobs;
	if (sim_cgroups_open(&wish, &run->cgroups, err) < 0 ||
	    sim_limits_set(run->cgroups, &run->limits, err) < 0)
		return -1;
	bool apart = is_apart(run->scenario);
	if (apart && sim_cgroups_give(run->cgroups, sim_users_root(), err) < 0)
		return -1;
	for (size_t i = 0; i < run->n_tracks; i++) {
		run->tracks[i].order.cgroups = run->cgroups;
		run->tracks[i].order.apart = apart;
	}
	load_modules(run->scenario);
	return 0;
}

/* Where a limit was reached, that may be why something else is not as expected: that proves
 * nothing. */
static void tell_limits(struct run *run)
{
	struct sim_limits_hit hit;
	struct sim_error err;
	sim_limits_read(run->cgroups, &hit);
	if (hit.killed) {
		sim_fail(&err, 0,
			 "%s: killed for want of memory: %lu of its processes, which have %ju MiB "
			 "together; 'limits: { memory: ... }' gives a lab more, where fwlab itself "
			 "has it",
			 run->scenario->name, hit.killed, (uintmax_t)run->limits.memory >> 20);
		command_complain("", &err);
	}
	if (hit.refused) {
		sim_fail(&err, 0,
			 "%s: processes could not be started: there may be %ju; 'limits: { "
			 "processes: ... }' gives a lab more, where fwlab itself has it",
			 run->scenario->name, (uintmax_t)run->limits.processes);
		command_complain("", &err);
	}
	if ((hit.killed || hit.refused) && run->status != STATUS_GOOD)
		note_status(run, STATUS_UNSURE);
}

static int run_with_cgroups(struct run *run, const struct plan *plan, int *signal_out)
{
	struct sim_error err;
	int status = 0;
	lay_tracks(run, plan);
	if (sim_users_become_root(&err) < 0) {
		fail_all(run, err.text);
		return 0;
	}
	if (prepare_cgroups(run, &err) < 0)
		fail_all(run, err.text);
	else if (run->n_tracks)
		status = run_tracks(run, signal_out);
	tell_limits(run);
	if (sim_cgroups_close(run->cgroups, &err) < 0) {
		command_complain("", &err);
		note_status(run, STATUS_UNSURE);
	}
	return status;
}

static void free_tracks(struct run *run)
{
	for (size_t i = 0; i < run->n_tracks; i++)
		track_clear(&run->tracks[i]);
	free(run->tracks);
	free(run->polled);
}

/* Between here and release_signals() a signal waits for step() to take it. */
static int hold_signals(sigset_t *before)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	sigset_t held;
	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(ending) / sizeof(*ending); i++) {
		struct sigaction now;
		/* What is ignored, as nohup(1) has it, does not end us. */
		if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(&held, ending[i]);
	}
	sigprocmask(SIG_BLOCK, &held, before);
	return signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
}

int runner_run(const struct scenario *scenario, const struct runner_options *options,
	       const struct report_sink *sink, struct totals *totals, int *signal_out)
{
	struct run run = {.scenario = scenario, .options = options, .sink = sink, .totals = totals};
	struct sim_error err;
	struct plan *plan = plan_new(scenario, &err);
	sigset_t before;
	int status = 0;
	run.tracks = calloc(scenario->n_variants, sizeof(*run.tracks));
	run.polled = calloc(scenario->n_variants + 1, sizeof(*run.polled));
	run.signals = hold_signals(&before);
	int errnum = errno;
	report_scenario_begin(sink, scenario);
	if (!plan || !run.tracks || !run.polled || run.signals < 0) {
		if (plan)
			sim_fail(&err, errnum, "cannot run");
		sim_wrap(&err, "%s", scenario->path);
		command_complain("", &err);
		note_status(&run, plan ? STATUS_UNSURE : STATUS_USAGE);
	} else {
		status = run_with_cgroups(&run, plan, signal_out);
	}
	report_scenario_end(sink, scenario);
	close(run.signals);
	free_tracks(&run);
	plan_free(plan);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status < 0 ? -1 : run.status;
}
