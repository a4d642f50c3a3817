/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every sighting means: the kernel's errno, ICMP messages and silences,
 * under what is known of the lab.  buildd (10.9.0.1) sends, gateway is on the
 * way, mirror (10.9.0.2) is the target.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/verdict.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONCE	     "n1"

enum { TCP = IPPROTO_TCP, UDP = IPPROTO_UDP, PING4 = IPPROTO_ICMP, PING6 = IPPROTO_ICMPV6 };
enum { YES = 1, NO = 0, UNKNOWN = -1 };

/* A sighting, what is known, and the outcome.  Fields that are left out are 0. */
struct row {
	const char *name;
	struct {
		int family, type, code;
		const char *by; /* host; NULL: no ICMP error */
	} icmp;
	enum probe_kind kind;
	int protocol;
	enum stage stage;
	int error;
	enum wire_call call;
	int listening, routed;
	enum outcome_kind outcome; /* what it should be, with the texts at the end */
	bool answered, timed_out, at_once;
	bool expects_arrival, stranger; /* stranger: the target is nobody's address */
	const char *arrived;		/* at this host */

	const char *how, *evidence, *host;
};

/* A row is a paragraph here: clang-format would make a column of it. */
/* clang-format off */
static const struct row rows[] = {
	/* Answers */
	{.name = "an echo that was seen to arrive", .protocol = TCP, .stage = STAGE_DONE,
	 .answered = true, .listening = YES, .routed = YES, .arrived = "mirror",
	 .expects_arrival = true, .outcome = OUTCOME_ALLOWED, .how = "", .evidence = "arrival",
	 .host = ""},
	{.name = "a real daemon", .protocol = TCP, .stage = STAGE_DONE, .answered = true,
	 .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_ALLOWED, .how = "",
	 .evidence = "reply", .host = ""},
	{.name = "an answer that no service of ours gave", .protocol = TCP, .stage = STAGE_DONE,
	 .answered = true, .listening = YES, .routed = YES, .expects_arrival = true,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "reply", .host = ""},
	{.name = "a ping", .kind = PROBE_PING, .protocol = PING4, .stage = STAGE_DONE,
	 .answered = true, .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_ALLOWED,
	 .how = "", .evidence = "reply", .host = ""},

	/* OUTPUT drops */
	{.name = "drop at OUTPUT, tcp: silence", .protocol = TCP, .stage = STAGE_CONNECT,
	 .timed_out = true, .call = CALL_CONNECT, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_DROPPED, .how = "", .evidence = "timeout", .host = ""},
	{.name = "drop at OUTPUT, udp: EPERM", .protocol = UDP, .stage = STAGE_CONNECT,
	 .error = EPERM, .call = CALL_SEND, .at_once = true, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_DROPPED, .how = "", .evidence = "errno", .host = "buildd"},
	{.name = "drop at OUTPUT, udp to a closed port: EPERM is proof enough", .protocol = UDP,
	 .stage = STAGE_CONNECT, .error = EPERM, .call = CALL_SEND, .at_once = true,
	 .listening = NO, .routed = YES, .outcome = OUTCOME_DROPPED, .how = "", .evidence = "errno",
	 .host = "buildd"},
	{.name = "drop at OUTPUT, ping v4: EPERM", .kind = PROBE_PING, .protocol = PING4,
	 .stage = STAGE_CONNECT, .error = EPERM, .call = CALL_SEND, .at_once = true,
	 .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_DROPPED, .how = "",
	 .evidence = "errno", .host = "buildd"},
	{.name = "drop at OUTPUT, ping v6: silence", .kind = PROBE_PING, .protocol = PING6,
	 .stage = STAGE_ANSWER, .timed_out = true, .call = CALL_RECEIVE, .listening = NO,
	 .routed = YES, .outcome = OUTCOME_DROPPED, .how = "", .evidence = "timeout", .host = ""},

	/* OUTPUT rejects: the errno differs, the ICMP error decides */
	{.name = "default reject at OUTPUT, tcp", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ECONNREFUSED, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 3, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "port-unreachable",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "default reject at OUTPUT, tcp, although the port is closed", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = ECONNREFUSED, .call = CALL_CONNECT, .icmp = {AF_INET, 3,
	 3, "buildd"}, .listening = NO, .routed = YES, .outcome = OUTCOME_REJECTED,
	 .how = "port-unreachable", .evidence = "icmp", .host = "buildd"},
	{.name = "default reject at OUTPUT, tcp v6", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ECONNREFUSED, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 4, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "port-unreachable",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "default reject at OUTPUT, udp", .protocol = UDP, .stage = STAGE_CONNECT,
	 .error = EPERM, .call = CALL_SEND, .at_once = true, .icmp = {AF_INET, 3, 3, "buildd"},
	 .listening = NO, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "port-unreachable",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "default reject at OUTPUT, ping v6", .kind = PROBE_PING, .protocol = PING6,
	 .stage = STAGE_ANSWER, .error = ECONNREFUSED, .call = CALL_RECEIVE, .icmp = {AF_INET6, 1,
	 4, "buildd"}, .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_REJECTED,
	 .how = "port-unreachable", .evidence = "icmp", .host = "buildd"},
	{.name = "admin-prohibited at OUTPUT, tcp", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 13, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "admin-prohibited",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "admin-prohibited at OUTPUT, tcp v6", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EACCES, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 1, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "admin-prohibited",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "admin-prohibited at OUTPUT, udp", .protocol = UDP, .stage = STAGE_CONNECT,
	 .error = EPERM, .call = CALL_SEND, .at_once = true, .icmp = {AF_INET, 3, 13, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "admin-prohibited",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "admin-prohibited at OUTPUT, ping v4", .kind = PROBE_PING, .protocol = PING4,
	 .stage = STAGE_CONNECT, .error = EPERM, .call = CALL_SEND, .at_once = true,
	 .icmp = {AF_INET, 3, 13, "buildd"}, .listening = UNKNOWN, .routed = YES,
	 .outcome = OUTCOME_REJECTED, .how = "admin-prohibited", .evidence = "icmp",
	 .host = "buildd"},
	{.name = "host-unreachable at OUTPUT", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 1, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "host-unreachable",
	 .evidence = "icmp", .host = "buildd"},
	{.name = "net-unreachable at OUTPUT", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ENETUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 0, "buildd"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "net-unreachable",
	 .evidence = "icmp", .host = "buildd"},

	/* On the way, and at the target */
	{.name = "admin-prohibited by a router", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 13, "gateway"},
	 .listening = NO, .routed = UNKNOWN, .outcome = OUTCOME_REJECTED, .how = "admin-prohibited",
	 .evidence = "icmp", .host = "gateway"},
	{.name = "host-prohibited by the target", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3, 10, "mirror"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "host-prohibited",
	 .evidence = "icmp", .host = "mirror"},
	{.name = "policy-fail by the target", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EACCES, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 5, "mirror"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "policy-fail",
	 .evidence = "icmp", .host = "mirror"},
	{.name = "port-unreachable by a router, udp", .protocol = UDP, .stage = STAGE_ANSWER,
	 .error = ECONNREFUSED, .call = CALL_RECEIVE, .icmp = {AF_INET, 3, 3, "gateway"},
	 .listening = NO, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "port-unreachable",
	 .evidence = "icmp", .host = "gateway"},
	{.name = "port-unreachable by the target, tcp: no closed port says so", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = ECONNREFUSED, .call = CALL_CONNECT, .icmp = {AF_INET, 3,
	 3, "mirror"}, .listening = NO, .routed = YES, .outcome = OUTCOME_REJECTED,
	 .how = "port-unreachable", .evidence = "icmp", .host = "mirror"},
	{.name = "a closed udp port", .protocol = UDP, .stage = STAGE_ANSWER, .error = ECONNREFUSED,
	 .call = CALL_RECEIVE, .icmp = {AF_INET, 3, 3, "mirror"}, .listening = NO, .routed = YES,
	 .outcome = OUTCOME_UNREACHABLE, .how = "closed port", .evidence = "closed",
	 .host = "mirror"},
	{.name = "a closed udp port, v6", .protocol = UDP, .stage = STAGE_ANSWER,
	 .error = ECONNREFUSED, .call = CALL_RECEIVE, .icmp = {AF_INET6, 1, 4, "mirror"},
	 .listening = NO, .routed = YES, .outcome = OUTCOME_UNREACHABLE, .how = "closed port",
	 .evidence = "closed", .host = "mirror"},
	{.name = "an open udp port that says port-unreachable", .protocol = UDP,
	 .stage = STAGE_ANSWER, .error = ECONNREFUSED, .call = CALL_RECEIVE, .icmp = {AF_INET, 3, 3,
	 "mirror"}, .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED,
	 .how = "port-unreachable", .evidence = "icmp", .host = "mirror"},
	{.name = "a udp port of which nothing is known", .protocol = UDP, .stage = STAGE_ANSWER,
	 .error = ECONNREFUSED, .call = CALL_RECEIVE, .icmp = {AF_INET, 3, 3, "mirror"},
	 .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_INCONCLUSIVE,
	 .how = "port-unreachable", .evidence = "icmp", .host = "mirror"},
	{.name = "a missing neighbour, as the own kernel reports it", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3,
	 1, "buildd"}, .listening = UNKNOWN, .routed = NO, .outcome = OUTCOME_UNREACHABLE,
	 .how = "host-unreachable", .evidence = "route", .host = "buildd"},
	{.name = "a missing neighbour, v6", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 3, "buildd"},
	 .listening = UNKNOWN, .routed = NO, .outcome = OUTCOME_UNREACHABLE,
	 .how = "addr-unreachable", .evidence = "route", .host = "buildd"},
	{.name = "a router without a route", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ENETUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 0, "gateway"},
	 .listening = YES, .routed = NO, .outcome = OUTCOME_UNREACHABLE, .how = "no-route",
	 .evidence = "route", .host = "gateway"},
	{.name = "a router with a route that says no-route", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = ENETUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET6, 1,
	 0, "gateway"}, .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED,
	 .how = "no-route", .evidence = "icmp", .host = "gateway"},
	{.name = "reject-route, with a route", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EACCES, .call = CALL_CONNECT, .icmp = {AF_INET6, 1, 6, "gateway"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_REJECTED, .how = "reject-route",
	 .evidence = "icmp", .host = "gateway"},
	{.name = "host-unreachable from somebody of whose routes nothing is known", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = EHOSTUNREACH, .call = CALL_CONNECT, .icmp = {AF_INET, 3,
	 1, "gateway"}, .listening = YES, .routed = UNKNOWN, .outcome = OUTCOME_INCONCLUSIVE,
	 .how = "host-unreachable", .evidence = "icmp", .host = "gateway"},
	{.name = "host-unreachable from nobody of the lab", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = EHOSTUNREACH, .call = CALL_CONNECT,
	 .icmp = {AF_INET, 3, 1, ""}, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "host-unreachable", .evidence = "icmp",
	 .host = ""},
	{.name = "a routing loop", .protocol = TCP, .stage = STAGE_CONNECT, .error = EHOSTUNREACH,
	 .call = CALL_CONNECT, .icmp = {AF_INET, 11, 0, "gateway"}, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_UNREACHABLE, .how = "time exceeded", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "a routing loop, v6", .protocol = UDP, .stage = STAGE_ANSWER,
	 .error = EHOSTUNREACH, .call = CALL_RECEIVE, .icmp = {AF_INET6, 3, 0, "gateway"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_UNREACHABLE, .how = "time exceeded",
	 .evidence = "icmp", .host = "gateway"},
	{.name = "fragmentation needed", .protocol = UDP, .stage = STAGE_ANSWER, .error = EMSGSIZE,
	 .call = CALL_RECEIVE, .icmp = {AF_INET, 3, 4, "gateway"}, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_UNREACHABLE, .how = "fragmentation needed", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "packet too big", .protocol = UDP, .stage = STAGE_ANSWER, .error = EMSGSIZE,
	 .call = CALL_RECEIVE, .icmp = {AF_INET6, 2, 0, "gateway"}, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_UNREACHABLE, .how = "packet too big", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "parameter problem", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EPROTO, .call = CALL_CONNECT, .icmp = {AF_INET, 12, 0, "gateway"},
	 .listening = YES, .routed = YES, .outcome = OUTCOME_INCONCLUSIVE, .how = "parameter problem",
	 .evidence = "icmp", .host = "gateway"},

	/* RSTs */
	{.name = "a closed tcp port", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ECONNREFUSED, .call = CALL_CONNECT, .listening = NO, .routed = YES,
	 .outcome = OUTCOME_UNREACHABLE, .how = "closed port", .evidence = "closed",
	 .host = "mirror"},
	{.name = "tcp reset at OUTPUT, at once", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = ECONNREFUSED, .call = CALL_CONNECT, .at_once = true, .listening = YES,
	 .routed = YES, .outcome = OUTCOME_REJECTED, .how = "tcp-reset", .evidence = "reset",
	 .host = ""},
	{.name = "a reset at a port of which nothing is known", .protocol = TCP,
	 .stage = STAGE_CONNECT, .error = ECONNREFUSED, .call = CALL_CONNECT, .listening = UNKNOWN,
	 .routed = YES, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "reset",
	 .host = ""},
	{.name = "a reset after the handshake", .protocol = TCP, .stage = STAGE_ANSWER,
	 .error = ECONNRESET, .call = CALL_RECEIVE, .listening = YES, .routed = YES,
	 .expects_arrival = true, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none",
	 .host = ""},

	/* The own kernel: routing and confinement */
	{.name = "no route, at once", .protocol = TCP, .stage = STAGE_CONNECT, .error = ENETUNREACH,
	 .call = CALL_CONNECT, .at_once = true, .listening = UNKNOWN, .routed = UNKNOWN,
	 .outcome = OUTCOME_UNREACHABLE, .how = "no route", .evidence = "route", .host = "buildd"},
	{.name = "no route, at once, udp", .protocol = UDP, .stage = STAGE_CONNECT,
	 .error = EHOSTUNREACH, .call = CALL_CONNECT, .at_once = true, .listening = YES,
	 .routed = NO, .outcome = OUTCOME_UNREACHABLE, .how = "no route", .evidence = "route",
	 .host = "buildd"},
	{.name = "a blackhole route", .protocol = TCP, .stage = STAGE_CONNECT, .error = EINVAL,
	 .call = CALL_CONNECT, .at_once = true, .listening = YES, .routed = NO,
	 .outcome = OUTCOME_UNREACHABLE, .how = "no route", .evidence = "route", .host = "buildd"},
	{.name = "Landlock: EACCES from connect, no ICMP", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EACCES, .call = CALL_CONNECT, .at_once = true, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "errno", .host = ""},
	{.name = "cgroup BPF: EPERM from connect, tcp", .protocol = TCP, .stage = STAGE_CONNECT,
	 .error = EPERM, .call = CALL_CONNECT, .at_once = true, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "errno", .host = ""},
	{.name = "cgroup BPF: EPERM from connect, udp", .protocol = UDP, .stage = STAGE_CONNECT,
	 .error = EPERM, .call = CALL_CONNECT, .at_once = true, .listening = YES, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "errno", .host = ""},
	{.name = "a closed ping_group_range", .kind = PROBE_PING, .protocol = PING4,
	 .stage = STAGE_START, .error = EACCES, .call = CALL_SOCKET, .at_once = true,
	 .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_INCONCLUSIVE, .how = "",
	 .evidence = "none", .host = ""},
	{.name = "EHOSTUNREACH later, with nothing to show for it", .protocol = UDP,
	 .stage = STAGE_ANSWER, .error = EHOSTUNREACH, .call = CALL_RECEIVE, .listening = YES,
	 .routed = YES, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none", .host = ""},

	/* Silences */
	{.name = "silence at a port of which nothing is known", .protocol = TCP,
	 .stage = STAGE_CONNECT, .timed_out = true, .call = CALL_CONNECT, .listening = UNKNOWN,
	 .routed = YES, .outcome = OUTCOME_DROPPED, .how = "", .evidence = "timeout", .host = ""},
	{.name = "silence where nothing listens", .protocol = UDP, .stage = STAGE_ANSWER,
	 .timed_out = true, .call = CALL_RECEIVE, .listening = NO, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none", .host = ""},
	{.name = "silence where nothing listens, tcp", .protocol = TCP, .stage = STAGE_CONNECT,
	 .timed_out = true, .call = CALL_CONNECT, .listening = NO, .routed = YES,
	 .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none", .host = ""},
	{.name = "silence without a route", .protocol = TCP, .stage = STAGE_CONNECT,
	 .timed_out = true, .call = CALL_CONNECT, .listening = YES, .routed = NO,
	 .outcome = OUTCOME_UNREACHABLE, .how = "no route", .evidence = "route", .host = "buildd"},
	{.name = "silence, and nothing is known of the route", .protocol = TCP,
	 .stage = STAGE_CONNECT, .timed_out = true, .call = CALL_CONNECT, .listening = YES,
	 .routed = UNKNOWN, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none",
	 .host = ""},
	{.name = "silence at nobody's address", .protocol = TCP, .stage = STAGE_CONNECT,
	 .timed_out = true, .call = CALL_CONNECT, .listening = UNKNOWN, .routed = YES,
	 .stranger = true, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none",
	 .host = ""},
	{.name = "the reply was lost", .protocol = UDP, .stage = STAGE_ANSWER, .timed_out = true,
	 .call = CALL_RECEIVE, .listening = YES, .routed = YES, .arrived = "mirror",
	 .expects_arrival = true, .outcome = OUTCOME_DROPPED, .how = "", .evidence = "timeout",
	 .host = ""},
	{.name = "silence after the handshake", .protocol = TCP, .stage = STAGE_ANSWER,
	 .timed_out = true, .call = CALL_RECEIVE, .listening = YES, .routed = YES,
	 .expects_arrival = true, .outcome = OUTCOME_INCONCLUSIVE, .how = "", .evidence = "none",
	 .host = ""},
	{.name = "a program that did not end", .kind = PROBE_RUN, .stage = STAGE_ANSWER,
	 .timed_out = true, .listening = UNKNOWN, .routed = YES, .outcome = OUTCOME_INCONCLUSIVE,
	 .how = "", .evidence = "none", .host = ""},
};
/* clang-format on */

static void set_address(struct sockaddr_storage *address, const char *text, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	v4->sin_family = AF_INET;
	v4->sin_port = htons(port);
	inet_pton(AF_INET, text, &v4->sin_addr);
}

static struct sighting sighting_of(const struct row *row)
{
	struct sighting seen = {
		.stage = row->stage,
		.answered = row->answered,
		.timed_out = row->timed_out,
		.error = row->error,
		.error_at_once = row->at_once,
		.call = row->call,
		.protocol = (uint8_t)row->protocol,
		.nonce = NONCE,
		.status = -1,
	};
	set_address(&seen.remote, "10.9.0.2", 80);
	if (row->icmp.by) {
		seen.icmp = (struct icmp_sighting){.seen = true,
						   .family = row->icmp.family,
						   .type = (uint8_t)row->icmp.type,
						   .code = (uint8_t)row->icmp.code};
		set_address(&seen.icmp.offender, "10.9.0.3", 0);
	}
	return seen;
}

static void judge_row(const struct row *row, struct outcome *outcome)
{
	struct probe probe = {.kind = row->kind};
	struct errand errand = {
		.probe = &probe, .timeout_ms = 500, .expects_arrival = row->expects_arrival};
	struct sighting seen = sighting_of(row);
	/* Another probe's arrival comes first, and must not count. */
	struct server_message arrivals[] = {
		{.kind = SERVERS_ARRIVAL, .host = "other", .nonce = "n0"},
		{.kind = SERVERS_ARRIVAL, .nonce = NONCE},
	};
	if (row->arrived)
		snprintf(arrivals[1].host, sizeof(arrivals[1].host), "%s", row->arrived);
	struct circumstances known = {
		.arrivals = arrivals,
		.n_arrivals = row->arrived ? 2 : 1,
		.source_host = "buildd",
		.remote_host = row->stranger ? "" : "mirror",
		.offender_host = row->icmp.by ? row->icmp.by : "",
		.listening = row->listening,
		.routed = row->routed,
	};
	judge(&errand, &seen, &known, outcome);
}

static void every_sighting_has_its_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct outcome outcome;
		judge_row(row, &outcome);
		if (outcome.kind != row->outcome || strcmp(outcome.how, row->how) != 0 ||
		    strcmp(outcome.evidence.kind, row->evidence) != 0 ||
		    strcmp(outcome.evidence.host, row->host) != 0)
			fail_msg("%s: %s, how '%s', evidence '%s', host '%s': %s", row->name,
				 outcome_kind_name(outcome.kind), outcome.how,
				 outcome.evidence.kind, outcome.evidence.host, outcome.why);
		assert_true(*outcome.why);
	}
}

static const struct row *row_named(const char *name)
{
	for (size_t i = 0; i < COUNT(rows); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	fail_msg("no row '%s'", name);
	return NULL;
}

static void evidence_is_told(void **state)
{
	(void)state;
	struct outcome outcome;
	judge_row(row_named("admin-prohibited at OUTPUT, tcp"), &outcome);
	assert_string_equal(outcome.why,
			    "buildd answered with ICMP admin-prohibited before the packet left");
	assert_string_equal(outcome.evidence.icmp,
			    "admin-prohibited (ICMP type 3 code 13) from 10.9.0.3");
	assert_string_equal(outcome.evidence.hook, "output");

	judge_row(row_named("admin-prohibited by a router"), &outcome);
	assert_string_equal(outcome.why, "gateway answered with ICMP admin-prohibited");
	assert_string_equal(outcome.evidence.hook, "");

	judge_row(row_named("a closed tcp port"), &outcome);
	assert_string_equal(outcome.why, "nothing listens on mirror's tcp port 80");

	judge_row(row_named("the reply was lost"), &outcome);
	assert_string_equal(outcome.evidence.arrived_at, "mirror");
	judge_row(row_named("a real daemon"), &outcome);
	assert_string_equal(outcome.evidence.arrived_at, "mirror");

	judge_row(row_named("a closed ping_group_range"), &outcome);
	assert_non_null(strstr(outcome.why, "ping_group_range"));
	judge_row(row_named("Landlock: EACCES from connect, no ICMP"), &outcome);
	assert_non_null(strstr(outcome.why, "Landlock"));
}

/* The egress filter of a cgroup has a word of its own, which goes before errno and silence. */
static void what_a_filter_refused(void **state)
{
	static const char *const names_of_rows[] = {"drop at OUTPUT, tcp: silence",
						    "drop at OUTPUT, udp: EPERM"};
	(void)state;
	for (size_t i = 0; i < COUNT(names_of_rows); i++) {
		struct probe probe = {.kind = PROBE_CONNECT};
		struct errand errand = {.probe = &probe, .timeout_ms = 500};
		struct sighting seen = sighting_of(row_named(names_of_rows[i]));
		const struct filtered filtered = {.cgroup = "cell", .packet = "tcp a > b SYN"};
		struct circumstances known = {.source_host = "buildd",
					      .remote_host = "mirror",
					      .offender_host = "",
					      .listening = YES,
					      .routed = YES,
					      .filtered = &filtered};
		struct outcome outcome;
		judge(&errand, &seen, &known, &outcome);
		assert_int_equal(outcome.kind, OUTCOME_CONFINED);
		assert_string_equal(outcome.evidence.kind, "cgroup");
		assert_string_equal(outcome.evidence.host, "buildd");
		assert_string_equal(outcome.how, "by cgroup cell: egress filter");
		assert_string_equal(outcome.why,
				    "the egress filter of cgroup cell refused tcp a > b SYN");
		/* What was answered got through, whatever else was refused. */
		seen.answered = true;
		judge(&errand, &seen, &known, &outcome);
		assert_int_equal(outcome.kind, OUTCOME_ALLOWED);
	}
}

/* A host that talks to itself rejects at OUTPUT or at INPUT: no telling which. */
static void a_host_s_own_address_has_two_hooks(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_CONNECT};
	struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = sighting_of(row_named("admin-prohibited at OUTPUT, tcp"));
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "buildd",
				      .offender_host = "buildd",
				      .listening = YES,
				      .routed = YES};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_REJECTED);
	assert_string_equal(outcome.evidence.hook, "");
}

