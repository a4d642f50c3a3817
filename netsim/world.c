/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/close_range.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"
#include "netsim/privileges.h"

/*
 * Not the cgroup namespace: where cgroup2 is mounted with nsdelegate, as
 * systemd does, a process in one could not be moved into a host's cgroups.
 */
#define WORLD_NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

/* Device nodes that hold no data of anybody's. */
static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
				      "/dev/random", "/dev/urandom", "/dev/tty"};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Device nodes are held while /dev is covered, and put into the new one. */
static int put_device(int tree, const char *path, struct sim_error *err)
{
	if (write_file(path, "", err) < 0)
		return -1;
	if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return sim_fail(err, errno, "cannot mount %s", path);
	return 0;
}

static int make_links(struct sim_error *err)
{
	static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"},
					       {"/proc/self/fd", "/dev/fd"},
					       {"/proc/self/fd/0", "/dev/stdin"},
					       {"/proc/self/fd/1", "/dev/stdout"},
					       {"/proc/self/fd/2", "/dev/stderr"}};
	for (size_t i = 0; i < COUNT(links); i++)
		if (make_link(links[i][0], links[i][1], err) < 0)
			return -1;
	return make_folder("/dev/shm", 01777, err);
}

/* Terminals of its own: to see the machine's would be to type into them. */
static int make_terminals(struct sim_error *err)
{
	if (make_folder("/dev/pts", 0755, err) < 0)
		return -1;
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,mode=0620,ptmxmode=0666") < 0)
		return sim_fail(err, errno, "cannot mount /dev/pts");
	return 0;
}

