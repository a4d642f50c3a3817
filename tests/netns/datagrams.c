/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel tells of a datagram on its last steps: past the rules of its host,
 * to a socket, whose that is, or to none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "netsim/discards.h"
#include "netsim/listening.h"
#include "netsim/socket_program.h"
#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

#define PORT 514

struct datagrams {
	struct fixture net; /* first: the functions of traced.h take it */
	int sockets[3];	    /* at FAR */
	size_t n_sockets;
	size_t admitted; /* datagrams, as the trace has told */
};

static int setup_datagrams(void **state)
{
	struct datagrams *d = calloc(1, sizeof(*d));
	if (!d)
		return -1;
	*state = d;
	if (build(&d->net, true) == 0)
		return 0;
	print_error("%s\n", d->net.err.text);
	return -1;
}

static int teardown_datagrams(void **state)
{
	struct datagrams *d = *state;
	while (d->n_sockets > 0)
		close(d->sockets[--d->n_sockets]);
	return teardown(state);
}

static int make_socket(void *arg, struct sim_error *err)
{
	(void)err;
	const int *family = arg;
	return socket(*family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Somebody who listens at an address of FAR's, or at all of them; the socket. */
static int listen_at(struct datagrams *d, const char *address)
{
	int family = strchr(address, ':') ? AF_INET6 : AF_INET;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
	bool is_v4 = family == AF_INET;
	int on = 1;
	int fd = sim_host_within(d->net.hosts[FAR], make_socket, &family, &d->net.err);
	assert_true(fd >= 0);
	d->sockets[d->n_sockets++] = fd;
	assert_int_equal(inet_pton(family, address, is_v4 ? (void *)&v4.sin_addr : &v6.sin6_addr),
			 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)), 0);
	assert_int_equal(
		bind(fd, is_v4 ? (void *)&v4 : (void *)&v6, is_v4 ? sizeof(v4) : sizeof(v6)), 0);
	return fd;
}

static uint64_t discards(struct datagrams *d)
{
	uint64_t count;
	if (sim_discards_read(sim_host_netns(d->net.hosts[FAR]), &count, &d->net.err) < 0)
		fail_msg("%s", d->net.err.text);
	return count;
}

static void send_both(struct datagrams *d)
{
	assert_int_equal(send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", PORT), 0);
	assert_int_equal(send_from(&d->net, NEAR, SOCK_DGRAM, "fd00:9:2::2", PORT), 0);
}

/* Until so many have come to a socket: to be told of, they must be there. */
static void await_both(int fd)
{
	char byte;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 5000), 1);
		assert_int_equal(recv(fd, &byte, 1, 0), 1);
	}
}

/* Until the count has gone up by two, or it has not for too long. */
static void assert_discards(struct datagrams *d, uint64_t before)
{
	for (int i = 0; i < 500 && discards(d) < before + 2; i++)
		poll(NULL, 0, 10);
	assert_int_equal(discards(d), before + 2);
}

static void delivered(void **state)
{
	struct datagrams *d = *state;
	int fd = listen_at(d, "::");
	uint64_t before = discards(d);
	send_both(d);
	await_both(fd);
	assert_int_equal(discards(d), before);
}

static void no_socket(void **state)
{
	struct datagrams *d = *state;
	uint64_t before = discards(d);
	send_both(d);
	assert_discards(d, before);
}

static void filtered(void **state)
{
	struct datagrams *d = *state;
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	const struct sock_fprog filter = {.len = 1, .filter = nothing};
	int fd = listen_at(d, "::");
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)), 0);
	uint64_t before = discards(d);
	send_both(d);
	assert_discards(d, before);
}

/* As long as nobody reads, some have room in it, and the others have not. */
static void full(void **state)
{
	struct datagrams *d = *state;
	int least = 1;
	int fd = listen_at(d, "::");
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)), 0);
	for (unsigned i = 0; i < 100; i++)
		send_both(d);
	assert_true(discards(d) > 0);
	uint64_t before = discards(d);
	send_both(d);
	assert_discards(d, before);
}

static void count_admitted(const struct sim_trace_event *event, void *arg)
{
	struct datagrams *d = arg;
	d->admitted += sim_trace_is_own(event) && event->kind == SIM_TRACE_RULE &&
		       !strcmp(event->chain, SIM_TRACE_ADMITTED) &&
		       event->packet.protocol == IPPROTO_UDP && event->packet.dport == PORT;
}

