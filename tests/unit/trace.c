/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces and packets from bytes: whole ones, cut ones, and noise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/trace.h"

#define TRACE_MESSAGE (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE)
#define LOG_MESSAGE   (NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET)
#define MESSAGE_MAX   1024

/* 10.0.0.1:40000 > 10.0.0.2:80, SYN */
static const uint8_t ip_header[] = {0x45, 0, 0,	 60, 0, 0, 0x40, 0, 64, 6,
				    0,	  0, 10, 0,  0, 1, 10,	 0, 0,	2};
static const uint8_t tcp_header[] = {0x9c, 0x40, 0,    80, 0, 0, 0, 1, 0, 0,
				     0,	   0,	 0xa0, 2,  0, 0, 0, 0, 0, 0};

/* A netlink message in the making. */
struct message {
	_Alignas(struct nlmsghdr) uint8_t bytes[MESSAGE_MAX];
	size_t length;
};

static struct message begin(uint16_t type, uint8_t family, uint16_t group)
{
	struct message message = {.length = NLMSG_HDRLEN + sizeof(struct nfgenmsg)};
	const struct nlmsghdr header = {.nlmsg_type = type};
	const struct nfgenmsg body = {.nfgen_family = family, .res_id = htons(group)};
	memcpy(message.bytes, &header, sizeof(header));
	memcpy(message.bytes + NLMSG_HDRLEN, &body, sizeof(body));
	return message;
}

static void put(struct message *message, uint16_t type, const void *data, size_t length)
{
	const struct nlattr header = {.nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + length)};
	memcpy(message->bytes + message->length, &header, sizeof(header));
	memcpy(message->bytes + message->length + NLA_HDRLEN, data, length);
	message->length += NLA_HDRLEN + NLA_ALIGN(length);
}

static void put_text(struct message *message, uint16_t type, const char *text)
{
	put(message, type, text, strlen(text) + 1);
}

static void put_u32(struct message *message, uint16_t type, uint32_t value)
{
	value = htonl(value);
	put(message, type, &value, sizeof(value));
}

static void put_u64(struct message *message, uint16_t type, uint64_t value)
{
	value = htobe64(value);
	put(message, type, &value, sizeof(value));
}

static void put_verdict(struct message *message, uint32_t code)
{
	struct message inner = {.length = 0};
	put_u32(&inner, NFTA_VERDICT_CODE, code);
	put(message, NFTA_TRACE_VERDICT | NLA_F_NESTED, inner.bytes, inner.length);
}

/* Parse it as if the socket had given that much of it. */
static bool parse(struct message *message, size_t length, struct sim_trace_event *event)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)message->bytes;
	header->nlmsg_len = (uint32_t)message->length;
	/* What valgrind and the sanitizers shall watch over is as long as it says. */
	void *copy = malloc(length ? length : 1);
	memset(event, 0, sizeof(*event));
	if (!copy)
		return false;
	memcpy(copy, message->bytes, length);
	bool parsed = sim_trace_parse(copy, length, event);
	free(copy);
	return parsed;
}

static struct message whole_rule(uint32_t code)
{
	struct message message = begin(TRACE_MESSAGE, NFPROTO_INET, 0);
	put_u32(&message, NFTA_TRACE_NFPROTO, NFPROTO_IPV4);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_RULE);
	put_u32(&message, NFTA_TRACE_ID, 0x12345678);
	put_text(&message, NFTA_TRACE_CHAIN, "out");
	put_text(&message, NFTA_TRACE_TABLE, "fw");
	put_u64(&message, NFTA_TRACE_RULE_HANDLE, 0x100000007);
	put_verdict(&message, code);
	put_u32(&message, NFTA_TRACE_IIF, 3);
	put_u32(&message, NFTA_TRACE_OIF, 4);
	put(&message, NFTA_TRACE_NETWORK_HEADER, ip_header, sizeof(ip_header));
	put(&message, NFTA_TRACE_TRANSPORT_HEADER, tcp_header, sizeof(tcp_header));
	put_u32(&message, 21 /* NFTA_TRACE_CT_STATE */, SIM_CT_NEW);
	return message;
}

