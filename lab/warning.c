/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/warning.h"

#include <stdio.h>

const struct policy *warning_policy(const struct scenario *scenario, const struct warning *warning)
{
	if (warning->variant >= scenario->n_variants || warning->host >= scenario->n_hosts)
		return NULL;
	const struct variant *variant = &scenario->variants[warning->variant];
	const struct host *host = &scenario->hosts[warning->host];
	if (warning->start)
		return warning->index < host->n_start ? &host->start[warning->index] : NULL;
	for (size_t i = 0; i < variant->n_sets; i++) {
		const struct policy_set *set = &variant->sets[i];
		if (set->host == warning->host && warning->index < set->n_policies)
			return &set->policies[warning->index];
	}
	return NULL;
}

size_t warning_count_max(const struct scenario *scenario, size_t variant)
{
	size_t count = 0;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		count += scenario->hosts[i].n_start;
	for (size_t i = 0; i < scenario->variants[variant].n_sets; i++)
		count += scenario->variants[variant].sets[i].n_policies;
	return count;
}

const char *warning_place(const struct scenario *scenario, const struct warning *warning,
			  char place[WARNING_PLACE_MAX])
{
	const struct policy *policy = warning_policy(scenario, warning);
	*place = '\0';
	if (policy && policy->place.line)
		snprintf(place, WARNING_PLACE_MAX, "%s:%u:%u", scenario->file, policy->place.line,
			 policy->place.column);
	return place;
}
