/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/child.h"
#include "netsim/cleanup.h"
#include "netsim/descriptors.h"
#include "netsim/inside.h"

/* Killing goes in rounds, as what is killed may just have had a child. */
#define KILL_ROUNDS   100
#define KILL_ROUND_MS 20

/* What the minder tells, in memory shared with us. */
struct board {
	struct child_words words;
	volatile pid_t first; /* the process that was started */
	volatile bool ended;  /* it has, */
	volatile int status;  /* like this */
	volatile size_t printed;
	char output[SIM_DAEMON_OUTPUT]; /* a ring */
};

struct sim_daemon {
	pid_t minder;
	int over; /* a pipe's end, of which the minder has the other one: readable when all is over
		   */
	struct board *board;
};

/* The minder's own ends. */
struct minder {
	struct board *board;
	int output;   /* what is printed, non-blocking; -1 once there is nobody to print */
	int children; /* signalfd */
};

static void keep_output(struct board *board, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		board->output[(board->printed + i) % SIM_DAEMON_OUTPUT] = text[i] ? text[i] : ' ';
	board->printed += length;
}

static void read_output(struct minder *minder)
{
	char text[16384];
	ssize_t length = read(minder->output, text, sizeof(text));
	if (length > 0)
		keep_output(minder->board, text, (size_t)length);
	else if (length == 0 || (errno != EAGAIN && errno != EINTR))
		close(steal_fd(&minder->output));
}

/* False when there is no process left. */
static bool reap(struct minder *minder)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != minder->board->first)
			continue;
		minder->board->status = status;
		minder->board->ended = true;
	}
	return pid == 0 || errno != ECHILD;
}

static void mind(struct minder *minder)
{
	struct pollfd fds[] = {{.events = POLLIN}, {.events = POLLIN}};
	while (reap(minder)) {
		struct signalfd_siginfo ignored;
		fds[0].fd = minder->children;
		fds[1].fd = minder->output;
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[0].revents && read(minder->children, &ignored, sizeof(ignored)) < 0)
			continue;
		if (fds[1].revents)
			read_output(minder);
	}
	/* What was printed last is in the pipe, which nobody fills any more. */
	for (size_t before = (size_t)-1; minder->output >= 0 && before != minder->board->printed;) {
		before = minder->board->printed;
		read_output(minder);
	}
}

/* The pipes: to be told that it runs, that it is over, and what is printed. */
struct pipes {
	int started[2];
	int over[2];
	int output[2];
};

static void pipes_close(struct pipes *pipes)
{
	int *fds = (int *)pipes;
	for (size_t i = 0; i < sizeof(*pipes) / sizeof(int); i++)
		cleanup_close(&fds[i]);
}