static void test_rule(void **state)
{
	(void)state;
	struct sim_trace_event event;
	struct message message = whole_rule(NF_DROP);
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(event.kind, SIM_TRACE_RULE);
	assert_false(event.legacy);
	assert_string_equal(sim_trace_family(&event), "inet");
	assert_string_equal(event.table, "fw");
	assert_string_equal(event.chain, "out");
	assert_true(event.rule == 0x100000007);
	assert_int_equal(event.id, 0x12345678);
	assert_int_equal(event.verdict, SIM_VERDICT_DROP);
	assert_int_equal(event.in, 3);
	assert_int_equal(event.out, 4);
	assert_int_equal(event.ct_state, SIM_CT_NEW);
	assert_int_equal(event.packet.family, AF_INET);
	assert_int_equal(event.packet.protocol, IPPROTO_TCP);
	assert_int_equal(event.packet.sport, 40000);
	assert_int_equal(event.packet.dport, 80);
	assert_int_equal(event.packet.tcp_flags, SIM_TCP_SYN);
}

static void test_verdicts(void **state)
{
	(void)state;
	static const struct {
		int32_t code;
		enum sim_trace_verdict verdict;
	} cases[] = {
		{NF_ACCEPT, SIM_VERDICT_ACCEPT}, {NF_DROP, SIM_VERDICT_DROP},
		{NF_STOLEN, SIM_VERDICT_NONE},	 {NF_QUEUE, SIM_VERDICT_NONE},
		{NFT_JUMP, SIM_VERDICT_NONE},	 {NFT_GOTO, SIM_VERDICT_NONE},
		{NFT_RETURN, SIM_VERDICT_NONE},	 {NFT_CONTINUE, SIM_VERDICT_NONE},
		{NFT_BREAK, SIM_VERDICT_NONE},	 {1 << 16 | NF_DROP, SIM_VERDICT_DROP},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sim_trace_event event;
		struct message message = whole_rule((uint32_t)cases[i].code);
		assert_true(parse(&message, message.length, &event));
		assert_int_equal(event.verdict, cases[i].verdict);
	}
}

static void test_policy_and_return(void **state)
{
	(void)state;
	struct sim_trace_event event;
	struct message message = begin(TRACE_MESSAGE, NFPROTO_IPV6, 0);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_POLICY);
	put_text(&message, NFTA_TRACE_TABLE, "t");
	put_u32(&message, NFTA_TRACE_POLICY, NF_DROP);
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(event.kind, SIM_TRACE_POLICY);
	assert_int_equal(event.verdict, SIM_VERDICT_DROP);
	assert_string_equal(sim_trace_family(&event), "ip6");
	assert_int_equal(event.packet.family, 0);

	message = begin(TRACE_MESSAGE, NFPROTO_BRIDGE, 0);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_RETURN);
	put_verdict(&message, (uint32_t)NFT_CONTINUE);
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(event.kind, SIM_TRACE_RETURN);
	assert_int_equal(event.verdict, SIM_VERDICT_NONE);
	assert_string_equal(sim_trace_family(&event), "bridge");

	/* As it tells of the end of a base chain, before its policy. */
	message = begin(TRACE_MESSAGE, NFPROTO_INET, 0);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_RULE);
	put_text(&message, NFTA_TRACE_CHAIN, "out");
	put_verdict(&message, (uint32_t)NFT_CONTINUE);
	put(&message, NFTA_TRACE_NETWORK_HEADER, ip_header, sizeof(ip_header));
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(event.kind, SIM_TRACE_RETURN);
	assert_int_equal(event.packet.family, AF_INET);
}

/* What is none of the kernel's words. */
static void test_no_event(void **state)
{
	(void)state;
	struct sim_trace_event event;
	struct message message;
	for (uint32_t type = 4; type < 20; type++) {
		message = begin(TRACE_MESSAGE, NFPROTO_INET, 0);
		put_u32(&message, NFTA_TRACE_TYPE, type);
		assert_false(parse(&message, message.length, &event));
	}
	message = begin(TRACE_MESSAGE, NFPROTO_INET, 0);
	assert_false(parse(&message, message.length, &event));
	message = begin(NLMSG_ERROR, 0, 0);
	assert_false(parse(&message, message.length, &event));
	message = begin(NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWRULE, NFPROTO_INET, 0);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_RULE);
	assert_false(parse(&message, message.length, &event));
}

