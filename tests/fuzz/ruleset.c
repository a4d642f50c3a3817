/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rulesets: any texts as listings (nft, iptables-save, ip6tables-save, ...),
 * NULs between them, and what is looked up in them.
 */
#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "lab/testimony.h"
#include "netsim/ruleset.h"
#include "tests/fuzz/support/fuzz.h"

static struct sim_ruleset *parse(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char *listings[SIM_LISTINGS];
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		listings[i] = fuzz_text(&input);
	struct sim_ruleset *ruleset = sim_ruleset_parse(listings);
	HOLDS(ruleset);
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		free(listings[i]);
	return ruleset;
}

/* Each of a chain's rules is found again by what a trace tells of it. */
static void check_rules(const struct sim_ruleset *ruleset, struct sim_trace_event event)
{
	size_t count;
	char prefix[128];
	const struct sim_rule *rules = sim_ruleset_rules(ruleset, &event, &count);
	HOLDS(rules || !count);
	for (size_t i = 0; i < count; i++) {
		event.kind = SIM_TRACE_RULE;
		event.rule = rules[i].rule;
		const char *text = sim_ruleset_text(ruleset, &event);
		HOLDS(text);
		HOLDS(sim_ruleset_fate(ruleset, &event) <= SIM_FATE_REJECTED);
		const struct finding finding = {.event = event, .text = text};
		if (testimony_has_log(&finding, prefix, sizeof(prefix)))
			HOLDS(strlen(prefix) < sizeof(prefix));
	}
	event.kind = SIM_TRACE_POLICY;
	sim_ruleset_text(ruleset, &event);
	sim_ruleset_fate(ruleset, &event);
	sim_ruleset_correct(ruleset, &event);
	HOLDS(sim_ruleset_hook(ruleset, &event));
}

static void check(const struct sim_ruleset *ruleset)
{
	static const struct {
		bool legacy;
		uint8_t family;
		const char *table, *chain;
	} chains[] = {
		{false, NFPROTO_INET, "fw", "out"},	  {false, NFPROTO_IPV4, "filter", "OUTPUT"},
		{false, NFPROTO_BRIDGE, "b", "c"},	  {true, NFPROTO_IPV4, "filter", "OUTPUT"},
		{true, NFPROTO_IPV6, "filter", "OUTPUT"}, {true, NFPROTO_IPV4, "filter", "u1"},
	};
	for (size_t i = 0; i < sizeof(chains) / sizeof(*chains); i++) {
		struct sim_trace_event event = {.legacy = chains[i].legacy,
						.family = chains[i].family,
						.verdict = SIM_VERDICT_DROP,
						.rule = 1};
		snprintf(event.table, sizeof(event.table), "%s", chains[i].table);
		snprintf(event.chain, sizeof(event.chain), "%s", chains[i].chain);
		check_rules(ruleset, event);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_ruleset *ruleset = parse(data, size);
	struct sim_ruleset *again = parse(data, size);
	HOLDS(sim_ruleset_same(ruleset, again));
	HOLDS(sim_ruleset_is_audible(ruleset) == sim_ruleset_is_audible(again));
	check(ruleset);
	sim_ruleset_free(ruleset);
	sim_ruleset_free(again);
	return 0;
}
