/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets: what their headers tell, whole or cut off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <string.h>

#include "netsim/packet.h"

static struct sim_prefix address(const char *text)
{
	struct sim_prefix prefix;
	assert_true(sim_prefix_parse(text, false, &prefix));
	return prefix;
}

/* A message of neighbour discovery, of which as many bytes behind the IP header are there. */
static struct sim_packet discovery(uint8_t type, const char *from, const char *to,
				   const char *target, size_t length)
{
	uint8_t ip[40] = {0x60, [6] = IPPROTO_ICMPV6};
	uint8_t icmp[24] = {type};
	struct sim_packet packet;
	memcpy(ip + 8, address(from).bytes, 16);
	memcpy(ip + 24, address(to).bytes, 16);
	memcpy(icmp + 8, address(target).bytes, 16);
	assert_true(sim_packet_parse(ip, sizeof(ip), icmp, length, &packet));
	return packet;
}

static bool seeks(const char *to, const char *target, size_t length, const char *neighbour)
{
	struct sim_packet packet = discovery(ND_NEIGHBOR_SOLICIT, "fd00::1", to, target, length);
	struct sim_prefix wanted = address(neighbour);
	return sim_packet_seeks(&packet, &wanted);
}

static bool advertises(const char *from, const char *target, size_t length, const char *neighbour)
{
	struct sim_packet packet = discovery(ND_NEIGHBOR_ADVERT, from, "fd00::1", target, length);
	struct sim_prefix wanted = address(neighbour);
	return sim_packet_advertises(&packet, &wanted);
}

/* nftables' trace has 20 bytes of it, the log all 24. */
static void whom_a_question_is_for(void **state)
{
	(void)state;
	for (size_t length = 20; length <= 24; length += 4) {
		assert_true(seeks("ff02::1:ff02:304", "fd00::102:304", length, "fd00::102:304"));
		assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", length, "fd00::102:305"));
		assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", length, "fd01::102:304"));
		assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", length, "10.0.0.1"));
		/* To one who is known already: whether he is still there. */
		assert_false(seeks("fd00::102:304", "fd00::102:304", length, "fd00::102:304"));
	}
	assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", 24, "fd00::2:304"));
	assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", 8, "fd00::102:304"));
	assert_false(seeks("ff02::1:ff02:304", "fd00::102:304", 1, "fd00::102:304"));
}

static void whom_an_answer_is_from(void **state)
{
	(void)state;
	assert_true(advertises("fd00::2", "fd00::2", 20, "fd00::2"));
	assert_true(advertises("fd00::2", "fd00::2", 24, "fd00::2"));
	assert_false(advertises("fd00::2", "fd00::2", 24, "fd00::3"));
	assert_false(advertises("fd00::3", "fd00::2", 24, "fd00::2"));
	assert_false(advertises("fd00::2", "fd00::2", 8, "fd00::2"));
	struct sim_packet question =
		discovery(ND_NEIGHBOR_SOLICIT, "fd00::2", "fd00::1", "fd00::2", 24);
	struct sim_prefix wanted = address("fd00::2");
	assert_false(sim_packet_advertises(&question, &wanted));
}

/* As it stands in a frame: 10.0.0.1 asks for 10.0.0.2, or answers it. */
static void arp(uint8_t operation, const char *from, const char *to, uint8_t header[28])
{
	static const uint8_t start[] = {0, 1, 8, 0, 6, 4, 0};
	struct sim_prefix sender = address(from);
	struct sim_prefix target = address(to);
	memset(header, 0, 28);
	memcpy(header, start, sizeof(start));
	header[7] = operation;
	memcpy(header + 14, sender.bytes, 4);
	memcpy(header + 24, target.bytes, 4);
}

static void who_has_and_is_at(void **state)
{
	(void)state;
	uint8_t header[28];
	char text[SIM_PACKET_TEXT];
	struct sim_packet packet;
	struct sim_prefix asker = address("10.0.0.1");
	struct sim_prefix wanted = address("10.0.0.2");
	struct sim_prefix other = address("fd00::2");
	arp(1, "10.0.0.1", "10.0.0.2", header);
	assert_true(sim_packet_parse(header, sizeof(header), NULL, 0, &packet));
	assert_int_equal(packet.arp, 1);
	assert_int_equal(packet.protocol, 0);
	assert_true(sim_packet_seeks(&packet, &wanted));
	assert_false(sim_packet_seeks(&packet, &asker));
	assert_false(sim_packet_seeks(&packet, &other));
	assert_false(sim_packet_advertises(&packet, &asker));
	assert_string_equal(sim_packet_text(&packet, text), "arp 10.0.0.1 > 10.0.0.2 request");
	arp(2, "10.0.0.2", "10.0.0.1", header);
	assert_true(sim_packet_parse(header, sizeof(header), NULL, 0, &packet));
	assert_true(sim_packet_advertises(&packet, &wanted));
	assert_false(sim_packet_advertises(&packet, &asker));
	assert_false(sim_packet_seeks(&packet, &asker));
	assert_string_equal(sim_packet_text(&packet, text), "arp 10.0.0.2 > 10.0.0.1 reply");
	/* It announces itself. */
	arp(1, "10.0.0.2", "10.0.0.2", header);
	assert_true(sim_packet_parse(header, sizeof(header), NULL, 0, &packet));
	assert_false(sim_packet_seeks(&packet, &wanted));
	for (size_t length = 0; length < sizeof(header); length++)
		assert_false(sim_packet_parse(header, length, NULL, 0, &packet));
	header[7] = 0;
	assert_false(sim_packet_parse(header, sizeof(header), NULL, 0, &packet));
	header[7] = 1;
	header[1] = 6; /* not Ethernet */
	assert_false(sim_packet_parse(header, sizeof(header), NULL, 0, &packet));
	assert_int_equal(packet.family, 0);
}

static void the_same_ends(void **state)
{
	(void)state;
	struct sim_packet a = {.protocol = IPPROTO_TCP, .sport = 1, .dport = 2};
	a.from = address("10.0.0.1");
	a.to = address("10.0.0.2");
	struct sim_packet b = a;
	b.tcp_flags = SIM_TCP_SYN;
	assert_true(sim_packet_same_ends(&a, &b));
	b.dport = 3;
	assert_false(sim_packet_same_ends(&a, &b));
	b = a;
	b.to = address("10.0.0.3");
	assert_false(sim_packet_same_ends(&a, &b));
	b = a;
	b.protocol = IPPROTO_UDP;
	assert_false(sim_packet_same_ends(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whom_a_question_is_for),
		cmocka_unit_test(whom_an_answer_is_from),
		cmocka_unit_test(who_has_and_is_at),
		cmocka_unit_test(the_same_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
