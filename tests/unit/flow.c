/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which packets of a connection are a probe's, and which of them tell what became of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <stdio.h>

#include "lab/flow.h"

#define LOCAL  40000
#define REMOTE 80

enum {
	FIN = SIM_TCP_FIN,
	SYN = SIM_TCP_SYN,
	RST = SIM_TCP_RST,
	PSH = SIM_TCP_PSH,
	ACK = SIM_TCP_ACK
};

static struct sim_packet segment(bool reply, uint8_t flags)
{
	return (struct sim_packet){.family = AF_INET,
				   .protocol = IPPROTO_TCP,
				   .sport = reply ? REMOTE : LOCAL,
				   .dport = reply ? LOCAL : REMOTE,
				   .tcp_flags = flags};
}

static struct sighting connected(void)
{
	struct sighting seen = {.stage = STAGE_ANSWER, .protocol = IPPROTO_TCP};
	*(struct sockaddr_in *)&seen.remote =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(REMOTE)};
	*(struct sockaddr_in *)&seen.local =
		(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(LOCAL)};
	return seen;
}

/* A connection of which all is listened to, or its handshake alone. */
static void follow(struct flow *flow, bool all)
{
	const struct sighting seen = connected();
	*flow = (struct flow){.n_passages = 0};
	flow_begin(flow, 0);
	flow->followed = all ? REMOTE : 0;
	assert_true(flow_update(flow, &seen));
	assert_false(flow_update(flow, &seen));
}

static bool has(const struct flow *flow, bool reply, uint8_t flags)
{
	struct sim_packet packet = segment(reply, flags);
	bool is_reply;
	bool found = flow_has(flow, &packet, &is_reply);
	if (found)
		assert_int_equal(is_reply, reply);
	return found;
}

static void a_handshake_alone(void **state)
{
	static struct flow flow;
	(void)state;
	follow(&flow, false);
	assert_true(has(&flow, false, SYN));
	assert_true(has(&flow, true, SYN | ACK));
	assert_false(has(&flow, false, ACK));
	assert_false(has(&flow, true, PSH | ACK));
	assert_false(has(&flow, true, RST));
}

static void all_but_the_ends(void **state)
{
	static struct flow flow;
	(void)state;
	follow(&flow, true);
	for (int reply = 0; reply < 2; reply++) {
		assert_true(has(&flow, reply, ACK));
		assert_true(has(&flow, reply, PSH | ACK));
		assert_true(has(&flow, reply, PSH | ACK | FIN)); /* the last of the data */
		assert_false(has(&flow, reply, ACK | FIN));
		assert_false(has(&flow, reply, RST));
	}
}

/* Then the far end's is the word that was waited for; the probe's own never is. */
static void ends_of_a_silent_connection(void **state)
{
	static struct flow flow;
	(void)state;
	follow(&flow, true);
	struct sighting seen = connected();
	seen.timed_out = true;
	assert_true(flow_update(&flow, &seen));
	assert_true(has(&flow, true, ACK | FIN));
	assert_true(has(&flow, true, RST));
	assert_false(has(&flow, false, ACK | FIN));
	assert_false(has(&flow, false, RST));
	flow.followed = 0;
	assert_false(has(&flow, true, RST));
}

static void note(struct flow *flow, size_t host, struct sim_packet packet)
{
	const struct sim_trace_event event = {
		.kind = SIM_TRACE_RULE, .chain = "prerouting", .packet = packet};
	assert_true(flow_note(flow, host, &event));
}

static void what_comes_after_our_own_end(void **state)
{
	static struct flow flow;
	(void)state;
	follow(&flow, true);
	note(&flow, 1, segment(false, ACK));
	note(&flow, 1, segment(false, RST)); /* a rule's, perhaps */
	note(&flow, 1, segment(true, ACK | FIN));
	note(&flow, 2, segment(false, ACK | FIN));
	note(&flow, 1, segment(false, ACK | FIN));
	assert_false(flow_has_closed(&flow, 1, 4));
	assert_true(flow_has_closed(&flow, 1, 5));
	assert_true(flow_has_closed(&flow, 2, 4));
	assert_false(flow_has_closed(&flow, 0, 5));
}

static void who_has_taken_a_connection(void **state)
{
	static struct flow flow;
	(void)state;
	follow(&flow, false);
	note(&flow, 1, segment(false, SYN));
	note(&flow, 0, segment(true, SYN | ACK)); /* received */
	const struct sim_trace_event sent = {
		.kind = SIM_TRACE_RULE, .chain = "output", .packet = segment(true, SYN | ACK)};
	assert_true(flow_note(&flow, 2, &sent));
	assert_false(flow_was_taken(&flow, 0));
	assert_false(flow_was_taken(&flow, 1));
	assert_true(flow_was_taken(&flow, 2));
}