/* Longer than any of ours, not terminated, or too short for what it should be. */
static void test_odd_attributes(void **state)
{
	(void)state;
	struct sim_trace_event event;
	char name[300];
	memset(name, 'n', sizeof(name));
	struct message message = begin(TRACE_MESSAGE, NFPROTO_INET, 0);
	put_u32(&message, NFTA_TRACE_TYPE, NFT_TRACETYPE_RULE);
	put(&message, NFTA_TRACE_TABLE, name, sizeof(name));
	put(&message, NFTA_TRACE_CHAIN, "abc", 3);
	put(&message, NFTA_TRACE_RULE_HANDLE, "x", 1);
	put(&message, NFTA_TRACE_VERDICT, "y", 1);
	put(&message, NFTA_TRACE_ID, "z", 1);
	put(&message, NFTA_TRACE_NETWORK_HEADER, ip_header, 1);
	put(&message, NFTA_TRACE_TRANSPORT_HEADER, "", 0);
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(strlen(event.table), SIM_TRACE_NAME - 1);
	assert_string_equal(event.chain, "abc");
	assert_int_equal(event.rule, 0);
	assert_int_equal(event.id, 0);
	assert_int_equal(event.verdict, SIM_VERDICT_NONE);
	assert_int_equal(event.packet.family, 0);
}

static struct message log_of(const char *prefix)
{
	struct message message = begin(LOG_MESSAGE, NFPROTO_IPV4, 3);
	uint8_t payload[sizeof(ip_header) + sizeof(tcp_header)];
	memcpy(payload, ip_header, sizeof(ip_header));
	memcpy(payload + sizeof(ip_header), tcp_header, sizeof(tcp_header));
	put_u32(&message, NFULA_IFINDEX_OUTDEV, 2);
	put_text(&message, NFULA_PREFIX, prefix);
	put_u32(&message, NFULA_UID, 100);
	put_u32(&message, NFULA_GID, 65534);
	put(&message, NFULA_PAYLOAD, payload, sizeof(payload));
	return message;
}

static void test_log(void **state)
{
	(void)state;
	struct sim_trace_event event;
	struct message message = log_of("TRACE of mine");
	assert_true(parse(&message, message.length, &event));
	assert_int_equal(event.kind, SIM_TRACE_LOG);
	assert_int_equal(event.group, 3);
	assert_string_equal(event.prefix, "TRACE of mine");
	assert_true(event.has_owner);
	assert_int_equal(event.uid, 100);
	assert_int_equal(event.gid, 65534);
	assert_int_equal(event.out, 2);
	assert_int_equal(event.packet.dport, 80);
	message = begin(LOG_MESSAGE, NFPROTO_IPV6, 0);
	put_u32(&message, NFULA_UID, 0);
	assert_true(parse(&message, message.length, &event));
	assert_false(event.has_owner);
	assert_string_equal(event.prefix, "");
	assert_int_equal(event.packet.family, 0);
}

static void test_legacy(void **state)
{
	(void)state;
	static const struct {
		const char *prefix;
		enum sim_trace_kind kind;
		const char *table;
		const char *chain;
		uint64_t rule;
	} cases[] = {
		{"TRACE: filter:OUTPUT:rule:3 ", SIM_TRACE_RULE, "filter", "OUTPUT", 3},
		{"TRACE: raw:PREROUTING:policy:12 ", SIM_TRACE_POLICY, "raw", "PREROUTING", 12},
		{"TRACE: nat:a:b:rule:7:return:1 ", SIM_TRACE_RETURN, "nat", "a:b:rule:7", 1},
		/* What else a rule's prefix may be is a log message. */
		{"TRACE: ", SIM_TRACE_LOG, "", "", 0},
		{"TRACE: x", SIM_TRACE_LOG, "", "", 0},
		{"TRACE: a:b", SIM_TRACE_LOG, "", "", 0},
		{"TRACE: a:b:c", SIM_TRACE_LOG, "", "", 0},
		{"TRACE: a:b:jump:1", SIM_TRACE_LOG, "", "", 0},
		{"trace: filter:OUTPUT:rule:3 ", SIM_TRACE_LOG, "", "", 0},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct sim_trace_event event;
		struct message message = log_of(cases[i].prefix);
		assert_true(parse(&message, message.length, &event));
		assert_int_equal(event.kind, cases[i].kind);
		assert_int_equal(event.legacy, cases[i].kind != SIM_TRACE_LOG);
		assert_string_equal(event.table, cases[i].table);
		assert_string_equal(event.chain, cases[i].chain);
		assert_true(event.rule == cases[i].rule);
		assert_string_equal(event.prefix, cases[i].prefix);
	}
}

