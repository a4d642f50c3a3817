/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders that a host keeps in sight although its own mounts would cover them:
 * /run and the homes are empty in a host, and its copies of /etc, /var and /tmp
 * do not reach into what is mounted below these.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/mount_util.h"
#include "netsim/mounts.h"
#include "netsim/secrets.h"

int sim_host_keep(struct sim_host *host, const char *folder, struct sim_error *err)
{
	for (const struct sim_keep *keep = host->keeps; keep; keep = keep->next)
		if (!strcmp(keep->folder, folder))
			return 0;
	struct sim_keep *keep = calloc(1, sizeof(*keep));
	if (!keep || !(keep->folder = strdup(folder))) {
		free(keep);
		return sim_fail(err, ENOMEM, "host %s", host->name);
	}
	keep->tree = -1;
	/* One comes before what lies below it. */
	struct sim_keep **at = &host->keeps;
	while (*at && strlen((*at)->folder) <= strlen(folder))
		at = &(*at)->next;
	keep->next = *at;
	*at = keep;
	return 0;
}

void sim_keeps_free(struct sim_keep *keep)
{
	while (keep) {
		struct sim_keep *next = keep->next;
		cleanup_close(&keep->tree);
		free(keep->folder);
		free(keep);
		keep = next;
	}
}

int sim_keeps_take(struct sim_host *host, struct sim_error *err)
{
	for (struct sim_keep *keep = host->keeps; keep; keep = keep->next) {
		keep->tree = open_tree(AT_FDCWD, keep->folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (keep->tree < 0)
			return sim_fail(err, errno, "cannot hold %s", keep->folder);
	}
	return 0;
}

/* Whether the folder at this path has the content of the one that we hold. */
static bool is_in_sight(const struct sim_keep *keep)
{
	struct stat held;
	struct stat seen;
	if (fstat(keep->tree, &held) < 0 || stat(keep->folder, &seen) < 0)
		return false;
	/* A copy has inode numbers of its own. */
	return held.st_size == seen.st_size && held.st_mtim.tv_sec == seen.st_mtim.tv_sec &&
	       held.st_mtim.tv_nsec == seen.st_mtim.tv_nsec;
}

int sim_keeps_restore(struct sim_host *host, const char *scratch, struct sim_error *err)
{
	for (struct sim_keep *keep = host->keeps; keep; keep = keep->next) {
		if (is_in_sight(keep))
			continue;
		if (make_parents(keep->folder, err) < 0 || make_folder(keep->folder, 0755, err) < 0)
			return -1;
		if (move_mount(keep->tree, "", AT_FDCWD, keep->folder, MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return sim_fail(err, errno, "cannot keep %s in sight", keep->folder);
		/* Where the host writes to all around it, files of the scenario's may be in it. */
		if (sim_has_copy(host, keep->folder) &&
		    mount_overlay(keep->folder, keep->folder, scratch, MS_NODEV, err) < 0)
			return -1;
		if (secrets_cover_below(keep->folder, err) < 0)
			return -1;
	}
	return 0;
}
