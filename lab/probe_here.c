/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe_here.h"

bool probe_fits_here(const struct errand *errand, const struct sim_identity *identity)
{
	/* A program becomes what it is for good. */
	return errand->probe->kind != PROBE_APT && errand->to.ss_family != AF_UNSPEC &&
	       sim_identity_is_loose(identity);
}

struct task {
	const struct sim_identity *identity;
	const struct errand *errand;
	const struct sim_watch *watch; /* or NULL */
	struct sighting *sighting;
	struct sim_error *err; /* what has become of the identity meanwhile */
	bool failed;
};

/* Whoever looks at the news may have something to ask of the host, or to change: as root. */
static bool is_enough(void *arg)
{
	struct task *task = arg;
	bool enough = true;
	task->failed = sim_identity_rise(task->err) < 0;
	if (!task->failed) {
		enough = task->watch->enough(task->watch->arg);
		task->failed = sim_identity_sink(task->identity, task->err) < 0;
	}
	/* Nothing more is sent by somebody else. */
	return enough || task->failed;
}

/* With this process in the host's network. */
static int go(void *arg, struct sim_error *err)
{
	struct task *task = arg;
	struct sim_error ignored;
	int status = sim_identity_put_on(task->identity, err);
	task->err = err;
	if (status == 0) {
		struct sim_watch watch = {
			.fd = task->watch ? task->watch->fd : -1, .enough = is_enough, .arg = task};
		probe_go(task->errand, task->watch ? &watch : NULL, task->sighting);
		status = task->failed ? -1 : 0;
	}
	return sim_identity_take_off(status < 0 ? &ignored : err) < 0 ? -1 : status;
}

int probe_go_here(struct sim_host *host, const struct sim_identity *identity,
		  const struct errand *errand, const struct sim_watch *watch,
		  struct sighting *sighting, struct sim_error *err)
{
	struct task task = {
		.identity = identity, .errand = errand, .watch = watch, .sighting = sighting};
	return sim_host_within(host, go, &task, err);
}
