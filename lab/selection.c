/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/selection.h"

#include <string.h>

#include "lab/nearest.h"

static int fail_too_many(struct sim_error *err)
{
	return sim_fail(err, 0, "given more than %d times", SELECTION_MAX);
}

const char *selection_kind_nth(size_t i)
{
	const struct sim_policy_kind *kind = sim_policy_kind_nth(i);
	return kind ? kind->name : NULL;
}

int selection_set_policy(void *settings, char *value, struct sim_error *err)
{
	struct selection *selection = settings;
	char *equals = strchr(value, '=');
	char *colon = equals ? strchr(equals, ':') : NULL;
	if (!colon || equals == value || !colon[1])
		return sim_fail(err, 0, "'%s' is not HOST=KIND:FILE", value);
	if (selection->n_policies == SELECTION_MAX)
		return fail_too_many(err);
	*equals = *colon = '\0';
	const struct sim_policy_kind *kind = sim_policy_kind_find(equals + 1);
	if (!kind)
		return options_fail_choice("kind", equals + 1, selection_kind_nth, err);
	selection->policies[selection->n_policies++] =
		(struct policy_override){.host = value, .kind = kind, .path = colon + 1};
	return 0;
}

int selection_set_variant(void *settings, char *value, struct sim_error *err)
{
	struct selection *selection = settings;
	if (selection->n_variants == SELECTION_MAX)
		return fail_too_many(err);
	selection->variants[selection->n_variants++] = value;
	return 0;
}

static const char *const colours[] = {
	[COLOUR_AUTO] = "auto",
	[COLOUR_ALWAYS] = "always",
	[COLOUR_NEVER] = "never",
};

const char *selection_colour_nth(size_t i)
{
	return i < sizeof(colours) / sizeof(*colours) ? colours[i] : NULL;
}

int selection_set_colour(void *settings, char *value, struct sim_error *err)
{
	const char *name;
	for (size_t i = 0; (name = selection_colour_nth(i)); i++) {
		if (strcmp(name, value) == 0) {
			((struct selection *)settings)->colour = (enum colour)i;
			return 0;
		}
	}
	return options_fail_choice("colour", value, selection_colour_nth, err);
}

static bool has_variant(const struct scenario *scenario, const char *name)
{
	for (size_t i = 0; i < scenario->n_variants; i++) {
		if (strcmp(scenario->variants[i].name, name) == 0)
			return true;
	}
	return false;
}

bool selection_wants_variant(const struct selection *selection, const char *name)
{
	for (size_t i = 0; i < selection->n_variants; i++) {
		if (strcmp(selection->variants[i], name) == 0)
			return true;
	}
	return selection->n_variants == 0;
}

int selection_override(const struct selection *selection, const struct scenario_set *set)
{
	int status = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (!scenario_override(set->scenarios[i], selection->policies,
				       selection->n_policies, stderr))
			status = -1;
	}
	return status;
}

int selection_check(const struct selection *selection, const struct scenario_set *set,
		    struct sim_error *err)
{
	for (size_t i = 0; i < selection->n_variants; i++) {
		struct nearest nearest = nearest_to(selection->variants[i]);
		bool known = false;
		for (size_t k = 0; k < set->count; k++) {
			const struct scenario *scenario = set->scenarios[k];
			known = known || has_variant(scenario, selection->variants[i]);
			for (size_t v = 0; v < scenario->n_variants; v++)
				nearest_offer(&nearest, scenario->variants[v].name);
		}
		if (!known && nearest.name)
			return sim_fail(err, 0, "unknown variant '%s'; did you mean '%s'?",
					selection->variants[i], nearest.name);
		if (!known)
			return sim_fail(err, 0, "no scenario has a variant '%s'",
					selection->variants[i]);
	}
	return 0;
}
