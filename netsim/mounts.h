/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's own files: passwd, group, hosts, resolv.conf and nsswitch.conf in a
 * private /etc, private /tmp and /var (what is written there is the host's
 * alone), an empty /run, empty homes, /sys of its own network, and roots (chroots)
 * with accounts of their own.  Of what only root can read on the machine, the most
 * is hidden (secrets.c).  All else is the machine's, read-only (world.h).
 */
#ifndef NETSIM_MOUNTS_H
#define NETSIM_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "netsim/accounts.h"
#include "netsim/error.h"
#include "netsim/host.h"

/* What the resolver of a host reads; NULL: an empty file. */
int sim_host_set_files(struct sim_host *host, const char *hosts_text, const char *resolv_text,
		       struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Add a root, to be entered as sim_identity.root: a private copy of the
 * machine's /usr with the usual links to it, its own /etc with these accounts (taken
 * over by the host) and the host's hosts and resolv.conf, an empty /var, /tmp
 * and /run, /proc, and /dev with null, zero, random and urandom.  More files: files.h.
 */
int sim_host_add_root(struct sim_host *host, const char *name, struct sim_accounts *accounts,
		      struct sim_error *err) __attribute__((warn_unused_result));

/* The accounts that a root has; NULL: no such root. */
struct sim_accounts *sim_host_root_accounts(struct sim_host *host, const char *name);

/*
 * Keep a folder (absolute, existing) in sight, read-only, where the host's own
 * mounts would cover it: that of a policy, say.  In a home, but for what begins
 * with a dot; in the folder of all homes, but for these.  /run itself stays
 * covered.
 */
int sim_host_keep(struct sim_host *host, const char *folder, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Whether it would be covered for lying in a home, and is not one itself. */
bool sim_folder_in_home(const char *folder);

/*
 * Make the host's mounts, once; further calls do nothing.  It comes before
 * sim_host_enter() in a child, and after all of the above and cgroup.h.
 */
int sim_host_mount(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
