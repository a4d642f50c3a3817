/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/ruleset.h"

#include <ctype.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netsim/cleanup.h"
#include "netsim/rule_words.h"

struct chain {
	bool legacy;
	uint8_t family;
	const char *table;
	const char *name;
	const char *hook; /* base chains, otherwise "" */
	char *policy;	  /* "policy drop", or NULL */
	struct sim_rule *rules;
	size_t n_rules;
	size_t room;
};

struct sim_ruleset {
	struct chain *chains; /* sorted, once all have been read */
	size_t n_chains;
	size_t room;
};

/* Where the reader of a listing stands. */
struct reader {
	struct sim_ruleset *ruleset;
	bool legacy;
	uint8_t family;
	const char *table;   /* NULL: outside of any */
	struct chain *chain; /* likewise */
};

static const char *const hooks[] = {"prerouting",  "input",   "forward", "output",
				    "postrouting", "ingress", "egress"};

const char *sim_hook_nth(size_t i)
{
	return i < sizeof(hooks) / sizeof(*hooks) ? hooks[i] : NULL;
}

/* Legacy chains have the hooks' names in capitals. */
static const char *find_hook(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
		if (strlen(hooks[i]) == length && !strncasecmp(hooks[i], name, length))
			return hooks[i];
	return "";
}

static int compare_chains(const void *a, const void *b)
{
	const struct chain *x = a;
	const struct chain *y = b;
	int order = (int)x->legacy - (int)y->legacy;
	if (!order)
		order = (int)x->family - (int)y->family;
	if (!order)
		order = strcmp(x->table, y->table);
	return order ? order : strcmp(x->name, y->name);
}

/* Texts are const to all others. */
static void free_text(const char *text)
{
	free((char *)(uintptr_t)text);
}

static void clear_chain(struct chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		if (chain->rules[i].wording != chain->rules[i].text)
			free_text(chain->rules[i].wording);
		free_text(chain->rules[i].text);
	}
	free(chain->rules);
	free(chain->policy);
	free_text(chain->table);
	free_text(chain->name);
}

/* Begin a chain of the reader's table; -1 without memory. */
static int add_chain(struct reader *reader, const char *name)
{
	struct sim_ruleset *ruleset = reader->ruleset;
	if (ruleset->n_chains == ruleset->room) {
		size_t room = ruleset->room ? 2 * ruleset->room : 16;
		struct chain *more = reallocarray(ruleset->chains, room, sizeof(*more));
		if (!more)
			return -1;
		ruleset->chains = more;
		ruleset->room = room;
	}
	reader->chain = &ruleset->chains[ruleset->n_chains++];
	*reader->chain = (struct chain){
		.legacy = reader->legacy,
		.family = reader->family,
		.table = strdup(reader->table),
		.name = strdup(name),
		.hook = "",
	};
	return reader->chain->table && reader->chain->name ? 0 : -1;
}

static int add_rule(struct chain *chain, uint64_t rule, const char *text)
{
	if (chain->n_rules == chain->room) {
		size_t room = chain->room ? 2 * chain->room : 16;
		struct sim_rule *more = reallocarray(chain->rules, room, sizeof(*more));
		if (!more)
			return -1;
		chain->rules = more;
		chain->room = room;
	}
	char *copy = strdup(text);
	if (!copy)
		return -1;
	chain->rules[chain->n_rules++] = (struct sim_rule){rule, copy, copy};
	return 0;
}

/* "type filter hook output priority filter; policy drop;" */
static int read_nft_base(struct chain *chain, const char *line)
{
	const char *hook = strstr(line, " hook ") + strlen(" hook ");
	const char *policy = strstr(hook, "policy ");
	chain->hook = find_hook(hook, strcspn(hook, " "));
	if (!policy)
		return 0;
	/* The last one counts. */
	free(chain->policy);
	chain->policy = strndup(policy, strcspn(policy, ";"));
	return chain->policy ? 0 : -1;
}

/* Cut " # handle 7" off the end of a line; 0 where there is none. */
static uint64_t cut_handle(char *line)
{
	static const char mark[] = " # handle ";
	char *start = strrchr(line, '#');
	if (!start || start == line || strncmp(--start, mark, strlen(mark)) != 0)
		return 0;
	const char *number = start + strlen(mark);
	char *end;
	uint64_t handle = strtoull(number, &end, 10);
	if (!isdigit((unsigned char)*number) || *end)
		return 0;
	*start = '\0';
	return handle;
}

/* The name in "chain NAME {"; NULL if the line does not start with `word`. */
static char *name_after(char *line, const char *word)
{
	size_t length = strlen(word);
	if (strncmp(line, word, length) != 0)
		return NULL;
	char *name = line + length;
	char *end = strstr(name, " {");
	if (!end)
		return NULL;
	*end = '\0';
	return name;
}

