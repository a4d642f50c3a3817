/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A selection: the options that every command has which builds labs.  Which
 * policies, which variants, and in which colours.
 *
 * The settings of such a command start with a selection, and its table of
 * options with SELECTION_ROWS.
 */
#ifndef LAB_SELECTION_H
#define LAB_SELECTION_H

#include "lab/options.h"
#include "lab/report.h"
#include "lab/scenario.h"
#include "lab/sources.h"

/* How often an option may be given. */
#define SELECTION_MAX 64

struct selection {
	struct policy_override policies[SELECTION_MAX];
	size_t n_policies;
	const char *variants[SELECTION_MAX]; /* none: all */
	size_t n_variants;
	enum colour colour;
};

/* "HOST=KIND:FILE", a variant's name, "always"; for tables of options. */
int selection_set_policy(void *settings, char *value, struct sim_error *err);
int selection_set_variant(void *settings, char *value, struct sim_error *err);
int selection_set_colour(void *settings, char *value, struct sim_error *err);
const char *selection_kind_nth(size_t i);
const char *selection_colour_nth(size_t i);

/* clang-format off */
#define SELECTION_ROWS                                                                             \
	{.name = "policy",                                                                         \
	 .argument = "HOST=KIND:FILE",                                                             \
	 .help = "put FILE in place of the policies that the scenarios have for HOST; KIND is "    \
		 "one of",                                                                         \
	 .set = selection_set_policy,                                                              \
	 .choice = selection_kind_nth},                                                            \
	{.name = "variant",                                                                        \
	 .argument = "VARIANT",                                                                    \
	 .help = "run this variant only; may be given more than once",                             \
	 .set = selection_set_variant},                                                            \
	{.name = "colour",                                                                         \
	 .argument = "WHEN",                                                                       \
	 .help = "use colours: auto is on a terminal, unless NO_COLOR is set; WHEN is one of",     \
	 .set = selection_set_colour,                                                              \
	 .choice = selection_colour_nth},                                                          \
	{.name = "color", .argument = "WHEN", .set = selection_set_colour}
/* clang-format on */

/* Whether the variant of this name is wanted. */
bool selection_wants_variant(const struct selection *selection, const char *name);

/* Put the policies in place; -1 with messages on stderr. */
int selection_override(const struct selection *selection, const struct scenario_set *set);

/* Every variant that was named must be one of some scenario. */
int selection_check(const struct selection *selection, const struct scenario_set *set,
		    struct sim_error *err) __attribute__((warn_unused_result));

#endif
