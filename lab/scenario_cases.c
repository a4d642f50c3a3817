/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Maps whose keys are the fields of one thing, or the cases of several. */
#include <string.h>

#include "lab/scenario_reader.h"

/* What the keys of a map may be. */
struct keys {
	const struct reader *reader;
	unsigned cases;
	const struct field *fields;
	size_t n_fields;
};

/* The words that are cases of themselves; the first goes with all. */
static const char *const words[] = {"else", "ipv4", "ipv6"};

static size_t count_words(const struct keys *keys)
{
	return keys->cases & CASES_FAMILIES ? sizeof(words) / sizeof(words[0]) : 1;
}

static bool is_case(const struct keys *keys, const char *key)
{
	for (size_t i = 0; i < count_words(keys); i++) {
		if (strcmp(words[i], key) == 0)
			return true;
	}
	return (keys->cases & CASES_VARIANTS) && names_find(&keys->reader->variants, key);
}

static bool is_field(const struct keys *keys, const char *key)
{
	for (size_t i = 0; i < keys->n_fields; i++) {
		if (strcmp(keys->fields[i].name, key) == 0)
			return true;
	}
	return false;
}

/* Whether an unknown key is more like a field than like a case. */
static bool is_near_field(const struct keys *keys, const char *key)
{
	const struct scenario *scenario = keys->reader->scenario;
	struct nearest nearest = nearest_to(key);
	for (size_t i = 0; i < count_words(keys); i++)
		nearest_offer(&nearest, words[i]);
	for (size_t i = 0; (keys->cases & CASES_VARIANTS) && i < scenario->n_variants; i++)
		nearest_offer(&nearest, scenario->variants[i].name);
	for (size_t i = 0; i < keys->n_fields; i++)
		nearest_offer(&nearest, keys->fields[i].name);
	return nearest.name && is_field(keys, nearest.name);
}

enum map_shape shape_of(struct reader *r, const struct yaml *map, unsigned cases,
			const struct field *fields, size_t count)
{
	const struct keys keys = {r, cases, fields, count};
	const struct yaml *a_case = NULL, *a_field = NULL;
	for (const struct yaml_entry *e = map->entries; e && !(a_case && a_field); e = e->next) {
		if (is_case(&keys, e->key->text))
			a_case = e->key;
		else if (is_field(&keys, e->key->text))
			a_field = e->key;
	}
	if (a_case && a_field) {
		complain(r, a_field->place,
			 "%s cannot stand beside %s: each case has a map of its own, as in "
			 "'%s: { %s: ... }'",
			 quoted(r, a_field->text), quoted(r, a_case->text),
			 shown(r->arena, a_case->text), a_field->text);
		return SHAPE_NEITHER;
	}
	if (!a_case && !a_field && map->entries && is_near_field(&keys, map->entries->key->text))
		return SHAPE_FIELDS;
	return a_field ? SHAPE_FIELDS : SHAPE_CASES;
}
