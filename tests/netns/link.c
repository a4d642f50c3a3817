/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hosts and links: built in place, and ready when they say so.  FWLAB_LABS is
 * how many labs the first-packet test builds (100).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsim/link.h"

#define HOSTS_MAX 4

/* What a test owns, freed by its teardown. */
struct lab {
	struct sim_host *hosts[HOSTS_MAX];
	int sockets[2];
	struct sim_error err;
};

static int own_namespaces(void)
{
	if (unshare(CLONE_NEWNET) < 0) {
		fprintf(stderr, "skipped: unshare: %s (needs root)\n", strerror(errno));
		return 77;
	}
	return 0;
}

static int lab_setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	if (!lab)
		return -1;
	lab->sockets[0] = lab->sockets[1] = -1;
	*state = lab;
	return 0;
}

static void lab_clear(struct lab *lab)
{
	for (size_t i = 0; i < 2; i++) {
		if (lab->sockets[i] >= 0)
			close(lab->sockets[i]);
		lab->sockets[i] = -1;
	}
	for (size_t i = 0; i < HOSTS_MAX; i++) {
		sim_host_free(lab->hosts[i]);
		lab->hosts[i] = NULL;
	}
}

static int lab_teardown(void **state)
{
	lab_clear(*state);
	free(*state);
	return 0;
}

/* Fail with the error's text. */
#define ok(lab, call)                                                                              \
	do {                                                                                       \
		(lab)->err.text[0] = '\0';                                                         \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, (lab)->err.text);                                \
	} while (0)

static struct sim_prefix prefix(const char *text)
{
	struct sim_prefix parsed;
	assert_true(sim_prefix_parse(text, false, &parsed));
	return parsed;
}

static void give(struct lab *lab, size_t host, const char *ifname, const char *address)
{
	struct sim_prefix parsed = prefix(address);
	ok(lab, sim_address_add(lab->hosts[host], ifname, &parsed, &lab->err));
}

static void add_hosts(struct lab *lab, size_t count)
{
	static const char *const names[HOSTS_MAX] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < count; i++)
		ok(lab, sim_host_new(names[i], &lab->hosts[i], &lab->err));
}

/* Two hosts, one veth pair. */
static void build_pair(struct lab *lab)
{
	add_hosts(lab, 2);
	struct sim_veth_end a = {lab->hosts[0], "eth0", NULL};
	struct sim_veth_end b = {lab->hosts[1], "eth0", NULL};
	ok(lab, sim_veth_add(&a, &b, &lab->err));
	ok(lab, sim_links_up(lab->hosts, 2, &lab->err));
	give(lab, 0, "eth0", "10.0.0.1/24");
	give(lab, 1, "eth0", "10.0.0.2/24");
	give(lab, 0, "eth0", "fd00::1/64");
	give(lab, 1, "eth0", "fd00::2/64");
}

/* Two hosts on a bridge of a third. */
static void build_bridged(struct lab *lab)
{
	add_hosts(lab, 3);
	ok(lab, sim_bridge_add(lab->hosts[2], "br0", &lab->err));
	for (size_t i = 0; i < 2; i++) {
		struct sim_veth_end port = {lab->hosts[2], i ? "port1" : "port0", "br0"};
		struct sim_veth_end end = {lab->hosts[i], "eth0", NULL};
		ok(lab, sim_veth_add(i ? &end : &port, i ? &port : &end, &lab->err));
	}
	ok(lab, sim_links_up(lab->hosts, 3, &lab->err));
	give(lab, 0, "eth0", "10.0.0.1/24");
	give(lab, 1, "eth0", "10.0.0.2/24");
	give(lab, 0, "eth0", "fd00::1/64");
	give(lab, 1, "eth0", "fd00::2/64");
}

struct bound {
	int family;
	const char *address; /* NULL: unbound */
	int fd;
};

static struct sockaddr_storage socket_address(int family, const char *address)
{
	struct sockaddr_storage storage = {.ss_family = (sa_family_t)family};
	if (family == AF_INET) {
		struct sockaddr_in *v4 = (struct sockaddr_in *)&storage;
		v4->sin_port = htons(4000);
		assert_int_equal(inet_pton(family, address, &v4->sin_addr), 1);
	} else {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&storage;
		v6->sin6_port = htons(4000);
		assert_int_equal(inet_pton(family, address, &v6->sin6_addr), 1);
	}
	return storage;
}

