/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Near misses: what is read of rules, and which of them a packet missed by one condition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/near_miss.h"
#include "lab/rule_conditions.h"

/* A SYN of uid 100's to port 80, by ens3. */
static struct sim_packet tcp4;
static struct sim_packet udp6;
static struct sim_packet ping4;

static struct sim_packet packet_of(uint8_t protocol, const char *from, const char *to,
				   uint16_t dport)
{
	struct sim_packet packet = {.protocol = protocol, .dport = dport};
	assert_true(sim_prefix_parse(from, false, &packet.from));
	assert_true(sim_prefix_parse(to, false, &packet.to));
	packet.family = packet.from.family;
	packet.sport = dport ? 40000 : 0;
	return packet;
}

static int setup(void **state)
{
	(void)state;
	tcp4 = packet_of(IPPROTO_TCP, "10.0.0.1", "10.0.0.2", 80);
	udp6 = packet_of(IPPROTO_UDP, "fd00::1", "fd00::2", 53);
	ping4 = packet_of(IPPROTO_ICMP, "10.0.0.1", "10.0.0.2", 0);
	return 0;
}

static struct near_miss_packet leaving(const struct sim_packet *packet)
{
	return (struct near_miss_packet){
		.packet = packet,
		.in = "",
		.out = "ens3",
		.has_owner = true,
		.uid = 100,
		.gid = 65534,
		.classid = 0x100010,
		.states = SIM_CT_NEW,
	};
}

struct miss_case {
	const char *rule;
	const char *but; /* NULL: no near miss */
};

static void assert_misses(const struct miss_case *cases, size_t count, bool legacy,
			  const struct near_miss_packet *packet)
{
	for (size_t i = 0; i < count; i++) {
		char but[NEAR_MISS_TEXT] = "";
		bool missed = near_miss(cases[i].rule, legacy, packet, but);
		if (missed != (cases[i].but != NULL))
			fail_msg("'%s': %s %s", cases[i].rule, missed ? "missed by" : "not missed",
				 but);
		if (missed)
			assert_string_equal(but, cases[i].but);
	}
}

#define ASSERT_MISSES(cases, legacy, packet)                                                       \
	assert_misses(cases, sizeof(cases) / sizeof(*(cases)), legacy, packet)

