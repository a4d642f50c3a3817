/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same probes again and again in warm labs, with every core kept busy by
 * other processes: no wrong verdict, no inconclusive one, and how long it takes
 * from sending to a proven drop.
 *
 *     soak [REPEATS [SCENARIO]]
 *
 * scenario.yaml has what differs from hook to hook, wall.yaml every way to drop
 * and to reject at each of them.
 *
 * It fails on a verdict that is not as expected, never on time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/attempt.h"
#include "lab/live.h"
#include "lab/plan.h"
#include "tests/support/median.h"
#include "tests/support/namespaces.h"

/* Drop times that are kept for the median. */
#define TIMES_MAX 1000000

struct count {
	unsigned long probes;
	unsigned long wrong;
	unsigned long inconclusive;
	unsigned long drops;
	double *drop_us;
};

static unsigned long repeats = 20;
static const char *scenario_path = SOAK_SCENARIO;

static _Noreturn void spin(void)
{
	for (volatile unsigned long turns = 0;; turns++)
		;
}

static size_t keep_busy(pid_t *pids, size_t max)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = cores > 0 && (size_t)cores < max ? (size_t)cores : max;
	for (size_t i = 0; i < count; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			spin();
	}
	return count;
}

static void complain(const struct scenario *scenario, const struct result *result)
{
	fprintf(stderr, "%s, %s, %s: expected %s, %s: %s\n",
		scenario->variants[result->variant].name, scenario->probes[result->probe].name,
		family_name(result->family), result->expected,
		outcome_kind_name(result->outcome.kind), result->outcome.why);
}

static void note(struct count *count, const struct scenario *scenario, const struct result *result)
{
	count->probes++;
	if (result->outcome.kind == OUTCOME_INCONCLUSIVE)
		count->inconclusive++;
	else if (!result->passed)
		count->wrong++;
	if (!result->passed)
		complain(scenario, result);
	if (result->outcome.kind == OUTCOME_DROPPED && count->drops < TIMES_MAX)
		count->drop_us[count->drops++] = 1000 * result->ms;
}

static int probe_once(struct attempts *attempts, struct count *count, struct sim_error *err)
{
	const struct scenario *scenario = attempts->live->plan->scenario;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		enum family families[2];
		size_t n = attempt_families(&scenario->probes[i], families);
		for (size_t f = 0; f < n; f++) {
			struct result result;
			if (attempt(attempts, i, families[f], &result, err) < 0)
				return -1;
			note(count, scenario, &result);
		}
	}
	return 0;
}

static void print_count(const char *name, struct count *count)
{
	double middle = median(count->drop_us, count->drops);
	double late = percentile(count->drop_us, count->drops, 99);
	printf("%-24s %8lu probes, %lu wrong, %lu inconclusive; %lu drops, median %.0f us, 99 %% "
	       "under %.0f us\n",
	       name, count->probes, count->wrong, count->inconclusive, count->drops, middle, late);
	fflush(stdout);
}

/* One variant in one lab, `repeats` times. */
static int soak_lab(struct live *live, size_t variant, struct count *count, struct sim_error *err)
{
	struct witness *witness = NULL;
	struct refused_policy refused;
	struct attempts attempts;
	if (witness_open(live->plan, live->hosts, &witness, err) < 0)
		return -1;
	int status = live_load(live, variant, &refused, err);
	if (status == 0)
		status = witness_learn(witness, &live->plan->scenario->variants[variant], err);
	if (status == 0)
		status = attempts_begin(live, witness, variant, &attempts, err);
	if (status == 0) {
		for (unsigned long i = 0; status == 0 && i < repeats; i++)
			status = probe_once(&attempts, count, err);
		attempts_end(&attempts);
	}
	witness_close(witness);
	return status;
}

static int soak_variant(const struct plan *plan, size_t variant, struct count *total,
			struct sim_error *err)
{
	struct count count = {.drop_us = calloc(TIMES_MAX, sizeof(double))};
	struct live live;
	if (!count.drop_us || live_up(plan, NULL, &live, err) < 0) {
		free(count.drop_us);
		return -1;
	}
	int status = soak_lab(&live, variant, &count, err);
	live_down(&live);
	print_count(plan->scenario->variants[variant].name, &count);
	free(count.drop_us);
	total->probes += count.probes;
	total->wrong += count.wrong;
	total->inconclusive += count.inconclusive;
	return status < 0 ? -1 : count.wrong || count.inconclusive;
}

static int soak_all(const struct plan *plan, const char *title)
{
	struct sim_error err = {0};
	struct count total = {0};
	int failed = 0;
	printf("%s, %lu times\n", title, repeats);
	for (size_t i = 0; i < plan->scenario->n_variants; i++) {
		int status = soak_variant(plan, i, &total, &err);
		failed |= status != 0;
		if (status < 0)
			fprintf(stderr, "%s\n", err.text);
	}
	printf("%-24s %8lu probes, %lu wrong, %lu inconclusive\n", "all of them", total.probes,
	       total.wrong, total.inconclusive);
	fflush(stdout);
	return failed;
}

static int soak(void)
{
	pid_t busy[64];
	struct sim_error err = {0};
	struct scenario *scenario = scenario_read(scenario_path, stderr);
	struct plan *plan = scenario ? plan_new(scenario, &err) : NULL;
	int failed = !plan;
	if (plan) {
		failed |= soak_all(plan, "the machine as it is");
		size_t n_busy = keep_busy(busy, sizeof(busy) / sizeof(*busy));
		failed |= soak_all(plan, "every core kept busy");
		for (size_t i = 0; i < n_busy; i++) {
			kill(busy[i], SIGKILL);
			waitpid(busy[i], NULL, 0);
		}
	}
	plan_free(plan);
	scenario_free(scenario);
	return failed;
}

int main(int argc, char **argv)
{
	if (argc > 1)
		repeats = strtoul(argv[1], NULL, 10);
	if (argc > 2)
		scenario_path = argv[2];
	return in_namespaces(soak);
}
