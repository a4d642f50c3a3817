/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies from the command line in place of the scenario's. */
#include <string.h>

#include "lab/scenario_reader.h"

static size_t index_of_host(const struct scenario *scenario, const char *name,
			    struct nearest *nearest)
{
	for (size_t i = 0; i < scenario->n_hosts; i++) {
		if (strcmp(scenario->hosts[i].name, name) == 0)
			return i;
		nearest_offer(nearest, scenario->hosts[i].name);
	}
	return NONE;
}

/* One override as a policy and its host; what is wrong goes to `diagnostics`. */
static bool resolve(struct scenario *scenario, const struct policy_override *override,
		    struct diagnostics *diagnostics, size_t *host, struct policy *policy)
{
	struct nearest nearest = nearest_to(override->host);
	const char *why;
	*host = index_of_host(scenario, override->host, &nearest);
	*policy = (struct policy){
		.kind = override->kind,
		.path = resolve_policy_file(scenario->arena, ".", override->path, &why),
		.shown = arena_strdup(scenario->arena, override->path),
	};
	if (*host == NONE && nearest.name)
		diagnostics_add(diagnostics, (struct place){0},
				"a policy for the unknown host '%s'; did you mean '%s'?",
				shown(scenario->arena, override->host), nearest.name);
	else if (*host == NONE)
		diagnostics_add(diagnostics, (struct place){0},
				"a policy for the unknown host '%s'",
				shown(scenario->arena, override->host));
	if (!policy->path)
		diagnostics_add(diagnostics, (struct place){0}, "policy '%s': %s",
				shown(scenario->arena, override->path), why);
	return *host != NONE && policy->path;
}

static struct policy_set *set_of(struct policy_set *sets, size_t count, size_t host)
{
	for (size_t i = 0; i < count; i++) {
		if (sets[i].host == host)
			return &sets[i];
	}
	return NULL;
}

static void put_in_place(struct arena *arena, struct variant *variant,
			 const struct policy_set *sets, size_t count)
{
	struct policy_set *all = arena_array(arena, struct policy_set, variant->n_sets + count);
	if (variant->n_sets)
		memcpy(all, variant->sets, variant->n_sets * sizeof(*all));
	variant->sets = all;
	for (size_t i = 0; i < count; i++) {
		struct policy_set *set = set_of(all, variant->n_sets, sets[i].host);
		if (!set)
			set = &all[variant->n_sets++];
		/* The scenario still says what is to come of it. */
		const char *refused = set->refused;
		*set = sets[i];
		set->refused = refused;
	}
}

bool scenario_override(struct scenario *scenario, const struct policy_override *overrides,
		       size_t count, FILE *messages)
{
	struct diagnostics *diagnostics = diagnostics_new("--policy", NULL, 0);
	struct policy_set *sets = arena_array(scenario->arena, struct policy_set, count);
	size_t n_sets = 0;
	for (size_t i = 0; i < count; i++) {
		struct policy policy;
		size_t host;
		if (!resolve(scenario, &overrides[i], diagnostics, &host, &policy))
			continue;
		struct policy_set *set = set_of(sets, n_sets, host);
		if (!set) {
			set = &sets[n_sets++];
			set->host = host;
			set->policies = arena_array(scenario->arena, struct policy, count);
		}
		set->policies[set->n_policies++] = policy;
	}
	bool good = !diagnostics_count(diagnostics);
	for (size_t v = 0; good && v < scenario->n_variants; v++)
		put_in_place(scenario->arena, &scenario->variants[v], sets, n_sets);
	diagnostics_print(diagnostics, messages);
	diagnostics_free(diagnostics);
	return good;
}
