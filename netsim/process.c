/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netsim/capture.h"
#include "netsim/cleanup.h"
#include "netsim/mounts.h"

#define DEFAULT_TIMEOUT_MS 60000
#define WITHOUT_PIDFD_MS   5 /* between two looks at a child that cannot be polled */

/* The whole environment of a child: lines, and the pointers to them. */
struct environment {
	char home[64];
	char user[64];
	char logname[64];
	char *lines[6];
};

/* What a child is to do: call `body` or, without one, become `program`. */
struct task {
	struct sim_host *host;
	const struct sim_identity *as;
	struct sim_program program;
	int (*body)(void *arg);
	void *arg;
	const struct sim_watch *watch;
	struct environment environment;
};

/* What a child that could not start leaves behind, in memory shared with it. */
struct last_words {
	bool spoken;
	struct sim_error why;
};

/* A child, with what ties it to its parent. */
struct child {
	pid_t pid;
	int pidfd; /* -1 where there are none: before Linux 5.3, and under valgrind 3.19 */
	struct last_words *words;
	struct capture out;
	struct capture err;
};

bool sim_program_is_there(const char *name)
{
	char path[] = SIM_PATH;
	char *rest = path;
	char file[PATH_MAX];
	struct stat about;

	for (char *folder; (folder = strsep(&rest, ":"));)
		if (snprintf(file, sizeof(file), "%s/%s", folder, name) < (int)sizeof(file) &&
		    access(file, X_OK) == 0 && stat(file, &about) == 0 && S_ISREG(about.st_mode))
			return true;
	return false;
}

/* The child's ends, which its parent closes. */
struct child_ends {
	int in;
	int out;
	int err;
};

static void child_clear(struct child *child)
{
	cleanup_close(&child->pidfd);
	capture_clear(&child->out);
	capture_clear(&child->err);
	if (child->words)
		munmap(child->words, sizeof(*child->words));
}

static void child_ends_close(struct child_ends *ends)
{
	cleanup_close(&ends->in);
	cleanup_close(&ends->out);
	cleanup_close(&ends->err);
}

#define autochild     __attribute__((cleanup(child_clear)))
#define autochildends __attribute__((cleanup(child_ends_close)))

void sim_process_result_clear(struct sim_process_result *result)
{
	free(result->out);
	free(result->err);
	*result = (struct sim_process_result){0};
}

static const struct sim_accounts *accounts_of(struct sim_host *host, const char *root)
{
	return root ? sim_host_root_accounts(host, root) : sim_host_accounts(host);
}

