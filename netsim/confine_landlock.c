/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/landlock.h>

#include "netsim/cleanup.h"
#include "netsim/confine_private.h"

/*
 * Rules for TCP came with Linux 6.7, and with ABI 4: what an older
 * linux/landlock.h lacks is here under names of our own, from that of 6.7.
 */
#define NET_BIND_TCP	(1ULL << 0) /* LANDLOCK_ACCESS_NET_BIND_TCP */
#define NET_CONNECT_TCP (1ULL << 1) /* LANDLOCK_ACCESS_NET_CONNECT_TCP */
#define RULE_NET_PORT	2	    /* LANDLOCK_RULE_NET_PORT */

struct ruleset { /* struct landlock_ruleset_attr */
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};

struct net_port { /* struct landlock_net_port_attr */
	uint64_t allowed_access;
	uint64_t port; /* host byte order */
};

static int allow_ports(int ruleset, uint64_t access, const struct sim_ports *ports,
		       struct sim_error *err)
{
	for (size_t i = 0; ports && i < ports->n_ports; i++) {
		const struct net_port rule = {.allowed_access = access, .port = ports->ports[i]};
		if (syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0) < 0)
			return sim_fail(err, errno, "Landlock: port %u", ports->ports[i]);
	}
	return 0;
}

int landlock_apply(const struct sim_confinement *confinement, struct sim_error *err)
{
	const struct ruleset attr = {
		.handled_access_net = (confinement->connect ? NET_CONNECT_TCP : 0) |
				      (confinement->bind ? NET_BIND_TCP : 0),
	};
	autoclose int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return sim_fail(err, errno, "cannot make a Landlock ruleset for TCP ports");
	if (allow_ports(ruleset, NET_CONNECT_TCP, confinement->connect, err) < 0 ||
	    allow_ports(ruleset, NET_BIND_TCP, confinement->bind, err) < 0)
		return -1;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return sim_fail(err, errno, "cannot enter a Landlock domain");
	return 0;
}
