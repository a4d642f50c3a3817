/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/netlink.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nfnetlink.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>

#ifndef NLM_F_CAPPED
#define NLM_F_CAPPED 0x100
#endif
#ifndef NLM_F_ACK_TLVS
#define NLM_F_ACK_TLVS 0x200
#endif

/* The NLMSGERR_ATTR_MSG behind an error message, if the kernel sent one. */
static void read_reason(struct netlink *netlink, struct nlmsgerr *refusal)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)((char *)refusal - NLMSG_HDRLEN);
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	size_t size = (size_t)nlmsg_datalen(header);
	size_t offset = sizeof(*refusal);
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		offset += (size_t)refusal->msg.nlmsg_len - NLMSG_HDRLEN;
	offset = NLMSG_ALIGN(offset);
	if (offset >= size)
		return;
	struct nlattr *first = (struct nlattr *)(void *)((char *)refusal + offset);
	struct nlattr *text = nla_find(first, (int)(size - offset), NLMSGERR_ATTR_MSG);
	if (text)
		snprintf(netlink->reason, sizeof(netlink->reason), "%.*s", nla_len(text),
			 (const char *)nla_data(text));
}

static int on_refusal(struct sockaddr_nl *from, struct nlmsgerr *refusal, void *arg)
{
	(void)from;
	struct netlink *netlink = arg;
	netlink->errnum = -refusal->error;
	read_reason(netlink, refusal);
	return -NLE_FAILURE;
}

/* Whoever may, in that network, can send to a group: but only the kernel is 0. */
static int hear_kernel_alone(struct nl_msg *msg, void *arg)
{
	(void)arg;
	return nlmsg_get_src(msg)->nl_pid == 0 ? NL_OK : NL_SKIP;
}

/*
 * From a socket that is connected the kernel keeps all messages of others but those to groups
 * (af_netlink.c, netlink_getsockbyportid()).
 */
static int connect_to_kernel(int fd)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	return connect(fd, (const struct sockaddr *)&kernel, sizeof(kernel));
}

static bool is_netlink(int fd)
{
	int domain = 0;
	socklen_t size = sizeof(domain);
	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK;
}

/* Which descriptor is its own, libnftables does not tell: it is the first that was free. */
int netlink_nft_open(struct nft_ctx **nft, struct sim_error *err)
{
	int first = open("/", O_PATH | O_CLOEXEC);
	if (first < 0)
		return sim_fail(err, errno, "libnftables");
	close(first);
	*nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!*nft)
		return sim_fail(err, ENOMEM, "libnftables");
	if (is_netlink(first) && connect_to_kernel(first) == 0)
		return 0;
	sim_fail(err, errno, "cannot keep others from libnftables' netlink socket");
	nft_ctx_free(*nft);
	*nft = NULL;
	return -1;
}

int netlink_open(int protocol, struct netlink **netlink_out, struct sim_error *err)
{
	struct netlink *netlink = calloc(1, sizeof(*netlink));
	if (!netlink)
		return sim_fail(err, ENOMEM, "cannot open netlink");
	netlink->sock = nl_socket_alloc();
	errno = 0;
	int status = netlink->sock ? nl_connect(netlink->sock, protocol) : -NLE_NOMEM;
	if (status == 0 && connect_to_kernel(nl_socket_get_fd(netlink->sock)) < 0)
		status = -NLE_FAILURE;
	if (status < 0) {
		/* libnl has no words for most of what the kernel says to socket(2). */
		int errnum = errno ? errno : EINVAL;
		netlink_close(netlink);
		return sim_fail(err, status == -NLE_NOMEM ? ENOMEM : errnum, "cannot open netlink");
	}
	int on = 1;
	setsockopt(nl_socket_get_fd(netlink->sock), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	nl_socket_modify_err_cb(netlink->sock, NL_CB_CUSTOM, on_refusal, netlink);
	nl_socket_modify_cb(netlink->sock, NL_CB_MSG_IN, NL_CB_CUSTOM, hear_kernel_alone, NULL);
	*netlink_out = netlink;
	return 0;
}

void netlink_close(struct netlink *netlink)
{
	if (!netlink)
		return;
	nl_socket_free(netlink->sock);
	free(netlink);
}

static int fail(const struct netlink *netlink, int status, struct sim_error *err)
{
	if (!netlink->errnum)
		return sim_fail(err, 0, "netlink: %s", nl_geterror(status));
	if (!netlink->reason[0])
		return sim_fail(err, netlink->errnum, "the kernel refuses");
	return sim_fail(err, netlink->errnum, "the kernel refuses: %s", netlink->reason);
}

struct nl_msg *netlink_netfilter(int type, int flags, uint8_t family, uint16_t resource)
{
	struct nfgenmsg body = {
		.nfgen_family = family, .version = NFNETLINK_V0, .res_id = resource};
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	return msg;
}

static int send_request(struct netlink *netlink, struct nl_msg *msg, struct sim_error *err)
{
	if (!msg)
		return sim_fail(err, ENOMEM, "netlink");
	netlink->errnum = 0;
	netlink->reason[0] = '\0';
	int status = nl_send_auto(netlink->sock, msg);
	nlmsg_free(msg);
	return status < 0 ? fail(netlink, status, err) : 0;
}

int netlink_request(struct netlink *netlink, struct nl_msg *msg, struct sim_error *err)
{
	if (send_request(netlink, msg, err) < 0)
		return -1;
	int status = nl_wait_for_ack(netlink->sock);
	return status < 0 ? fail(netlink, status, err) : 0;
}

static int on_end(struct nl_msg *msg, void *arg)
{
	bool *ended = arg;
	(void)msg;
	*ended = true;
	return NL_STOP;
}

int netlink_query(struct netlink *netlink, struct nl_msg *msg,
		  int (*read)(struct nl_msg *answer, void *arg), void *arg, struct sim_error *err)
{
	bool ended = false;
	nl_socket_modify_cb(netlink->sock, NL_CB_VALID, NL_CB_CUSTOM, read, arg);
	nl_socket_modify_cb(netlink->sock, NL_CB_ACK, NL_CB_CUSTOM, on_end, &ended);
	nl_socket_modify_cb(netlink->sock, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &ended);
	int status = send_request(netlink, msg, err);
	/* nl_send_auto() asked for an ACK, which follows the answer: at once, if it says "multi".
	 */
	while (!status && !ended) {
		status = nl_recvmsgs_default(netlink->sock);
		if (status == -NLE_DUMP_INTR)
			netlink->errnum = EINTR;
		status = status < 0 ? fail(netlink, status, err) : 0;
	}
	nl_socket_modify_cb(netlink->sock, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	nl_socket_modify_cb(netlink->sock, NL_CB_ACK, NL_CB_DEFAULT, NULL, NULL);
	nl_socket_modify_cb(netlink->sock, NL_CB_FINISH, NL_CB_DEFAULT, NULL, NULL);
	return status;
}
