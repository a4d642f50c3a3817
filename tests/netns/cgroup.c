/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups that rules match on, and that none of them is left.  The net_cls
 * hierarchy is the machine's: one of these tests at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cgroup.h"
#include "netsim/mounts.h"
#include "netsim/process.h"
#include "tests/support/namespaces.h"

struct fixture {
	struct sim_cgroups *cgroups;
	struct sim_host *host;
	struct sim_process_result result;
	struct sim_error err;
	struct sim_error warning;
};

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	int status = sim_cgroups_close(f->cgroups, &f->err);
	free(f);
	return status;
}

#define ok(f, call)                                                                                \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, (f)->err.text);                                  \
	} while (0)

/* The number of the hierarchy that net_cls is in, 0 none: from /proc/cgroups. */
static int net_cls_hierarchy(void)
{
	char line[256];
	int hierarchy = -1;
	FILE *f = fopen("/proc/cgroups", "re");
	while (f && fgets(line, sizeof(line), f))
		/* The kernel's own number. NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "net_cls %d", &hierarchy) == 1)
			break;
	if (f)
		fclose(f);
	return hierarchy;
}

static int shell(struct fixture *f, const char *cgroup, const char *line)
{
	char sh[] = "bash";
	char option[] = "-c";
	char *argv[] = {sh, option, strdup(line), NULL};
	const struct sim_program program = {.argv = argv};
	struct sim_identity as = {.cgroup = cgroup};
	sim_process_result_clear(&f->result);
	int status = sim_program_run(f->host, &as, &program, &f->result, &f->err);
	free(argv[2]);
	ok(f, status);
	return WEXITSTATUS(f->result.status);
}

/* Whether a datagram gets out of the host from this cgroup: the shell's redirection sends one. */
static bool gets_out(struct fixture *f, const char *cgroup)
{
	return shell(f, cgroup, "echo x > /dev/udp/127.0.0.1/9") == 0;
}

static void rules_see_the_class_of_a_process(void **state)
{
	struct fixture *f = *state;
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = false},
			       &f->cgroups, &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "pbuilder", 0x100010, false, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "other", 0x100011, false, &f->err));
	assert_int_equal(shell(f, NULL,
			       "nft 'add table ip t; add chain ip t o { type filter hook "
			       "output priority 0; policy accept; }; "
			       "add rule ip t o meta cgroup 0x100010 drop'"),
			 0);
	assert_true(gets_out(f, NULL));
	assert_true(gets_out(f, "other"));
	assert_false(gets_out(f, "pbuilder"));
	assert_int_equal(shell(f, NULL, "cat /sys/fs/cgroup/net_cls/pbuilder/net_cls.classid"), 0);
	assert_string_equal(f->result.out, "1048592\n");
}

/* As cgcreate(1) and cgset(1) do it; what is not entered in time is not there. */
static void programs_make_cgroups_of_their_own(void **state)
{
	struct fixture *f = *state;
	int before = net_cls_hierarchy();
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = false},
			       &f->cgroups, &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_await_cgroup(f->host, f->cgroups, "made/deep", false, &f->err));
	assert_int_equal(shell(f, NULL, "ls -A /sys/fs/cgroup/net_cls | grep -c made"), 1);
	struct sim_identity as = {.cgroup = "made/deep"};
	char name[] = "true";
	char *argv[] = {name, NULL};
	const struct sim_program program = {.argv = argv};
	assert_int_equal(sim_program_run(f->host, &as, &program, &f->result, &f->err), -1);
	assert_int_equal(shell(f, NULL,
			       "cd /sys/fs/cgroup/net_cls && mkdir -p made/deep other/one && "
			       "echo 0x100010 >made/deep/net_cls.classid && nft 'add table ip t; "
			       "add chain ip t o { type filter hook output priority 0; }; "
			       "add rule ip t o meta cgroup 1048592 drop'"),
			 0);
	assert_true(gets_out(f, NULL));
	assert_false(gets_out(f, "made/deep"));
	/* And nothing of it is left. */
	sim_host_free(f->host);
	f->host = NULL;
	ok(f, sim_cgroups_close(f->cgroups, &f->err));
	f->cgroups = NULL;
	assert_int_equal(net_cls_hierarchy(), before);
}

