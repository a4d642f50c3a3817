/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ldns/ldns.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/support/serving.h"

#define PENDING_MAX 256 /* as in dns_server.c */

static struct server_record near_records[] = {
	{.name = "deb.debian.org", .family = AF_INET},
	{.name = "deb.debian.org", .family = AF_INET6},
	{.name = "only4.example", .family = AF_INET},
};

/* More than a plain datagram holds. */
static struct server_record far_records[60];

static struct server near = {
	.kind = SERVER_DNS,
	.host = "near",
	.netns = -1,
	.port = 53,
	.records = near_records,
	.n_records = 3,
};

static struct server far = {
	.kind = SERVER_DNS,
	.host = "far",
	.netns = -1,
	.port = 5300,
	.records = far_records,
	.n_records = 60,
};

static int setup(void **state)
{
	size_t i;

	inet_pton(AF_INET, "10.1.0.1", &near_records[0].v4);
	inet_pton(AF_INET6, "fd00::1", &near_records[1].v6);
	inet_pton(AF_INET, "10.1.0.2", &near_records[2].v4);
	for (i = 0; i < 60; i++) {
		far_records[i] = (struct server_record){.name = "far.example", .family = AF_INET};
		far_records[i].v4.s_addr = htonl(0x0a020000 + (uint32_t)i);
	}
	return serving_setup(state);
}

/* ldns's own resolver asks: its id, its retries over tcp, its view of what comes. */
static ldns_pkt *resolve(const char *server, bool tcp, const char *name, ldns_rr_type type)
{
	ldns_resolver *resolver = ldns_resolver_new();
	ldns_rdf *address = strchr(server, ':') ? ldns_rdf_new_frm_str(LDNS_RDF_TYPE_AAAA, server)
						: ldns_rdf_new_frm_str(LDNS_RDF_TYPE_A, server);
	ldns_rdf *domain = ldns_dname_new_frm_str(name);
	ldns_pkt *packet;

	assert_int_equal(ldns_resolver_push_nameserver(resolver, address), LDNS_STATUS_OK);
	ldns_resolver_set_usevc(resolver, tcp);
	ldns_resolver_set_recursive(resolver, true);
	ldns_resolver_set_timeout(resolver, (struct timeval){.tv_sec = PATIENCE_S});
	packet = ldns_resolver_query(resolver, domain, type, LDNS_RR_CLASS_IN, LDNS_RD);
	ldns_rdf_deep_free(domain);
	ldns_rdf_deep_free(address);
	ldns_resolver_deep_free(resolver);
	assert_non_null(packet);
	return packet;
}

static void expect(const char *server, bool tcp, const char *name, ldns_rr_type type,
		   ldns_pkt_rcode rcode, size_t answers)
{
	ldns_pkt *packet = resolve(server, tcp, name, type);

	assert_int_equal(ldns_pkt_get_rcode(packet), rcode);
	assert_int_equal(ldns_pkt_ancount(packet), answers);
	ldns_pkt_free(packet);
}

static void expect_arrival(const struct serving *serving, const char *host, uint8_t protocol,
			   const char *text)
{
	struct server_message message = next_report(serving, MSG_DONTWAIT);

	assert_int_equal(message.kind, SERVERS_ARRIVAL);
	assert_string_equal(message.host, host);
	assert_int_equal(message.protocol, protocol);
	assert_string_equal(message.nonce, "");
	assert_string_equal(message.text, text);
}

static void answers_over_both_protocols_and_families(void **state)
{
	struct serving *serving = serving_of(state);
	static const char *const servers[] = {"127.0.0.1", "127.0.0.2", "::1"};
	size_t i;

	start_serving(serving, &near, 1);
	for (i = 0; i < 6; i++) {
		const char *server = servers[i / 2];
		bool tcp = i % 2;
		uint8_t protocol = tcp ? IPPROTO_TCP : IPPROTO_UDP;
		ldns_pkt *packet = resolve(server, tcp, "deb.debian.org", LDNS_RR_TYPE_A);
		char *address =
			ldns_rdf2str(ldns_rr_rdf(ldns_rr_list_rr(ldns_pkt_answer(packet), 0), 0));

		assert_string_equal(address, "10.1.0.1");
		free(address);
		ldns_pkt_free(packet);
		expect_arrival(serving, "near", protocol, "A deb.debian.org");
		expect(server, tcp, "deb.debian.org", LDNS_RR_TYPE_AAAA, LDNS_RCODE_NOERROR, 1);
		expect_arrival(serving, "near", protocol, "AAAA deb.debian.org");
		expect(server, tcp, "only4.example", LDNS_RR_TYPE_AAAA, LDNS_RCODE_NOERROR, 0);
		expect_arrival(serving, "near", protocol, "AAAA only4.example");
		expect(server, tcp, "far.example", LDNS_RR_TYPE_A, LDNS_RCODE_NXDOMAIN, 0);
		expect_arrival(serving, "near", protocol, "A far.example");
	}
	assert_int_equal(stop_serving(serving), 0);
}

