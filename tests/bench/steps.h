/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the time of a lab goes, by step, without a line in the libraries: the
 * linker puts a stopwatch around calls from one of their files into another
 * (ld's --wrap, see tests/CMakeLists.txt).  A step's time is its own, without
 * that of the steps that it calls.
 */
#ifndef TESTS_BENCH_STEPS_H
#define TESTS_BENCH_STEPS_H

#include <stddef.h>
#include <stdint.h>

enum lab_step {
	STEP_HOSTS,
	STEP_VETH,
	STEP_LINKS_UP,
	STEP_ADDRESSES,
	STEP_SERVICES,
	STEP_SERVICES_AWAIT,
	STEP_LIVE_UP,
	STEP_POLICIES,
	STEP_MOUNTS,
	STEP_CHILD,
	STEP_ATTEMPT,
	STEP_SERVICES_STOP,
	STEP_HOSTS_FREE,
	STEP_LIVE_DOWN,
	STEPS
};

extern const char *const step_names[STEPS];

/* What one lab has taken; in memory that is shared with its processes. */
struct ledger {
	int64_t ns[STEPS];
	int64_t began; /* CLOCK_MONOTONIC: the first step, 0 if there was none, */
	int64_t ended; /* and the last one */
};

/* Where to write it from now on, here and in the children to come. */
void steps_record(struct ledger *to);

int64_t steps_now_ns(void);

#endif