/* Names: DNS arrivals have no nonce, their text tells whose they are. */
static void judge_name(enum probe_kind kind, bool was_answered, int status, const char *answer,
		       const char *arrival_text, struct outcome *outcome)
{
	struct probe probe = {.kind = kind,
			      .question = kind == PROBE_FETCH ? "http://deb.debian.org/x"
							      : "deb.debian.org.",
			      .url_host = "deb.debian.org"};
	struct errand errand = {.probe = &probe, .timeout_ms = 500, .expects_arrival = true};
	struct sighting seen = {.stage = STAGE_RESOLVE,
				.answered = was_answered,
				.timed_out = status < 0,
				.protocol = UDP,
				.call = status < 0 ? CALL_RECEIVE : CALL_NONE,
				.status = status};
	snprintf(seen.answer, sizeof(seen.answer), "%s", answer);
	struct server_message arrival = {.kind = SERVERS_ARRIVAL, .host = "ns"};
	snprintf(arrival.text, sizeof(arrival.text), "%s", arrival_text);
	struct circumstances known = {.arrivals = &arrival,
				      .n_arrivals = 1,
				      .source_host = "buildd",
				      .remote_host = "ns",
				      .offender_host = "",
				      .listening = YES,
				      .routed = YES};
	judge(&errand, &seen, &known, outcome);
}

