/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netsim/cleanup.h"

#define IFINDEX 2 /* of the first link after lo */

struct message {
	struct nlmsghdr header;
	unsigned char body[240];
};

static void begin(struct message *message, unsigned short type, unsigned short flags,
		  const void *body, size_t size)
{
	*message = (struct message){
		.header = {.nlmsg_len = (unsigned)NLMSG_SPACE(size),
			   .nlmsg_type = type,
			   .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags)}};
	memcpy(message->body, body, size);
}

static struct rtattr *put(struct message *message, unsigned short type, const void *data,
			  size_t size)
{
	struct rtattr *attribute = (void *)((char *)message + message->header.nlmsg_len);
	attribute->rta_type = type;
	attribute->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attribute), data, size);
	message->header.nlmsg_len += (unsigned)RTA_SPACE(size);
	return attribute;
}

/* All that has been put since then is inside. */
static void end(struct message *message, struct rtattr *nest)
{
	nest->rta_len =
		(unsigned short)((char *)message + message->header.nlmsg_len - (char *)nest);
}

static int request(int netlink, const struct message *message)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		unsigned char rest[1024]; /* an answer, which its ACK follows */
	} answer;
	if (send(netlink, message, message->header.nlmsg_len, 0) < 0)
		return -1;
	do
		if (recv(netlink, &answer, sizeof(answer), 0) < 0)
			return -1;
	while (answer.header.nlmsg_type != NLMSG_ERROR);
	errno = -answer.error.error;
	return errno ? -1 : 0;
}

static int add_veth(int netlink, int near, int far)
{
	static const struct ifinfomsg link;
	struct message message;
	begin(&message, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &link, sizeof(link));
	put(&message, IFLA_IFNAME, "eth0", 5);
	put(&message, IFLA_NET_NS_FD, &near, sizeof(near));
	struct rtattr *info = put(&message, IFLA_LINKINFO, NULL, 0);
	put(&message, IFLA_INFO_KIND, "veth", 5);
	struct rtattr *data = put(&message, IFLA_INFO_DATA, NULL, 0);
	struct rtattr *peer = put(&message, VETH_INFO_PEER, &link, sizeof(link));
	put(&message, IFLA_IFNAME, "eth0", 5);
	put(&message, IFLA_NET_NS_FD, &far, sizeof(far));
	end(&message, peer);
	end(&message, data);
	end(&message, info);
	return request(netlink, &message);
}

