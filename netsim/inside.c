/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/inside.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/privileges.h"

/* A process, and whose child it is. */
struct kin {
	pid_t pid;
	pid_t parent;
};

/* All processes that /proc shows; `list` is to be freed. */
struct census {
	struct kin *list;
	size_t count;
	size_t room;
	int errnum; /* why some could not be looked at; 0: all could */
};

static void census_clear(struct census *census)
{
	free(census->list);
}

/* Those that have ended need not be looked at. */
static void note_failure(struct census *census)
{
	if (errno != ENOENT && errno != ESRCH)
		census->errnum = errno;
}

/* /proc/PID/stat is "PID (NAME) STATE PARENT ...", and NAME may be anything. */
static bool read_parent(const char *pid, pid_t *parent)
{
	char path[64];
	char text[512];
	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	const char *end = strrchr(text, ')');
	if (!end || strlen(end) < 5) {
		errno = ESRCH;
		return false;
	}
	*parent = (pid_t)strtol(end + 4, NULL, 10);
	return true;
}

static bool add(struct census *census, pid_t pid, pid_t parent)
{
	if (census->count == census->room) {
		size_t room = census->room ? 2 * census->room : 64;
		struct kin *more = reallocarray(census->list, room, sizeof(*more));
		if (!more)
			return false;
		census->list = more;
		census->room = room;
	}
	census->list[census->count++] = (struct kin){pid, parent};
	return true;
}

/* NULL with errno 0: there is no more. */
static struct dirent *next_entry(DIR *folder)
{
	errno = 0;
	return readdir(folder);
}

static void take_census(struct census *census)
{
	autoclosedir DIR *proc = opendir("/proc");
	struct dirent *entry;
	while (proc && (entry = next_entry(proc))) {
		pid_t parent;
		if (isdigit((unsigned char)*entry->d_name) &&
		    (!read_parent(entry->d_name, &parent) ||
		     !add(census, (pid_t)strtol(entry->d_name, NULL, 10), parent)))
			note_failure(census);
	}
	if (errno)
		note_failure(census);
}

/*
 * The processes below `ancestor`, breadth first, at the front of the list; how
 * many.  What is before `done` has been looked at, what is before `found` belongs.
 */
static size_t gather(struct census *census, pid_t ancestor)
{
	size_t found = 0;
	pid_t parent = ancestor;
	for (size_t done = 0;; parent = census->list[done++].pid) {
		for (size_t i = found; i < census->count; i++) {
			if (census->list[i].parent != parent)
				continue;
			struct kin child = census->list[i];
			census->list[i] = census->list[found];
			census->list[found++] = child;
		}
		if (done == found)
			return found;
	}
}

int sim_inside_open(pid_t pid, const char *which)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", pid, which);
	return open(path, O_RDONLY | O_CLOEXEC);
}