static struct sim_packet datagram(const char *from, uint16_t sport, const char *to, uint16_t dport)
{
	struct sim_packet packet = {.protocol = IPPROTO_UDP, .sport = sport, .dport = dport};
	assert_true(sim_prefix_parse(from, false, &packet.from));
	assert_true(sim_prefix_parse(to, false, &packet.to));
	packet.family = packet.from.family;
	return packet;
}

static void note_at(struct flow *flow, const char *chain, size_t host, struct sim_packet packet)
{
	struct sim_trace_event event = {.kind = SIM_TRACE_RULE, .packet = packet};
	snprintf(event.chain, sizeof(event.chain), "%s", chain);
	assert_true(flow_note(flow, host, &event));
}

/* Just this one, past all rules: not that it came to the host, nor somebody else's. */
static void what_was_let_in(void **state)
{
	static struct flow flow;
	const struct sim_packet ours = datagram("10.0.0.1", LOCAL, "10.0.0.2", 514);
	(void)state;
	flow_begin(&flow, 0);
	note_at(&flow, "output", 0, ours);
	note_at(&flow, "prerouting", 2, ours);
	note_at(&flow, SIM_TRACE_ADMITTED, 2, datagram("10.0.0.1", LOCAL + 1, "10.0.0.2", 514));
	note_at(&flow, SIM_TRACE_ADMITTED, 2, datagram("10.0.0.3", LOCAL, "10.0.0.2", 514));
	note_at(&flow, SIM_TRACE_ADMITTED, 2, datagram("10.0.0.1", LOCAL, "10.0.0.2", 515));
	note_at(&flow, SIM_TRACE_ADMITTED, 2, datagram("fd00::1", LOCAL, "fd00::2", 514));
	assert_true(flow_admission(&flow, &ours) == NONE);
	note_at(&flow, SIM_TRACE_ADMITTED, 2, ours);
	assert_true(flow_admission(&flow, &ours) == 2);
}

/* From whatever port, and wherever it was seen: it may have been lost behind that. */
static void what_was_answered(void **state)
{
	static struct flow flow;
	const struct sim_packet ours = datagram("10.0.0.1", LOCAL, "10.0.0.2", 514);
	(void)state;
	flow_begin(&flow, 0);
	note_at(&flow, SIM_TRACE_ADMITTED, 2, ours);
	note_at(&flow, "output", 2, datagram("10.0.0.2", 514, "10.0.0.1", LOCAL + 1));
	note_at(&flow, "output", 2, datagram("10.0.0.2", 514, "10.0.0.3", LOCAL));
	assert_true(flow_admission(&flow, &ours) == 2);
	note_at(&flow, "output", 2, datagram("10.0.0.2", 4711, "10.0.0.1", LOCAL));
	assert_true(flow_admission(&flow, &ours) == NONE);
	flow_begin(&flow, 0);
	note_at(&flow, SIM_TRACE_ADMITTED, 2, ours);
	note_at(&flow, "prerouting", 1, datagram("10.0.0.2", 514, "10.0.0.1", LOCAL));
	assert_true(flow_admission(&flow, &ours) == NONE);
}

/* To the port that is probed, from another host: be it that it was sent before the probe began. */
static void who_begins_a_connection(void **state)
{
	static struct flow flow;
	const struct sighting seen = connected();
	const struct sim_packet ours = segment(false, SYN);
	struct sim_packet other = segment(false, SYN);
	(void)state;
	other.sport = LOCAL + 1;
	follow(&flow, false);
	note_at(&flow, "output", 0, ours);
	assert_false(flow_is_foreign(&flow, &other));
	note_at(&flow, "output", 1, other);
	assert_true(flow_is_foreign(&flow, &other));
	assert_false(flow_is_foreign(&flow, &ours));

	flow_begin(&flow, 0);
	assert_true(flow_update(&flow, &seen));
	assert_true(flow_is_foreign(&flow, &other));
	assert_false(flow_is_foreign(&flow, &ours));
	other.sport++;
	assert_false(flow_is_foreign(&flow, &other));
	other.sport--;
	flow_begin(&flow, 0);
	assert_false(flow_is_foreign(&flow, &other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handshake_alone),
		cmocka_unit_test(all_but_the_ends),
		cmocka_unit_test(ends_of_a_silent_connection),
		cmocka_unit_test(what_comes_after_our_own_end),
		cmocka_unit_test(who_has_taken_a_connection),
		cmocka_unit_test(what_was_let_in),
		cmocka_unit_test(what_was_answered),
		cmocka_unit_test(who_begins_a_connection),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
