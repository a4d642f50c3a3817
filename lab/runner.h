/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runner: all the variants of a scenario that are wanted, each in a
 * session of its own, some at a time; the reports get them in order.
 */
#ifndef LAB_RUNNER_H
#define LAB_RUNNER_H

#include <stddef.h>

#include "lab/report.h"
#include "lab/scenario.h"
#include "lab/session.h"

struct runner_options {
	const char *const *variants; /* by name; none: all */
	size_t n_variants;
	const char *filter; /* NULL: all probes */
	bool control;	    /* try every deny without the policy too */
	bool bare;	    /* without instruments */
	bool no_skip;	    /* a variant that is skipped makes the status 3 */
	bool fail_fast;	    /* end at the first outcome that is not as expected */
	unsigned jobs;	    /* sessions at a time, at least 1 */
	/* One probe alone, in place of `filter`, whose steps are reported too; NULL: none. */
	const struct session_single *single;
};

/*
 * Run one scenario.  Returns its exit status (command.h), or -1 when a signal
 * cut it short, whose number is then in `signal_out`.  Nothing of it is left in
 * either case.
 */
int runner_run(const struct scenario *scenario, const struct runner_options *options,
	       const struct report_sink *sink, struct totals *totals, int *signal_out);

#endif