static void test_nft(void **state)
{
	(void)state;
	static const struct miss_case cases[] = {
		/* One condition that does not hold. */
		{"meta skuid 0 accept", "uid 0 (the packet's is 100)"},
		{"tcp dport 80 skuid 0  counter packets 0 bytes 0 accept",
		 "uid 0 (the packet's is 100)"},
		{"oifname \"ens3\" tcp dport { 22, 443 } meta skuid 100 accept",
		 "destination port 22,443 (the packet's is 80)"},
		{"tcp dport 1-79 accept", "destination port 1-79 (the packet's is 80)"},
		{"meta skgid 0 tcp dport 80 accept comment \"drop it\"",
		 "gid 0 (the packet's is 65534)"},
		{"meta cgroup 1048593 tcp dport 80 accept",
		 "net_cls class 1048593 (the packet's is 1048592)"},
		{"udp dport 80 accept", "protocol udp (the packet's is tcp)"},
		{"meta l4proto udp th dport 80 accept", "protocol udp (the packet's is tcp)"},
		{"meta l4proto udp udp dport 80 accept", "protocol udp (the packet's is tcp)"},
		{"ip daddr 10.0.0.3 tcp dport 80 accept",
		 "destination address 10.0.0.3 (the packet's is 10.0.0.2)"},
		{"ip saddr { 10.1.0.0/16, 10.2.0.1-10.2.0.9 } accept",
		 "source address 10.1.0.0/16,10.2.0.1-10.2.0.9 (the packet's is 10.0.0.1)"},
		{"ip daddr != 10.0.0.0/24 tcp dport 80 accept",
		 "destination address other than 10.0.0.0/24 (the packet's is 10.0.0.2)"},
		{"oifname \"eth*\" tcp dport 80 accept",
		 "output interface eth* (the packet's is ens3)"},
		{"ct state new tcp dport 81 accept", "destination port 81 (the packet's is 80)"},
		{"log prefix \"in, reject\" group 3 tcp dport 81 accept",
		 "destination port 81 (the packet's is 80)"},
		{"ip protocol udp accept", "protocol udp (the packet's is tcp)"},
		{"tcp sport 1-1023 accept", "source port 1-1023 (the packet's is 40000)"},
		/* None, or more than one. */
		{"tcp dport 80 meta skuid 100 accept", NULL},
		{"accept", NULL},
		{"tcp dport 81 meta skuid 0 accept", NULL},
		{"udp dport 53 accept", NULL},
		{"ip6 daddr fd00::2 accept", NULL},
		/* It would not have let the packet pass. */
		{"meta skuid 0 drop", NULL},
		{"tcp dport 81 jump more", NULL},
		{"tcp dport 81 counter packets 0 bytes 0", NULL},
		{"tcp dport 81 reject with tcp reset", NULL},
		{"comment \"accept\"", NULL},
		{"tcp dport 81 log prefix \"accept\"", NULL},
		/* States, and interfaces alone. */
		{"ct state established,related accept", NULL},
		{"ct state established tcp dport 80 accept", NULL},
		{"oifname \"lo\" accept", NULL},
		{"iif \"lo\" accept", NULL},
		/* Not understood, in whole or in part. */
		{"tcp dport $web accept", NULL},
		{"tcp dport 81 limit rate 1/second accept", NULL},
		{"tcp dport 81 tcp flags syn / fin,syn,rst,ack accept", NULL},
		{"tcp dport 81 meta mark 0x00000001 accept", NULL},
		{"ip saddr . tcp dport { 10.0.0.1 . 81 } accept", NULL},
		{"tcp dport vmap { 81 : accept }", NULL},
		{"tcp dport > 80 accept", NULL},
		{"tcp dport >= 81 accept", NULL},
		{"meta skuid \"root\" accept", NULL},
		{"meta skuid root accept", NULL},
		{"socket cgroupv2 level 1 \"x\" tcp dport 81 accept", NULL},
		{"ct state 0x8 tcp dport 81 accept", NULL},
		{"ct status dnat tcp dport 81 accept", NULL},
		{"ip daddr & 255.0.0.0 == 11.0.0.0 accept", NULL},
		{"xt match hashlimit tcp dport 81 accept", NULL},
		{"tcp dport", NULL},
		{"tcp dport != accept", NULL},
		{"tcp dport { 81, 82 accept", NULL},
		{"tcp", NULL},
		{"", NULL},
	};
	const struct near_miss_packet packet = leaving(&tcp4);
	ASSERT_MISSES(cases, false, &packet);
}

/* What cannot be looked up, where all else holds. */
static void test_dark(void **state)
{
	(void)state;
	static const struct miss_case cases[] = {
		{"tcp dport @ports accept", "destination port in @ports"},
		{"ip saddr @ok tcp dport 80 accept", "source address in @ok"},
		{"ip saddr != @bad tcp dport 80 accept", "source address not in @bad"},
		{"ct mark 0x00000007 tcp dport 80 counter packets 0 bytes 0 accept",
		 "ct mark 0x00000007"},
		{"meta mark != { 0x00000001, 0x00000002 } tcp dport 80 accept",
		 "meta mark != { 0x00000001, 0x00000002 }"},
		{"socket cgroupv2 level 1 \"work\" tcp dport 80 accept",
		 "socket cgroupv2 level 1 \"work\""},
		{"ip saddr @ok ct mark 7 accept",
		 "source address in @ok, or ct mark 7 (which, is not known)"},
		{"ip saddr @ok tcp dport 81 accept", NULL},
		{"ip6 saddr @ok tcp dport 80 accept", NULL},
		{"ip saddr @ok ct state established accept", NULL},
		{"ip saddr @ok tcp dport 80 drop", NULL},
		{"oifname @links accept", NULL},
		{"oifname @links tcp dport 80 accept", "output interface in @links"},
		{"tcp dport 80 meta mark set 0x00000001 accept", NULL},
		{"ct mark & 0x000000ff == 7 tcp dport 80 accept", NULL},
		{"ip saddr . tcp dport @pairs accept", NULL},
		{"ct mark vmap @marks tcp dport 80 accept", NULL},
		{"ct mark { 7, 8", NULL},
		{"ct mark", NULL},
		{"socket cgroupv2 level", NULL},
	};
	const struct near_miss_packet packet = leaving(&tcp4);
	ASSERT_MISSES(cases, false, &packet);
}

