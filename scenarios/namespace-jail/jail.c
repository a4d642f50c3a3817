/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A jail in one page: jail BRIDGE PROGRAM [ARGUMENT...]
 *
 * Run PROGRAM as the first process of mount, pid and network namespaces of its
 * own.  It sees the host's files, but cannot change those that matter; nothing
 * of the host's in /tmp, /var/tmp and /var/run; no process but its own; and of
 * the network only eth0, a veth pair whose other end is a port of BRIDGE.
 *
 * Needs root, ip(8) and brctl(8).  Ends with PROGRAM; PROGRAM ends with it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <err.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAILED 125 /* exit status of our own troubles, for PROGRAM has most others */

static const char *const read_only[] = {"/bin", "/sbin", "/lib", "/lib64", "/usr", "/etc"};
static const char *const empty[] = {"/tmp", "/var/tmp", "/var/run"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void protect(const char *folder)
{
	if (access(folder, F_OK) < 0)
		return;
	/* A bind mount takes its flags only when it is mounted again. */
	if (mount(folder, folder, NULL, MS_BIND | MS_REC, NULL) < 0 ||
	    mount(NULL, folder, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) < 0)
		err(FAILED, "%s, read-only", folder);
}

static void furnish(void)
{
	/* What is mounted in here stays in here. */
	if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		err(FAILED, "mounts of our own");
	for (size_t i = 0; i < COUNT(read_only); i++)
		protect(read_only[i]);
	for (size_t i = 0; i < COUNT(empty); i++)
		if (mount("tmpfs", empty[i], "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0)
			err(FAILED, "an empty %s", empty[i]);
	/* The old one would still tell of the host's processes. */
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		err(FAILED, "/proc");
}

/* In the new namespaces; `plugged` is closed when there is a network. */
static _Noreturn void live(int plugged, char **program)
{
	char nothing;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	furnish();
	if (read(plugged, &nothing, 1) != 0)
		errx(FAILED, "the network");
	close(plugged);
	if (chdir("/") < 0)
		err(FAILED, "/");
	execvp(program[0], program);
	err(FAILED, "%s", program[0]);
}

static void await(pid_t child, const char *what)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) < 0 || status != 0)
		errx(FAILED, "%s failed", what);
}

/* A program and its arguments, in a child; it must succeed. */
#define RUN(program, ...)                                                                          \
	do {                                                                                       \
		pid_t child = fork();                                                              \
		if (child == 0) {                                                                  \
			execlp(program, program, __VA_ARGS__, (char *)NULL);                       \
			err(FAILED, program);                                                      \
		}                                                                                  \
		await(child, program);                                                             \
	} while (0)

/* A veth pair between the bridge and the jail. */
static void plug_in(const char *bridge, pid_t jail)
{
	char port[16];
	char there[16];

	snprintf(port, sizeof(port), "jail%d", jail);
	snprintf(there, sizeof(there), "%d", jail);
	RUN("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", there);
	RUN("brctl", "addif", bridge, port);
	RUN("ip", "link", "set", port, "up");
}

int main(int argc, char **argv)
{
	int plugged[2];
	int status;

	if (argc < 3)
		errx(FAILED, "usage: %s BRIDGE PROGRAM [ARGUMENT...]", argv[0]);
	if (pipe(plugged) < 0)
		err(FAILED, "a pipe");
	/* Like fork(2): the child goes on from here, on a stack of its own. */
	pid_t jail = (pid_t)syscall(SYS_clone, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | SIGCHLD,
				    NULL, NULL, NULL, 0UL);
	if (jail < 0)
		err(FAILED, "namespaces");
	if (jail == 0) {
		close(plugged[1]);
		live(plugged[0], argv + 2);
	}
	close(plugged[0]);
	plug_in(argv[1], jail);
	close(plugged[1]);
	if (waitpid(jail, &status, 0) < 0)
		err(FAILED, "the jail");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
