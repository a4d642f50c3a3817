/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fixtures/dns.h"
#include "fixtures/ldns.h"

#define MANY 40

static struct server_record records[3 + MANY] = {
	{.name = "deb.debian.org", .family = AF_INET},
	{.name = "deb.debian.org", .family = AF_INET6},
	{.name = "only4.example", .family = AF_INET},
};
#define N_RECORDS (sizeof(records) / sizeof(records[0]))

static int make_records(void **state)
{
	size_t i;

	(void)state;
	if (ldns_load())
		return -1;
	inet_pton(AF_INET, "10.1.0.1", &records[0].v4);
	inet_pton(AF_INET6, "fd00::1", &records[1].v6);
	inet_pton(AF_INET, "10.1.0.2", &records[2].v4);
	for (i = 3; i < N_RECORDS; i++) {
		records[i] = (struct server_record){.name = "many.example", .family = AF_INET};
		records[i].v4.s_addr = htonl(0x0a020000 + (uint32_t)i);
	}
	return 0;
}

/* A query, as its sender would make it; `edns`: the size that it offers, 0: no EDNS. */
struct asking {
	const char *name;
	ldns_rr_type type;
	uint16_t edns;
	uint8_t edns_version;
	ldns_rr_class class;
	ldns_pkt_opcode opcode;
};

#define FOR(n, t) (&(struct asking){.name = (n), .type = (t)})

#define ID 0x1234

static struct dns_message query_of(const struct asking *asking)
{
	ldns_rr_class class = asking->class ? asking->class : LDNS_RR_CLASS_IN;
	ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(asking->name), asking->type,
					      class, LDNS_RD);
	struct dns_message query;

	ldns_pkt_set_id(packet, ID);
	ldns_pkt_set_opcode(packet, asking->opcode);
	ldns_pkt_set_edns_udp_size(packet, asking->edns);
	ldns_pkt_set_edns_version(packet, asking->edns_version);
	assert_int_equal(ldns_pkt2wire(&query.wire, packet, &query.length), LDNS_STATUS_OK);
	ldns_pkt_free(packet);
	return query;
}

static ldns_pkt *parse(struct dns_message *message)
{
	ldns_pkt *packet;

	assert_non_null(message->wire);
	assert_int_equal(ldns_wire2pkt(&packet, message->wire, message->length), LDNS_STATUS_OK);
	free(message->wire);
	return packet;
}

static ldns_pkt *ask_over(const struct asking *asking, enum dns_transport transport,
			  enum dns_verdict expected)
{
	struct dns_message query = query_of(asking);
	struct dns_message answer;
	ldns_pkt *packet;

	assert_int_equal(
		dns_answer(records, N_RECORDS, query.wire, query.length, transport, &answer),
		expected);
	free(query.wire);
	packet = parse(&answer);
	assert_int_equal(ldns_pkt_id(packet), ID);
	assert_true(ldns_pkt_qr(packet));
	assert_true(ldns_pkt_rd(packet));
	assert_true(ldns_pkt_ra(packet));
	assert_int_equal(ldns_pkt_qdcount(packet), 1);
	return packet;
}

static ldns_pkt *ask(const struct asking *asking, enum dns_verdict expected)
{
	return ask_over(asking, DNS_UDP, expected);
}

static void assert_rcode(const struct asking *asking, ldns_pkt_rcode rcode, bool authoritative)
{
	ldns_pkt *packet = ask(asking, rcode == LDNS_RCODE_NXDOMAIN ? DNS_UNKNOWN : DNS_ANSWERED);

	assert_int_equal(ldns_pkt_get_rcode(packet), rcode);
	assert_int_equal(ldns_pkt_aa(packet), authoritative);
	assert_int_equal(ldns_pkt_ancount(packet), 0);
	ldns_pkt_free(packet);
}

static void assert_address(const ldns_pkt *packet, size_t i, const char *owner, const char *address)
{
	const ldns_rr *rr = ldns_rr_list_rr(ldns_pkt_answer(packet), i);
	char *name = ldns_rdf2str(ldns_rr_owner(rr));
	char *text = ldns_rdf2str(ldns_rr_rdf(rr, 0));

	assert_string_equal(name, owner);
	assert_string_equal(text, address);
	free(name);
	free(text);
}