static void test_legacy(void **state)
{
	(void)state;
	static const struct miss_case cases[] = {
		{"-A OUTPUT -o ens3 -p tcp -m tcp --dport 80 -m owner --uid-owner 0 -j ACCEPT",
		 "uid 0 (the packet's is 100)"},
		{"-A OUTPUT -p tcp -m tcp --dport 80 -m owner ! --uid-owner 100 -j ACCEPT",
		 "uid other than 100 (the packet's is 100)"},
		{"-A OUTPUT -p tcp -m owner --uid-owner 0-99 -j ACCEPT",
		 "uid 0-99 (the packet's is 100)"},
		{"-A OUTPUT -p tcp -m owner --gid-owner 0 -j ACCEPT",
		 "gid 0 (the packet's is 65534)"},
		{"-A OUTPUT -m cgroup --cgroup 1 -j ACCEPT",
		 "net_cls class 1 (the packet's is 1048592)"},
		{"-A OUTPUT -p tcp -m tcp --dport 8000:8999 -j ACCEPT",
		 "destination port 8000-8999 (the packet's is 80)"},
		{"-A OUTPUT -p tcp -m multiport --dports 22,8000:8999 -j ACCEPT",
		 "destination port 22,8000-8999 (the packet's is 80)"},
		{"-A OUTPUT -d 10.1.0.0/16 -p tcp -j ACCEPT",
		 "destination address 10.1.0.0/16 (the packet's is 10.0.0.2)"},
		{"-A OUTPUT ! -s 10.0.0.1/32 -p tcp -j ACCEPT",
		 "source address other than 10.0.0.1/32 (the packet's is 10.0.0.1)"},
		{"-A OUTPUT -o eth+ -p tcp -j ACCEPT",
		 "output interface eth* (the packet's is ens3)"},
		{"-A OUTPUT -p udp -m udp --dport 80 -j ACCEPT",
		 "protocol udp (the packet's is tcp)"},
		{"-A OUTPUT -p 17 --dport 80 -j ACCEPT", "protocol 17 (the packet's is tcp)"},
		{"-A OUTPUT -p 17 -j ACCEPT", NULL},
		{"-A OUTPUT -m state --state NEW -p tcp -m tcp --dport 81 -j ACCEPT",
		 "destination port 81 (the packet's is 80)"},
		{"-A OUTPUT -m conntrack --ctstate NEW,ESTABLISHED -p tcp --dport 81 -m comment "
		 "--comment \"-j DROP\" -j ACCEPT",
		 "destination port 81 (the packet's is 80)"},
		{"-A OUTPUT -j ACCEPT", NULL},
		{"-A OUTPUT -p udp -m udp --dport 53 -j ACCEPT", NULL},
		{"-A OUTPUT -p tcp -m owner --uid-owner 0 -j DROP", NULL},
		{"-A OUTPUT -p tcp -m owner --uid-owner 0 -g mine", NULL},
		{"-A OUTPUT -p tcp -m owner --uid-owner 0", NULL},
		{"-A OUTPUT -o lo -j ACCEPT", NULL},
		{"-A OUTPUT -m state --state RELATED,ESTABLISHED -j ACCEPT", NULL},
		{"-A OUTPUT -p udp -m limit --limit 1/sec -j ACCEPT", NULL},
		{"-A OUTPUT -p tcp -m tcp --dport 81 --tcp-flags SYN SYN -j ACCEPT", NULL},
		{"-A OUTPUT -p tcp -m set --match-set x dst -m tcp --dport 81 -j ACCEPT", NULL},
		{"-A OUTPUT -p tcp -m owner --socket-exists -m tcp --dport 81 -j ACCEPT", NULL},
		{"-A OUTPUT -d 10.0.0.0/255.0.0.255 -p udp -j ACCEPT", NULL},
		{"-A OUTPUT -m conntrack --ctstate DNAT -p tcp --dport 81 -j ACCEPT", NULL},
		{"-A OUTPUT -m socket -p tcp --dport 81 -j ACCEPT", NULL},
		{"-A OUTPUT -m set --match-set ok src -p tcp -m tcp --dport 80 -j ACCEPT",
		 "--match-set ok src"},
		{"-A OUTPUT -m mark ! --mark 0x7 -p tcp -m tcp --dport 80 -j ACCEPT",
		 "! --mark 0x7"},
		{"-A OUTPUT -m cgroup --path work -p tcp -m tcp --dport 80 -j ACCEPT",
		 "--path work"},
		{"-A OUTPUT -m set --match-set ok", NULL},
		{"-A OUTPUT -p", NULL},
		{"-A OUTPUT !", NULL},
		{"-A", NULL},
		{"", NULL},
	};
	const struct near_miss_packet packet = leaving(&tcp4);
	ASSERT_MISSES(cases, true, &packet);
}

