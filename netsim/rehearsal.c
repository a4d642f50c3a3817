/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/child.h"
#include "netsim/cleanup.h"
#include "netsim/forbidden.h"
#include "netsim/privileges.h"
#include "netsim/rehearsal_mounts.h"
#include "netsim/script.h"

#define REHEARSAL_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS)

/* What the processes of a rehearsal share with who has asked for it. */
struct outcome {
	int status;
	struct sim_error why;
};

struct stage {
	const struct rehearsal *rehearsal;
	struct outcome *outcome;
};

/* A session of its own, too: who signals a group means nobody else. */
static _Noreturn void become_script(const struct rehearsal *rehearsal)
{
	setsid();
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (null < 0 || dup2(null, i) < 0)
			_exit(127);
	close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
	struct script_command command;
	char *path = strdupa(rehearsal->script);
	script_choose_command(path, access(path, X_OK) == 0, &command);
	if (putenv(rehearsal->environment) == 0 && chdir(rehearsal->folder) == 0)
		execv(command.argv[0], command.argv);
	_exit(127);
}

/* The first process there: whoever it leaves behind dies with it. */
static int direct(const struct stage *stage, struct sim_error *err)
{
	const struct rehearsal *rehearsal = stage->rehearsal;
	int status = 0;
	pid_t ended;
	if (rehearsal_mount(err) < 0 || rehearsal->prepare(rehearsal->arg, err) < 0 ||
	    sim_privileges_bound(false, err) < 0 || sim_forbidden_bound(false, err) < 0)
		return -1;
	pid_t script = child_fork();
	if (script < 0)
		return sim_fail(err, errno, "cannot fork");
	if (script == 0)
		become_script(rehearsal);
	while ((ended = waitpid(-1, &status, 0)) != script)
		if (ended < 0 && errno != EINTR)
			return sim_fail(err, errno, "cannot wait for a process");
	stage->outcome->status = status;
	return rehearsal->tell(rehearsal->arg, err);
}

/* In a child inside the twin, whose process group is killed where it takes too long. */
static int enter_stage(void *arg)
{
	const struct stage *stage = arg;
	int status = 0;
	if (unshare(REHEARSAL_NAMESPACES) < 0)
		return sim_fail(&stage->outcome->why, errno, "cannot make namespaces");
	pid_t first = child_fork();
	if (first < 0)
		return sim_fail(&stage->outcome->why, errno, "cannot fork");
	if (first == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		status = direct(stage, &stage->outcome->why);
		fflush(stdout);
		_exit(status < 0);
	}
	while (waitpid(first, &status, 0) < 0)
		if (errno != EINTR)
			return sim_fail(&stage->outcome->why, errno, "cannot wait for a process");
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int rehearse(struct sim_host *twin, const struct rehearsal *rehearsal,
	     struct sim_process_result *result, struct sim_error *err)
{
	struct outcome *outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stage stage = {rehearsal, outcome};
	if (outcome == MAP_FAILED)
		return sim_fail(err, errno, "cannot share memory with a process");
	int status = sim_process_call_trusted(twin, enter_stage, &stage, rehearsal->timeout_ms,
					      result, err);
	if (status == 0 && !result->timed_out && result->status) {
		status = sim_fail(err, outcome->why.errnum, "%s", outcome->why.text);
		sim_process_result_clear(result);
	} else if (status == 0 && !result->timed_out) {
		result->status = outcome->status;
	}
	munmap(outcome, sizeof(*outcome));
	return status;
}
