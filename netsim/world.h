/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world: where a lab lives.  A process in its own pid, mount, ipc, uts and
 * network namespaces, to which the machine's files are read-only and the
 * machine's processes invisible, and which ends with its maker.
 *
 * Its programs have the capabilities of privileges.h alone, and no core of
 * theirs is written; all in it is under the run's limits (limits.h).
 */
#ifndef NETSIM_WORLD_H
#define NETSIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/limits.h"

#define SIM_WORLD_FDS_MAX 16

struct sim_world_spec {
	/* What to run in it; its result (0-255) is the world's exit status. */
	int (*body)(void *arg);
	void *arg;
	/*
	 * Descriptors that body needs; every other one above 2 is closed in the
	 * world, so that nothing of the caller's leaks into a lab.
	 */
	const int *fds;
	size_t n_fds; /* at most SIM_WORLD_FDS_MAX */
	/*
	 * What all in it may take; NULL: what the machine lets it.  A host's
	 * files take at most half of the memory, /dev an eighth.  `cgroups`: whose directories, the
	 * descriptors of which are among `fds`, enforce that; NULL: none do.
	 */
	const struct sim_limits *limits;
	const struct sim_cgroups *cgroups;
	bool jails; /* programs may mount, make namespaces and device nodes (forbidden.h,
		       privileges.h) */
	/*
	 * In a user namespace of its own (users.h): its root has no power over
	 * anything that is not the world's.
	 */
	bool apart;
};

/*
 * Start a world; not for a process that ignores SIGCHLD.  Returns its process, an init that does
 * nothing but wait: when it ends, by whatever cause, the kernel kills all that lives in the world.
 * It ends when body does, and when the caller's end of `lifeline` is closed, which the kernel sees
 * to even after kill -9.  Wait for it with waitpid(2), then close the lifeline.  -1 on failure.
 *
 * What fails later, in the world itself (a mount), is not reported here: body
 * is then not run, a struct sim_error is written to `report_fd`, and the exit
 * status is SIM_WORLD_FAILED.
 */
#define SIM_WORLD_FAILED 125
pid_t sim_world_start(const struct sim_world_spec *spec, int report_fd, int *lifeline,
		      struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Whether this machine lets there be worlds apart, by making one: in some
 * containers /proc and /sys cannot be mounted there, and some file systems cannot
 * show files with other owners.  Made out once for the process.
 */
bool sim_world_can_be_apart(void);

#endif