/* The socket gives whole messages; were one cut, it is none. */
static void test_truncated_messages(void **state)
{
	(void)state;
	struct message messages[] = {whole_rule(NF_DROP), log_of("TRACE: filter:OUTPUT:rule:3 ")};
	for (size_t i = 0; i < sizeof(messages) / sizeof(*messages); i++)
		for (size_t length = 0; length < messages[i].length; length++) {
			struct sim_trace_event event;
			assert_false(parse(&messages[i], length, &event));
		}
}

/* A message that says of itself that it is shorter ends there, within an attribute perhaps. */
static void test_shortened_messages(void **state)
{
	(void)state;
	const struct message whole[] = {whole_rule(NF_DROP),
					log_of("TRACE: filter:OUTPUT:rule:3 ")};
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		for (size_t length = 0; length < whole[i].length; length++) {
			struct message message = whole[i];
			struct sim_trace_event event;
			message.length = length;
			bool parsed = parse(&message, length, &event);
			if (length < NLMSG_HDRLEN + sizeof(struct nfgenmsg))
				assert_false(parsed);
			assert_true(strlen(event.table) < SIM_TRACE_NAME);
		}
}

static uint32_t next_random(uint32_t *seed)
{
	/* xorshift, G. Marsaglia 2003 */
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

/* No bytes do any harm: all random, and good messages with some of them changed. */
static void test_noise(void **state)
{
	(void)state;
	uint32_t seed = 2463534242;
	for (unsigned round = 0; round < 20000; round++) {
		struct message message =
			round & 1 ? whole_rule(NF_DROP) : log_of("TRACE: a:b:rule:1 ");
		struct sim_trace_event event;
		size_t changes = round % 4 ? next_random(&seed) % 6 : message.length;
		for (size_t i = 0; i < changes; i++) {
			size_t at =
				NLMSG_HDRLEN + next_random(&seed) % (message.length - NLMSG_HDRLEN);
			message.bytes[at] = (uint8_t)next_random(&seed);
		}
		if (parse(&message, message.length, &event)) {
			assert_true(strlen(event.table) < sizeof(event.table));
			assert_true(strlen(event.chain) < sizeof(event.chain));
			assert_true(strlen(event.prefix) < sizeof(event.prefix));
		}
	}
}

static void test_families(void **state)
{
	(void)state;
	static const char *const names[] = {"ip", "ip6", "inet", "arp", "bridge", "netdev"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct sim_trace_event event = {.family = sim_trace_family_named(names[i])};
		assert_string_equal(sim_trace_family(&event), names[i]);
	}
	const struct sim_trace_event other = {.family = sim_trace_family_named("ipx")};
	assert_string_equal(sim_trace_family(&other), "");
}

static void test_own(void **state)
{
	(void)state;
	struct sim_trace_event event = {.family = NFPROTO_INET, .table = SIM_TRACE_TABLE};
	assert_true(sim_trace_is_own(&event));
	event.family = NFPROTO_IPV4;
	assert_false(sim_trace_is_own(&event));
	event.family = NFPROTO_INET;
	event.legacy = true;
	assert_false(sim_trace_is_own(&event));
	/* A user's table may have that name elsewhere. */
	struct sim_trace_event early = {
		.family = NFPROTO_BRIDGE, .table = SIM_TRACE_TABLE, .chain = "prerouting"};
	assert_false(sim_trace_is_own(&early));
	snprintf(early.chain, sizeof(early.chain), "%s0", SIM_REACH_CHAINS);
	assert_true(sim_trace_is_own(&early));
}

/* IPv6 fd00::1 > fd00::2, an echo request. */
static const uint8_t ping6[] = {0x60, 0, 0, 0, 0, 8, 58, 64, 0xfd, 0,	 0,   0, 0, 0, 0,
				0,    0, 0, 0, 0, 0, 0,	 0,  1,	   0xfd, 0,   0, 0, 0, 0,
				0,    0, 0, 0, 0, 0, 0,	 0,  0,	   2,	 128, 7, 0, 0};

static bool parse_packet(const uint8_t *bytes, size_t length, struct sim_packet *packet)
{
	uint8_t *copy = malloc(length ? length : 1);
	memset(packet, 0, sizeof(*packet));
	if (!copy)
		return false;
	memcpy(copy, bytes, length);
	bool parsed = sim_packet_parse(copy, length, NULL, 0, packet);
	free(copy);
	return parsed;
}

static void test_packet_ipv6(void **state)
{
	(void)state;
	struct sim_packet packet;
	char text[SIM_PREFIX_TEXT];
	assert_true(parse_packet(ping6, sizeof(ping6), &packet));
	assert_int_equal(packet.family, AF_INET6);
	assert_int_equal(packet.protocol, IPPROTO_ICMPV6);
	assert_string_equal(sim_address_text(&packet.from, text), "fd00::1");
	assert_string_equal(sim_address_text(&packet.to, text), "fd00::2");
	assert_int_equal(packet.icmp_type, 128);
	assert_int_equal(packet.icmp_code, 7);
	assert_int_equal(packet.sport, 0);
}

/* Ports that are not all there are 0, and so is the type of half an ICMP header. */
static void test_packet_truncated(void **state)
{
	(void)state;
	uint8_t whole[sizeof(ip_header) + sizeof(tcp_header)];
	struct sim_packet packet;
	memcpy(whole, ip_header, sizeof(ip_header));
	memcpy(whole + sizeof(ip_header), tcp_header, sizeof(tcp_header));
	for (size_t length = 0; length <= sizeof(whole); length++) {
		assert_int_equal(parse_packet(whole, length, &packet), length >= 20);
		assert_int_equal(packet.family, length >= 20 ? AF_INET : 0);
		assert_int_equal(packet.dport, length >= 24 ? 80 : 0);
		assert_int_equal(packet.tcp_flags, length >= 34 ? SIM_TCP_SYN : 0);
	}
	for (size_t length = 0; length <= sizeof(ping6); length++) {
		assert_int_equal(parse_packet(ping6, length, &packet), length >= 40);
		assert_int_equal(packet.icmp_type, length >= 42 ? 128 : 0);
	}
}

/* IPv4 options are skipped; a header that says it is shorter than any, or longer than all, is none.
 */
static void test_packet_header_length(void **state)
{
	(void)state;
	for (uint8_t words = 0; words < 16; words++) {
		uint8_t bytes[64] = {0};
		struct sim_packet packet;
		memcpy(bytes, ip_header, sizeof(ip_header));
		bytes[0] = (uint8_t)(0x40 | words);
		if (words * 4 + 4 <= (int)sizeof(bytes))
			bytes[words * 4 + 3] = 22;
		bool good = words >= 5;
		assert_int_equal(parse_packet(bytes, sizeof(bytes), &packet), good);
		if (good && words < 15)
			assert_int_equal(packet.dport, 22);
		/* The options end behind the packet's end. */
		if (words > 5) {
			assert_true(parse_packet(bytes, 20, &packet));
			assert_int_equal(packet.dport, 0);
		}
	}
}

static void test_packet_other_protocols(void **state)
{
	(void)state;
	uint8_t bytes[24];
	struct sim_packet packet;
	memcpy(bytes, ip_header, sizeof(ip_header));
	memset(bytes + 20, 0xff, 4);
	for (unsigned protocol = 0; protocol < 256; protocol++) {
		bytes[9] = (uint8_t)protocol;
		assert_true(parse_packet(bytes, sizeof(bytes), &packet));
		bool ports = protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
		assert_int_equal(packet.dport, ports ? 0xffff : 0);
	}
	for (unsigned version = 0; version < 16; version++) {
		bytes[0] = (uint8_t)(version << 4 | 5);
		assert_int_equal(parse_packet(bytes, sizeof(bytes), &packet), version == 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rule),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_policy_and_return),
		cmocka_unit_test(test_no_event),
		cmocka_unit_test(test_odd_attributes),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_truncated_messages),
		cmocka_unit_test(test_shortened_messages),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_packet_ipv6),
		cmocka_unit_test(test_packet_truncated),
		cmocka_unit_test(test_packet_header_length),
		cmocka_unit_test(test_packet_other_protocols),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
