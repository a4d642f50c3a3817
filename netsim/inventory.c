/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/inventory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/nsfs.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <netlink/route/rule.h>

#include "netsim/cleanup.h"
#include "netsim/netlink.h"
#include "netsim/revision.h"

#define LINE_MAX_BYTES 1024

/* A listing of the kernel's, made with a socket that is then closed. */
struct listing {
	const char *what;
	int (*fill)(struct nl_sock *sock, struct nl_cache **cache);
	void (*write)(struct nl_object *object, char *line, size_t size);
};

struct dump {
	const struct sim_lines *to;
	const struct listing *listing;
	struct sim_error *err;
	int status;
};

static int fill_links(struct nl_sock *sock, struct nl_cache **cache)
{
	return rtnl_link_alloc_cache(sock, AF_UNSPEC, cache);
}

static int fill_addresses(struct nl_sock *sock, struct nl_cache **cache)
{
	return rtnl_addr_alloc_cache(sock, cache);
}

static int fill_routes(struct nl_sock *sock, struct nl_cache **cache)
{
	return rtnl_route_alloc_cache(sock, AF_UNSPEC, 0, cache);
}

static int fill_rules(struct nl_sock *sock, struct nl_cache **cache)
{
	return rtnl_rule_alloc_cache(sock, AF_UNSPEC, cache);
}

static void write_object(struct nl_object *object, char *line, size_t size)
{
	struct nl_dump_params how = {.dp_type = NL_DUMP_LINE, .dp_buf = line, .dp_buflen = size};
	nl_object_dump(object, &how);
	line[strcspn(line, "\n")] = '\0';
}

/* libnl's line lacks some of what can be set, and its details have all the sysctls. */
static void write_link(struct nl_object *object, char *line, size_t size)
{
	struct rtnl_link *link = (struct rtnl_link *)(void *)object;
	write_object(object, line, size);
	size_t used = strlen(line);
	const char *qdisc = rtnl_link_get_qdisc(link);
	snprintf(line + used, size - used, " index %d mtu %u qdisc %s qlen %u",
		 rtnl_link_get_ifindex(link), rtnl_link_get_mtu(link), qdisc ? qdisc : "-",
		 rtnl_link_get_txqlen(link));
}

static void take_object(struct nl_object *object, void *arg)
{
	char line[LINE_MAX_BYTES] = "";
	struct dump *dump = arg;
	if (dump->status < 0)
		return;
	dump->listing->write(object, line, sizeof(line));
	dump->status = dump->to->take(dump->to->arg, line, dump->err);
}

static int list(const struct listing *listing, const struct sim_lines *to, struct sim_error *err)
{
	struct dump dump = {.to = to, .listing = listing, .err = err};
	struct netlink *netlink;
	struct nl_cache *links = NULL;
	struct nl_cache *cache = NULL;
	if (netlink_open(NETLINK_ROUTE, &netlink, err) < 0)
		return -1;
	int status = fill_links(netlink->sock, &links);
	if (status == 0) {
		/* For the names of links in what follows. */
		nl_cache_mngt_provide(links);
		status = listing->fill(netlink->sock, &cache);
	}
	if (status < 0) {
		sim_fail(err, 0, "cannot list the %s: %s", listing->what, nl_geterror(status));
	} else {
		nl_cache_foreach(cache, take_object, &dump);
		status = dump.status;
	}
	if (links)
		nl_cache_mngt_unprovide(links);
	nl_cache_free(cache);
	nl_cache_free(links);
	netlink_close(netlink);
	return status < 0 ? -1 : 0;
}

int sim_list_links(const struct sim_lines *to, struct sim_error *err)
{
	static const struct listing links = {"links", fill_links, write_link};
	return list(&links, to, err);
}

int sim_list_addresses(const struct sim_lines *to, struct sim_error *err)
{
	static const struct listing addresses = {"addresses", fill_addresses, write_object};
	return list(&addresses, to, err);
}

int sim_list_routes(const struct sim_lines *to, struct sim_error *err)
{
	static const struct listing routes = {"routes", fill_routes, write_object};
	return list(&routes, to, err);
}

