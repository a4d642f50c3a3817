/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directories of a hierarchy.  Who makes cgroups in a lab may nest them as deep as it likes:
 * whoever walks there has one of them open at a time, and goes back by "..".
 */
#include "netsim/hierarchy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* A directory that has been entered: its name, and where its parent is to be read on. */
struct level {
	char name[NAME_MAX + 1];
	long next;
};

struct walk {
	DIR *at;
	struct level *levels;
	size_t depth;
	size_t room;
};

/* What is done with each: on the way down, and on the way up; either may be NULL.  -1 with errno
 * ends the walk. */
struct visit {
	int (*enter)(int directory);
	int (*leave)(int parent, const char *name);
};

static DIR *open_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder && fd >= 0)
		close(fd);
	return folder;
}

/* The next directory in here, NULL with errno 0 if there is none. */
static const char *next_folder(DIR *at)
{
	struct dirent *entry;
	do {
		errno = 0;
		entry = readdir(at);
	} while (entry && (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") ||
			   !strcmp(entry->d_name, "..")));
	return entry ? entry->d_name : NULL;
}

static int descend(struct walk *walk, const char *name, const struct visit *visit)
{
	if (walk->depth == walk->room) {
		size_t room = 2 * walk->room + 16;
		struct level *levels = reallocarray(walk->levels, room, sizeof(*levels));
		if (!levels)
			return -1;
		walk->levels = levels;
		walk->room = room;
	}
	struct level *level = &walk->levels[walk->depth];
	snprintf(level->name, sizeof(level->name), "%s", name);
	level->next = telldir(walk->at);
	DIR *below = open_folder(dirfd(walk->at), level->name);
	if (!below)
		return errno == ENOENT ? 0 : -1; /* somebody else has removed it */
	closedir(walk->at);
	walk->at = below;
	walk->depth++;
	return visit->enter ? visit->enter(dirfd(walk->at)) : 0;
}

static int ascend(struct walk *walk, const struct visit *visit)
{
	const struct level *level = &walk->levels[walk->depth - 1];
	DIR *above = open_folder(dirfd(walk->at), "..");
	if (!above)
		return -1;
	closedir(walk->at);
	walk->at = above;
	walk->depth--;
	seekdir(walk->at, level->next);
	return visit->leave ? visit->leave(dirfd(walk->at), level->name) : 0;
}

/* All below `walk->at`, which stays, children before their parents on the way up. */
static int go(struct walk *walk, const struct visit *visit)
{
	for (;;) {
		const char *name = next_folder(walk->at);
		if (!name && (errno || walk->depth == 0))
			return errno ? -1 : 0;
		if ((name ? descend(walk, name, visit) : ascend(walk, visit)) < 0)
			return -1;
	}
}

/* All below the tree's directory `name`, but not itself. */
static int walk_below(int tree, const char *name, const struct visit *visit)
{
	struct walk walk = {.at = open_folder(tree, name)};
	int status = walk.at ? 0 : -1;
	if (status == 0 && visit->enter)
		status = visit->enter(dirfd(walk.at));
	if (status == 0)
		status = go(&walk, visit);
	int errnum = errno;
	if (walk.at)
		closedir(walk.at);
	free(walk.levels);
	errno = errnum;
	return status;
}

static int have_no_process(int directory)
{
	char text[32];
	autoclose int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, text, sizeof(text)) == 0 ? 0 : -1;
}

bool hierarchy_is_empty(int tree, const char *name)
{
	return walk_below(tree, name, &(struct visit){.enter = have_no_process}) == 0;
}

/* Processes that have just been killed may not have left yet. */
static int remove_one(int parent, const char *name)
{
	for (int i = 0; unlinkat(parent, name, AT_REMOVEDIR) < 0; i++) {
		if (errno == ENOENT)
			break;
		if (errno != EBUSY || i == HIERARCHY_PATIENCE)
			return -1;
		hierarchy_wait();
	}
	return 0;
}

int hierarchy_remove(int tree, const char *name, struct sim_error *err)
{
	if (walk_below(tree, name, &(struct visit){.leave = remove_one}) < 0 && errno != ENOENT)
		return sim_fail(err, errno, "cannot remove what is below cgroup %s", name);
	return remove_one(tree, name) < 0 ? sim_fail(err, errno, "cannot remove cgroup %s", name)
					  : 0;
}
