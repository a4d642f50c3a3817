/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe should come to: reading it, and looking it up. */
#include <stdio.h>
#include <string.h>

#include "lab/scenario_reader.h"

#define MISSING_MAX 4  /* of what is not covered, so many are named */
#define HAS_NEITHER 4u /* the bit of a run, which has no family */

/* `expect` while it is being read. */
struct expect_reading {
	struct probe *probe;
	bool broken; /* a clause could not be understood: say nothing of what is missing */
};

static void add_clause(struct reader *r, const struct yaml *node, size_t variant,
		       enum family family, struct expect_reading *reading)
{
	struct probe *probe = reading->probe;
	struct expect_clause *clause = &probe->expect[probe->n_expect];
	*clause =
		(struct expect_clause){.place = node->place, .variant = variant, .family = family};
	if (read_expectation(r, node, probe, &clause->expectation))
		probe->n_expect++;
	else
		reading->broken = true;
}

/* The family that a key names; ANY for "else". */
static bool family_key(const char *key, enum family *family)
{
	static const char *const keys[] = {"else", "ipv4", "ipv6"};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i], key) == 0) {
			*family = (enum family)i;
			return true;
		}
	}
	return false;
}

const char *nth_family_key(const void *among, size_t i)
{
	static const char *const keys[] = {"ipv4", "ipv6", "else"};
	(void)among;
	return i < sizeof(keys) / sizeof(keys[0]) ? keys[i] : NULL;
}

/* Whether a value is one expectation (a text, or the fields of one) or a map by case. */
static enum map_shape value_shape(struct reader *r, const struct yaml *node, unsigned cases,
				  struct expect_reading *reading)
{
	if (node->kind != YAML_MAP)
		return SHAPE_FIELDS;
	enum map_shape shape = shape_of(r, node, cases, expectation_fields, n_expectation_fields);
	reading->broken |= shape == SHAPE_NEITHER;
	return shape;
}

static void read_families(struct reader *r, const struct yaml *node, size_t variant,
			  struct expect_reading *reading)
{
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		enum family family;
		if (family_key(e->key->text, &family)) {
			add_clause(r, e->value, variant, family, reading);
			continue;
		}
		complain_unknown(r, e->key->place, "family", e->key->text, "", nth_family_key,
				 NULL);
		reading->broken = true;
	}
}

/* The value of a variant: what is expected, or a map by family. */
static void read_by_family(struct reader *r, const struct yaml *node, size_t variant,
			   struct expect_reading *reading)
{
	enum map_shape shape = value_shape(r, node, CASES_FAMILIES, reading);
	if (shape == SHAPE_FIELDS)
		add_clause(r, node, variant, FAMILY_ANY, reading);
	else if (shape == SHAPE_CASES)
		read_families(r, node, variant, reading);
}

static void read_by_variant(struct reader *r, const struct yaml *node,
			    struct expect_reading *reading)
{
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		enum family family = FAMILY_ANY;
		if (family_key(e->key->text, &family)) {
			if (family == FAMILY_ANY)
				read_by_family(r, e->value, NONE, reading);
			else
				add_clause(r, e->value, NONE, family, reading);
			continue;
		}
		size_t variant = find_variant_among_families(r, e->key->place, e->key->text);
		if (variant == NONE)
			reading->broken = true;
		else
			read_by_family(r, e->value, variant, reading);
	}
}

/* The families that a probe can have, as bits. */
static unsigned needed_bits(const struct probe *probe)
{
	static const unsigned bits[] = {HAS_IPV4 | HAS_IPV6, HAS_IPV4, HAS_IPV6};
	return probe->kind == PROBE_RUN ? HAS_NEITHER : bits[probe->family];
}

static unsigned clause_bits(const struct expect_clause *clause)
{
	static const unsigned bits[] = {HAS_IPV4 | HAS_IPV6 | HAS_NEITHER, HAS_IPV4, HAS_IPV6};
	return bits[clause->family];
}

static void check_clause(struct reader *r, const struct expect_clause *clause,
			 const struct probe *probe, unsigned *exact)
{
	unsigned bit = clause->family == FAMILY_ANY ? HAS_NEITHER : clause_bits(clause);
	if (clause->family != FAMILY_ANY && !(bit & needed_bits(probe)))
		complain(r, clause->place, "this probe never goes over %s",
			 family_name(clause->family));
	if (clause->variant == NONE && (*exact & bit))
		complain(r, clause->place, "this has been said before, in another way");
	if (clause->variant != NONE && scenario_refusals(&r->scenario->variants[clause->variant]))
		complain(r, clause->place,
			 "no probe is sent under %s, in which a policy is to be refused",
			 quoted(r, r->scenario->variants[clause->variant].name));
	if (clause->variant == NONE)
		*exact |= bit;
}

