/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/ruleset.h"

#include <ctype.h>
#include <linux/netfilter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "netsim/rule_words.h"
#include "netsim/ruleset_private.h"

static const struct sim_chain *find_chain(const struct sim_ruleset *ruleset,
					  const struct sim_trace_event *event)
{
	const struct sim_chain wanted = {
		.legacy = event->legacy,
		.family = event->family,
		.table = event->table,
		.name = event->chain,
	};
	return ruleset->n_chains ? bsearch(&wanted, ruleset->chains, ruleset->n_chains,
					   sizeof(wanted), sim_chain_order)
				 : NULL;
}

void sim_ruleset_correct(const struct sim_ruleset *ruleset, struct sim_trace_event *event)
{
	const struct sim_chain *chain = event->legacy ? find_chain(ruleset, event) : NULL;
	/* It counts the rules, and the policy after the last one (get_chainname_rulenum()). */
	if (chain && event->rule && event->rule <= chain->n_rules)
		event->kind = SIM_TRACE_RULE;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same_chain(const struct sim_chain *a, const struct sim_chain *b)
{
	if (sim_chain_order(a, b) != 0 || a->n_rules != b->n_rules ||
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

/* "meta nftrace set 0" */
static bool ends_trace(const char *text, bool legacy)
{
	bool nftrace = false;
	bool set = false;
	for (struct sim_words words = sim_words_of(text, legacy); sim_words_next(&words);) {
		if (nftrace && set && sim_words_at(&words, "0"))
			return true;
		set = nftrace && sim_words_at(&words, "set");
		nftrace = sim_words_at(&words, "nftrace") || set;
	}
	return false;
}

/* "masquerade random" */
static bool scrambles(const char *text, bool legacy)
{
	static const char *const ways[] = {"random", "fully-random", "--random", "--random-fully"};
	for (struct sim_words words = sim_words_of(text, legacy); sim_words_next(&words);)
		for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
			if (sim_words_at(&words, ways[i]))
				return true;
	return false;
}

static bool has_rule(const struct sim_ruleset *ruleset, bool (*does)(const char *text, bool legacy))
{
	for (size_t i = 0; i < ruleset->n_chains; i++)
		for (size_t k = 0; k < ruleset->chains[i].n_rules; k++)
			if (does(ruleset->chains[i].rules[k].text, ruleset->chains[i].legacy))
				return true;
	return false;
}

/* Whether packets come to a base chain before our table `inet` sees them, or without it. */
static bool is_place(const struct sim_chain *chain, struct sim_place *place)
{
	bool of_device = !chain->legacy &&
			 (chain->family == NFPROTO_NETDEV || !strcmp(chain->hook, "ingress"));
	bool other = chain->family == NFPROTO_BRIDGE || chain->family == NFPROTO_ARP;
	bool drops = chain->n_rules || (chain->policy && !strcmp(chain->policy, "policy drop"));
	/* One whose devices have gone sees nothing. */
	if (!*chain->hook || !drops || !(other || (of_device && chain->devices)))
		return false;
	*place = (struct sim_place){.family = of_device ? NFPROTO_NETDEV : chain->family,
				    .hook = chain->hook,
				    .devices = of_device ? chain->devices : ""};
	return true;
}

size_t sim_ruleset_places(const struct sim_ruleset *ruleset, struct sim_place *places, size_t room)
{
	size_t count = 0;
	struct sim_place place;
	for (size_t i = 0; i < ruleset->n_chains; i++)
		if (is_place(&ruleset->chains[i], &place) && count++ < room)
			places[count - 1] = place;
	return count;
}

bool sim_ruleset_has_legacy(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++)
		if (ruleset->chains[i].legacy)
			return true;
	return false;
}

static bool is_own(const struct sim_chain *chain)
{
	return chain->family == NFPROTO_INET && !strcmp(chain->table, SIM_TRACE_TABLE);
}

bool sim_ruleset_is_first(const struct sim_ruleset *ruleset)
{
	static const char *const marked_at[] = {"prerouting", "output", "ingress"};
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct sim_chain *chain = &ruleset->chains[i];
		bool drops = chain->first && chain->n_rules && !is_own(chain);
		for (size_t k = 0; drops && k < sizeof(marked_at) / sizeof(*marked_at); k++)
			if (!strcmp(chain->hook, marked_at[k]))
				return true;
	}
	return false;
}

bool sim_ruleset_is_audible(const struct sim_ruleset *ruleset)
{
	return !ruleset->ends_trace && !ruleset->scrambles && !sim_ruleset_is_first(ruleset);
}

bool sim_ruleset_keeps_ports(const struct sim_ruleset *ruleset)
{
	return !ruleset->scrambles;
}

static bool counts_connections(const char *text, bool legacy)
{
	bool ct = false;
	for (struct sim_words words = sim_words_of(text, legacy); sim_words_next(&words);) {
		if ((ct && sim_words_at(&words, "count")) || sim_words_at(&words, "connlimit"))
			return true;
		ct = sim_words_at(&words, "ct");
	}
	return false;
}

static bool has_count(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct sim_chain *chain = &ruleset->chains[i];
		for (size_t j = 0; j < chain->n_rules; j++) {
			const struct sim_rule *rule = &chain->rules[j];
			if (counts_connections(rule->text, chain->legacy) ||
			    (rule->wording && rule->wording != rule->text &&
			     counts_connections(rule->wording, true)))
				return true;
		}
	}
	return false;
}

