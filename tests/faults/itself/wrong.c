/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wrong run --report json=FILE ...: in place of fwlab, a program that does
 * whatever it must not when a system call fails, each in a way of its own, so
 * that the walk can be seen to notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

static int leave_a_child(void)
{
	if (fork() == 0) {
		setsid();
		pause();
	}
	return 0;
}

static void write_report(const char *path, const char *outcome)
{
	FILE *to = fopen(path, "we");
	if (!to)
		exit(2);
	fprintf(to,
		"{\"scenarios\":[{\"variants\":[{\"name\":\"v\",\"probes\":[{\"name\":\"p\","
		"\"family\":\"ipv4\",\"outcome\":\"%s\",\"passed\":true}]}]}]}\n",
		outcome);
	fclose(to);
}

int main(int argc, char **argv)
{
	int ends[2];
	char here[4096];
	const char *outcome = "allowed";
	int status = 0;
	if (argc < 4)
		return 2;
	/* As it should be: it does without, and it says why it cannot go on. */
	if (access("/", F_OK) < 0)
		status = 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0) {
		fprintf(stderr, "socketpair: %s\n", strerror(errno));
		return 3;
	}
	/* And not */
	if (pipe2(ends, O_CLOEXEC) < 0)
		return 3;
	if (eventfd(0, 0) < 0)
		pause();
	if (memfd_create("x", 0) < 0)
		abort();
	if (!getcwd(here, sizeof(here)))
		status = 1;
	if (timerfd_create(CLOCK_MONOTONIC, 0) < 0)
		outcome = "dropped";
	if (epoll_create1(0) < 0)
		status = leave_a_child();
	write_report(strchr(argv[3], '=') + 1, outcome);
	return status;
}
