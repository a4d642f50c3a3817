/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A plan: what the author of a scenario left to us, filled in.  Addresses are
 * given out and routes found; what is left is only to be done (build.h).
 *
 * A pure function of the scenario, the same for all its variants.
 */
#ifndef LAB_PLAN_H
#define LAB_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lab/arena.h"
#include "lab/scenario.h"
#include "netsim/error.h"

struct plan_link {
	const char *ifname;
	size_t network; /* index into plan.networks */
	bool is_bridge; /* the host's own bridge, which the network is */
	struct sim_prefix *addresses;
	size_t n_addresses;
};

struct plan_route {
	struct sim_prefix to;
	struct sim_prefix via;
};

struct plan_host {
	struct plan_link *links;
	size_t n_links;
	struct plan_route *routes;
	size_t n_routes;
};

struct plan_network {
	const char *name;
	size_t owner; /* the host whose bridge it is, or NONE */
	const char *bridge;
	struct sim_prefix *subnets;
	size_t n_subnets;
	size_t n_members; /* links to it, without the owner's bridge */
};

struct plan {
	const struct scenario *scenario;
	struct arena *arena;	 /* owns all of it */
	struct plan_host *hosts; /* as many as the scenario has, in its order */
	struct plan_network
		*networks; /* the scenario's, and perhaps the one that hosts without links share */
	size_t n_networks;
	size_t shared; /* the one of hosts that name none */
};

/* NULL where addresses run out; `err` says on which network. */
struct plan *plan_new(const struct scenario *scenario, struct sim_error *err);
void plan_free(struct plan *plan);

/*
 * The address of `host` that `from` would use: one on a network that both are
 * on, otherwise its first of this family (AF_INET, AF_INET6); NULL: it has none.
 * A host's own address for itself is one of its links' too.
 */
const struct sim_prefix *plan_address(const struct plan *plan, size_t from, size_t host,
				      int family);

/* The host that has this address, or NONE. */
size_t plan_owner(const struct plan *plan, const struct sim_prefix *address);

/* A host's name; "" for NONE. */
const char *plan_host_name(const struct plan *plan, size_t host);

/* An address and a port as sockets take them. */
void plan_socket_address(const struct sim_prefix *address, uint16_t port,
			 struct sockaddr_storage *to);
/* The port of such an address; 0 for another family. */
uint16_t plan_port_of(const struct sockaddr_storage *address);
/* The other way round; false for another family. */
bool plan_prefix_of(const struct sockaddr_storage *from, struct sim_prefix *address);

/* What the host's /etc/hosts and /etc/resolv.conf say; from the plan's arena. */
const char *plan_hosts_text(const struct plan *plan, size_t host);
const char *plan_resolv_text(const struct plan *plan, size_t host);

#endif