static int read_nft_table(struct reader *reader, char *line)
{
	char *name = name_after(line, "table ");
	char *blank = name ? strchr(name, ' ') : NULL;
	reader->table = NULL;
	reader->chain = NULL;
	if (!blank)
		return 0;
	*blank = '\0';
	reader->family = sim_trace_family_named(name);
	reader->table = blank + 1;
	return 0;
}

static int read_nft_object(struct reader *reader, char *line)
{
	char *name = name_after(line, "chain ");
	reader->chain = NULL; /* the end of the one before, or a set, a map, ... */
	return name && reader->table ? add_chain(reader, name) : 0;
}

static int read_nft_content(struct reader *reader, char *line)
{
	if (!reader->chain)
		return 0;
	if (!strncmp(line, "type ", strlen("type ")) && strstr(line, " hook "))
		return read_nft_base(reader->chain, line);
	uint64_t handle = cut_handle(line);
	return handle ? add_rule(reader->chain, handle, line) : 0;
}

/* One line of `nft -a list ruleset`: what it is shows in how far it is indented. */
static int read_nft_line(struct reader *reader, char *line)
{
	static int (*const readers[])(struct reader * reader, char *line) = {
		read_nft_table, read_nft_object, read_nft_content};
	size_t depth = strspn(line, "\t");
	if (!line[depth])
		return 0;
	return depth < sizeof(readers) / sizeof(*readers) ? readers[depth](reader, line + depth)
							  : 0;
}

/* The chain that an iptables-save rule is of: the last one was, most often. */
static struct chain *legacy_chain(const struct reader *reader, const char *name)
{
	const struct chain wanted = {true, reader->family, reader->table, name, "", NULL, NULL, 0,
				     0};
	if (reader->chain && !compare_chains(reader->chain, &wanted))
		return reader->chain;
	for (size_t i = reader->ruleset->n_chains; i-- > 0;)
		if (!compare_chains(&reader->ruleset->chains[i], &wanted))
			return &reader->ruleset->chains[i];
	return NULL;
}

/* ":OUTPUT DROP [0:0]", ":mine - [0:0]" */
static int read_legacy_chain(struct reader *reader, char *line)
{
	char *policy = strchr(line, ' ');
	if (!policy)
		return 0;
	*policy++ = '\0';
	if (add_chain(reader, line) < 0)
		return -1;
	if (*policy == '-')
		return 0;
	reader->chain->hook = find_hook(line, strlen(line));
	return asprintf(&reader->chain->policy, "policy %.*s", (int)strcspn(policy, " "), policy) <
			       0
		       ? -1
		       : 0;
}

/* One line of iptables-save: "*filter", ":OUTPUT DROP [0:0]", "-A OUTPUT ...". */
static int read_legacy_line(struct reader *reader, char *line)
{
	char name[SIM_TRACE_NAME];
	if (*line == '*') {
		reader->table = line + 1;
		reader->chain = NULL;
	}
	if (!reader->table)
		return 0;
	if (*line == ':')
		return read_legacy_chain(reader, line + 1);
	if (sscanf(line, "-A %255s", name) != 1 || !(reader->chain = legacy_chain(reader, name)))
		return 0;
	return add_rule(reader->chain, reader->chain->n_rules + 1, line);
}

static int read_listing(struct reader *reader, char *listing)
{
	char *rest = listing;
	for (char *line; (line = strsep(&rest, "\n"));)
		if ((reader->legacy ? read_legacy_line : read_nft_line)(reader, line) < 0)
			return -1;
	return 0;
}

void sim_ruleset_free(struct sim_ruleset *ruleset)
{
	if (!ruleset)
		return;
	for (size_t i = 0; i < ruleset->n_chains; i++)
		clear_chain(&ruleset->chains[i]);
	free(ruleset->chains);
	free(ruleset);
}

static void sort(struct sim_ruleset *ruleset)
{
	if (ruleset->n_chains)
		qsort(ruleset->chains, ruleset->n_chains, sizeof(struct chain), compare_chains);
}

/* One listing, unless it is NULL; -1 without memory. */
static int parse_listing(struct sim_ruleset *ruleset, enum sim_listing kind, char *listing)
{
	static const struct {
		bool legacy; /* its form */
		uint8_t family;
	} forms[SIM_LISTINGS] = {
		[SIM_LISTING_NFT] = {false, NFPROTO_UNSPEC},
		[SIM_LISTING_IPTABLES] = {true, NFPROTO_IPV4},
		[SIM_LISTING_IP6TABLES] = {true, NFPROTO_IPV6},
		[SIM_LISTING_IPTABLES_NFT] = {true, NFPROTO_IPV4},
		[SIM_LISTING_IP6TABLES_NFT] = {true, NFPROTO_IPV6},
	};
	struct reader reader = {
		.ruleset = ruleset, .legacy = forms[kind].legacy, .family = forms[kind].family};
	return listing ? read_listing(&reader, listing) : 0;
}

