/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs that stay: their start and their end, however they go about it, and what is inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netsim/daemon.h"
#include "netsim/inside.h"
#include "netsim/listening.h"
#include "tests/support/namespaces.h"

#define LONG_MS 60000 /* more than anything here takes */

struct fixture {
	struct sim_host *host;
	struct sim_daemon *daemon;
	struct sim_process_result result;
	struct sim_error err;
	char text[SIM_DAEMON_TEXT];
	int socket;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	f->socket = -1;
	if (sim_host_new("a", &f->host, &f->err) < 0) {
		print_error("%s\n", f->err.text);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_daemon_stop(f->daemon, 0);
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	if (f->socket >= 0)
		close(f->socket);
	free(f);
	return 0;
}

static int start(struct fixture *f, const char *line)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = {shell, option, strdup(line), NULL};
	const struct sim_program program = {.argv = argv};
	int status = sim_daemon_start(f->host, NULL, &program, &f->daemon, &f->err);
	free(argv[2]);
	return status;
}

static void must_start(struct fixture *f, const char *line)
{
	if (start(f, line) < 0)
		fail_msg("%s: %s", line, f->err.text);
}

/* Until it has printed this. */
static void await_output(struct fixture *f, const char *text)
{
	while (!strstr(sim_daemon_output(f->daemon, f->text), text))
		if (sim_daemon_wait(f->daemon, 1))
			break;
	assert_non_null(strstr(sim_daemon_output(f->daemon, f->text), text));
}

/* Every process but init, which the test is. */
static size_t count_processes(void)
{
	return sim_inside_signal(getpid(), 0);
}

static void assert_stopped(struct fixture *f, int grace_ms)
{
	sim_daemon_stop(f->daemon, grace_ms);
	f->daemon = NULL;
	assert_int_equal(count_processes(), 0);
}

static void lives_until_it_is_stopped(void **state)
{
	struct fixture *f = *state;
	char fate[64];
	must_start(f, "echo here; exec sleep 1000");
	await_output(f, "here\n");
	assert_true(sim_daemon_lives(f->daemon));
	assert_string_equal(sim_daemon_fate(f->daemon, fate, sizeof(fate)), "runs");
	assert_stopped(f, LONG_MS);
}

static void a_missing_program_is_told(void **state)
{
	struct fixture *f = *state;
	char name[] = "no-such-program";
	char *argv[] = {name, NULL};
	const struct sim_program program = {.argv = argv};
	assert_int_equal(sim_daemon_start(f->host, NULL, &program, &f->daemon, &f->err), -1);
	assert_int_equal(f->err.errnum, ENOENT);
	assert_non_null(strstr(f->err.text, "cannot run 'no-such-program'"));
	assert_null(f->daemon);
	assert_int_equal(count_processes(), 0);
}

static void its_end_is_seen(void **state)
{
	struct fixture *f = *state;
	char fate[64];
	must_start(f, "echo last words >&2; exit 3");
	assert_true(sim_daemon_wait(f->daemon, LONG_MS));
	assert_false(sim_daemon_lives(f->daemon));
	assert_string_equal(sim_daemon_fate(f->daemon, fate, sizeof(fate)), "ended with status 3");
	assert_string_equal(sim_daemon_output(f->daemon, f->text), "last words\n");
	assert_stopped(f, LONG_MS);
}

static void to_fail_with_children_left_is_an_end(void **state)
{
	struct fixture *f = *state;
	char fate[64];
	must_start(f, "sleep 1000 & echo child; kill -KILL $$");
	await_output(f, "child");
	while (sim_daemon_lives(f->daemon))
		assert_false(sim_daemon_wait(f->daemon, 1));
	assert_string_equal(sim_daemon_fate(f->daemon, fate, sizeof(fate)),
			    "was ended by signal 9 (Killed)");
	assert_stopped(f, 0);
}

static void into_the_background_is_no_end(void **state)
{
	struct fixture *f = *state;
	must_start(f, "setsid sh -c 'echo behind; exec sleep 1000' & exit 0");
	await_output(f, "behind");
	char fate[64];
	while (strcmp(sim_daemon_fate(f->daemon, fate, sizeof(fate)), "runs") == 0)
		assert_false(sim_daemon_wait(f->daemon, 1));
	assert_true(sim_daemon_lives(f->daemon));
	assert_stopped(f, LONG_MS);
}

static void who_will_not_go_is_killed(void **state)
{
	struct fixture *f = *state;
	must_start(f, "trap '' TERM; echo deaf; while :; do sleep 1000; done");
	await_output(f, "deaf");
	assert_stopped(f, 20);
}

