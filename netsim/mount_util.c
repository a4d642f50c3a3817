/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/mount_util.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/tree_copy.h"
#include "netsim/users.h"
#include "netsim/world_files.h"

/* Of this process, and what comes of it. */
static uint64_t room;

void mount_room(uint64_t bytes)
{
	room = bytes;
}

int mount_tmpfs(const char *at, const char *mode, struct sim_error *err)
{
	char options[64];
	snprintf(options, sizeof(options), "mode=%s,size=%" PRIu64, mode, room);
	if (!room)
		snprintf(options, sizeof(options), "mode=%s", mode);
	if (mount("tmpfs", at, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return sim_fail(err, errno, "cannot mount a tmpfs on %s", at);
	return 0;
}

int bind_mount(const char *from, const char *to, unsigned long flags, struct sim_error *err)
{
	if (mount(from, to, "none", MS_BIND | flags, NULL) < 0)
		return sim_fail(err, errno, "cannot mount %s on %s", from, to);
	return 0;
}

int mount_read_only(const char *at, bool tree, struct sim_error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	if (mount_setattr(AT_FDCWD, at, tree ? AT_RECURSIVE : 0, &attr, sizeof(attr)) < 0)
		return sim_fail(err, errno, "cannot make %s read-only", at);
	return 0;
}

/*
 * The merged folder has the upper one's owner and mode, and so has each folder in
 * it that is in the upper one, too.  In the others, where their owners are nobody
 * that this user namespace knows, the kernel lets nothing be changed.
 */
static int make_upper(const char *folder, const char *upper, struct sim_error *err)
{
	static const struct tree_part folders = {.folder_levels = 3};
	struct stat original;
	if (stat(folder, &original) < 0)
		return sim_fail(err, errno, "%s", folder);
	if (make_parents(upper, err) < 0 || make_folder(upper, original.st_mode & 07777, err) < 0)
		return -1;
	if (sim_users_is_foreign(original.st_uid))
		return tree_copy(folder, upper, &folders, err);
	if (chown(upper, original.st_uid, original.st_gid) < 0 ||
	    chmod(upper, original.st_mode & 07777) < 0)
		return sim_fail(err, errno, "%s", upper);
	return 0;
}

int mount_overlay(const char *folder, const char *at, const char *scratch, unsigned long flags,
		  struct sim_error *err)
{
	char upper[PATH_MAX];
	char work[PATH_MAX];
	char options[4 * PATH_MAX];
	char beneath[PATH_MAX];
	snprintf(beneath, sizeof(beneath), WORLD_BENEATH "%s", folder);
	int there = is_there(beneath, err);
	if (there < 0)
		return -1;
	folder = there ? beneath : folder;
	snprintf(upper, sizeof(upper), "%s%s/upper", scratch, at);
	snprintf(work, sizeof(work), "%s%s/work", scratch, at);
	if (make_upper(folder, upper, err) < 0 || make_folder(work, 0700, err) < 0)
		return -1;
	/* What it notes of a folder is trusted.* otherwise, which is for root of the machine. */
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s%s", folder, upper,
		 work, sim_users_is_real_root() ? "" : ",userxattr");
	if (mount("overlay", at, "overlay", flags, options) < 0)
		return sim_fail(err, errno, "cannot mount a private copy of %s", folder);
	return 0;
}

int is_there(const char *path, struct sim_error *err)
{
	if (access(path, F_OK) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : sim_fail(err, errno, "%s", path);
}

int make_folder(const char *path, mode_t mode, struct sim_error *err)
{
	if (mkdir(path, mode) < 0) {
		if (errno != EEXIST)
			return sim_fail(err, errno, "cannot make %s", path);
		return 0;
	}
	/* Whatever the umask. */
	if (chmod(path, mode) < 0)
		return sim_fail(err, errno, "cannot make %s", path);
	return 0;
}

int make_parents(const char *path, struct sim_error *err)
{
	char folder[PATH_MAX];
	if (snprintf(folder, sizeof(folder), "%s", path) >= (int)sizeof(folder))
		return sim_fail(err, ENAMETOOLONG, "%.60s...", path);
	for (char *slash = strchr(folder + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (make_folder(folder, 0755, err) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

int make_link(const char *target, const char *path, struct sim_error *err)
{
	if (symlink(target, path) < 0 && errno != EEXIST)
		return sim_fail(err, errno, "cannot link %s to %s", path, target);
	return 0;
}

int write_file(const char *path, const char *text, struct sim_error *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return sim_fail(err, errno, "cannot replace %s", path);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t length = strlen(text);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length || fchmod(fd, 0644) < 0)
		return sim_fail(err, errno, "cannot write %s", path);
	return 0;
}