/* iptables-nft has each rule count; who writes rules for nft does so now and then. */
static bool counts_always(const struct chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		struct sim_words words = sim_words_of(chain->rules[i].text, false);
		bool counts = false;
		while (!counts && sim_words_next(&words))
			counts = sim_words_at(&words, "counter");
		if (!counts)
			return false;
	}
	return true;
}

/* Rules have no names, but an order: it counts where no rule is missing. */
static void adopt_wordings(const struct sim_ruleset *ruleset, struct sim_ruleset *saved)
{
	for (size_t i = 0; i < saved->n_chains; i++) {
		struct chain *from = &saved->chains[i];
		from->legacy = false;
		struct chain *to = ruleset->n_chains
					   ? bsearch(from, ruleset->chains, ruleset->n_chains,
						     sizeof(*from), compare_chains)
					   : NULL;
		if (!to || to->n_rules != from->n_rules || !counts_always(to))
			continue;
		for (size_t k = 0; k < to->n_rules; k++) {
			to->rules[k].wording = from->rules[k].text;
			from->rules[k].text = from->rules[k].wording = NULL;
		}
	}
}

struct sim_ruleset *sim_ruleset_parse(char *const listings[SIM_LISTINGS])
{
	struct sim_ruleset *ruleset = calloc(1, sizeof(*ruleset));
	struct sim_ruleset *saved = calloc(1, sizeof(*saved));
	bool whole = ruleset && saved;
	for (enum sim_listing i = 0; whole && i < SIM_LISTINGS; i++)
		whole = parse_listing(i < SIM_LISTING_IPTABLES_NFT ? ruleset : saved, i,
				      listings[i]) == 0;
	if (whole) {
		sort(ruleset);
		adopt_wordings(ruleset, saved);
	} else {
		sim_ruleset_free(ruleset);
		ruleset = NULL;
	}
	sim_ruleset_free(saved);
	return ruleset;
}

static const struct chain *find_chain(const struct sim_ruleset *ruleset,
				      const struct sim_trace_event *event)
{
	const struct chain wanted = {
		.legacy = event->legacy,
		.family = event->family,
		.table = event->table,
		.name = event->chain,
	};
	return ruleset->n_chains ? bsearch(&wanted, ruleset->chains, ruleset->n_chains,
					   sizeof(wanted), compare_chains)
				 : NULL;
}

void sim_ruleset_correct(const struct sim_ruleset *ruleset, struct sim_trace_event *event)
{
	const struct chain *chain = event->legacy ? find_chain(ruleset, event) : NULL;
	/* It counts the rules, and the policy after the last one (get_chainname_rulenum()). */
	if (chain && event->rule && event->rule <= chain->n_rules)
		event->kind = SIM_TRACE_RULE;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_chain(const struct chain *a, const struct chain *b)
{
	if (compare_chains(a, b) != 0 || a->n_rules != b->n_rules ||
	    !same_text(a->policy, b->policy))
		return false;
	for (size_t i = 0; i < a->n_rules; i++)
		if (a->rules[i].rule != b->rules[i].rule ||
		    strcmp(a->rules[i].text, b->rules[i].text) != 0)
			return false;
	return true;
}

bool sim_ruleset_same(const struct sim_ruleset *a, const struct sim_ruleset *b)
{
	if (a->n_chains != b->n_chains)
		return false;
	for (size_t i = 0; i < a->n_chains; i++)
		if (!same_chain(&a->chains[i], &b->chains[i]))
			return false;
	return true;
}

/* "log ... group 3", "--nflog-group 3"; -1: none. */
static int log_group(const char *text)
{
	/* The form that has escapes is iptables-save's. */
	struct sim_words words = sim_words_of(text, !strncmp(text, "-A ", 3));
	bool log = false, named = false;
	while (sim_words_next(&words)) {
		if (named && isdigit((unsigned char)words.word[0]))
			return (int)(strtoul(words.word, NULL, 10) & UINT16_MAX);
		log |= sim_words_at(&words, "log");
		named = sim_words_at(&words, "--nflog-group") ||
			(log && sim_words_at(&words, "group"));
	}
	return -1;
}

int sim_ruleset_log_groups(const struct sim_ruleset *ruleset,
			   int (*each)(void *arg, uint16_t group, struct sim_error *err), void *arg,
			   struct sim_error *err)
{
	for (size_t i = 0; i < ruleset->n_chains; i++)
		for (size_t k = 0; k < ruleset->chains[i].n_rules; k++) {
			const struct sim_rule *rule = &ruleset->chains[i].rules[k];
			int group = log_group(rule->text);
			if (group < 0)
				group = log_group(rule->wording);
			int status = group < 0 ? 0 : each(arg, (uint16_t)group, err);
			if (status)
				return status;
		}
	return 0;
}

static bool is_audible_rule(const char *text, bool legacy)
{
	static const char *const silencers[] = {"random", "fully-random", "--random",
						"--random-fully"};
	bool nftrace = false;
	bool set = false;
	for (struct sim_words words = sim_words_of(text, legacy); sim_words_next(&words);) {
		if (nftrace && set && sim_words_at(&words, "0"))
			return false;
		set = nftrace && sim_words_at(&words, "set");
		nftrace = sim_words_at(&words, "nftrace") || set;
		for (size_t i = 0; i < sizeof(silencers) / sizeof(*silencers); i++)
			if (sim_words_at(&words, silencers[i]))
				return false;
	}
	return true;
}

static bool is_audible_chain(const struct chain *chain)
{
	bool early = chain->family == NFPROTO_BRIDGE || chain->family == NFPROTO_NETDEV ||
		     !strcmp(chain->hook, "ingress");
	for (size_t i = 0; i < chain->n_rules; i++)
		if (early || !is_audible_rule(chain->rules[i].text, chain->legacy))
			return false;
	return !early || !chain->policy || strcmp(chain->policy, "policy drop") != 0;
}

bool sim_ruleset_has_legacy(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++)
		if (ruleset->chains[i].legacy)
			return true;
	return false;
}

