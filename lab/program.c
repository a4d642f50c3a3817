/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/printed.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"

#define NO_PIDFD_MS 10 /* between two looks at a program that has no pidfd */

/* The whole environment: what a program does must not depend on who runs the lab. */
static char *environment[] = {
	(char[]){"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	(char[]){"HOME=/"},
	(char[]){"LANG=C.UTF-8"},
	NULL,
};

/* A program that was started: it leads a process group of its own. */
struct program {
	pid_t pid;
	int output; /* read end of its stdout and stderr, non-blocking */
	int ended;  /* a pidfd: readable once it has ended; -1 where there are none (valgrind 3.19)
		     */
};

static bool enter(const char *folder)
{
	return chdir(folder) == 0 || chdir("/") == 0;
}

/* In the child: become the program, or tell `failed` why not. */
static void __attribute__((noreturn))
become(char *const argv[], const char *folder, int output, int failed)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);

	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	    dup2(output, STDERR_FILENO) >= 0 && enter(folder)) {
		environ = environment;
		execvp(argv[0], argv);
	}
	int why = errno;
	_exit(write(failed, &why, sizeof(why)) == sizeof(why) ? 127 : 126);
}

/* 0, or the errno of what failed. */
static int start(char *const argv[], const char *folder, struct program *program)
{
	int output[2];
	int failure[2];
	if (pipe2(output, O_CLOEXEC) < 0)
		return errno;
	autoclose int output_read = output[0];
	autoclose int output_write = output[1];
	if (pipe2(failure, O_CLOEXEC) < 0)
		return errno;
	autoclose int failure_read = failure[0];
	autoclose int failure_write = failure[1];

	pid_t pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		become(argv, folder, output_write, failure_write);
	close(steal_fd(&failure_write));

	/* exec closes the child's end: there is something to read only if it failed. */
	int why = 0;
	ssize_t length;
	while ((length = read(failure_read, &why, sizeof(why))) < 0 && errno == EINTR)
		;
	if (length < 0)
		why = errno;
	if (length != 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
		return why;
	}
	fcntl(output_read, F_SETFL, O_NONBLOCK);
	*program = (struct program){pid, steal_fd(&output_read), pidfd_open(pid, 0)};
	return 0;
}

static int ms_left(uint64_t deadline_ns)
{
	uint64_t now = wire_now_ns();
	return deadline_ns > now ? (int)((deadline_ns - now + 999999) / 1000000) : 0;
}

static bool has_ended(pid_t pid)
{
	siginfo_t about = {0};
	return waitid(P_PID, (id_t)pid, &about, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       about.si_pid == pid;
}

/* How long poll() may wait for news of the program. */
static int patience(const struct program *program, bool ended, int left)
{
	if (ended)
		return 0;
	return program->ended < 0 && left > NO_PIDFD_MS ? NO_PIDFD_MS : left;
}

/* What it has printed; false when that cannot be read. */
static bool hear(struct pollfd *output, struct printed *printed)
{
	struct sighting *sighting = printed->sighting;
	char text[SIGHTING_TEXT];
	ssize_t got = read(output->fd, text, sizeof(text));
	if (got > 0)
		printed_add(printed, text, (size_t)got);
	else if (got == 0)
		output->fd = -1; /* poll() passes over it */
	else if (errno != EINTR && errno != EAGAIN)
		sighting->error = errno;
	return !sighting->error;
}

/*
 * Read its output until it has ended and has no more to say (a descendant may
 * hold the pipe open for longer); false when that took too long, or cannot be told.
 */
static bool follow(const struct program *program, uint64_t deadline_ns, struct printed *printed)
{
	struct pollfd watched[] = {{.fd = program->output, .events = POLLIN},
				   {.fd = program->ended, .events = POLLIN}};
	for (;;) {
		int left = ms_left(deadline_ns);
		/* Asked first: what it said before its end is in the pipe by then. */
		bool ended = has_ended(program->pid);
		int ready = poll(watched, 2, patience(program, ended, left));
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0) {
			printed->sighting->error = errno;
			return false;
		}
		if (ready > 0 && watched[0].revents) {
			if (!hear(&watched[0], printed))
				return false;
		} else if (ended) {
			return true;
		}
		if (left == 0)
			return ended;
	}
}

void program_run(char *const argv[], const char *folder, const char *wanted, uint64_t deadline_ns,
		 struct sighting *sighting)
{
	struct program program = {.output = -1, .ended = -1};
	int why = start(argv, folder, &program);
	if (why) {
		sighting->error = why;
		snprintf(sighting->trouble, sizeof(sighting->trouble), "cannot run %.160s: %s",
			 argv[0], strerror(why));
		return;
	}
	sighting->stage = STAGE_ANSWER;
	sighting->group = program.pid;
	struct arena *arena = arena_new();
	struct printed printed;
	printed_begin(&printed, wanted, arena, sighting);
	bool ended = follow(&program, deadline_ns, &printed);
	arena_free(arena);
	sighting->timed_out = !ended && !sighting->error;
	if (sighting->error)
		snprintf(sighting->trouble, sizeof(sighting->trouble), "cannot follow %.160s: %s",
			 argv[0], strerror(sighting->error));

	/* Nothing of it stays behind; its zombie keeps the group's id from being given away. */
	kill(-program.pid, SIGKILL);
	sighting->group = 0;
	while (waitpid(program.pid, &sighting->status, 0) < 0 && errno == EINTR)
		;
	close(program.output);
	if (program.ended >= 0)
		close(program.ended);

	sighting->answered = ended;
	if (sighting->answered)
		sighting->stage = STAGE_DONE;
}
