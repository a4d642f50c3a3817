/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel does to a packet's sender: every verdict at every place, over
 * both families, as wire.h is relied on to see it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#include "tests/support/by_hand.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define OPEN_PORT    7
#define CLOSED_PORT  9
#define SHORT_MS     60
#define LONG_MS	     10000 /* never waited for: what is expected comes at once */

static const char *const hooks[PLACES] = {[NEAR] = "output", [WAY] = "forward", [FAR] = "input"};
static const char *const far_address[] = {"10.9.2.2", "fd00:9:2::2"};

/* Who speaks for a place, towards near. */
static const char *const offenders[PLACES][2] = {
	[NEAR] = {"10.9.1.1", "fd00:9:1::1"},
	[WAY] = {"10.9.1.254", "fd00:9:1::254"},
	[FAR] = {"10.9.2.2", "fd00:9:2::2"},
};

enum packet { TCP, UDP, PING, PACKETS };
static const char *const packet_names[] = {"tcp", "udp", "ping"};

static int protocol_of(enum packet packet, int family)
{
	static const int protocols[PACKETS][2] = {[TCP] = {IPPROTO_TCP, IPPROTO_TCP},
						  [UDP] = {IPPROTO_UDP, IPPROTO_UDP},
						  [PING] = {IPPROTO_ICMP, IPPROTO_ICMPV6}};
	return protocols[packet][family == AF_INET6];
}

static int send_and_receive(int fd, enum packet packet, int family, const struct wire_limit *limit,
			    struct sighting *seen)
{
	char data[64] = "nonce\n";
	if (packet == PING)
		data[0] = family == AF_INET6 ? (char)ICMP6_ECHO_REQUEST : ICMP_ECHO, data[1] = 0;
	if (wire_send(fd, data, sizeof(data), limit, seen) < 0)
		return -1;
	return wire_receive(fd, data, sizeof(data), limit, seen) < 0 ? -1 : 0;
}

/* One packet's fate.  A tcp handshake is all there is to it; else an answer is awaited. */
static int attempt(enum packet packet, const char *address, uint16_t port, unsigned ms,
		   struct sighting *seen)
{
	struct sockaddr_storage to = address_by_hand(address, port);
	const struct wire_limit limit = {.deadline_ns = wire_now_ns() + ms * 1000000ULL};
	memset(seen, 0, sizeof(*seen));
	int fd = wire_socket(to.ss_family, packet == TCP ? SOCK_STREAM : SOCK_DGRAM,
			     protocol_of(packet, to.ss_family), seen);
	if (fd < 0)
		return -1;
	int done = wire_connect(fd, (struct sockaddr *)&to, wire_address_length(&to), &limit, seen);
	if (done == 0 && packet != TCP)
		done = send_and_receive(fd, packet, to.ss_family, &limit, seen);
	close(fd);
	return done;
}

/* One rule, at the hook that a packet from near to far passes in `place`. */
static void load(enum place_by_hand place, const char *rule)
{
	char rules[1024];
	snprintf(rules, sizeof(rules),
		 "add table inet t; add chain inet t c { type filter hook %s priority 0; };"
		 "add rule inet t c %s",
		 hooks[place], rule);
	assert_int_equal(nft(place, rules), 0);
}

/* The verdict for all that the tests send. */
static void load_for_all(enum place_by_hand place, const char *verdict)
{
	char rules[512];
	snprintf(rules, sizeof(rules),
		 "tcp dport 7 %s; add rule inet t c udp dport 7 %s;"
		 "add rule inet t c icmp type echo-request %s;"
		 "add rule inet t c icmpv6 type echo-request %s",
		 verdict, verdict, verdict, verdict);
	load(place, rules);
}

static void unload(enum place_by_hand place)
{
	assert_int_equal(nft(place, "delete table inet t"), 0);
}

/* After a test that failed half-way, so that the next one starts without rules. */
static int unload_all(void **state)
{
	int failed = 0;
	(void)state;
	for (int place = 0; place < PLACES; place++)
		failed |= nft((enum place_by_hand)place, "flush ruleset");
	return failed;
}

/* What a sighting should have; an ICMP error where `by` is not NULL. */
struct fate {
	bool timed_out;
	int error;
	enum wire_call call;
	bool at_once;
	const char *by;
	int type, code;
};