static void forwards_what_it_does_not_know(void **state)
{
	struct serving *serving = serving_of(state);
	static const char *const upstreams[] = {"127.0.0.1", "::1"};
	size_t i;

	for (i = 0; i < 2; i++) {
		struct server servers[] = {near, far};

		servers[0].forward = address_of(upstreams[i], 5300);
		start_serving(serving, servers, 2);
		expect("127.0.0.1", true, "far.example", LDNS_RR_TYPE_A, LDNS_RCODE_NOERROR, 60);
		expect_arrival(serving, "near", IPPROTO_TCP, "A far.example");
		expect_arrival(serving, "far", IPPROTO_UDP, "A far.example");
		/* A datagram says that there is more; the resolver asks again over tcp. */
		expect("::1", false, "far.example", LDNS_RR_TYPE_A, LDNS_RCODE_NOERROR, 60);
		expect("::1", false, "no.example", LDNS_RR_TYPE_A, LDNS_RCODE_NXDOMAIN, 0);
		expect("::1", false, "deb.debian.org", LDNS_RR_TYPE_A, LDNS_RCODE_NOERROR, 1);
		assert_int_equal(stop_serving(serving), 0);
	}
}

/* Nothing listens there: an ICMP message says so. */
static void fails_when_there_is_nobody_to_ask(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = near;

	server.forward = address_of("127.0.0.1", 5300);
	start_serving(serving, &server, 1);
	expect("127.0.0.1", false, "far.example", LDNS_RR_TYPE_A, LDNS_RCODE_SERVFAIL, 0);
	expect("127.0.0.1", true, "far.example", LDNS_RR_TYPE_A, LDNS_RCODE_SERVFAIL, 0);
	expect("127.0.0.1", false, "deb.debian.org", LDNS_RR_TYPE_A, LDNS_RCODE_NOERROR, 1);
}

/* "A far.example", as it goes over tcp: with its length in front. */
static const uint8_t far_query[] = {
	0,   29,  0x12, 0x34, 0x01, 0,	 0,   1,   0,	0,   0, 0, 0, 0, 3, 'f',
	'a', 'r', 7,	'e',  'x',  'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0, 1,
};
#define PREFIX 2

static void ask_far(int fd, unsigned id)
{
	uint8_t query[sizeof(far_query) - PREFIX];

	memcpy(query, far_query + PREFIX, sizeof(query));
	query[0] = (uint8_t)(id >> 8);
	query[1] = (uint8_t)id;
	assert_int_equal(send(fd, query, sizeof(query), MSG_NOSIGNAL), sizeof(query));
}

static void expect_rcode(int fd, unsigned id, unsigned rcode)
{
	uint8_t answer[512];

	assert_true(recv(fd, answer, sizeof(answer), 0) >= 12);
	assert_int_equal(answer[0] << 8 | answer[1], id);
	assert_int_equal(answer[3] & 15, rcode);
}

static void takes_only_the_right_reply(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = near;
	struct sockaddr_storage asker;
	socklen_t n = sizeof(asker);
	int upstream = bound("127.0.0.1", 5300, SOCK_DGRAM);
	uint8_t query[512];
	ssize_t length;
	int fd;

	server.forward = address_of("127.0.0.1", 5300);
	start_serving(serving, &server, 1);
	fd = connected("127.0.0.1", 53, SOCK_DGRAM);
	ask_far(fd, 7);
	length = recvfrom(upstream, query, sizeof(query), 0, (struct sockaddr *)&asker, &n);
	assert_true(length > 12);
	query[2] |= 0x80;
	query[3] = LDNS_RCODE_REFUSED;
	query[0] ^= 0xff; /* another id */
	assert_int_equal(sendto(upstream, query, (size_t)length, 0, (struct sockaddr *)&asker, n),
			 length);
	query[0] ^= 0xff;
	query[13] ^= 1; /* another name */
	assert_int_equal(sendto(upstream, query, (size_t)length, 0, (struct sockaddr *)&asker, n),
			 length);
	query[13] ^= 1;
	query[3] = LDNS_RCODE_NXDOMAIN;
	assert_int_equal(sendto(upstream, query, (size_t)length, 0, (struct sockaddr *)&asker, n),
			 length);
	expect_rcode(fd, 7, LDNS_RCODE_NXDOMAIN);
	close(fd);
	close(upstream);
}

