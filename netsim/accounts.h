/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accounts: who a uid is, in one passwd and one group database.
 *
 * A host has its own accounts, and so has each chroot on it: the same uid may
 * be somebody else there, which is what the `_apt` problem is made of.  Every
 * database starts with the statically allocated ids of Debian's base system
 * (Debian Policy 9.2.2: 0-99, and nobody/nogroup 65534), the same on every
 * machine; never with the machine's own passwd.
 */
#ifndef NETSIM_ACCOUNTS_H
#define NETSIM_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "netsim/error.h"

#define SIM_ACCOUNT_NAME_MAX 32	  /* useradd(8): the longest user name */
#define SIM_ACCOUNTS_MAX     4096 /* users, groups and memberships added, of each */

struct sim_accounts;

/* A database with the base system's users and groups; NULL without memory. */
struct sim_accounts *sim_accounts_new(void);
void sim_accounts_free(struct sim_accounts *accounts);

/*
 * Add a user or a group.  A second entry for one name replaces the first (a
 * scenario may move www-data); two names for one id are legal, the first
 * added is the one that an id is looked up as, base entries last.
 * Adding a user does not add a group: `gid` needs no name.
 *
 * A name is a letter or underscore, then letters, digits, "_", "-" and ".",
 * and perhaps a final "$"; anything else could break the files' lines or be
 * taken for a number.
 */
int sim_accounts_add_user(struct sim_accounts *accounts, const char *name, uid_t uid, gid_t gid,
			  struct sim_error *err) __attribute__((warn_unused_result));
int sim_accounts_add_group(struct sim_accounts *accounts, const char *name, gid_t gid,
			   struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Make a user a member of a group, by name: both must be there by then, though
 * either may be replaced later.  To be a member twice is no error.
 */
int sim_accounts_add_member(struct sim_accounts *accounts, const char *group, const char *user,
			    struct sim_error *err) __attribute__((warn_unused_result));

/*
 * The supplementary groups of a user: the gids of all groups that it is a member
 * of.  The user's own gid is not among them unless it is a member there too.
 * `n` is set to how many were written.  -1 where there are more than `max`.
 */
int sim_accounts_groups_of(const struct sim_accounts *accounts, const char *user, gid_t *list,
			   size_t max, size_t *n);

/* Look up by name.  False where there is no such name; outputs may be NULL. */
bool sim_accounts_user(const struct sim_accounts *accounts, const char *name, uid_t *uid,
		       gid_t *gid);
bool sim_accounts_group(const struct sim_accounts *accounts, const char *name, gid_t *gid);

/* The name of an id; NULL where nobody has it.  Owned by `accounts`. */
const char *sim_accounts_user_name(const struct sim_accounts *accounts, uid_t uid);
const char *sim_accounts_group_name(const struct sim_accounts *accounts, gid_t gid);

/* The i-th user's or group's name, NULL past the last: for suggestions. */
const char *sim_accounts_nth_user(const struct sim_accounts *accounts, size_t i);
const char *sim_accounts_nth_group(const struct sim_accounts *accounts, size_t i);

/* Write passwd(5), group(5), shadow(5) and gshadow(5) text; -1 with errno where `to` fails. */
int sim_accounts_write_passwd(const struct sim_accounts *accounts, FILE *to)
	__attribute__((warn_unused_result));
int sim_accounts_write_group(const struct sim_accounts *accounts, FILE *to)
	__attribute__((warn_unused_result));
int sim_accounts_write_shadow(const struct sim_accounts *accounts, FILE *to)
	__attribute__((warn_unused_result));
int sim_accounts_write_gshadow(const struct sim_accounts *accounts, FILE *to)
	__attribute__((warn_unused_result));

#endif
