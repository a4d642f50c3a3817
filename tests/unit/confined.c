/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which failures may be a confinement's, and what the attempt without it says to that. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lab/confined.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { TCP = IPPROTO_TCP, UDP = IPPROTO_UDP, PING = IPPROTO_ICMP };

static const uint16_t open_ports[] = {80};
static const struct sim_ports port_80 = {open_ports, 1};
static const struct sim_ports no_port = {open_ports, 0};
static const int inet[] = {AF_INET};

static const struct sim_confinement only_port_80 = {.connect = &port_80};
static const struct sim_confinement binding = {.bind = &no_port};
static const struct sim_confinement families = {.families = inet, .n_families = 1};
static const struct sim_confinement nowhere = {.no_network = true};
static const struct sim_confinement profile = {.apparmor = "web"};
static const struct sim_confinement no_new_privs = {.no_new_privs = true};
static const struct sim_confinement both = {.connect = &port_80, .no_network = true};

/* A failed attempt at port 25. */
static struct sighting failure(int protocol, enum wire_call call, int error)
{
	struct sighting seen = {
		.protocol = (uint8_t)protocol, .call = call, .error = error, .error_at_once = true};
	struct sockaddr_in *remote = (struct sockaddr_in *)&seen.remote;
	remote->sin_family = AF_INET;
	remote->sin_port = htons(25);
	strcpy(seen.trouble, "connect: so it is");
	return seen;
}

