/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/ruleset_count.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include <netlink/attr.h>

#include "netsim/netlink.h"
#include "netsim/ruleset_blocks.h"
#include "netsim/trace.h"

/* Rules that change under a dump interrupt it. */
#define TRIES 8

static int count_rule(struct nl_msg *answer, void *arg)
{
	long *count = arg;
	struct nlattr *chain =
		nlmsg_find_attr(nlmsg_hdr(answer), sizeof(struct nfgenmsg), NFTA_RULE_CHAIN);
	*count += !chain ||
		  strncmp(nla_get_string(chain), RULESET_NAMELESS, strlen(RULESET_NAMELESS)) != 0;
	return NL_OK;
}

static int count_table(struct nl_msg *answer, void *arg)
{
	long *count = arg;
	struct nlmsghdr *header = nlmsg_hdr(answer);
	struct nlattr *table = nlmsg_find_attr(header, sizeof(struct nfgenmsg), NFTA_TABLE_NAME);
	/* Only ours have an owner: anybody's may have the name. */
	if (!table || strcmp(nla_get_string(table), SIM_TRACE_TABLE) != 0 ||
	    !nlmsg_find_attr(header, sizeof(struct nfgenmsg), NFTA_TABLE_OWNER))
		++*count;
	return NL_OK;
}

static int dump(struct netlink *netlink, int type, long *count, struct sim_error *err)
{
	struct nl_msg *msg =
		netlink_netfilter(NFNL_SUBSYS_NFTABLES << 8 | type, NLM_F_DUMP, AF_UNSPEC, 0);
	*count = 0;
	return netlink_query(netlink, msg, type == NFT_MSG_GETTABLE ? count_table : count_rule,
			     count, err);
}

static long count_all(int type, struct sim_error *err)
{
	struct netlink *netlink;
	long count;
	if (netlink_open(NETLINK_NETFILTER, &netlink, err) < 0)
		return -1;
	int status = -1;
	for (unsigned tries = 0; status < 0 && tries < TRIES; tries++) {
		status = dump(netlink, type, &count, err);
		if (status < 0 && netlink->errnum != EINTR)
			break;
	}
	netlink_close(netlink);
	return status < 0 ? -1 : count;
}

long ruleset_count_tables(struct sim_error *err)
{
	return count_all(NFT_MSG_GETTABLE, err);
}

long ruleset_count_rules(struct sim_error *err)
{
	return count_all(NFT_MSG_GETRULE, err);
}
