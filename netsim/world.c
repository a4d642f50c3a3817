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

#include "netsim/cleanup.h"
#include "netsim/descriptors.h"
#include "netsim/forbidden.h"
#include "netsim/mount_util.h"
#include "netsim/privileges.h"
#include "netsim/users.h"
#include "netsim/world_files.h"

/*
 * Not the cgroup namespace: where cgroup2 is mounted with nsdelegate, as
 * systemd does, a process in one could not be moved into a host's cgroups.
 */
#define WORLD_NAMESPACES (CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

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

/* The caller's may have secrets: /proc/self/environ would show them to whoever reads for strangers.
 */
static void forget_environment(void)
{
	for (char **line = environ; line && *line; line++)
		explicit_bzero(*line, strlen(*line));
	clearenv();
}

static int how_it_ended(int status, struct sim_error *err)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	return sim_fail(err, 0, "the lab's process was ended by signal %d (%s)", WTERMSIG(status),
			strsignal(WTERMSIG(status)));
}

/*
 * The world's init: wait until body has ended or the maker has (its end of the
 * lifeline is closed by the kernel, however it dies), and reap in between.
 */
static int keep_watch(pid_t body, int lifeline, int children, struct sim_error *err)
{
	struct pollfd watched[] = {{.fd = lifeline, .events = POLLIN},
				   {.fd = children, .events = POLLIN}};
	for (;;) {
		if (poll(watched, 2, -1) < 0 && errno != EINTR)
			return sim_fail(err, errno, "cannot wait for the lab");
		if (watched[0].revents)
			return SIM_WORLD_FAILED;
		struct signalfd_siginfo ignored;
		if (read(children, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			return sim_fail(err, errno, "cannot wait for the lab");
		int status;
		for (pid_t pid;
		     (pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR);) {
			if (pid == body)
				return how_it_ended(status, err);
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
	if (sethostname("fwlab", 5) < 0)
		return sim_fail(err, errno, "cannot set the host name");
	if (spec->limits)
		mount_room(spec->limits->memory / 8);
	if (world_files_furnish(err) < 0 || sim_privileges_bound(spec->jails, err) < 0 ||
	    sim_forbidden_bound(spec->jails, err) < 0)
		return -1;
	if (spec->limits)
		mount_room(spec->limits->memory / 2);
	if (world_files_copy(err) < 0)
		return -1;
	pid_t body = fork();
	if (body < 0)
		return sim_fail(err, errno, "cannot start the lab's process");
	if (body == 0) {
		sigprocmask(SIG_UNBLOCK, &child, NULL);
		close(children);
		close(lifeline);
		_exit(spec->body(spec->arg));
	}
	return keep_watch(body, lifeline, children, err);
}

/* What the processes of a world's start share. */
struct start {
	const struct sim_world_spec *spec;
	int lifeline;  /* the end that its init watches */
	int report_fd; /* to whom init tells what fails there */
	int maker;     /* to whom an anteroom tells what fails there, and init's pid; or -1 */
};

/* What the maker is told. */
struct entry {
	pid_t init; /* -1: there is none, */
	struct sim_error why;
};

/* ^C is the maker's to handle: it ends worlds in its own order. */
static int leave_maker(const struct start *start, struct sim_error *err)
{
	int keep[SIM_WORLD_FDS_MAX + 3] = {start->lifeline, start->report_fd, start->maker};
	size_t n_keep = 3;
	sigset_t none;
	for (size_t i = 0; i < start->spec->n_fds && i < SIM_WORLD_FDS_MAX; i++)
		keep[n_keep++] = start->spec->fds[i];
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	return descriptors_close_others(keep, n_keep) < 0
		       ? sim_fail(err, errno, "cannot close descriptors")
		       : 0;
}

/* fork(2) into new namespaces; with CLONE_PARENT, as a child of our own parent's. */
static pid_t fork_into(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0UL);
}

/* Whether the files' owners would be others there. */
static bool wants_mapping(const struct sim_world_spec *spec)
{
	return spec->apart && sim_users_is_real_root();
}

/* What init is not to be able to undo, and, last, the user namespace that its own ones belong to.
 */
static int prepare(const struct start *start, struct sim_error *err)
{
	const struct sim_world_spec *spec = start->spec;
	spare_us();
	forget_environment();
	if (leave_maker(start, err) < 0 || forbid_cores(err) < 0 ||
	    sim_cgroups_enter(spec->cgroups, err) < 0 ||
	    (spec->limits && sim_limits_enter(spec->cgroups, spec->limits, err) < 0))
		return -1;
	autoclose int userns = spec->apart ? sim_users_new(err) : -1;
	if (spec->apart && userns < 0)
		return -1;
	if (world_files_protect(wants_mapping(spec) ? userns : -1, err) < 0)
		return -1;
	return spec->apart ? sim_users_enter(userns, err) : 0;
}

static _Noreturn void init_main(const struct start *start, bool is_prepared)
{
	struct sim_error why = {0};
	int status = is_prepared ? 0 : prepare(start, &why);
	if (status == 0)
		status = run_init(start->spec, start->lifeline, &why);
	if (status < 0) {
		report(start->report_fd, &why);
		status = SIM_WORLD_FAILED;
	}
	_exit(status);
}

static pid_t start_init(const struct start *start, struct sim_error *err)
{
	pid_t init = fork_into(CLONE_PARENT | WORLD_NAMESPACES);
	if (init == 0) {
		close(start->maker);
		init_main(start, true);
	}
	return init < 0 ? sim_fail(err, errno, "cannot make namespaces") : init;
}

/*
 * The anteroom: a process with mounts of its own, in which they are prepared.  Those
 * of a user namespace that comes after are locked (mount_namespaces(7)).  It ends
 * when init has begun.
 */
static _Noreturn void anteroom_main(const struct start *start)
{
	struct entry entry = {.init = -1};
	if (prepare(start, &entry.why) == 0)
		entry.init = start_init(start, &entry.why);
	_exit(write(start->maker, &entry, sizeof(entry)) == (ssize_t)sizeof(entry) ? 0 : errno);
}

/* What has come of the anteroom: init's pid, or -1. */
static pid_t await_entry(pid_t anteroom, int told, struct sim_error *err)
{
	struct entry entry;
	ssize_t length;
	while ((length = read(told, &entry, sizeof(entry))) < 0 && errno == EINTR)
		;
	int errnum = length < 0 ? errno : 0;
	int status = 0;
	while (waitpid(anteroom, &status, 0) < 0 && errno == EINTR)
		;
	if (length == 0 && WIFEXITED(status)) /* it could not even say why */
		errnum = WEXITSTATUS(status);
	if (length != (ssize_t)sizeof(entry))
		return sim_fail(err, errnum, "the lab's first process died");
	if (entry.init < 0)
		*(err ? err : &entry.why) = entry.why;
	return entry.init;
}

static pid_t start_in_anteroom(struct start *start, struct sim_error *err)
{
	int told[2];
	if (pipe2(told, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int told_read = told[0];
	autoclose int told_write = told[1];
	start->maker = told_write;
	pid_t anteroom = fork_into(CLONE_NEWNS);
	if (anteroom == 0)
		anteroom_main(start);
	if (anteroom < 0)
		return sim_fail(err, errno, "cannot make a mount namespace");
	close(steal_fd(&told_write));
	return await_entry(anteroom, told_read, err);
}

/* Without a user namespace init can prepare all itself: a process less. */
static pid_t start_directly(const struct start *start, struct sim_error *err)
{
	pid_t init = fork_into(WORLD_NAMESPACES);
	if (init == 0)
		init_main(start, false);
	return init < 0 ? sim_fail(err, errno, "cannot make namespaces") : init;
}

pid_t sim_world_start(const struct sim_world_spec *spec, int report_fd, int *lifeline,
		      struct sim_error *err)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int lifeline_read = ends[0];
	autoclose int lifeline_write = ends[1];
	struct start start = {spec, lifeline_read, report_fd, -1};
	pid_t init = spec->apart ? start_in_anteroom(&start, err) : start_directly(&start, err);
	if (init >= 0)
		*lifeline = steal_fd(&lifeline_write);
	return init;
}

static int do_nothing(void *arg)
{
	(void)arg;
	return 0;
}

static bool try_apart(void)
{
	static const struct sim_world_spec spec = {.body = do_nothing, .apart = true};
	struct sim_error ignored;
	int lifeline = -1;
	int status;
	autoclose int report_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	pid_t init = report_fd < 0 ? -1 : sim_world_start(&spec, report_fd, &lifeline, &ignored);
	if (init < 0)
		return false;
	while (waitpid(init, &status, 0) < 0)
		if (errno != EINTR)
			status = -1;
	close(lifeline);
	return status == 0;
}

bool sim_world_can_be_apart(void)
{
	static enum { UNKNOWN, YES, NO } known;
	if (known == UNKNOWN)
		known = try_apart() ? YES : NO;
	return known == YES;
}
