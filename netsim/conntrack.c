/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/conntrack.h"

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sys/socket.h>

#include "netsim/host_private.h"

static int open_netfilter(void *arg, struct sim_error *err)
{
	struct sim_host *host = arg;
	return netlink_open(NETLINK_NETFILTER, &host->netfilter, err);
}

int sim_conntrack_flush(struct sim_host *host, struct sim_error *err)
{
	if (!host->netfilter && sim_host_within(host, open_netfilter, host, err) < 0)
		return -1;
	struct nfgenmsg body = {.nfgen_family = AF_UNSPEC, .version = NFNETLINK_V0};
	struct nl_msg *msg =
		nlmsg_alloc_simple(NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE, 0);
	if (msg && nlmsg_append(msg, &body, sizeof(body), NLMSG_ALIGNTO) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	if (netlink_request(host->netfilter, msg, err) < 0)
		return sim_wrap(err, "host %s: cannot flush its connection tracking", host->name);
	return 0;
}
