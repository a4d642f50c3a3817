/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/drop_reason.h"

#include <stddef.h>
#include <string.h>

#define CROWDED(name, what)                                                                        \
	{                                                                                          \
		name, SIM_DROP_PASSING, false, what, "there was no room for it"                    \
	}
#define CHECKSUM(name)                                                                             \
	{                                                                                          \
		name, SIM_DROP_LASTING, false, "checksum", "its checksum is wrong"                 \
	}
#define MARTIAN(name, what, why)                                                                   \
	{                                                                                          \
		name, SIM_DROP_LASTING, false, what, why                                           \
	}
#define UNHEARD(name)                                                                              \
	{                                                                                          \
		name, SIM_DROP_MEANINGLESS, false, "", ""                                          \
	}

static const struct sim_drop_reason reasons[] = {
	{"NETFILTER_DROP", SIM_DROP_NETFILTER, true, "", "its firewall did"},

	{"TC_INGRESS", SIM_DROP_POLICY, false, "traffic control", "it was to do so on receipt"},
	{"TC_EGRESS", SIM_DROP_POLICY, false, "traffic control", "it was to do so on sending"},
	{"XDP", SIM_DROP_POLICY, false, "XDP", "a program at the interface did"},
	{"BPF_CGROUP_EGRESS", SIM_DROP_POLICY, false, "cgroup's BPF",
	 "a program that looks at what a cgroup sends did"},
	/* Also what a cgroup's program for ingress does. */
	{"SOCKET_FILTER", SIM_DROP_POLICY, false, "socket filter",
	 "the receiving socket's own, or a BPF program of its cgroup, did"},
	{"SECURITY_HOOK", SIM_DROP_POLICY, false, "security module",
	 "such as SELinux or Smack did"},
	{"XFRM_POLICY", SIM_DROP_POLICY, false, "IPsec policy",
	 "it asks for what the packet has not"},

	{"IP_RPFILTER", SIM_DROP_LASTING, false, "rp_filter",
	 "the way back to its source is not by the interface that it came from"},
	MARTIAN("IP_LOCAL_SOURCE", "martian source", "its source is an address of this host's own"),
	MARTIAN("IP_INVALID_SOURCE", "martian source", "its source is no host's address"),
	MARTIAN("IP_LOCALNET", "martian", "loopback addresses do not come by a network"),
	MARTIAN("IP_INVALID_DEST", "martian destination", "its destination is no host's address"),
	/* For want of forwarding; a router says that it has no route. */
	{"IP_INADDRERRORS", SIM_DROP_LASTING, true, "not forwarded",
	 "it is for somebody else, and is not forwarded"},
	{"IP_INNOROUTES", SIM_DROP_LASTING, true, "no route", "there is no route to send it on by"},
	{"IP_OUTNOROUTES", SIM_DROP_LASTING, true, "no route", "there is no route to send it by"},
	{"IP_INHDR", SIM_DROP_LASTING, true, "time to live",
	 "its time to live ran out, or its header is broken"},
	{"IPV6DISABLED", SIM_DROP_LASTING, false, "IPv6 is off", "IPv6 is switched off"},
	{"NO_SOCKET", SIM_DROP_LASTING, true, "no socket", "no socket listens for it"},
	{"IP_NOPROTO", SIM_DROP_LASTING, true, "no protocol", "nothing takes its protocol"},
	{"PKT_TOO_BIG", SIM_DROP_LASTING, true, "too big", "it is too big for the next link"},
	CHECKSUM("TCP_CSUM"),
	CHECKSUM("UDP_CSUM"),
	CHECKSUM("ICMP_CSUM"),
	CHECKSUM("IP_CSUM"),
	CHECKSUM("SKB_CSUM"),

	{"NEIGH_FAILED", SIM_DROP_PASSING, true, "no neighbour",
	 "nobody has the address of the next hop"},
	{"NEIGH_CREATEFAIL", SIM_DROP_PASSING, true, "no neighbour",
	 "the next hop's address could not be looked up"},
	{"DEV_READY", SIM_DROP_PASSING, false, "interface down", "the interface is not up"},
	{"QDISC_DROP", SIM_DROP_PASSING, false, "queueing discipline", "the interface's own did"},
	CROWDED("NEIGH_QUEUEFULL", "neighbour's queue"),
	CROWDED("CPU_BACKLOG", "queue full"),
	CROWDED("FULL_RING", "queue full"),
	CROWDED("SOCKET_RCVBUFF", "socket full"),
	CROWDED("SOCKET_BACKLOG", "socket full"),
	CROWDED("TCP_LISTEN_OVERFLOW", "listener full"),
	CROWDED("PROTO_MEM", "out of memory"),
	CROWDED("NOMEM", "out of memory"),

	/* What a bridge has sent to all its ports is dropped by all hosts but one. */
	UNHEARD("OTHERHOST"),
	UNHEARD("UNICAST_IN_L2_MULTICAST"),
	UNHEARD("NOT_SPECIFIED"),
	UNHEARD("SOCKET_CLOSE"),
	UNHEARD("QUEUE_PURGE"),
};

static const struct sim_drop_reason unknown = {"", SIM_DROP_PASSING, false, "",
					       "for a reason of its own"};

const struct sim_drop_reason *sim_drop_reason_of(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (!strcmp(reasons[i].name, name))
			return &reasons[i];
	return &unknown;
}
