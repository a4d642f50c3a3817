/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who listens in a network namespace, from the kernel's own tables: nothing is
 * sent, so that whoever is looked for does not notice.
 */
#ifndef NETSIM_LISTENING_H
#define NETSIM_LISTENING_H

#include <stdbool.h>
#include <stdint.h>

#include "netsim/error.h"
#include "netsim/link.h"
#include "netsim/packet.h"

/*
 * Whether something listens on a port in the network namespace `netns` (a
 * descriptor): IPPROTO_TCP, IPPROTO_UDP.  A UDP socket listens as long as it is
 * not connected.  1 yes, 0 no; -1 where that cannot be told: an IPv6 socket may
 * or may not be there for IPv4 as well, and the tables do not say; or
 * they cannot be read.
 *
 * `at`: the address at which; NULL: any, of either family, and -1 has errno then.
 */
int sim_listens_on(int netns, int protocol, const struct sim_prefix *at, uint16_t port);

/*
 * The socket that takes this datagram there, as far as the tables tell: of those that may,
 * the one that the kernel would choose.  1, 0: there is none, -1 on failure.
 */
int sim_udp_socket_for(int netns, const struct sim_packet *datagram, unsigned long *inode,
		       struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Whether something listens on a UNIX socket that was bound to exactly this path: 1, 0; -1
 * with errno where that cannot be read.
 */
int sim_listens_at(int netns, const char *path);

#endif
