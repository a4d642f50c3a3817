/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include <netlink/attr.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/veth.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"

static void put_link(struct rtnl_link **link)
{
	rtnl_link_put(*link);
}

static void put_address(struct rtnl_addr **address)
{
	rtnl_addr_put(*address);
}

static void put_nl_addr(struct nl_addr **address)
{
	nl_addr_put(*address);
}

#define autolink    __attribute__((cleanup(put_link))) struct rtnl_link
#define autoaddress __attribute__((cleanup(put_address))) struct rtnl_addr
#define autonladdr  __attribute__((cleanup(put_nl_addr))) struct nl_addr

static struct sim_link *new_link(const char *name)
{
	struct sim_link *link = calloc(1, sizeof(*link));
	if (link)
		snprintf(link->name, sizeof(link->name), "%s", name);
	return link;
}

static void keep_link(struct sim_host *host, struct sim_link *link)
{
	link->next = host->links;
	host->links = link;
}

static struct sim_link *find_link(struct sim_host *host, const char *ifname, struct sim_error *err)
{
	struct sim_link *link = host->links;
	while (link && strcmp(link->name, ifname) != 0)
		link = link->next;
	if (!link)
		sim_fail(err, ENODEV, "host %s has no interface %s", host->name, ifname);
	return link;
}

