/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/attr.h>

#include "netsim/host_private.h"

static int open_netfilter(void *arg, struct sim_error *err)
{
	struct sim_host *host = arg;
	return netlink_open(NETLINK_NETFILTER, &host->netfilter, err);
}

static int open_once(struct sim_host *host, struct sim_error *err)
{
	return host->netfilter ? 0 : sim_host_within(host, open_netfilter, host, err);
}

static bool is_ping(const struct sim_packet *packet)
{
	return packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6;
}

static int put_address(struct nl_msg *msg, int v4, int v6, const struct sim_prefix *address)
{
	bool is_v4 = address->family == AF_INET;
	return nla_put(msg, is_v4 ? v4 : v6, is_v4 ? 4 : 16, address->bytes);
}

/* The echo request's type; in a tuple the identifier takes the ports' place. */
static int put_echo(struct nl_msg *msg, const struct sim_packet *packet)
{
	bool v4 = packet->protocol == IPPROTO_ICMP;
	if (nla_put_u8(msg, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE,
		       v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST) < 0 ||
	    nla_put_u8(msg, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE, 0) < 0)
		return -1;
	return nla_put_u16(msg, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID, htons(packet->sport));
}

static int put_protocol(struct nl_msg *msg, const struct sim_packet *packet)
{
	if (nla_put_u8(msg, CTA_PROTO_NUM, packet->protocol) < 0)
		return -1;
	if (is_ping(packet))
		return put_echo(msg, packet);
	if (nla_put_u16(msg, CTA_PROTO_SRC_PORT, htons(packet->sport)) < 0)
		return -1;
	return nla_put_u16(msg, CTA_PROTO_DST_PORT, htons(packet->dport));
}

static int put_tuple(struct nl_msg *msg, const struct sim_packet *packet)
{
	struct nlattr *tuple = nla_nest_start(msg, CTA_TUPLE_ORIG | NLA_F_NESTED);
	struct nlattr *ip = tuple ? nla_nest_start(msg, CTA_TUPLE_IP | NLA_F_NESTED) : NULL;
	if (!ip || put_address(msg, CTA_IP_V4_SRC, CTA_IP_V6_SRC, &packet->from) < 0 ||
	    put_address(msg, CTA_IP_V4_DST, CTA_IP_V6_DST, &packet->to) < 0)
		return -1;
	nla_nest_end(msg, ip);
	struct nlattr *protocol = nla_nest_start(msg, CTA_TUPLE_PROTO | NLA_F_NESTED);
	if (!protocol || put_protocol(msg, packet) < 0)
		return -1;
	nla_nest_end(msg, protocol);
	return nla_nest_end(msg, tuple);
}

static bool get_address(struct nlattr *v4, struct nlattr *v6, struct sim_prefix *address)
{
	struct nlattr *found = v4 ? v4 : v6;
	*address = (struct sim_prefix){.family = v4 ? AF_INET : AF_INET6, .length = v4 ? 32 : 128};
	if (!found || nla_len(found) < address->length / 8)
		return false;
	memcpy(address->bytes, nla_data(found), address->length / 8);
	return true;
}

static uint16_t get_port(struct nlattr *attribute)
{
	return attribute && nla_len(attribute) >= 2 ? ntohs(nla_get_u16(attribute)) : 0;
}

static bool get_tuple(struct nlattr *attribute, struct sim_packet *packet)
{
	struct nlattr *tuple[CTA_TUPLE_MAX + 1];
	struct nlattr *ip[CTA_IP_MAX + 1];
	struct nlattr *protocol[CTA_PROTO_MAX + 1];
	*packet = (struct sim_packet){.family = 0};
	if (!attribute || nla_parse_nested(tuple, CTA_TUPLE_MAX, attribute, NULL) < 0 ||
	    !tuple[CTA_TUPLE_IP] || !tuple[CTA_TUPLE_PROTO] ||
	    nla_parse_nested(ip, CTA_IP_MAX, tuple[CTA_TUPLE_IP], NULL) < 0 ||
	    nla_parse_nested(protocol, CTA_PROTO_MAX, tuple[CTA_TUPLE_PROTO], NULL) < 0 ||
	    !protocol[CTA_PROTO_NUM] ||
	    !get_address(ip[CTA_IP_V4_SRC], ip[CTA_IP_V6_SRC], &packet->from) ||
	    !get_address(ip[CTA_IP_V4_DST], ip[CTA_IP_V6_DST], &packet->to))
		return false;
	packet->family = packet->from.family;
	packet->protocol = nla_get_u8(protocol[CTA_PROTO_NUM]);
	packet->sport =
		get_port(protocol[packet->protocol == IPPROTO_ICMP     ? CTA_PROTO_ICMP_ID
				  : packet->protocol == IPPROTO_ICMPV6 ? CTA_PROTO_ICMPV6_ID
								       : CTA_PROTO_SRC_PORT]);
	packet->dport = get_port(protocol[CTA_PROTO_DST_PORT]);
	return true;
}

/* A connection, as the kernel tells of it. */
struct connection {
	bool whole;
	struct sim_packet original;
	struct sim_packet reply;
};

