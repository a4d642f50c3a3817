/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces: any bytes as one message of the kernel's, and as a packet's headers.
 */
#include <stdlib.h>
#include <string.h>

#include "netsim/trace.h"
#include "tests/fuzz/support/fuzz.h"

static void check_packet(const struct sim_packet *packet)
{
	char text[SIM_PACKET_TEXT];
	HOLDS(!packet->family || packet->family == AF_INET || packet->family == AF_INET6);
	HOLDS(sim_packet_text(packet, text) == text);
	HOLDS(strlen(text) < SIM_PACKET_TEXT - 1);
	HOLDS(!packet->family == !*text);
	fuzz_check_shown(text, strlen(text), false);
}

static void check_event(const struct sim_trace_event *event)
{
	HOLDS(memchr(event->table, '\0', sizeof(event->table)));
	HOLDS(memchr(event->chain, '\0', sizeof(event->chain)));
	HOLDS(memchr(event->prefix, '\0', sizeof(event->prefix)));
	HOLDS(event->kind <= SIM_TRACE_LOG);
	HOLDS(event->verdict <= SIM_VERDICT_DROP);
	HOLDS(sim_trace_family(event));
	sim_trace_is_own(event);
	check_packet(&event->packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_trace_event event, again;
	struct sim_packet packet;
	struct fuzz_input input = {data, size};
	size_t length;
	uint8_t *message = fuzz_rest(&input, &length); /* aligned as the kernel's are */
	bool is_event = sim_trace_parse(message, length, &event);
	HOLDS(sim_trace_parse(message, length, &again) == is_event);
	HOLDS(!strcmp(event.chain, again.chain) && event.rule == again.rule);
	HOLDS(sim_address_equal(&event.packet.from, &again.packet.from));
	if (is_event)
		check_event(&event);

	size_t network = length < 40 ? length : length / 2;
	if (sim_packet_parse(message, length, NULL, 0, &packet))
		check_packet(&packet);
	if (sim_packet_parse(message, network, message + network, length - network, &packet))
		check_packet(&packet);
	free(message);
	return 0;
}
