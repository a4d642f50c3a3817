/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a world keeps from those who live in it, and how it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "netsim/privileges.h"
#include "netsim/world.h"
#include "tests/support/namespaces.h"

struct fixture {
	pid_t init;
	int lifeline;
	int report[2]; /* the world's messages come out of [0] */
	struct sim_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f)
		return -1;
	f->lifeline = -1;
	return pipe2(f->report, O_CLOEXEC);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	if (f->init > 0) {
		kill(f->init, SIGKILL);
		waitpid(f->init, NULL, 0);
	}
	if (f->lifeline >= 0)
		close(f->lifeline);
	if (f->report[1] >= 0)
		close(f->report[1]);
	close(f->report[0]);
	free(f);
	return 0;
}

/* What a body is given: where it writes to, and whatever the test needs. */
struct task {
	int to;
	int number;
	bool jails;
};

/* A world with this body; our own end for writing is closed, so that its end can be seen. */
static void start(struct fixture *f, int (*body)(void *arg), struct task *task)
{
	const int fds[] = {f->report[1]};
	const struct sim_world_spec spec = {
		.body = body, .arg = task, .fds = fds, .n_fds = 1, .jails = task->jails};
	task->to = f->report[1];
	f->init = sim_world_start(&spec, f->report[1], &f->lifeline, &f->err);
	if (f->init < 0)
		fail_msg("%s", f->err.text);
	close(f->report[1]);
	f->report[1] = -1;
}

