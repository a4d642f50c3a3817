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

/* At `at`, in place of what is there, or, for NULL, anywhere. */
static void *map(void *at, struct sim_error *err)
{
	void *memory = mmap(at, sizeof(struct sighting), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
	if (memory != MAP_FAILED && madvise(memory, sizeof(struct sighting), MADV_DONTFORK) == 0)
		return memory;
	sim_fail(err, errno, "memory for what probes see");
	return NULL;
}

struct sighting *probe_sighting_new(struct sim_error *err)
{
	return map(NULL, err);
}

void probe_sighting_free(struct sighting *sighting)
{
	munmap(sighting, sizeof(*sighting));
}

static void make_bool(bool *value)
{
	unsigned char byte;
	memcpy(&byte, value, sizeof(byte));
	*value = byte != 0;
}

/* Whatever the host's plug-ins have written there: it can be read. */
static void make_readable(struct sighting *seen)
{
	bool *const bools[] = {&seen->answered,	     &seen->timed_out,	&seen->reset,
			       &seen->error_at_once, &seen->any_packet, &seen->icmp.seen,
			       &seen->stopped,	     &seen->printed};
	for (size_t i = 0; i < sizeof(bools) / sizeof(bools[0]); i++)
		make_bool(bools[i]);
	seen->nonce[sizeof(seen->nonce) - 1] = '\0';
	seen->answer[sizeof(seen->answer) - 1] = '\0';
	seen->trouble[sizeof(seen->trouble) - 1] = '\0';
	seen->output[sizeof(seen->output) - 1] = '\0';
}

/* The same in memory that nobody shares any more: what the child has left behind may write on. */
static int take_back(struct sighting *sighting, struct sim_error *err)
{
	struct sighting seen;
	memcpy(&seen, sighting, sizeof(seen));
	make_readable(&seen);
	if (!map(sighting, err))
		return -1;
	*sighting = seen;
	return 0;
}

static int lend(struct sighting *sighting, struct sim_error *err)
{
	return madvise(sighting, sizeof(*sighting), MADV_DOFORK) < 0
		       ? sim_fail(err, errno, "memory for what probes see")
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
	if ((type->prepare && type->prepare(err) < 0) || lend(sighting, err) < 0 ||
	    sim_process_call(host, identity, carry_out, &task, 2 * errand->timeout_ms + GRACE_MS,
			     watch, &ended, err) < 0)
		return -1;
	if (take_back(sighting, err) < 0) {
		sim_process_result_clear(&ended);
		return -1;
	}
	/* The child's own group has been ended with it. */
	if ((ended.stopped || ended.timed_out) && sighting->group > 1)
		kill(-sighting->group, SIGKILL);
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
