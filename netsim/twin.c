/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/twin.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>

#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/mounts.h"

/* A host with more interfaces gets no twin of them. */
#define LINKS_MAX 64

/* What is left over when interfaces come in pairs: a number that none of the host's has. */
static const struct if_nameindex spare = {1000000, (char[]){"spare"}};

struct links {
	struct if_nameindex *names; /* ends with index 0 */
};

static int list_links(void *arg, struct sim_error *err)
{
	struct links *links = arg;
	links->names = if_nameindex();
	return links->names ? 0 : sim_fail(err, errno, "cannot list the interfaces");
}

static void describe(struct rtnl_link *link, const struct if_nameindex *name)
{
	rtnl_link_set_name(link, name->if_name);
	rtnl_link_set_ifindex(link, (int)name->if_index);
}

/* Two interfaces at a time: a veth's ends. */
static int add_pair(struct sim_host *twin, const struct if_nameindex *a,
		    const struct if_nameindex *b, struct sim_error *err)
{
	struct nl_msg *msg = NULL;
	struct rtnl_link *link = rtnl_link_veth_alloc();
	struct rtnl_link *peer = link ? rtnl_link_veth_get_peer(link) : NULL;
	if (peer) {
		describe(link, a);
		describe(peer, b);
		rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg);
	}
	rtnl_link_put(peer);
	rtnl_link_put(link);
	return netlink_request(twin->rtnl, msg, err);
}

static int add_links(struct sim_host *twin, const struct if_nameindex *names, struct sim_error *err)
{
	const struct if_nameindex *waiting = NULL;
	for (size_t i = 0; names[i].if_index; i++) {
		if (i == LINKS_MAX)
			return sim_fail(err, E2BIG, "too many interfaces");
		/* lo is everywhere, and everywhere the first. */
		if (names[i].if_index == 1)
			continue;
		if (waiting && add_pair(twin, waiting, &names[i], err) < 0)
			return -1;
		waiting = waiting ? NULL : &names[i];
	}
	return waiting ? add_pair(twin, waiting, &spare, err) : 0;
}

/* Those of lo are there, and so are those that the kernel gives to each interface that is up. */
static int add_address(struct sim_host *twin, struct rtnl_addr *address, struct sim_error *err)
{
	struct nl_msg *msg = NULL;
	if (rtnl_addr_get_ifindex(address) == 1 || rtnl_addr_get_scope(address) == RT_SCOPE_LINK)
		return 0;
	rtnl_addr_build_add_request(address, NLM_F_CREATE, &msg);
	return netlink_request(twin->rtnl, msg, err);
}

static int add_addresses(struct sim_host *host, struct sim_host *twin, struct sim_error *err)
{
	struct nl_cache *cache = NULL;
	int status = rtnl_addr_alloc_cache(host->rtnl->sock, &cache);
	if (status < 0)
		return sim_fail(err, 0, "cannot list the addresses: %s", nl_geterror(status));
	for (struct nl_object *object = nl_cache_get_first(cache); object && status == 0;
	     object = nl_cache_get_next(object))
		status = add_address(twin, (struct rtnl_addr *)object, err);
	nl_cache_free(cache);
	return status;
}

static int copy_links(struct sim_host *host, struct sim_host *twin, struct sim_error *err)
{
	struct links links = {0};
	if (sim_host_within(host, list_links, &links, err) < 0)
		return -1;
	int status = add_links(twin, links.names, err);
	if_freenameindex(links.names);
	return status < 0 ? -1 : add_addresses(host, twin, err);
}

/* A descriptor of one's own for what the host has open; one that is not open stays so. */
static int share(int *to, int fd, struct sim_error *err)
{
	*to = fd < 0 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return fd >= 0 && *to < 0 ? sim_fail(err, errno, "cannot share a namespace") : 0;
}

int sim_twin_new(struct sim_host *host, bool links, struct sim_host **twin, struct sim_error *err)
{
	struct sim_host *made;
	if (sim_host_mount(host, err) < 0 || sim_host_new(host->name, &made, err) < 0)
		return -1;
	sim_accounts_free(made->accounts);
	made->accounts = host->accounts;
	if (share(&made->mntns, host->mntns, err) < 0 ||
	    share(&made->cgroupns, host->cgroupns, err) < 0 ||
	    (links && copy_links(host, made, err) < 0)) {
		sim_twin_free(made);
		return -1;
	}
	*twin = made;
	return 0;
}

void sim_twin_free(struct sim_host *twin)
{
	if (!twin)
		return;
	twin->accounts = NULL;
	sim_host_free(twin);
}