/* A /dev with nothing of the machine's in it. */
static int make_devices(struct sim_error *err)
{
	int trees[COUNT(devices)];
	for (size_t i = 0; i < COUNT(devices); i++)
		trees[i] = open_tree(AT_FDCWD, devices[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int status = mount_tmpfs("/dev", "0755", err);
	for (size_t i = 0; i < COUNT(devices); i++) {
		/* A machine, a container say, may do without some of them. */
		if (trees[i] < 0)
			continue;
		if (status == 0)
			status = put_device(trees[i], devices[i], err);
		close(trees[i]);
	}
	return status < 0 || make_terminals(err) < 0 ? -1 : make_links(err);
}

/*
 * /proc of this world; of its sysctls only the network's can be written, and
 * nothing else that is the machine's and would obey uid 0 whatever its
 * capabilities are.
 */
static int make_proc(struct sim_error *err)
{
	static const char *const machines[] = {"/proc/sys",
					       "/proc/sysrq-trigger",
					       "/proc/irq",
					       "/proc/bus",
					       "/proc/fs",
					       "/proc/acpi",
					       "/proc/scsi",
					       "/proc/mtrr",
					       "/proc/latency_stats",
					       "/proc/driver"};
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sim_fail(err, errno, "cannot mount /proc");
	for (size_t i = 0; i < COUNT(machines); i++) {
		if (access(machines[i], F_OK) < 0)
			continue;
		if (bind_mount(machines[i], machines[i], 0, err) < 0 ||
		    (i == 0 && bind_mount("/proc/sys/net", "/proc/sys/net", 0, err) < 0) ||
		    mount_read_only(machines[i], false, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * A core of 1 byte is none, be it a file or a pipe to a program of the
 * machine's (core(5)).
 */
static int forbid_cores(struct sim_error *err)
{
	const struct rlimit least = {1, 1};
	if (setrlimit(RLIMIT_CORE, &least) < 0)
		return sim_fail(err, errno, "cannot forbid core dumps");
	return 0;
}

/*
 * Where memory is short, programs are to go before us, who have to tell of it
 * (proc(5), oom_score_adj); where we may not say so, chance decides.
 */
static void spare_us(void)
{
	autoclose int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "-900", 4) < 0)
		return;
}

static int furnish(struct sim_error *err)
{
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	if (mount_read_only("/", true, err) < 0 || make_devices(err) < 0 || make_proc(err) < 0)
		return -1;
	if (sethostname("fwlab", 5) < 0)
		return sim_fail(err, errno, "cannot set the host name");
	return 0;
}

/* Close all but `keep`, which need not be sorted. */
static int close_others(const int *keep, size_t count, struct sim_error *err)
{
	int sorted[SIM_WORLD_FDS_MAX];
	if (count > SIM_WORLD_FDS_MAX)
		return sim_fail(err, EMFILE, "a world of %zu descriptors", count);
	for (size_t i = 0; i < count; i++) {
		size_t j = i;
		for (; j && sorted[j - 1] > keep[i]; j--)
			sorted[j] = sorted[j - 1];
		sorted[j] = keep[i];
	}
	unsigned first = 3;
	for (size_t i = 0; i < count; i++) {
		if (sorted[i] < (int)first)
			continue;
		if ((unsigned)sorted[i] > first)
			close_range(first, (unsigned)sorted[i] - 1, 0);
		first = (unsigned)sorted[i] + 1;
	}
	close_range(first, ~0U, 0);
	return 0;
}

/*
 * The world's init: wait until body has ended or the maker has (its end of the
 * lifeline is closed by the kernel, however it dies), and reap in between.
 */
static int keep_watch(pid_t body, int lifeline, int children)
{
	struct pollfd watched[] = {{.fd = lifeline, .events = POLLIN},
				   {.fd = children, .events = POLLIN}};
	for (;;) {
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return SIM_WORLD_FAILED;
		if (watched[0].revents)
			return SIM_WORLD_FAILED;
		struct signalfd_siginfo ignored;
		if (read(children, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
			return SIM_WORLD_FAILED;
		int status;
		for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
			if (pid == body)
				return WIFEXITED(status) ? WEXITSTATUS(status) : SIM_WORLD_FAILED;
		}
	}
}

static void report(int fd, const struct sim_error *why)
{
	if (write(fd, why, sizeof(*why)) < 0)
		_exit(SIM_WORLD_FAILED);
}

static int run_init(const struct sim_world_spec *spec, int lifeline, struct sim_error *err)
{
	sigset_t child;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	autoclose int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (children < 0)
		return sim_fail(err, errno, "cannot wait for processes");
	if (spec->limits) {
		if (sim_limits_enter(spec->cgroups, spec->limits, err) < 0)
			return -1;
		mount_room(spec->limits->memory / 8);
	}
	if (forbid_cores(err) < 0 || furnish(err) < 0 || sim_privileges_bound(spec->jails, err) < 0)
		return -1;
	if (spec->limits)
		mount_room(spec->limits->memory / 2);
	spare_us();
	pid_t body = fork();
	if (body < 0)
		return sim_fail(err, errno, "cannot start the lab's process");
	if (body == 0) {
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		close(children);
		close(lifeline);
		_exit(spec->body(spec->arg));
	}
	return keep_watch(body, lifeline, children);
}

static _Noreturn void init_main(const struct sim_world_spec *spec, int lifeline, int report_fd)
{
	struct sim_error why = {0};
	int keep[SIM_WORLD_FDS_MAX + 2] = {lifeline, report_fd};
	size_t n_keep = 2;
	for (size_t i = 0; i < spec->n_fds && i < SIM_WORLD_FDS_MAX; i++)
		keep[n_keep++] = spec->fds[i];
	/* ^C is the maker's to handle: it ends worlds in its own order. */
	setsid();
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	int status = close_others(keep, n_keep, &why);
	if (status == 0)
		status = run_init(spec, lifeline, &why);
	if (status < 0) {
		report(report_fd, &why);
		status = SIM_WORLD_FAILED;
	}
	_exit(status);
}

/* fork(2) into new namespaces: the child is their first process. */
static pid_t fork_into(unsigned long namespaces)
{
	return (pid_t)syscall(SYS_clone, namespaces | SIGCHLD, NULL, NULL, NULL, 0UL);
}

pid_t sim_world_start(const struct sim_world_spec *spec, int report_fd, int *lifeline,
		      struct sim_error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	pid_t init = fork_into(WORLD_NAMESPACES);
	if (init == 0) {
		close(ends[1]);
		init_main(spec, ends[0], report_fd);
	}
	int errnum = errno;
	close(ends[0]);
	if (init < 0) {
		close(ends[1]);
		return sim_fail(err, errnum, "cannot make namespaces");
	}
	*lifeline = ends[1];
	return init;
}