/* Nothing that can be judged is in the way: that is nearest; a rule for another port is not. */
static void test_nearness(void **state)
{
	(void)state;
	static const struct {
		const char *rule;
		enum near_miss near;
	} cases[] = {
		{"ip saddr @ok tcp dport 80 accept", NEAR_MISS_DARK},
		{"ip saddr 10.0.0.9 tcp dport 80 accept", NEAR_MISS_FAILED},
		{"tcp dport 81 accept", NEAR_MISS_PORT},
		{"tcp sport 1-1023 accept", NEAR_MISS_PORT},
		{"tcp dport 80 accept", NEAR_MISS_NONE},
	};
	const struct near_miss_packet packet = leaving(&tcp4);
	char but[NEAR_MISS_TEXT];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(near_miss(cases[i].rule, false, &packet, but), cases[i].near);
}

/* What is not known is no miss, whatever else the rule says. */
static void test_unknown(void **state)
{
	(void)state;
	static const struct miss_case without_owner[] = {
		{"meta skuid 0 accept", NULL},
		{"meta skuid 0 tcp dport 81 accept", NULL},
		{"meta cgroup 1 accept", NULL},
		{"meta skuid 0 ip saddr @ok accept", NULL},
		{"tcp dport 81 accept", "destination port 81 (the packet's is 80)"},
	};
	struct near_miss_packet packet = leaving(&tcp4);
	packet.has_owner = false;
	ASSERT_MISSES(without_owner, false, &packet);

	static const struct miss_case without_links[] = {
		{"oifname \"eth0\" tcp dport 80 accept", NULL},
		{"iifname != \"eth0\" tcp dport 81 accept", NULL},
	};
	packet = leaving(&tcp4);
	packet.out = NULL;
	ASSERT_MISSES(without_links, false, &packet);

	static const struct miss_case without_state[] = {
		{"ct state new tcp dport 81 accept", NULL},
		{"ct state new tcp dport 80 accept", NULL},
		{"ct state new ip saddr @ok accept",
		 "connection state new, or source address in @ok (which, is not known)"},
		{"ct state new,invalid tcp dport 81 accept",
		 "destination port 81 (the packet's is 80)"},
		{"ct state established tcp dport 81 accept", NULL},
		{"ct state != established tcp dport 81 accept",
		 "destination port 81 (the packet's is 80)"},
	};
	packet = leaving(&tcp4);
	packet.states = SIM_CT_NEW | SIM_CT_INVALID;
	ASSERT_MISSES(without_state, false, &packet);

	static const struct miss_case nothing[] = {{"tcp dport 81 accept", NULL}};
	const struct sim_packet none = {.family = 0};
	packet = leaving(&none);
	ASSERT_MISSES(nothing, false, &packet);
}

static void test_ipv6_and_ping(void **state)
{
	(void)state;
	static const struct miss_case v6[] = {
		{"ip6 daddr fd00:1::/64 udp dport 53 accept",
		 "destination address fd00:1::/64 (the packet's is fd00::2)"},
		{"tcp dport 53 accept", "protocol tcp (the packet's is udp)"},
		{"ip daddr 10.0.0.2 udp dport 53 accept", NULL},
		{"ip6 saddr fd00::-fd00::ff udp dport 54 accept",
		 "destination port 54 (the packet's is 53)"},
	};
	struct near_miss_packet packet = leaving(&udp6);
	ASSERT_MISSES(v6, false, &packet);
	static const struct miss_case legacy6[] = {
		{"-A OUTPUT -o ens3 -p ipv6-icmp -j ACCEPT",
		 "protocol ipv6-icmp (the packet's is udp)"},
		{"-A OUTPUT -p ipv6-icmp -j ACCEPT", NULL},
		{"-A OUTPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT", NULL},
	};
	ASSERT_MISSES(legacy6, true, &packet);
	static const struct miss_case ping[] = {
		{"ip daddr 10.0.0.3 meta l4proto icmp accept",
		 "destination address 10.0.0.3 (the packet's is 10.0.0.2)"},
		{"meta l4proto { tcp, udp } meta skuid 100 accept",
		 "protocol tcp,udp (the packet's is icmp)"},
		{"meta l4proto { tcp, udp } accept", NULL},
		{"tcp dport 80 accept", NULL},
		{"icmp type echo-request meta skuid 0 accept", NULL},
	};
	packet = leaving(&ping4);
	ASSERT_MISSES(ping, false, &packet);
}

