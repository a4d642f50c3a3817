/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include <netlink/attr.h>

#include "netsim/host_private.h"
#include "netsim/link.h"

#define ADDRESS_PATIENCE_S 10

static unsigned char whole_length(int family)
{
	return family == AF_INET ? 32 : 128;
}

static int put_bytes(struct nl_msg *msg, int type, const struct sim_prefix *address)
{
	return nla_put(msg, type, address->family == AF_INET ? 4 : 16, address->bytes);
}

/* RTM_NEWROUTE or RTM_GETROUTE for one destination. */
static struct nl_msg *route_message(int type, int flags, const struct sim_prefix *to, bool whole)
{
	struct rtmsg body = {
		.rtm_family = (unsigned char)to->family,
		.rtm_dst_len = whole ? whole_length(to->family) : to->length,
	};
	if (type == RTM_NEWROUTE) {
		body.rtm_table = RT_TABLE_MAIN;
		body.rtm_protocol = RTPROT_STATIC;
		body.rtm_scope = RT_SCOPE_UNIVERSE;
		body.rtm_type = RTN_UNICAST;
	}
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    (body.rtm_dst_len == 0 || put_bytes(msg, RTA_DST, to) == 0))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int sim_route_add(struct sim_host *host, const struct sim_prefix *to, const struct sim_prefix *via,
		  struct sim_error *err)
{
	char to_text[SIM_PREFIX_TEXT];
	char via_text[SIM_PREFIX_TEXT];
	struct nl_msg *msg = route_message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, to, false);
	if (msg && put_bytes(msg, RTA_GATEWAY, via) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_request(host->rtnl, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot route %s via %s", host->name,
				sim_prefix_text(to, to_text), sim_address_text(via, via_text));
	return 0;
}

/* What RTM_GETROUTE answers: the way's interface and next neighbour. */
struct next_hop {
	unsigned index;
	struct sim_prefix neighbour;
	unsigned char type; /* RTN_UNICAST, RTN_LOCAL, RTN_UNREACHABLE, ... */
};

static int read_route(struct nl_msg *msg, void *arg)
{
	struct next_hop *hop = arg;
	struct nlmsghdr *header = nlmsg_hdr(msg);
	const struct rtmsg *body = nlmsg_data(header);
	struct nlattr *out = nlmsg_find_attr(header, sizeof(*body), RTA_OIF);
	struct nlattr *gateway = nlmsg_find_attr(header, sizeof(*body), RTA_GATEWAY);
	hop->type = body->rtm_type;
	if (out)
		hop->index = nla_get_u32(out);
	if (gateway && nla_len(gateway) <= (int)sizeof(hop->neighbour.bytes))
		memcpy(hop->neighbour.bytes, nla_data(gateway), (size_t)nla_len(gateway));
	return NL_OK;
}

static int read_neighbour(struct nl_msg *msg, void *arg)
{
	const struct ndmsg *body = nlmsg_data(nlmsg_hdr(msg));
	*(unsigned *)arg = body->ndm_state;
	return NL_OK;
}

static struct nl_msg *neighbour_message(const struct next_hop *hop)
{
	struct ndmsg body = {
		.ndm_family = (unsigned char)hop->neighbour.family,
		.ndm_ifindex = (int)hop->index,
	};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETNEIGH, 0);
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) == 0 &&
	    put_bytes(msg, NDA_DST, &hop->neighbour) == 0)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

/* A neighbour that is not in the table has not failed. */
static int neighbour_failed(struct sim_host *host, const struct next_hop *hop, bool *failed,
			    struct sim_error *err)
{
	unsigned state = NUD_NONE;
	struct sim_error why;
	*failed = false;
	if (netlink_query(host->rtnl, neighbour_message(hop), read_neighbour, &state, &why) < 0 &&
	    why.errnum != ENOENT)
		return sim_fail(err, 0, "host %s: neighbour: %s", host->name, why.text);
	*failed = state == NUD_FAILED || state == NUD_INCOMPLETE;
	return 0;
}

static bool means_no_route(int errnum)
{
	return errnum == ENETUNREACH || errnum == EHOSTUNREACH || errnum == EACCES ||
	       errnum == EINVAL;
}

int sim_way_get(struct sim_host *host, const struct sim_prefix *to, enum sim_way *way,
		struct sim_error *err)
{
	struct next_hop hop = {.neighbour = *to};
	struct sim_error why;
	*way = SIM_WAY_NO_ROUTE;
	if (netlink_query(host->rtnl, route_message(RTM_GETROUTE, 0, to, true), read_route, &hop,
			  &why) < 0) {
		if (means_no_route(why.errnum))
			return 0;
		return sim_fail(err, 0, "host %s: route: %s", host->name, why.text);
	}
	if (hop.type == RTN_LOCAL)
		*way = SIM_WAY_OPEN;
	if (hop.type != RTN_UNICAST)
		return 0;
	bool failed;
	if (neighbour_failed(host, &hop, &failed, err) < 0)
		return -1;
	*way = failed ? SIM_WAY_NO_NEIGHBOUR : SIM_WAY_OPEN;
	return 0;
}

/* A host that is only asked. */
static int open_stranger(void *arg, struct sim_error *err)
{
	struct sim_host *stranger = arg;
	return netlink_open(NETLINK_ROUTE, &stranger->rtnl, err);
}

int sim_way_get_from(int netns, const struct sim_prefix *to, enum sim_way *way,
		     struct sim_error *err)
{
	struct sim_host stranger = {.netns = netns};
	if (sim_host_within(&stranger, open_stranger, &stranger, err) < 0)
		return -1;
	int status = sim_way_get(&stranger, to, way, err);
	netlink_close(stranger.rtnl);
	return status;
}

bool sim_address_is_own(int netns, const struct sim_prefix *address)
{
	struct sim_host stranger = {.netns = netns};
	struct next_hop hop = {.neighbour = *address};
	struct sim_error why;
	if (sim_host_within(&stranger, open_stranger, &stranger, &why) < 0)
		return false;
	int status = netlink_query(stranger.rtnl, route_message(RTM_GETROUTE, 0, address, true),
				   read_route, &hop, &why);
	netlink_close(stranger.rtnl);
	return status == 0 && hop.type == RTN_LOCAL;
}

/*
 * The kernel adds the route to an address of its own, by which packets for it
 * get in, a moment after it has taken the address, in a worker of its own.
 */
int sim_await_address(struct sim_host *host, const struct sim_link *link,
		      const struct sim_prefix *address, struct sim_error *err)
{
	time_t deadline = time(NULL) + ADDRESS_PATIENCE_S;
	struct next_hop hop = {0};
	while (hop.type != RTN_LOCAL) {
		struct sim_error why = {0};
		struct nl_msg *msg = route_message(RTM_GETROUTE, 0, address, true);
		if (msg && nla_put_u32(msg, RTA_OIF, (uint32_t)link->index) < 0) {
			nlmsg_free(msg);
			msg = NULL;
		}
		int status = netlink_query(host->rtnl, msg, read_route, &hop, &why);
		if (status < 0 && !means_no_route(why.errnum))
			return sim_fail(err, 0, "%s", why.text);
		if (time(NULL) > deadline)
			return sim_fail(err, ETIMEDOUT, "the kernel does not take it into use");
		sched_yield();
	}
	return 0;
}
