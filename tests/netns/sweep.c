/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose cgroups are swept, and whose are not: in the pid namespace of whoever
 * runs this, as only the machine's first sees all others.  The net_cls hierarchy
 * is the machine's: one of these tests at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cgroup.h"
#include "netsim/hierarchy.h"
#include "tests/support/namespaces.h"

#define FIRST_PID_NAMESPACE 4026531836UL /* of a machine */

static const struct sim_cgroups_wish all = {.net_cls = true, .limits = true};

/* A run that has been killed, in a pid namespace of its own or in ours. */
struct fixture {
	pid_t init;    /* of the namespace, 0: it has ended */
	int release;   /* closed: it ends */
	int namespace; /* which keeps its number from being given again */
	char prefix[64];
	pid_t guest; /* a process in the cgroup that the run has left, 0: none */
	struct sim_error err;
	struct sim_error warning;
};

static unsigned long number_of(pid_t pid)
{
	char path[64];
	struct stat ns;
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	assert_int_equal(stat(path, &ns), 0);
	return (unsigned long)ns.st_ino;
}

static bool is_machine(void)
{
	return number_of(getpid()) == FIRST_PID_NAMESPACE;
}

/* What of the run is in a hierarchy: how many; `remove` it, where that can be; enter it. */
static int count_in(const struct fixture *f, enum hierarchy which, bool remove, char *name)
{
	int tree;
	int count = 0;
	struct sim_error err;
	if (!hierarchy_exists(which) || hierarchy_open(which, &tree, &err) < 0)
		return 0;
	DIR *folder = fdopendir(openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (strncmp(entry->d_name, f->prefix, strlen(f->prefix)) != 0)
			continue;
		count += !remove || hierarchy_remove(tree, entry->d_name, &err) < 0;
		if (name)
			snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (folder)
		closedir(folder);
	if (hierarchy_close(which, tree, &err) < 0)
		return -1;
	return count;
}

static int count_left(const struct fixture *f)
{
	int count = 0;
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		count += count_in(f, i, false, NULL);
	return count;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (f)
		f->release = f->namespace = -1;
	*state = f;
	return f ? 0 : -1;
}

static void end_namespace(struct fixture *f)
{
	if (f->init)
		close(f->release);
	while (f->init && waitpid(f->init, NULL, 0) < 0 && errno == EINTR)
		;
	f->init = 0;
}

static void end_guest(struct fixture *f)
{
	if (!f->guest)
		return;
	kill(f->guest, SIGKILL);
	waitpid(f->guest, NULL, 0);
	f->guest = 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	int left = 0;
	end_namespace(f);
	end_guest(f);
	for (enum hierarchy i = 0; *f->prefix && i < HIERARCHIES; i++)
		left += count_in(f, i, true, NULL);
	if (f->namespace >= 0)
		close(f->namespace);
	free(f);
	return left ? -1 : 0;
}

static int run_and_die(void)
{
	struct sim_cgroups *cgroups;
	struct sim_error err;
	if (sim_cgroups_open(&all, &cgroups, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return 1;
}

static int await(pid_t pid)
{
	int status = -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The first process of a pid namespace: in which a run dies, and which then lives on. */
static int keep_namespace(int told, int release)
{
	char byte = 0;
	pid_t run = fork();
	if (run == 0)
		_exit(run_and_die());
	if (await(run) != 0 || write(told, &byte, 1) != 1)
		return 1;
	return read(release, &byte, 1) == 0 ? 0 : 1;
}

static int see_own_processes(void)
{
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

static pid_t fork_into_namespace(void)
{
	return (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL,
			      0UL);
}

static void run_in_namespace(struct fixture *f)
{
	int told[2];
	int release[2];
	char byte;
	char path[64];
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(release, O_CLOEXEC), 0);
	f->release = release[1];
	f->init = fork_into_namespace();
	assert_true(f->init >= 0);
	if (f->init == 0) {
		close(told[0]);
		close(release[1]);
		_exit(see_own_processes() < 0 || keep_namespace(told[1], release[0]));
	}
	close(told[1]);
	close(release[0]);
	bool ready = read(told[0], &byte, 1) == 1;
	close(told[0]);
	assert_true(ready);
	snprintf(path, sizeof(path), "/proc/%d/ns/pid", f->init);
	f->namespace = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(f->namespace >= 0);
	snprintf(f->prefix, sizeof(f->prefix), "fwlab-%lu-", number_of(f->init));
	assert_true(count_left(f) > 0);
}

static void run_here(struct fixture *f)
{
	pid_t run = fork();
	assert_true(run >= 0);
	if (run == 0)
		_exit(run_and_die());
	snprintf(f->prefix, sizeof(f->prefix), "fwlab-%lu-%d-", number_of(getpid()), run);
	assert_int_equal(await(run), 0);
}

static void sweep(struct fixture *f)
{
	if (sim_cgroups_sweep(&all, &f->warning, &f->err) < 0)
		fail_msg("%s", f->err.text);
	assert_string_equal(f->warning.text, "");
}

/* Where others cannot all be seen, all is left to them. */
static void what_an_ended_namespace_left_is_swept(void **state)
{
	struct fixture *f = *state;
	run_in_namespace(f);
	end_namespace(f);
	int before = count_left(f);
	sweep(f);
	assert_int_equal(count_left(f), is_machine() ? 0 : before);
}

static void what_a_living_namespace_has_is_not_swept(void **state)
{
	struct fixture *f = *state;
	run_in_namespace(f);
	int before = count_left(f);
	sweep(f);
	assert_int_equal(count_left(f), before);
}

static int sweep_in_namespace(void)
{
	struct sim_error warning;
	struct sim_error err;
	return see_own_processes() < 0 || sim_cgroups_sweep(&all, &warning, &err) < 0;
}

/* Whose /proc shows none of its neighbours. */
static void another_namespace_sweeps_its_own_alone(void **state)
{
	struct fixture *f = *state;
	run_in_namespace(f);
	end_namespace(f);
	int before = count_left(f);
	pid_t other = fork_into_namespace();
	assert_true(other >= 0);
	if (other == 0)
		_exit(sweep_in_namespace());
	assert_int_equal(await(other), 0);
	assert_int_equal(count_left(f), before);
}

static int enter(const char *name, enum hierarchy which)
{
	char path[NAME_MAX + 32];
	int tree;
	struct sim_error err;
	if (hierarchy_open(which, &tree, &err) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/cgroup.procs", name);
	int fd = openat(tree, path, O_WRONLY | O_CLOEXEC);
	int status = fd >= 0 && write(fd, "0", 1) == 1 ? 0 : -1;
	close(fd);
	close(tree);
	return status;
}

/* A process of ours in what the run has left in net_cls; `ends`: at once, and is not waited for. */
static void enter_what_is_left(struct fixture *f, bool ends)
{
	char name[NAME_MAX + 1];
	int told[2];
	char byte;
	assert_int_equal(count_in(f, NET_CLS, false, name), 1);
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	f->guest = fork();
	assert_true(f->guest >= 0);
	if (f->guest == 0) {
		if (enter(name, NET_CLS) < 0 || (!ends && write(told[1], "", 1) != 1))
			_exit(1);
		if (ends)
			_exit(0);
		for (;;)
			pause();
	}
	close(told[1]);
	bool entered = read(told[0], &byte, 1) == 1;
	close(told[0]);
	siginfo_t how = {.si_status = 0};
	if (ends)
		entered = waitid(P_PID, (id_t)f->guest, &how, WEXITED | WNOWAIT) == 0;
	assert_true(entered && how.si_status == 0);
}

static void what_has_processes_is_not_swept(void **state)
{
	struct fixture *f = *state;
	run_in_namespace(f);
	end_namespace(f);
	enter_what_is_left(f, false);
	sweep(f);
	assert_int_equal(count_in(f, NET_CLS, false, NULL), 1);
	end_guest(f);
	sweep(f);
	assert_int_equal(count_in(f, NET_CLS, false, NULL), is_machine() ? 0 : 1);
}

/* As long as nobody waits for a process that ended in a cgroup, the kernel keeps that. */
static void a_sweep_in_vain_matters_to_those_who_need_it(void **state)
{
	static const struct sim_cgroups_wish little = {.limits = true};
	struct fixture *f = *state;
	if (hierarchy_exists(NET_CLS))
		skip(); /* it is not ours to wait for */
	run_here(f);
	enter_what_is_left(f, true);
	assert_int_equal(sim_cgroups_sweep(&little, &f->warning, &f->err), 0);
	assert_non_null(strstr(f->warning.text, "net_cls"));
	assert_int_equal(sim_cgroups_sweep(&all, &f->warning, &f->err), -1);
	assert_non_null(strstr(f->err.text, "net_cls"));
	end_guest(f);
	sweep(f);
	assert_int_equal(count_left(f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
		TEST(what_an_ended_namespace_left_is_swept),
		TEST(what_a_living_namespace_has_is_not_swept),
		TEST(another_namespace_sweeps_its_own_alone),
		TEST(what_has_processes_is_not_swept),
		TEST(a_sweep_in_vain_matters_to_those_who_need_it),
	};
	if (unshare(CLONE_NEWNS | CLONE_NEWNET) < 0 ||
	    mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0) {
		perror("skipped: unshare (needs root)");
		return TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