static void test_states(void **state)
{
	(void)state;
	static const struct {
		const char *rule;
		bool legacy;
		uint32_t left; /* of all */
	} cases[] = {
		{"ct state established,related accept", false,
		 NEAR_MISS_STATES & ~(uint32_t)(SIM_CT_ESTABLISHED | SIM_CT_RELATED)},
		{"ct state { invalid, new } counter packets 0 bytes 0 drop", false,
		 NEAR_MISS_STATES & ~(uint32_t)(SIM_CT_INVALID | SIM_CT_NEW)},
		{"ct state != new drop", false, SIM_CT_NEW},
		{"-A OUTPUT -m state --state INVALID -j DROP", true,
		 NEAR_MISS_STATES & ~(uint32_t)SIM_CT_INVALID},
		{"-A OUTPUT -m conntrack ! --ctstate NEW -j LOG --log-prefix x", true, SIM_CT_NEW},
		{"ct state invalid tcp dport 80 drop", false, NEAR_MISS_STATES},
		{"ct state invalid limit rate 1/second drop", false, NEAR_MISS_STATES},
		{"ct state invalid,snat drop", false, NEAR_MISS_STATES},
		{"tcp dport 80 drop", false, NEAR_MISS_STATES},
		{"drop", false, NEAR_MISS_STATES},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(near_miss_states(cases[i].rule, cases[i].legacy, NEAR_MISS_STATES),
				 cases[i].left);
}

#define RULE_MAX 8192

/* A rule with one part of it many times over. */
static void write_rule(char rule[RULE_MAX], const char *start, const char *part, unsigned times,
		       const char *end)
{
	size_t used = (size_t)snprintf(rule, RULE_MAX, "%s", start);
	for (unsigned i = 0; i < times; i++)
		used += (size_t)snprintf(rule + used, RULE_MAX - used, "%s", part);
	snprintf(rule + used, RULE_MAX - used, "%s", end);
}

/* Too many conditions, too long values: no near miss, and no harm. */
static void test_bounds(void **state)
{
	(void)state;
	char rule[RULE_MAX];
	char but[NEAR_MISS_TEXT];
	const struct near_miss_packet packet = leaving(&tcp4);
	write_rule(rule, "", "tcp dport 81 ", 200, "accept");
	assert_false(near_miss(rule, false, &packet, but));
	write_rule(rule, "tcp dport { 1", ", 1", 1000, " } accept");
	assert_false(near_miss(rule, false, &packet, but));
	/* Values that fit, but not beside what the packet has. */
	write_rule(rule, "tcp dport { 1000", ", 1000", 47, " } accept");
	assert_true(near_miss(rule, false, &packet, but));
	assert_string_equal(but, "destination port (the packet's is 80)");
}

/* Every cut of a rule is read without harm; none that misses its verdict is a near miss. */
static void test_truncated(void **state)
{
	(void)state;
	static const struct {
		const char *rule;
		bool legacy;
	} rules[] = {
		{"oifname \"ens3\" tcp dport { 22, 443 } ct state new counter packets 0 bytes 0 "
		 "accept",
		 false},
		{"-A OUTPUT ! -o lo -p tcp -m tcp --dport 1:79 -m comment --comment \"a \\\" b\" "
		 "-j "
		 "ACCEPT",
		 true},
	};
	const struct near_miss_packet packet = leaving(&tcp4);
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		for (size_t length = 0; length <= strlen(rules[i].rule); length++) {
			char but[NEAR_MISS_TEXT];
			char *cut = strndup(rules[i].rule, length);
			bool missed = near_miss(cut, rules[i].legacy, &packet, but);
			free(cut);
			assert_int_equal(missed, length == strlen(rules[i].rule));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nft),	  cmocka_unit_test(test_legacy),
		cmocka_unit_test(test_unknown),	  cmocka_unit_test(test_ipv6_and_ping),
		cmocka_unit_test(test_states),	  cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_nearness),
		cmocka_unit_test(test_dark),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
