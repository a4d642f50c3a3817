/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Probes made in our own process: whose they are to a rule, who ends them, what they leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/probe_here.h"
#include "netsim/process.h"
#include "tests/support/namespaces.h"

#define CLOSED_PORT 9
#define LONG_MS	    10000 /* never waited for */

#define OUTPUT_CHAIN                                                                               \
	"add table inet t;"                                                                        \
	"add chain inet t out { type filter hook output priority 0; };"

struct fixture {
	struct sim_host *host;
	struct sim_process_result result;
	struct sim_error err;
	struct stat home; /* our own network namespace */
	int pipe[2];
	unsigned asked; /* how often the watch was */
	struct probe probe;
	struct errand errand;
	struct sighting seen;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	if (sim_host_new("a", &f->host, &f->err) < 0) {
		print_error("%s\n", f->err.text);
		return -1;
	}
	struct sockaddr_in *to = (struct sockaddr_in *)&f->errand.to;
	to->sin_family = AF_INET;
	to->sin_port = htons(CLOSED_PORT);
	to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->probe = (struct probe){.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
	f->errand.probe = &f->probe;
	f->errand.family = AF_INET;
	f->errand.timeout_ms = LONG_MS;
	return stat("/proc/thread-self/ns/net", &f->home) < 0 ? -1 : pipe2(f->pipe, O_CLOEXEC);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	close(f->pipe[0]);
	close(f->pipe[1]);
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	free(f);
	return 0;
}

static void nft(struct fixture *f, const char *rules)
{
	char name[] = "nft";
	char option[] = "-f";
	char from[] = "-";
	char *argv[] = {name, option, from, NULL};
	const struct sim_program program = {.argv = argv, .input = rules};
	if (sim_program_run(f->host, NULL, &program, &f->result, &f->err) < 0)
		fail_msg("%s", f->err.text);
	if (f->result.status)
		fail_msg("%s", f->result.err);
	sim_process_result_clear(&f->result);
}

/* We are root again, at home, without groups. */
static void assert_unchanged(const struct fixture *f)
{
	struct stat here;
	uid_t uids[3];
	gid_t gids[3];
	assert_int_equal(stat("/proc/thread-self/ns/net", &here), 0);
	assert_int_equal(here.st_ino, f->home.st_ino);
	assert_int_equal(getresuid(&uids[0], &uids[1], &uids[2]), 0);
	assert_int_equal(getresgid(&gids[0], &gids[1], &gids[2]), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(uids[i], 0);
		assert_int_equal(gids[i], 0);
	}
	assert_int_equal(getgroups(0, NULL), 0);
}

static void go(struct fixture *f, const struct sim_identity *as, const struct sim_watch *watch)
{
	assert_true(probe_fits_here(&f->errand, as));
	if (probe_go_here(f->host, as, &f->errand, watch, &f->seen, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_unchanged(f);
}

/* Whether the rules, which send an ICMP error to those whom they know, have known this one. */
static bool is_known(struct fixture *f, const struct sim_identity *as)
{
	go(f, as, NULL);
	assert_true(f->seen.error != 0);
	return f->seen.icmp.seen && f->seen.icmp.code == ICMP_PKT_FILTERED;
}

static void user_and_group_are_the_identitys(void **state)
{
	struct fixture *f = *state;
	nft(f,
	    OUTPUT_CHAIN "add rule inet t out meta skuid 1001 reject with icmpx admin-prohibited;"
			 "add rule inet t out meta skgid 1002 reject with icmpx admin-prohibited;");
	assert_false(is_known(f, &sim_identity_root));
	assert_true(is_known(f, &(struct sim_identity){.uid = 1001, .gid = 1}));
	assert_true(is_known(f, &(struct sim_identity){.uid = 1, .gid = 1002}));
	assert_true(is_known(f, &(struct sim_identity){.uid = 0, .gid = 1002}));
	assert_false(is_known(f, &(struct sim_identity){.uid = 1002, .gid = 1001}));
}

/* Ping sockets are for those whose group, whichever of them, is in the range. */
static void supplementary_groups_are_the_identitys(void **state)
{
	struct fixture *f = *state;
	f->probe.kind = PROBE_PING;
	if (sim_host_sysctl(f->host, "net/ipv4/ping_group_range", "77 77", &f->err) < 0)
		fail_msg("%s", f->err.text);
	go(f, &(struct sim_identity){.uid = 1001, .gid = 1001, .groups = {5}, .n_groups = 1}, NULL);
	assert_int_equal(f->seen.error, EACCES);
	go(f, &(struct sim_identity){.uid = 1001, .gid = 77}, NULL);
	assert_true(f->seen.answered);
	go(f, &(struct sim_identity){.uid = 1001, .gid = 1, .groups = {5, 77}, .n_groups = 2},
	   NULL);
	assert_true(f->seen.answered);
}

static void what_cannot_be_taken_off_does_not_fit(void **state)
{
	struct fixture *f = *state;
	assert_true(probe_fits_here(&f->errand, &sim_identity_root));
	assert_false(probe_fits_here(&f->errand, &(struct sim_identity){.root = "r"}));
	assert_false(probe_fits_here(&f->errand, &(struct sim_identity){.cgroup = "c"}));
	assert_false(probe_fits_here(
		&f->errand, &(struct sim_identity){.confinement = {.no_new_privs = true}}));
	/* A name that the C library looks up, in files of the host. */
	f->errand.to.ss_family = AF_UNSPEC;
	assert_false(probe_fits_here(&f->errand, &sim_identity_root));
}

/* It is asked again and again, for nobody reads the pipe. */
static bool enough_the_third_time(void *arg)
{
	struct fixture *f = arg;
	return ++f->asked == 3;
}

static void the_watch_ends_it(void **state)
{
	struct fixture *f = *state;
	const struct sim_watch watch = {
		.fd = f->pipe[0], .enough = enough_the_third_time, .arg = f};
	nft(f, OUTPUT_CHAIN "add rule inet t out tcp dport 9 drop;");
	assert_int_equal(write(f->pipe[1], "", 1), 1);
	go(f, &(struct sim_identity){.uid = 1001, .gid = 1001}, &watch);
	assert_int_equal(f->asked, 3);
	assert_true(f->seen.stopped);
	assert_false(f->seen.timed_out);
	assert_int_equal(f->seen.error, 0);
	assert_int_equal(f->seen.stage, STAGE_CONNECT);

	/* Nothing to be read: nobody is asked, and time is up as ever. */
	char byte;
	assert_int_equal(read(f->pipe[0], &byte, 1), 1);
	f->errand.timeout_ms = 20;
	go(f, &sim_identity_root, &watch);
	assert_int_equal(f->asked, 3);
	assert_false(f->seen.stopped);
	assert_true(f->seen.timed_out);
}

static int body(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(user_and_group_are_the_identitys, setup, teardown),
		cmocka_unit_test_setup_teardown(supplementary_groups_are_the_identitys, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_cannot_be_taken_off_does_not_fit, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_watch_ends_it, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(body);
}
