/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: the results, for people and for programs.
 *
 * A reporter is a row of a table; each gets the results as they come, in the
 * order in which the scenario has them, and writes to a stream of its own.
 * The sink is the set of reporters that a run was asked for: who has a result
 * tells the sink, and knows nothing of reporters.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "lab/needs.h"
#include "lab/outcome.h"
#include "lab/refusal.h"
#include "lab/scenario.h"
#include "lab/step.h"
#include "lab/warning.h"
#include "netsim/error.h"

struct totals {
	unsigned passed;
	unsigned failed;
	unsigned inconclusive;
	unsigned skipped;
	unsigned refused; /* policies that should have been loaded: a lab each that could not be run
			   */
};

struct report_style {
	bool colour;	   /* the stream is a terminal that wants it */
	const char *again; /* the start of the command line that repeats a part of this run */
};

struct reporter {
	const char *name; /* --report NAME[=FILE] */
	const char *summary;
	/* `to` and `style` outlive the reporter. */
	void *(*open)(FILE *to, const struct report_style *style);
	void (*scenario_begin)(void *self, const struct scenario *scenario);
	void (*variant_begin)(void *self, const struct scenario *scenario, size_t variant);
	void (*result)(void *self, const struct scenario *scenario, const struct result *result);
	/* Where policies are meant to be refused, these come in place of results. */
	void (*refusal)(void *self, const struct scenario *scenario, const struct refusal *refusal);
	/* Of a policy that was taken; before the variant's results. */
	void (*warning)(void *self, const struct scenario *scenario, const struct warning *warning);
	/* `count` results or refusals of the variant will not come; they are in totals.skipped. */
	void (*skipped)(void *self, const struct scenario *scenario, size_t variant, size_t count,
			const struct lack *lack);
	/* A step of the probe whose result comes next, where probes are explained; NULL: not
	 * wanted. */
	void (*step)(void *self, const struct step *step);
	/* A lab that could not be built or died; the variant's missing results are in
	 * totals.inconclusive. */
	void (*failure)(void *self, const struct scenario *scenario, size_t variant,
			const char *why);
	void (*variant_end)(void *self, const struct scenario *scenario, size_t variant, double ms);
	void (*scenario_end)(void *self, const struct scenario *scenario);
	/*
	 * Write what is left and free `self`; scenarios and variants may still be
	 * open when `signal` (0: none) cut the run short.  0, or -1 with errno
	 * when the report is not whole.
	 */
	int (*close)(void *self, const struct totals *totals, int signal);
};

/* The i-th reporter, NULL past the last; the one of this name, or NULL. */
const struct reporter *reporter_nth(size_t i);
const struct reporter *reporter_find(const char *name);

/* For `fwlab explain`, which alone has something to explain: none of the above. */
extern const struct reporter report_explain;

/* One report that was asked for. */
struct report_order {
	const struct reporter *reporter;
	const char *path; /* NULL: standard output */
};

enum colour { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER };

struct report_sink;

/*
 * Open every report's file and start its reporter; NULL where a file cannot be
 * had.  COLOUR_AUTO: on terminals, unless NO_COLOR is set.  `orders` and
 * `again` must outlive the sink.
 */
struct report_sink *report_sink_open(const struct report_order *orders, size_t count,
				     enum colour colour, const char *again, struct sim_error *err);

/* Whether people get to see a report of this run as it goes: text, on standard output. */
bool report_sink_is_shown(const struct report_sink *sink);

/* Tell all of them; each has then written all that it means to write so far. */
void report_scenario_begin(const struct report_sink *sink, const struct scenario *scenario);
void report_variant_begin(const struct report_sink *sink, const struct scenario *scenario,
			  size_t variant);
void report_result(const struct report_sink *sink, const struct scenario *scenario,
		   const struct result *result);
void report_refusal(const struct report_sink *sink, const struct scenario *scenario,
		    const struct refusal *refusal);
void report_warning(const struct report_sink *sink, const struct scenario *scenario,
		    const struct warning *warning);
void report_skip(const struct report_sink *sink, const struct scenario *scenario, size_t variant,
		 size_t count, const struct lack *lack);
void report_step(const struct report_sink *sink, const struct step *step);
void report_failure(const struct report_sink *sink, const struct scenario *scenario, size_t variant,
		    const char *why);
void report_variant_end(const struct report_sink *sink, const struct scenario *scenario,
			size_t variant, double ms);
void report_scenario_end(const struct report_sink *sink, const struct scenario *scenario);

/*
 * End all reports and free the sink.  -1 when one of them did not get to where
 * it was meant to go; the others are whole.
 */
int report_sink_close(struct report_sink *sink, const struct totals *totals, int signal,
		      struct sim_error *err) __attribute__((warn_unused_result));

#endif
