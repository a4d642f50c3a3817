/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/link.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

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

/* The index of an interface, 0 and an error if there is none. */
static unsigned find_index(struct sim_host *host, const char *ifname, struct sim_error *err)
{
	autolink *link = NULL;
	if (rtnl_link_get_kernel(host->rtnl->sock, 0, ifname, &link) < 0) {
		sim_fail(err, ENODEV, "host %s has no interface %s", host->name, ifname);
		return 0;
	}
	return (unsigned)rtnl_link_get_ifindex(link);
}

int sim_bridge_add(struct sim_host *host, const char *name, struct sim_error *err)
{
	autolink *bridge = rtnl_link_bridge_alloc();
	struct nl_msg *msg = NULL;
	if (bridge) {
		rtnl_link_set_name(bridge, name);
		rtnl_link_build_add_request(bridge, NLM_F_CREATE | NLM_F_EXCL, &msg);
	}
	if (netlink_request(host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot make bridge %s", host->name, name);
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
	unsigned port = find_index(end->host, end->name, err);
	unsigned bridge = port ? find_index(end->host, end->bridge, err) : 0;
	if (!bridge)
		return -1;
	autolink *link = rtnl_link_alloc();
	autolink *changes = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	if (link && changes) {
		rtnl_link_set_ifindex(link, (int)port);
		rtnl_link_set_master(changes, (int)bridge);
		rtnl_link_build_change_request(link, changes, 0, &msg);
	}
	if (netlink_request(end->host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot make %s a port of %s", end->host->name,
				end->name, end->bridge);
	return 0;
}

int sim_veth_add(const struct sim_veth_end *a, const struct sim_veth_end *b, struct sim_error *err)
{
	if (netlink_request(a->host->rtnl, veth_message(a, b), err) < 0)
		return sim_wrap(err, "cannot link %s of host %s with %s of host %s", a->name,
				a->host->name, b->name, b->host->name);
	return join_bridge(a, err) < 0 ? -1 : join_bridge(b, err);
}

static void put_cache(struct nl_cache **cache)
{
	nl_cache_free(*cache);
}

static int list_links(struct sim_host *host, struct nl_cache **links, struct sim_error *err)
{
	int status = rtnl_link_alloc_cache(host->rtnl->sock, AF_UNSPEC, links);
	if (status < 0)
		return sim_fail(err, 0, "host %s: cannot list links: %s", host->name,
				nl_geterror(status));
	return 0;
}

static int set_up(struct sim_host *host, struct rtnl_link *link, struct sim_error *err)
{
	autolink *changes = rtnl_link_alloc();
	struct nl_msg *msg = NULL;
	if (changes) {
		rtnl_link_set_flags(changes, IFF_UP);
		rtnl_link_build_change_request(link, changes, 0, &msg);
	}
	if (netlink_request(host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot set %s up", host->name,
				rtnl_link_get_name(link));
	return 0;
}

/*
 * A missing neighbour is known after three times 10 ms instead of three times
 * a second.  Each link has its own setting, which it does not inherit from
 * that of "default" in its namespace.
 */
static int hasten_neighbours(void *arg, struct sim_error *err)
{
	static const char *const families[] = {"ipv4", "ipv6"};
	struct nl_cache *links = arg;
	for (struct nl_object *o = nl_cache_get_first(links); o; o = nl_cache_get_next(o)) {
		for (size_t i = 0; i < 2; i++) {
			char name[96];
			struct sim_error why;
			snprintf(name, sizeof(name), "net/%s/neigh/%s/retrans_time_ms", families[i],
				 rtnl_link_get_name((struct rtnl_link *)o));
			if (sim_write_sysctl(name, "10", &why) < 0 && why.errnum != ENOENT)
				return sim_fail(err, 0, "%s", why.text);
		}
	}
	return 0;
}

static int all_up(struct sim_host *host, struct sim_error *err)
{
	__attribute__((cleanup(put_cache))) struct nl_cache *links = NULL;
	if (list_links(host, &links, err) < 0)
		return -1;
	for (struct nl_object *o = nl_cache_get_first(links); o; o = nl_cache_get_next(o)) {
		struct rtnl_link *link = (struct rtnl_link *)o;
		if (!(rtnl_link_get_flags(link) & IFF_UP) && set_up(host, link, err) < 0)
			return -1;
	}
	return sim_host_within(host, hasten_neighbours, links, err);
}

/* A query of one link makes the kernel catch up on its carrier (linkwatch). */
static int know_carriers(struct sim_host *host, struct sim_error *err)
{
	__attribute__((cleanup(put_cache))) struct nl_cache *links = NULL;
	if (list_links(host, &links, err) < 0)
		return -1;
	for (struct nl_object *o = nl_cache_get_first(links); o; o = nl_cache_get_next(o)) {
		autolink *fresh = NULL;
		int index = rtnl_link_get_ifindex((struct rtnl_link *)o);
		int status = rtnl_link_get_kernel(host->rtnl->sock, index, NULL, &fresh);
		if (status < 0)
			return sim_fail(err, 0, "host %s: link %d: %s", host->name, index,
					nl_geterror(status));
	}
	return 0;
}

int sim_links_up(struct sim_host *const *hosts, size_t count, struct sim_error *err)
{
	for (size_t i = 0; i < count; i++)
		if (all_up(hosts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < count; i++)
		if (know_carriers(hosts[i], err) < 0)
			return -1;
	return 0;
}

/* What a notification is waited for, and whether it has come. */
struct awaited {
	unsigned index;
	const struct sim_prefix *address;
	bool usable;
};

static int on_address(struct nl_msg *msg, void *arg)
{
	struct awaited *awaited = arg;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	if (header->nlmsg_type != RTM_NEWADDR)
		return NL_OK;
	const struct ifaddrmsg *body = nlmsg_data(header);
	struct nlattr *local = nlmsg_find_attr(header, sizeof(*body), IFA_ADDRESS);
	if (local && body->ifa_index == awaited->index && !(body->ifa_flags & IFA_F_TENTATIVE) &&
	    nla_len(local) == 16 && !memcmp(nla_data(local), awaited->address->bytes, 16))
		awaited->usable = true;
	return NL_OK;
}

static int await_usable(struct sim_host *host, struct awaited *awaited, struct sim_error *err)
{
	nl_socket_modify_cb(host->addresses, NL_CB_VALID, NL_CB_CUSTOM, on_address, awaited);
	while (!awaited->usable) {
		int status = nl_recvmsgs_default(host->addresses);
		if (status < 0)
			return sim_fail(err, 0, "host %s: waiting for an IPv6 address: %s",
					host->name, nl_geterror(status));
	}
	return 0;
}

static int add_address(struct sim_host *host, unsigned index, const struct sim_prefix *prefix,
		       int scope, struct sim_error *err)
{
	bool v6 = prefix->family == AF_INET6;
	autoaddress *address = rtnl_addr_alloc();
	autonladdr *local = nl_addr_build(prefix->family, prefix->bytes, v6 ? 16 : 4);
	struct nl_msg *msg = NULL;
	if (address && local) {
		nl_addr_set_prefixlen(local, prefix->length);
		rtnl_addr_set_ifindex(address, (int)index);
		rtnl_addr_set_local(address, local);
		rtnl_addr_set_scope(address, scope);
		if (v6)
			rtnl_addr_set_flags(address, IFA_F_NODAD);
		rtnl_addr_build_add_request(address, NLM_F_EXCL, &msg);
	}
	if (netlink_request(host->rtnl, msg, err) < 0)
		return -1;
	struct awaited awaited = {.index = index, .address = prefix};
	return v6 ? await_usable(host, &awaited, err) : 0;
}

/* fe80::/64 with the interface id that the hardware address gives (RFC 4291, appendix A). */
static bool link_local(struct rtnl_link *link, struct sim_prefix *prefix)
{
	struct nl_addr *hardware = rtnl_link_get_addr(link);
	if (!hardware || nl_addr_get_len(hardware) != 6)
		return false;
	const unsigned char *mac = nl_addr_get_binary_addr(hardware);
	const unsigned char bytes[16] = {0xfe, 0x80,   0,	   0,	   0,	   0,
					 0,    0,      mac[0] ^ 2, mac[1], mac[2], 0xff,
					 0xfe, mac[3], mac[4],	   mac[5]};
	prefix->family = AF_INET6;
	prefix->length = 64;
	memcpy(prefix->bytes, bytes, sizeof(bytes));
	return true;
}

static int add_link_local(struct sim_host *host, struct rtnl_link *link, struct sim_error *err)
{
	struct sim_prefix prefix;
	if (!link_local(link, &prefix))
		return 0;
	unsigned index = (unsigned)rtnl_link_get_ifindex(link);
	struct sim_error why;
	if (add_address(host, index, &prefix, RT_SCOPE_LINK, &why) < 0 && why.errnum != EEXIST)
		return sim_fail(err, 0, "link-local address: %s", why.text);
	return 0;
}

int sim_address_add(struct sim_host *host, const char *ifname, const struct sim_prefix *address,
		    struct sim_error *err)
{
	char text[SIM_PREFIX_TEXT];
	autolink *link = NULL;
	if (rtnl_link_get_kernel(host->rtnl->sock, 0, ifname, &link) < 0)
		return sim_fail(err, ENODEV, "host %s has no interface %s", host->name, ifname);
	if ((address->family == AF_INET6 && add_link_local(host, link, err) < 0) ||
	    add_address(host, (unsigned)rtnl_link_get_ifindex(link), address, RT_SCOPE_UNIVERSE,
			err) < 0)
		return sim_wrap(err, "host %s: cannot give %s to %s", host->name,
				sim_prefix_text(address, text), ifname);
	return 0;
}