static int read_connection(struct nl_msg *answer, void *arg)
{
	struct connection *connection = arg;
	struct nlattr *field[CTA_MAX + 1];
	connection->whole = nlmsg_parse(nlmsg_hdr(answer), sizeof(struct nfgenmsg), field, CTA_MAX,
					NULL) >= 0 &&
			    get_tuple(field[CTA_TUPLE_ORIG], &connection->original) &&
			    get_tuple(field[CTA_TUPLE_REPLY], &connection->reply);
	return NL_OK;
}

/* About the connection that this packet begins. */
static struct nl_msg *message_about(const struct sim_packet *packet, int type)
{
	struct nl_msg *msg =
		netlink_netfilter(NFNL_SUBSYS_CTNETLINK << 8 | type, 0, (uint8_t)packet->family, 0);
	if (msg && put_tuple(msg, packet) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

int sim_conntrack_forget(struct sim_host *host, const struct sim_packet *packet,
			 struct sim_error *err)
{
	struct sim_error why;
	if (open_once(host, err) < 0)
		return -1;
	if (netlink_request(host->netfilter, message_about(packet, IPCTNL_MSG_CT_DELETE), &why) ==
		    0 ||
	    why.errnum == ENOENT)
		return 0;
	return sim_fail(err, why.errnum, "host %s: its connection tracking: %s", host->name,
			why.text);
}

/* 1, 0, -1. */
static int find(struct sim_host *host, const struct sim_packet *packet, struct connection *found,
		struct sim_error *err)
{
	struct sim_error why;
	*found = (struct connection){.whole = false};
	if (open_once(host, err) < 0)
		return -1;
	if (netlink_query(host->netfilter, message_about(packet, IPCTNL_MSG_CT_GET),
			  read_connection, found, &why) < 0)
		return why.errnum == ENOENT
			       ? 0
			       : sim_fail(err, why.errnum, "host %s: its connection tracking: %s",
					  host->name, why.text);
	return found->whole;
}

int sim_conntrack_find(struct sim_host *host, const struct sim_packet *before,
		       struct sim_packet *after, struct sim_error *err)
{
	struct connection found;
	int status = find(host, before, &found, err);
	/* It is found by either direction's packets: here it is the one that began it. */
	if (status <= 0 || !sim_packet_same_ends(&found.original, before))
		return status < 0 ? -1 : 0;
	const struct sim_packet *reply = &found.reply;
	*after = (struct sim_packet){
		.family = reply->family,
		.protocol = reply->protocol,
		.from = reply->to,
		.to = reply->from,
		.sport = is_ping(reply) ? reply->sport : reply->dport,
		.dport = is_ping(reply) ? 0 : reply->sport,
	};
	return 1;
}

int sim_conntrack_origin(struct sim_host *host, const struct sim_packet *packet,
			 struct sim_packet *first, struct sim_error *err)
{
	struct connection found;
	int status = find(host, packet, &found, err);
	if (status > 0)
		*first = found.original;
	return status;
}

struct sim_conntrack_news {
	struct sim_host *host;
	struct netlink *netlink;
	void (*each)(const struct sim_packet *first, void *arg); /* during a read */
	void *arg;
};

static int tell(struct nl_msg *msg, void *arg)
{
	const struct sim_conntrack_news *news = arg;
	struct connection begun;
	read_connection(msg, &begun);
	if (begun.whole && (begun.original.protocol == IPPROTO_UDP || is_ping(&begun.original)))
		news->each(&begun.original, news->arg);
	return NL_OK;
}

static int open_news(void *arg, struct sim_error *err)
{
	struct sim_conntrack_news *news = arg;
	if (netlink_open(NETLINK_NETFILTER, &news->netlink, err) < 0)
		return -1;
	struct nl_sock *sock = news->netlink->sock;
	nl_socket_disable_seq_check(sock);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, tell, news);
	int status = nl_socket_set_nonblocking(sock);
	errno = 0;
	if (status == 0)
		status = nl_socket_add_membership(sock, NFNLGRP_CONNTRACK_NEW);
	return status < 0 ? sim_fail(err, errno, "%s", nl_geterror(status)) : 0;
}

int sim_conntrack_news_open(struct sim_host *host, struct sim_conntrack_news **news_out,
			    struct sim_error *err)
{
	struct sim_conntrack_news *news = calloc(1, sizeof(*news));
	if (!news)
		return sim_fail(err, ENOMEM, "news of connection tracking");
	news->host = host;
	if (sim_host_within(host, open_news, news, err) < 0) {
		sim_conntrack_news_close(news);
		return sim_wrap(err, "host %s: cannot listen to its connection tracking",
				host->name);
	}
	*news_out = news;
	return 0;
}

void sim_conntrack_news_close(struct sim_conntrack_news *news)
{
	if (!news)
		return;
	netlink_close(news->netlink);
	free(news);
}

int sim_conntrack_news_read(struct sim_conntrack_news *news,
			    void (*each)(const struct sim_packet *first, void *arg), void *arg,
			    struct sim_error *err)
{
	int status;
	news->each = each;
	news->arg = arg;
	/* libnl has no other word for ENOBUFS than that of memory. */
	do {
		errno = 0;
		status = nl_recvmsgs_default(news->netlink->sock);
	} while (status == 0 || status == -NLE_INTR || errno == ENOBUFS);
	return status == -NLE_AGAIN
		       ? 0
		       : sim_fail(err, errno,
				  "host %s: cannot listen to its connection tracking: %s",
				  news->host->name, nl_geterror(status));
}
