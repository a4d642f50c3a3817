/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DNS: any bytes as a query to the server, as the reply of the server that it
 * has asked in turn, and as a reply to a probe.  The query and the reply, the
 * query's length before them.
 */
#include <stdlib.h>
#include <string.h>

#include "fixtures/dns.h"
#include "fixtures/ldns.h"
#include "lab/ask.h"
#include "tests/fuzz/support/fuzz.h"

static const struct server_record records[] = {
	{.name = "deb.debian.org", .family = AF_INET, .v4 = {0x0100000a}},
	{.name = "deb.debian.org", .family = AF_INET6, .v6 = {{{0xfd}}}},
	{.name = "a", .family = AF_INET, .v4 = {0x0200000a}},
	{.name = "a", .family = AF_INET, .v4 = {0x0300000a}},
};

/* Bytes of their own size, so that reading on is noticed. */
struct wire {
	uint8_t *bytes;
	size_t length;
};

static struct wire take(struct fuzz_input *input, size_t length)
{
	struct fuzz_input part = {input->at, length < input->left ? length : input->left};
	struct wire wire;
	input->at += part.left;
	input->left -= part.left;
	wire.bytes = fuzz_rest(&part, &wire.length);
	return wire;
}

/* A message of ours can be read, and is the answer to this query.  Frees it. */
static void check_message(struct dns_message *message, bool is_answer, const uint8_t *query,
			  size_t limit)
{
	ldns_pkt *packet = NULL;
	if (!message->wire)
		return;
	HOLDS(message->length >= LDNS_HEADER_SIZE && message->length <= limit);
	HOLDS(ldns_wire2pkt(&packet, message->wire, message->length) == LDNS_STATUS_OK);
	HOLDS(ldns_pkt_qr(packet) == is_answer);
	HOLDS(!is_answer || !memcmp(message->wire, query, 2));
	ldns_pkt_free(packet);
	free(message->wire);
}

static void check_query(const struct wire *query, enum dns_transport transport, size_t limit)
{
	struct dns_message answer;
	enum dns_verdict verdict = dns_answer(records, sizeof(records) / sizeof(*records),
					      query->bytes, query->length, transport, &answer);
	HOLDS(!answer.wire == (verdict == DNS_IGNORED));
	check_message(&answer, true, query->bytes, limit);
}

static void check_relay(const struct wire *query, const struct wire *reply)
{
	uint16_t id = reply->length > 1 ? (uint16_t)(reply->bytes[0] << 8 | reply->bytes[1]) : 0;
	struct dns_message asked = dns_ask(query->bytes, query->length, id);
	check_message(&asked, false, query->bytes, 65535);
	struct dns_message relayed =
		dns_relay(query->bytes, query->length, DNS_UDP, id, reply->bytes, reply->length);
	check_message(&relayed, true, query->bytes, 1232);
	struct dns_message failure = dns_failure(query->bytes, query->length);
	check_message(&failure, true, query->bytes, 65535);
}

static void check_reply(const struct wire *reply)
{
	static struct sighting sighting;
	uint16_t id = reply->length > 1 ? (uint16_t)(reply->bytes[0] << 8 | reply->bytes[1]) : 0;
	bool cut_short;
	sighting = (struct sighting){.status = -1};
	bool ours = ask_read_reply(reply->bytes, reply->length, id, &cut_short, &sighting);
	HOLDS(ours || (sighting.status == -1 && !*sighting.answer));
	HOLDS(memchr(sighting.answer, '\0', sizeof(sighting.answer)));
	fuzz_check_shown(sighting.answer, strlen(sighting.answer), false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char text[ARRIVAL_TEXT_MAX];
	size_t length = fuzz_byte(&input);
	HOLDS(!ldns_load());
	struct wire query = take(&input, length);
	struct wire reply = take(&input, input.left);
	check_query(&query, DNS_UDP, 1232);
	check_query(&query, DNS_TCP, 65535);
	dns_describe(query.bytes, query.length, text);
	HOLDS(memchr(text, '\0', sizeof(text)));
	check_relay(&query, &reply);
	check_reply(&reply);
	free(query.bytes);
	free(reply.bytes);
	return 0;
}