static int set_up(int netlink)
{
	static const struct ifinfomsg up = {
		.ifi_index = IFINDEX, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct message message;
	begin(&message, RTM_NEWLINK, 0, &up, sizeof(up));
	return request(netlink, &message);
}

/* The end that came up first loses its first packet until its carrier has been asked for. */
static int know_carrier(int netlink)
{
	static const struct ifinfomsg link = {.ifi_index = IFINDEX};
	struct message message;
	begin(&message, RTM_GETLINK, 0, &link, sizeof(link));
	return request(netlink, &message);
}

static int add_address(int netlink, int family, const void *address, size_t size)
{
	const struct ifaddrmsg body = {
		.ifa_family = (unsigned char)family,
		.ifa_prefixlen = family == AF_INET ? 24 : 64,
		.ifa_flags = family == AF_INET ? 0 : IFA_F_NODAD,
		.ifa_index = IFINDEX,
	};
	struct message message;
	begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	put(&message, IFA_LOCAL, address, size);
	return request(netlink, &message);
}

static int await_address(int heard, const struct in6_addr *address)
{
	struct {
		struct nlmsghdr header;
		struct ifaddrmsg body;
		unsigned char attributes[512];
	} news;
	do
		if (recv(heard, &news, sizeof(news), 0) < 0)
			return -1;
	while (news.header.nlmsg_type != RTM_NEWADDR || (news.body.ifa_flags & IFA_F_TENTATIVE) ||
	       memcmp(news.attributes + sizeof(struct rtattr), address, sizeof(*address)) != 0);
	return 0;
}

/* It is usable when the kernel says so, a moment after it has taken it. */
static int add_v6(int netlink, int heard, unsigned char host)
{
	const struct in6_addr address = {.s6_addr = {0xfd, 0, 0, 0x10, 0, 0x10, [15] = host}};
	return add_address(netlink, AF_INET6, &address, sizeof(address)) < 0
		       ? -1
		       : await_address(heard, &address);
}

static int add_v4(int netlink, unsigned char host)
{
	const unsigned char address[] = {10, 10, 10, host};
	return add_address(netlink, AF_INET, address, sizeof(address));
}

int floor_listen(bool both)
{
	const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
	const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(80)};
	autoclose int fd = socket(both ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int status = both ? bind(fd, (const struct sockaddr *)&v6, sizeof(v6))
			  : bind(fd, (const struct sockaddr *)&v4, sizeof(v4));
	return status < 0 || listen(fd, 8) < 0 ? -1 : steal_fd(&fd);
}

int floor_connect(int client, bool v6, int listener)
{
	const struct sockaddr_in6 to6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(80),
		.sin6_addr = {.s6_addr = {0xfd, 0, 0, 0x10, 0, 0x10, [15] = 2}},
	};
	const struct sockaddr_in to4 = {
		.sin_family = AF_INET,
		.sin_port = htons(80),
		.sin_addr.s_addr = htonl(0x0a0a0a02),
	};
	if ((v6 ? connect(client, (const struct sockaddr *)&to6, sizeof(to6))
		: connect(client, (const struct sockaddr *)&to4, sizeof(to4))) < 0)
		return -1;
	autoclose int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return accepted < 0 ? -1 : 0;
}

/* One of the two hosts. */
struct place {
	int netns;
	int netlink;
	int heard;  /* IPv6 addresses, -1 without them */
	int socket; /* near: to connect from; far: listens */
	int socket6;
};

static void leave(struct place *place)
{
	cleanup_close(&place->netns);
	cleanup_close(&place->netlink);
	cleanup_close(&place->heard);
	cleanup_close(&place->socket);
	cleanup_close(&place->socket6);
}

/* In a new namespace: what has to be made in there. */
static int settle(struct place *place, bool both, bool far)
{
	struct sockaddr_nl group = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV6_IFADDR};
	if (unshare(CLONE_NEWNET) < 0)
		return -1;
	place->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	place->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	place->socket = far ? floor_listen(both) : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (place->netns < 0 || place->netlink < 0 || place->socket < 0)
		return -1;
	if (!both)
		return 0;
	place->heard = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	place->socket6 = far ? -1 : socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return bind(place->heard, (struct sockaddr *)&group, sizeof(group));
}

static int connect_places(const struct place *near, const struct place *far, bool both)
{
	if (add_veth(near->netlink, near->netns, far->netns) < 0 || set_up(near->netlink) < 0 ||
	    set_up(far->netlink) < 0 || know_carrier(near->netlink) < 0 ||
	    add_v4(near->netlink, 1) < 0 || add_v4(far->netlink, 2) < 0)
		return -1;
	if (both &&
	    (add_v6(near->netlink, near->heard, 1) < 0 || add_v6(far->netlink, far->heard, 2) < 0))
		return -1;
	if (floor_connect(near->socket, false, far->socket) < 0)
		return -1;
	return both ? floor_connect(near->socket6, true, far->socket) : 0;
}

int floor_run(bool both, struct sim_error *err)
{
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	__attribute__((cleanup(leave))) struct place near = {-1, -1, -1, -1, -1};
	__attribute__((cleanup(leave))) struct place far = {-1, -1, -1, -1, -1};
	int status = settle(&near, both, false) < 0 || settle(&far, both, true) < 0 ||
				     connect_places(&near, &far, both) < 0
			     ? sim_fail(err, errno, "the floor")
			     : 0;
	if (setns(home, CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot come back to the network namespace");
	return status;
}