static void names(void **state)
{
	(void)state;
	struct outcome outcome;
	judge_name(PROBE_RESOLVE, true, 0, "10.9.0.2", "A DEB.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_ALLOWED);
	assert_string_equal(outcome.evidence.arrived_at, "ns");

	/* From /etc/hosts, say: no nameserver was asked. */
	judge_name(PROBE_RESOLVE, true, 0, "10.9.0.2", "A deb.debian.org.evil", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);

	judge_name(PROBE_RESOLVE, true, 3, "", "AAAA deb.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(outcome.how, "NXDOMAIN");
	judge_name(PROBE_FETCH, false, 2, "", "A deb.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(outcome.how, "SERVFAIL");
	judge_name(PROBE_RESOLVE, true, 0, "", "A deb.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(outcome.how, "no address");
	judge_name(PROBE_RESOLVE, true, 15, "", "A deb.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);

	judge_name(PROBE_FETCH, false, -1, "", "A deb.debian.org", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_DROPPED);
	assert_string_equal(outcome.evidence.arrived_at, "ns");
	judge_name(PROBE_FETCH, false, -1, "", "A other", &outcome);
	assert_int_equal(outcome.kind, OUTCOME_DROPPED);
	assert_string_equal(outcome.evidence.arrived_at, "");
}

static void a_page_that_is_not_there(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_FETCH, .url_host = "mirror"};
	struct errand errand = {.probe = &probe, .timeout_ms = 500, .expects_arrival = true};
	struct sighting seen = {
		.stage = STAGE_ANSWER, .protocol = TCP, .nonce = NONCE, .status = 404};
	struct server_message arrival = {.kind = SERVERS_ARRIVAL, .host = "mirror", .nonce = NONCE};
	struct circumstances known = {.arrivals = &arrival,
				      .n_arrivals = 1,
				      .source_host = "buildd",
				      .remote_host = "mirror",
				      .offender_host = "",
				      .listening = YES,
				      .routed = YES};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	assert_string_equal(outcome.how, "HTTP 404");
	assert_string_equal(outcome.evidence.kind, "arrival");
}

static void judge_program(int status, struct outcome *outcome, struct sighting *seen)
{
	struct probe probe = {.kind = PROBE_RUN};
	struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "",
				      .offender_host = "",
				      .listening = UNKNOWN,
				      .routed = UNKNOWN};
	*seen = (struct sighting){.stage = STAGE_DONE,
				  .answered = true,
				  .status = status,
				  .output = "Err:1 Could not connect\n"};
	judge(&errand, seen, &known, outcome);
}

static void programs(void **state)
{
	(void)state;
	struct outcome outcome;
	struct sighting seen;
	judge_program(100 << 8, &outcome, &seen);
	assert_int_equal(outcome.kind, OUTCOME_EXITED);
	assert_string_equal(outcome.how, "exit 100");
	judge_program(9, &outcome, &seen);
	assert_int_equal(outcome.kind, OUTCOME_EXITED);
	assert_string_equal(outcome.how, "signal 9");
}

/* What was lost might have been logged: where that counts, an answer is not enough. */
static void a_log_with_holes_decides_nothing(void **state)
{
	(void)state;
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	const struct sighting seen = {.stage = STAGE_DONE, .answered = true, .protocol = TCP};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "mirror",
				      .offender_host = "",
				      .last_seen = "",
				      .listening = YES,
				      .routed = YES,
				      .trace_lost = true};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_ALLOWED);
	known.log_wanted = true;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
}

/* Who refused to let a neighbour be found is blamed where a neighbour was missing, and only there.
 */
static void neighbours_that_may_not_be_found(void **state)
{
	(void)state;
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = {.stage = STAGE_CONNECT, .protocol = TCP, .call = CALL_CONNECT};
	const struct decision by = {.host = "gateway",
				    .hook = "output",
				    .table = "inet fw",
				    .chain = "output",
				    .rule = "drop",
				    .sought = "fd00::2"};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "mirror",
				      .offender_host = "buildd",
				      .last_seen = "",
				      .listening = YES,
				      .traced = true,
				      .starvation = &by};
	struct outcome outcome;
	seen.error = EHOSTUNREACH;
	known.routed = NO;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_DROPPED);
	assert_string_equal(outcome.how, "neighbour discovery");
	assert_non_null(strstr(outcome.why, "fd00::2, without which IPv6"));
	assert_string_equal(outcome.evidence.host, "gateway");
	assert_string_equal(outcome.evidence.rule, "drop");
	known.routed = YES; /* it was found after all, and something else failed */
	judge(&errand, &seen, &known, &outcome);
	assert_int_not_equal(outcome.kind, OUTCOME_DROPPED);
	known.listening = NO;
	seen.error = ECONNREFUSED;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	seen.error = 0;
	seen.timed_out = true; /* it was the answer that could not be sent */
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_DROPPED);
}

