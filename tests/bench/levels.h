/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A lab of two hosts and one probe, made once, at each of the levels at which
 * one can be made.
 */
#ifndef TESTS_BENCH_LEVELS_H
#define TESTS_BENCH_LEVELS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab/plan.h"
#include "netsim/error.h"
#include "tests/bench/steps.h"

enum level { LEVEL_FLOOR, LEVEL_LIBRARY, LEVEL_LAB, LEVEL_SESSION, LEVEL_COMMAND, LEVELS };
extern const char *const level_names[LEVELS];

/* What is measured: the scenario over IPv4 alone, or over both families. */
struct subject {
	bool both;
	const char *path;
	struct scenario *scenario;
	struct plan *plan;
};

/*
 * Levels up to LEVEL_LAB live in a world, as they do in a session: this is the
 * process that makes them.
 */
struct maker {
	pid_t init;
	int lifeline;
	int orders;
};
int maker_start(const struct subject *subjects, struct maker *maker, struct sim_error *err)
	__attribute__((warn_unused_result));
int maker_end(struct maker *maker, struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Make subjects[index] once and take it down; `ns` is the time until then.
 * -1 where it failed, or where its probe did not come to what was expected.
 */
int level_run(enum level level, const struct maker *maker, const struct subject *subjects,
	      size_t index, int64_t *ns, struct sim_error *err) __attribute__((warn_unused_result));

#endif
