/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How an ordinary user comes by a user namespace: with subordinate ids (subuid(5)). */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/subids.h"
#include "netsim/users.h"

/* How a process ends that has found no ranges. */
#define NO_RANGES 126

/* PID, and three numbers each for root and the ranges, with a name before and NULL behind. */
#define MAP_WORDS (2 + 3 * (1 + RANGES_MAX) + 1)

static int wait_for(pid_t pid)
{
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
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

void subids_read(FILE *list, struct ranges *ranges)
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
		subids_read(list, ranges);
	}
	if (pid > 0)
		wait_for(pid);
}

unsigned long sim_users_subordinates(void)
{
	unsigned long least = SIM_USERS_WANTED;
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
	for (size_t i = 0; i < ranges->count && next < SIM_USERS_WANTED; i++) {
		unsigned long most = SIM_USERS_WANTED - next;
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
