/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folders that a host keeps in sight although its own mounts would cover them:
 * /run and the homes are empty in a host, and its copies of /etc, /var and /tmp
 * do not reach into what is mounted below these.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/mount_util.h"
#include "netsim/mounts.h"
#include "netsim/secrets.h"

int sim_host_keep(struct sim_host *host, const char *folder, struct sim_error *err)
{
	/* The host's own is where its copies are. */
	if (!strcmp(folder, "/run"))
		return 0;
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

/* The mount that a path leads to, by a number of the kernel's. */
static int mount_at(const char *path, uint64_t *mount, struct sim_error *err)
{
	struct statx about;
	*mount = 0;
	if (statx(AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &about) < 0)
		return sim_fail(err, errno, "%s", path);
	*mount = about.stx_mnt_id;
	return 0;
}

/* And how much of a folder's path is the path of where that is mounted. */
static int mount_of(const char *folder, uint64_t *mount, size_t *length, struct sim_error *err)
{
	char path[PATH_MAX];
	uint64_t above = 0;
	snprintf(path, sizeof(path), "%s", folder);
	if (mount_at(path, mount, err) < 0)
		return -1;
	for (*length = strlen(path); *length > 1; *length = strlen(path)) {
		char *slash = strrchr(path, '/');
		path[slash == path ? 1 : slash - path] = '\0';
		if (mount_at(path, &above, err) < 0)
			return -1;
		if (above != *mount)
			break;
	}
	return 0;
}

int sim_keeps_take(struct sim_host *host, struct sim_error *err)
{
	for (struct sim_keep *keep = host->keeps; keep; keep = keep->next) {
		const unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
		keep->tree = open_tree(AT_FDCWD, keep->folder, flags);
		/* What has been mounted below it from above our user namespace comes along. */
		if (keep->tree < 0 && errno == EINVAL)
			keep->tree = open_tree(AT_FDCWD, keep->folder, flags | AT_RECURSIVE);
		if (keep->tree < 0)
			return sim_fail(err, errno, "cannot hold %s", keep->folder);
		if (mount_of(keep->folder, &keep->mount, &keep->mount_point_length, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Whether the folder at this path has the content of the one that we hold: it is that
 * folder, or is in a copy of the mount that it is in.  Copies of homes are of empty ones.
 */
static int is_in_sight(const struct sim_keep *keep, struct sim_error *err)
{
	uint64_t mount = 0;
	size_t length = 0;
	struct statfs seen;
	int there = is_there(keep->folder, err);
	if (there <= 0)
		return there;
	if (mount_of(keep->folder, &mount, &length, err) < 0)
		return -1;
	if (mount == keep->mount)
		return 1;
	if (statfs(keep->folder, &seen) < 0)
		return sim_fail(err, errno, "%s", keep->folder);
	return seen.f_type == OVERLAYFS_SUPER_MAGIC && length >= keep->mount_point_length &&
	       !secrets_cover_home(keep->folder);
}

int sim_keeps_restore(struct sim_host *host, const char *scratch, struct sim_error *err)
{
	for (struct sim_keep *keep = host->keeps; keep; keep = keep->next) {
		int in_sight = is_in_sight(keep, err);
		if (in_sight < 0)
			return -1;
		if (in_sight)
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