static bool same_host(const struct sockaddr_storage *a, const char *text)
{
	char seen[INET6_ADDRSTRLEN] = "";
	const void *bytes = a->ss_family == AF_INET6
				    ? (const void *)&((const struct sockaddr_in6 *)a)->sin6_addr
				    : (const void *)&((const struct sockaddr_in *)a)->sin_addr;
	inet_ntop(a->ss_family, bytes, seen, sizeof(seen));
	return !strcmp(seen, text);
}

static void check(const struct sighting *seen, const struct fate *fate, const char *what,
		  const char *address)
{
	const struct icmp_sighting *icmp = &seen->icmp;
	bool same = seen->timed_out == fate->timed_out && seen->error == fate->error &&
		    seen->call == fate->call && seen->error_at_once == fate->at_once &&
		    icmp->seen == (fate->by != NULL);
	if (same && fate->by)
		same = icmp->type == fate->type && icmp->code == fate->code &&
		       same_host(&icmp->offender, fate->by);
	if (!same)
		fail_msg("%s to %s: timed out %d, error %d, call %d, at once %d, icmp %d %d/%d: %s",
			 what, address, seen->timed_out, seen->error, (int)seen->call,
			 seen->error_at_once, icmp->seen, icmp->type, icmp->code, seen->trouble);
	assert_true(*seen->trouble);
	assert_true(same_host(&seen->remote, address) || seen->call == CALL_SOCKET);
}

static void expect_fate(enum packet packet, const char *address, uint16_t port,
			const struct fate *fate, const char *what)
{
	struct sighting seen;
	char name[128];
	snprintf(name, sizeof(name), "%s %s", packet_names[packet], what);
	assert_int_equal(
		attempt(packet, address, port, fate->timed_out ? SHORT_MS : LONG_MS, &seen), -1);
	check(&seen, fate, name, address);
}

static void nothing_in_the_way(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct sighting seen;
		assert_int_equal(attempt(TCP, far_address[v6], OPEN_PORT, LONG_MS, &seen), 0);
		assert_int_equal(seen.protocol, IPPROTO_TCP);
		assert_true(same_host(&seen.remote, far_address[v6]));
		assert_true(same_host(&seen.local, offenders[NEAR][v6]));
		assert_false(seen.icmp.seen);
		assert_int_equal(attempt(PING, far_address[v6], 0, LONG_MS, &seen), 0);
		assert_int_equal(seen.error, 0);
	}
}

/* A drop: silence, but for one's own udp and v4 pings, of which send() tells. */
static void drops(void **state)
{
	(void)state;
	for (int place = 0; place < PLACES; place++) {
		load_for_all((enum place_by_hand)place, "drop");
		for (int packet = 0; packet < PACKETS; packet++)
			for (int v6 = 0; v6 < 2; v6++) {
				bool told =
					place == NEAR && (packet == UDP || (packet == PING && !v6));
				struct fate silence = {.timed_out = true,
						       .call = packet == TCP ? CALL_CONNECT
									     : CALL_RECEIVE};
				struct fate eperm = {
					.error = EPERM, .call = CALL_SEND, .at_once = true};
				expect_fate((enum packet)packet, far_address[v6], OPEN_PORT,
					    told ? &eperm : &silence, hooks[place]);
			}
		unload((enum place_by_hand)place);
	}
}

/* nft's icmpx: what each family sends, and the errno that comes of it. */
static const struct {
	const char *verdict;
	struct {
		int type, code, error;
	} family[2];
} rejects[] = {
	{"reject with icmpx type port-unreachable", {{3, 3, ECONNREFUSED}, {1, 4, ECONNREFUSED}}},
	{"reject with icmpx type admin-prohibited", {{3, 13, EHOSTUNREACH}, {1, 1, EACCES}}},
	{"reject with icmpx type host-unreachable", {{3, 1, EHOSTUNREACH}, {1, 3, EHOSTUNREACH}}},
	{"reject with icmpx type no-route", {{3, 0, ENETUNREACH}, {1, 0, ENETUNREACH}}},
};

