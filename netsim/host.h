/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts: network namespaces with their own mounts and cgroups, held by file
 * descriptor and never by name.
 *
 * A host exists as long as the process that made it (and its children): when
 * that dies, by whatever cause, the kernel takes the host with all its links,
 * routes and rules.  The maker must be in a world of its own (world.h).
 */
#ifndef NETSIM_HOST_H
#define NETSIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/accounts.h"
#include "netsim/error.h"
#include "netsim/identity.h"

#define SIM_HOST_NAME_MAX 63 /* as a DNS label, RFC 1035 2.3.4 */

struct sim_host;

/*
 * A new network namespace with lo up, IPv6 kept quiet (no DAD, no router
 * solicitations, no addresses of its own making), ping sockets open to every
 * group and ICMP errors not rate limited: an ICMP error that the kernel
 * withholds would look like a drop.  Returns to the caller's own namespace.
 */
int sim_host_new(const char *name, struct sim_host **host, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_host_free(struct sim_host *host);

const char *sim_host_name(const struct sim_host *host);
int sim_host_netns(const struct sim_host *host); /* fd, owned by the host */

/* Whether the host's network namespace is the one that `netns` is open on. */
bool sim_host_has_netns(const struct sim_host *host, int netns);

/* The host's own accounts, to be filled before sim_host_mount(). */
struct sim_accounts *sim_host_accounts(struct sim_host *host);

/*
 * Write a sysctl of the host, as "net/ipv4/ip_forward" or
 * "net.ipv4.ip_forward" (dots only where no name contains one).
 */
int sim_host_sysctl(struct sim_host *host, const char *name, const char *value,
		    struct sim_error *err) __attribute__((warn_unused_result));
/* IPv4 and IPv6 forwarding, for all its interfaces. */
int sim_host_forward(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Run `make` with this thread in the host's network namespace, and come back
 * whatever it returns; its result is ours.  For making sockets.
 */
int sim_host_within(struct sim_host *host, int (*make)(void *arg, struct sim_error *err), void *arg,
		    struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Move this process into the host for good: network, mounts and cgroup
 * namespaces, then the identity's cgroup and root (`as` may be NULL: none); the
 * identity is taken on after that.  For a child after fork.
 */
int sim_host_enter(struct sim_host *host, const struct sim_identity *as, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
