/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/track.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/command.h"
#include "lab/loan.h"
#include "lab/wire.h"

static double now_ms(void)
{
	return (double)wire_now_ns() / 1e6;
}

/* What comes first is why. */
static void fail(struct track *track, int status, const char *why)
{
	if (track->failure)
		return;
	track->failure = strdup(why);
	track->failure_status = status;
}

/* Leave out what cannot be done; where nothing is left then, all of it is skipped. */
static void leave_out(struct track *track)
{
	const struct scenario *scenario = track->order.plan->scenario;
	size_t all = track->expected;
	track->left_out = calloc(scenario->n_probes + 1, sizeof(*track->left_out));
	for (size_t i = 0; track->left_out && i < scenario->n_probes; i++) {
		struct lack lack;
		track->left_out[i] = session_sends(&track->order, &scenario->probes[i]) &&
				     needs_lack_probe(scenario, track->order.variant, i, &lack);
		if (track->left_out[i])
			track->lack = lack;
	}
	track->order.left_out = track->left_out;
	track->expected = session_size(&track->order);
	track->n_left_out = all - track->expected;
	if (track->expected || !all)
		return;
	track->skipped = true;
	track->expected = all;
	track->n_left_out = 0;
}

void track_lay(const struct session_order *order, struct track *track)
{
	*track = (struct track){.order = *order, .session = SESSION_NONE};
	track->expected = session_size(order);
	track->skipped = needs_lack(order->plan->scenario, order->variant, &track->lack);
	if (!track->skipped)
		leave_out(track);
	track->refusals = calloc(track->expected + 1, sizeof(*track->refusals));
	track->warnings = calloc(warning_count_max(order->plan->scenario, order->variant) + 1,
				 sizeof(*track->warnings));
	if (!track->refusals || !track->warnings)
		fail(track, STATUS_UNSURE, "out of memory for results");
}

void track_clear(struct track *track)
{
	free(track->results);
	free(track->refusals);
	free(track->warnings);
	free(track->left_out);
	free(track->failure);
	*track = (struct track){.session = SESSION_NONE};
}

void track_start(struct track *track)
{
	struct sim_error err;
	track->started_ms = now_ms();
	if (track->skipped) {
		track->ended = true;
		return;
	}
	if (session_start(&track->order, &track->session, &err) == 0)
		return;
	fail(track, STATUS_UNSURE, err.text);
	track->ended = true;
}

/* Whether there is one more to come of what was expected; no more is kept. */
static bool has_room(struct track *track)
{
	if (track->n_results + track->n_refusals < track->expected)
		return true;
	fail(track, STATUS_UNSURE, "the lab told of more than was asked of it");
	return false;
}

static void keep_result(struct track *track, const struct result *result)
{
	if (!has_room(track))
		return;
	if (track->n_kept == track->room) {
		size_t room = track->room ? 2 * track->room : 16;
		struct result *more = reallocarray(track->results, room, sizeof(*more));
		if (!more) {
			fail(track, STATUS_UNSURE, "out of memory for results");
			return;
		}
		track->results = more;
		track->room = room;
	}
	track->results[track->n_kept++] = *result;
	track->n_results++;
}

const struct result *track_take(struct track *track)
{
	if (track->n_taken == track->n_kept) {
		track->n_taken = track->n_kept = 0;
		return NULL;
	}
	track->reported++;
	return &track->results[track->n_taken++];
}

/* There is room for as many as are expected. */
static void keep_refusal(struct track *track, const struct refusal *refusal)
{
	if (has_room(track))
		track->refusals[track->n_refusals++] = *refusal;
}

/* One for each policy or script at most. */
static void keep_warning(struct track *track, const struct warning *warning)
{
	if (track->n_warnings <
	    warning_count_max(track->order.plan->scenario, track->order.variant))
		track->warnings[track->n_warnings++] = *warning;
	else
		fail(track, STATUS_UNSURE, "the lab told of more than was asked of it");
}

/* Wait for the end of its session, or, with `now`, make it. */
static void end(struct track *track, bool now)
{
	struct sim_error err;
	if (session_end(&track->session, now, &err) < 0)
		fail(track, STATUS_UNSURE, err.text);
	else if (track->n_results + track->n_refusals < track->expected)
		fail(track, STATUS_UNSURE, "the lab ended before all its probes had");
	track->ended = true;
	track->ms = now_ms() - track->started_ms;
}

static void lend(struct track *track)
{
	struct sim_error err;
	/* To each host, and to the switch. */
	size_t hosts = track->order.plan->scenario->n_hosts + 1;
	if (loan_answer(track->session.messages, hosts, &err) == 0)
		return;
	fail(track, STATUS_UNSURE, err.text);
	end(track, true);
}

void track_read(struct track *track, const struct report_sink *sink)
{
	struct session_message message;
	int got = session_read(&track->session, &message);
	if (got == 0) {
		end(track, false);
		return;
	}
	switch (message.kind) {
	case SESSION_STEP:
		report_step(sink, &message.step);
		break;
	case SESSION_RESULT:
		keep_result(track, &message.result);
		break;
	case SESSION_REFUSAL:
		keep_refusal(track, &message.refusal);
		break;
	case SESSION_WARNING:
		keep_warning(track, &message.warning);
		break;
	case SESSION_LOAN:
		track->session.lent = true;
		lend(track);
		break;
	case SESSION_FAILURE:
		track->policy_refused |= !track->failure && message.failure.policy;
		fail(track, message.failure.status, message.failure.text);
		break;
	}
	if (got < 0)
		end(track, true);
}

double track_time_left(const struct track *track)
{
	return track->started_ms + track->order.plan->scenario->time_ms - now_ms();
}

void track_watch(struct track *track)
{
	char why[ACTIVITY_MAX + 128];
	char activity[ACTIVITY_MAX];
	if (track->ended || track_time_left(track) > 0)
		return;
	activity_read(track->session.activity, activity);
	snprintf(why, sizeof(why),
		 "the lab has been ended after %u s%s%s; 'limits: { time: ... }' gives it more",
		 track->order.plan->scenario->time_ms / 1000, *activity ? ", while " : "",
		 activity);
	fail(track, STATUS_UNSURE, why);
	end(track, true);
}

int track_stop(struct track *track, struct sim_error *err)
{
	return track->ended ? 0 : session_end(&track->session, true, err);
}

size_t track_missing(const struct track *track)
{
	return track->expected - track->reported - track->refusals_reported;
}