static void knows_addresses(void **state)
{
	ldns_pkt *packet = ask(FOR("deb.debian.org", LDNS_RR_TYPE_A), DNS_ANSWERED);

	(void)state;
	assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_NOERROR);
	assert_true(ldns_pkt_aa(packet));
	assert_int_equal(ldns_pkt_ancount(packet), 1);
	assert_false(ldns_pkt_edns(packet));
	assert_address(packet, 0, "deb.debian.org.", "10.1.0.1");
	ldns_pkt_free(packet);

	packet = ask(FOR("deb.debian.org", LDNS_RR_TYPE_AAAA), DNS_ANSWERED);
	assert_int_equal(ldns_pkt_ancount(packet), 1);
	assert_address(packet, 0, "deb.debian.org.", "fd00::1");
	ldns_pkt_free(packet);

	packet = ask(FOR("deb.debian.org", LDNS_RR_TYPE_ANY), DNS_ANSWERED);
	assert_int_equal(ldns_pkt_ancount(packet), 2);
	ldns_pkt_free(packet);
}

/* A resolver may mix cases to tell a forged answer from a true one. */
static void keeps_the_case_it_was_asked_in(void **state)
{
	ldns_pkt *packet = ask(FOR("dEb.DEBIAN.orG", LDNS_RR_TYPE_A), DNS_ANSWERED);

	(void)state;
	assert_address(packet, 0, "dEb.DEBIAN.orG.", "10.1.0.1");
	ldns_pkt_free(packet);
}

static void says_what_is_not_there(void **state)
{
	(void)state;
	assert_rcode(FOR("only4.example", LDNS_RR_TYPE_AAAA), LDNS_RCODE_NOERROR, true);
	assert_rcode(FOR("deb.debian.org", LDNS_RR_TYPE_MX), LDNS_RCODE_NOERROR, true);
	assert_rcode(FOR("debian.org", LDNS_RR_TYPE_A), LDNS_RCODE_NXDOMAIN, true);
	assert_rcode(FOR("x.deb.debian.org", LDNS_RR_TYPE_A), LDNS_RCODE_NXDOMAIN, true);
	assert_rcode(FOR(".", LDNS_RR_TYPE_NS), LDNS_RCODE_NXDOMAIN, true);
	/* A dot inside a label is not the dot between two. */
	assert_rcode(FOR("deb\\.debian.org", LDNS_RR_TYPE_A), LDNS_RCODE_NXDOMAIN, true);
}

static void refuses_what_it_does_not_do(void **state)
{
	struct asking notify = {
		.name = "deb.debian.org", .type = LDNS_RR_TYPE_A, .opcode = LDNS_PACKET_NOTIFY};
	struct asking chaos = {
		.name = "version.bind", .type = LDNS_RR_TYPE_TXT, .class = LDNS_RR_CLASS_CH};

	(void)state;
	assert_rcode(&notify, LDNS_RCODE_NOTIMPL, false);
	assert_rcode(&chaos, LDNS_RCODE_REFUSED, false);
	assert_rcode(FOR("debian.org", LDNS_RR_TYPE_AXFR), LDNS_RCODE_NOTIMPL, false);
}

static void understands_edns(void **state)
{
	struct asking asking = {.name = "deb.debian.org", .type = LDNS_RR_TYPE_A, .edns = 1232};
	ldns_pkt *packet = ask(&asking, DNS_ANSWERED);

	(void)state;
	assert_int_equal(ldns_pkt_ancount(packet), 1);
	assert_int_equal(ldns_pkt_edns_udp_size(packet), 1232);
	ldns_pkt_free(packet);

	asking.edns_version = 1;
	packet = ask(&asking, DNS_ANSWERED);
	assert_int_equal(ldns_pkt_edns_extended_rcode(packet), 1);
	assert_int_equal(ldns_pkt_get_rcode(packet), 0);
	assert_int_equal(ldns_pkt_edns_version(packet), 0);
	assert_int_equal(ldns_pkt_ancount(packet), 0);
	ldns_pkt_free(packet);
}

static void says_when_an_answer_is_cut(void **state)
{
	struct asking asking = {.name = "many.example", .type = LDNS_RR_TYPE_A};
	ldns_pkt *packet = ask(&asking, DNS_ANSWERED);

	(void)state;
	assert_true(ldns_pkt_tc(packet));
	assert_true(ldns_pkt_aa(packet));
	assert_int_equal(ldns_pkt_ancount(packet), 0);
	ldns_pkt_free(packet);

	packet = ask_over(&asking, DNS_TCP, DNS_ANSWERED);
	assert_false(ldns_pkt_tc(packet));
	assert_int_equal(ldns_pkt_ancount(packet), MANY);
	ldns_pkt_free(packet);

	asking.edns = 4096;
	packet = ask(&asking, DNS_ANSWERED);
	assert_false(ldns_pkt_tc(packet));
	assert_int_equal(ldns_pkt_ancount(packet), MANY);
	ldns_pkt_free(packet);

	asking.edns = 100; /* less than what everybody has to take */
	packet = ask(&asking, DNS_ANSWERED);
	assert_true(ldns_pkt_tc(packet));
	ldns_pkt_free(packet);
}

