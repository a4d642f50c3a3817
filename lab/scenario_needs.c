/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scenario needs of the machine. */
#include <string.h>

#include "lab/features.h"
#include "lab/scenario_reader.h"

#define NEEDS_MAX 100

static const struct name_rule program_names = {
	.what = "a program's name",
	.first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[",
	.rest = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_[+.-",
	.max = SCENARIO_NAME_MAX,
	.says = "letters, digits, '_', and '+', '.' and '-', not first, without its folder",
};
/* Debian policy, 5.6.1 */
static const struct name_rule package_names = {
	.what = "a package's name",
	.first = "abcdefghijklmnopqrstuvwxyz0123456789",
	.rest = "abcdefghijklmnopqrstuvwxyz0123456789+.-",
	.max = SCENARIO_NAME_MAX,
	.says = "lower-case letters, digits, and '+', '.' and '-', not first",
};

static void read_program(struct reader *r, const struct yaml *node, void *into)
{
	struct need *need = into;
	if (read_text(r, node, "a program's name", &need->program))
		check_name(r, node, &program_names);
}

static void read_package(struct reader *r, const struct yaml *node, void *into)
{
	struct need *need = into;
	if (read_text(r, node, "a package's name", &need->package))
		check_name(r, node, &package_names);
}

static const char *nth_feature(const void *among, size_t i)
{
	(void)among;
	const struct feature *feature = feature_nth(i);
	return feature ? feature->name : NULL;
}

static void read_feature(struct reader *r, const struct yaml *node, void *into)
{
	struct need *need = into;
	const char *name;
	if (!read_text(r, node, "a feature's name", &name))
		return;
	need->feature = feature_find(name);
	if (!need->feature)
		complain_unknown(r, node->place, "feature", name, "", nth_feature, NULL);
}

static void add_variant(struct reader *r, const struct yaml *node, struct need *need)
{
	const char *name;
	if (!read_text(r, node, "a variant's name", &name))
		return;
	size_t variant = find_variant(r, node->place, name);
	if (variant != NONE)
		need->variants[need->n_variants++] = variant;
}

static void read_need_variants(struct reader *r, const struct yaml *node, void *into)
{
	struct need *need = into;
	need->variants = arena_array(r->arena, size_t, node->n_entries);
	if (!want_list(r, node, "a list of variants"))
		return;
	if (!node->n_entries)
		complain(r, node->place, "name a variant, or leave 'variants' out: all of them");
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		add_variant(r, e->value, need);
}

static const char *nth_probe(const void *among, size_t i)
{
	const struct scenario *scenario = among;
	return i < scenario->n_probes ? scenario->probes[i].name : NULL;
}

/* By its own name, or by that of its series. */
static bool is_called(const struct probe *probe, const char *name)
{
	return probe->name && (!strcmp(probe->name, name) ||
			       (probe->series && !strcmp(probe->series->name, name)));
}

static bool has_probe(const struct need *need, size_t probe)
{
	for (size_t i = 0; i < need->n_probes; i++)
		if (need->probes[i] == probe)
			return true;
	return false;
}

static void add_probe(struct reader *r, const struct yaml *node, struct need *need)
{
	const char *name;
	bool found = false;
	if (!read_text(r, node, "a probe's name", &name))
		return;
	for (size_t i = 0; i < r->scenario->n_probes; i++) {
		if (!is_called(&r->scenario->probes[i], name))
			continue;
		found = true;
		if (!has_probe(need, i))
			need->probes[need->n_probes++] = i;
	}
	if (!found)
		complain_unknown(r, node->place, "probe", name, "", nth_probe, r->scenario);
}

static void read_need_probes(struct reader *r, const struct yaml *node, void *into)
{
	struct need *need = into;
	need->probes = arena_array(r->arena, size_t, r->scenario->n_probes);
	if (!want_list(r, node, "a list of probes"))
		return;
	if (!node->n_entries)
		complain(r, node->place, "name a probe, or leave 'probes' out: all of them");
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		add_probe(r, e->value, need);
}

static const struct field need_fields[] = {
	{"program", read_program, false},    {"package", read_package, false},
	{"feature", read_feature, false},    {"variants", read_need_variants, false},
	{"probes", read_need_probes, false},
};

/* Either a program with its package, or a feature. */
static void check_shape(struct reader *r, const struct yaml *node)
{
	const struct yaml *program = yaml_get(node, "program"),
			  *package = yaml_get(node, "package"),
			  *feature = yaml_get(node, "feature");
	if (program && feature)
		complain(r, feature->place,
			 "a need is a 'program' or a 'feature': give each its own");
	else if (!program && !feature)
		complain(r, node->place,
			 "a need has a 'program', with its 'package', or a 'feature'");
	else if (program && !package)
		complain(r, program->place, "'package' is wanted too: the one to install for %s",
			 quoted(r, program->text));
	else if (package && !program)
		complain(r, package->place, "'package' goes with a 'program'");
}

void read_needs(struct reader *r, const struct yaml *node)
{
	struct scenario *scenario = r->scenario;
	if (!want_list(r, node, "a list of needs"))
		return;
	if (node->n_entries > NEEDS_MAX) {
		complain(r, node->place, "%zu needs; at most %d are possible", node->n_entries,
			 NEEDS_MAX);
		return;
	}
	scenario->needs = arena_array(r->arena, struct need, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct need *need = &scenario->needs[scenario->n_needs];
		need->place = e->value->place;
		if (read_fields(r, e->value, "a need", FIELDS(need_fields), need))
			check_shape(r, e->value);
		/* Of nothing nobody can tell whether it is there. */
		scenario->n_needs += need->program || need->feature;
	}
}
