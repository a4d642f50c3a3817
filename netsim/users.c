/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/users.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/inside.h"

/* include/linux/proc_ns.h: PROC_USER_INIT_INO */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDU

/*
 * Where the ids of root's worlds begin: beyond those that systemd gives to
 * containers, within what signed numbers can hold (systemd's UIDS-GIDS.md).
 */
#define SHIFT 0x70000000U

/* More than all extents that we come by need (RANGES_MAX and some). */
#define MAP_TEXT_MAX 2048

/* Root's, which does not change but by sim_users_enter(). */
static enum { UNKNOWN, FIRST, OTHER } user_namespace;

bool sim_users_is_real_root(void)
{
	struct stat own;
	if (geteuid() != 0)
		return false;
	if (user_namespace == UNKNOWN)
		/* Where that cannot be told it is as most often; if not, the kernel says so. */
		user_namespace =
			stat("/proc/self/ns/user", &own) == 0 && own.st_ino != FIRST_USER_NAMESPACE
				? OTHER
				: FIRST;
	return user_namespace == FIRST;
}

/* Lines of "inside outside count" (user_namespaces(7)): the next one that is behind `end`, without
 * a gap. */
static bool next_extent(FILE *map, uid_t end, uid_t *count)
{
	unsigned inside;
	/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
	return map && fscanf(map, "%u %*u %u", &inside, count) == 2 && inside == end;
}

static uid_t count_ids(const char *path)
{
	uid_t count;
	uid_t end = 0;
	autofclose FILE *map = fopen(path, "re");
	while (next_extent(map, end, &count))
		end += count;
	return end;
}

uid_t sim_users_count(void)
{
	uid_t uids = count_ids("/proc/self/uid_map");
	if (!uids)
		return 0; /* errno may say why */
	uid_t gids = count_ids("/proc/self/gid_map");
	return uids < gids ? uids : gids;
}

/* The id that stands for all that there is none for; 65534 unless somebody has set it. */
bool sim_users_is_foreign(uid_t uid)
{
	unsigned overflow = 65534;
	autofclose FILE *file = fopen("/proc/sys/kernel/overflowuid", "re");
	/* The kernel's own number. NOLINTNEXTLINE(cert-err34-c) */
	if (file && fscanf(file, "%u", &overflow) != 1)
		overflow = 65534;
	return uid == overflow && count_ids("/proc/self/uid_map") <= SIM_USERS_WANTED;
}

/* The kernel takes no extent that is several of ours; "0 BASE COUNT" where all ids are ours. */
static int copy_map(pid_t child, const char *which, struct sim_error *err)
{
	char own[64];
	char path[64];
	char text[MAP_TEXT_MAX];
	size_t length = 0;
	uid_t count;
	uid_t end = 0;
	bool is_real_root = sim_users_is_real_root();
	snprintf(own, sizeof(own), "/proc/self/%s", which);
	snprintf(path, sizeof(path), "/proc/%d/%s", child, which);
	autofclose FILE *map = fopen(own, "re");
	if (is_real_root)
		length = (size_t)snprintf(text, sizeof(text), "0 %u %u", SHIFT,
					  SIM_USERS_SHIFTED + 1);
	for (; !is_real_root && length < sizeof(text) - 48 && next_extent(map, end, &count);
	     end += count)
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%u %u %u\n", end,
					   end, count);
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		return sim_fail(err, errno, "cannot write %s", path);
	return 0;
}

/* A process that does nothing but have a user namespace until we hold that. */
static _Noreturn void have_namespace(int ready, int release)
{
	char byte;
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(errno);
	if (write(ready, "", 1) < 0 || read(release, &byte, 1) < 0)
		_exit(errno);
	_exit(0);
}

static int hold_namespace(pid_t child, int ready, struct sim_error *err)
{
	char byte;
	ssize_t length;
	while ((length = read(ready, &byte, 1)) < 0 && errno == EINTR)
		;
	if (length != 1)
		return sim_fail(err, length < 0 ? errno : 0, "cannot make a user namespace");
	if (copy_map(child, "uid_map", err) < 0 || copy_map(child, "gid_map", err) < 0)
		return -1;
	int held = sim_inside_open(child, "user");
	return held < 0 ? sim_fail(err, errno, "cannot hold a user namespace") : held;
}

int sim_users_new(struct sim_error *err)
{
	int ready[2];
	int release[2];
	if (pipe2(ready, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int ready_read = ready[0];
	autoclose int ready_write = ready[1];
	if (pipe2(release, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int release_read = release[0];
	autoclose int release_write = release[1];
	pid_t child = fork();
	if (child < 0)
		return sim_fail(err, errno, "cannot start a process");
	if (child == 0) {
		close(steal_fd(&release_write));
		have_namespace(ready_write, release_read);
	}
	close(steal_fd(&ready_write));
	int held = hold_namespace(child, ready_read, err);
	close(steal_fd(&release_write));
	int status = 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	/* An errno, by which it says why there is none. */
	if (held < 0 && WIFEXITED(status) && WEXITSTATUS(status))
		return sim_fail(err, WEXITSTATUS(status), "cannot make a user namespace");
	return held;
}

uid_t sim_users_root(void)
{
	return sim_users_is_real_root() ? SHIFT : 0;
}

/* Whoever changes his ids is not to be looked at by others, our children's makers not even. */
int sim_users_enter(int userns, struct sim_error *err)
{
	if (setns(userns, CLONE_NEWUSER) < 0 || setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot enter a user namespace");
	user_namespace = OTHER;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot be looked at by ourselves");
	return 0;
}
