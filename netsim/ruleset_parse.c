/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From listings, as nft and iptables-save write them, to a ruleset. */
#include "netsim/ruleset_private.h"

#include <ctype.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netsim/cleanup.h"
#include "netsim/rule_words.h"
#include "netsim/ruleset_blocks.h"

/* Where the reader of a listing stands. */
struct reader {
	struct sim_ruleset *ruleset;
	bool legacy;
	uint8_t family;
	const char *table;	 /* NULL: outside of any */
	struct sim_chain *chain; /* likewise */
	char *holder;		 /* what stands before the block that is being read, or NULL, */
	size_t outer;		 /* and the number of the chain that this rule is of */
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

int sim_chain_order(const void *a, const void *b)
{
	const struct sim_chain *x = a;
	const struct sim_chain *y = b;
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

static void clear_chain(struct sim_chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		if (chain->rules[i].wording != chain->rules[i].text)
			free_text(chain->rules[i].wording);
		free_text(chain->rules[i].text);
	}
	free(chain->rules);
	free(chain->policy);
	free(chain->devices);
	free_text(chain->table);
	free_text(chain->name);
	free_text(chain->within);
}

/* Begin a chain of the reader's table; -1 without memory. */
static int add_chain(struct reader *reader, const char *name)
{
	struct sim_ruleset *ruleset = reader->ruleset;
	if (ruleset->n_chains == ruleset->room) {
		size_t room = ruleset->room ? 2 * ruleset->room : 16;
		struct sim_chain *more = reallocarray(ruleset->chains, room, sizeof(*more));
		if (!more)
			return -1;
		ruleset->chains = more;
		ruleset->room = room;
	}
	reader->chain = &ruleset->chains[ruleset->n_chains++];
	*reader->chain = (struct sim_chain){
		.legacy = reader->legacy,
		.family = reader->family,
		.table = strdup(reader->table),
		.name = strdup(name),
		.hook = "",
	};
	return reader->chain->table && reader->chain->name ? 0 : -1;
}

static int add_rule(struct sim_chain *chain, uint64_t rule, const char *text)
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

/* Ours have INT_MIN + 1, and of chains alike the one that was added last is the first. */
static bool comes_first(const char *line)
{
	return strstr(line, " priority -2147483648;") || strstr(line, " priority -2147483647;");
}

/*
 * "type filter hook output priority filter; policy drop;",
 * `type filter hook ingress device "eth0" priority filter; policy drop;`
 */
static int read_nft_base(struct sim_chain *chain, const char *line)
{
	const char *hook = strstr(line, " hook ") + strlen(" hook ");
	const char *policy = strstr(hook, "policy ");
	const char *rest = hook + strcspn(hook, " ");
	const char *priority = strstr(rest, " priority ");
	chain->hook = find_hook(hook, (size_t)(rest - hook));
	chain->first |= comes_first(rest);
	if (priority > rest && !chain->devices &&
	    !(chain->devices = strndup(rest + 1, (size_t)(priority - rest - 1))))
		return -1;
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
	reader->holder = NULL;
	if (!blank)
		return 0;
	*blank = '\0';
	reader->family = sim_trace_family_named(name);
	reader->table = blank + 1;
	return 0;
}

/* A table for marking packets where a trace reaches further: its owner is ourselves. */
static bool is_reach(const struct reader *reader, const char *line)
{
	return reader->table && reader->family != NFPROTO_INET &&
	       !strcmp(reader->table, SIM_TRACE_TABLE) && !strncmp(line, "flags ", 6) &&
	       strstr(line, "owner");
}

static int read_nft_object(struct reader *reader, char *line)
{
	if (is_reach(reader, line))
		reader->table = NULL;
	char *name = name_after(line, "chain ");
	reader->holder = NULL;
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

/* "udp dport { 53, 54 } jump {": rules that a rule holds have no handles in a listing. */
static bool opens_block(const char *line)
{
	static const char *const ways[] = {"jump {", "goto {"};
	size_t length = strlen(line);
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		size_t tail = strlen(ways[i]);
		if (length >= tail && !strcmp(line + length - tail, ways[i]))
			return length == tail || line[length - tail - 1] == ' ';
	}
	return false;
}

static int begin_block(struct reader *reader, char *line)
{
	struct sim_chain *outer = reader->chain;
	const char *name = strdup(outer->name);
	reader->holder = line;
	reader->outer = (size_t)(outer - reader->ruleset->chains);
	if (!name || add_chain(reader, "") < 0) {
		free_text(name);
		return -1;
	}
	reader->chain->within = name;
	return 0;
}

/* "} comment "x" # handle 7": of the rule that holds the block. */
static int end_block(struct reader *reader, char *line)
{
	autofree char *text = NULL;
	uint64_t handle = cut_handle(line);
	reader->chain->holder = handle;
	reader->chain = &reader->ruleset->chains[reader->outer];
	if (asprintf(&text, "%s ... %s", reader->holder, line) < 0)
		return -1;
	reader->holder = NULL;
	return handle ? add_rule(reader->chain, handle, text) : 0;
}

static int read_nft_rule(struct reader *reader, char *line)
{
	if (!reader->chain)
		return 0;
	if (reader->holder)
		return *line == '}' ? end_block(reader, line) : 0;
	return opens_block(line) ? begin_block(reader, line) : read_nft_content(reader, line);
}

/* What stands as deep as this elsewhere are a set's elements. */
static int read_nft_inner(struct reader *reader, char *line)
{
	return reader->holder ? add_rule(reader->chain, 0, line) : 0;
}

/* One line of `nft -a list ruleset`: what it is shows in how far it is indented. */
static int read_nft_line(struct reader *reader, char *line)
{
	static int (*const readers[])(struct reader * reader, char *line) = {
		read_nft_table, read_nft_object, read_nft_rule, read_nft_inner};
	size_t depth = strspn(line, "\t");
	if (!line[depth])
		return 0;
	return depth < sizeof(readers) / sizeof(*readers) ? readers[depth](reader, line + depth)
							  : 0;
}

/* The chain that an iptables-save rule is of: the last one was, most often. */
static struct sim_chain *legacy_chain(const struct reader *reader, const char *name)
{
	const struct sim_chain wanted = {
		.legacy = true, .family = reader->family, .table = reader->table, .name = name};
	if (reader->chain && !sim_chain_order(reader->chain, &wanted))
		return reader->chain;
	for (size_t i = reader->ruleset->n_chains; i-- > 0;)
		if (!sim_chain_order(&reader->ruleset->chains[i], &wanted))
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
		qsort(ruleset->chains, ruleset->n_chains, sizeof(struct sim_chain),
		      sim_chain_order);
}

/* One listing, unless it is NULL; -1 without memory. */
static int parse_listing(struct sim_ruleset *ruleset, enum sim_listing kind, char *listing)
{
	static const struct {
		bool legacy; /* its form */
		uint8_t family;
	} forms[SIM_LISTING_BLOCKS] = {
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
static bool counts_always(const struct sim_chain *chain)
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

/* A listing that has a chain twice has it from elsewhere than from its tool. */
static bool is_adopted(const struct sim_chain *chain)
{
	return chain->n_rules && chain->rules->wording != chain->rules->text;
}

/* Rules have no names, but an order: it counts where no rule is missing. */
static void adopt_wordings(const struct sim_ruleset *ruleset, struct sim_ruleset *saved)
{
	for (size_t i = 0; i < saved->n_chains; i++) {
		struct sim_chain *from = &saved->chains[i];
		from->legacy = false;
		struct sim_chain *to = ruleset->n_chains
					       ? bsearch(from, ruleset->chains, ruleset->n_chains,
							 sizeof(*from), sim_chain_order)
					       : NULL;
		if (!to || to->n_rules != from->n_rules || is_adopted(to) || !counts_always(to))
			continue;
		for (size_t k = 0; k < to->n_rules; k++) {
			to->rules[k].wording = from->rules[k].text;
			from->rules[k].text = from->rules[k].wording = NULL;
		}
	}
}

/* Of rules that another listing has, too. */
static bool is_saved(enum sim_listing kind)
{
	return kind == SIM_LISTING_IPTABLES_NFT || kind == SIM_LISTING_IP6TABLES_NFT;
}

struct sim_ruleset *sim_ruleset_parse(char *const listings[SIM_LISTINGS])
{
	struct sim_ruleset *ruleset = calloc(1, sizeof(*ruleset));
	struct sim_ruleset *saved = calloc(1, sizeof(*saved));
	bool whole = ruleset && saved;
	for (enum sim_listing i = 0; whole && i < SIM_LISTING_BLOCKS; i++)
		whole = parse_listing(is_saved(i) ? saved : ruleset, i, listings[i]) == 0;
	char *blocks = listings[SIM_LISTING_BLOCKS];
	if (whole && blocks)
		whole = ruleset_blocks_name(ruleset, blocks) == 0;
	if (whole) {
		sort(ruleset);
		adopt_wordings(ruleset, saved);
		sim_ruleset_look_over(ruleset);
	} else {
		sim_ruleset_free(ruleset);
		ruleset = NULL;
	}
	sim_ruleset_free(saved);
	return ruleset;
}