/* A message about an interface, by name; to be completed by the caller. */
static struct nl_msg *link_message(int type, const char *ifname, unsigned flags)
{
	struct ifinfomsg body = {.ifi_flags = flags, .ifi_change = flags};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    nla_put_string(msg, IFLA_IFNAME, ifname) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int sim_link_up(struct netlink *rtnl, const char *ifname, struct sim_error *err)
{
	if (netlink_request(rtnl, link_message(RTM_NEWLINK, ifname, IFF_UP), err) < 0)
		return sim_wrap(err, "cannot set %s up", ifname);
	return 0;
}

static int read_link(struct nl_msg *msg, void *arg)
{
	struct sim_link *link = arg;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	const struct ifinfomsg *body = nlmsg_data(header);
	struct nlattr *hardware = nlmsg_find_attr(header, sizeof(*body), IFLA_ADDRESS);
	link->index = body->ifi_index;
	if (hardware && nla_len(hardware) == (int)sizeof(link->hardware))
		memcpy(link->hardware, nla_data(hardware), sizeof(link->hardware));
	return NL_OK;
}

/* Ask the kernel, which then also catches up on the link's carrier (linkwatch). */
static int know_link(struct sim_host *host, struct sim_link *link, struct sim_error *err)
{
	if (netlink_query(host->rtnl, link_message(RTM_GETLINK, link->name, 0), read_link, link,
			  err) < 0)
		return sim_wrap(err, "host %s: link %s", host->name, link->name);
	return 0;
}

int sim_bridge_add(struct sim_host *host, const char *name, struct sim_error *err)
{
	autofree struct sim_link *link = new_link(name);
	autolink *bridge = rtnl_link_bridge_alloc();
	struct nl_msg *msg = NULL;
	if (link && bridge) {
		rtnl_link_set_name(bridge, name);
		rtnl_link_build_add_request(bridge, NLM_F_CREATE | NLM_F_EXCL, &msg);
	}
	if (netlink_request(host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot make bridge %s", host->name, name);
	keep_link(host, steal_ptr(&link));
	return 0;
}

static void describe_end(struct rtnl_link *link, const struct sim_veth_end *end)
{
	rtnl_link_set_name(link, end->name);
	rtnl_link_set_ns_fd(link, end->host->netns);
}

static struct nl_msg *veth_message(const struct sim_veth_end *a, const struct sim_veth_end *b)
{
	struct nl_msg *msg = NULL;
	autolink *link = rtnl_link_veth_alloc();
	if (!link)
		return NULL;
	autolink *peer = rtnl_link_veth_get_peer(link);
	describe_end(link, a);
	describe_end(peer, b);
	rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	return msg;
}

/* Make an end a port of its bridge; a veth's peer would not hear of it at birth. */
static int join_bridge(const struct sim_veth_end *end, struct sim_error *err)
{
	if (!end->bridge)
		return 0;
	struct sim_link *bridge = find_link(end->host, end->bridge, err);
	if (!bridge || (!bridge->index && know_link(end->host, bridge, err) < 0))
		return -1;
	struct nl_msg *msg = link_message(RTM_NEWLINK, end->name, 0);
	if (msg && nla_put_u32(msg, IFLA_MASTER, (uint32_t)bridge->index) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_request(end->host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot make %s a port of %s", end->host->name,
				end->name, end->bridge);
	return 0;
}

int sim_veth_add(const struct sim_veth_end *a, const struct sim_veth_end *b, struct sim_error *err)
{
	autofree struct sim_link *link_a = new_link(a->name);
	autofree struct sim_link *link_b = new_link(b->name);
	struct nl_msg *msg = link_a && link_b ? veth_message(a, b) : NULL;
	if (netlink_request(a->host->rtnl, msg, err) < 0)
		return sim_wrap(err, "cannot link %s of host %s with %s of host %s", a->name,
				a->host->name, b->name, b->host->name);
	keep_link(a->host, steal_ptr(&link_a));
	keep_link(b->host, steal_ptr(&link_b));
	return join_bridge(a, err) < 0 ? -1 : join_bridge(b, err);
}

/*
 * A missing neighbour is known after three times 10 ms instead of three times
 * a second.  Each link has its own setting, which it does not inherit from
 * that of "default" in its namespace.
 */
static int hasten_neighbours(struct sim_host *host, const struct sim_link *link, const char *table,
			     struct sim_error *err)
{
	struct ndtmsg body = {0};
	struct sim_error why;
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETNEIGHTBL, 0);
	struct nlattr *parameters = NULL;
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    nla_put_string(msg, NDTA_NAME, table) == 0)
		parameters = nla_nest_start(msg, NDTA_PARMS);
	if (!parameters || nla_put_u32(msg, NDTPA_IFINDEX, (uint32_t)link->index) < 0 ||
	    nla_put_u64(msg, NDTPA_RETRANS_TIME, 10) < 0) {
		nlmsg_free(msg);
		return sim_fail(err, ENOMEM, "host %s: %s", host->name, table);
	}
	nla_nest_end(msg, parameters);
	/* A kernel without IPv6 has no such table. */
	if (netlink_request(host->rtnl, msg, &why) < 0 && why.errnum != ENOENT)
		return sim_fail(err, 0, "host %s: %s of %s: %s", host->name, table, link->name,
				why.text);
	return 0;
}

static int all_up(struct sim_host *host, struct sim_error *err)
{
	for (const struct sim_link *link = host->links; link; link = link->next)
		if (sim_link_up(host->rtnl, link->name, err) < 0)
			return sim_wrap(err, "host %s", host->name);
	return 0;
}

static int settle(struct sim_host *host, struct sim_error *err)
{
	for (struct sim_link *link = host->links; link; link = link->next)
		if (know_link(host, link, err) < 0 ||
		    hasten_neighbours(host, link, "arp_cache", err) < 0 ||
		    hasten_neighbours(host, link, "ndisc_cache", err) < 0)
			return -1;
	return 0;
}

int sim_links_up(struct sim_host *const *hosts, size_t count, struct sim_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (all_up(hosts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (settle(hosts[i], err) < 0)
			return -1;
	return 0;
}

static int add_address(struct sim_host *host, const struct sim_link *link,
		       const struct sim_prefix *prefix, int scope, struct sim_error *err)
{
	bool v6 = prefix->family == AF_INET6;
	autoaddress *address = rtnl_addr_alloc();
	autonladdr *local = nl_addr_build(prefix->family, prefix->bytes, v6 ? 16 : 4);
	struct nl_msg *msg = NULL;
	if (address && local) {
		nl_addr_set_prefixlen(local, prefix->length);
		rtnl_addr_set_ifindex(address, link->index);
		rtnl_addr_set_local(address, local);
		rtnl_addr_set_scope(address, scope);
		if (v6)
			rtnl_addr_set_flags(address, IFA_F_NODAD);
		rtnl_addr_build_add_request(address, NLM_F_EXCL, &msg);
	}
	return netlink_request(host->rtnl, msg, err);
}

/* fe80::/64 with the interface id that the hardware address gives (RFC 4291, appendix A). */
static struct sim_prefix link_local(const struct sim_link *link)
{
	const unsigned char *mac = link->hardware;
	return (struct sim_prefix){
		.family = AF_INET6,
		.length = 64,
		.bytes = {0xfe, 0x80, [8] = mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4],
			  mac[5]},
	};
}

static int add_v6(struct sim_host *host, struct sim_link *link, const struct sim_prefix *address,
		  struct sim_error *err)
{
	const struct sim_prefix local = link_local(link);
	if (!link->has_link_local && add_address(host, link, &local, RT_SCOPE_LINK, err) < 0)
		return sim_wrap(err, "link-local address");
	if (add_address(host, link, address, RT_SCOPE_UNIVERSE, err) < 0)
		return -1;
	if (!link->has_link_local && sim_await_address(host, link, &local, err) < 0)
		return -1;
	link->has_link_local = true;
	return sim_await_address(host, link, address, err);
}

int sim_address_add(struct sim_host *host, const char *ifname, const struct sim_prefix *address,
		    struct sim_error *err)
{
	char text[SIM_PREFIX_TEXT];
	struct sim_link *link = find_link(host, ifname, err);
	if (!link || (!link->index && know_link(host, link, err) < 0))
		return -1;
	int status = address->family == AF_INET6
			     ? add_v6(host, link, address, err)
			     : add_address(host, link, address, RT_SCOPE_UNIVERSE, err);
	return status < 0 ? sim_wrap(err, "host %s: cannot give %s to %s", host->name,
				     sim_prefix_text(address, text), ifname)
			  : 0;
}
