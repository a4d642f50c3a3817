/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>

#include <cmocka.h>

#include "tests/support/serving.h"

#define SOMEBODY 4321

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static const struct server echoes[] = {
	{.kind = SERVER_TCP, .host = "alpha", .netns = -1, .port = 7},
	{.kind = SERVER_UDP, .host = "alpha", .netns = -1, .port = 7},
};

/* Whatever was sent must come back whole before this returns. */
static void expect_text(int fd, const char *text)
{
	char got[2048];
	size_t n = strlen(text);

	assert_int_equal(recv(fd, got, n, MSG_WAITALL), n);
	assert_memory_equal(got, text, n);
}

/* The other side has closed; that it did so with our bytes unread shows as a reset. */
static void expect_end(int fd)
{
	char c;
	ssize_t n = recv(fd, &c, 1, 0);

	assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

/* The report is there already, being sent before the answer that we have. */
static void expect_arrival(const struct serving *serving, int fd, uint8_t protocol,
			   const char *host, const char *nonce, const char *text)
{
	struct server_message message = next_report(serving, MSG_DONTWAIT);
	struct sockaddr_storage ours, theirs;
	socklen_t n = sizeof(ours), m = sizeof(theirs);

	assert_int_equal(message.kind, SERVERS_ARRIVAL);
	assert_int_equal(message.protocol, protocol);
	assert_string_equal(message.host, host);
	assert_string_equal(message.nonce, nonce);
	assert_string_equal(message.text, text);
	assert_return_code(getsockname(fd, (struct sockaddr *)&ours, &n), errno);
	assert_return_code(getpeername(fd, (struct sockaddr *)&theirs, &m), errno);
	assert_memory_equal(&message.from, &ours, n);
	assert_memory_equal(&message.to, &theirs, m);
}

static void expect_nothing_reported(const struct serving *serving)
{
	struct server_message message;

	assert_int_equal(recv(serving->reports, &message, sizeof(message), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
}

static void echoes_lines_over_tcp(void **state)
{
	struct serving *serving = serving_of(state);
	size_t i;

	start_serving(serving, echoes, 2);
	for (i = 0; i < 2; i++) {
		int fd = connected(loopbacks[i], 7, SOCK_STREAM);

		send_text(fd, "n-1 hello\n");
		expect_text(fd, "fwlab alpha 7 n-1 hello\n");
		expect_arrival(serving, fd, IPPROTO_TCP, "alpha", "n-1", "");
		send_text(fd, "one\ntwo\nthr");
		send_text(fd, "ee\r\n");
		expect_text(fd, "fwlab alpha 7 one\nfwlab alpha 7 two\nfwlab alpha 7 three\r\n");
		expect_arrival(serving, fd, IPPROTO_TCP, "alpha", "one", "");
		expect_arrival(serving, fd, IPPROTO_TCP, "alpha", "two", "");
		expect_arrival(serving, fd, IPPROTO_TCP, "alpha", "three", "");
		close(fd);
	}
	assert_int_equal(stop_serving(serving), 0);
}

static void ends_a_line_that_is_too_long(void **state)
{
	struct serving *serving = serving_of(state);
	char line[258], answer[300];
	int fd;

	start_serving(serving, echoes, 1);
	memset(line, 'x', sizeof(line));
	line[256] = '\n';
	line[257] = '\0';
	fd = connected("127.0.0.1", 7, SOCK_STREAM);
	send_text(fd, line);
	snprintf(answer, sizeof(answer), "fwlab alpha 7 %s", line);
	expect_text(fd, answer);
	line[31] = '\0'; /* as much of the word as a report holds */
	expect_arrival(serving, fd, IPPROTO_TCP, "alpha", line, "");
	line[31] = 'x';
	line[256] = 'x'; /* and one too many, with no newline in sight */
	send_text(fd, line);
	expect_end(fd);
	close(fd);
	expect_nothing_reported(serving);
}

static void echoes_datagrams(void **state)
{
	struct serving *serving = serving_of(state);
	/* A connected socket takes an answer only from the very address that it has asked. */
	static const char *const asked[] = {"127.0.0.1", "127.0.0.2", "::1"};
	char longer[300];
	size_t i;

	memset(longer, 'y', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	start_serving(serving, echoes, 2);
	for (i = 0; i < 3; i++) {
		int fd = connected(asked[i], 7, SOCK_DGRAM);

		send_text(fd, longer); /* ignored */
		send_text(fd, "n\x1b-2 hello\n");
		expect_text(fd, "fwlab alpha 7 n\x1b-2 hello\n");
		expect_arrival(serving, fd, IPPROTO_UDP, "alpha", "n?-2", "");
		send_text(fd, "");
		expect_text(fd, "fwlab alpha 7 \n");
		expect_arrival(serving, fd, IPPROTO_UDP, "alpha", "", "");
		close(fd);
	}
}

static void serves_in_other_namespaces(void **state)
{
	struct serving *serving = serving_of(state);
	int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct server servers[2];
	int there, fd;

	assert_return_code(enter_new_network(), errno);
	there = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	assert_return_code(setns(here, CLONE_NEWNET), errno);
	servers[0] =
		(struct server){.kind = SERVER_TCP, .host = "there", .netns = there, .port = 7};
	servers[1] = (struct server){.kind = SERVER_TCP, .host = "here", .netns = -1, .port = 7};
	start_serving(serving, servers, 2);
	fd = connected("127.0.0.1", 7, SOCK_STREAM);
	send_text(fd, "a\n");
	expect_text(fd, "fwlab here 7 a\n");
	close(fd);
	assert_return_code(setns(there, CLONE_NEWNET), errno);
	fd = connected("::1", 7, SOCK_STREAM);
	assert_return_code(setns(here, CLONE_NEWNET), errno);
	send_text(fd, "b\n");
	expect_text(fd, "fwlab there 7 b\n");
	close(fd);
	close(there);
	close(here);
}

#define TIME_WAIT 6 /* what is left of a connection; it has no owner */

/* How many sockets of the table are on the port and the user's; -1: one is another's. */
static int owned(const char *table, unsigned port, unsigned uid)
{
	char path[64], line[512];
	int mine = 0, others = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", table);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		unsigned local, status, owner;

		/* NOLINTNEXTLINE(cert-err34-c): the kernel's numbers are within bounds */
		if (sscanf(line, "%*d: %*[^:]:%x %*s %x %*s %*s %*s %u", &local, &status, &owner) !=
			    3 ||
		    local != port || status == TIME_WAIT)
			continue;
		if (owner == uid)
			mine++;
		else
			others++;
	}
	fclose(file);
	return others ? -1 : mine;
}

/* One listens, one is accepted: both are what a firewall's owner match would look at. */
static void owns_its_sockets(void **state)
{
	struct serving *serving = serving_of(state);
	struct server servers[] = {
		{.kind = SERVER_TCP, .host = "a", .netns = -1, .port = 7, .uid = SOMEBODY},
		{.kind = SERVER_DNS, .host = "a", .netns = -1, .port = 53, .uid = SOMEBODY},
		{.kind = SERVER_HTTP, .host = "a", .netns = -1, .port = 80},
	};
	int fd;

	setfsuid(SOMEBODY);
	if (setfsuid(geteuid()) != SOMEBODY) {
		print_message("uid %d cannot be had\n", SOMEBODY);
		skip();
	}
	start_serving(serving, servers, 3);
	fd = connected("127.0.0.1", 7, SOCK_STREAM);
	send_text(fd, "x\n");
	expect_text(fd, "fwlab a 7 x\n"); /* so it has been accepted */
	assert_int_equal(owned("tcp", 7, SOMEBODY), 2);
	assert_int_equal(owned("tcp6", 7, SOMEBODY), 1);
	assert_int_equal(owned("udp", 53, SOMEBODY), 1);
	assert_int_equal(owned("udp6", 53, SOMEBODY), 1);
	assert_int_equal(owned("tcp", 80, 0), 1);
	assert_int_equal(owned("tcp", 80, SOMEBODY), -1);
	close(fd);
}

static void expect_failure(struct serving *serving, const struct server *server, const char *text)
{
	struct server_message message = start_limited(serving, server, 1, 0);

	assert_int_equal(message.kind, SERVERS_FAILED);
	assert_string_equal(message.text, text);
	assert_int_equal(stop_serving(serving), EXIT_FAILURE);
}

static void says_why_it_cannot_serve(void **state)
{
	struct serving *serving = serving_of(state);
	struct server http = {.kind = SERVER_HTTP, .host = "mirror", .netns = -1, .port = 80};
	int stream = bound("0.0.0.0", 80, SOCK_STREAM);
	int datagram = bound("::1", 7, SOCK_DGRAM);

	expect_failure(serving, &http, "host mirror: tcp port 80: Address already in use");
	expect_failure(serving, &echoes[1], "host alpha: udp port 7: Address already in use");
	http.port = 81;
	http.folder = "/nonexistent";
	if (has_openat2())
		expect_failure(serving, &http,
			       "host mirror: port 81: /nonexistent: No such file or directory");
	http.folder = NULL;
	http.netns = stream; /* no namespace at all */
	expect_failure(serving, &http, "host mirror: tcp port 81: Invalid argument");
	close(stream);
	close(datagram);
}

/* Two datagram servers on one port would each get a part. */
static void refuses_a_port_given_twice(void **state)
{
	struct serving *serving = serving_of(state);
	struct server twice[] = {echoes[1], echoes[1]};
	struct server_message message = start_limited(serving, twice, 2, 0);

	assert_int_equal(message.kind, SERVERS_FAILED);
	assert_string_equal(message.text, "host alpha: udp port 7: Address already in use");
	assert_int_equal(stop_serving(serving), EXIT_FAILURE);
}

static void bounds_its_connections(void **state)
{
	struct serving *serving = serving_of(state);
	int fds[64 / 4 + 1];
	size_t n = sizeof(fds) / sizeof(fds[0]), i;

	need_limits();
	assert_int_equal(start_limited(serving, echoes, 1, 64).kind, SERVERS_READY);
	for (i = 0; i + 1 < n; i++) {
		fds[i] = connected("127.0.0.1", 7, SOCK_STREAM);
		send_text(fds[i], "x\n");
		expect_text(fds[i], "fwlab alpha 7 x\n");
	}
	fds[n - 1] = connected("127.0.0.1", 7, SOCK_STREAM);
	expect_end(fds[n - 1]);
	send_text(fds[0], "still here\n");
	expect_text(fds[0], "fwlab alpha 7 still here\n");
	for (i = 0; i < n; i++)
		close(fds[i]);
}

/*
 * Its descriptors are used up before its count of connections is: most are inherited. Whom it
 * cannot serve for such a reason shall not be taken for unreachable.
 */
/* -1 where nobody is there any more. */
static int try_connect(const char *address, uint16_t port)
{
	struct sockaddr_storage to = address_of(address, port);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_return_code(fd, errno);
	be_patient(fd);
	if (connect(fd, (struct sockaddr *)&to, length_of(&to)) == 0)
		return fd;
	close(fd);
	return -1;
}

static void tells_of_a_lack_of_descriptors(void **state)
{
	struct serving *serving = serving_of(state);
	struct server_message message;
	int held[48], fds[64 / 4];
	size_t n, i;

	need_limits();
	for (i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		held[i] = dup(STDERR_FILENO);
	assert_int_equal(start_limited(serving, echoes, 1, 64).kind, SERVERS_READY);
	for (i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		close(held[i]);
	/* It ends at the first that it cannot take, at which we need not have come to the last. */
	for (n = 0; n < sizeof(fds) / sizeof(fds[0]); n++)
		if ((fds[n] = try_connect("127.0.0.1", 7)) < 0)
			break;
	message = next_report(serving, 0);
	assert_int_equal(message.kind, SERVERS_FAILED);
	assert_string_equal(message.text, "host alpha: port 7: accept: Too many open files");
	assert_int_equal(stop_serving(serving), EXIT_FAILURE);
	for (i = 0; i < n; i++)
		close(fds[i]);
}

int main(void)
{
#define SERVING_TEST(f) cmocka_unit_test_teardown(f, serving_teardown)
	const struct CMUnitTest tests[] = {
		SERVING_TEST(echoes_lines_over_tcp),
		SERVING_TEST(ends_a_line_that_is_too_long),
		SERVING_TEST(echoes_datagrams),
		SERVING_TEST(serves_in_other_namespaces),
		SERVING_TEST(owns_its_sockets),
		SERVING_TEST(says_why_it_cannot_serve),
		SERVING_TEST(refuses_a_port_given_twice),
		SERVING_TEST(bounds_its_connections),
		SERVING_TEST(tells_of_a_lack_of_descriptors),
	};

	return cmocka_run_group_tests(tests, serving_setup, NULL);
}