static int end(struct fixture *f)
{
	int status = -1;
	while (waitpid(f->init, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	f->init = 0;
	return status;
}

/* The world ends with 0; otherwise it has written what is wrong. */
static void run(struct fixture *f, int (*body)(void *arg), struct task *task)
{
	char said[sizeof(struct sim_error)] = "";
	start(f, body, task);
	ssize_t length = read(f->report[0], said, sizeof(said) - 1);
	int status = end(f);
	if (length == (ssize_t)sizeof(said) - 1)
		fail_msg("%s", ((const struct sim_error *)(const void *)said)->text);
	if (length > 0)
		fail_msg("%s", said);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* Every process of the world has ended: nobody has the pipe any more. */
static void assert_all_ended(const struct fixture *f)
{
	struct pollfd watched = {.fd = f->report[0], .events = POLLIN};
	char byte;
	assert_int_equal(poll(&watched, 1, 10000), 1);
	assert_int_equal(read(f->report[0], &byte, 1), 0);
}

static int complain(const struct task *task, const char *what)
{
	dprintf(task->to, "%s: %s\n", what, strerror(errno));
	return 1;
}

static bool can_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int write_files(void *arg)
{
	static const char *const folders[] = {"/",    "/run", "/etc",	  "/usr",
					      "/tmp", "/var", "/var/tmp", "/root"};
	const struct task *task = arg;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		char path[64];
		snprintf(path, sizeof(path), "%s/fwlab-test-%d", folders[i], task->number);
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd >= 0 || errno != EROFS) {
			unlink(path);
			return complain(task, path);
		}
	}
	/* Nor can they be made writable by the simple way. */
	if (can_write("/etc/passwd") || chmod("/etc/passwd", 0644) == 0)
		return complain(task, "/etc/passwd");
	/* What is written here is the world's alone. */
	int fd = open("/dev/shm/fwlab-test", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return complain(task, "/dev/shm");
	close(fd);
	return 0;
}

/* Just those that the table has, of those that there are outside. */
static int look_at_privileges(void *arg)
{
	const struct task *task = arg;
	const struct sim_privilege *privilege;
	struct rlimit core;
	unsigned long long kept = 0;
	for (size_t i = 0; (privilege = sim_privilege_nth(i)); i++)
		if (task->jails || !privilege->for_jails_only)
			kept |= 1ULL << privilege->capability;
	for (int i = 0, has; (has = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		if (has && !(kept >> i & 1)) {
			dprintf(task->to, "programs may have capability %d\n", i);
			return 1;
		}
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max > 1)
		return complain(task, "cores");
	return 0;
}

static void test_privileges(void **state)
{
	struct task task = {0};
	run(*state, look_at_privileges, &task);
}

static void test_privileges_of_jails(void **state)
{
	struct task task = {.jails = true};
	run(*state, look_at_privileges, &task);
}

/* "What is asked" and whether the kernel says just this errno; 0: it must not refuse. */
static bool answers(const struct task *task, const char *what, long result, int errnum)
{
	int is = result < 0 ? errno : 0;
	if (is != errnum)
		dprintf(task->to, "%s: %s, not %s\n", what, strerror(is), strerror(errnum));
	return is == errnum;
}

/* In a child, as a namespace cannot be left again; its errno. */
static long make_user_namespace(long call)
{
	pid_t pid = (pid_t)(call == SYS_clone
				    ? syscall(call, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0UL)
				    : syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0UL));
	int status = 0;
	if (pid == 0)
		_exit(call == SYS_unshare && unshare(CLONE_NEWUSER) < 0 ? errno : 0);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	errno = WEXITSTATUS(status);
	return errno ? -1 : 0;
}

/* What no namespace keeps apart, and no capability is asked for. */
static int look_at_forbidden(void *arg)
{
	const struct task *task = arg;
	/* The kernel takes 32 bits of an int: these are the same family. */
	static const long vsocks[] = {AF_VSOCK, AF_VSOCK | 1L << 32};
	bool good = answers(task, "unshare", make_user_namespace(SYS_unshare),
			    task->jails ? 0 : EPERM) &&
		    answers(task, "clone", make_user_namespace(SYS_clone), task->jails ? 0 : EPERM);
	good = good &&
	       (task->jails || answers(task, "clone3", syscall(SYS_clone3, NULL, 0), ENOSYS));
	good = good &&
	       answers(task, "keyctl", syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0),
		       ENOSYS) &&
	       answers(task, "add_key", syscall(SYS_add_key, "user", "fwlab", "x", 1, -3),
		       ENOSYS) &&
	       answers(task, "request_key", syscall(SYS_request_key, "user", "fwlab", NULL, 0),
		       ENOSYS) &&
	       answers(task, "io_uring_setup", syscall(SYS_io_uring_setup, 1, NULL), ENOSYS);
	for (size_t i = 0; i < sizeof(vsocks) / sizeof(*vsocks); i++)
		good = good &&
		       answers(task, "socket", syscall(SYS_socket, vsocks[i], SOCK_STREAM, 0),
			       EAFNOSUPPORT);
	good = good && answers(task, "socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 0);
	return !good;
}

static void test_forbidden(void **state)
{
	struct task task = {0};
	run(*state, look_at_forbidden, &task);
}

static void test_forbidden_to_jails(void **state)
{
	struct task task = {.jails = true};
	run(*state, look_at_forbidden, &task);
}

/* Neither by its C library, nor by the kernel, does a world know of its maker's. */
static int look_at_environment(void *arg)
{
	const struct task *task = arg;
	char text[4096];
	int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (length < 0)
		return complain(task, "/proc/self/environ");
	if (getenv("FWLAB_TEST_SECRET") || memmem(text, (size_t)length, "=", 1)) {
		dprintf(task->to, "the environment is that of the world's maker\n");
		return 1;
	}
	return 0;
}

static void test_environment(void **state)
{
	struct task task = {0};
	setenv("FWLAB_TEST_SECRET", "x", 1);
	run(*state, look_at_environment, &task);
	assert_string_equal(getenv("FWLAB_TEST_SECRET"), "x");
	unsetenv("FWLAB_TEST_SECRET");
}

static void test_machine_is_read_only(void **state)
{
	struct task task = {.number = (int)getpid()};
	run(*state, write_files, &task);
	assert_int_equal(access("/dev/shm/fwlab-test", F_OK), -1);
}

static int write_sysctls(void *arg)
{
	static const char *const kept[] = {
		"/proc/sys/kernel/core_pattern", "/proc/sys/kernel/hostname",
		"/proc/sys/vm/overcommit_memory", "/proc/sys/fs/file-max"};
	const struct task *task = arg;
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (can_write(kept[i]))
			return complain(task, kept[i]);
	if (!can_write("/proc/sys/net/ipv4/ip_forward"))
		return complain(task, "/proc/sys/net/ipv4/ip_forward");
	return 0;
}

static void test_sysctls(void **state)
{
	struct task task = {0};
	run(*state, write_sysctls, &task);
}

static int look_around(void *arg)
{
	const struct task *task = arg;
	struct utsname name;
	char self[16] = "";
	if (getpid() != 2 || getppid() != 1)
		return complain(task, "the body is not the second process");
	if (readlink("/proc/self", self, sizeof(self) - 1) < 0 || strcmp(self, "2") != 0)
		return complain(task, "/proc is not the world's");
	/* The test's own process has no number here that could be used. */
	if (kill(task->number, 0) == 0 || errno != ESRCH)
		return complain(task, "the maker can be reached");
	if (uname(&name) < 0 || strcmp(name.nodename, "fwlab") != 0)
		return complain(task, "the host name");
	if (access("/dev/null", W_OK) < 0 || access("/dev/kmsg", F_OK) == 0 ||
	    access("/dev/mem", F_OK) == 0)
		return complain(task, "/dev");
	return 0;
}

static void test_own_processes_and_devices(void **state)
{
	struct task task = {.number = 100000 + (int)getpid()};
	run(*state, look_around, &task);
}

static int list_descriptors(void *arg)
{
	const struct task *task = arg;
	for (int fd = 3; fd < 1024; fd++)
		if (fd != task->to && fcntl(fd, F_GETFD) >= 0) {
			char path[32];
			char target[128] = "";
			snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
			(void)!readlink(path, target, sizeof(target) - 1);
			dprintf(task->to, "descriptor %d, %s\n", fd, target);
			return 1;
		}
	return 0;
}

static void test_descriptors_do_not_leak(void **state)
{
	struct task task = {0};
	int low = open("/etc/passwd", O_RDONLY);
	int high = dup2(low, 900);
	assert_true(low >= 0 && high == 900);
	run(*state, list_descriptors, &task);
	close(low);
	close(high);
}

static int give_status(void *arg)
{
	return ((const struct task *)arg)->number;
}

static void test_status_of_body(void **state)
{
	struct fixture *f = *state;
	struct task task = {.number = 42};
	start(f, give_status, &task);
	int status = end(f);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static _Noreturn void wait_for_ever(void)
{
	for (;;)
		pause();
}

/* A body with a child in a session of its own that says when it lives; neither ends by itself. */
static int live_on(void *arg)
{
	const struct task *task = arg;
	signal(SIGTERM, SIG_IGN);
	pid_t child = fork();
	if (child == 0) {
		setsid();
		(void)!write(task->to, "!", 1);
	}
	wait_for_ever();
}

static void start_living(struct fixture *f)
{
	static struct task task;
	char byte;
	start(f, live_on, &task);
	assert_int_equal(read(f->report[0], &byte, 1), 1);
	assert_int_equal(byte, '!');
}

static void test_ends_when_lifeline_closes(void **state)
{
	struct fixture *f = *state;
	start_living(f);
	close(f->lifeline);
	f->lifeline = -1;
	assert_all_ended(f);
	assert_true(WIFEXITED(end(f)));
}

static void test_ends_when_init_is_killed(void **state)
{
	struct fixture *f = *state;
	start_living(f);
	kill(f->init, SIGKILL);
	assert_all_ended(f);
	assert_int_equal(WTERMSIG(end(f)), SIGKILL);
}

/* The maker is killed: a process between us and the world. */
static void test_ends_when_maker_is_killed(void **state)
{
	struct fixture *f = *state;
	int ready[2];
	char byte;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t maker = fork();
	assert_true(maker >= 0);
	if (maker == 0) {
		start_living(f);
		(void)!write(ready[1], "!", 1);
		wait_for_ever();
	}
	close(ready[1]);
	close(f->report[1]);
	f->report[1] = -1;
	ssize_t length = read(ready[0], &byte, 1);
	close(ready[0]);
	kill(maker, SIGKILL);
	assert_int_equal(waitpid(maker, NULL, 0), maker);
	assert_int_equal(length, 1);
	assert_all_ended(f);
}

/* What body leaves behind does not outlive it. */
static int leave_child(void *arg)
{
	(void)arg;
	pid_t child = fork();
	if (child == 0)
		wait_for_ever();
	return child > 0 ? 0 : 1;
}

static void test_children_end_with_body(void **state)
{
	struct fixture *f = *state;
	struct task task = {0};
	start(f, leave_child, &task);
	assert_all_ended(f);
	assert_int_equal(end(f), 0);
}

/* Mounts of a world do not show outside, even where mounts are shared as on a machine with systemd.
 */
static void test_mounts_stay_inside(void **state)
{
	struct fixture *f = *state;
	struct stat before;
	struct stat after;
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL), 0);
	assert_int_equal(stat("/run", &before), 0);
	start_living(f);
	assert_int_equal(stat("/run", &after), 0);
	assert_true(before.st_dev == after.st_dev && before.st_ino == after.st_ino);
	close(f->lifeline);
	f->lifeline = -1;
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static int all_tests(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_machine_is_read_only),
		TEST(test_privileges),
		TEST(test_privileges_of_jails),
		TEST(test_forbidden),
		TEST(test_forbidden_to_jails),
		TEST(test_environment),
		TEST(test_sysctls),
		TEST(test_own_processes_and_devices),
		TEST(test_descriptors_do_not_leak),
		TEST(test_status_of_body),
		TEST(test_ends_when_lifeline_closes),
		TEST(test_ends_when_init_is_killed),
		TEST(test_ends_when_maker_is_killed),
		TEST(test_children_end_with_body),
		TEST(test_mounts_stay_inside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
