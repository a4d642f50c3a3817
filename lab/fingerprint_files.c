/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that a script of root's could reach if a lab's walls had a hole: so
 * many that only the usual places are looked at, to some depth.  Contents are
 * not read: whoever changes them changes the time stamp.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/fingerprint_private.h"
#include "netsim/cleanup.h"

#define SCENARIO_DEPTH 3
#define OWN_MAX	       64 /* files that we are writing to */

/* Where others write all the time, only what is there counts, and not what is in it. */
static const struct place {
	const char *folder;
	int depth; /* 1: only what stands in the folder itself */
	bool busy;
} places[] = {
	{"/", 1, false},	 {"/etc", 8, false},  {"/usr/local", 5, false},
	{"/root", 1, false},	 {"/home", 2, false}, {"/boot", 2, false},
	{"/opt", 2, false},	 {"/srv", 2, false},  {"/var", 2, true},
	{"/var/spool", 3, true}, {"/run", 2, true},   {"/tmp", 1, true},
	{"/var/tmp", 1, true},	 {"/dev", 2, true},
};

/* Files that we are writing to ourselves, reports among them. */
struct own {
	struct {
		dev_t dev;
		ino_t ino;
	} files[OWN_MAX];
	size_t count;
};

struct walk {
	const struct sim_lines *to;
	const struct own *own;
	bool busy;
};

static void find_own(struct own *own)
{
	autoclosedir DIR *folder = opendir("/proc/self/fd");
	*own = (struct own){0};
	for (struct dirent *entry; folder && (entry = readdir(folder)) && own->count < OWN_MAX;) {
		struct stat about;
		int fd = (int)strtol(entry->d_name, NULL, 10);
		if (entry->d_name[0] == '.' || fstat(fd, &about) < 0 || !S_ISREG(about.st_mode) ||
		    (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
			continue;
		own->files[own->count].dev = about.st_dev;
		own->files[own->count++].ino = about.st_ino;
	}
}

static bool is_own(const struct own *own, const struct stat *about)
{
	for (size_t i = 0; i < own->count; i++)
		if (own->files[i].dev == about->st_dev && own->files[i].ino == about->st_ino)
			return true;
	return false;
}

static int describe(const struct walk *walk, int folder, const char *name, const char *path,
		    const struct stat *about, struct sim_error *err)
{
	char target[PATH_MAX] = "";
	char size[96] = "";
	if (S_ISLNK(about->st_mode)) {
		ssize_t length = readlinkat(folder, name, target, sizeof(target) - 1);
		target[length > 0 ? length : 0] = '\0';
	}
	if (S_ISREG(about->st_mode) && !walk->busy)
		snprintf(size, sizeof(size), ", %lld bytes, written at %lld.%09ld",
			 (long long)about->st_size, (long long)about->st_mtim.tv_sec,
			 about->st_mtim.tv_nsec);
	return fingerprint_say(walk->to, err, "%s%s%s, mode %06o, owner %u:%u, inode %llu%s", path,
			       *target ? " -> " : "", target, about->st_mode, about->st_uid,
			       about->st_gid, (unsigned long long)about->st_ino, size);
}

static int walk_folder(const struct walk *walk, int parent, const char *path, int depth,
		       struct sim_error *err);

static int walk_entry(const struct walk *walk, int folder, const char *name, const char *above,
		      int depth, struct sim_error *err)
{
	char path[PATH_MAX];
	struct stat about;
	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return 0;
	/* What has just gone is not there. */
	if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0 ||
	    is_own(walk->own, &about))
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", strcmp(above, "/") != 0 ? above : "", name) >=
	    (int)sizeof(path))
		return 0;
	if (describe(walk, folder, name, path, &about, err) < 0)
		return -1;
	return depth > 1 && S_ISDIR(about.st_mode) ? walk_folder(walk, folder, path, depth - 1, err)
						   : 0;
}

/* A folder that is not there, or not for us to look into, has no entries. */
static int walk_folder(const struct walk *walk, int parent, const char *path, int depth,
		       struct sim_error *err)
{
	const char *name = parent == AT_FDCWD ? path : strrchr(path, '/') + 1;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	autoclosedir DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return sim_fail(err, errno, "cannot look into %s", path);
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (walk_entry(walk, fd, entry->d_name, path, depth, err) < 0)
			return -1;
	return 0;
}

int fingerprint_files(const char *const *folders, const struct sim_lines *to, struct sim_error *err)
{
	struct own own;
	find_own(&own);
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct walk walk = {to, &own, places[i].busy};
		if (walk_folder(&walk, AT_FDCWD, places[i].folder, places[i].depth, err) < 0)
			return -1;
	}
	const struct walk walk = {to, &own, false};
	for (; *folders; folders++)
		if (walk_folder(&walk, AT_FDCWD, *folders, SCENARIO_DEPTH, err) < 0)
			return -1;
	return 0;
}
