/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <endian.h>
#include <limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdio.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/msg.h>

#include "netsim/trace.h"

/* Of a kernel newer than the header. */
#define TRACE_CT_STATE	 21
#define TRACE_ATTRIBUTES 22

static const struct {
	const char *name;
	uint8_t family;
} families[] = {
	{"ip", NFPROTO_IPV4}, {"ip6", NFPROTO_IPV6},	  {"inet", NFPROTO_INET},
	{"arp", NFPROTO_ARP}, {"bridge", NFPROTO_BRIDGE}, {"netdev", NFPROTO_NETDEV},
};

const char *sim_trace_family(const struct sim_trace_event *event)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (families[i].family == event->family)
			return families[i].name;
	return "";
}

uint8_t sim_trace_family_named(const char *name)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++)
		if (!strcmp(families[i].name, name))
			return families[i].family;
	return NFPROTO_UNSPEC;
}

static void copy_text(char *to, size_t size, struct nlattr *from)
{
	if (from)
		snprintf(to, size, "%.*s", nla_len(from), (const char *)nla_data(from));
}

static uint32_t get_be32(struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= 4 ? ntohl(nla_get_u32(attribute)) : 0;
}

static uint64_t get_be64(struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= 8 ? be64toh(nla_get_u64(attribute)) : 0;
}

static enum sim_trace_verdict verdict_of(uint32_t code)
{
	/* Jumps and the like are below zero; a drop may have its reason in the upper bits. */
	if ((int)code < 0)
		return SIM_VERDICT_NONE;
	switch (code & NF_VERDICT_MASK) {
	case NF_ACCEPT:
		return SIM_VERDICT_ACCEPT;
	case NF_DROP:
		return SIM_VERDICT_DROP;
	default:
		return SIM_VERDICT_NONE;
	}
}

static enum sim_trace_verdict nft_verdict(struct nlattr *attribute)
{
	struct nlattr *verdict[NFTA_VERDICT_MAX + 1];
	if (!attribute || nla_parse_nested(verdict, NFTA_VERDICT_MAX, attribute, NULL) < 0)
		return SIM_VERDICT_NONE;
	return verdict[NFTA_VERDICT_CODE] ? verdict_of(get_be32(verdict[NFTA_VERDICT_CODE]))
					  : SIM_VERDICT_NONE;
}

static bool parse_nft(struct nlmsghdr *message, struct sim_trace_event *event)
{
	struct nlattr *field[TRACE_ATTRIBUTES];
	if (nlmsg_parse(message, sizeof(struct nfgenmsg), field, TRACE_ATTRIBUTES - 1, NULL) < 0)
		return false;
	static const enum sim_trace_kind kinds[] = {
		[NFT_TRACETYPE_POLICY] = SIM_TRACE_POLICY,
		[NFT_TRACETYPE_RETURN] = SIM_TRACE_RETURN,
		[NFT_TRACETYPE_RULE] = SIM_TRACE_RULE,
	};
	uint32_t type = get_be32(field[NFTA_TRACE_TYPE]);
	if (type == NFT_TRACETYPE_UNSPEC || type > NFT_TRACETYPE_MAX)
		return false;
	const struct nfgenmsg *body = nlmsg_data(message);
	event->kind = kinds[type];
	/* At the end of a chain's rules the kernel tells of one that is not there. */
	if (type == NFT_TRACETYPE_RULE && !field[NFTA_TRACE_RULE_HANDLE])
		event->kind = SIM_TRACE_RETURN;
	event->family = body->nfgen_family;
	copy_text(event->table, sizeof(event->table), field[NFTA_TRACE_TABLE]);
	copy_text(event->chain, sizeof(event->chain), field[NFTA_TRACE_CHAIN]);
	event->rule = get_be64(field[NFTA_TRACE_RULE_HANDLE]);
	event->id = get_be32(field[NFTA_TRACE_ID]);
	event->verdict = type == NFT_TRACETYPE_POLICY && field[NFTA_TRACE_POLICY]
				 ? verdict_of(get_be32(field[NFTA_TRACE_POLICY]))
				 : nft_verdict(field[NFTA_TRACE_VERDICT]);
	event->in = get_be32(field[NFTA_TRACE_IIF]);
	event->out = get_be32(field[NFTA_TRACE_OIF]);
	event->ct_state = get_be32(field[TRACE_CT_STATE]);
	struct nlattr *network = field[NFTA_TRACE_NETWORK_HEADER];
	struct nlattr *transport = field[NFTA_TRACE_TRANSPORT_HEADER];
	if (network)
		sim_packet_parse(nla_data(network), (size_t)nla_len(network),
				 transport ? nla_data(transport) : NULL,
				 transport ? (size_t)nla_len(transport) : 0, &event->packet);
	return true;
}

