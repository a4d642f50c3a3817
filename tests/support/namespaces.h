/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a test program's tests in namespaces of their own: what they make, leave
 * behind or forget to kill ends with them.  Less than a world (netsim/world.h),
 * and made of system calls that valgrind knows.
 */
#ifndef TESTS_SUPPORT_NAMESPACES_H
#define TESTS_SUPPORT_NAMESPACES_H

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEST_SKIPPED 77 /* exit status of a test that cannot run here */

/* The exit status for main(): that of `body`, or why there is none. */
static inline int in_namespaces(int (*body)(void))
{
	const unsigned long own =
		CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
	int status;

	/* Not unshare(2): no process of the caller's could be started afterwards. */
	pid_t init = (pid_t)syscall(SYS_clone, own | SIGCHLD, NULL, NULL, NULL, 0UL);
	if (init < 0) {
		perror("skipped: clone (needs root)");
		return TEST_SKIPPED;
	}
	if (init == 0) {
		if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
		    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0)
			_exit(body());
		perror("mount");
		_exit(1);
	}
	while (waitpid(init, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

#endif
