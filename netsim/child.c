/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mounts.h"
#include "netsim/privileges.h"

void child_ends_close(struct child_ends *ends)
{
	cleanup_close(&ends->in);
	cleanup_close(&ends->out);
	cleanup_close(&ends->err);
}

static const struct sim_accounts *accounts_of(struct sim_host *host, const char *root)
{
	return root ? sim_host_root_accounts(host, root) : sim_host_accounts(host);
}

static void environment_fill(struct child_environment *environment, struct sim_host *host,
			     const struct sim_identity *as)
{
	static char path[] = "PATH=" SIM_PATH;
	static char lang[] = "LANG=C.UTF-8";
	const struct sim_accounts *accounts = accounts_of(host, as->root);
	const char *name = accounts ? sim_accounts_user_name(accounts, as->uid) : NULL;
	char number[16];

	/* Whoever has no name is called by the uid, as id(1) and ls(1) do. */
	if (!name) {
		snprintf(number, sizeof(number), "%u", as->uid);
		name = number;
	}
	snprintf(environment->home, sizeof(environment->home), "HOME=%s",
		 as->uid == 0 ? "/root" : "/nonexistent");
	snprintf(environment->user, sizeof(environment->user), "USER=%s", name);
	snprintf(environment->logname, sizeof(environment->logname), "LOGNAME=%s", name);

	char *lines[] = {path, lang, environment->home, environment->user, environment->logname,
			 NULL};
	memcpy(environment->lines, lines, sizeof(lines));
}

/* A descriptor from which `input` can be read. */
int child_open_input(const char *input, struct sim_error *err)
{
	if (!input || !*input) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return null < 0 ? sim_fail(err, errno, "cannot open /dev/null") : null;
	}
	autoclose int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return sim_fail(err, errno, "cannot make the input's file");
	for (size_t left = strlen(input); left;) {
		ssize_t n = write(fd, input, left);
		if (n < 0)
			return sim_fail(err, errno, "cannot write the input");
		input += n;
		left -= (size_t)n;
	}
	if (lseek(fd, 0, SEEK_SET) < 0)
		return sim_fail(err, errno, "cannot rewind the input");
	return steal_fd(&fd);
}

int child_prepare(struct child_task *task, struct sim_error *err)
{
	if (!task->as)
		task->as = &sim_identity_root;
	/* Here and not in the child: mounts that are made once stay the host's. */
	if (sim_host_mount(task->host, err) < 0)
		return -1;
	environment_fill(&task->environment, task->host, task->as);
	return 0;
}

static void restore_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL); /* refused for the C library's own two */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* For programs that open /dev/stdout; a uid that cannot be given does without. */
static void hand_over(int fd, const struct sim_identity *as)
{
	if (fchown(fd, as->uid, as->gid) < 0)
		return;
}

/* Put the ends where they belong, whatever numbers they have now. */
static int arrange_descriptors(struct child_ends *ends, const struct sim_identity *as,
			       struct sim_error *err)
{
	int *fds[] = {&ends->in, &ends->out, &ends->err};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		*fds[i] = fcntl(*fds[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (*fds[i] < 0)
			return sim_fail(err, errno, "cannot arrange the descriptors");
	}
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(*fds[i], i) < 0)
			return sim_fail(err, errno, "cannot arrange the descriptors");
	hand_over(STDOUT_FILENO, as);
	hand_over(STDERR_FILENO, as);
	if (close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot mark the descriptors");
	return 0;
}

static int exec_program(const struct sim_program *program, struct sim_error *err)
{
	const char *cwd = program->cwd ? program->cwd : "/";

	if (chdir(cwd) < 0)
		return sim_fail(err, errno, "cannot enter folder '%s'", cwd);
	execvp(program->argv[0], program->argv);
	return sim_fail(err, errno, "cannot run '%s'", program->argv[0]);
}

/* Stay behind for a child in another pid namespace, and end as it does. */
static _Noreturn void stand_in(pid_t child)
{
	int status;

	/* Whoever waits for these to be closed means the child. */
	close_range(STDERR_FILENO + 1, ~0U, 0);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			_exit(127);
	if (WIFSIGNALED(status))
		kill(getpid(), WTERMSIG(status));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

/* A process does not change its own pid namespace, only that of its children. */
static int enter_pids(const struct sim_identity *as, struct sim_error *err)
{
	if (!as->inside)
		return 0;
	pid_t child = child_fork();
	if (child < 0)
		return sim_fail(err, errno, "cannot fork");
	if (child > 0)
		stand_in(child);
	restore_signals();
	return 0;
}

/* What a lab has claimed for itself (world.c), its programs have not. */
static void be_expendable(void)
{
	autoclose int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "0", 1) < 0)
		return;
}

/*
 * Into the host and the identity.  What a body calls there may be the host's own: but where it
 * is trusted, it gets no more than a program does.  A confinement may forbid to give up any of it.
 */
static int enter(const struct child_task *task, struct sim_error *err)
{
	bool stripped = task->body && !task->trusted;
	if (sim_host_enter(task->host, task->as, err) < 0 ||
	    (stripped && sim_privileges_hide(NULL, 0, err) < 0) ||
	    sim_identity_take(task->as, err) < 0 || enter_pids(task->as, err) < 0)
		return -1;
	/* With another uid there are none left. */
	return stripped && task->as->uid == 0 ? sim_privileges_drop(err) : 0;
}

/* Up to the program or body; returns only when it fails. */
static int become(struct child_task *task, struct child_ends *ends, struct child_words *words)
{
	struct sim_error *err = &words->why;
	/* A session of its own: its group is killed as one, and no terminal is shared. */
	setsid();
	restore_signals();
	be_expendable();
	if (arrange_descriptors(ends, task->as, err) < 0 || enter(task, err) < 0)
		return -1;
	environ = task->environment.lines;
	if (!task->body)
		return exec_program(&task->program, err);
	if (chdir("/") < 0)
		return sim_fail(err, errno, "cannot enter folder '/'");
	/* They are ours alone. */
	munmap(words, sizeof(*words));
	int status = task->body(task->arg);
	fflush(stdout);
	fflush(stderr);
	_exit(status & 0xff);
}

void child_become(struct child_task *task, struct child_ends *ends, struct child_words *words)
{
	become(task, ends, words);
	words->spoken = true;
	_exit(127);
}

pid_t child_fork(void)
{
	sigset_t all;
	sigset_t before;

	/* What is buffered is ours to print, not the child's. */
	fflush(stdout);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	pid_t pid = fork();
	if (pid != 0) {
		int cause = errno;
		sigprocmask(SIG_SETMASK, &before, NULL);
		errno = cause;
	}
	return pid;
}
