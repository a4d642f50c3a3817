/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An identity: what a process runs as.
 *
 * The owner match of netfilter sees the fsuid of whoever created the socket,
 * and a v2 cgroup match the cgroup in which it was created; so a process
 * takes on the whole identity first and makes its sockets afterwards.
 */
#ifndef NETSIM_IDENTITY_H
#define NETSIM_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/confine.h"
#include "netsim/error.h"

#define SIM_GROUPS_MAX 64

struct sim_identity {
	uid_t uid;
	gid_t gid;
	gid_t groups[SIM_GROUPS_MAX]; /* supplementary */
	size_t n_groups;
	const char *cgroup; /* a cgroup of the host (netsim/cgroup.h), or NULL */
	const char *root;   /* a root of the host (netsim/mounts.h), or NULL */
	pid_t inside; /* in the namespaces and root of this process (inside.h); 0: the host's */
	struct sim_confinement confinement;
};

/* root:root, no groups, no cgroup, no chroot, not confined. */
extern const struct sim_identity sim_identity_root;

/*
 * Take on groups, gid, uid and the confinement, in this order and for good.  The
 * cgroup and the root have been entered before by sim_host_enter() (host.h),
 * which calls this last.
 */
int sim_identity_take(const struct sim_identity *identity, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Whether it is groups, gid and uid alone, which can be taken off again. */
bool sim_identity_is_loose(const struct sim_identity *identity);

/*
 * Put on such an identity for a while: groups, effective gid and uid, and with
 * them what the owner match sees.  The real and saved ones stay root's, so that
 * nobody else may signal or trace us meanwhile.  For root in a process of one
 * thread; what fails leaves it half dressed, to be taken off all the same.
 */
int sim_identity_put_on(const struct sim_identity *identity, struct sim_error *err)
	__attribute__((warn_unused_result));
int sim_identity_take_off(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * With an identity put on: have root's rights for a moment, and then the
 * identity's own ones again.  Where that fails, nothing must be done as it any more.
 */
int sim_identity_rise(struct sim_error *err) __attribute__((warn_unused_result));
int sim_identity_sink(const struct sim_identity *identity, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
