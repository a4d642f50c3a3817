/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spots: where in a live lab somebody is.  Mostly at a host, which the plan
 * knows; but a daemon may have made a network of its own, a jail's, of whose
 * addresses only the kernel knows.
 */
#ifndef LAB_SPOT_H
#define LAB_SPOT_H

#include <stdint.h>
#include <sys/socket.h>

#include "lab/live.h"

struct spot {
	size_t host; /* NONE: nobody that we know */
	const struct running
		*inside; /* in the network of this daemon of the host; NULL: in its own */
	char name[2 * SCENARIO_NAME_MAX + 2]; /* "gateway", "gateway/web", "" */
};

/* Where an actor of a host is. */
struct spot spot_of_actor(const struct live *live, size_t host, const struct actor *actor);

/*
 * Whose address it is, which goes into `address`; loopback is the `source`'s own.
 */
struct spot spot_of_address(const struct live *live, const struct spot *source,
			    const struct sockaddr_storage *from, struct sim_prefix *address);
struct spot spot_of_host(const struct live *live, size_t host); /* NONE: nobody */
struct spot spot_of_prefix(const struct live *live, const struct sim_prefix *address);

/* The host, where that is all: NONE for the network of a daemon. */
size_t spot_host(const struct spot *spot);

/* Whether something listens there; 1, 0, -1 where that is not known. */
int spot_listens(const struct live *live, const struct spot *spot, int protocol,
		 const struct sim_prefix *address, uint16_t port);

/* Whether there is a way from there to the address; likewise. */
int spot_has_way(const struct live *live, const struct spot *spot, const struct sim_prefix *to);

#endif
