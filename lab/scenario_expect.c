/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe should come to: reading it, and looking it up. */
#include <stdio.h>
#include <string.h>

#include "lab/outcome.h"
#include "lab/scenario_reader.h"

#define WORDS_MAX   3
#define MISSING_MAX 4  /* of what is not covered, so many are named */
#define HAS_NEITHER 4u /* the bit of a run, which has no family */

/* The words of a text, and where each begins. */
struct words {
	const char *word[WORDS_MAX];
	size_t offset[WORDS_MAX];
	size_t count; /* may be more than WORDS_MAX */
};

/* `expect` while it is being read. */
struct expect_reading {
	struct probe *probe;
	bool broken; /* a clause could not be understood: say nothing of what is missing */
};

static struct words split(struct reader *r, const char *text)
{
	struct words words = {0};
	for (const char *p = text + strspn(text, " \t"); *p; p += strspn(p, " \t")) {
		size_t length = strcspn(p, " \t");
		if (words.count < WORDS_MAX) {
			words.word[words.count] = arena_strndup(r->arena, p, length);
			words.offset[words.count] = (size_t)(p - text);
		}
		words.count++;
		p += length;
	}
	return words;
}

static struct place word_place(const struct yaml *node, const struct words *words, size_t i)
{
	return place_within(node, words->offset[i], strlen(words->word[i]));
}

static bool read_no_more(struct reader *r, const struct yaml *node, const struct words *words,
			 struct expectation *expectation)
{
	(void)expectation;
	if (words->count == 1)
		return true;
	complain(r, word_place(node, words, 1), "%s: nothing may follow %s", quoted(r, node->text),
		 quoted(r, words->word[0]));
	return false;
}

static bool read_allow(struct reader *r, const struct yaml *node, const struct words *words,
		       struct expectation *expectation)
{
	if (words->count == 1)
		return true;
	if (words->count != 3 || strcmp(words->word[1], "at") != 0) {
		complain(r, node->place, "%s: 'allow' or 'allow at HOST' is wanted here",
			 quoted(r, node->text));
		return false;
	}
	expectation->at = find_host(r, word_place(node, words, 2), words->word[2]);
	return true;
}

static const char *nth_way(const void *among, size_t i)
{
	(void)among;
	return reject_way_nth(i);
}

static bool read_reject(struct reader *r, const struct yaml *node, const struct words *words,
			struct expectation *expectation)
{
	if (words->count == 1)
		return true;
	if (words->count == 2)
		expectation->how = reject_way_name(words->word[1]);
	if (expectation->how)
		return true;
	if (words->count == 2)
		complain_unknown(r, word_place(node, words, 1), "way to reject", words->word[1], "",
				 nth_way, NULL);
	else
		complain(r, node->place, "%s: 'reject' or 'reject WAY' is wanted here",
			 quoted(r, node->text));
	return false;
}

static bool read_exit_status(struct reader *r, const struct yaml *node, const struct words *words,
			     struct expectation *expectation)
{
	uint64_t status;
	if (words->count != 2 ||
	    !parse_number(words->word[1], strlen(words->word[1]), 0, 255, &status)) {
		complain(r, node->place, "%s: 'exit N' is wanted here, N from 0 to 255",
			 quoted(r, node->text));
		return false;
	}
	expectation->exit_status = (int)status;
	return true;
}

/* The first word, and who reads what follows it. */
static const struct {
	const char *word;
	enum expect_kind kind;
	bool (*read)(struct reader *r, const struct yaml *node, const struct words *words,
		     struct expectation *expectation);
} verbs[] = {
	{"allow", EXPECT_ALLOW, read_allow},
	{"deny", EXPECT_DENY, read_no_more},
	{"reject", EXPECT_REJECT, read_reject},
	{"drop", EXPECT_DROP, read_no_more},
	{"unreachable", EXPECT_UNREACHABLE, read_no_more},
	{"exit", EXPECT_EXIT, read_exit_status},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *nth_verb(const void *among, size_t i)
{
	(void)among;
	return i < N_VERBS ? verbs[i].word : NULL;
}

/* A run has an exit status, and nothing else has one. */
static bool check_verb(struct reader *r, const struct yaml *node, enum expect_kind kind,
		       const struct probe *probe)
{
	if ((kind == EXPECT_EXIT) == (probe->kind == PROBE_RUN))
		return true;
	complain(r, node->place,
		 probe->kind == PROBE_RUN ? "a run probe comes to 'exit N', not to %s"
					  : "%s is for run probes",
		 quoted(r, node->text));
	return false;
}

static bool read_expectation(struct reader *r, const struct yaml *node, const struct probe *probe,
			     struct expectation *expectation)
{
	const char *text;
	if (!read_text(r, node, "what is expected", &text))
		return false;
	struct words words = split(r, text);
	size_t i = 0;
	while (words.count && i < N_VERBS && strcmp(verbs[i].word, words.word[0]) != 0)
		i++;
	if (!words.count || i == N_VERBS) {
		complain_unknown(r, words.count ? word_place(node, &words, 0) : node->place,
				 "expectation", words.count ? words.word[0] : "", "", nth_verb,
				 NULL);
		return false;
	}
	*expectation = (struct expectation){.kind = verbs[i].kind, .at = NONE};
	if (!check_verb(r, node, verbs[i].kind, probe) ||
	    !verbs[i].read(r, node, &words, expectation))
		return false;
	expectation->text = words.word[0];
	for (size_t k = 1; k < words.count; k++)
		expectation->text =
			arena_printf(r->arena, "%s %s", expectation->text,
				     expectation->how ? expectation->how : words.word[k]);
	return true;
}

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

static const char *nth_family_key(const void *among, size_t i)
{
	static const char *const keys[] = {"ipv4", "ipv6", "else"};
	(void)among;
	return i < sizeof(keys) / sizeof(keys[0]) ? keys[i] : NULL;
}

/* The value of a variant: what is expected, or a map by family. */
static void read_by_family(struct reader *r, const struct yaml *node, size_t variant,
			   struct expect_reading *reading)
{
	if (node->kind != YAML_MAP) {
		add_clause(r, node, variant, FAMILY_ANY, reading);
		return;
	}
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
		size_t variant = find_variant(r, e->key->place, e->key->text);
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
		if (lacks && missing++ < MISSING_MAX)
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
	if (node->kind == YAML_MAP)
		read_by_variant(r, node, &reading);
	else
		add_clause(r, node, NONE, FAMILY_ANY, &reading);
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
