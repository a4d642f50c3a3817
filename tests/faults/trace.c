/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/faults/calls.h"
#include "tests/faults/tamper.h"

#define TRACEES_MAX 1024
#define GRACE_S	    5 /* for what a dead program leaves to the kernel */
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

/* A process, and the call that it is in. */
struct tracee {
	pid_t pid;
	struct tamper_call in;
	bool failing;	    /* the call that it is in */
	bool out_of_memory; /* so is its next mmap(2) */
};

struct trace {
	const struct trace_order *order;
	struct trace_end *end;
	struct site_text text;
	struct tracee tracees[TRACEES_MAX];
	size_t count;
	pid_t main;
	unsigned visits; /* of the fault's site */
};

static volatile sig_atomic_t late;

static void on_alarm(int signal)
{
	(void)signal;
	late = 1;
}

static struct tracee *find(struct trace *trace, pid_t pid)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->tracees[i].pid == pid)
			return &trace->tracees[i];
	if (trace->count == TRACEES_MAX)
		return NULL;
	trace->tracees[trace->count] = (struct tracee){.pid = pid};
	return &trace->tracees[trace->count++];
}

static void forget(struct trace *trace, pid_t pid)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->tracees[i].pid == pid)
			trace->tracees[i] = trace->tracees[--trace->count];
}

/* Whether anybody still wants to know of system calls. */
static bool is_watching(const struct trace *trace)
{
	const struct fault *fault = trace->order->fault;
	if (trace->order->sites || (fault && (!trace->end->reached || fault->for_good)))
		return true;
	for (size_t i = 0; i < trace->count; i++)
		if (trace->tracees[i].failing || trace->tracees[i].out_of_memory)
			return true;
	return false;
}

static void resume(const struct trace *trace, pid_t pid, int signal)
{
	ptrace(is_watching(trace) ? PTRACE_SYSCALL : PTRACE_CONT, pid, NULL, signal);
}

/* Somebody comes by: whether it is to fail now. */
static bool visit(struct trace *trace, const struct site *site)
{
	const struct fault *fault = trace->order->fault;
	if (trace->order->sites && sites_note(trace->order->sites, site) < 0)
		exit(EXIT_FAILURE);
	if (!fault || fault->site.key != site->key)
		return false;
	trace->visits++;
	if (trace->visits != fault->nth && !(fault->for_good && trace->visits > fault->nth))
		return false;
	trace->end->reached = true;
	return true;
}

static void begin_call(struct trace *trace, struct tracee *tracee,
		       const struct __ptrace_syscall_info *info)
{
	struct tamper_call *in = &tracee->in;
	bool starved = tracee->out_of_memory;
	tamper_read(tracee->pid, &trace->text, info, in);
	tracee->out_of_memory = false;
	tracee->failing = false;
	if (!in->call)
		return;
	tracee->failing = visit(trace, &in->site);
	tracee->failing |= starved && in->call->number == SYS_mmap;
	if (!tracee->failing)
		return;
	tracee->out_of_memory = in->call->way == CALL_BRK;
	tamper_begin(tracee->pid, in);
}

static void end_call(struct trace *trace, struct tracee *tracee,
		     const struct __ptrace_syscall_info *info)
{
	struct tamper_call *in = &tracee->in;
	unsigned errnum = trace->order->fault ? trace->order->fault->errnum : 0;
	uint64_t ack;
	if (tracee->failing)
		tamper_end(tracee->pid, in, errnum);
	else if (in->call && tamper_find_ack(tracee->pid, in, info->exit.rval, &ack) &&
		 visit(trace, &in->site))
		tamper_refuse(tracee->pid, ack, errnum);
	if (!tracee->failing && in->call)
		tamper_note_result(tracee->pid, in, info->exit.rval);
	tracee->failing = false;
	in->call = NULL;
}

static void stopped_in_call(struct trace *trace, pid_t pid)
{
	struct __ptrace_syscall_info info;
	struct tracee *tracee = find(trace, pid);
	if (!tracee || ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0)
		return;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		begin_call(trace, tracee, &info);
	else if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		end_call(trace, tracee, &info);
}

