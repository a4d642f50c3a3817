/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/packet.h"

#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define IPV4_HEADER 20
#define IPV6_HEADER 40
#define ARP_BYTES   28

static uint16_t word(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* The address that is sought or answered for, behind the first eight bytes; a trace has not all of
 * it.
 */
static void parse_target(const uint8_t *header, size_t length, struct sim_packet *packet)
{
	const size_t skip = sizeof(struct nd_neighbor_solicit) - sizeof(packet->target);
	if ((packet->icmp_type != ND_NEIGHBOR_SOLICIT && packet->icmp_type != ND_NEIGHBOR_ADVERT) ||
	    length <= skip)
		return;
	size_t bytes = length - skip;
	packet->target_bytes =
		(uint8_t)(bytes < sizeof(packet->target) ? bytes : sizeof(packet->target));
	memcpy(packet->target, header + skip, packet->target_bytes);
}

static void parse_transport(const uint8_t *header, size_t length, struct sim_packet *packet)
{
	switch (packet->protocol) {
	case IPPROTO_TCP:
		packet->tcp_flags = length >= 14 ? header[13] : 0;
		__attribute__((fallthrough));
	case IPPROTO_UDP:
		if (length < 4)
			return;
		packet->sport = word(header);
		packet->dport = word(header + 2);
		return;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		if (length < 2)
			return;
		packet->icmp_type = header[0];
		packet->icmp_code = header[1];
		if (packet->protocol == IPPROTO_ICMPV6)
			parse_target(header, length, packet);
		return;
	default:
		return;
	}
}

/* The length of the IP header, 0 if it is not whole. */
static size_t parse_network(const uint8_t *header, size_t length, struct sim_packet *packet)
{
	unsigned version = length ? header[0] >> 4 : 0;
	size_t header_length = 4 * (size_t)(length ? header[0] & 15 : 0);
	if (version == 4 && length >= IPV4_HEADER && header_length >= IPV4_HEADER) {
		packet->family = packet->from.family = packet->to.family = AF_INET;
		packet->from.length = packet->to.length = 32;
		packet->protocol = header[9];
		memcpy(packet->from.bytes, header + 12, 4);
		memcpy(packet->to.bytes, header + 16, 4);
		return header_length;
	}
	if (version != 6 || length < IPV6_HEADER)
		return 0;
	packet->family = packet->from.family = packet->to.family = AF_INET6;
	packet->from.length = packet->to.length = 128;
	packet->protocol = header[6];
	memcpy(packet->from.bytes, header + 8, 16);
	memcpy(packet->to.bytes, header + 24, 16);
	return IPV6_HEADER;
}

static void copy_v4(struct sim_prefix *to, const uint8_t *from)
{
	to->family = AF_INET;
	to->length = 32;
	memcpy(to->bytes, from, 4);
}

/* Of IPv4 over Ethernet: kind of hardware, protocol, their addresses' lengths, operation. */
static bool parse_arp(const uint8_t *header, size_t length, struct sim_packet *packet)
{
	static const uint8_t start[] = {0, ARPHRD_ETHER, 8, 0, 6, 4};
	if (length < ARP_BYTES || memcmp(header, start, sizeof(start)) != 0 || !word(header + 6))
		return false;
	packet->family = AF_INET;
	packet->arp = word(header + 6);
	copy_v4(&packet->from, header + 14);
	copy_v4(&packet->to, header + 24);
	return true;
}

bool sim_packet_parse(const uint8_t *network, size_t network_length, const uint8_t *transport,
		      size_t transport_length, struct sim_packet *packet)
{
	memset(packet, 0, sizeof(*packet));
	size_t used = parse_network(network, network_length, packet);
	if (!used)
		return parse_arp(network, network_length, packet);
	if (transport)
		parse_transport(transport, transport_length, packet);
	else if (used < network_length)
		parse_transport(network + used, network_length - used, packet);
	return true;
}

bool sim_packet_same_ends(const struct sim_packet *a, const struct sim_packet *b)
{
	return a->protocol == b->protocol && a->arp == b->arp &&
	       sim_address_equal(&a->from, &b->from) && sim_address_equal(&a->to, &b->to) &&
	       a->sport == b->sport && a->dport == b->dport;
}

static bool discovers(const struct sim_packet *packet, uint8_t type,
		      const struct sim_prefix *neighbour)
{
	return packet->protocol == IPPROTO_ICMPV6 && packet->icmp_type == type &&
	       neighbour->family == AF_INET6 && packet->target_bytes &&
	       !memcmp(packet->target, neighbour->bytes, packet->target_bytes);
}

bool sim_packet_seeks(const struct sim_packet *packet, const struct sim_prefix *neighbour)
{
	/* ff02::1:ffXX:XXXX, with the address's own end (RFC 4291 2.7.1). */
	static const uint8_t group[13] = {0xff, 2, [11] = 1, [12] = 0xff};
	/* Who names only itself asks for nobody. */
	if (packet->arp)
		return packet->arp == ARPOP_REQUEST && sim_address_equal(&packet->to, neighbour) &&
		       !sim_address_equal(&packet->from, neighbour);
	return discovers(packet, ND_NEIGHBOR_SOLICIT, neighbour) &&
	       !memcmp(packet->to.bytes, group, sizeof(group)) &&
	       !memcmp(packet->to.bytes + sizeof(group), neighbour->bytes + sizeof(group),
		       16 - sizeof(group));
}

bool sim_packet_advertises(const struct sim_packet *packet, const struct sim_prefix *neighbour)
{
	if (packet->arp)
		return packet->arp == ARPOP_REPLY && sim_address_equal(&packet->from, neighbour);
	return discovers(packet, ND_NEIGHBOR_ADVERT, neighbour) &&
	       sim_address_equal(&packet->from, neighbour);
}

static void __attribute__((format(printf, 2, 3))) append(char *text, const char *format, ...)
{
	size_t used = strlen(text);
	va_list args;
	va_start(args, format);
	vsnprintf(text + used, SIM_PACKET_TEXT - used, format, args);
	va_end(args);
}

static void append_end(char *text, const struct sim_prefix *address, bool has_port, uint16_t port)
{
	char shown[SIM_PREFIX_TEXT];
	sim_address_text(address, shown);
	if (!has_port)
		append(text, "%s", shown);
	else
		append(text, address->family == AF_INET6 ? "[%s]:%u" : "%s:%u", shown, port);
}

static void append_flags(char *text, uint8_t flags)
{
	/* From the lowest bit on. */
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (flags >> i & 1)
			append(text, " %s", names[i]);
}

const char *sim_packet_text(const struct sim_packet *packet, char text[SIM_PACKET_TEXT])
{
	static const struct {
		uint8_t protocol;
		const char *name;
	} names[] = {{IPPROTO_TCP, "tcp"},
		     {IPPROTO_UDP, "udp"},
		     {IPPROTO_ICMP, "icmp"},
		     {IPPROTO_ICMPV6, "icmpv6"}};
	bool has_ports = packet->protocol == IPPROTO_TCP || packet->protocol == IPPROTO_UDP;
	*text = '\0';
	if (!packet->family)
		return text;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].protocol == packet->protocol)
			append(text, "%s ", names[i].name);
	if (packet->arp)
		append(text, "arp ");
	if (!*text)
		append(text, "protocol %u ", packet->protocol);
	append_end(text, &packet->from, has_ports, packet->sport);
	append(text, " > ");
	append_end(text, &packet->to, has_ports, packet->dport);
	if (packet->protocol == IPPROTO_TCP)
		append_flags(text, packet->tcp_flags);
	else if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		append(text, " type %u code %u", packet->icmp_type, packet->icmp_code);
	else if (packet->arp)
		append(text, packet->arp == ARPOP_REQUEST ? " request"
			     : packet->arp == ARPOP_REPLY ? " reply"
							  : "");
	return text;
}
