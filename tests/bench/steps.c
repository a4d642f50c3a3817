/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/steps.h"

#include <stdbool.h>
#include <time.h>

#include "lab/attempt.h"
#include "lab/live.h"
#include "lab/services.h"
#include "netsim/link.h"
#include "netsim/mounts.h"
#include "netsim/process.h"

const char *const step_names[STEPS] = {
	[STEP_HOSTS] = "hosts",
	[STEP_VETH] = "veth pair",
	[STEP_LINKS_UP] = "links up",
	[STEP_ADDRESSES] = "addresses",
	[STEP_SERVICES] = "services start",
	[STEP_SERVICES_AWAIT] = "wait for services",
	[STEP_LIVE_UP] = "rest of bringing it up",
	[STEP_POLICIES] = "policies",
	[STEP_MOUNTS] = "mounts of the probe's host",
	[STEP_CHILD] = "the probe's process",
	[STEP_ATTEMPT] = "rest of the attempt",
	[STEP_SERVICES_STOP] = "services stop",
	[STEP_HOSTS_FREE] = "hosts let go",
	[STEP_LIVE_DOWN] = "rest of taking it down",
};

static struct ledger *ledger;
static int64_t inner_ns; /* of the steps that the current one has called */

void steps_record(struct ledger *to)
{
	ledger = to;
}

int64_t steps_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

struct stopwatch {
	enum lab_step step;
	int64_t began;
	int64_t outer_ns;
};

static struct stopwatch begin(enum lab_step step)
{
	struct stopwatch watch = {.step = step, .began = steps_now_ns(), .outer_ns = inner_ns};
	inner_ns = 0;
	if (ledger && !ledger->began)
		ledger->began = watch.began;
	return watch;
}

static void end(const struct stopwatch *watch)
{
	int64_t now = steps_now_ns();
	int64_t taken = now - watch->began;
	if (ledger) {
		ledger->ns[watch->step] += taken - inner_ns;
		ledger->ended = now;
	}
	inner_ns = watch->outer_ns + taken;
}

/* The linker's names: calls of `name` come here, and __real_ is the library's. */
/* NOLINTBEGIN(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp) */
#define TIMED(step, name, parameters, arguments)                                                   \
	int __real_##name parameters;                                                              \
	int __wrap_##name parameters;                                                              \
	int __wrap_##name parameters                                                               \
	{                                                                                          \
		const struct stopwatch stopwatch = begin(step);                                    \
		int status = __real_##name arguments;                                              \
		end(&stopwatch);                                                                   \
		return status;                                                                     \
	}

#define TIMED_VOID(step, name, parameters, arguments)                                              \
	void __real_##name parameters;                                                             \
	void __wrap_##name parameters;                                                             \
	void __wrap_##name parameters                                                              \
	{                                                                                          \
		const struct stopwatch stopwatch = begin(step);                                    \
		__real_##name arguments;                                                           \
		end(&stopwatch);                                                                   \
	}

TIMED(STEP_HOSTS, sim_host_new, (const char *name, struct sim_host **host, struct sim_error *err),
      (name, host, err))
TIMED(STEP_VETH, sim_veth_add,
      (const struct sim_veth_end *a, const struct sim_veth_end *b, struct sim_error *err),
      (a, b, err))
TIMED(STEP_LINKS_UP, sim_links_up,
      (struct sim_host *const *hosts, size_t count, struct sim_error *err), (hosts, count, err))
TIMED(STEP_ADDRESSES, sim_address_add,
      (struct sim_host * host, const char *ifname, const struct sim_prefix *address,
       struct sim_error *err),
      (host, ifname, address, err))
TIMED(STEP_SERVICES, services_start,
      (const struct plan *plan, struct sim_host *const *hosts, struct services *services,
       struct sim_error *err),
      (plan, hosts, services, err))
TIMED(STEP_SERVICES_AWAIT, services_await, (const struct services *services, struct sim_error *err),
      (services, err))
TIMED(STEP_LIVE_UP, live_up,
      (const struct plan *plan, const struct sim_cgroups *cgroups, struct live *live,
       struct sim_error *err),
      (plan, cgroups, live, err))
TIMED(STEP_POLICIES, live_load,
      (struct live * live, size_t variant, struct refused_policy *refused, struct sim_error *err),
      (live, variant, refused, err))
TIMED(STEP_MOUNTS, sim_host_mount, (struct sim_host * host, struct sim_error *err), (host, err))
TIMED(STEP_CHILD, sim_process_call,
      (struct sim_host * host, const struct sim_identity *as, int (*body)(void *arg), void *arg,
       unsigned timeout_ms, const struct sim_watch *watch, struct sim_process_result *result,
       struct sim_error *err),
      (host, as, body, arg, timeout_ms, watch, result, err))
TIMED(STEP_ATTEMPT, attempt,
      (struct attempts * attempts, size_t probe, enum family family, struct result *result,
       struct sim_error *err),
      (attempts, probe, family, result, err))
TIMED_VOID(STEP_SERVICES_STOP, services_stop, (struct services * services), (services))
TIMED_VOID(STEP_HOSTS_FREE, sim_host_free, (struct sim_host * host), (host))
TIMED_VOID(STEP_LIVE_DOWN, live_down, (struct live * live), (live))
/* NOLINTEND(bugprone-reserved-identifier, cert-dcl37-c, cert-dcl51-cpp) */