/* "TRACE: filter:OUTPUT:rule:3 ", as the legacy tables write it (trace_packet() in ip_tables.c). */
static bool parse_legacy_trace(struct sim_trace_event *event)
{
	static const struct {
		const char *name;
		enum sim_trace_kind kind;
	} kinds[] = {{"rule", SIM_TRACE_RULE},
		     {"return", SIM_TRACE_RETURN},
		     {"policy", SIM_TRACE_POLICY}};
	char text[sizeof(event->prefix)];
	snprintf(text, sizeof(text), "%s", event->prefix);
	char *rest = text + strlen("TRACE: ");
	char *table = strsep(&rest, ":");
	/* A chain's name may contain colons; what follows it does not. */
	char *number = rest ? strrchr(rest, ':') : NULL;
	if (!number)
		return false;
	*number++ = '\0';
	char *kind = strrchr(rest, ':');
	if (!kind)
		return false;
	*kind++ = '\0';
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kind, kinds[i].name) != 0)
			continue;
		event->kind = kinds[i].kind;
		event->legacy = true;
		event->rule = strtoul(number, NULL, 10);
		snprintf(event->table, sizeof(event->table), "%s", table);
		snprintf(event->chain, sizeof(event->chain), "%s", rest);
		return true;
	}
	return false;
}

static bool parse_log(struct nlmsghdr *message, struct sim_trace_event *event)
{
	struct nlattr *field[NFULA_MAX + 1];
	if (nlmsg_parse(message, sizeof(struct nfgenmsg), field, NFULA_MAX, NULL) < 0)
		return false;
	const struct nfgenmsg *body = nlmsg_data(message);
	event->kind = SIM_TRACE_LOG;
	event->family = body->nfgen_family;
	event->group = ntohs(body->res_id);
	copy_text(event->prefix, sizeof(event->prefix), field[NFULA_PREFIX]);
	if (field[NFULA_PAYLOAD])
		sim_packet_parse(nla_data(field[NFULA_PAYLOAD]),
				 (size_t)nla_len(field[NFULA_PAYLOAD]), NULL, 0, &event->packet);
	event->in = get_be32(field[NFULA_IFINDEX_INDEV]);
	event->out = get_be32(field[NFULA_IFINDEX_OUTDEV]);
	event->has_owner = field[NFULA_UID] && field[NFULA_GID];
	event->uid = get_be32(field[NFULA_UID]);
	event->gid = get_be32(field[NFULA_GID]);
	if (!strncmp(event->prefix, "TRACE: ", strlen("TRACE: ")))
		parse_legacy_trace(event);
	return true;
}

bool sim_trace_parse(const void *message, size_t length, struct sim_trace_event *event)
{
	/* libnl reads through pointers that are not const, and changes nothing. */
	struct nlmsghdr *header = (struct nlmsghdr *)(uintptr_t)message;
	memset(event, 0, sizeof(*event));
	if (length > INT_MAX || !nlmsg_ok(header, (int)length) ||
	    nlmsg_datalen(header) < (int)sizeof(struct nfgenmsg))
		return false;
	switch (header->nlmsg_type) {
	case NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE:
		return parse_nft(header, event);
	case NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET:
		return parse_log(header, event);
	default:
		return false;
	}
}