int sim_list_routing_rules(const struct sim_lines *to, struct sim_error *err)
{
	static const struct listing rules = {"routing rules", fill_rules, write_object};
	return list(&rules, to, err);
}

/* What a line of a ruleset is in: the last lines that were less indented. */
#define DEPTH_MAX 6
struct context {
	char above[DEPTH_MAX][LINE_MAX_BYTES];
};

static int take_rule(struct context *context, const char *text, size_t length,
		     const struct sim_lines *to, struct sim_error *err)
{
	char line[DEPTH_MAX * LINE_MAX_BYTES];
	size_t tabs = strspn(text, "\t");
	size_t depth = tabs < DEPTH_MAX ? tabs : DEPTH_MAX - 1;
	size_t used = 0;
	snprintf(context->above[depth], LINE_MAX_BYTES, "%.*s", (int)(length - tabs), text + tabs);
	for (size_t i = 0; i <= depth; i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? " " : "",
					 context->above[i]);
	return to->take(to->arg, line, err);
}

static int take_ruleset(const char *ruleset, const struct sim_lines *to, struct sim_error *err)
{
	struct context context = {0};
	size_t length;
	for (const char *text = ruleset; *text; text += length + (text[length] == '\n')) {
		size_t indent = strspn(text, "\t ");
		length = strcspn(text, "\n");
		if (indent < length && text[indent] != '}' &&
		    take_rule(&context, text, length, to, err) < 0)
			return -1;
	}
	return 0;
}

static int list_nft(const struct sim_lines *to, struct sim_error *err)
{
	struct nft_ctx *nft;
	if (netlink_nft_open(&nft, err) < 0)
		return sim_wrap(err, "the ruleset");
	nft_ctx_buffer_output(nft);
	nft_ctx_buffer_error(nft);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_STATELESS);
	int status = nft_run_cmd_from_buffer(nft, "list ruleset")
			     ? sim_fail(err, 0, "cannot list the ruleset: %s",
					nft_ctx_get_error_buffer(nft))
			     : take_ruleset(nft_ctx_get_output_buffer(nft), to, err);
	nft_ctx_free(nft);
	return status;
}

/* The names of a family's legacy tables; how many there are, or -1. */
static int list_tables(const char *family, const char *path, const struct sim_lines *to,
		       struct sim_error *err)
{
	char line[128];
	char name[64];
	int count = 0;
	autofclose FILE *names = fopen(path, "re");
	for (; names && fscanf(names, "%63s", name) == 1; count++) {
		snprintf(line, sizeof(line), "legacy table %s %s", family, name);
		if (to->take(to->arg, line, err) < 0)
			return -1;
	}
	return count;
}

static int list_legacy(const struct sim_lines *to, struct sim_error *err)
{
	char line[64];
	struct sim_revisions *revisions;
	struct sim_revision now;
	int v4 = list_tables("ip", "/proc/thread-self/net/ip_tables_names", to, err);
	int v6 =
		v4 < 0 ? -1 : list_tables("ip6", "/proc/thread-self/net/ip6_tables_names", to, err);
	if (v6 < 0 || v4 + v6 == 0)
		return v6;
	if (sim_revisions_open(NULL, &revisions, err) < 0)
		return -1;
	int status = sim_revision_read(revisions, &now, err);
	sim_revisions_close(revisions);
	if (status < 0)
		return -1;
	snprintf(line, sizeof(line), "legacy tables: all rules sum up to %016" PRIx64, now.legacy);
	return to->take(to->arg, line, err);
}

/* Who owns a network namespace is not told to whom it is none of (ioctl_ns(2)). */
static bool owns_network(void)
{
	autoclose int network = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	autoclose int owner = network < 0 ? -1 : ioctl(network, NS_GET_USERNS);
	return geteuid() == 0 && owner >= 0;
}

int sim_list_firewall(const struct sim_lines *to, struct sim_error *err)
{
	if (!owns_network())
		return 0;
	return list_nft(to, err) < 0 ? -1 : list_legacy(to, err);
}
