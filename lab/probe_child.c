/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe_child.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* For a child to start, and for the C library's resolver to give up. */
#define GRACE_MS 15000

struct task {
	const struct errand *errand;
	struct sighting *sighting;
};

static int carry_out(void *arg)
{
	const struct task *task = arg;
	probe_go(task->errand, NULL, task->sighting);
	return 0;
}

static int share(struct sighting *sighting, int advice, struct sim_error *err)
{
	return madvise(sighting, sizeof(*sighting), advice) < 0
		       ? sim_fail(err, errno, "memory for what a probe sees")
		       : 0;
}

int probe_go_child(struct sim_host *host, const struct sim_identity *identity,
		   const struct errand *errand, const struct sim_watch *watch,
		   struct sighting *sighting, struct sim_error *err)
{
	const struct probe_type *type = probe_type_of(errand->probe->kind);
	struct task task = {.errand = errand, .sighting = sighting};
	struct sim_process_result ended = {0};
	/* No other child of ours has it: whatever runs there is of the host's. */
	if ((type->prepare && type->prepare(err) < 0) || share(sighting, MADV_DOFORK, err) < 0 ||
	    sim_process_call(host, identity, carry_out, &task, 2 * errand->timeout_ms + GRACE_MS,
			     watch, &ended, err) < 0)
		return -1;
	if (share(sighting, MADV_DONTFORK, err) < 0) {
		sim_process_result_clear(&ended);
		return -1;
	}
	pid_t group = __atomic_load_n(&sighting->group, __ATOMIC_RELAXED);
	/* The child's own group has been ended with it. */
	if ((ended.stopped || ended.timed_out) && group > 1)
		kill(-group, SIGKILL);
	if (ended.stopped) {
		sighting->stopped = true;
	} else if (ended.timed_out || !WIFEXITED(ended.status) || WEXITSTATUS(ended.status)) {
		/* Whatever it has noted by then cannot be relied on. */
		memset(sighting, 0, sizeof(*sighting));
		snprintf(sighting->trouble, sizeof(sighting->trouble), "the probe's own process %s",
			 ended.timed_out ? "did not end in time" : "died");
	}
	sim_process_result_clear(&ended);
	return 0;
}
