/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Control groups: net_cls (v1) class ids and v2 paths, for firewalls that
 * match on them.
 *
 * Cgroup directories are the one thing of a lab that the kernel does not take
 * back by itself.  All of one run's lie below one directory that names its
 * owner, "fwlab-PID-STARTTIME", so the name is the record: who is dead can be
 * told, and what is somebody else's is never touched.  A net_cls hierarchy is
 * mounted only in private mount namespaces and is gone with the last directory;
 * where the machine has one mounted it is used and left alone.
 */
#ifndef NETSIM_CGROUP_H
#define NETSIM_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "netsim/error.h"
#include "netsim/host.h"

/*
 * For the process that starts worlds.  sim_cgroups_open() makes this run's
 * directories in the hierarchies asked for; sim_cgroups_close() removes them
 * with all below, waiting until the kernel has really let go (about 0.1 s for
 * net_cls).  sim_cgroups_sweep() removes the directories of runs whose owner
 * is dead, and costs a read of /proc/cgroups where there can be none.
 */
int sim_cgroups_open(bool net_cls, bool v2, struct sim_error *err) __attribute__((warn_unused_result));
int sim_cgroups_close(struct sim_error *err) __attribute__((warn_unused_result));
int sim_cgroups_sweep(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * "10:10" (both halves hexadecimal, as tc(8) writes handles), "0x100010" or
 * "1048592" as the 32-bit net_cls.classid.  False if it is none of these or
 * does not fit; 0 means unclassified and is refused too.
 */
bool sim_classid_parse(const char *text, uint32_t *classid);

/*
 * A cgroup `name` (slashes make a path) of a host, within a world; to be
 * entered as sim_identity.cgroup.  `classid` 0: not in net_cls.  With `v2` the
 * host gets a cgroup namespace of its own, in which "name" is the path from
 * the root, as rules spell it.
 */
int sim_host_add_cgroup(struct sim_host *host, const char *name, uint32_t classid, bool v2,
			struct sim_error *err) __attribute__((warn_unused_result));

#endif