/* At one's own OUTPUT send() fails with EPERM beside the ICMP error, over v6 not for a ping. */
static struct fate reject_fate(size_t reject, enum place_by_hand place, enum packet packet, int v6)
{
	struct fate fate = {.error = rejects[reject].family[v6].error,
			    .call = packet == TCP ? CALL_CONNECT : CALL_RECEIVE,
			    .by = offenders[place][v6],
			    .type = rejects[reject].family[v6].type,
			    .code = rejects[reject].family[v6].code};
	if (place == NEAR && (packet == UDP || (packet == PING && !v6))) {
		fate.error = EPERM;
		fate.call = CALL_SEND;
		fate.at_once = true;
	}
	return fate;
}

static void icmp_rejects(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rejects); i++)
		for (int place = 0; place < PLACES; place++) {
			load_for_all((enum place_by_hand)place, rejects[i].verdict);
			for (int packet = 0; packet < PACKETS; packet++)
				for (int v6 = 0; v6 < 2; v6++) {
					struct fate fate = reject_fate(i, (enum place_by_hand)place,
								       (enum packet)packet, v6);
					expect_fate((enum packet)packet, far_address[v6], OPEN_PORT,
						    &fate, rejects[i].verdict);
				}
			unload((enum place_by_hand)place);
		}
}

static void tcp_resets(void **state)
{
	(void)state;
	for (int place = 0; place < PLACES; place++) {
		load((enum place_by_hand)place, "tcp dport 7 reject with tcp reset");
		for (int v6 = 0; v6 < 2; v6++) {
			struct sighting seen;
			assert_int_equal(attempt(TCP, far_address[v6], OPEN_PORT, LONG_MS, &seen),
					 -1);
			assert_int_equal(seen.error, ECONNREFUSED);
			assert_int_equal(seen.call, CALL_CONNECT);
			assert_false(seen.icmp.seen);
		}
		unload((enum place_by_hand)place);
	}
}

/* The RST passes OUTPUT too: a rule that matches it as well leaves only silence. */
static void a_reset_that_rejects_itself(void **state)
{
	(void)state;
	struct fate silence = {.timed_out = true, .call = CALL_CONNECT};
	load(NEAR, "meta l4proto tcp reject with tcp reset");
	for (int v6 = 0; v6 < 2; v6++)
		expect_fate(TCP, far_address[v6], OPEN_PORT, &silence, "reset of its own reset");
	unload(NEAR);
}

static void closed_ports(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct sighting seen;
		assert_int_equal(attempt(TCP, far_address[v6], CLOSED_PORT, LONG_MS, &seen), -1);
		assert_int_equal(seen.error, ECONNREFUSED);
		assert_int_equal(seen.call, CALL_CONNECT);
		assert_false(seen.icmp.seen);

		struct fate udp = {.error = ECONNREFUSED,
				   .call = CALL_RECEIVE,
				   .by = far_address[v6],
				   .type = v6 ? 1 : 3,
				   .code = v6 ? 4 : 3};
		expect_fate(UDP, far_address[v6], CLOSED_PORT, &udp, "closed port");
	}
}

static void no_route_of_one_s_own(void **state)
{
	(void)state;
	struct fate fate = {.error = ENETUNREACH, .call = CALL_CONNECT, .at_once = true};
	for (int packet = 0; packet < PACKETS; packet++) {
		expect_fate((enum packet)packet, "192.0.2.1", OPEN_PORT, &fate, "no route");
		expect_fate((enum packet)packet, "2001:db8::1", OPEN_PORT, &fate, "no route");
	}
}

static void routes_that_refuse(void **state)
{
	static const struct {
		const char *add, *remove, *address;
		int error;
	} table[] = {
		{"route add prohibit 198.51.100.0/24", "route del 198.51.100.0/24", "198.51.100.1",
		 EACCES},
		{"route add unreachable 198.51.100.0/24", "route del 198.51.100.0/24",
		 "198.51.100.1", EHOSTUNREACH},
		{"route add blackhole 198.51.100.0/24", "route del 198.51.100.0/24", "198.51.100.1",
		 EINVAL},
		{"-6 route add prohibit 2001:db8::/32", "-6 route del 2001:db8::/32", "2001:db8::1",
		 EACCES},
		{"-6 route add unreachable 2001:db8::/32", "-6 route del 2001:db8::/32",
		 "2001:db8::1", EHOSTUNREACH},
		{"-6 route add blackhole 2001:db8::/32", "-6 route del 2001:db8::/32",
		 "2001:db8::1", EINVAL},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct fate fate = {.error = table[i].error, .call = CALL_CONNECT, .at_once = true};
		assert_int_equal(ip(NEAR, table[i].add), 0);
		expect_fate(TCP, table[i].address, OPEN_PORT, &fate, table[i].add);
		assert_int_equal(ip(NEAR, table[i].remove), 0);
	}
}

