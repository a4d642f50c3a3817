/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups: net_cls (v1) class ids and v2 paths, for firewalls that
 * match on them, and what limits a run.
 *
 * Cgroup directories are the one thing of a lab that the kernel does not take
 * back by itself.  All of one run's lie below one directory that names its
 * owner, "fwlab-PIDNS-PID-STARTTIME", so the name is the record: who is dead
 * can be told, and what is somebody else's is never touched.  Hierarchies are
 * reached through mounts that are attached nowhere (fsmount(2)); a net_cls
 * hierarchy that was not there before goes with the last directory.
 */
#ifndef NETSIM_CGROUP_H
#define NETSIM_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/inventory.h"

/* The run's own directories in the hierarchies. */
struct sim_cgroups;

/* What they are for. */
struct sim_cgroups_wish {
	bool net_cls; /* hosts' cgroups with class ids, */
	bool v2;      /* with paths */
	bool limits;  /* to limit the run (limits.h), as far as this machine lets us */
};

/*
 * Whether this user may make cgroups of the kind: root may, and others in a
 * cgroup that has been given to them.  In net_cls that is the one this process is
 * in, or one called "fwlab" at the root; in v2, where nobody can leave what has
 * been given to him, the former alone.
 */
enum sim_cgroup_kind { SIM_CGROUP_NET_CLS, SIM_CGROUP_V2 };
bool sim_cgroups_may_have(enum sim_cgroup_kind kind);

/*
 * For the process that starts worlds: make this run's directories in the
 * hierarchies that this takes.
 */
int sim_cgroups_open(const struct sim_cgroups_wish *wish, struct sim_cgroups **cgroups,
		     struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Let somebody else, the root of a world's user namespace, make hosts' cgroups in
 * them and move processes there.
 */
int sim_cgroups_give(const struct sim_cgroups *cgroups, uid_t to, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Put this process into the v2 one, if there is one: nobody but root of the
 * machine can move processes there from outside (cgroups(7), delegation).
 */
int sim_cgroups_enter(const struct sim_cgroups *cgroups, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Remove them with all below, when every world has ended, and wait until the
 * kernel has really let go (about 0.1 s for net_cls).  Frees `cgroups`, which
 * may be NULL, in any case.
 */
int sim_cgroups_close(struct sim_cgroups *cgroups, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Remove what runs have left whose owner is dead: of this pid namespace, and, where
 * this is the machine's first, of those that have ended with all their processes (a
 * container's).  `wish`: what this run is about to open.  Where something is in the
 * way in a hierarchy that it does not need, that is no error, but told in `warning`
 * (text "" otherwise).
 */
int sim_cgroups_sweep(const struct sim_cgroups_wish *wish, struct sim_error *warning,
		      struct sim_error *err) __attribute__((warn_unused_result));

/*
 * The cgroups right below the roots of the hierarchies, "net_cls: NAME", without
 * those of other runs.  Whether there is a net_cls hierarchy is not told: one that
 * nobody uses any more goes when the kernel gets to it.  An ordinary user is told
 * of nothing.
 */
int sim_cgroups_list(const struct sim_lines *to, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Whether there are directories of this kind. */
bool sim_cgroups_have(const struct sim_cgroups *cgroups, enum sim_cgroup_kind kind);

/* The descriptors that a world must keep to use `cgroups` (which may be NULL); how many there are.
 */
#define SIM_CGROUPS_FDS_MAX 4
size_t sim_cgroups_fds(const struct sim_cgroups *cgroups, int fds[SIM_CGROUPS_FDS_MAX]);

/*
 * "10:10" (both halves hexadecimal, as tc(8) writes handles), "0x100010" or
 * "1048592" as the 32-bit net_cls.classid.  False if it is none of these or
 * does not fit; 0 means unclassified and is refused too.
 */
bool sim_classid_parse(const char *text, uint32_t *classid);

/*
 * Add a cgroup `name` (slashes make a path) to a host, before its mounts are
 * made; it is entered as sim_identity.cgroup.  `classid` 0: not in net_cls.
 * The host gets a cgroup namespace of its own, in which "name" is the path
 * from the root, as rules spell it, and sees it in /sys/fs/cgroup (v2) and
 * /sys/fs/cgroup/net_cls.  `cgroups` must outlive the host.
 */
int sim_host_add_cgroup(struct sim_host *host, const struct sim_cgroups *cgroups, const char *name,
			uint32_t classid, bool v2, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * The same for a cgroup of net_cls that programs in the host make, with
 * cgcreate(1) say, before it is entered: the host has a hierarchy that is its
 * own to write to, and what they make there is removed with all else.
 */
int sim_host_await_cgroup(struct sim_host *host, const struct sim_cgroups *cgroups,
			  const char *name, bool v2, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
