/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Limits: how much memory, and how many processes, all that a run's worlds do
 * can have together.
 *
 * They are those of the run's directories in the memory and pids controllers
 * (cgroup.h), wherever this machine has these: in hierarchies of their own (v1)
 * or in cgroup v2.  Where it has them nowhere that we can write, there is no
 * limit for all together; a machine's hierarchies are not changed for it.
 */
#ifndef NETSIM_LIMITS_H
#define NETSIM_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsim/cgroup.h"
#include "netsim/error.h"

struct sim_limits {
	uint64_t memory;    /* bytes: of processes, of files in tmpfs, of the kernel for them */
	uint64_t processes; /* and threads */
};

/* Whether this machine can limit it. */
bool sim_limits_memory(void);
bool sim_limits_processes(void);

/*
 * Limit this run, whose directories have been made; what cannot be limited is
 * not.  Where this process itself is under a lower limit, `limits` becomes that.
 */
int sim_limits_set(const struct sim_cgroups *cgroups, struct sim_limits *limits,
		   struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Put this process, and all that will come of it, under the run's limits.
 * Where its memory is not limited (`cgroups` may be NULL), each process' own is.
 */
int sim_limits_enter(const struct sim_cgroups *cgroups, const struct sim_limits *limits,
		     struct sim_error *err) __attribute__((warn_unused_result));

/* How often, up to now, a limit was in somebody's way. */
struct sim_limits_hit {
	unsigned long killed;  /* processes, for want of memory */
	unsigned long refused; /* processes that could not be started */
};
void sim_limits_read(const struct sim_cgroups *cgroups, struct sim_limits_hit *hit);

#endif