/* near routes 10.9.0.0/16 to way, which has no route to the rest of it. */
static void a_router_without_a_route(void **state)
{
	(void)state;
	for (int packet = 0; packet < PACKETS; packet++)
		for (int v6 = 0; v6 < 2; v6++) {
			struct fate fate = {.error = ENETUNREACH,
					    .call = packet == TCP ? CALL_CONNECT : CALL_RECEIVE,
					    .by = offenders[WAY][v6],
					    .type = v6 ? 1 : 3,
					    .code = 0};
			expect_fate((enum packet)packet, v6 ? "fd00:9:77::1" : "10.9.77.1",
				    OPEN_PORT, &fate, "router without a route");
		}
}

/* The kernel that looked for the neighbour says so: our own, or the router's. */
static void missing_neighbours(void **state)
{
	static const struct {
		enum place_by_hand place;
		const char *address[2];
	} table[] = {
		{NEAR, {"10.9.1.77", "fd00:9:1::77"}},
		{WAY, {"10.9.2.77", "fd00:9:2::77"}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		for (int packet = 0; packet < PACKETS; packet++)
			for (int v6 = 0; v6 < 2; v6++) {
				struct fate fate = {.error = EHOSTUNREACH,
						    .call = packet == TCP ? CALL_CONNECT
									  : CALL_RECEIVE,
						    .by = offenders[table[i].place][v6],
						    .type = v6 ? 1 : 3,
						    .code = v6 ? 3 : 1};
				expect_fate((enum packet)packet, table[i].address[v6], OPEN_PORT,
					    &fate, "missing neighbour");
			}
}

static void pings_are_for_the_groups_in_range(void **state)
{
	(void)state;
	assert_int_equal(sysctl_in(NEAR, "ipv4/ping_group_range", "1 0"), 0);
	struct fate fate = {.error = EACCES, .call = CALL_SOCKET, .at_once = true};
	expect_fate(PING, far_address[0], 0, &fate, "closed ping_group_range");
	expect_fate(PING, far_address[1], 0, &fate, "closed ping_group_range");
	assert_int_equal(sysctl_in(NEAR, "ipv4/ping_group_range", "0 2147483647"), 0);
}

static int listeners[2] = {-1, -1};

static int set_up(void **state)
{
	(void)state;
	if (network_by_hand() != 0)
		return -1;
	listeners[0] = listener_in(FAR, SOCK_STREAM, OPEN_PORT);
	listeners[1] = listener_in(FAR, SOCK_DGRAM, OPEN_PORT);
	if (sysctl_in(NEAR, "ipv4/ping_group_range", "0 2147483647") < 0)
		return -1;
	return reachable(far_address[0], OPEN_PORT) && reachable(far_address[1], OPEN_PORT) ? 0
											    : -1;
}

static int tear_down(void **state)
{
	(void)state;
	close(listeners[0]);
	close(listeners[1]);
	end_network_by_hand();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_in_the_way),
		cmocka_unit_test_teardown(drops, unload_all),
		cmocka_unit_test_teardown(icmp_rejects, unload_all),
		cmocka_unit_test_teardown(tcp_resets, unload_all),
		cmocka_unit_test_teardown(a_reset_that_rejects_itself, unload_all),
		cmocka_unit_test(closed_ports),
		cmocka_unit_test(no_route_of_one_s_own),
		cmocka_unit_test(routes_that_refuse),
		cmocka_unit_test(a_router_without_a_route),
		cmocka_unit_test(missing_neighbours),
		cmocka_unit_test(pings_are_for_the_groups_in_range),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