/* NAT has sent it into the network of a daemon, whose own rules nobody hears. */
static void where_nobody_hears(void **state)
{
	(void)state;
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	struct sighting seen = {.stage = STAGE_CONNECT,
				.protocol = TCP,
				.call = CALL_CONNECT,
				.error = ECONNREFUSED};
	struct circumstances known = {.source_host = "buildd",
				      .remote_host = "gateway",
				      .offender_host = "",
				      .target_host = "gateway/web",
				      .target_port = 8080,
				      .last_seen = "",
				      .listening = NO,
				      .routed = YES,
				      .traced = true,
				      .unheard = "gateway/web"};
	struct outcome outcome;
	judge(&errand, &seen, &known, &outcome);
	assert_string_equal(outcome.how, "closed port");
	assert_string_equal(outcome.evidence.host, "gateway/web");
	assert_string_equal(outcome.why, "nothing listens on gateway/web's tcp port 8080");
	known.listening = YES;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_REJECTED);
	assert_string_equal(outcome.evidence.host, "gateway/web");
	known.unheard_others = true;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_REJECTED);
	assert_string_equal(outcome.evidence.host, "");
	known.unheard_others = false;
	known.unheard = NULL; /* every rule was heard, and none did it: nor is the port closed */
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_INCONCLUSIVE);
	assert_non_null(strstr(outcome.why, "although something listens on gateway/web's"));
	known.unheard = "gateway/web";
	seen.error = 0;
	seen.timed_out = true;
	judge(&errand, &seen, &known, &outcome);
	assert_int_equal(outcome.kind, OUTCOME_UNREACHABLE);
	assert_non_null(strstr(outcome.why, "gateway/web may have rules of its own"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_nobody_hears),
		cmocka_unit_test(every_sighting_has_its_meaning),
		cmocka_unit_test(evidence_is_told),
		cmocka_unit_test(what_a_filter_refused),
		cmocka_unit_test(a_host_s_own_address_has_two_hooks),
		cmocka_unit_test(names),
		cmocka_unit_test(a_page_that_is_not_there),
		cmocka_unit_test(programs),
		cmocka_unit_test(a_log_with_holes_decides_nothing),
		cmocka_unit_test(neighbours_that_may_not_be_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