/* The other server is silent: as many wait as may, and all are told in the end. */
static void gives_up_on_silence(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = near;
	int silent = bound("127.0.0.1", 5300, SOCK_DGRAM);
	int leaver, fd;
	unsigned i;

	server.forward = address_of("127.0.0.1", 5300);
	start_serving(serving, &server, 1);
	/* One that does not wait for its answer. */
	leaver = connected("127.0.0.1", 53, SOCK_STREAM);
	assert_int_equal(send(leaver, far_query, sizeof(far_query), 0), sizeof(far_query));
	assert_int_equal(next_report(serving, 0).protocol, IPPROTO_TCP);
	shutdown(leaver, SHUT_WR);
	assert_int_equal(recv(leaver, &(char){0}, 1, 0), 0); /* it is forgotten */
	close(leaver);
	fd = connected("127.0.0.1", 53, SOCK_DGRAM);
	for (i = 0; i <= PENDING_MAX; i++) {
		ask_far(fd, i);
		/* One by one, that no buffer runs over. */
		assert_string_equal(next_report(serving, 0).text, "A far.example");
	}
	/* The one too many is told first, at once; the others when their time is over. */
	expect_rcode(fd, PENDING_MAX, LDNS_RCODE_SERVFAIL);
	for (i = 0; i < PENDING_MAX; i++)
		expect_rcode(fd, i, LDNS_RCODE_SERVFAIL);
	close(fd);
	close(silent);
}

static void survives_what_is_no_query(void **state)
{
	struct serving *serving = serving_of(state);
	static const uint8_t too_long[] = {0xff, 0xff, 0};
	int stream, datagram;
	char c;

	start_serving(serving, &near, 1);
	datagram = connected("127.0.0.1", 53, SOCK_DGRAM);
	send_text(datagram, "");
	send_text(datagram, "short");
	send_text(datagram, "this has no meaning at all");
	stream = connected("127.0.0.1", 53, SOCK_STREAM);
	assert_int_equal(send(stream, too_long, sizeof(too_long), 0), sizeof(too_long));
	assert_true(recv(stream, &c, 1, 0) <= 0);
	close(stream);
	/* Two queries in one go, and part of a third when it is over. */
	stream = connected("127.0.0.1", 53, SOCK_STREAM);
	assert_int_equal(send(stream, far_query, sizeof(far_query), 0), sizeof(far_query));
	assert_int_equal(send(stream, far_query, sizeof(far_query), 0), sizeof(far_query));
	assert_int_equal(send(stream, far_query, 9, 0), 9);
	{
		uint8_t answers[2 * sizeof(far_query)];

		assert_int_equal(recv(stream, answers, sizeof(answers), MSG_WAITALL),
				 sizeof(answers));
		assert_int_equal(answers[PREFIX + 3] & 15, LDNS_RCODE_NXDOMAIN);
	}
	expect("127.0.0.1", false, "deb.debian.org", LDNS_RR_TYPE_A, LDNS_RCODE_NOERROR, 1);
	assert_int_equal(stop_serving(serving), 0);
	close(stream);
	close(datagram);
}

int main(void)
{
#define SERVING_TEST(f) cmocka_unit_test_teardown(f, serving_teardown)
	const struct CMUnitTest tests[] = {
		SERVING_TEST(answers_over_both_protocols_and_families),
		SERVING_TEST(forwards_what_it_does_not_know),
		SERVING_TEST(fails_when_there_is_nobody_to_ask),
		SERVING_TEST(takes_only_the_right_reply),
		SERVING_TEST(gives_up_on_silence),
		SERVING_TEST(survives_what_is_no_query),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
