/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is a log message of this probe's, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <string.h>

#include "lab/testimony.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void log_rules(void **state)
{
	static const struct {
		bool legacy;
		const char *text;
		const char *prefix; /* NULL: it logs nothing, or to NFLOG, which is heard itself */
	} rows[] = {
		{false, "log", ""},
		{false, "tcp dport 80 log prefix \"to: \" level warn flags all drop", "to: "},
		{false, "counter packets 0 bytes 0 log prefix \"group\"", "group"},
		{false, "log level info", ""},
		{false, "log prefix \"x\" group 3", NULL},
		{false, "log group 0 drop", NULL},
		{false, "jump log", NULL},
		{false, "tcp dport 80 goto log", NULL},
		{false, "drop comment \"log\"", NULL},
		{false, "oifname \"log\" log prefix \"y\"", "y"},
		{false, "", NULL},
		{true, "-A OUTPUT -p tcp -j LOG", ""},
		{true, "-A OUTPUT -j LOG --log-prefix \"no \\\"way\\\" \" --log-level 7",
		 "no \"way\" "},
		{true, "-A OUTPUT -j NFLOG --nflog-prefix x", NULL},
		{true, "-A LOG -m comment --comment \"-j LOG\" -j DROP", NULL},
		{true, "-A OUTPUT -j LOGDROP", NULL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct finding finding = {
			.event = {.kind = SIM_TRACE_RULE, .legacy = rows[i].legacy},
			.text = rows[i].text};
		char prefix[128];
		bool logs = testimony_has_log(&finding, prefix, sizeof(prefix));
		if (logs != (rows[i].prefix != NULL) ||
		    (logs && strcmp(prefix, rows[i].prefix) != 0))
			fail_msg("%s", rows[i].text);
	}
	const struct finding unknown = {.event = {.kind = SIM_TRACE_RULE}};
	const struct finding policy = {.event = {.kind = SIM_TRACE_POLICY}, .text = "log"};
	char prefix[16];
	assert_false(testimony_has_log(&unknown, prefix, sizeof(prefix)));
	assert_false(testimony_has_log(&policy, prefix, sizeof(prefix)));
}

static struct finding packet(size_t host, int protocol, uint16_t sport, uint16_t dport,
			     uint8_t flags)
{
	return (struct finding){.host = host,
				.event.packet = {.family = AF_INET,
						 .protocol = (uint8_t)protocol,
						 .sport = sport,
						 .dport = dport,
						 .tcp_flags = flags}};
}

static struct finding to_group(int family, int protocol, const char *group)
{
	struct finding finding = packet(0, protocol, 0, 0, 0);
	finding.event.packet.family = family;
	assert_true(sim_prefix_parse(group, false, &finding.event.packet.to));
	return finding;
}

/* What is left of an earlier connection shares no client's port with this probe's. */
static void stray_packets(void **state)
{
	enum { SYN = SIM_TCP_SYN, ACK = SIM_TCP_ACK, RST = SIM_TCP_RST };
	const struct {
		struct finding finding;
		bool stray;
	} rows[] = {
		{packet(0, IPPROTO_TCP, 4000, 80, SYN), false},
		{packet(0, IPPROTO_TCP, 4000, 80, ACK), false},
		{packet(0, IPPROTO_TCP, 80, 4000, ACK), false},
		{packet(0, IPPROTO_TCP, 3999, 80, ACK), true},
		{packet(0, IPPROTO_TCP, 80, 3999, RST | ACK), true},
		{packet(0, IPPROTO_TCP, 3998, 80, SYN), false}, /* it began now */
		{packet(0, IPPROTO_UDP, 3999, 80, 0), false},
		{packet(0, IPPROTO_ICMPV6, 0, 0, 0), false},
		{to_group(AF_INET, IPPROTO_IGMP, "224.0.0.22"), true},
		{to_group(AF_INET6, IPPROTO_HOPOPTS, "ff02::16"), true},
		{to_group(AF_INET6, IPPROTO_HOPOPTS, "fd00::1"), false},
		{to_group(AF_INET6, IPPROTO_ICMPV6, "ff02::1:ff00:2"), false}, /* it asks for it */
		/* Another host, where the answer was seen alone, and the ports are others. */
		{packet(1, IPPROTO_TCP, 80, 5000, SYN | ACK), false},
		{packet(1, IPPROTO_TCP, 5000, 80, ACK), false},
		{packet(1, IPPROTO_TCP, 4000, 80, ACK), true},
	};
	(void)state;
	struct finding findings[COUNT(rows)];
	for (size_t i = 0; i < COUNT(rows); i++)
		findings[i] = rows[i].finding;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (testimony_is_stray(findings, COUNT(rows), i) != rows[i].stray)
			fail_msg("packet %zu", i);
}

static void few_are_kept_and_all_counted(void **state)
{
	struct log_message messages[EVIDENCE_LOG_MAX + 3] = {{.host = "first"}};
	struct testimony testimony = {.log = messages, .n_log = COUNT(messages)};
	struct evidence evidence = {.kind = "none"};
	(void)state;
	testimony_note_log(&testimony, &evidence);
	assert_int_equal(evidence.n_log, EVIDENCE_LOG_MAX + 3);
	assert_string_equal(evidence.log[0].host, "first");
}

static void packets_in_words(void **state)
{
	static const struct {
		struct sim_packet packet;
		const char *from, *to, *text;
	} rows[] = {
		{{.protocol = IPPROTO_TCP, .sport = 4000, .dport = 80, .tcp_flags = 0x12},
		 "10.0.0.1",
		 "10.0.0.2",
		 "tcp 10.0.0.1:4000 > 10.0.0.2:80 SYN ACK"},
		{{.protocol = IPPROTO_UDP, .sport = 4000, .dport = 53},
		 "fd00::1",
		 "fd00::2",
		 "udp [fd00::1]:4000 > [fd00::2]:53"},
		{{.protocol = IPPROTO_ICMPV6, .icmp_type = 135},
		 "fd00::1",
		 "ff02::1",
		 "icmpv6 fd00::1 > ff02::1 type 135 code 0"},
		{{.protocol = 47}, "10.0.0.1", "10.0.0.2", "protocol 47 10.0.0.1 > 10.0.0.2"},
	};
	char text[SIM_PACKET_TEXT];
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_packet packet = rows[i].packet;
		assert_true(sim_prefix_parse(rows[i].from, false, &packet.from));
		assert_true(sim_prefix_parse(rows[i].to, false, &packet.to));
		packet.family = packet.from.family;
		assert_string_equal(sim_packet_text(&packet, text), rows[i].text);
	}
	assert_string_equal(sim_packet_text(&(struct sim_packet){.family = 0}, text), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_rules),
		cmocka_unit_test(stray_packets),
		cmocka_unit_test(few_are_kept_and_all_counted),
		cmocka_unit_test(packets_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