static void the_machines_cgroups_do_not_show_through(void **state)
{
	struct fixture *f = *state;
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = false},
			       &f->cgroups, &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_await_cgroup(f->host, f->cgroups, "x", false, &f->err));
	assert_int_equal(shell(f, NULL, "grep -c ' /sys/fs/cgroup' /proc/mounts"), 0);
	assert_string_equal(f->result.out, "2\n"); /* a tmpfs, and net_cls */
}

static void rules_see_the_v2_path_of_a_process(void **state)
{
	struct fixture *f = *state;
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = false, .v2 = true},
			       &f->cgroups, &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "system/web", 0, true, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "system/mail", 0, true, &f->err));
	assert_int_equal(shell(f, NULL,
			       "nft 'add table ip t; add chain ip t o { type filter hook "
			       "output priority 0; policy accept; }; "
			       "add rule ip t o socket cgroupv2 level 2 \"system/web\" drop'"),
			 0);
	assert_true(gets_out(f, NULL));
	assert_true(gets_out(f, "system/mail"));
	assert_false(gets_out(f, "system/web"));
}

static void both_kinds_at_once(void **state)
{
	struct fixture *f = *state;
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = true}, &f->cgroups,
			       &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "web", 0x10001, true, &f->err));
	assert_int_equal(shell(f, "web", "cat /proc/self/cgroup"), 0);
	assert_non_null(strstr(f->result.out, "net_cls:/web\n"));
	assert_non_null(strstr(f->result.out, "0::/web\n"));
}

static void nothing_is_left_of_a_run(void **state)
{
	struct fixture *f = *state;
	int before = net_cls_hierarchy();
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = true}, &f->cgroups,
			       &f->err));
	assert_int_not_equal(net_cls_hierarchy(), 0);
	struct sim_cgroups *cgroups = f->cgroups;
	f->cgroups = NULL;
	ok(f, sim_cgroups_close(cgroups, &f->err));
	assert_int_equal(net_cls_hierarchy(), before);
}

static void what_the_dead_left_is_swept(void **state)
{
	struct fixture *f = *state;
	int before = net_cls_hierarchy();
	pid_t dead = fork();
	if (dead == 0)
		_exit(sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = true},
				       &f->cgroups, &f->err) == 0
			      ? 0
			      : 1);
	int status;
	assert_int_equal(waitpid(dead, &status, 0), dead);
	assert_int_equal(status, 0);
	assert_int_not_equal(net_cls_hierarchy(), 0);
	ok(f, sim_cgroups_sweep(&(struct sim_cgroups_wish){.net_cls = true}, &f->warning, &f->err));
	assert_int_equal(net_cls_hierarchy(), before);
}

static void what_the_living_have_is_not_swept(void **state)
{
	struct fixture *f = *state;
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = true, .v2 = false},
			       &f->cgroups, &f->err));
	ok(f, sim_cgroups_sweep(&(struct sim_cgroups_wish){.net_cls = true}, &f->warning, &f->err));
	ok(f, sim_host_new("a", &f->host, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "web", 0x10001, false, &f->err));
}

static int all_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rules_see_the_class_of_a_process, setup, teardown),
		cmocka_unit_test_setup_teardown(programs_make_cgroups_of_their_own, setup,
						teardown),
		cmocka_unit_test_setup_teardown(the_machines_cgroups_do_not_show_through, setup,
						teardown),
		cmocka_unit_test_setup_teardown(rules_see_the_v2_path_of_a_process, setup,
						teardown),
		cmocka_unit_test_setup_teardown(both_kinds_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_is_left_of_a_run, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_dead_left_is_swept, setup, teardown),
		cmocka_unit_test_setup_teardown(what_the_living_have_is_not_swept, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
