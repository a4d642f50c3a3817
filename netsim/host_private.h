/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host is made of: for the files of netsim that make it. */
#ifndef NETSIM_HOST_PRIVATE_H
#define NETSIM_HOST_PRIVATE_H

#include <net/if.h>

#include "netsim/files.h"
#include "netsim/hierarchy.h"
#include "netsim/host.h"
#include "netsim/link.h"
#include "netsim/netlink.h"

/* A file of a host's or a root's own (files.c). */
struct sim_own_file {
	struct sim_own_file *next;
	char *path;
	char *text;
	struct sim_file file; /* borrows from the two above */
};

struct sim_root {
	struct sim_root *next;
	char name[64];
	struct sim_accounts *accounts;
	struct sim_own_file *files;
	char *at; /* where the host sees it too, or NULL */
};

struct sim_cgroup {
	struct sim_cgroup *next;
	char name[256];
	bool net_cls;
	uint32_t classid; /* 0: not in net_cls, or its maker's affair */
	bool v2;
};

/* An interface that sim_bridge_add() or sim_veth_add() has made. */
struct sim_link {
	struct sim_link *next;
	char name[IFNAMSIZ];
	int index; /* 0: not known yet, nor is what follows */
	unsigned char hardware[6];
	bool has_link_local; /* IPv6 address */
};

/* A folder that stays in sight (keep.c). */
struct sim_keep {
	struct sim_keep *next;
	char *folder;
	int tree;	/* a mount of it that is attached nowhere, -1 before it is taken */
	uint64_t mount; /* where it was taken from: the kernel's number, */
	size_t mount_point_length; /* and how much of `folder` leads there */
};

struct sim_host {
	char name[SIM_HOST_NAME_MAX + 1];
	int netns;		      /* fds of its namespaces; */
	int mntns;		      /* -1 until sim_host_mount(), */
	int cgroupns;		      /* and for a host without cgroups */
	int cgroup_dirs[HIERARCHIES]; /* its directories, -1 likewise */
	struct netlink *rtnl;
	struct netlink *netfilter; /* NULL until it is needed */
	struct sim_link *links;
	struct sim_accounts *accounts;
	char *hosts_text;
	char *resolv_text;
	struct sim_own_file *files;
	struct sim_own_file *hidden; /* folders of the machine's */
	uint16_t left_groups;	     /* NFLOG groups that are not ours to read (trace.c) */
	unsigned copies;	     /* folders that the host has copies of, besides the usual */
	struct sim_root *roots;
	struct sim_keep *keeps;
	struct sim_cgroup *cgroups;
	struct sim_filters *filters; /* of cgroups; NULL: none has one */
};

/* host.c: write a sysctl of the network namespace that this thread is in. */
int sim_write_sysctl(const char *name, const char *value, struct sim_error *err)
	__attribute__((warn_unused_result));

/* host.c: ping without privilege, which a new network is closed to, for every group that there is.
 */
int sim_open_ping(struct sim_error *err) __attribute__((warn_unused_result));

/* link.c: set an interface up. */
int sim_link_up(struct netlink *rtnl, const char *ifname, struct sim_error *err)
	__attribute__((warn_unused_result));

/* route.c: wait until a new IPv6 address of the host can be sent to. */
int sim_await_address(struct sim_host *host, const struct sim_link *link,
		      const struct sim_prefix *address, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Where roots are, in the mounts of a host that has some. */
#define SIM_ROOTS_FOLDER "/run/fwlab/roots"

/* keep.c: hold the folders before the host's mounts are made, put back what they cover, free. */
int sim_keeps_take(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));
int sim_keeps_restore(struct sim_host *host, const char *scratch, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_keeps_free(struct sim_keep *keeps);

/* cgroup_filter.c: `filters` may be NULL. */
void sim_filters_free(struct sim_filters *filters);
/* files.c: in the host's new mounts, copies below `scratch`, empty folders, files below `top`, ...
 */
int sim_copies_mount(const struct sim_host *host, const char *scratch, struct sim_error *err)
	__attribute__((warn_unused_result));
/* ... whether `path` is in one of these copies, which the scenario has files in, ... */
bool sim_has_copy(const struct sim_host *host, const char *path);
int sim_hidden_mount(const struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));
int sim_files_write(const struct sim_own_file *files, const char *top, struct sim_error *err)
	__attribute__((warn_unused_result));
/* ... and a root that has been made, at its place in the host. */
int sim_root_show(const struct sim_root *root, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_files_free(struct sim_own_file *own);

/* host_cgroup.c: make this process' cgroup namespace the host's, rooted in its directories. */
int sim_host_unshare_cgroups(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));
/* host_cgroup.c: mount what the host sees at /sys/fs/cgroup, in its new mount namespace. */
int sim_host_mount_cgroups(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));
/* host_cgroup.c: move this process into a cgroup of the host. */
int sim_host_enter_cgroup(struct sim_host *host, const char *name, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
