/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges: which capabilities a program can have in a world, whoever it
 * runs as.
 *
 * A row for each that is kept, with the reason; all others are out of the
 * bounding set (capabilities(7)), from which there is no way back: not by uid
 * 0, a setuid program or a file's capabilities.  Whoever runs no program, the
 * lab's own process, keeps what it has.
 */
#ifndef NETSIM_PRIVILEGES_H
#define NETSIM_PRIVILEGES_H

#include <stdbool.h>
#include <stddef.h>

#include "netsim/error.h"

struct sim_privilege {
	int capability;
	const char *name;    /* "NET_ADMIN" */
	bool for_jails_only; /* with it, the machine's files and devices are within reach */
	const char *why;     /* who needs it in a lab */
};

/* The i-th that is kept, NULL past the last. */
const struct sim_privilege *sim_privilege_nth(size_t i);

/*
 * From here on, programs of this process and its children have no capabilities
 * but these; `jails`: those that jails need, too.  Needs CAP_SETPCAP.
 */
int sim_privileges_bound(bool jails, struct sim_error *err) __attribute__((warn_unused_result));

/*
 * For a process of ours that runs no program, but among strangers' files: plug-ins of the
 * libraries that it calls, the C library's for names above all, may be theirs.
 *
 * Give up at once the capabilities that a program of this process would not have.
 */
int sim_privileges_drop(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Keep strangers from what this process has: nobody with the same capabilities can look into it
 * any more, and all descriptors but 0 to 2 and these are closed.
 */
int sim_privileges_hide(const int *fds, size_t n_fds, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
