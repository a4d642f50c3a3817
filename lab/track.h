/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A track: the life of one variant's session, and all that it has said, which is
 * kept until its turn comes to be reported.
 *
 * Whatever goes wrong with it is the track's failure, and no error of whoever
 * follows it; what that means for the run is the runner's affair.
 */
#ifndef LAB_TRACK_H
#define LAB_TRACK_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/needs.h"
#include "lab/report.h"
#include "lab/session.h"

struct track {
	struct session_order order;
	struct session session;
	bool ended;
	struct result *results; /* those that have not been reported, and some that have */
	size_t n_kept;
	size_t n_taken; /* of these, to be reported */
	size_t room;
	size_t n_results;	  /* all that have come */
	size_t reported;	  /* of all */
	struct refusal *refusals; /* likewise, where policies are meant to be refused */
	size_t n_refusals;
	size_t refusals_reported;
	struct warning *warnings; /* likewise, in any variant */
	size_t n_warnings;
	size_t warnings_reported;
	size_t expected; /* of results and refusals; never more than one of them comes */
	bool skipped;
	size_t n_left_out; /* results of probes that this machine cannot make */
	bool *left_out;
	struct lack lack; /* why it is skipped, or some are left out */
	char *failure;	  /* NULL: none */
	int failure_status;
	bool policy_refused; /* that is why */
	double started_ms;
	double ms; /* from its start to its end */
};

/* Lay a track for what is ordered.  Nothing has been started; to be cleared. */
void track_lay(const struct session_order *order, struct track *track);
void track_clear(struct track *track);

/* Start its session, unless it is skipped. */
void track_start(struct track *track);

/* Take in what its session says next, or its end; steps go to `sink` at once. */
void track_read(struct track *track, const struct report_sink *sink);

/* The next result that is to be reported, until track_read(); NULL: there is none yet. */
const struct result *track_take(struct track *track);

/* How long its session has yet, in ms; and end it where that is over. */
double track_time_left(const struct track *track);
void track_watch(struct track *track);

/* End its session, if there is one, whatever it has not said yet. */
int track_stop(struct track *track, struct sim_error *err) __attribute__((warn_unused_result));

/* How much of what is expected has not been reported. */
size_t track_missing(const struct track *track);

#endif
