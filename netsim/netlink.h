/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink with reasons: libnl-3, plus the kernel's extended-ack text in
 * every error.  Private to netsim.
 *
 * libnl 3.7 does not hand that text on, so the error callback reads it from
 * the NLMSGERR attributes (linux/netlink.h, NETLINK_EXT_ACK).
 */
#ifndef NETSIM_NETLINK_H
#define NETSIM_NETLINK_H

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdbool.h>
#include <stdint.h>

#include "netsim/error.h"

struct nft_ctx;

struct netlink {
	struct nl_sock *sock;
	int errnum;	  /* of the last refusal, */
	char reason[256]; /* and the kernel's words for it, "" if it had none */
};

/* A socket of this protocol (NETLINK_ROUTE, ...) in the current network namespace. */
int netlink_open(int protocol, struct netlink **netlink, struct sim_error *err)
	__attribute__((warn_unused_result));
void netlink_close(struct netlink *netlink);

/*
 * libnftables in the current network namespace.  Nobody but the kernel can send to the socket
 * that it begins with.
 */
int netlink_nft_open(struct nft_ctx **nft, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * A request to netfilter: the subsystem's number and the message's in `type`
 * (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN), and the header that all have,
 * of a family and, where there is one, a resource in network byte order.  NULL:
 * libnl was out of memory.
 */
struct nl_msg *netlink_netfilter(int type, int flags, uint8_t family, uint16_t resource);

/*
 * Send a request and wait for its ACK.  Takes `msg` over, which may be NULL
 * (libnl was out of memory).  On a refusal `err` says why, in the kernel's
 * words where it has some, and err->errnum is its errno.
 */
int netlink_request(struct netlink *netlink, struct nl_msg *msg, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Send a request that is answered with one object of `type`; the answer's
 * message is handed to `read` before this returns.  Or with many, if it asks for
 * a dump; one that changes interrupted has the errno EINTR.
 */
int netlink_query(struct netlink *netlink, struct nl_msg *msg,
		  int (*read)(struct nl_msg *answer, void *arg), void *arg, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
