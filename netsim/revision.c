/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/revision.h"

/* Before the kernel's headers, which then leave to it what both have. */
#include <net/if.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netlink/attr.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"

/* The legacy tables of a family. */
static const struct form {
	const char *names; /* the kernel's list of them */
	int family;
	int level;
	int info; /* options of getsockopt(2) */
	int entries;
	size_t counters; /* where they stand in an entry */
	size_t next;
} forms[] = {
	{"/proc/thread-self/net/ip_tables_names", AF_INET, IPPROTO_IP, IPT_SO_GET_INFO,
	 IPT_SO_GET_ENTRIES, offsetof(struct ipt_entry, counters),
	 offsetof(struct ipt_entry, next_offset)},
	{"/proc/thread-self/net/ip6_tables_names", AF_INET6, IPPROTO_IPV6, IP6T_SO_GET_INFO,
	 IP6T_SO_GET_ENTRIES, offsetof(struct ip6t_entry, counters),
	 offsetof(struct ip6t_entry, next_offset)},
};
#define FORMS (sizeof(forms) / sizeof(*forms))

/* Both families' structures are laid out alike. */
_Static_assert(sizeof(struct ipt_getinfo) == sizeof(struct ip6t_getinfo), "infos differ");
_Static_assert(sizeof(struct ipt_get_entries) == sizeof(struct ip6t_get_entries), "entries differ");

struct sim_revisions {
	struct sim_host *host;
	struct netlink *nft;
	int names[FORMS];  /* -1: this kernel has no such tables */
	int socket[FORMS]; /* -1 until there are some */
};

static int open_all(void *arg, struct sim_error *err)
{
	struct sim_revisions *revisions = arg;
	for (size_t i = 0; i < FORMS; i++)
		revisions->names[i] = open(forms[i].names, O_RDONLY | O_CLOEXEC);
	return netlink_open(NETLINK_NETFILTER, &revisions->nft, err);
}

static int within(struct sim_host *host, int (*body)(void *arg, struct sim_error *err), void *arg,
		  struct sim_error *err)
{
	return host ? sim_host_within(host, body, arg, err) : body(arg, err);
}

static int fail(const struct sim_host *host, struct sim_error *err)
{
	return host ? sim_wrap(err, "host %s", host->name) : -1;
}

int sim_revisions_open(struct sim_host *host, struct sim_revisions **out, struct sim_error *err)
{
	struct sim_revisions *revisions = malloc(sizeof(*revisions));
	if (!revisions)
		return sim_fail(err, ENOMEM, "the revisions of a firewall");
	*revisions = (struct sim_revisions){.host = host, .names = {-1, -1}, .socket = {-1, -1}};
	if (within(host, open_all, revisions, err) < 0) {
		sim_revisions_close(revisions);
		return -1;
	}
	*out = revisions;
	return 0;
}

void sim_revisions_close(struct sim_revisions *revisions)
{
	if (!revisions)
		return;
	for (size_t i = 0; i < FORMS; i++) {
		cleanup_close(&revisions->names[i]);
		cleanup_close(&revisions->socket[i]);
	}
	netlink_close(revisions->nft);
	free(revisions);
}

static int read_generation(struct nl_msg *answer, void *arg)
{
	uint32_t *generation = arg;
	struct nlattr *id =
		nlmsg_find_attr(nlmsg_hdr(answer), sizeof(struct nfgenmsg), NFTA_GEN_ID);
	if (id && nla_len(id) >= 4)
		*generation = ntohl(nla_get_u32(id));
	return NL_OK;
}

static int ask_generation(struct netlink *nft, uint32_t *generation, struct sim_error *err)
{
	struct nl_msg *msg =
		netlink_netfilter(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, AF_UNSPEC, 0);
	return netlink_query(nft, msg, read_generation, generation, err);
}

/* FNV-1a. */
static void sum_up(uint64_t *sum, const void *data, size_t length)
{
	const uint8_t *bytes = data;
	for (size_t i = 0; i < length; i++)
		*sum = (*sum ^ bytes[i]) * 0x100000001b3ULL;
}

static void sum_entries(const struct form *form, const char *entries, size_t size, uint64_t *sum)
{
	const size_t after = form->counters + sizeof(struct xt_counters);
	for (size_t at = 0; at + after <= size;) {
		uint16_t next;
		memcpy(&next, entries + at + form->next, sizeof(next));
		if (next < after || next > size - at)
			return;
		sum_up(sum, entries + at, form->counters);
		sum_up(sum, entries + at + after, next - after);
		at += next;
	}
}

/* -1 where the table changed meanwhile. */
static int sum_table(int fd, const struct form *form, const char *table, uint64_t *sum)
{
	struct ipt_getinfo info = {0};
	socklen_t length = sizeof(info);
	snprintf(info.name, sizeof(info.name), "%s", table);
	if (getsockopt(fd, form->level, form->info, &info, &length) < 0)
		return -1;
	length = (socklen_t)sizeof(struct ipt_get_entries) + info.size;
	autofree struct ipt_get_entries *entries = calloc(1, length);
	if (!entries)
		return -1;
	snprintf(entries->name, sizeof(entries->name), "%s", table);
	entries->size = info.size;
	if (getsockopt(fd, form->level, form->entries, entries, &length) < 0)
		return -1;
	sum_up(sum, table, strlen(table));
	sum_entries(form, (const char *)entries->entrytable, info.size, sum);
	return 0;
}

/* As often as somebody is changing them. */
#define TRIES_MAX 16

static int open_socket(void *arg, struct sim_error *err)
{
	struct sim_revisions *revisions = arg;
	for (size_t i = 0; i < FORMS; i++)
		if (revisions->socket[i] < 0 &&
		    (revisions->socket[i] =
			     socket(forms[i].family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)) < 0)
			return sim_fail(err, errno, "cannot look at the legacy tables");
	return 0;
}

static int sum_family(struct sim_revisions *revisions, size_t i, uint64_t *sum,
		      struct sim_error *err)
{
	char names[512];
	ssize_t length = revisions->names[i] < 0
				 ? 0
				 : pread(revisions->names[i], names, sizeof(names) - 1, 0);
	if (length <= 0)
		return 0;
	names[length] = '\0';
	if (revisions->socket[i] < 0 && within(revisions->host, open_socket, revisions, err) < 0)
		return -1;
	char *rest = names;
	for (char *table; (table = strsep(&rest, "\n"));) {
		unsigned tries = 0;
		while (*table && sum_table(revisions->socket[i], &forms[i], table, sum) < 0)
			if (++tries == TRIES_MAX)
				return sim_fail(err, errno, "cannot read the legacy table %s",
						table);
	}
	return 0;
}

int sim_revision_read(struct sim_revisions *revisions, struct sim_revision *revision,
		      struct sim_error *err)
{
	*revision = (struct sim_revision){0};
	if (ask_generation(revisions->nft, &revision->nft, err) < 0)
		return fail(revisions->host, err);
	for (size_t i = 0; i < FORMS; i++)
		if (sum_family(revisions, i, &revision->legacy, err) < 0)
			return fail(revisions->host, err);
	return 0;
}
