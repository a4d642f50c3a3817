/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/scenario_reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LISTED_MAX  24 /* known names that a message lists */
#define MESSAGE_MAX 1024

void complain(struct reader *r, struct place place, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diagnostics_add(r->diagnostics, place, "%s", message);
}

const char *quoted(struct reader *r, const char *text)
{
	return arena_printf(r->arena, "'%s'", shown(r->arena, text));
}

const char *suggestion(struct reader *r, const struct nearest *nearest, const char *otherwise)
{
	if (!nearest->name)
		return otherwise;
	return arena_printf(r->arena, "; did you mean %s?", quoted(r, nearest->name));
}

/* "; there are a, b, c", or nothing where that would be too long. */
static const char *list_known(struct reader *r, const char *(*nth)(const void *among, size_t i),
			      const void *among)
{
	const char *list = "";
	const char *name;
	size_t i;
	for (i = 0; (name = nth(among, i)) && i < LISTED_MAX; i++)
		list = arena_printf(r->arena, "%s%s%s", list, i ? ", " : "", shown(r->arena, name));
	return i && !name ? arena_printf(r->arena, "; known: %s", list) : "";
}

void complain_unknown(struct reader *r, struct place place, const char *what, const char *name,
		      const char *where, const char *(*nth)(const void *among, size_t i),
		      const void *among)
{
	/* What will not be shown anyway need not be looked for. */
	if (diagnostics_count(r->diagnostics) > DIAGNOSTICS_MAX) {
		complain(r, place, "unknown %s %s%s", what, quoted(r, name), where);
		return;
	}
	struct nearest nearest = nearest_to(name);
	const char *candidate;
	for (size_t i = 0; (candidate = nth(among, i)); i++)
		nearest_offer(&nearest, candidate);
	complain(r, place, "unknown %s %s%s%s", what, quoted(r, name), where,
		 suggestion(r, &nearest, nearest.name ? "" : list_known(r, nth, among)));
}

struct fields {
	const struct field *table;
	size_t count;
};

static const char *nth_field(const void *among, size_t i)
{
	const struct fields *fields = among;
	return i < fields->count ? fields->table[i].name : NULL;
}

static bool has_field(const struct fields *fields, const char *name)
{
	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(fields->table[i].name, name) == 0)
			return true;
	}
	return false;
}

bool read_fields(struct reader *r, const struct yaml *node, const char *what,
		 const struct field *table, size_t count, void *into)
{
	struct fields fields = {table, count};
	if (!want_map(r, node, what))
		return false;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (!has_field(&fields, e->key->text))
			complain_unknown(r, e->key->place, "key", e->key->text,
					 arena_printf(r->arena, " in %s", what), nth_field,
					 &fields);
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml *value = yaml_get(node, table[i].name);
		if (value && table[i].read)
			table[i].read(r, value, into);
		else if (!value && table[i].required)
			complain(r, node->place, "%s needs '%s'", what, table[i].name);
	}
	return true;
}

static const char *nth_host(const void *among, size_t i)
{
	const struct scenario *scenario = among;
	return i < scenario->n_hosts ? scenario->hosts[i].name : NULL;
}

static const char *nth_network(const void *among, size_t i)
{
	const struct scenario *scenario = among;
	return i < scenario->n_networks ? scenario->networks[i].name : NULL;
}

static const char *nth_variant(const void *among, size_t i)
{
	const struct scenario *scenario = among;
	return i < scenario->n_variants ? scenario->variants[i].name : NULL;
}

/* A name that is unknown is complained about where it is first used. */
static size_t find(struct reader *r, struct place place, const struct names *names,
		   const char *what, const char *name,
		   const char *(*nth)(const void *among, size_t i))
{
	const struct named *found = names_find(names, name);
	if (found)
		return found->value;
	const char *complaint = arena_printf(r->arena, "%s %s", what, name);
	if (!names_add(&r->complained, r->arena, complaint, 0, place))
		complain_unknown(r, place, what, name, "", nth, r->scenario);
	return NONE;
}

size_t find_host(struct reader *r, struct place place, const char *name)
{
	/* That there are no hosts at all has been complained about. */
	if (!r->scenario->n_hosts)
		return NONE;
	return find(r, place, &r->hosts, "host", name, nth_host);
}

size_t find_network(struct reader *r, struct place place, const char *name)
{
	if (r->networks_unknown)
		return NONE;
	return find(r, place, &r->networks, "network", name, nth_network);
}

size_t find_variant(struct reader *r, struct place place, const char *name)
{
	if (r->variants_unknown)
		return NONE;
	return find(r, place, &r->variants, "variant", name, nth_variant);
}

/* The variants' names, then the families'. */
static const char *nth_case(const void *among, size_t i)
{
	const struct scenario *scenario = among;
	const char *variant = nth_variant(among, i);
	return variant ? variant : nth_family_key(NULL, i - scenario->n_variants);
}

size_t find_variant_among_families(struct reader *r, struct place place, const char *name)
{
	if (r->variants_unknown)
		return NONE;
	return find(r, place, &r->variants, "variant or family", name, nth_case);
}

size_t read_host_reference(struct reader *r, const struct yaml *node, const char *what)
{
	const char *name;
	return read_text(r, node, what, &name) ? find_host(r, node->place, name) : NONE;
}

void mark_network_incomplete(struct reader *r, const struct network *network)
{
	r->network_incomplete[network - r->scenario->networks] = true;
	r->incomplete = true;
}

void mark_host_incomplete(struct reader *r, size_t host)
{
	r->host_incomplete[host] = true;
	r->incomplete = true;
}
