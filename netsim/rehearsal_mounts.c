/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/rehearsal_mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"
#include "netsim/tree_copy.h"
#include "netsim/world_files.h"

#define CGROUPS "/sys/fs/cgroup"

/* A mount of the host's that is in sight: parents come before what is mounted in them. */
struct part {
	char *at;
	bool is_proc;
	bool writable;
	int tree; /* a copy of it that is attached nowhere, or -1 */
};

struct parts {
	struct part *parts;
	size_t count;
};

static void clear_parts(struct parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->parts[i].at);
		cleanup_close(&parts->parts[i].tree);
	}
	free(parts->parts);
}

static int hold(const char *path, unsigned flags, struct sim_error *err)
{
	int tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | flags);
	return tree < 0 ? sim_fail(err, errno, "cannot hold %s", path) : tree;
}

/* Blanks and the like are octal numbers there (proc(5), mountinfo). */
static void decode(char *path)
{
	char *to = path;
	for (const char *at = path; *at; to++) {
		bool is_code = *at == '\\' && strspn(at + 1, "01234567") >= 3;
		*to = is_code ? (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'))
			      : *at;
		at += is_code ? 4 : 1;
	}
	*to = '\0';
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

/* What a rehearsal has its own of. */
static bool is_replaced(const char *path)
{
	return !strcmp(path, "/") || is_below(path, "/proc") || is_below(path, "/sys") ||
	       is_below(path, "/dev");
}

/* Whether the mount of this number is the one that is seen at a path, and nothing above it. */
static bool is_in_sight(const char *path, unsigned long number)
{
	struct statx about;
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_MNT_ID, &about) == 0 &&
	       about.stx_mnt_id == number;
}

/* What nobody writes to, nor to a folder that it is in, stays where it is. */
static bool is_touched(const struct parts *parts, const struct part *part)
{
	bool touched = part->is_proc || part->writable;
	for (size_t i = 0; i < parts->count; i++)
		touched |= parts->parts[i].writable && is_below(part->at, parts->parts[i].at);
	return touched;
}

/* What is no file, folder or device would lead to somebody outside. */
static int hold_part(struct part *part, struct sim_error *err)
{
	struct stat about;
	if (part->is_proc)
		return 0;
	if (stat(part->at, &about) < 0)
		return sim_fail(err, errno, "%s", part->at);
	if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode) && !S_ISCHR(about.st_mode))
		return sim_fail(err, EINVAL, "there is no copy of %s", part->at);
	/* With all below it: what an outer user namespace has mounted there cannot be left out. */
	part->tree = hold(part->at, AT_RECURSIVE, err);
	return part->tree < 0 ? -1 : 0;
}

static int add_part(struct parts *parts, const struct part *part, struct sim_error *err)
{
	struct part *more = reallocarray(parts->parts, parts->count + 1, sizeof(*more));
	if (!more)
		return sim_fail(err, ENOMEM, "the mounts");
	parts->parts = more;
	more += parts->count;
	*more = *part;
	more->tree = -1;
	more->at = strdup(part->at);
	if (!more->at)
		return sim_fail(err, ENOMEM, "the mounts");
	parts->count++;
	return hold_part(more, err);
}

/* "ID PARENT DEVICE ROOT AT OPTIONS ... - TYPE ..." */
static int read_part(struct parts *parts, const char *line, struct sim_error *err)
{
	unsigned long number;
	char root[PATH_MAX];
	char at[PATH_MAX];
	char options[256];
	char type[32];
	const char *dash = strstr(line, " - ");
	if (!dash || sscanf(dash, " - %31s", type) != 1)
		return sim_fail(err, 0, "/proc/self/mountinfo is not understood");
	/* The kernel's own number. NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(line, "%lu %*s %*s %4095s %4095s %255s", &number, root, at, options) != 4)
		return sim_fail(err, 0, "/proc/self/mountinfo is not understood");
	decode(at);
	const struct part part = {at, !strcmp(type, "proc"), !strncmp(options, "rw", 2), -1};
	/* Parts of a /proc come with it; other namespaces are nobody's to enter. */
	bool wanted = !is_replaced(at) && !(part.is_proc && strcmp(root, "/") != 0) &&
		      strcmp(type, "nsfs") != 0 && is_touched(parts, &part) &&
		      is_in_sight(at, number);
	return wanted ? add_part(parts, &part, err) : 0;
}

static int read_parts(struct parts *parts, struct sim_error *err)
{
	autofree char *line = NULL;
	size_t room = 0;
	autofclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &room, mounts) > 0)
		if (read_part(parts, line, err) < 0)
			return -1;
	if (!mounts || ferror(mounts))
		return sim_fail(err, errno, "cannot read /proc/self/mountinfo");
	return 0;
}

static int put(int tree, const char *at, struct sim_error *err)
{
	if (move_mount(tree, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return sim_fail(err, errno, "cannot mount %s", at);
	return 0;
}

/*
 * The kernel stacks no more than two overlays, of which the machine may have made one, a
 * container's, and the host the other.  What is deep in other folders than /etc is much, and no
 * script's.
 */
static int copy_tree(const char *at, mode_t mode, struct sim_error *err)
{
	char from[64];
	char octal[16];
	int levels = is_below(at, "/etc") ? INT_MAX : 3;
	const struct tree_part part = {.folder_levels = levels, .file_levels = levels};
	autoclose int folder = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return sim_fail(err, errno, "%s", at);
	snprintf(from, sizeof(from), "/proc/self/fd/%d", folder);
	snprintf(octal, sizeof(octal), "%o", mode & 07777U);
	return mount_tmpfs(at, octal, err) < 0 ? -1 : tree_copy(from, at, &part, err);
}

static int copy_folder(const char *at, mode_t mode, struct sim_error *err)
{
	struct sim_error why;
	if (mount_overlay(at, at, REHEARSAL_FOLDER "/copies", MS_NOSUID | MS_NODEV, &why) == 0)
		return 0;
	if (why.errnum == EINVAL)
		return copy_tree(at, mode, err);
	*(err ? err : &why) = why;
	return -1;
}

/* At its place once more, which what it is mounted in may have covered. */
static int copy_part(const struct part *part, struct sim_error *err)
{
	struct stat about;
	if (part->is_proc)
		return bind_mount("/proc", part->at, MS_REC, err);
	if (put(part->tree, part->at, err) < 0)
		return -1;
	if (!part->writable)
		return 0;
	if (stat(part->at, &about) < 0)
		return sim_fail(err, errno, "%s", part->at);
	return S_ISDIR(about.st_mode) ? copy_folder(part->at, about.st_mode, err)
				      : mount_read_only(part->at, false, err);
}

static int copy_parts(struct sim_error *err)
{
	__attribute__((cleanup(clear_parts))) struct parts parts = {0};
	if (read_parts(&parts, err) < 0)
		return -1;
	for (size_t i = 0; i < parts.count; i++)
		if (copy_part(&parts.parts[i], err) < 0)
			return -1;
	return 0;
}

int rehearsal_mount(struct sim_error *err)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	int there = is_there(CGROUPS, err);
	autoclose int cgroups = there > 0 ? hold(CGROUPS, AT_RECURSIVE, err) : -1;
	if (there < 0 || (there && cgroups < 0))
		return -1;
	if (there &&
	    mount_setattr(cgroups, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return sim_fail(err, errno, "cannot make %s read-only", CGROUPS);
	if (world_files_furnish(err) < 0 || (there && put(cgroups, CGROUPS, err) < 0) ||
	    make_folder(REHEARSAL_FOLDER, 0700, err) < 0)
		return -1;
	return copy_parts(err);
}
