/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of the servers: a network namespace with a working lo, and servers
 * in a process of their own.  Include it after cmocka's header.
 */
#ifndef TESTS_SUPPORT_SERVING_H
#define TESTS_SUPPORT_SERVING_H

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixtures/servers.h"

/* A guard against a test that hangs, not something that is measured. */
#define PATIENCE_S 20

struct serving {
	bool permitted; /* to make namespaces */
	pid_t pid;	/* 0: none runs */
	int reports;
};

static inline int link_up(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_UP | IFF_LOOPBACK};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result;

	if (fd < 0)
		return -1;
	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	result = ioctl(fd, SIOCSIFFLAGS, &request);
	close(fd);
	return result;
}

/* A new network namespace for the calling thread, lo up. */
static inline int enter_new_network(void)
{
	return unshare(CLONE_NEWNET) < 0 ? -1 : link_up("lo");
}

/* cmocka's group setup. */
static inline int serving_setup(void **state)
{
	static struct serving serving;

	serving.permitted = enter_new_network() == 0;
	if (!serving.permitted && errno != EPERM)
		return -1;
	*state = &serving;
	return 0;
}

static inline struct serving *serving_of(void **state)
{
	struct serving *serving = *state;

	if (!serving->permitted) {
		print_message("no network namespace: unshare: Operation not permitted\n");
		skip();
	}
	return serving;
}

static inline void be_patient(int fd)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};

	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)),
			   errno);
}

static inline struct server_message next_report(const struct serving *serving, int flags)
{
	struct server_message message;
	ssize_t n = recv(serving->reports, &message, sizeof(message), flags);

	assert_int_equal(n, sizeof(message));
	return message;
}

/* Valgrind lets nobody change what a process may have at most. */
static inline void need_limits(void)
{
	int status;
	pid_t pid = fork();

	assert_return_code(pid, errno);
	if (pid == 0) {
		struct rlimit limit = {64, 64};

		_exit(setrlimit(RLIMIT_NOFILE, &limit) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0) {
		print_message("RLIMIT_NOFILE cannot be changed\n");
		skip();
	}
}

/* Valgrind may not know it. */
static inline bool has_openat2(void)
{
	return syscall(SYS_openat2, -1, "", NULL, 0) >= 0 || errno != ENOSYS;
}

static inline void need_openat2(void)
{
	if (!has_openat2()) {
		print_message("no openat2()\n");
		skip();
	}
}

/* The servers in a new process with at most so many descriptors (0: as many as there are). */
static inline struct server_message start_limited(struct serving *serving,
						  const struct server *servers, size_t count,
						  rlim_t descriptors)
{
	int pair[2];

	assert_return_code(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), errno);
	serving->pid = fork();
	assert_return_code(serving->pid, errno);
	if (serving->pid == 0) {
		struct rlimit limit = {descriptors, descriptors};

		close(pair[0]);
		if (descriptors > 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)
			_exit(70);
		_exit(servers_run(servers, count, pair[1]));
	}
	close(pair[1]);
	serving->reports = pair[0];
	be_patient(serving->reports);
	return next_report(serving, 0);
}

static inline void start_serving(struct serving *serving, const struct server *servers,
				 size_t count)
{
	struct server_message message = start_limited(serving, servers, count, 0);

	assert_string_equal(message.text, "");
	assert_int_equal(message.kind, SERVERS_READY);
}

/* Close our end of the report socket; returns the exit status that follows. */
static inline int stop_serving(struct serving *serving)
{
	int status = 0;

	if (serving->pid == 0)
		return 0;
	close(serving->reports);
	while (waitpid(serving->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	serving->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* cmocka's teardown of a test. */
static inline int serving_teardown(void **state)
{
	return stop_serving(*state) == 0 ? 0 : -1;
}

static inline struct sockaddr_storage address_of(const char *text, uint16_t port)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;

	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
	} else {
		assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
	}
	return address;
}

static inline socklen_t length_of(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
					     : sizeof(struct sockaddr_in6);
}

static inline int connected(const char *address, uint16_t port, int type)
{
	struct sockaddr_storage to = address_of(address, port);
	int fd = socket(to.ss_family, type | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	be_patient(fd);
	assert_return_code(connect(fd, (struct sockaddr *)&to, length_of(&to)), errno);
	return fd;
}

static inline int bound(const char *address, uint16_t port, int type)
{
	struct sockaddr_storage at = address_of(address, port);
	int fd = socket(at.ss_family, type | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	be_patient(fd);
	assert_return_code(bind(fd, (struct sockaddr *)&at, length_of(&at)), errno);
	if (type == SOCK_STREAM)
		assert_return_code(listen(fd, 1), errno);
	return fd;
}

static inline void send_text(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

#endif
