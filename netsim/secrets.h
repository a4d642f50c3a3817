/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of the machine's files no host sees, though its root may read all: homes,
 * keys, passwords.  It is for programs that are curious, not for those that may
 * mount: these can look beneath.  Private to netsim.
 */
#ifndef NETSIM_SECRETS_H
#define NETSIM_SECRETS_H

#include <stdbool.h>

#include "netsim/error.h"

/* Cover the folders, of homes above all, with empty ones; what is kept is put back afterwards. */
int secrets_cover(struct sim_error *err) __attribute__((warn_unused_result));

/* Whether a folder is covered for being a home, lying in one, or being that of all homes. */
bool secrets_cover_home(const char *folder);

/* Remove the files, from the host's own copies of the folders that they are in. */
int secrets_remove(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Where a folder that has been put back is a home, cover what begins with a dot in
 * it; where it is the folder of all homes, the homes.
 */
int secrets_cover_below(const char *folder, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
