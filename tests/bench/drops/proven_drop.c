/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The time from sending to a proven drop in a warm lab, for each hook, kind of
 * table and family, beside the floor: the same packet on the same way, and what
 * netfilter says of it read, but not understood, in one process.
 *
 * FWLAB_BENCH_RUNS is how often each is sent (200).  Fails when a drop is not
 * proven, never for its time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/attempt.h"
#include "lab/errand.h"
#include "lab/live.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"
#include "netsim/trace.h"
#include "tests/support/median.h"
#include "tests/support/namespaces.h"

#define RUNS_MAX 100000

static const enum family families[] = {FAMILY_IPV4, FAMILY_IPV6};
#define FAMILIES (sizeof(families) / sizeof(*families))

static size_t runs = 200;

/* One variant, twice: in a lab as it is, and in one where only the host that drops is traced. */
struct bench {
	size_t variant;
	size_t dropper; /* that host */
	struct live warm;
	struct witness *witness;
	struct attempts attempts;
	struct live bare;
	struct sim_trace *trace;
	double *us[2][FAMILIES]; /* floor, fwlab */
};

static int bring_up(struct live *live, const struct plan *plan, size_t variant,
		    struct sim_error *err)
{
	struct refused_policy refused;
	return live_up(plan, NULL, live, err) < 0 ? -1 : live_load(live, variant, &refused, err);
}

static int make_labs(struct bench *bench, const struct plan *plan, struct sim_error *err)
{
	const struct variant *variant = &plan->scenario->variants[bench->variant];
	bench->dropper = variant->sets[0].host;
	if (bring_up(&bench->bare, plan, bench->variant, err) < 0 ||
	    sim_trace_open(bench->bare.hosts[bench->dropper], &bench->trace, err) < 0 ||
	    bring_up(&bench->warm, plan, bench->variant, err) < 0 ||
	    witness_open(plan, bench->warm.hosts, &bench->witness, err) < 0 ||
	    witness_learn(bench->witness, variant, err) < 0)
		return -1;
	return attempts_begin(&bench->warm, bench->witness, bench->variant, &bench->attempts, err);
}

/* A packet to be sent from the host that this thread is in, and how long until all is told. */
struct shot {
	struct sockaddr_storage to;
	int trace;
	double us;
};

static int shoot(void *arg, struct sim_error *err)
{
	struct shot *shot = arg;
	char message[65536];
	size_t told = 0;
	autoclose int fd =
		socket(shot->to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	uint64_t began = wire_now_ns();
	if (fd < 0 ||
	    (connect(fd, (struct sockaddr *)&shot->to, wire_address_length(&shot->to)) < 0 &&
	     errno != EINPROGRESS))
		return sim_fail(err, errno, "cannot connect");
	while (recv(shot->trace, message, sizeof(message), MSG_DONTWAIT) > 0)
		told++;
	shot->us = (double)(wire_now_ns() - began) / 1e3;
	return told ? 0 : sim_fail(err, 0, "nothing was told of a packet when it was sent");
}

static int take_floor(const struct bench *bench, enum family family, double *us,
		      struct sim_error *err)
{
	const struct plan *plan = bench->bare.plan;
	const struct probe *probe = &plan->scenario->probes[0];
	struct errand errand;
	if (!errand_make(plan, probe, family, 0, &errand))
		return sim_fail(err, 0, "there is no address to send to");
	struct shot shot = {.to = errand.to, .trace = sim_trace_fd(bench->trace)};
	if (sim_host_within(bench->bare.hosts[probe->from], shoot, &shot, err) < 0)
		return -1;
	*us = shot.us;
	return 0;
}

static int take_attempt(struct bench *bench, enum family family, double *us, struct sim_error *err)
{
	const struct plan *plan = bench->warm.plan;
	const struct evidence *evidence;
	struct result result;
	if (attempt(&bench->attempts, 0, family, &result, err) < 0)
		return -1;
	evidence = &result.outcome.evidence;
	if (!result.passed)
		return sim_fail(err, 0, "%s", result.complaint);
	if (!*evidence->rule || strcmp(evidence->host, plan_host_name(plan, bench->dropper)) != 0)
		return sim_fail(err, 0, "dropped, but not proven: %s", result.outcome.why);
	*us = 1e3 * result.ms;
	return 0;
}

static int take_all(struct bench *bench, struct sim_error *err)
{
	for (size_t run = 0; run < runs; run++)
		for (size_t f = 0; f < FAMILIES; f++)
			if (take_floor(bench, families[f], &bench->us[0][f][run], err) < 0 ||
			    take_attempt(bench, families[f], &bench->us[1][f][run], err) < 0)
				return -1;
	return 0;
}

static void print(const struct bench *bench, const char *name)
{
	printf("%-24s", name);
	for (size_t f = 0; f < FAMILIES; f++) {
		double floor_us = median(bench->us[0][f], runs);
		double us = median(bench->us[1][f], runs);
		printf("%12.0f%12.0f%8.1f", floor_us, us, us / floor_us);
	}
	printf("\n");
}

static int run_variant(const struct plan *plan, size_t variant, double *values,
		       struct sim_error *err)
{
	struct bench bench = {
		.variant = variant, .warm.services = SERVICES_NONE, .bare.services = SERVICES_NONE};
	for (size_t i = 0; i < 2 * FAMILIES; i++)
		bench.us[i / FAMILIES][i % FAMILIES] = values + i * runs;
	int status = make_labs(&bench, plan, err);
	if (status == 0) {
		status = take_all(&bench, err);
		attempts_end(&bench.attempts);
	}
	witness_close(bench.witness);
	sim_trace_close(bench.trace);
	live_down(&bench.warm);
	live_down(&bench.bare);
	if (status == 0)
		print(&bench, plan->scenario->variants[variant].name);
	return status;
}

static int run_all(const struct plan *plan, double *values, struct sim_error *err)
{
	printf("from sending to a proven drop, medians of %zu\n\n%-24s", runs, "");
	for (size_t f = 0; f < FAMILIES; f++)
		printf("%12s%12s%8s", f ? "IPv6 floor" : "IPv4 floor", "fwlab, us", "ratio");
	printf("\n");
	for (size_t i = 0; i < plan->scenario->n_variants; i++)
		if (run_variant(plan, i, values, err) < 0)
			return sim_wrap(err, "%s", plan->scenario->variants[i].name);
	return 0;
}

static int bench_drops(void)
{
	struct sim_error err = {0};
	struct scenario *scenario = scenario_read(BENCH_SCENARIO, stderr);
	struct plan *plan = scenario ? plan_new(scenario, &err) : NULL;
	double *values = calloc(2 * FAMILIES * runs, sizeof(double));
	int status = !plan || !values ? -1 : run_all(plan, values, &err);
	if (status < 0) /* a scenario that cannot be read has been complained of */
		fprintf(stderr, "bench: %s\n", *err.text ? err.text : BENCH_SCENARIO);
	free(values);
	plan_free(plan);
	scenario_free(scenario);
	fflush(stdout);
	return status < 0;
}

int main(void)
{
	const char *text = getenv("FWLAB_BENCH_RUNS");
	unsigned long wanted = text ? strtoul(text, NULL, 10) : runs;
	runs = wanted < 1 ? 1 : wanted > RUNS_MAX ? RUNS_MAX : wanted;
	return in_namespaces(bench_drops);
}
