/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What connects hosts: bridges, veth pairs, addresses and routes.
 *
 * Links are made complete but down, sim_links_up() brings all of a lab up at
 * once, and only then come addresses and routes: in this order no first packet
 * is lost (the carrier race, and IPv6 addresses that are not yet usable).
 */
#ifndef NETSIM_LINK_H
#define NETSIM_LINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "netsim/error.h"
#include "netsim/host.h"

#define SIM_IFNAME_MAX 15 /* IFNAMSIZ - 1 */

/* An address of either family, with a prefix length. */
struct sim_prefix {
	int family; /* AF_INET or AF_INET6 */
	union {
		struct in_addr v4;
		struct in6_addr v6;
		unsigned char bytes[16];
	};
	unsigned char length; /* bits */
};

/*
 * Read "10.0.0.1/24", "fd00::1/64" or, where `need_length` is false, an
 * address alone, whose length is then its family's full one.  False if it is
 * no such thing.
 */
bool sim_prefix_parse(const char *text, bool need_length, struct sim_prefix *prefix);
/* Text of the address, and of address/length. Both return `text`. */
#define SIM_PREFIX_TEXT 50
const char *sim_address_text(const struct sim_prefix *prefix, char text[SIM_PREFIX_TEXT]);
const char *sim_prefix_text(const struct sim_prefix *prefix, char text[SIM_PREFIX_TEXT]);
/* Same family, and the first min(length) bits alike: one lies within the other. */
bool sim_prefix_overlaps(const struct sim_prefix *a, const struct sim_prefix *b);
/* The address of `inner` lies in `outer`. */
bool sim_prefix_contains(const struct sim_prefix *outer, const struct sim_prefix *inner);
bool sim_address_equal(const struct sim_prefix *a, const struct sim_prefix *b);

/* A bridge in `host`, without spanning tree: it forwards at once. */
int sim_bridge_add(struct sim_host *host, const char *name, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * A veth pair, born with each end in its own host.  Where `bridge` is given,
 * that end becomes a port of it.
 */
struct sim_veth_end {
	struct sim_host *host;
	const char *name;   /* of the interface, at most SIM_IFNAME_MAX bytes */
	const char *bridge; /* of the same host, or NULL */
};
int sim_veth_add(const struct sim_veth_end *a, const struct sim_veth_end *b, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Set every link that was made for these hosts up, and then see to it that
 * every carrier is known: the end that came up first would lose its first packets otherwise.
 */
int sim_links_up(struct sim_host *const *hosts, size_t count, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Give `ifname` an address; an IPv6 one is usable on return.  The interface
 * also gets a link-local address with its first IPv6 address (a router without
 * one cannot resolve the neighbours for what it forwards).
 */
int sim_address_add(struct sim_host *host, const char *ifname, const struct sim_prefix *address,
		    struct sim_error *err) __attribute__((warn_unused_result));

/* A route to `to` (length 0: the default route) through the neighbour `via`. */
int sim_route_add(struct sim_host *host, const struct sim_prefix *to, const struct sim_prefix *via,
		  struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Whether the host itself has a way to `to`: a route, as the kernel's own
 * lookup says, and on it no neighbour that has failed to answer.
 */
enum sim_way {
	SIM_WAY_OPEN,
	SIM_WAY_NO_ROUTE,
	SIM_WAY_NO_NEIGHBOUR,
};
int sim_way_get(struct sim_host *host, const struct sim_prefix *to, enum sim_way *way,
		struct sim_error *err) __attribute__((warn_unused_result));
/* The same of a network namespace that is no host's, a descriptor. */
int sim_way_get_from(int netns, const struct sim_prefix *to, enum sim_way *way,
		     struct sim_error *err) __attribute__((warn_unused_result));
/* Whether the network namespace has this address; false also where that cannot be told. */
bool sim_address_is_own(int netns, const struct sim_prefix *address);

#endif
