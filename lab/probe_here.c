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
	const struct sim_watch *watch;
	struct sighting *sighting;
};

/* With this process in the host's network. */
static int go(void *arg, struct sim_error *err)
{
	const struct task *task = arg;
	struct sim_error ignored;
	int status = sim_identity_put_on(task->identity, err);
	if (status == 0)
		probe_go(task->errand, task->watch, task->sighting);
	return sim_identity_take_off(status < 0 ? &ignored : err) < 0 ? -1 : status;
}

int probe_go_here(struct sim_host *host, const struct sim_identity *identity,
		  const struct errand *errand, const struct sim_watch *watch,
		  struct sighting *sighting, struct sim_error *err)
{
	struct task task = {identity, errand, watch, sighting};
	return sim_host_within(host, go, &task, err);
}
