/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/process.h"

#include <errno.h>
#include <limits.h>
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
#include "netsim/child.h"
#include "netsim/cleanup.h"

#define DEFAULT_TIMEOUT_MS 60000
#define WITHOUT_PIDFD_MS   5 /* between two looks at a child that cannot be polled */

/* A child, with what ties it to its parent. */
struct child {
	pid_t pid;
	int pidfd; /* -1 where there are none: before Linux 5.3, and under valgrind 3.19 */
	struct child_words *words;
	struct capture out;
	struct capture err;
};

bool sim_program_is_there(const char *name)
{
	char path[] = SIM_PATH;
	char *rest = path;
	char file[PATH_MAX];
	struct stat about;

	errno = 0;
	for (char *folder; (folder = strsep(&rest, ":"));)
		if (snprintf(file, sizeof(file), "%s/%s", folder, name) < (int)sizeof(file) &&
		    access(file, X_OK) == 0 && stat(file, &about) == 0 && S_ISREG(about.st_mode))
			return true;
		else if (sim_is_lack(errno))
			return false;
	errno = ENOENT;
	return false;
}

static void child_clear(struct child *child)
{
	cleanup_close(&child->pidfd);
	capture_clear(&child->out);
	capture_clear(&child->err);
	if (child->words)
		munmap(child->words, sizeof(*child->words));
}

#define autochild __attribute__((cleanup(child_clear)))

const char *sim_signal_words(int signal)
{
	return signal == SIGSYS ? "Bad system call: 32-bit programs are killed in a lab"
				: strsignal(signal);
}

void sim_process_result_clear(struct sim_process_result *result)
{
	free(result->out);
	free(result->err);
	*result = (struct sim_process_result){0};
}

static int words_open(struct child_words **words, struct sim_error *err)
{
	void *shared = mmap(NULL, sizeof(**words), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return sim_fail(err, errno, "cannot share memory with a process");
	*words = shared;
	return 0;
}

static int child_start(struct child_task *task, struct child *child, struct sim_error *err)
{
	autochildends struct child_ends ends = {-1, -1, -1};

	if ((ends.in = child_open_input(task->program.input, err)) < 0)
		return -1;
	if (capture_open(&child->out, &ends.out, err) < 0 ||
	    capture_open(&child->err, &ends.err, err) < 0 || words_open(&child->words, err) < 0)
		return -1;
	child->pid = child_fork();
	if (child->pid < 0)
		return sim_fail(err, errno, "cannot fork");
	if (child->pid == 0)
		child_become(task, &ends, child->words);
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
enum end { END_OWN, END_TIMED_OUT, END_STOPPED, END_UNSEEN };

/* Until the child itself has ended; END_UNSEEN, with `err`: it has been killed. */
static enum end watch(struct child *child, const struct sim_watch *other, unsigned timeout_ms,
		      struct sim_error *err)
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
		int ready = poll(fds, sizeof(fds) / sizeof(*fds),
				 patience(child, end != END_OWN, left));
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0) {
			sim_fail(err, errno, "cannot wait for a process");
			kill_group(child);
			return END_UNSEEN;
		}
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

static int run(struct child_task *task, const struct sim_watch *other, unsigned timeout_ms,
	       struct sim_process_result *result, struct sim_error *err)
{
	autochild struct child child = {.pidfd = -1, .out.fd = -1, .err.fd = -1};

	*result = (struct sim_process_result){0};
	if (child_prepare(task, err) < 0 || child_start(task, &child, err) < 0)
		return -1;

	enum end end = watch(&child, other, timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS, err);
	int status;
	while (waitpid(child.pid, &status, 0) < 0)
		if (errno != EINTR)
			return sim_fail(err, errno, "cannot wait for a process");
	if (end == END_UNSEEN)
		return -1;
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
	struct child_task task = {.host = host, .as = as, .program = *program};

	return run(&task, NULL, program->timeout_ms, result, err);
}

int sim_process_call(struct sim_host *host, const struct sim_identity *as, int (*body)(void *arg),
		     void *arg, unsigned timeout_ms, const struct sim_watch *watch,
		     struct sim_process_result *result, struct sim_error *err)
{
	struct child_task task = {.host = host, .as = as, .body = body, .arg = arg};

	return run(&task, watch, timeout_ms, result, err);
}

int sim_process_call_trusted(struct sim_host *host, int (*body)(void *arg), void *arg,
			     unsigned timeout_ms, struct sim_process_result *result,
			     struct sim_error *err)
{
	struct child_task task = {.host = host, .body = body, .arg = arg, .trusted = true};

	return run(&task, NULL, timeout_ms, result, err);
}