static void suspects(void **state)
{
	static const struct {
		const struct sim_confinement *confinement;
		int protocol;
		enum wire_call call;
		int error;
		const char *suspect; /* NULL: none */
	} rows[] = {
		{&only_port_80, TCP, CALL_CONNECT, EACCES, "landlock"},
		{&only_port_80, TCP, CALL_CONNECT, EPERM, NULL},
		{&only_port_80, TCP, CALL_SOCKET, EACCES, NULL},
		{&only_port_80, UDP, CALL_CONNECT, EACCES, NULL},
		{&binding, TCP, CALL_CONNECT, EACCES, NULL},
		{&families, TCP, CALL_SOCKET, EAFNOSUPPORT, "seccomp"},
		{&families, UDP, CALL_SOCKET, EAFNOSUPPORT, "seccomp"},
		{&families, TCP, CALL_CONNECT, EAFNOSUPPORT, NULL},
		{&families, TCP, CALL_SOCKET, EPERM, NULL},
		{&nowhere, TCP, CALL_CONNECT, ENETUNREACH, "network"},
		{&nowhere, UDP, CALL_CONNECT, ENETUNREACH, "network"},
		{&nowhere, PING, CALL_SOCKET, EACCES, "network"},
		{&nowhere, TCP, CALL_CONNECT, ECONNREFUSED, NULL},
		{&profile, TCP, CALL_SOCKET, EACCES, "apparmor"},
		{&profile, TCP, CALL_CONNECT, EHOSTUNREACH, NULL},
		{&no_new_privs, TCP, CALL_CONNECT, EACCES, NULL},
		{&both, TCP, CALL_CONNECT, EACCES, "landlock"},
		{&both, TCP, CALL_CONNECT, ENETUNREACH, "network"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sighting seen = failure(rows[i].protocol, rows[i].call, rows[i].error);
		const char *suspect = confined_suspect(rows[i].confinement, &seen);
		if (!suspect != !rows[i].suspect ||
		    (suspect && strcmp(suspect, rows[i].suspect) != 0))
			fail_msg("row %zu: %s", i, suspect ? suspect : "nobody");
	}
}

static void system_calls(void **state)
{
	int numbers[3];
	(void)state;
	assert_true(sim_syscall_parse("socket", &numbers[0]));
	assert_true(sim_syscall_parse("ptrace", &numbers[1]));
	assert_false(sim_syscall_parse("sockets", &numbers[2]));
	const struct sim_confinement confinement = {.calls = numbers, .n_calls = 2};
	struct sighting seen = failure(TCP, CALL_SOCKET, EPERM);
	assert_string_equal(confined_suspect(&confinement, &seen), "seccomp");
	seen = failure(TCP, CALL_CONNECT, EPERM);
	assert_null(confined_suspect(&confinement, &seen));
	seen = failure(TCP, CALL_SOCKET, EAFNOSUPPORT);
	assert_null(confined_suspect(&confinement, &seen));
}

static void not_what_a_packet_met(void **state)
{
	(void)state;
	struct sighting seen = failure(TCP, CALL_CONNECT, EACCES);
	seen.icmp.seen = true; /* an IPv6 packet that was rejected */
	assert_null(confined_suspect(&only_port_80, &seen));

	seen = failure(TCP, CALL_CONNECT, EACCES);
	seen.error_at_once = false;
	assert_null(confined_suspect(&only_port_80, &seen));

	seen = failure(TCP, CALL_CONNECT, EACCES);
	((struct sockaddr_in *)&seen.remote)->sin_port = htons(80); /* it lets that through */
	assert_null(confined_suspect(&only_port_80, &seen));

	seen = (struct sighting){.timed_out = true, .call = CALL_CONNECT};
	assert_null(confined_suspect(&only_port_80, &seen));
}

static void borne_out_by_the_attempt_without(void **state)
{
	(void)state;
	const struct sighting seen = failure(TCP, CALL_CONNECT, EACCES);
	const struct sighting refused = failure(TCP, CALL_CONNECT, ECONNREFUSED);
	struct outcome outcome = {.kind = OUTCOME_INCONCLUSIVE, .how = "x"};
	struct outcome without = {.kind = OUTCOME_REJECTED, .how = "port-unreachable"};
	confined_conclude("landlock", &seen, &refused, &without, "web", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_CONFINED);
	assert_string_equal(outcome.how, "by landlock: connect: so it is");
	assert_string_equal(outcome.evidence.kind, "landlock");
	assert_string_equal(outcome.evidence.host, "web");
	assert_string_equal(outcome.why,
			    "landlock refused it before there was a packet: connect: so it is; "
			    "without its confinements the same attempt was rejected "
			    "port-unreachable");
}

static void not_borne_out(void **state)
{
	(void)state;
	const struct sighting seen = failure(TCP, CALL_CONNECT, ENETUNREACH);
	const struct outcome before = {.kind = OUTCOME_UNREACHABLE, .how = "no route"};
	struct outcome outcome = before;
	/* It fails in the same way without. */
	struct outcome without = {.kind = OUTCOME_UNREACHABLE, .how = "no route"};
	confined_conclude("network", &seen, &seen, &without, "web", &outcome);
	assert_memory_equal(&outcome, &before, sizeof(before));
	/* It fails in the same way, and nothing can be told of it. */
	without = (struct outcome){.kind = OUTCOME_INCONCLUSIVE};
	confined_conclude("network", &seen, &seen, &without, "web", &outcome);
	assert_memory_equal(&outcome, &before, sizeof(before));
}

/* A second attempt of which nothing can be told leaves nothing certain of the first. */
static void left_open(void **state)
{
	(void)state;
	const struct sighting seen = failure(TCP, CALL_CONNECT, ENETUNREACH);
	const struct sighting answered = {.answered = true};
	const struct outcome without = {.kind = OUTCOME_INCONCLUSIVE, .why = "it was lost"};
	struct outcome outcome = {.kind = OUTCOME_UNREACHABLE, .how = "no route"};
	confined_conclude("network", &seen, &answered, &without, "web", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	assert_string_equal(outcome.how, "");
	assert_string_equal(outcome.evidence.kind, "none");
	assert_string_equal(outcome.why,
			    "network may have refused it: connect: so it is; but what the same "
			    "attempt comes to without its confinements is not known: it was lost");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(suspects),
		cmocka_unit_test(system_calls),
		cmocka_unit_test(not_what_a_packet_met),
		cmocka_unit_test(borne_out_by_the_attempt_without),
		cmocka_unit_test(not_borne_out),
		cmocka_unit_test(left_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
