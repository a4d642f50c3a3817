/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/ruleset_blocks.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/attr.h>

#include "netsim/netlink.h"
#include "netsim/trace.h"

static bool is_nameless(const char *chain)
{
	return !strncmp(chain, RULESET_NAMELESS, strlen(RULESET_NAMELESS));
}

/* An attribute in another one; NULL: there is none, also where there is not that other one. */
static struct nlattr *within(struct nlattr *outer, int type)
{
	return outer ? nla_find(nla_data(outer), nla_len(outer), type) : NULL;
}

/* Where a rule's expression jumps to; NULL: nowhere. */
static const char *target_of(struct nlattr *expression)
{
	struct nlattr *name = within(expression, NFTA_EXPR_NAME);
	if (!name || strcmp(nla_get_string(name), "immediate") != 0)
		return NULL;
	struct nlattr *data = within(within(expression, NFTA_EXPR_DATA), NFTA_IMMEDIATE_DATA);
	struct nlattr *chain = within(within(data, NFTA_DATA_VERDICT), NFTA_VERDICT_CHAIN);
	return chain ? nla_get_string(chain) : NULL;
}

/* The block that a rule holds, or NULL. */
static const char *held_by(struct nlattr *expressions)
{
	struct nlattr *expression;
	int left;
	if (!expressions)
		return NULL;
	nla_for_each_nested(expression, expressions, left)
	{
		const char *target = target_of(expression);
		if (target && is_nameless(target))
			return target;
	}
	return NULL;
}

static int write_rule(struct nl_msg *answer, void *arg)
{
	FILE *to = arg;
	struct nlmsghdr *header = nlmsg_hdr(answer);
	const struct nfgenmsg *about = nlmsg_data(header);
	struct nlattr *all[NFTA_RULE_MAX + 1];
	if (nlmsg_parse(header, sizeof(*about), all, NFTA_RULE_MAX, NULL) < 0 ||
	    !all[NFTA_RULE_TABLE] || !all[NFTA_RULE_CHAIN] || !all[NFTA_RULE_HANDLE])
		return NL_OK;
	const char *chain = nla_get_string(all[NFTA_RULE_CHAIN]);
	const char *held = held_by(all[NFTA_RULE_EXPRESSIONS]);
	if (is_nameless(chain) || held)
		fprintf(to, "%u %s %s %" PRIu64 "%s%s\n", about->nfgen_family,
			nla_get_string(all[NFTA_RULE_TABLE]), chain,
			(uint64_t)be64toh(nla_get_u64(all[NFTA_RULE_HANDLE])), held ? " " : "",
			held ? held : "");
	return NL_OK;
}

int ruleset_blocks_list(FILE *to, struct sim_error *err)
{
	struct netlink *netlink;
	if (netlink_open(NETLINK_NETFILTER, &netlink, err) < 0)
		return -1;
	struct nl_msg *msg = netlink_netfilter(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
					       NLM_F_DUMP, AF_UNSPEC, 0);
	int status = netlink_query(netlink, msg, write_rule, to, err);
	/* Rules that change under a dump interrupt it: a half of it names what it can. */
	bool interrupted = status < 0 && netlink->errnum == EINTR;
	netlink_close(netlink);
	return interrupted ? 0 : status;
}

/* The block that is called so, or "", that is not called anything yet and has this holder. */
static struct sim_chain *find_block(const struct sim_ruleset *ruleset,
				    const struct sim_chain *wanted)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		struct sim_chain *block = &ruleset->chains[i];
		if (!block->within || block->family != wanted->family ||
		    strcmp(block->table, wanted->table) != 0 ||
		    strcmp(block->name, wanted->name) != 0)
			continue;
		if (*wanted->name ||
		    (block->holder == wanted->holder && !strcmp(block->within, wanted->within)))
			return block;
	}
	return NULL;
}

/* "1 fw input 7 __chain3", "1 fw __chain3 5" */
static int read_line(struct sim_ruleset *ruleset, char *line)
{
	const char *family = strsep(&line, " "), *table = strsep(&line, " ");
	const char *chain = strsep(&line, " "), *handle = strsep(&line, " ");
	const char *held = strsep(&line, " ");
	if (!handle)
		return 0;
	const struct sim_chain wanted = {.family = (uint8_t)strtoul(family, NULL, 10),
					 .table = table,
					 .name = held ? "" : chain,
					 .within = chain,
					 .holder = strtoull(handle, NULL, 10)};
	struct sim_chain *block = find_block(ruleset, &wanted);
	if (block && held) {
		char *name = strdup(held);
		free((char *)(uintptr_t)block->name);
		block->name = name;
		return name ? 0 : -1;
	}
	if (block && block->n_handles++ < block->n_rules)
		block->rules[block->n_handles - 1].rule = wanted.holder;
	return 0;
}

/* Of those that have not got one handle for each rule. */
static void forget_uncertain(const struct sim_ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->n_chains; i++) {
		const struct sim_chain *block = &ruleset->chains[i];
		for (size_t k = 0; block->n_handles != block->n_rules && k < block->n_rules; k++)
			if (block->within)
				block->rules[k].rule = 0;
	}
}

int ruleset_blocks_name(struct sim_ruleset *ruleset, char *lines)
{
	for (char *line; (line = strsep(&lines, "\n"));)
		if (read_line(ruleset, line) < 0)
			return -1;
	forget_uncertain(ruleset);
	return 0;
}
