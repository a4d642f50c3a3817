/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet's addresses and ports, from its headers.  ARP's are the protocol addresses of who
 * sends it and who is meant.
 */
#ifndef NETSIM_PACKET_H
#define NETSIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsim/link.h"

struct sim_packet {
	int family; /* AF_INET, AF_INET6; 0: none of these */
	uint8_t protocol;
	struct sim_prefix from;
	struct sim_prefix to;
	uint16_t sport; /* tcp, udp: host byte order; else 0 */
	uint16_t dport;
	uint8_t tcp_flags; /* as in the header: FIN 0x01, SYN 0x02, RST 0x04, ... */
	uint8_t icmp_type; /* icmp, icmpv6 */
	uint8_t icmp_code;
	uint16_t
		arp; /* its operation: 1 request, 2 reply; 0: it is no ARP, which has no protocol */
	/* Neighbour discovery: whom it asks for, or who answers; as many bytes as the headers have.
	 */
	uint8_t target[16];
	uint8_t target_bytes;
};

#define SIM_TCP_FIN 0x01
#define SIM_TCP_SYN 0x02
#define SIM_TCP_RST 0x04
#define SIM_TCP_PSH 0x08
#define SIM_TCP_ACK 0x10

/*
 * Read the headers: `network` starts with the IP header (RFC 791, RFC 8200) or is ARP's (RFC 826),
 * `transport` with the next one, or is NULL where it follows in `network`.
 * False where neither is whole; ports are 0 where they are missing
 * or behind IPv6 extension headers that are not read.
 */
bool sim_packet_parse(const uint8_t *network, size_t network_length, const uint8_t *transport,
		      size_t transport_length, struct sim_packet *packet);

/* Whether both have the same protocol, addresses and ports. */
bool sim_packet_same_ends(const struct sim_packet *a, const struct sim_packet *b);

/*
 * Whether it is the first question, to all who may be meant, for the hardware
 * address of `neighbour`, or an answer to such a question (RFC 4861 4.3 and 4.4, RFC 826).
 */
bool sim_packet_seeks(const struct sim_packet *packet, const struct sim_prefix *neighbour);
bool sim_packet_advertises(const struct sim_packet *packet, const struct sim_prefix *neighbour);

/* "tcp 10.0.0.1:41234 > 10.0.0.2:80 SYN", "icmpv6 fd00::1 > fd00::2 type 128 code 0"; `text`. */
#define SIM_PACKET_TEXT 160
const char *sim_packet_text(const struct sim_packet *packet, char text[SIM_PACKET_TEXT]);

#endif