/* Children that have children, in sessions of their own, as fast as they can. */
static void a_large_family_is_killed(void **state)
{
	struct fixture *f = *state;
	must_start(f, "trap '' TERM; i=0; while [ $i -lt 30 ]; do i=$((i+1)); "
		      "setsid sh -c \"trap '' TERM; sleep 1000 & wait\" & done; echo all; wait");
	await_output(f, "all");
	assert_stopped(f, 20);
}

static void a_flood_is_no_obstacle(void **state)
{
	struct fixture *f = *state;
	must_start(f, "dd if=/dev/zero bs=1000 count=2000 2>&1; echo; echo done; exec sleep 1000");
	await_output(f, "done\n");
	assert_int_equal(strlen(f->text), SIM_DAEMON_OUTPUT);
	assert_string_equal(f->text + SIM_DAEMON_OUTPUT - 5, "done\n");
	assert_stopped(f, LONG_MS);
}

static void nobody_reads_but_the_minder(void **state)
{
	struct fixture *f = *state;
	must_start(f, "exec >/dev/null 2>&1; exec sleep 1000");
	assert_false(sim_daemon_wait(f->daemon, 20));
	assert_true(sim_daemon_lives(f->daemon));
	assert_stopped(f, LONG_MS);
}

/* What it is given of ours: nothing but its three descriptors. */
static void nothing_of_ours_leaks(void **state)
{
	struct fixture *f = *state;
	f->socket = socket(AF_INET, SOCK_STREAM, 0);
	must_start(f, "ls /proc/self/fd; readlink /proc/$PPID/fd/* ; echo end; exec sleep 1000");
	await_output(f, "end\n");
	assert_string_equal(strstr(f->text, "0\n"), f->text);
	assert_null(strstr(f->text, "socket:"));
}

static void as_an_identity(void **state)
{
	struct fixture *f = *state;
	const struct sim_identity games = {.uid = 5, .gid = 60};
	char program_name[] = "id";
	char *argv[] = {program_name, NULL};
	const struct sim_program program = {.argv = argv};
	assert_int_equal(sim_daemon_start(f->host, &games, &program, &f->daemon, &f->err), 0);
	assert_true(sim_daemon_wait(f->daemon, LONG_MS));
	assert_non_null(
		strstr(sim_daemon_output(f->daemon, f->text), "uid=5(games) gid=60(games)"));
}

/* Run a line of shell inside what the daemon has made. */
static const char *run_inside(struct fixture *f, const char *line)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = {shell, option, strdup(line), NULL};
	const struct sim_program program = {.argv = argv};
	const struct sim_identity inside = {.inside = sim_daemon_inside(f->daemon, f->host)};
	assert_int_not_equal(inside.inside, 0);
	sim_process_result_clear(&f->result);
	int status = sim_program_run(f->host, &inside, &program, &f->result, &f->err);
	free(argv[2]);
	if (status < 0)
		fail_msg("%s: %s", line, f->err.text);
	return f->result.out;
}

#define JAIL "mount -t tmpfs none /mnt; : >/mnt/mark; hostname jail; echo ready; exec sleep 1000"

static void inside_is_all_of_it(void **state)
{
	struct fixture *f = *state;
	must_start(f,
		   "exec unshare --mount --net --pid --uts --ipc --fork --mount-proc sh -c '" JAIL
		   "'");
	await_output(f, "ready");
	assert_string_equal(run_inside(f, "ls /mnt"), "mark\n");
	assert_string_equal(run_inside(f, "hostname"), "jail\n");
	/* The jail's own, and the one that asks. */
	assert_string_equal(run_inside(f, "cat /proc/1/comm; set -- /proc/[0-9]*; echo $#; "
					  "cat /proc/sys/net/ipv4/ping_group_range"),
			    "sleep\n2\n0\t2147483647\n");
	run_inside(f, "kill -TERM $$");
	assert_int_equal(f->result.status, SIGTERM);
	run_inside(f, "exit 7");
	assert_int_equal(f->result.status, 7 << 8);
}

static void inside_has_its_root(void **state)
{
	struct fixture *f = *state;
	must_start(f, "mkdir -p /tmp/r && mount --rbind / /tmp/r && : >/tmp/r/tmp/mark && "
		      "exec unshare --mount chroot /tmp/r sh -c 'cd /tmp; mkdir own; echo ready; "
		      "exec chroot /tmp/.. sleep 1000'");
	await_output(f, "ready");
	run_inside(f, "test -e /tmp/own");
	assert_int_equal(f->result.status, 0);
}

