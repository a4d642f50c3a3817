/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Confinements: what a process may not do, whoever it runs as.  Each is a row
 * of a table; one more is one more row.
 *
 * A process is confined last, under its identity and by a privilege that it
 * has kept for that alone, as a service manager does it: no confinement brings
 * no_new_privs with it, and a program that is setuid remains so under all of
 * them but that one.  Confinements pass to children and through execve(2).
 */
#ifndef NETSIM_CONFINE_H
#define NETSIM_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsim/error.h"

/* TCP ports that Landlock leaves open. */
struct sim_ports {
	const uint16_t *ports;
	size_t n_ports;
};

struct sim_confinement {
	/* An empty network namespace of its own: lo is there and down, so that no address at
	 * all can be reached, 127.0.0.1 included.  UNIX sockets with a path still can. */
	bool no_network;
	/* An AppArmor profile that the machine has loaded, or NULL. */
	const char *apparmor;
	bool no_new_privs; /* PR_SET_NO_NEW_PRIVS, see prctl(2) */
	/* Landlock: TCP may be connected, bound to these ports alone; NULL: to all. */
	const struct sim_ports *connect;
	const struct sim_ports *bind;
	/* Seccomp: these system calls fail with EPERM, */
	const int *calls; /* by libseccomp's numbers */
	size_t n_calls;
	/* and socket() of these families with EAFNOSUPPORT. */
	const int *families;
	size_t n_families;
};

/*
 * Apply what is asked for to this process, for good.  `drop`: it is not root's,
 * and gives up all capabilities with that.  Needs CAP_SYS_ADMIN in the permitted
 * set, but for no_new_privs alone.
 */
int sim_confine(const struct sim_confinement *confinement, bool drop, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Whether sim_confine() needs a privilege for this. */
bool sim_confinement_is_privileged(const struct sim_confinement *confinement);

/* Whether any is asked for. */
bool sim_is_confined(const struct sim_confinement *confinement);

/* A kind of confinement: a row. */
struct sim_confinement_kind {
	const char *name; /* the key in a scenario */
	bool (*is_wanted)(const struct sim_confinement *confinement);
	/* Whether what is asked for may keep packets from being sent; NULL: never. */
	bool (*forbids_packets)(const struct sim_confinement *confinement);
	int (*apply)(const struct sim_confinement *confinement, struct sim_error *err);
	const char *takes; /* what it needs, for messages */
};
/* In the order in which they are applied; NULL past the last. */
const struct sim_confinement_kind *sim_confinement_kind(size_t i);

/*
 * Whether AppArmor has this profile loaded: 1 yes, 0 no, -1 where that is not known,
 * as without AppArmor, or of a name that stands for several.
 */
int sim_apparmor_has(const char *profile);

/* The number of a system call by its name; false: there is none. */
bool sim_syscall_parse(const char *name, int *number);
/* Its name, to be freed; NULL without memory. */
char *sim_syscall_name(int number);
/* An address family, "inet"; false: not known.  The i-th name, NULL past the last. */
bool sim_family_parse(const char *name, int *family);
const char *sim_family_nth(size_t i);

#endif
