/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: the results, for people and for programs.
 *
 * A reporter is a row of a table; each gets the results as they come, in the
 * order in which the scenario has them, and writes to a stream of its own.
 */
#ifndef LAB_REPORT_H
#define LAB_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "lab/outcome.h"
#include "lab/scenario.h"

struct totals {
	unsigned passed;
	unsigned failed;
	unsigned inconclusive;
	unsigned skipped;
};

struct reporter {
	const char *name; /* --report NAME[=FILE] */
	const char *summary;
	/* NULL without memory; `colour`: the stream is a terminal that wants it. */
	void *(*open)(FILE *to, bool colour);
	void (*scenario_begin)(void *self, const struct scenario *scenario);
	void (*variant_begin)(void *self, const struct scenario *scenario, size_t variant);
	void (*result)(void *self, const struct scenario *scenario, const struct result *result);
	/* A lab that could not be built or died; the variant's missing results are in totals.inconclusive. */
	void (*failure)(void *self, const struct scenario *scenario, size_t variant, const char *why);
	void (*variant_end)(void *self, const struct scenario *scenario, size_t variant, double ms);
	void (*scenario_end)(void *self, const struct scenario *scenario);
	/* Write what is left and free `self`; 0, or -1 with errno when the stream failed. */
	int (*close)(void *self, const struct totals *totals);
};

/* The i-th reporter, NULL past the last; the one of this name, or NULL. */
const struct reporter *reporter_nth(size_t i);
const struct reporter *reporter_find(const char *name);

#endif