static int pipes_open(struct pipes *pipes, struct sim_error *err)
{
	if (pipe2(pipes->started, O_CLOEXEC) < 0 || pipe2(pipes->over, O_CLOEXEC) < 0 ||
	    pipe2(pipes->output, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	fcntl(pipes->output[0], F_SETFL, O_NONBLOCK);
	return 0;
}

/* All but what the minder itself needs: sockets of ours must end with us. */
static void close_others(const struct pipes *pipes)
{
	const int keep[] = {pipes->over[1], pipes->output[0]};
	descriptors_close_others(keep, sizeof(keep) / sizeof(keep[0]));
}

static void say_why(struct child_words *words)
{
	sim_fail(&words->why, errno, "cannot fork");
	words->spoken = true;
}

static _Noreturn void be_minder(struct child_task *task, struct board *board,
				const struct pipes *pipes, int input)
{
	struct minder minder = {.board = board, .output = pipes->output[0]};
	sigset_t child;

	setsid();
	prctl(PR_SET_NAME, "fwlab minder");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pid_t first = child_fork();
	if (first == 0) {
		struct child_ends ends = {input, pipes->output[1], pipes->output[1]};
		child_become(task, &ends, &board->words);
	}
	if (first < 0) {
		say_why(&board->words);
		_exit(1);
	}
	board->first = first;
	close_others(pipes);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	minder.children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	mind(&minder);
	_exit(0);
}

static struct board *board_open(void)
{
	void *shared = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return shared == MAP_FAILED ? NULL : shared;
}

/* Until exec(3) closes the program's end, or its failure does. */
static void await_start(const struct pipes *pipes)
{
	char nothing;
	while (read(pipes->started[0], &nothing, 1) < 0 && errno == EINTR)
		;
}

static int start(struct sim_daemon *daemon, struct child_task *task, struct sim_error *err)
{
	__attribute__((cleanup(pipes_close))) struct pipes pipes = {{-1, -1}, {-1, -1}, {-1, -1}};
	daemon->board = board_open();
	if (!daemon->board)
		return sim_fail(err, errno, "cannot share memory with a process");
	if (pipes_open(&pipes, err) < 0)
		return -1;
	autoclose int input = child_open_input(task->program.input, err);
	if (input < 0)
		return -1;
	daemon->minder = child_fork();
	if (daemon->minder < 0)
		return sim_fail(err, errno, "cannot fork");
	if (daemon->minder == 0)
		be_minder(task, daemon->board, &pipes, input);
	/* For the minder alone: what others write to it would be believed. */
	if (madvise(daemon->board, sizeof(*daemon->board), MADV_DONTFORK) < 0)
		return sim_fail(err, errno, "cannot keep memory from processes");
	close(steal_fd(&pipes.started[1]));
	daemon->over = steal_fd(&pipes.over[0]);
	await_start(&pipes);
	if (!daemon->board->words.spoken)
		return 0;
	struct sim_error ignored;
	*(err ? err : &ignored) = daemon->board->words.why;
	return -1;
}

int sim_daemon_start(struct sim_host *host, const struct sim_identity *as,
		     const struct sim_program *program, struct sim_daemon **daemon,
		     struct sim_error *err)
{
	struct child_task task = {.host = host, .as = as, .program = *program};
	struct sim_daemon *made = calloc(1, sizeof(*made));
	if (!made)
		return sim_fail(err, ENOMEM, "a daemon");
	made->over = -1;
	if (child_prepare(&task, err) < 0 || start(made, &task, err) < 0) {
		sim_daemon_stop(made, 0);
		return -1;
	}
	*daemon = made;
	return 0;
}

bool sim_daemon_wait(const struct sim_daemon *daemon, int timeout_ms)
{
	struct pollfd over = {.fd = daemon->over, .events = POLLIN};
	return poll(&over, 1, timeout_ms) > 0;
}

bool sim_daemon_lives(const struct sim_daemon *daemon)
{
	const struct board *board = daemon->board;
	return !(board->ended && board->status) && !sim_daemon_wait(daemon, 0);
}

const char *sim_daemon_fate(const struct sim_daemon *daemon, char *text, size_t size)
{
	int status = daemon->board->status;
	if (!daemon->board->ended)
		snprintf(text, size, "runs");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "was ended by signal %d (%s)", WTERMSIG(status),
			 sim_signal_words(WTERMSIG(status)));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
	return text;
}

const char *sim_daemon_output(const struct sim_daemon *daemon, char text[SIM_DAEMON_TEXT])
{
	const struct board *board = daemon->board;
	size_t printed = board->printed;
	size_t length = printed < SIM_DAEMON_OUTPUT ? printed : SIM_DAEMON_OUTPUT;
	for (size_t i = 0; i < length; i++)
		text[i] = board->output[(printed - length + i) % SIM_DAEMON_OUTPUT];
	text[length] = '\0';
	return text;
}

pid_t sim_daemon_inside(const struct sim_daemon *daemon, const struct sim_host *host)
{
	return sim_inside_find(host, daemon->minder);
}

void sim_daemon_ask(const struct sim_daemon *daemon)
{
	/* Its group, while it is there; of what is in the background, every process. */
	if (!daemon->board->ended)
		kill(-daemon->board->first, SIGTERM);
	else
		sim_inside_signal(daemon->minder, SIGTERM);
}

static void kill_all(const struct sim_daemon *daemon)
{
	for (int i = 0; i < KILL_ROUNDS && !sim_daemon_wait(daemon, 0); i++) {
		sim_inside_signal(daemon->minder, SIGKILL);
		if (sim_daemon_wait(daemon, KILL_ROUND_MS))
			return;
	}
}

void sim_daemon_stop(struct sim_daemon *daemon, int grace_ms)
{
	if (!daemon)
		return;
	if (daemon->minder > 0) {
		if (grace_ms > 0 && !sim_daemon_wait(daemon, 0)) {
			sim_daemon_ask(daemon);
			sim_daemon_wait(daemon, grace_ms);
		}
		kill_all(daemon);
		kill(daemon->minder, SIGKILL);
		while (waitpid(daemon->minder, NULL, 0) < 0 && errno == EINTR)
			;
	}
	cleanup_close(&daemon->over);
	if (daemon->board)
		munmap(daemon->board, sizeof(*daemon->board));
	free(daemon);
}