static enum dns_verdict answer_bytes(const uint8_t *bytes, size_t length,
				     struct dns_message *answer)
{
	return dns_answer(records, N_RECORDS, bytes, length, DNS_UDP, answer);
}

static void says_that_it_cannot_read(void **state)
{
	struct dns_message query = query_of(FOR("deb.debian.org", LDNS_RR_TYPE_A));
	struct dns_message answer;
	ldns_pkt *packet;
	size_t i;

	(void)state;
	for (i = 0; i < query.length; i++) {
		enum dns_verdict verdict = answer_bytes(query.wire, i, &answer);

		assert_int_equal(verdict, i < 12 ? DNS_IGNORED : DNS_ANSWERED);
		if (verdict == DNS_IGNORED) {
			assert_null(answer.wire);
			continue;
		}
		packet = parse(&answer);
		assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_FORMERR);
		assert_int_equal(ldns_pkt_id(packet), ID);
		assert_true(ldns_pkt_qr(packet));
		ldns_pkt_free(packet);
	}
	free(query.wire);
}

static void never_answers_an_answer(void **state)
{
	struct dns_message query = query_of(FOR("deb.debian.org", LDNS_RR_TYPE_A));
	struct dns_message answer;

	(void)state;
	query.wire[2] |= 0x80;
	assert_int_equal(answer_bytes(query.wire, query.length, &answer), DNS_IGNORED);
	assert_null(answer.wire);
	free(query.wire);
}

static void wants_one_question(void **state)
{
	static const uint8_t none[12] = {0x12, 0x34, 0x01};
	static const uint8_t two[] = {0x12, 0x34, 0x01, 0, 0, 2, 0, 0,	 0, 0, 0, 0, 1,
				      'a',  0,	  0,	1, 0, 1, 1, 'b', 0, 0, 1, 0, 1};
	/* A name that is a pointer to itself. */
	static const uint8_t loop[] = {0x12, 0x34, 0x01, 0,    0,  1, 0, 0, 0,
				       0,    0,	   0,	 0xc0, 12, 0, 1, 0, 1};
	static const struct {
		const uint8_t *bytes;
		size_t length;
	} bad[] = {{none, sizeof(none)}, {two, sizeof(two)}, {loop, sizeof(loop)}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct dns_message answer;
		ldns_pkt *packet;

		assert_int_equal(answer_bytes(bad[i].bytes, bad[i].length, &answer), DNS_ANSWERED);
		packet = parse(&answer);
		assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_FORMERR);
		ldns_pkt_free(packet);
	}
}

/* What every function here does with bytes that anyone may have sent. */
static void feed(const uint8_t *bytes, size_t length)
{
	struct dns_message message;
	char text[ARRIVAL_TEXT_MAX];

	(void)answer_bytes(bytes, length, &message);
	free(message.wire);
	dns_describe(bytes, length, text);
	assert_true(strlen(text) < sizeof(text));
	message = dns_ask(bytes, length, ID);
	free(message.wire);
	message = dns_failure(bytes, length);
	free(message.wire);
	message = dns_relay(bytes, length, DNS_UDP, ID, bytes, length);
	free(message.wire);
}

static void survives_damaged_bytes(void **state)
{
	struct dns_message query = query_of(
		&(struct asking){.name = "deb.debian.org", .type = LDNS_RR_TYPE_A, .edns = 1232});
	static const uint8_t damage[] = {0x00, 0x01, 0x3f, 0x40, 0x80, 0xc0, 0xff};
	size_t i, j;

	(void)state;
	for (i = 0; i < query.length; i++) {
		for (j = 0; j < sizeof(damage); j++) {
			uint8_t was = query.wire[i];

			query.wire[i] = damage[j];
			feed(query.wire, query.length);
			query.wire[i] = was;
		}
	}
	free(query.wire);
}

static void survives_noise(void **state)
{
	uint8_t bytes[300];
	uint32_t noise = 1;
	size_t round, i;

	(void)state;
	for (round = 0; round < 500; round++) {
		for (i = 0; i < sizeof(bytes); i++) {
			noise = noise * 1664525 + 1013904223;
			bytes[i] = (uint8_t)(noise >> 24);
		}
		bytes[4] = 0; /* few enough questions for some to be read */
		bytes[5] = (uint8_t)(round % 3);
		feed(bytes, round % sizeof(bytes));
	}
}