static size_t admitted(struct datagrams *d)
{
	d->admitted = 0;
	if (sim_trace_read(d->net.trace, count_admitted, d, &d->net.err) < 0)
		fail_msg("%s", d->net.err.text);
	return d->admitted;
}

/* Whatever comes after all other rules comes before we tell of it, too. */
static void past_all_rules(void **state)
{
	static const char *const drops[] = {
		NFT(BASE("input", "accept", "udp dport 514 drop\n")),
		NFT(BASE("input", "drop", "")),
		NFT("chain input {\ntype filter hook input priority 2147483647;\n"
		    "udp dport 514 meta nftrace set 0 drop\n}\n"),
		"iptables-legacy -A INPUT -p udp -j DROP; ip6tables-legacy -A INPUT -p udp -j DROP",
	};
	struct datagrams *d = *state;
	int fd = listen_at(d, "::");
	open_trace(&d->net, FAR);
	for (size_t i = 0; i < sizeof(drops) / sizeof(*drops); i++) {
		send_both(d);
		await_both(fd);
		assert_int_equal(admitted(d), 2);
		load(&d->net, FAR, drops[i]);
		send_both(d);
		assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 100), 0);
		assert_int_equal(admitted(d), 0);
		load(&d->net, FAR,
		     "nft delete table inet fw 2>/dev/null || { iptables-legacy -F; "
		     "ip6tables-legacy -F; }");
	}
}

static struct sim_packet datagram(const char *from, const char *to, uint16_t sport)
{
	struct sim_packet packet = {.protocol = IPPROTO_UDP, .sport = sport, .dport = PORT};
	assert_true(sim_prefix_parse(from, false, &packet.from));
	assert_true(sim_prefix_parse(to, false, &packet.to));
	packet.family = packet.to.family;
	return packet;
}

static unsigned long socket_for(struct datagrams *d, const char *from, const char *to,
				uint16_t sport)
{
	unsigned long inode;
	const struct sim_packet packet = datagram(from, to, sport);
	int found =
		sim_udp_socket_for(sim_host_netns(d->net.hosts[FAR]), &packet, &inode, &d->net.err);
	assert_true(found >= 0);
	return found ? inode : 0;
}

static unsigned long inode_of(int fd)
{
	struct stat about;
	assert_int_equal(fstat(fd, &about), 0);
	return about.st_ino;
}

static void whose_socket(void **state)
{
	struct datagrams *d = *state;
	char name[SIM_PROGRAM_NAME];
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.2", 4000), 0);
	unsigned long both = inode_of(listen_at(d, "::"));
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.2", 4000), both);
	assert_int_equal(socket_for(d, "fd00:9:1::1", "fd00:9:2::2", 4000), both);
	int fd = listen_at(d, "10.9.2.2");
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.2", 4000), inode_of(fd));
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.3", 4000), both);
	const struct sockaddr_in peer = {.sin_family = AF_INET,
					 .sin_port = htons(4000),
					 .sin_addr.s_addr = inet_addr("10.9.1.1")};
	assert_int_equal(connect(fd, (const void *)&peer, sizeof(peer)), 0);
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.2", 4000), inode_of(fd));
	assert_int_equal(socket_for(d, "10.9.1.1", "10.9.2.2", 4001), both);
	assert_int_equal(prctl(PR_SET_NAME, "the test"), 0);
	assert_true(sim_socket_program(both, name));
	assert_string_equal(name, "the test");
	assert_false(sim_socket_program(0, name));
}

static int run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(delivered, setup_datagrams, teardown_datagrams),
		cmocka_unit_test_setup_teardown(no_socket, setup_datagrams, teardown_datagrams),
		cmocka_unit_test_setup_teardown(filtered, setup_datagrams, teardown_datagrams),
		cmocka_unit_test_setup_teardown(full, setup_datagrams, teardown_datagrams),
		cmocka_unit_test_setup_teardown(past_all_rules, setup_datagrams,
						teardown_datagrams),
		cmocka_unit_test_setup_teardown(whose_socket, setup_datagrams, teardown_datagrams),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run);
}
