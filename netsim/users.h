/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User namespaces: how an ordinary user is root of something of one's own.
 *
 * Root in there is the user outside; all other ids are the subordinate ones
 * that the machine has given to the user (subuid(5), subgid(5)), and stand for
 * nobody outside.  Whoever is root already, in whichever user namespace, is left
 * as is.
 */
#ifndef NETSIM_USERS_H
#define NETSIM_USERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "netsim/error.h"

/* All that a firewall's owner matches speak of: up to "nobody" and one more. */
#define SIM_USERS_WANTED 65536

/* Whether this process is root of the machine, and not of a user namespace below. */
bool sim_users_is_real_root(void);

/* How many ids, from 0 without a gap, this process' user namespace has, of both kinds. */
uid_t sim_users_count(void);

/*
 * Whether an owner of files, as stat(2) tells it, is somebody whom this user
 * namespace has no id for: nothing can be given to such a one.
 */
bool sim_users_is_foreign(uid_t uid);

/*
 * Become root of a new user namespace, for good; for a process of one thread.
 * Needs newuidmap(1), newgidmap(1), getsubids(1) and some subordinate ids.  What
 * has failed once fails again, with the same words.
 */
int sim_users_become_root(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * A new user namespace, for worlds: an open descriptor, or -1.  Each id in it is
 * the same one of ours, but where we are root of the machine: then its ids from 0
 * to SIM_USERS_SHIFTED stand for as many outside that are nobody's.
 */
#define SIM_USERS_SHIFTED 0x0FFEFFFFU
int sim_users_new(struct sim_error *err) __attribute__((warn_unused_result));

/* Who its root is for us. */
uid_t sim_users_root(void);

/* Move this process into it for good, as its root. */
int sim_users_enter(int userns, struct sim_error *err) __attribute__((warn_unused_result));

/* How many subordinate ids of both kinds this user has been given. */
unsigned long sim_users_subordinates(void);

#endif