static const char *missing_text(struct reader *r, size_t variant, unsigned bits)
{
	const char *name = quoted(r, r->scenario->variants[variant].name);
	if (bits != HAS_IPV4 && bits != HAS_IPV6)
		return name;
	return arena_printf(r->arena, "%s over %s", name, bits == HAS_IPV4 ? "ipv4" : "ipv6");
}

static void check_coverage(struct reader *r, struct place place, const struct probe *probe)
{
	size_t n_variants = r->scenario->n_variants, missing = 0;
	unsigned char *covered = arena_array(r->arena, unsigned char, n_variants);
	unsigned otherwise = 0, exact = 0;
	for (size_t i = 0; i < probe->n_expect; i++) {
		const struct expect_clause *clause = &probe->expect[i];
		check_clause(r, clause, probe, &exact);
		if (clause->variant == NONE)
			otherwise |= clause_bits(clause);
		else
			covered[clause->variant] |= (unsigned char)clause_bits(clause);
	}
	const char *text = "";
	for (size_t v = 0; v < n_variants; v++) {
		unsigned lacks = needed_bits(probe) & ~(covered[v] ? covered[v] : otherwise);
		bool is_run = !scenario_refusals(&r->scenario->variants[v]);
		if (is_run && lacks && missing++ < MISSING_MAX)
			text = arena_printf(r->arena, "%s%s%s", text, missing > 1 ? ", " : "",
					    missing_text(r, v, lacks));
	}
	if (missing)
		complain(r, place, "nothing is expected under %s%s; add it, or 'else'", text,
			 missing > MISSING_MAX ? ", ..." : "");
}

void read_expect(struct reader *r, const struct yaml *node, struct probe *probe)
{
	struct expect_reading reading = {.probe = probe};
	if (probe->n_expect) {
		complain(r, node->place, "'exit' in 'run' (line %u) says already what is expected",
			 probe->expect->place.line);
		return;
	}
	probe->expect = arena_array(r->arena, struct expect_clause, node->weight);
	enum map_shape shape = value_shape(r, node, CASES_FAMILIES | CASES_VARIANTS, &reading);
	if (shape == SHAPE_FIELDS)
		add_clause(r, node, NONE, FAMILY_ANY, &reading);
	else if (shape == SHAPE_CASES)
		read_by_variant(r, node, &reading);
	if (!reading.broken && !r->variants_unknown)
		check_coverage(r, node->place, probe);
}

void expect_exit(struct reader *r, struct place place, int status, struct probe *probe)
{
	probe->expect = arena_array(r->arena, struct expect_clause, 1);
	probe->n_expect = 1;
	probe->expect[0] = (struct expect_clause){
		.place = place,
		.variant = NONE,
		.expectation = {.kind = EXPECT_EXIT,
				.text = arena_printf(r->arena, "exit %d", status),
				.at = NONE,
				.exit_status = status},
	};
}

/* The clause for exactly this variant and family, otherwise for the variant, or NULL. */
static const struct expectation *find_clause(const struct probe *probe, size_t variant,
					     enum family family, bool *named)
{
	const struct expectation *found = NULL;
	for (size_t i = 0; i < probe->n_expect; i++) {
		const struct expect_clause *clause = &probe->expect[i];
		if (clause->variant != variant)
			continue;
		*named = true;
		if (clause->family == family)
			return &clause->expectation;
		if (clause->family == FAMILY_ANY)
			found = &clause->expectation;
	}
	return found;
}

const struct expectation *scenario_expectation(const struct probe *probe, size_t variant,
					       enum family family)
{
	bool named = false;
	const struct expectation *found = find_clause(probe, variant, family, &named);
	if (!named)
		found = find_clause(probe, NONE, family, &named);
	return found;
}

static bool is_on_evidence(const struct expectation *expectation)
{
	return expectation->by || expectation->hook ||
	       ((expectation->at != NONE || expectation->spot) &&
		expectation->kind != EXPECT_ALLOW);
}

bool scenario_asks_evidence(const struct scenario *scenario, size_t variant)
{
	for (size_t i = 0; i < scenario->n_probes; i++) {
		const struct probe *probe = &scenario->probes[i];
		/* What became of apt's packets is not in its own words. */
		if (probe->kind == PROBE_APT || scenario_log(probe, variant))
			return true;
		for (size_t k = 0; k < probe->n_expect; k++) {
			const struct expect_clause *clause = &probe->expect[k];
			if ((clause->variant == variant || clause->variant == NONE) &&
			    is_on_evidence(&clause->expectation))
				return true;
		}
	}
	return false;
}