static void describes_a_query(void **state)
{
	struct dns_message query = query_of(FOR("Deb.debian.org", LDNS_RR_TYPE_AAAA));
	char text[ARRIVAL_TEXT_MAX];

	(void)state;
	dns_describe(query.wire, query.length, text);
	assert_string_equal(text, "AAAA Deb.debian.org");
	dns_describe(query.wire, 12, text);
	assert_string_equal(text, "");
	free(query.wire);
}

/* What the other server says to `asking`, under the id that it was asked with. */
static struct dns_message told(const struct asking *asking, uint16_t id)
{
	struct dns_message query = query_of(asking);
	struct dns_message asked = dns_ask(query.wire, query.length, id);
	struct dns_message reply;

	assert_non_null(asked.wire);
	assert_int_equal(asked.wire[0] << 8 | asked.wire[1], id);
	dns_answer(records, N_RECORDS, asked.wire, asked.length, DNS_UDP, &reply);
	free(query.wire);
	free(asked.wire);
	return reply;
}

static void relays_the_reply_that_fits(void **state)
{
	struct asking asking = {.name = "many.example", .type = LDNS_RR_TYPE_A};
	struct dns_message query = query_of(&asking);
	struct dns_message reply = told(&asking, 777);
	struct dns_message answer =
		dns_relay(query.wire, query.length, DNS_TCP, 777, reply.wire, reply.length);
	ldns_pkt *packet = parse(&answer);

	(void)state;
	assert_int_equal(ldns_pkt_id(packet), ID);
	assert_int_equal(ldns_pkt_ancount(packet), MANY);
	assert_false(ldns_pkt_aa(packet));
	assert_false(ldns_pkt_edns(packet)); /* we asked with it, the client did not */
	ldns_pkt_free(packet);

	answer = dns_relay(query.wire, query.length, DNS_UDP, 777, reply.wire, reply.length);
	packet = parse(&answer);
	assert_true(ldns_pkt_tc(packet));
	ldns_pkt_free(packet);
	free(reply.wire);
	free(query.wire);
}

static void relays_no_other(void **state)
{
	struct dns_message query = query_of(FOR("deb.debian.org", LDNS_RR_TYPE_A));
	struct dns_message other = told(FOR("only4.example", LDNS_RR_TYPE_A), 777);
	struct dns_message reply = told(FOR("deb.debian.org", LDNS_RR_TYPE_A), 777);

	(void)state;
	assert_null(
		dns_relay(query.wire, query.length, DNS_UDP, 777, other.wire, other.length).wire);
	assert_null(
		dns_relay(query.wire, query.length, DNS_UDP, 778, reply.wire, reply.length).wire);
	reply.wire[2] &= 0x7f; /* a query */
	assert_null(
		dns_relay(query.wire, query.length, DNS_UDP, 777, reply.wire, reply.length).wire);
	free(other.wire);
	free(reply.wire);
	free(query.wire);
}

static void fails(void **state)
{
	struct dns_message query = query_of(FOR("deb.debian.org", LDNS_RR_TYPE_A));
	struct dns_message answer = dns_failure(query.wire, query.length);
	ldns_pkt *packet = parse(&answer);

	(void)state;
	assert_int_equal(ldns_pkt_get_rcode(packet), LDNS_RCODE_SERVFAIL);
	assert_int_equal(ldns_pkt_id(packet), ID);
	assert_int_equal(ldns_pkt_qdcount(packet), 1);
	ldns_pkt_free(packet);
	free(query.wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_addresses),
		cmocka_unit_test(keeps_the_case_it_was_asked_in),
		cmocka_unit_test(says_what_is_not_there),
		cmocka_unit_test(refuses_what_it_does_not_do),
		cmocka_unit_test(understands_edns),
		cmocka_unit_test(says_when_an_answer_is_cut),
		cmocka_unit_test(says_that_it_cannot_read),
		cmocka_unit_test(never_answers_an_answer),
		cmocka_unit_test(wants_one_question),
		cmocka_unit_test(survives_damaged_bytes),
		cmocka_unit_test(survives_noise),
		cmocka_unit_test(describes_a_query),
		cmocka_unit_test(relays_the_reply_that_fits),
		cmocka_unit_test(relays_no_other),
		cmocka_unit_test(fails),
	};

	return cmocka_run_group_tests(tests, make_records, NULL);
}