/* Another program is not ours to break; the first one is where all begins. */
static bool is_let_go(struct trace *trace, pid_t pid)
{
	if (pid == trace->main && !trace->text.code) {
		if (site_text_read(pid, &trace->text) == 0) {
			trace->end->base = trace->text.base;
			return false;
		}
		perror("what is traced has no text");
		exit(EXIT_FAILURE);
	}
	forget(trace, pid);
	ptrace(PTRACE_DETACH, pid, NULL, 0);
	return true;
}

static bool is_crash(int signal)
{
	return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE ||
	       signal == SIGILL || signal == SIGSYS || signal == SIGTRAP;
}

static void stopped(struct trace *trace, pid_t pid, int status)
{
	int signal = WSTOPSIG(status);
	int event = status >> 16;
	if (event == PTRACE_EVENT_EXEC && is_let_go(trace, pid))
		return;
	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		ptrace(PTRACE_LISTEN, pid, NULL, 0); /* it has been stopped, as by ^Z */
		return;
	}
	if (event) {
		find(trace, pid);
		signal = 0;
	} else if (signal == (SIGTRAP | 0x80)) {
		stopped_in_call(trace, pid);
		signal = 0;
	} else if (is_crash(signal)) {
		trace->end->crash = signal;
	}
	resume(trace, pid, signal);
}

static void ended(struct trace *trace, pid_t pid, int status)
{
	forget(trace, pid);
	if (pid != trace->main)
		return;
	trace->end->status = status;
	trace->main = 0;
	alarm(GRACE_S);
}

/* Those whom nobody else looks after any more have become our children. */
static unsigned kill_children(void)
{
	char path[64];
	unsigned count = 0;
	int pid;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	FILE *children = fopen(path, "re");
	while (children && fscanf(children, "%d", &pid) == 1) /* NOLINT(cert-err34-c) */
		count += kill(pid, SIGKILL) == 0;
	if (children)
		fclose(children);
	return count;
}

/* Its time is over, or that of what it has left. */
static void be_late(struct trace *trace)
{
	late = 0;
	alarm(GRACE_S);
	if (trace->main) {
		trace->end->hung = true;
		kill(trace->main, SIGKILL);
		return;
	}
	unsigned left = kill_children();
	for (size_t i = 0; i < trace->count; i++)
		left += kill(trace->tracees[i].pid, SIGKILL) == 0;
	trace->end->left = trace->end->left > left ? trace->end->left : left;
}

static void follow(struct trace *trace)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR) {
			if (late)
				be_late(trace);
			continue;
		}
		if (pid < 0)
			return;
		if (WIFSTOPPED(status))
			stopped(trace, pid, status);
		else
			ended(trace, pid, status);
	}
}

static _Noreturn void become(const struct trace_order *order)
{
	int in = open("/dev/null", O_RDONLY);
	int out = open(order->out, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	int err = open(order->err, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (in < 0 || out < 0 || err < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
		_exit(127);
	/* The same addresses in every run: they are what a site is known by. */
	personality(ADDR_NO_RANDOMIZE);
	close_range(3, ~0U, 0);
	kill(getpid(), SIGSTOP);
	execv(order->argv[0], order->argv);
	_exit(127);
}

static pid_t start(const struct trace_order *order)
{
	int status;
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0)
		become(order);
	if (pid < 0 || waitpid(pid, &status, WUNTRACED) < 0)
		return -1;
	if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) < 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	kill(pid, SIGCONT);
	return pid;
}

int trace_run(const struct trace_order *order, struct trace_end *end)
{
	static struct trace trace;
	const struct sigaction wake = {.sa_handler = on_alarm};
	*end = (struct trace_end){0};
	trace = (struct trace){.order = order, .end = end};
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigaction(SIGALRM, &wake, NULL);
	late = 0;
	trace.main = start(order);
	if (trace.main < 0)
		return -1;
	find(&trace, trace.main);
	alarm(order->patience_s);
	follow(&trace);
	alarm(0);
	site_text_clear(&trace.text);
	return 0;
}
