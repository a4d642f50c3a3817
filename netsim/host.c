/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/inside.h"
#include "netsim/mounts.h"
#include "netsim/users.h"

/*
 * What differs from a fresh namespace.  Each line is there for an outcome that
 * would otherwise be late or not seen at all; none changes what a firewall
 * decides.
 */
static const struct {
	const char *name;
	const char *value;
} quiet[] = {
	/* No addresses, DAD or solicitations that nobody asked for. */
	{"net/ipv6/conf/default/accept_ra", "0"},
	{"net/ipv6/conf/default/accept_dad", "0"},
	{"net/ipv6/conf/default/addr_gen_mode", "1"},
	/* Reports of group membership come when they are due, not again at random. */
	{"net/ipv6/conf/default/mldv1_unsolicited_report_interval", "86400000"},
	{"net/ipv6/conf/default/mldv2_unsolicited_report_interval", "86400000"},
	/* An ICMP error that the kernel withholds looks like a drop: no type is limited. */
	{"net/ipv4/icmp_ratemask", "0"},
	{"net/ipv6/icmp/ratemask", "\n"},
	/* Frames that only cross a bridge are not the host's to filter, as
	 * on a Debian machine that has not loaded br_netfilter. */
	{"net/bridge/bridge-nf-call-iptables", "0"},
	{"net/bridge/bridge-nf-call-ip6tables", "0"},
	{"net/bridge/bridge-nf-call-arptables", "0"},
};

int sim_write_sysctl(const char *name, const char *value, struct sim_error *err)
{
	char path[256];
	if (snprintf(path, sizeof(path), "/proc/sys/%s", name) >= (int)sizeof(path))
		return sim_fail(err, ENAMETOOLONG, "sysctl %s", name);
	/* "net.ipv4.ip_forward", unless there are slashes already. */
	if (!strchr(name, '/'))
		for (char *c = path + strlen("/proc/sys/"); *c; c++)
			if (*c == '.')
				*c = '/';
	autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		return sim_fail(err, errno, "sysctl %s=%s", name, value);
	return 0;
}

/* A kernel without IPv6, br_netfilter or a newer sysctl lacks nothing by it. */
static int set_if_there(const char *name, const char *value, struct sim_error *err)
{
	struct sim_error why;
	if (sim_write_sysctl(name, value, &why) == 0 || why.errnum == ENOENT)
		return 0;
	*(err ? err : &why) = why;
	return -1;
}

static int keep_quiet(struct sim_error *err)
{
	for (size_t i = 0; i < sizeof(quiet) / sizeof(*quiet); i++)
		if (set_if_there(quiet[i].name, quiet[i].value, err) < 0)
			return -1;
	return 0;
}

int sim_open_ping(struct sim_error *err)
{
	char range[32];
	errno = 0;
	gid_t count = sim_users_count();
	if (!count)
		return sim_fail(err, errno, "cannot find out which ids there are");
	snprintf(range, sizeof(range), "0 %d", count > INT_MAX ? INT_MAX : (int)count - 1);
	return set_if_there("net/ipv4/ping_group_range", range, err);
}

/* With this thread in the new namespace. */
static int furnish(struct sim_host *host, struct sim_error *err)
{
	host->netns = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (host->netns < 0)
		return sim_fail(err, errno, "cannot hold the network namespace");
	if (netlink_open(NETLINK_ROUTE, &host->rtnl, err) < 0)
		return -1;
	if (keep_quiet(err) < 0 || sim_open_ping(err) < 0)
		return -1;
	return sim_link_up(host->rtnl, "lo", err);
}

