/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rules: any rule's text has words, conditions and near misses, or none; the
 * input is a packet in a few bytes and, after these, the rule.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/near_miss.h"
#include "lab/rule_conditions.h"
#include "netsim/rule_words.h"
#include "tests/fuzz/support/fuzz.h"

#define PACKET_BYTES 24

static void check_words(const char *rule, bool legacy)
{
	struct sim_words words = sim_words_of(rule, legacy);
	const char *at = rule;
	while (sim_words_next(&words)) {
		HOLDS(strlen(words.word) < SIM_WORD_MAX);
		/* It ends. */
		HOLDS(words.rest > at && words.rest <= rule + strlen(rule));
		at = words.rest;
	}
}

static void check_conditions(const char *rule, bool legacy)
{
	struct conditions conditions;
	conditions_read(rule, legacy, &conditions);
	HOLDS(conditions.count <= CONDITIONS_MAX);
	for (size_t i = 0; i < conditions.count; i++) {
		HOLDS(conditions.list[i].field < CONDITION_FIELDS);
		HOLDS(memchr(conditions.list[i].values, '\0', sizeof(conditions.list[i].values)));
	}
}

static struct sim_packet make_packet(struct fuzz_input *input)
{
	static const uint8_t protocols[] = {6, 17, 1, 58};
	uint8_t choice = fuzz_byte(input);
	struct sim_packet packet = {.family = choice & 1 ? AF_INET6 : AF_INET,
				    .protocol = protocols[choice >> 1 & 3],
				    .tcp_flags = choice};
	packet.from.family = packet.to.family = packet.family;
	packet.from.length = packet.to.length = choice & 1 ? 128 : 32;
	packet.from.bytes[0] = packet.to.bytes[0] = 10;
	packet.from.bytes[3] = fuzz_byte(input);
	packet.to.bytes[3] = fuzz_byte(input);
	packet.sport = (uint16_t)fuzz_number(input);
	packet.dport = (uint16_t)fuzz_byte(input);
	return packet;
}

static void check_near_miss(const char *rule, bool legacy, struct fuzz_input *input)
{
	static const char *const interfaces[] = {NULL, "", "ens3", "lo"};
	const struct sim_packet packet = make_packet(input);
	uint8_t choice = fuzz_byte(input);
	const struct near_miss_packet about = {
		.packet = &packet,
		.in = interfaces[choice & 3],
		.out = interfaces[choice >> 2 & 3],
		.has_owner = choice & 16,
		.uid = fuzz_byte(input),
		.gid = fuzz_byte(input),
		.classid = fuzz_byte(input),
		.states = choice & 32 ? NEAR_MISS_STATES : SIM_CT_NEW,
	};
	char but[NEAR_MISS_TEXT], again[NEAR_MISS_TEXT];
	enum near_miss near = near_miss(rule, legacy, &about, but);
	HOLDS(near_miss(rule, legacy, &about, again) == near);
	HOLDS(!near || (!strcmp(but, again) && *but && strlen(but) < NEAR_MISS_TEXT));
	uint32_t states = near_miss_states(rule, legacy, NEAR_MISS_STATES);
	HOLDS((states & ~(uint32_t)NEAR_MISS_STATES) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input packet = {data, size < PACKET_BYTES ? size : PACKET_BYTES};
	struct fuzz_input input = {data + packet.left, size - packet.left};
	char *rule = fuzz_text(&input);
	for (int legacy = 0; legacy < 2; legacy++) {
		struct fuzz_input same = packet;
		check_words(rule, legacy);
		check_conditions(rule, legacy);
		check_near_miss(rule, legacy, &same);
	}
	free(rule);
	return 0;
}
