/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/users.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/users_private.h"

/* include/linux/proc_ns.h: PROC_USER_INIT_INO */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDU

/* All that a firewall's owner matches speak of: up to "nobody" and one more. */
#define IDS_WANTED 65536

/*
 * Where the ids of root's worlds begin: beyond those that systemd gives to
 * containers, within what signed numbers can hold (systemd's UIDS-GIDS.md).
 */
#define SHIFT 0x70000000U

/* More than all extents that we come by need (RANGES_MAX and some). */
#define MAP_TEXT_MAX 2048

/* How a process ends that has found no ranges. */
#define NO_RANGES 126

/* PID, and three numbers each for root and the ranges, with a name before and NULL behind. */
#define MAP_WORDS (2 + 3 * (1 + RANGES_MAX) + 1)

bool sim_users_is_real_root(void)
{
	struct stat own;
	if (geteuid() != 0)
		return false;
	for (int tries = 0; tries < 3; tries++) {
		if (stat("/proc/self/ns/user", &own) == 0)
			return own.st_ino == FIRST_USER_NAMESPACE;
	}
	return sim_is_lack(errno); /* as most often; if not, the kernel says so */
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
	return uid == overflow && count_ids("/proc/self/uid_map") <= IDS_WANTED;
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

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

/* A process that does nothing but have a user namespace until we hold that. */
static _Noreturn void have_namespace(int ready, int release)
{
	char byte;
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(errno);
	_exit(write(ready, "", 1) == 1 && read(release, &byte, 1) == 0 ? 0 : EPIPE);
}

static int hold_namespace(pid_t child, int ready, struct sim_error *err)
{
	char path[64];
	char byte;
	ssize_t length;
	while ((length = read(ready, &byte, 1)) < 0 && errno == EINTR)
		;
	if (length != 1)
		return sim_fail(err, EPERM, "cannot make a user namespace");
	if (copy_map(child, "uid_map", err) < 0 || copy_map(child, "gid_map", err) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/ns/user", child);
	int held = open(path, O_RDONLY | O_CLOEXEC);
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
	wait_for(child);
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
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot be looked at by ourselves");
	return 0;
}

enum kind { UIDS, GIDS, KINDS };

#define GETSUBIDS "/usr/bin/getsubids"

/* Print the user's ranges of one kind to `to`: getsubids(1). */
static pid_t list_ranges(enum kind kind, char *name, int to)
{
	static char program[] = GETSUBIDS;
	static char gids[] = "-g";
	char *const argv_uids[] = {program, name, NULL};
	char *const argv_gids[] = {program, gids, name, NULL};
	char *const environment[] = {NULL};
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	/* What it complains of we say better. */
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (dup2(to, STDOUT_FILENO) < 0 || dup2(nowhere, STDERR_FILENO) < 0)
		_exit(127);
	execve(program, kind == GIDS ? argv_gids : argv_uids, environment);
	_exit(127);
}

void users_read_ranges(FILE *list, struct ranges *ranges)
{
	char line[512];
	while (ranges->count < RANGES_MAX && fgets(line, sizeof(line), list)) {
		const char *start = strrchr(line, ' ');
		while (start && start > line && start[-1] != ' ')
			start--;
		/* The tool's own numbers. NOLINTNEXTLINE(cert-err34-c) */
		if (start && sscanf(start, "%lu %lu", &ranges->all[ranges->count].start,
				    &ranges->all[ranges->count].count) == 2)
			ranges->count++;
	}
}

/* Whoever has none has no ranges, and whoever is in no list of users. */
static void find_ranges(enum kind kind, struct ranges *ranges)
{
	struct passwd *user = getpwuid(getuid());
	int ends[2];
	ranges->count = 0;
	if (!user || pipe2(ends, O_CLOEXEC) < 0)
		return;
	autoclose int end = ends[0];
	pid_t pid = list_ranges(kind, user->pw_name, ends[1]);
	close(ends[1]);
	autofclose FILE *list = fdopen(end, "r");
	if (list) {
		steal_fd(&end);
		users_read_ranges(list, ranges);
	}
	if (pid > 0)
		wait_for(pid);
}

unsigned long sim_users_subordinates(void)
{
	unsigned long least = IDS_WANTED;
	for (enum kind kind = UIDS; kind < KINDS; kind++) {
		struct ranges ranges;
		unsigned long sum = 0;
		find_ranges(kind, &ranges);
		for (size_t i = 0; i < ranges.count; i++)
			sum += ranges.all[i].count;
		least = sum < least ? sum : least;
	}
	return least;
}

/* A command line of newuidmap(1): "PID 0 USER 1", and the ranges behind one another. */
struct map_command {
	char text[MAP_WORDS][24];
	char *argv[MAP_WORDS + 1];
	size_t words;
};

static void add_number(struct map_command *command, unsigned long number)
{
	char *word = command->text[command->words];
	snprintf(word, sizeof(command->text[0]), "%lu", number);
	command->argv[command->words++] = word;
}

static void add_range(struct map_command *command, unsigned long inside, unsigned long outside,
		      unsigned long count)
{
	add_number(command, inside);
	add_number(command, outside);
	add_number(command, count);
}

static void add_ranges(struct map_command *command, const struct ranges *ranges)
{
	unsigned long next = 1;
	for (size_t i = 0; i < ranges->count && next < IDS_WANTED; i++) {
		unsigned long most = IDS_WANTED - next;
		unsigned long some = ranges->all[i].count < most ? ranges->all[i].count : most;
		add_range(command, next, ranges->all[i].start, some);
		next += some;
	}
}

/* In a process of its own: become the program, which the system has made setuid for this. */
static _Noreturn void exec_map(enum kind kind, pid_t of, unsigned long own)
{
	static char programs[KINDS][24] = {"/usr/bin/newuidmap", "/usr/bin/newgidmap"};
	struct map_command command = {.argv = {programs[kind]}, .words = 1};
	char *const environment[] = {NULL};
	struct ranges ranges;
	if (access(programs[kind], X_OK) < 0 || access(GETSUBIDS, X_OK) < 0)
		_exit(127);
	find_ranges(kind, &ranges);
	if (!ranges.count)
		_exit(NO_RANGES);
	add_number(&command, (unsigned long)of);
	add_range(&command, 0, own, 1);
	add_ranges(&command, &ranges);
	execve(programs[kind], command.argv, environment);
	_exit(127);
}

/* From outside the new namespace: the exit status of the first that failed, or 0. */
static int write_maps(pid_t of, uid_t uid, gid_t gid)
{
	int status = 0;
	for (enum kind kind = UIDS; !status && kind < KINDS; kind++) {
		pid_t pid = fork();
		if (pid == 0)
			exec_map(kind, of, kind == UIDS ? uid : gid);
		status = pid < 0 ? 127 : wait_for(pid);
	}
	return status;
}

/* What has to be outside: it waits until the namespace is there, or its maker is not. */
static _Noreturn void map_from_outside(pid_t of, uid_t uid, gid_t gid, int made)
{
	char byte;
	ssize_t length;
	while ((length = read(made, &byte, 1)) < 0 && errno == EINTR)
		;
	_exit(length == 1 ? write_maps(of, uid, gid) : 0);
}

/* newuidmap(1) itself has told on stderr why not. */
static int explain_map(int status, struct sim_error *err)
{
	if (status == NO_RANGES)
		return sim_fail(err, 0,
				"you have no subordinate ids; root gives you some: usermod "
				"--add-subuids 100000-165535 --add-subgids 100000-165535 USER");
	if (status == 127)
		return sim_fail(err, 0,
				"newuidmap(1) and newgidmap(1) cannot be run; install the "
				"package 'uidmap'");
	return sim_fail(err, 0, "newuidmap(1) or newgidmap(1) has failed");
}

static int make_namespace(int made, pid_t mapper, struct sim_error *err)
{
	int errnum = unshare(CLONE_NEWUSER) < 0 ? errno : 0;
	if (!errnum && write(made, "", 1) < 0)
		errnum = errno;
	close(made);
	int status = wait_for(mapper);
	if (errnum)
		return sim_fail(err, errnum, "cannot make a user namespace");
	return status ? explain_map(status, err) : 0;
}

static int become_root(struct sim_error *err)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	pid_t own = getpid();
	int made[2];
	if (pipe2(made, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	pid_t mapper = fork();
	if (mapper == 0) {
		close(made[1]);
		map_from_outside(own, uid, gid, made[0]);
	}
	close(made[0]);
	if (mapper < 0) {
		close(made[1]);
		return sim_fail(err, errno, "cannot start a process");
	}
	if (make_namespace(made[1], mapper, err) < 0)
		return sim_wrap(err, "running without root");
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot become root of our own user namespace");
	return 0;
}

int sim_users_become_root(struct sim_error *err)
{
	/* A namespace without its ids is not left again: what failed has failed for good. */
	static struct sim_error failed;
	if (!*failed.text && (geteuid() == 0 || become_root(&failed) == 0))
		return 0;
	if (err)
		*err = failed;
	return -1;
}