bool sim_ruleset_is_audible(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++)
		if (!is_audible_chain(&ruleset->chains[i]))
			return false;
	return true;
}

const char *sim_ruleset_hook(const struct sim_ruleset *ruleset, const struct sim_trace_event *event)
{
	const struct chain *chain = find_chain(ruleset, event);
	return chain ? chain->hook : "";
}

const struct sim_rule *sim_ruleset_rules(const struct sim_ruleset *ruleset,
					 const struct sim_trace_event *event, size_t *count)
{
	const struct chain *chain = find_chain(ruleset, event);
	*count = chain ? chain->n_rules : 0;
	return chain ? chain->rules : NULL;
}

static const struct sim_rule *find_rule(const struct chain *chain,
					const struct sim_trace_event *event)
{
	if (!chain || event->kind != SIM_TRACE_RULE)
		return NULL;
	for (size_t i = 0; i < chain->n_rules; i++)
		if (chain->rules[i].rule == event->rule)
			return &chain->rules[i];
	return NULL;
}

const char *sim_ruleset_text(const struct sim_ruleset *ruleset, const struct sim_trace_event *event)
{
	const struct chain *chain = find_chain(ruleset, event);
	const struct sim_rule *rule = find_rule(chain, event);
	if (chain && event->kind == SIM_TRACE_POLICY)
		return chain->policy;
	return rule ? rule->text : NULL;
}

const char *sim_ruleset_wording(const struct sim_ruleset *ruleset,
				const struct sim_trace_event *event)
{
	const struct sim_rule *rule = find_rule(find_chain(ruleset, event), event);
	return rule ? rule->wording : sim_ruleset_text(ruleset, event);
}

/* "-A OUTPUT ... -j DROP", "policy DROP" */
static enum sim_fate legacy_fate(const char *text)
{
	struct sim_words words = sim_words_of(text, true);
	bool target = false;
	while (sim_words_next(&words)) {
		if (target && sim_words_at(&words, "DROP"))
			return SIM_FATE_DROPPED;
		if (target && sim_words_at(&words, "REJECT"))
			return SIM_FATE_REJECTED;
		target = sim_words_at(&words, "-j") || sim_words_at(&words, "policy");
	}
	return SIM_FATE_NONE;
}

/* Whether a rule that dropped a packet did so by `reject`, or by a target of that name. */
static bool rejects(const char *text)
{
	struct sim_words words = sim_words_of(text, false);
	bool reject = false;
	bool target = false;
	while (sim_words_next(&words)) {
		/* It may also be a user's name, say: then something else follows. */
		if (reject && (sim_words_at(&words, "with") || sim_words_at(&words, "comment")))
			return true;
		if (target && !strcmp(words.word, "REJECT"))
			return true;
		reject = sim_words_at(&words, "reject");
		target = sim_words_at(&words, "target");
	}
	return reject;
}

enum sim_fate sim_ruleset_fate(const struct sim_ruleset *ruleset,
			       const struct sim_trace_event *event)
{
	const char *text = sim_ruleset_text(ruleset, event);
	if (event->legacy)
		return text ? legacy_fate(text) : SIM_FATE_NONE;
	if (event->verdict != SIM_VERDICT_DROP)
		return SIM_FATE_NONE;
	return text && event->kind == SIM_TRACE_RULE && rejects(text) ? SIM_FATE_REJECTED
								      : SIM_FATE_DROPPED;
}
