/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One expectation: "reject admin-prohibited at buildd", or a map with the rule that must decide. */
#include <stdio.h>
#include <string.h>

#include "lab/outcome.h"
#include "lab/scenario_reader.h"
#include "netsim/ruleset.h"

#define WORDS_MAX 4

/* The words of a text, and where each begins. */
struct words {
	const char *word[WORDS_MAX];
	size_t offset[WORDS_MAX];
	size_t count; /* may be more than WORDS_MAX */
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

static const char *nth_way(const void *among, size_t i)
{
	(void)among;
	return reject_way_nth(i);
}

static bool read_way(struct reader *r, const struct yaml *node, const struct words *words,
		     struct expectation *expectation)
{
	expectation->how = reject_way_name(words->word[1]);
	if (!expectation->how)
		complain_unknown(r, word_place(node, words, 1), "way to reject", words->word[1], "",
				 nth_way, NULL);
	return expectation->how;
}

/* Those of actors, and the cgroup's. */
static const char *nth_confinement(const void *among, size_t i)
{
	(void)among;
	const struct sim_confinement_kind *kind = sim_confinement_kind(i);
	if (kind)
		return kind->name;
	return i && sim_confinement_kind(i - 1) ? CONFINED_BY_CGROUP : NULL;
}

static bool read_confinement_name(struct reader *r, const struct yaml *node,
				  const struct words *words, struct expectation *expectation)
{
	for (size_t i = 0; (expectation->how = nth_confinement(NULL, i)); i++)
		if (!strcmp(expectation->how, words->word[1]))
			return true;
	complain_unknown(r, word_place(node, words, 1), "confinement", words->word[1], "",
			 nth_confinement, NULL);
	return false;
}

static bool read_exit_status(struct reader *r, const struct yaml *node, const struct words *words,
			     struct expectation *expectation)
{
	uint64_t status;
	if (!parse_number(words->word[1], strlen(words->word[1]), 0, 255, &status)) {
		complain(r, word_place(node, words, 1), "%s is not an exit status from 0 to 255",
			 quoted(r, words->word[1]));
		return false;
	}
	expectation->exit_status = (int)status;
	return true;
}

/* The first word, and what may follow it. */
struct verb {
	const char *word;
	enum expect_kind kind;
	const char *usage;
	/* Who reads the second word, NULL: there is none; it must be there where `needs_more`. */
	bool (*read)(struct reader *r, const struct yaml *node, const struct words *words,
		     struct expectation *expectation);
	bool needs_more;
	bool at;		 /* "at HOST" may be at the end */
	const char *why_no_rule; /* why no rule can be asked for; NULL: it can */
};

static const struct verb verbs[] = {
	{.word = "allow",
	 .kind = EXPECT_ALLOW,
	 .usage = "'allow' or 'allow at HOST'",
	 .at = true,
	 .why_no_rule = "what is allowed has passed many rules"},
	{.word = "deny", .kind = EXPECT_DENY, .usage = "'deny' or 'deny at HOST'", .at = true},
	{.word = "reject",
	 .kind = EXPECT_REJECT,
	 .usage = "'reject' or 'reject WAY', and perhaps 'at HOST',",
	 .read = read_way,
	 .at = true},
	{.word = "drop", .kind = EXPECT_DROP, .usage = "'drop' or 'drop at HOST'", .at = true},
	{.word = "unreachable",
	 .kind = EXPECT_UNREACHABLE,
	 .usage = "'unreachable' or 'unreachable at HOST'",
	 .at = true,
	 .why_no_rule = "what is unreachable was denied by none"},
	{.word = "confined",
	 .kind = EXPECT_CONFINED,
	 .usage = "'confined' or 'confined CONFINEMENT', as in 'confined landlock',",
	 .read = read_confinement_name,
	 .why_no_rule = "a confinement is no rule"},
	{.word = "exit",
	 .kind = EXPECT_EXIT,
	 .usage = "'exit N', N from 0 to 255,",
	 .read = read_exit_status,
	 .needs_more = true,
	 .why_no_rule = "how a program ends is its own affair"},
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const char *nth_verb(const void *among, size_t i)
{
	(void)among;
	return i < N_VERBS ? verbs[i].word : NULL;
}

static const struct verb *find_verb(struct reader *r, const struct yaml *node,
				    const struct words *words)
{
	for (size_t i = 0; words->count && i < N_VERBS; i++) {
		if (strcmp(verbs[i].word, words->word[0]) == 0)
			return &verbs[i];
	}
	complain_unknown(r, words->count ? word_place(node, words, 0) : node->place, "expectation",
			 words->count ? words->word[0] : "", "", nth_verb, NULL);
	return NULL;
}

/* A run has an exit status and nothing else; apt may be denied too; the others have none. */
static bool check_verb(struct reader *r, const struct yaml *node, enum expect_kind kind,
		       const struct probe *probe)
{
	if (probe->kind == PROBE_APT || (kind == EXPECT_EXIT) == (probe->kind == PROBE_RUN))
		return true;
	complain(r, node->place,
		 probe->kind == PROBE_RUN ? "a run probe comes to 'exit N', not to %s"
					  : "%s is for run and apt probes",
		 quoted(r, node->text));
	return false;
}

/* What nobody hears of, at a daemon's network: why it cannot be asked for; NULL: it can. */
static const char *why_not_inside(const struct expectation *expectation)
{
	if (expectation->kind == EXPECT_DROP)
		return "a drop by a service's own rules is heard by nobody, and comes to "
		       "'unreachable'";
	if (expectation->by || expectation->hook)
		return "of a service's own rules nobody hears which it was, nor at which hook";
	return NULL;
}

/* Where it must have happened: a host, or the network of a host's daemon. */
static void read_spot(struct reader *r, const struct yaml *node, size_t offset, const char *text,
		      struct expectation *expectation)
{
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	size_t host = find_host(r, place_within(node, offset, length),
				arena_strndup(r->arena, text, length));
	if (slash && host != NONE &&
	    want_daemon(r, place_within(node, offset + length + 1, strlen(slash + 1)),
			&r->scenario->hosts[host], slash + 1)) {
		expectation->spot = text;
		if (why_not_inside(expectation))
			complain(r, place_within(node, offset, strlen(text)), "%s: %s",
				 quoted(r, text), why_not_inside(expectation));
	} else if (!slash)
		expectation->at = host;
}

/* What follows the verb: its own word, and the host. */
static bool read_rest(struct reader *r, const struct yaml *node, const struct verb *verb,
		      const struct words *words, struct expectation *expectation)
{
	size_t count = words->count;
	bool at = count > 2 && count <= WORDS_MAX && !strcmp(words->word[count - 2], "at");
	size_t own = at ? count - 2 : count; /* the verb's own words */
	if (own < 1 + (size_t)verb->needs_more || own > 1 + (size_t)(verb->read != NULL) ||
	    (at && !verb->at)) {
		complain(r, node->place, "%s: %s is wanted here", quoted(r, node->text),
			 verb->usage);
		return false;
	}
	if (own > 1 && !verb->read(r, node, words, expectation))
		return false;
	if (at)
		read_spot(r, node, words->offset[count - 1], words->word[count - 1], expectation);
	return true;
}

/* The words as they are shown: with one blank between them, and a way by its proper name. */
static const char *outcome_text(struct reader *r, const struct words *words,
				const struct expectation *expectation)
{
	const char *text = words->word[0];
	for (size_t i = 1; i < words->count; i++)
		text = arena_printf(r->arena, "%s %s", text,
				    i == 1 && expectation->how ? expectation->how : words->word[i]);
	return text;
}

static const struct verb *read_outcome(struct reader *r, const struct yaml *node,
				       const struct probe *probe, struct expectation *expectation)
{
	const char *text;
	if (!read_text(r, node, "what is expected", &text))
		return NULL;
	struct words words = split(r, text);
	const struct verb *verb = find_verb(r, node, &words);
	if (!verb)
		return NULL;
	*expectation = (struct expectation){.kind = verb->kind, .at = NONE};
	if (!check_verb(r, node, verb->kind, probe) ||
	    !read_rest(r, node, verb, &words, expectation))
		return NULL;
	expectation->text = outcome_text(r, &words, expectation);
	return verb;
}

/* A map while it is being read. */
struct expectation_reading {
	const struct probe *probe;
	struct expectation *expectation;
	const struct verb *verb; /* NULL: not known */
};

static void read_outcome_field(struct reader *r, const struct yaml *node, void *into)
{
	struct expectation_reading *reading = into;
	reading->verb = read_outcome(r, node, reading->probe, reading->expectation);
}

/* Whether the outcome is one that a rule decides. */
static bool wants_rule(struct reader *r, const struct yaml *node,
		       const struct expectation_reading *reading, const char *key)
{
	const struct verb *verb = reading->verb;
	if (verb && verb->why_no_rule)
		complain(r, node->place, "'%s' is of the rule that denies: %s", key,
			 verb->why_no_rule);
	return verb && !verb->why_no_rule;
}

static void read_at(struct reader *r, const struct yaml *node, void *into)
{
	const struct expectation_reading *reading = into;
	struct expectation *expectation = reading->expectation;
	const char *text;
	if (!read_text(r, node, "a host's name", &text) || !reading->verb)
		return;
	if (!reading->verb->at) {
		wants_rule(r, node, reading, "at");
	} else if (expectation->at != NONE || expectation->spot) {
		complain(r, node->place, "'outcome' says already at which host");
	} else {
		read_spot(r, node, 0, text, expectation);
		expectation->text =
			arena_printf(r->arena, "%s at %s", expectation->text, node->text);
	}
}

static const char *nth_hook(const void *among, size_t i)
{
	(void)among;
	return sim_hook_nth(i);
}

static void read_hook(struct reader *r, const struct yaml *node, void *into)
{
	const struct expectation_reading *reading = into;
	struct expectation *expectation = reading->expectation;
	const char *text;
	if (!read_text(r, node, "a hook's name", &text) || !wants_rule(r, node, reading, "hook"))
		return;
	const char *hook;
	size_t i = 0;
	while ((hook = sim_hook_nth(i)) && strcmp(hook, text) != 0)
		i++;
	if (!hook) {
		complain_unknown(r, node->place, "hook", text, "", nth_hook, NULL);
		return;
	}
	expectation->hook = hook;
	expectation->text = arena_printf(r->arena, "%s, hook %s", expectation->text, hook);
}

static void read_by(struct reader *r, const struct yaml *node, void *into)
{
	const struct expectation_reading *reading = into;
	struct expectation *expectation = reading->expectation;
	if (!read_title(r, node, "a part of the rule", &expectation->by) ||
	    !wants_rule(r, node, reading, "by"))
		return;
	expectation->text =
		arena_printf(r->arena, "%s, by \"%s\"", expectation->text, expectation->by);
}

/* The outcome first: it says what the others may be. */
const struct field expectation_fields[] = {
	{"outcome", read_outcome_field, true},
	{"at", read_at, false},
	{"hook", read_hook, false},
	{"by", read_by, false},
};
const size_t n_expectation_fields = sizeof(expectation_fields) / sizeof(expectation_fields[0]);

bool read_expectation(struct reader *r, const struct yaml *node, const struct probe *probe,
		      struct expectation *expectation)
{
	if (node->kind != YAML_MAP)
		return read_outcome(r, node, probe, expectation);
	struct expectation_reading reading = {.probe = probe, .expectation = expectation};
	read_fields(r, node, "an expectation", expectation_fields, n_expectation_fields, &reading);
	bool of_rule = expectation->by || expectation->hook;
	if (reading.verb && expectation->spot && of_rule && expectation->kind != EXPECT_DROP)
		complain(r, node->place, "%s: %s", quoted(r, expectation->spot),
			 why_not_inside(expectation));
	return reading.verb;
}
