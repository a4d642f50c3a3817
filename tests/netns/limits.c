/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run's directories limit, and what is told of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/limits.h"
#include "tests/support/namespaces.h"

#define MIB ((size_t)1 << 20)

static struct sim_limits limits = {.memory = 64 * MIB, .processes = 5};

struct fixture {
	struct sim_cgroups *cgroups;
	struct sim_error err;
};

static void ok(struct fixture *f, int status)
{
	if (status < 0)
		fail_msg("%s", f->err.text);
}

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int status = sim_cgroups_close(f->cgroups, &f->err);
	free(f);
	return status;
}

static void open_limited(struct fixture *f)
{
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.limits = true}, &f->cgroups, &f->err));
	ok(f, sim_limits_set(f->cgroups, &limits, &f->err));
}

/* Run a function in a process under the limits; how that ended, as of waitpid(2). */
static int run_limited(struct fixture *f, int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(sim_limits_enter(f->cgroups, &limits, &f->err) < 0 ? 99 : body());
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

static int take_memory(size_t bytes)
{
	char *memory = malloc(bytes);
	if (!memory)
		return 1;
	/* Kept from the compiler, which knows that nobody will read it. */
	memset(memory, 1, bytes);
	__asm__ volatile("" : : "r"(memory) : "memory");
	free(memory);
	return 0;
}

static int take_little(void)
{
	return take_memory(16 * MIB);
}

static int take_much(void)
{
	return take_memory(256 * MIB);
}

/* How many children it could have at once. */
static int count_children(void)
{
	pid_t children[10];
	int count = 0;
	for (; count < 10 && (children[count] = fork()) >= 0; count++)
		if (children[count] == 0)
			for (;;)
				pause();
	for (int i = 0; i < count; i++) {
		kill(children[i], SIGKILL);
		waitpid(children[i], NULL, 0);
	}
	return count;
}

/* A run of somebody who is limited himself. */
static int limit_again(void)
{
	struct sim_limits more = {.memory = 1024 * MIB, .processes = 1000};
	struct sim_cgroups *cgroups;
	struct sim_error err;
	if (sim_cgroups_open(&(struct sim_cgroups_wish){.limits = true}, &cgroups, &err) < 0 ||
	    sim_limits_set(cgroups, &more, &err) < 0 || sim_cgroups_close(cgroups, &err) < 0)
		return 99;
	return (more.memory == limits.memory ? 1 : 0) |
	       (more.processes == limits.processes ? 2 : 0);
}

static void test_no_way_out(void **state)
{
	struct fixture *f = *state;
	open_limited(f);
	int status = run_limited(f, limit_again);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status),
			 (sim_limits_memory() ? 1 : 0) | (sim_limits_processes() ? 2 : 0));
}

static void test_memory(void **state)
{
	struct fixture *f = *state;
	struct sim_limits_hit hit;
	if (!sim_limits_memory())
		skip();
	open_limited(f);
	assert_int_equal(run_limited(f, take_little), 0);
	sim_limits_read(f->cgroups, &hit);
	assert_int_equal(hit.killed, 0);
	int status = run_limited(f, take_much);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	sim_limits_read(f->cgroups, &hit);
	assert_int_equal(hit.killed, 1);
	assert_int_equal(hit.refused, 0);
}

static void test_processes(void **state)
{
	struct fixture *f = *state;
	struct sim_limits_hit hit;
	if (!sim_limits_processes())
		skip();
	open_limited(f);
	int status = run_limited(f, count_children);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), limits.processes - 1);
	sim_limits_read(f->cgroups, &hit);
	assert_true(hit.refused > 0);
	assert_int_equal(hit.killed, 0);
}

#ifndef __SANITIZE_ADDRESS__ /* whose shadow is more than the limit already */
/* Without a directory, each process has a limit of its own. */
static void test_alone(void **state)
{
	struct fixture *f = *state;
	struct sim_limits_hit hit;
	int status = run_limited(f, take_much);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_int_equal(run_limited(f, take_little), 0);
	sim_limits_read(f->cgroups, &hit);
	assert_int_equal(hit.killed, 0);
	assert_int_equal(hit.refused, 0);
}
#endif

static int all_tests(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_memory),
		TEST(test_processes),
		TEST(test_no_way_out),
#ifndef __SANITIZE_ADDRESS__
		TEST(test_alone),
#endif
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