/* 1, 0, or -1 with errno. */
static int is_same(int a, int b)
{
	struct stat one;
	struct stat other;
	if (fstat(a, &one) < 0 || fstat(b, &other) < 0)
		return -1;
	return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/* Whether a namespace of the process is another one than this. */
static bool differs(struct census *census, pid_t pid, const char *which, int from)
{
	autoclose int its = sim_inside_open(pid, which);
	int same = its < 0 ? -1 : is_same(its, from);
	if (same < 0)
		note_failure(census);
	return same == 0;
}

pid_t sim_inside_find(const struct sim_host *host, pid_t ancestor)
{
	__attribute__((cleanup(census_clear))) struct census census = {0};
	autoclose int pids = sim_inside_open(getpid(), "pid");
	if (pids < 0)
		return -1;
	take_census(&census);
	size_t count = census.count ? gather(&census, ancestor) : 0;
	for (size_t i = 0; i < count; i++) {
		pid_t pid = census.list[i].pid;
		if (differs(&census, pid, "mnt", host->mntns) ||
		    differs(&census, pid, "net", host->netns) || differs(&census, pid, "pid", pids))
			return pid;
	}
	errno = census.errnum;
	return census.errnum ? -1 : 0;
}

size_t sim_inside_signal(pid_t ancestor, int number)
{
	__attribute__((cleanup(census_clear))) struct census census = {0};
	take_census(&census);
	size_t count = census.count ? gather(&census, ancestor) : 0;
	for (size_t i = 0; i < count; i++)
		kill(census.list[i].pid, number);
	return count;
}

/* The user namespace last: as long as we are in our own, every other one is ours to enter. */
static const struct {
	const char *which;
	int type;
} namespaces[] = {
	/* Where its children are: what calls unshare(2) is not there itself. */
	{"pid_for_children", CLONE_NEWPID},
	{"cgroup", CLONE_NEWCGROUP},
	{"ipc", CLONE_NEWIPC},
	{"uts", CLONE_NEWUTS},
	{"net", CLONE_NEWNET},
	{"mnt", CLONE_NEWNS},
	{"user", CLONE_NEWUSER},
};
#define N_NAMESPACES (sizeof(namespaces) / sizeof(*namespaces))

/* What there is to enter, opened before anything is entered: /proc is gone then. */
struct door {
	int fds[N_NAMESPACES]; /* -1: there is nothing to enter */
	int root;
};

static void door_close(struct door *door)
{
	for (size_t i = 0; i < N_NAMESPACES; i++)
		cleanup_close(&door->fds[i]);
	cleanup_close(&door->root);
}

/* -1 for `*to` where it is our own. */
static int open_one(pid_t pid, const char *which, int *to, struct sim_error *err)
{
	autoclose int own = sim_inside_open(getpid(), which);
	if (own < 0 && errno == ENOENT)
		return 0; /* a kernel without this kind of namespace */
	autoclose int its = own < 0 ? -1 : sim_inside_open(pid, which);
	int same = its < 0 ? -1 : is_same(its, own);
	if (same < 0)
		return sim_fail(err, errno, "cannot open the %s namespace of process %d", which,
				pid);
	if (!same)
		*to = steal_fd(&its);
	return 0;
}

static int open_door(pid_t pid, struct door *door, struct sim_error *err)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	door->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (door->root < 0)
		return sim_fail(err, errno, "cannot open the root of process %d", pid);
	for (size_t i = 0; i < N_NAMESPACES; i++)
		if (open_one(pid, namespaces[i].which, &door->fds[i], err) < 0)
			return -1;
	/* Somebody else may have its number by now, ourselves even. */
	for (size_t i = 0; i < N_NAMESPACES; i++)
		if (door->fds[i] >= 0)
			return 0;
	return sim_fail(err, ESRCH, "process %d has no namespace of its own any more", pid);
}

static int enter(size_t i, int fd, struct sim_error *err)
{
	if (setns(fd, namespaces[i].type) < 0)
		return sim_fail(err, errno, "cannot be entered");
	/* While /proc is still ours: ping sockets are closed to all in a new network. */
	if (namespaces[i].type == CLONE_NEWNET)
		return sim_open_ping(err);
	return 0;
}

int sim_inside_enter(pid_t pid, struct sim_error *err)
{
	__attribute__((cleanup(door_close))) struct door door = {.root = -1};
	for (size_t i = 0; i < N_NAMESPACES; i++)
		door.fds[i] = -1;
	if (open_door(pid, &door, err) < 0)
		return -1;
	int kept[N_NAMESPACES + 1] = {door.root};
	memcpy(kept + 1, door.fds, sizeof(door.fds));
	/* In a user namespace of the service's, whoever is root there may trace what comes in. */
	if (sim_privileges_hide(kept, N_NAMESPACES + 1, err) < 0)
		return -1;
	for (size_t i = 0; i < N_NAMESPACES; i++)
		if (door.fds[i] >= 0 && enter(i, door.fds[i], err) < 0)
			return sim_wrap(err, "the %s namespace of process %d", namespaces[i].which,
					pid);
	/* The process may have changed its root without a namespace. */
	if (fchdir(door.root) < 0 || chroot(".") < 0)
		return sim_fail(err, errno, "cannot enter the root of process %d", pid);
	return 0;
}
