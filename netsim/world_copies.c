/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of the machine's /etc and /var for a world whose user namespace has no
 * ids for their owners: the kernel would neither let anything in them be
 * changed, nor make a private copy where something is mounted below.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"
#include "netsim/tree_copy.h"
#include "netsim/users.h"
#include "netsim/world_files.h"

/*
 * All of /etc, wherever it is mounted from; of /var the folders, and the files
 * as far down as /var/lib/dpkg/status.
 */
static const struct {
	const char *folder;
	struct tree_part part;
} copied[] = {{"/etc", {INT_MAX, INT_MAX, true}}, {"/var", {INT_MAX, 3, false}}};

int world_files_copy(struct sim_error *err)
{
	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++) {
		char from[64];
		struct stat about;
		/* It is being covered. */
		autoclose int folder = open(copied[i].folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (folder < 0 || fstat(folder, &about) < 0)
			return sim_fail(err, errno, "%s", copied[i].folder);
		if (!sim_users_is_foreign(about.st_uid))
			continue;
		snprintf(from, sizeof(from), "/proc/self/fd/%d", folder);
		if (mount_tmpfs(copied[i].folder, "0755", err) < 0 ||
		    tree_copy(from, copied[i].folder, &copied[i].part, err) < 0)
			return -1;
	}
	return 0;
}
