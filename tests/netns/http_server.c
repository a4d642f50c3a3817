/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/support/serving.h"

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

/* A request as it stands on the wire; the answer up to the connection's end. */
static const char *exchange(const char *address, uint16_t port, const char *request)
{
	static char got[4096];
	int fd = connected(address, port, SOCK_STREAM);
	size_t n = 0;
	ssize_t more;

	send_text(fd, request);
	while ((more = recv(fd, got + n, sizeof(got) - 1 - n, 0)) > 0)
		n += (size_t)more;
	got[n] = '\0';
	close(fd);
	return got;
}

static void expect_status(const char *answer, int status)
{
	char line[32];

	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	if (strncmp(answer, line, strlen(line)) != 0)
		fail_msg("%s instead of %s", answer, line);
}

static void expect_in(const char *answer, const char *part)
{
	if (!strstr(answer, part))
		fail_msg("%s is not in %s", part, answer);
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

static void serves_a_page(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = {.kind = SERVER_HTTP, .host = "web", .netns = -1, .port = 80};
	struct server_message message;
	struct sockaddr_storage to;
	const char *answer;
	size_t i;

	start_serving(serving, &server, 1);
	for (i = 0; i < 2; i++) {
		answer = exchange(loopbacks[i], 80,
				  "GET /any/path?query HTTP/1.1\r\nHost: x\r\n"
				  "Fwlab-Probe: n-3\r\nConnection: close\r\n\r\n");
		expect_status(answer, 200);
		expect_in(answer, "\r\nFwlab-Host: web\r\n");
		expect_in(answer, "\r\n\r\nfwlab web 80\n");
		message = next_report(serving, MSG_DONTWAIT);
		assert_int_equal(message.kind, SERVERS_ARRIVAL);
		assert_string_equal(message.host, "web");
		assert_int_equal(message.port, 80);
		assert_int_equal(message.protocol, IPPROTO_TCP);
		assert_string_equal(message.nonce, "n-3");
		assert_string_equal(message.text, "GET /any/path");
		assert_int_equal(message.from.ss_family, i ? AF_INET6 : AF_INET);
		to = address_of(loopbacks[i], 80);
		assert_memory_equal(&message.to, &to, length_of(&to));
	}
	answer = exchange("127.0.0.1", 80, "POST /" END);
	expect_status(answer, 405);
	expect_in(answer, "\r\nAllow: GET, HEAD\r\n");
	expect_status(exchange("127.0.0.1", 80,
			       "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
		      405);
	expect_status(exchange("127.0.0.1", 80,
			       "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
			       "Connection: close\r\n\r\nbody"),
		      200);
	exchange("127.0.0.1", 80, "nonsense\r\n\r\n");
	expect_status(exchange("127.0.0.1", 80, "GET /" END), 200);
}

static char folder[] = "/tmp/fwlab-http.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
	int fd;

	(void)state;
	if (!mkdtemp(folder) || (fd = open(folder, O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	if (mkdirat(fd, "in", 0755) < 0 || mkfifoat(fd, "fifo", 0644) < 0 ||
	    symlinkat("in/file", fd, "link") < 0 || symlinkat("/etc/passwd", fd, "out") < 0 ||
	    symlinkat("../../etc/passwd", fd, "up") < 0)
		return -1;
	close(fd);
	write_file("in/file", "some text\n");
	write_file("in/empty", "");
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const files[] = {"in/file", "in/empty", "fifo", "link", "out", "up"};
	int fd = open(folder, O_DIRECTORY | O_CLOEXEC);
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlinkat(fd, files[i], 0);
	unlinkat(fd, "in", AT_REMOVEDIR);
	close(fd);
	rmdir(folder);
	return serving_teardown(state);
}

static void serves_files(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = {
		.kind = SERVER_HTTP, .host = "web", .netns = -1, .port = 80, .folder = folder};
	static const char *const missing[] = {
		"GET /none" END,
		"GET /" END,
		"GET /in" END,
		"GET /in/" END,
		"GET /in/file/" END,
		"GET /fifo" END,
		"GET /out" END,
		"GET /up" END,
		"GET //etc/passwd" END,
		"GET /../../etc/passwd" END,
		"GET /in/../../etc/passwd" END,
		"GET /%2e%2e/%2e%2e/etc/passwd" END,
		"GET /..%2f..%2fetc/passwd" END,
		"GET ../etc/passwd" END,
		"HEAD /none" END,
	};
	const char *answer;
	size_t i;

	need_openat2();
	start_serving(serving, &server, 1);
	answer = exchange("127.0.0.1", 80, "GET /in/file" END);
	expect_status(answer, 200);
	expect_in(answer, "\r\nContent-Length: 10\r\n");
	expect_in(answer, "\r\nLast-Modified: ");
	expect_in(answer, "\r\nFwlab-Host: web\r\n");
	expect_in(answer, "\r\n\r\nsome text\n");
	answer = exchange("127.0.0.1", 80, "HEAD /in/file" END);
	expect_status(answer, 200);
	expect_in(answer, "\r\nContent-Length: 10\r\n");
	assert_null(strstr(answer, "some text"));
	expect_in(exchange("::1", 80, "GET /link" END), "some text\n");
	expect_in(exchange("::1", 80, "GET /in/../link" END), "some text\n");
	expect_in(exchange("::1", 80, "GET /%69n/file" END), "some text\n");
	expect_in(exchange("::1", 80, "GET /in/empty" END), "\r\nContent-Length: 0\r\n");
	for (i = 0; i < sizeof(missing) / sizeof(missing[0]); i++)
		expect_status(exchange("127.0.0.1", 80, missing[i]), 404);
}

/* Several requests on one connection, and idle ones meanwhile. */
static void keeps_connections(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = {.kind = SERVER_HTTP, .host = "web", .netns = -1, .port = 80};
	int idle, fd;
	char got[2048];
	size_t i;

	start_serving(serving, &server, 1);
	idle = connected("127.0.0.1", 80, SOCK_STREAM);
	fd = connected("127.0.0.1", 80, SOCK_STREAM);
	for (i = 0; i < 3; i++) {
		size_t n = 0;

		send_text(fd, "GET /");
		send_text(fd, " HTTP/1.1\r\nHost: x\r\n\r\n");
		while (n < 13 || memcmp(got + n - 13, "fwlab web 80\n", 13) != 0) {
			ssize_t more = recv(fd, got + n, sizeof(got) - n, 0);

			assert_true(more > 0);
			n += (size_t)more;
		}
	}
	close(fd);
	assert_int_equal(stop_serving(serving), 0); /* with the idle one still open */
	close(idle);
}

int main(void)
{
#define SERVING_TEST(f) cmocka_unit_test_teardown(f, serving_teardown)
	const struct CMUnitTest tests[] = {
		SERVING_TEST(serves_a_page),
		cmocka_unit_test_setup_teardown(serves_files, make_folder, remove_folder),
		SERVING_TEST(keeps_connections),
	};

	return cmocka_run_group_tests(tests, serving_setup, NULL);
}
