/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files of a host's own, or of one of its roots, besides the few that every
 * host has (mounts.h): what daemons and programs in there are to find.  All
 * are written into private copies when the host's mounts are made; nothing of
 * the machine's is changed.  It does not know what the files are for.
 */
#ifndef NETSIM_FILES_H
#define NETSIM_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"

#define SIM_FILE_PATH_MAX 255

struct sim_file {
	const char *path; /* absolute; folders that are missing on the way are root's, 0755 */
	const char *text; /* NULL: a folder */
	size_t length;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

/* Why a file or folder cannot be there; NULL: it can. `in_root`: in one of the host's roots. */
const char *sim_file_why_not(const char *path, bool in_root);

/*
 * Add a file to a host (`root_name` NULL) or to one of its roots, before its mounts
 * are made; a later one of the same path replaces the earlier.  A copy is taken.
 */
int sim_host_add_file(struct sim_host *host, const char *root_name, const struct sim_file *file,
		      struct sim_error *err) __attribute__((warn_unused_result));

/* Put an empty folder in place of one of the machine's, before the host's files are written. */
int sim_host_hide(struct sim_host *host, const char *folder, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Let a root be seen at this path of the host too, so that chroot(8) can be used. */
int sim_host_show_root(struct sim_host *host, const char *name, const char *at,
		       struct sim_error *err) __attribute__((warn_unused_result));

#endif