bool sim_ruleset_counts_connections(const struct sim_ruleset *ruleset)
{
	return ruleset->counts_connections;
}

void sim_ruleset_look_over(struct sim_ruleset *ruleset)
{
	ruleset->ends_trace = has_rule(ruleset, ends_trace);
	ruleset->scrambles = has_rule(ruleset, scrambles);
	ruleset->counts_connections = has_count(ruleset);
}

bool sim_ruleset_is_idle(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct sim_chain *chain = &ruleset->chains[i];
		if (chain->n_rules ||
		    (chain->policy && strcasecmp(chain->policy, "policy accept") != 0))
			return false;
	}
	return true;
}

const char *sim_ruleset_hook(const struct sim_ruleset *ruleset, const struct sim_trace_event *event)
{
	const struct sim_chain *chain = find_chain(ruleset, event);
	return chain ? chain->hook : "";
}

const struct sim_rule *sim_ruleset_rules(const struct sim_ruleset *ruleset,
					 const struct sim_trace_event *event, size_t *count)
{
	const struct sim_chain *chain = find_chain(ruleset, event);
	*count = chain ? chain->n_rules : 0;
	return chain ? chain->rules : NULL;
}

/* The block that this rule of a chain holds, or NULL. */
static const struct sim_chain *find_block(const struct sim_ruleset *ruleset,
					  const struct sim_chain *chain, uint64_t holder)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct sim_chain *block = &ruleset->chains[i];
		if (block->within && block->holder == holder && block->family == chain->family &&
		    !strcmp(block->within, chain->name) && !strcmp(block->table, chain->table))
			return block;
	}
	return NULL;
}

const char *sim_ruleset_chain(const struct sim_ruleset *ruleset,
			      const struct sim_trace_event *event)
{
	const struct sim_chain *chain = find_chain(ruleset, event);
	if (!chain)
		return NULL;
	return chain->within ? chain->within : chain->name;
}

bool sim_ruleset_translate(const struct sim_ruleset *from, const struct sim_ruleset *to,
			   const struct sim_trace_event *event, struct sim_trace_event *told)
{
	const struct sim_chain *block = find_chain(from, event);
	*told = *event;
	if (!block || !block->within)
		return true;
	snprintf(told->chain, sizeof(told->chain), "%s", block->within);
	const struct sim_chain *chain = find_chain(from, told);
	const struct sim_chain *other = find_chain(to, told);
	size_t i = 0;
	while (chain && i < chain->n_rules && chain->rules[i].rule != block->holder)
		i++;
	if (!chain || !other || i >= chain->n_rules || i >= other->n_rules)
		return false;
	const struct sim_chain *twin = find_block(to, other, other->rules[i].rule);
	if (twin)
		snprintf(told->chain, sizeof(told->chain), "%s", twin->name);
	return twin != NULL;
}

static const struct sim_rule *find_rule(const struct sim_chain *chain,
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
	const struct sim_chain *chain = find_chain(ruleset, event);
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
