/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios: any text is read, with every error at a place that it has, or
 * makes a plan.  Twice the same text is twice the same.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lab/plan.h"
#include "lab/way.h"
#include "tests/fuzz/support/fuzz.h"

#define NAME "input.yaml"

/* All that is told of a scenario and its plan. */
struct telling {
	char *text;
	size_t length;
	FILE *to;
};

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): ld's --wrap names them */
char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);

/* What is outside of the folder does not exist: no input looks at the machine. */
char *__wrap_realpath(const char *path, char *resolved)
{
	char *real = __real_realpath(path, resolved);
	if (real && !strncmp(real, FUZZ_FOLDER "/", sizeof(FUZZ_FOLDER)))
		return real;
	if (!resolved)
		free(real);
	errno = ENOENT;
	return NULL;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static void check_expectations(const struct scenario *scenario)
{
	for (size_t p = 0; p < scenario->n_probes; p++) {
		const struct probe *probe = &scenario->probes[p];
		HOLDS(probe->from < scenario->n_hosts);
		HOLDS(probe->name && probe->as.text);
		for (size_t v = 0; v < scenario->n_variants; v++) {
			HOLDS(scenario_expectation(probe, v, FAMILY_IPV4));
			HOLDS(scenario_expectation(probe, v, FAMILY_IPV6));
			scenario_output(probe, v);
			scenario_log(probe, v);
		}
	}
	for (size_t v = 0; v < scenario->n_variants; v++)
		scenario_asks_evidence(scenario, v);
}

/* Every address that a host has is in a subnet of the network that it is on, and nobody else's. */
static void check_addresses(const struct plan *plan, size_t host)
{
	const struct plan_host *planned = &plan->hosts[host];
	for (size_t l = 0; l < planned->n_links; l++) {
		const struct plan_link *link = &planned->links[l];
		HOLDS(link->network < plan->n_networks);
		const struct plan_network *network = &plan->networks[link->network];
		for (size_t a = 0; a < link->n_addresses; a++) {
			bool within = false;
			for (size_t s = 0; s < network->n_subnets; s++)
				within |= sim_prefix_contains(&network->subnets[s],
							      &link->addresses[a]);
			HOLDS(within);
			HOLDS(plan_owner(plan, &link->addresses[a]) == host);
			HOLDS(way_next(plan, host, &link->addresses[a]) == host);
		}
	}
}

static void tell_plan(const struct plan *plan, FILE *to)
{
	for (size_t h = 0; h < plan->scenario->n_hosts; h++) {
		check_addresses(plan, h);
		fputs(plan_hosts_text(plan, h), to);
		fputs(plan_resolv_text(plan, h), to);
		fprintf(to, "%zu routes\n", plan->hosts[h].n_routes);
	}
}

static void tell(const char *text, size_t length, struct telling *telling)
{
	telling->to = open_memstream(&telling->text, &telling->length);
	HOLDS(telling->to);
	struct scenario *scenario = scenario_parse(NAME, FUZZ_FOLDER, text, length, telling->to);
	HOLDS(fflush(telling->to) == 0);
	/* What is not good is said, and what is said is not good. */
	HOLDS(!scenario == (telling->length != 0));
	if (scenario) {
		struct sim_error err = {0};
		struct plan *plan = plan_new(scenario, &err);
		check_expectations(scenario);
		HOLDS(plan || *err.text);
		if (plan)
			tell_plan(plan, telling->to);
		else
			fputs(err.text, telling->to);
		plan_free(plan);
	}
	HOLDS(fclose(telling->to) == 0);
	if (!scenario)
		fuzz_check_diagnostics(telling->text, telling->length, NAME, text, length);
	scenario_free(scenario);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct telling first, second;
	tell((const char *)data, size, &first);
	tell((const char *)data, size, &second);
	HOLDS(first.length == second.length && !memcmp(first.text, second.text, first.length));
	free(first.text);
	free(second.text);
	return 0;
}