static void there_may_be_no_inside(void **state)
{
	struct fixture *f = *state;
	must_start(f, "sleep 1000 & echo ready; wait");
	await_output(f, "ready");
	assert_int_equal(sim_daemon_inside(f->daemon, f->host), 0);
}

static void one_that_is_gone_cannot_be_entered(void **state)
{
	struct fixture *f = *state;
	char name[] = "true";
	char *argv[] = {name, NULL};
	const struct sim_program program = {.argv = argv};
	const struct sim_identity inside = {.inside = 99999};
	assert_int_equal(sim_program_run(f->host, &inside, &program, &f->result, &f->err), -1);
	assert_non_null(strstr(f->err.text, "process 99999"));
}

static int make_socket(void *arg, struct sim_error *err)
{
	struct fixture *f = arg;
	(void)err;
	f->socket = socket(AF_INET, SOCK_STREAM, 0);
	return f->socket < 0 ? -1 : 0;
}

static void who_listens(void **state)
{
	struct fixture *f = *state;
	const struct sockaddr_in loopback = {.sin_family = AF_INET,
					     .sin_port = htons(81),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sim_prefix at;
	struct sim_prefix other;
	struct sim_prefix v6;
	int netns = sim_host_netns(f->host);
	assert_true(sim_prefix_parse("127.0.0.1", false, &at));
	assert_true(sim_prefix_parse("127.0.0.2", false, &other));
	assert_true(sim_prefix_parse("::1", false, &v6));
	assert_int_equal(sim_host_within(f->host, make_socket, f, &f->err), 0);
	assert_int_equal(bind(f->socket, (const void *)&loopback, sizeof(loopback)), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, NULL, 81), 0);
	assert_int_equal(listen(f->socket, 1), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, NULL, 81), 1);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, &at, 81), 1);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, &other, 81), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, &v6, 81), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_TCP, NULL, 80), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_UDP, NULL, 81), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_ICMP, NULL, 0), -1);
}

static int make_socket6(void *arg, struct sim_error *err)
{
	struct fixture *f = arg;
	(void)err;
	f->socket = socket(AF_INET6, SOCK_DGRAM, 0);
	return f->socket < 0 ? -1 : 0;
}

/* Nobody can tell from the tables whether it is there for IPv4 too. */
static void who_may_listen(void **state)
{
	struct fixture *f = *state;
	const struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	struct sim_prefix v4;
	struct sim_prefix v6;
	int netns = sim_host_netns(f->host);
	assert_true(sim_prefix_parse("10.0.0.1", false, &v4));
	assert_true(sim_prefix_parse("fd00::1", false, &v6));
	assert_int_equal(sim_host_within(f->host, make_socket6, f, &f->err), 0);
	assert_int_equal(bind(f->socket, (const void *)&any, sizeof(any)), 0);
	assert_int_equal(sim_listens_on(netns, IPPROTO_UDP, &v6, 53), 1);
	assert_int_equal(sim_listens_on(netns, IPPROTO_UDP, &v4, 53), -1);
}

static int make_unix(void *arg, struct sim_error *err)
{
	struct fixture *f = arg;
	(void)err;
	f->socket = socket(AF_UNIX, SOCK_STREAM, 0);
	return f->socket < 0 ? -1 : 0;
}

static void who_listens_at_a_path(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/tmp/fwlab daemon.sock"};
	int netns = sim_host_netns(f->host);
	unlink(at.sun_path);
	assert_int_equal(sim_host_within(f->host, make_unix, f, &f->err), 0);
	assert_int_equal(bind(f->socket, (const void *)&at, sizeof(at)), 0);
	unlink(at.sun_path);
	assert_int_equal(sim_listens_at(netns, at.sun_path), 0);
	assert_int_equal(listen(f->socket, 1), 0);
	assert_int_equal(sim_listens_at(netns, at.sun_path), 1);
	assert_int_equal(sim_listens_at(netns, "/tmp/fwlab"), 0);
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(lives_until_it_is_stopped),
		TEST(a_missing_program_is_told),
		TEST(its_end_is_seen),
		TEST(to_fail_with_children_left_is_an_end),
		TEST(into_the_background_is_no_end),
		TEST(who_will_not_go_is_killed),
		TEST(a_large_family_is_killed),
		TEST(a_flood_is_no_obstacle),
		TEST(nobody_reads_but_the_minder),
		TEST(nothing_of_ours_leaks),
		TEST(as_an_identity),
		TEST(inside_is_all_of_it),
		TEST(inside_has_its_root),
		TEST(there_may_be_no_inside),
		TEST(one_that_is_gone_cannot_be_entered),
		TEST(who_listens),
		TEST(who_may_listen),
		TEST(who_listens_at_a_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
