/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a world sees of the machine's files.  Private to netsim.
 */
#ifndef NETSIM_WORLD_FILES_H
#define NETSIM_WORLD_FILES_H

#include "netsim/error.h"

/*
 * In a new mount namespace: all of the machine's files are read-only and, for those
 * in the user namespace, have the owners that they have for us; -1: as they are.
 * ENOTSUP: there are file systems that cannot do that.  Whoever
 * comes from here into a mount namespace of another user namespace cannot undo it
 * (mount_namespaces(7)).
 */
int world_files_protect(int userns, struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Folders as they are beneath what is mounted in them, where that is so: of these
 * the kernel lets private copies be made in a user namespace.
 */
#define WORLD_BENEATH "/.fwlab"

/* In the world's own mount and pid namespaces: a /dev and a /proc of its own. */
int world_files_furnish(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * And an /etc and a /var of its own, where those of the machine are nobody's that
 * its user namespace knows.
 */
int world_files_copy(struct sim_error *err) __attribute__((warn_unused_result));

#endif