static int make_namespace(struct sim_host *host, struct sim_error *err)
{
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return sim_fail(err, errno, "cannot hold the network namespace");
	if (unshare(CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot make a network namespace");
	int status = furnish(host, err);
	if (setns(home, CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot come back to the network namespace");
	return status;
}

int sim_host_new(const char *name, struct sim_host **host_out, struct sim_error *err)
{
	struct sim_host *host = calloc(1, sizeof(*host));
	if (!host)
		return sim_fail(err, ENOMEM, "host %s", name);
	host->netns = host->mntns = host->cgroupns = -1;
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		host->cgroup_dirs[i] = -1;
	host->accounts = sim_accounts_new();
	if (strlen(name) > SIM_HOST_NAME_MAX || !host->accounts) {
		sim_fail(err, host->accounts ? ENAMETOOLONG : ENOMEM, "host %s", name);
		sim_host_free(host);
		return -1;
	}
	snprintf(host->name, sizeof(host->name), "%s", name);
	if (make_namespace(host, err) < 0) {
		sim_host_free(host);
		return sim_wrap(err, "host %s", name);
	}
	*host_out = host;
	return 0;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void free_links(struct sim_link *link)
{
	while (link) {
		struct sim_link *next = link->next;
		free(link);
		link = next;
	}
}

static void free_roots(struct sim_root *root)
{
	while (root) {
		struct sim_root *next = root->next;
		sim_accounts_free(root->accounts);
		sim_files_free(root->files);
		free(root->at);
		free(root);
		root = next;
	}
}

static void free_cgroups(struct sim_cgroup *cgroup)
{
	while (cgroup) {
		struct sim_cgroup *next = cgroup->next;
		free(cgroup);
		cgroup = next;
	}
}

void sim_host_free(struct sim_host *host)
{
	if (!host)
		return;
	netlink_close(host->rtnl);
	netlink_close(host->netfilter);
	close_if_open(host->netns);
	close_if_open(host->mntns);
	close_if_open(host->cgroupns);
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		close_if_open(host->cgroup_dirs[i]);
	sim_accounts_free(host->accounts);
	free_links(host->links);
	free_roots(host->roots);
	sim_files_free(host->files);
	sim_files_free(host->hidden);
	sim_keeps_free(host->keeps);
	sim_filters_free(host->filters);
	free_cgroups(host->cgroups);
	free(host->hosts_text);
	free(host->resolv_text);
	free(host);
}

const char *sim_host_name(const struct sim_host *host)
{
	return host->name;
}

int sim_host_netns(const struct sim_host *host)
{
	return host->netns;
}

bool sim_host_has_netns(const struct sim_host *host, int netns)
{
	struct stat own;
	struct stat other;
	return fstat(host->netns, &own) == 0 && fstat(netns, &other) == 0 &&
	       own.st_dev == other.st_dev && own.st_ino == other.st_ino;
}

struct sim_accounts *sim_host_accounts(struct sim_host *host)
{
	return host->accounts;
}

int sim_host_within(struct sim_host *host, int (*make)(void *arg, struct sim_error *err), void *arg,
		    struct sim_error *err)
{
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(host->netns, CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot enter host %s", host->name);
	int result = make(arg, err);
	if (setns(home, CLONE_NEWNET) < 0)
		return sim_fail(result < 0 ? NULL : err, errno, "cannot leave host %s", host->name);
	return result;
}

struct sysctl {
	const char *name;
	const char *value;
};

static int write_one(void *arg, struct sim_error *err)
{
	const struct sysctl *sysctl = arg;
	return sim_write_sysctl(sysctl->name, sysctl->value, err);
}

int sim_host_sysctl(struct sim_host *host, const char *name, const char *value,
		    struct sim_error *err)
{
	struct sysctl sysctl = {name, value};
	return sim_host_within(host, write_one, &sysctl, err);
}

int sim_host_forward(struct sim_host *host, struct sim_error *err)
{
	if (sim_host_sysctl(host, "net/ipv4/ip_forward", "1", err) < 0)
		return -1;
	return sim_host_sysctl(host, "net/ipv6/conf/all/forwarding", "1", err);
}

static int enter_namespaces(struct sim_host *host, struct sim_error *err)
{
	if (host->mntns < 0)
		return sim_fail(err, 0, "its mounts have not been made");
	if (setns(host->netns, CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot enter the network");
	if (host->cgroupns >= 0 && setns(host->cgroupns, CLONE_NEWCGROUP) < 0)
		return sim_fail(err, errno, "cannot enter the cgroup namespace");
	if (setns(host->mntns, CLONE_NEWNS) < 0)
		return sim_fail(err, errno, "cannot enter the mounts");
	return 0;
}

static int enter_root(const struct sim_host *host, const char *name, struct sim_error *err)
{
	char path[256];
	snprintf(path, sizeof(path), SIM_ROOTS_FOLDER "/%s", name);
	if (chroot(path) < 0 || chdir("/") < 0)
		return sim_fail(err, errno, "cannot enter root %s of %s", name, host->name);
	return 0;
}

int sim_host_enter(struct sim_host *host, const struct sim_identity *as, struct sim_error *err)
{
	/* The cgroup comes first: out of the host's cgroup namespace there is no way into it. */
	if ((as && as->cgroup && sim_host_enter_cgroup(host, as->cgroup, err) < 0) ||
	    (as && as->inside ? sim_inside_enter(as->inside, err) : enter_namespaces(host, err)) <
		    0)
		return sim_wrap(err, "host %s", host->name);
	return as && as->root ? enter_root(host, as->root, err) : 0;
}