static int make_socket(void *arg, struct sim_error *err)
{
	struct bound *bound = arg;
	bound->fd = socket(bound->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bound->fd < 0)
		return sim_fail(err, errno, "socket");
	if (!bound->address)
		return 0;
	struct sockaddr_storage at = socket_address(bound->family, bound->address);
	if (bind(bound->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return sim_fail(err, errno, "bind");
	return 0;
}

/* Send one datagram from host 0 to host 1's address: true if it is there when send() returns. */
static bool first_packet_arrives(struct lab *lab, int family, const char *to)
{
	struct bound receiver = {family, to, -1};
	struct bound sender = {family, NULL, -1};
	ok(lab, sim_host_within(lab->hosts[1], make_socket, &receiver, &lab->err));
	lab->sockets[0] = receiver.fd;
	ok(lab, sim_host_within(lab->hosts[0], make_socket, &sender, &lab->err));
	lab->sockets[1] = sender.fd;

	struct sockaddr_storage address = socket_address(family, to);
	char byte = 'x';
	ssize_t sent = sendto(sender.fd, &byte, 1, 0, (struct sockaddr *)&address, sizeof(address));
	bool arrived = sent == 1 && recv(receiver.fd, &byte, 1, 0) == 1;
	close(receiver.fd);
	close(sender.fd);
	lab->sockets[0] = lab->sockets[1] = -1;
	return arrived;
}

static void test_no_first_packet_is_lost(void **state)
{
	struct lab *lab = *state;
	const char *wanted = getenv("FWLAB_LABS");
	unsigned long labs = wanted ? strtoul(wanted, NULL, 10) : 100;
	unsigned long lost = 0;
	for (unsigned long i = 0; i < labs; i++) {
		if (i % 2)
			build_bridged(lab);
		else
			build_pair(lab);
		lost += !first_packet_arrives(lab, AF_INET, "10.0.0.2");
		lost += !first_packet_arrives(lab, AF_INET6, "fd00::2");
		lab_clear(lab);
	}
	print_message("%lu labs, %lu first packets, %lu lost\n", labs, 2 * labs, lost);
	assert_int_equal(lost, 0);
}

static void test_route_through_a_router(void **state)
{
	struct lab *lab = *state;
	add_hosts(lab, 3);
	struct sim_host **host = lab->hosts;
	struct sim_veth_end ends[2][2] = {{{host[0], "eth0", NULL}, {host[2], "left", NULL}},
					  {{host[1], "eth0", NULL}, {host[2], "right", NULL}}};
	for (size_t i = 0; i < 2; i++)
		ok(lab, sim_veth_add(&ends[i][0], &ends[i][1], &lab->err));
	ok(lab, sim_links_up(host, 3, &lab->err));
	give(lab, 0, "eth0", "10.0.1.2/24");
	give(lab, 2, "left", "10.0.1.1/24");
	give(lab, 2, "right", "10.0.2.1/24");
	give(lab, 1, "eth0", "10.0.2.2/24");
	give(lab, 0, "eth0", "fd00:1::2/64");
	give(lab, 2, "left", "fd00:1::1/64");
	give(lab, 2, "right", "fd00:2::1/64");
	give(lab, 1, "eth0", "fd00:2::2/64");
	ok(lab, sim_host_forward(host[2], &lab->err));
	static const char *const routes[][3] = {{"0", "0.0.0.0/0", "10.0.1.1"},
						{"1", "10.0.1.0/24", "10.0.2.1"},
						{"0", "::/0", "fd00:1::1"},
						{"1", "fd00:1::/64", "fd00:2::1"}};
	for (size_t i = 0; i < 4; i++) {
		struct sim_prefix to = prefix(routes[i][1]);
		struct sim_prefix via = prefix(routes[i][2]);
		ok(lab, sim_route_add(host[routes[i][0][0] - '0'], &to, &via, &lab->err));
	}
	assert_true(first_packet_arrives(lab, AF_INET, "10.0.2.2"));
	assert_true(first_packet_arrives(lab, AF_INET6, "fd00:2::2"));
}

static enum sim_way way_to(struct lab *lab, const char *address)
{
	enum sim_way way;
	struct sim_prefix to = prefix(address);
	ok(lab, sim_way_get(lab->hosts[0], &to, &way, &lab->err));
	return way;
}

/* Send one datagram from host 0: the errno of it. */
static int send_error(struct lab *lab, int family, const char *to)
{
	struct bound sender = {family, NULL, -1};
	ok(lab, sim_host_within(lab->hosts[0], make_socket, &sender, &lab->err));
	struct sockaddr_storage address = socket_address(family, to);
	int status = sendto(sender.fd, "x", 1, 0, (struct sockaddr *)&address, sizeof(address)) < 0
			     ? errno
			     : 0;
	close(sender.fd);
	return status;
}

static void test_ways(void **state)
{
	struct lab *lab = *state;
	build_pair(lab);
	assert_int_equal(way_to(lab, "10.0.0.2"), SIM_WAY_OPEN);
	assert_int_equal(way_to(lab, "fd00::2"), SIM_WAY_OPEN);
	assert_int_equal(way_to(lab, "10.0.0.1"), SIM_WAY_OPEN);
	assert_int_equal(way_to(lab, "192.0.2.1"), SIM_WAY_NO_ROUTE);
	assert_int_equal(way_to(lab, "2001:db8::1"), SIM_WAY_NO_ROUTE);
	assert_int_equal(send_error(lab, AF_INET, "192.0.2.1"), ENETUNREACH);
	send_error(lab, AF_INET, "10.0.0.77");
	send_error(lab, AF_INET6, "fd00::77");
	assert_int_equal(way_to(lab, "10.0.0.77"), SIM_WAY_NO_NEIGHBOUR);
	assert_int_equal(way_to(lab, "fd00::77"), SIM_WAY_NO_NEIGHBOUR);
}

/* Errors that come back when this many datagrams have been sent to a port where nobody listens. */
static unsigned count_errors(struct lab *lab, int family, const char *to, unsigned datagrams)
{
	struct bound sender = {family, NULL, -1};
	ok(lab, sim_host_within(lab->hosts[0], make_socket, &sender, &lab->err));
	lab->sockets[0] = sender.fd;
	struct sockaddr_storage address = socket_address(family, to);
	unsigned errors = 0;
	char byte = 'x';
	assert_int_equal(connect(sender.fd, (struct sockaddr *)&address, sizeof(address)), 0);
	for (unsigned i = 0; i < datagrams; i++) {
		assert_int_equal(send(sender.fd, &byte, 1, 0), 1);
		errors += recv(sender.fd, &byte, 1, 0) < 0 && errno == ECONNREFUSED;
	}
	close(sender.fd);
	lab->sockets[0] = -1;
	return errors;
}

static void test_no_icmp_error_is_withheld(void **state)
{
	struct lab *lab = *state;
	build_pair(lab);
	assert_int_equal(count_errors(lab, AF_INET, "10.0.0.2", 2000), 2000);
	assert_int_equal(count_errors(lab, AF_INET6, "fd00::2", 2000), 2000);
}

static void test_refusals_carry_the_kernels_words(void **state)
{
	struct lab *lab = *state;
	build_pair(lab);
	struct sim_prefix to = prefix("10.9.0.0/16");
	struct sim_prefix via = prefix("192.0.2.1");
	assert_int_equal(sim_route_add(lab->hosts[0], &to, &via, &lab->err), -1);
	assert_non_null(strstr(lab->err.text, "host a: cannot route 10.9.0.0/16 via 192.0.2.1"));
	assert_non_null(strstr(lab->err.text, "Nexthop has invalid gateway"));
	assert_int_equal(lab->err.errnum, ENETUNREACH);

	struct sim_prefix again = prefix("10.0.0.1/24");
	assert_int_equal(sim_address_add(lab->hosts[0], "eth0", &again, &lab->err), -1);
	assert_int_equal(lab->err.errnum, EEXIST);
	assert_int_equal(sim_address_add(lab->hosts[0], "eth7", &again, &lab->err), -1);
	assert_string_equal(lab->err.text, "host a has no interface eth7: No such device");

	struct sim_veth_end a = {lab->hosts[0], "eth0", NULL};
	struct sim_veth_end b = {lab->hosts[1], "eth9", NULL};
	assert_int_equal(sim_veth_add(&a, &b, &lab->err), -1);
	assert_int_equal(lab->err.errnum, EEXIST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_no_first_packet_is_lost, lab_setup,
						lab_teardown),
		cmocka_unit_test_setup_teardown(test_route_through_a_router, lab_setup,
						lab_teardown),
		cmocka_unit_test_setup_teardown(test_ways, lab_setup, lab_teardown),
		cmocka_unit_test_setup_teardown(test_no_icmp_error_is_withheld, lab_setup,
						lab_teardown),
		cmocka_unit_test_setup_teardown(test_refusals_carry_the_kernels_words, lab_setup,
						lab_teardown),
	};
	if (own_namespaces())
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
