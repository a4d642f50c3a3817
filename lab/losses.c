/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/losses.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lab/wire.h"

/* How long a host's error takes at most to come to the sender, however busy the machine. */
#define ANSWER_MS 250

static int wait_for(int readable, int fd, struct sim_error *err)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = LOSSES_NEWS};
	if (epoll_ctl(readable, EPOLL_CTL_ADD, fd, &event) < 0)
		return sim_fail(err, errno, "cannot wait for what the kernel drops");
	return 0;
}

static int open_all(struct losses *losses, struct sim_host *const *hosts, size_t n_hosts,
		    int readable, struct sim_error *err)
{
	losses->patience = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (losses->patience < 0)
		return sim_fail(err, errno, "cannot make a timer");
	if (sim_drops_open(hosts, n_hosts, losses->lender, &losses->drops, err) < 0)
		return -1;
	return wait_for(readable, losses->patience, err) < 0
		       ? -1
		       : wait_for(readable, sim_drops_fd(losses->drops), err);
}

bool losses_watch(struct losses *losses, struct sim_host *const *hosts, size_t n_hosts,
		  int readable)
{
	if (losses->tried)
		return losses->drops;
	losses->tried = true;
	if (open_all(losses, hosts, n_hosts, readable, &losses->missing) < 0)
		losses_close(losses);
	return losses->drops;
}

void losses_close(struct losses *losses)
{
	sim_drops_close(losses->drops);
	losses->drops = NULL;
	if (losses->patience >= 0)
		close(losses->patience);
	losses->patience = -1;
}

static void have_patience(const struct losses *losses)
{
	struct itimerspec spec = {.it_value = {.tv_nsec = ANSWER_MS * 1000000L}};
	timerfd_settime(losses->patience, 0, &spec, NULL);
}

static void hear(const struct sim_drop *drop, void *arg)
{
	struct losses *losses = arg;
	const struct sim_drop_reason *reason = sim_drop_reason_of(drop->reason);
	if (!drop->packet.family || reason->kind == SIM_DROP_MEANINGLESS)
		return;
	if (losses->count == LOSSES_MAX) {
		losses->missed = true;
		return;
	}
	if (reason->may_answer)
		have_patience(losses);
	losses->all[losses->count++] =
		(struct loss){.drop = *drop, .reason = reason, .heard_ns = wire_now_ns()};
}

int losses_read(struct losses *losses, struct sim_error *err)
{
	uint64_t ignored;
	if (!losses->drops)
		return 0;
	if (read(losses->patience, &ignored, sizeof(ignored)) < 0 && errno != EAGAIN)
		return sim_fail(err, errno, "cannot read a timer");
	int whole = sim_drops_read(losses->drops, hear, losses, err);
	losses->missed |= whole == 0;
	return whole < 0 ? -1 : 0;
}

void losses_forget(struct losses *losses)
{
	losses->count = 0;
	losses->missed = false;
}

const struct loss *losses_decisive(const struct losses *losses)
{
	const struct loss *passing = NULL;
	/* What is missing may be the one that counts. */
	for (size_t i = 0; i < losses->count && !losses->missed; i++) {
		const struct loss *loss = &losses->all[i];
		if (!loss->concerns)
			continue;
		if (loss->reason->kind != SIM_DROP_PASSING)
			return loss;
		passing = loss;
	}
	return passing;
}

bool losses_is_final(const struct loss *loss)
{
	return loss->reason->kind != SIM_DROP_PASSING &&
	       (!loss->reason->may_answer ||
		wire_now_ns() >= loss->heard_ns + ANSWER_MS * 1000000ULL);
}