static void environment_fill(struct environment *environment, struct sim_host *host,
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
static int open_input(const char *input, struct sim_error *err)
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

static int words_open(struct last_words **words, struct sim_error *err)
{
	void *shared = mmap(NULL, sizeof(**words), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return sim_fail(err, errno, "cannot share memory with a process");
	*words = shared;
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

/* The child's life up to its program or body; returns only when it fails. */
static int become(struct task *task, struct child_ends *ends, struct sim_error *err)
{
	/* A session of its own: its group is killed as one, and no terminal is shared. */
	setsid();
	restore_signals();
	if (arrange_descriptors(ends, task->as, err) < 0)
		return -1;
	if (sim_host_enter(task->host, task->as, err) < 0)
		return -1;
	environ = task->environment.lines;
	if (!task->body)
		return exec_program(&task->program, err);
	if (chdir("/") < 0)
		return sim_fail(err, errno, "cannot enter folder '/'");
	int status = task->body(task->arg);
	fflush(stdout);
	fflush(stderr);
	_exit(status & 0xff);
}

/* Fork with every signal blocked, so that no handler of ours runs in the child. */
static pid_t fork_quietly(void)
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

static int child_start(struct task *task, struct child *child, struct sim_error *err)
{
	autochildends struct child_ends ends = {-1, -1, -1};

	if ((ends.in = open_input(task->program.input, err)) < 0)
		return -1;
	if (capture_open(&child->out, &ends.out, err) < 0 ||
	    capture_open(&child->err, &ends.err, err) < 0 || words_open(&child->words, err) < 0)
		return -1;
	child->pid = fork_quietly();
	if (child->pid < 0)
		return sim_fail(err, errno, "cannot fork");
	if (child->pid == 0) {
		become(task, &ends, &child->words->why);
		child->words->spoken = true;
		_exit(127);
	}
	child->pidfd = pidfd_open(child->pid, 0);
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void kill_group(const struct child *child)
{
	/* Before its setsid() there is no such group yet, but the child alone. */
	kill(-child->pid, SIGKILL);
	kill(child->pid, SIGKILL);
}

static bool has_ended(const struct child *child)
{
	siginfo_t about = {0};

	return waitid(P_PID, (id_t)child->pid, &about, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       about.si_pid == child->pid;
}

/* How long poll(2) may wait for news of the child. */
static int patience(const struct child *child, bool killed, int64_t left_ms)
{
	if (child->pidfd < 0)
		return WITHOUT_PIDFD_MS;
	if (killed)
		return -1;
	return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}

/* How a child came to its end. */
enum end { END_OWN, END_TIMED_OUT, END_STOPPED };

/* Until the child itself has ended. */
static enum end watch(struct child *child, const struct sim_watch *other, unsigned timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	enum end end = END_OWN;

	for (;;) {
		struct pollfd fds[] = {
			{.fd = child->pidfd, .events = POLLIN},
			{.fd = child->out.fd, .events = POLLIN},
			{.fd = child->err.fd, .events = POLLIN},
			{.fd = other && end == END_OWN ? other->fd : -1, .events = POLLIN},
		};
		int64_t left = deadline - now_ms();

		if (left <= 0 && end == END_OWN) {
			kill_group(child);
			end = END_TIMED_OUT;
		}
		if (poll(fds, sizeof(fds) / sizeof(*fds), patience(child, end != END_OWN, left)) <
		    0)
			continue; /* EINTR */
		if (fds[0].revents || (child->pidfd < 0 && has_ended(child)))
			return end;
		if (fds[1].revents)
			capture_read(&child->out);
		if (fds[2].revents)
			capture_read(&child->err);
		if (other && fds[3].revents && other->enough(other->arg)) {
			kill_group(child);
			end = END_STOPPED;
		}
	}
}

static int run(struct task *task, unsigned timeout_ms, struct sim_process_result *result,
	       struct sim_error *err)
{
	autochild struct child child = {.pidfd = -1, .out.fd = -1, .err.fd = -1};

	*result = (struct sim_process_result){0};
	if (!task->as)
		task->as = &sim_identity_root;
	/* Here and not in the child: mounts that are made once stay the host's. */
	if (sim_host_mount(task->host, err) < 0)
		return -1;
	environment_fill(&task->environment, task->host, task->as);
	if (child_start(task, &child, err) < 0)
		return -1;

	enum end end = watch(&child, task->watch, timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS);
	int status;
	while (waitpid(child.pid, &status, 0) < 0)
		if (errno != EINTR)
			return sim_fail(err, errno, "cannot wait for a process");
	if (child.words->spoken) {
		*(err ? err : &child.words->why) = child.words->why;
		return -1;
	}
	result->status = status;
	/* It may have ended by itself at the last moment. */
	result->timed_out = end == END_TIMED_OUT && WIFSIGNALED(status);
	result->stopped = end == END_STOPPED && WIFSIGNALED(status);
	result->out = capture_take(&child.out, &result->out_len);
	result->err = capture_take(&child.err, &result->err_len);
	result->truncated = child.out.truncated || child.err.truncated;
	return 0;
}

int sim_program_run(struct sim_host *host, const struct sim_identity *as,
		    const struct sim_program *program, struct sim_process_result *result,
		    struct sim_error *err)
{
	struct task task = {.host = host, .as = as, .program = *program};

	return run(&task, program->timeout_ms, result, err);
}

int sim_process_call(struct sim_host *host, const struct sim_identity *as, int (*body)(void *arg),
		     void *arg, unsigned timeout_ms, const struct sim_watch *watch,
		     struct sim_process_result *result, struct sim_error *err)
{
	struct task task = {.host = host, .as = as, .body = body, .arg = arg, .watch = watch};

	return run(&task, timeout_ms, result, err);
}
