/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroup hierarchies, as trees of directories below the machine's own mount,
 * or below one that is attached nowhere.  Private to netsim.
 */
#ifndef NETSIM_HIERARCHY_H
#define NETSIM_HIERARCHY_H

#include <limits.h>
#include <stdbool.h>

#include "netsim/cgroup.h"
#include "netsim/error.h"

enum hierarchy { NET_CLS, CGROUP2, MEMORY, PIDS, HIERARCHIES };

/* "net_cls", "cgroup2", "memory", "pids" */
const char *hierarchy_name(enum hierarchy which);

/* Whether there can be anything in it: a v1 hierarchy comes with its first mount. */
bool hierarchy_exists(enum hierarchy which);

/*
 * In which hierarchy MEMORY or PIDS of a new directory below the root are
 * limited: its own, where the machine has mounted that, or CGROUP2; HIERARCHIES
 * where in neither.
 */
enum hierarchy hierarchy_limiting(enum hierarchy controller);

/* Whether a folder of CGROUP2 has MEMORY or PIDS for those right below it. */
bool hierarchy_passes_on(int folder, enum hierarchy controller);

/*
 * `tree`: the descriptor of the directory below which our own ones are made: its
 * root or, for who is not root of the machine, a cgroup that has been given to
 * him, without which there is EPERM.  A net_cls hierarchy is made by root if there
 * is none; the others must exist.
 */
int hierarchy_open(enum hierarchy which, int *tree, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Close it; and where nobody else uses a net_cls hierarchy, wait first for the
 * kernel to have freed its cgroups, without which it would stay, and then for
 * it to be gone.
 */
int hierarchy_close(enum hierarchy which, int tree, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Where this process is (cgroups(7), /proc/PID/cgroup), "./a/b" from the root; of
 * v1 hierarchies that of a controller.
 */
bool hierarchy_find_ourselves(enum hierarchy which, const char *controller, char path[PATH_MAX]);

/* What the kernel does later takes so many waits at most, once it makes no headway. */
#define HIERARCHY_PATIENCE 400
void hierarchy_wait(void); /* 5 ms */

/* Whether no process is in a directory of the tree or below; false too where that cannot be read.
 */
bool hierarchy_is_empty(int tree, const char *name);

/* Remove a directory of the tree and all below it, deepest first. */
int hierarchy_remove(int tree, const char *name, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Mount what the cgroup namespace shows of it. */
int hierarchy_mount(enum hierarchy which, const char *at, struct sim_error *err)
	__attribute__((warn_unused_result));

/* The directory of a run in a hierarchy, -1: it has none there. */
int sim_cgroups_run(const struct sim_cgroups *cgroups, enum hierarchy which);
/* The hierarchy's root, likewise. */
int sim_cgroups_tree(const struct sim_cgroups *cgroups, enum hierarchy which);

#endif
