/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drops: what the kernel says of packets that it drops, where it may be asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <netinet/udp.h>
#include <sys/syscall.h>

#include "netsim/skb_drop.h"
#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

struct drops {
	struct fixture net; /* first: the other functions of traced.h take it */
	struct sim_drops *drops;
	const struct way *way;
};

static int setup_drops(void **state)
{
	struct drops *d = calloc(1, sizeof(*d));
	if (!d)
		return -1;
	*state = d;
	if (build(&d->net, true) == 0 &&
	    sim_drops_open(d->net.hosts, HOSTS, NULL, &d->drops, &d->net.err) == 0)
		return 0;
	print_error("%s\n", d->net.err.text);
	return -1;
}

static int teardown_drops(void **state)
{
	struct drops *d = *state;
	sim_drops_close(d->drops);
	return teardown(state);
}

/* "way IP_RPFILTER 10.9.1.1 > 10.9.2.2" for each drop of the families that we send. */
static void tell_drop(const struct sim_drop *drop, void *arg)
{
	struct fixture *f = arg;
	char from[SIM_PREFIX_TEXT], to[SIM_PREFIX_TEXT];
	const struct sim_packet *packet = &drop->packet;
	if (packet->protocol != IPPROTO_TCP && packet->protocol != IPPROTO_UDP)
		return;
	tell(f, "%s %s %s > %s\n", sim_host_name(f->hosts[drop->host]), drop->reason,
	     sim_address_text(&packet->from, from), sim_address_text(&packet->to, to));
}

/* All that has been told up to now; what is expected may be late. */
static void assert_drops(struct drops *d, const char *expected)
{
	struct fixture *f = &d->net;
	f->story[0] = '\0';
	do {
		int whole = sim_drops_read(d->drops, tell_drop, f, &f->err);
		if (whole < 0)
			fail_msg("%s", f->err.text);
		assert_int_equal(whole, 1);
	} while (strlen(f->story) < strlen(expected) &&
		 poll(&(struct pollfd){.fd = sim_drops_fd(d->drops), .events = POLLIN}, 1, 5000) >
			 0);
	assert_string_equal(f->story, expected);
}

/* A way to have a packet dropped, and what is told of it. */
static const struct way {
	const char *what;
	const char *near; /* shell's commands, beforehand; NULL: none */
	const char *way;
	int type;
	const char *to;
	uint16_t port;
	const char *told;
} ways[] = {
	{"arrives as it should", NULL, NULL, SOCK_DGRAM, "10.9.1.254", 9,
	 "way NO_SOCKET 10.9.1.1 > 10.9.1.254\n"},
	{"no socket, IPv6", NULL, NULL, SOCK_DGRAM, "fd00:9:2::2", 9,
	 "far NO_SOCKET fd00:9:1::1 > fd00:9:2::2\n"},
	{"no socket, TCP, and its reset is dropped", NULL,
	 NFT(BASE("forward", "accept", "tcp flags & rst != 0 drop\n")), SOCK_STREAM, "10.9.2.2", 80,
	 "far NO_SOCKET 10.9.1.1 > 10.9.2.2\nway NETFILTER_DROP 10.9.2.2 > 10.9.1.1\n"},
	{"the reverse path", NULL,
	 "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter; ip route add 10.9.1.1/32 dev far0",
	 SOCK_STREAM, "10.9.2.2", 80, "way IP_RPFILTER 10.9.1.1 > 10.9.2.2\n"},
	{"the router's own address as source", NULL, "ip address add 10.9.1.1/32 dev lo",
	 SOCK_STREAM, "10.9.2.2", 80, "way IP_LOCAL_SOURCE 10.9.1.1 > 10.9.2.2\n"},
	{"loopback as source",
	 "ip route replace 10.9.2.0/24 via 10.9.1.254 src 127.0.0.1;"
	 "echo 1 >/proc/sys/net/ipv4/conf/all/route_localnet",
	 NULL, SOCK_DGRAM, "10.9.2.2", 80, "way IP_LOCALNET 127.0.0.1 > 10.9.2.2\n"},
	{"no route on the way", "ip route add 10.77.0.0/16 via 10.9.1.254", NULL, SOCK_STREAM,
	 "10.77.0.1", 80, "way IP_INNOROUTES 10.9.1.1 > 10.77.0.1\n"},
	{"time to live", "ip route replace 10.9.2.0/24 via 10.9.1.254 hoplimit 1", NULL,
	 SOCK_STREAM, "10.9.2.2", 80, "way IP_INHDR 10.9.1.1 > 10.9.2.2\n"},
	{"ingress hook", NULL,
	 "nft add table netdev t; nft 'add chain netdev t i { type filter hook ingress device "
	 "near0 priority 0; policy drop; }'",
	 SOCK_STREAM, "10.9.2.2", 80, "way NETFILTER_DROP 10.9.1.1 > 10.9.2.2\n"},
	{"own output", NFT(BASE("output", "drop", "")), NULL, SOCK_STREAM, "fd00:9:2::2", 80,
	 "near NETFILTER_DROP fd00:9:1::1 > fd00:9:2::2\n"},
	{"traffic control", NULL,
	 "tc qdisc add dev near0 clsact; tc filter add dev near0 ingress bpf "
	 "direct-action bytecode '1,6 0 0 2'",
	 SOCK_STREAM, "10.9.2.2", 80, "way TC_INGRESS 10.9.1.1 > 10.9.2.2\n"},
};

/* What is not to be had any more once a reverse path is wrong, say. */
static void know_neighbours(struct drops *d)
{
	send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", 9);
	send_from(&d->net, NEAR, SOCK_DGRAM, "fd00:9:2::2", 9);
	assert_drops(d, "far NO_SOCKET 10.9.1.1 > 10.9.2.2\n"
			"far NO_SOCKET fd00:9:1::1 > fd00:9:2::2\n");
}

static int setup_way(void **state)
{
	const struct way *way = *state;
	int status = setup_drops(state);
	if (status == 0)
		((struct drops *)*state)->way = way;
	return status;
}

static void test_way(void **state)
{
	struct drops *d = *state;
	const struct way *way = d->way;
	know_neighbours(d);
	if (way->near)
		load(&d->net, NEAR, way->near);
	if (way->way)
		load(&d->net, WAY, way->way);
	send_from(&d->net, NEAR, way->type, way->to, way->port);
	assert_drops(d, way->told);
}

/* A datagram with the checksum of another one. */
static int send_damaged(void *arg, struct sim_error *err)
{
	(void)arg;
	struct sockaddr_in to = {.sin_family = AF_INET};
	inet_pton(AF_INET, "10.9.2.2", &to.sin_addr);
	struct udphdr datagram = {
		.source = htons(7), .dest = htons(9), .len = htons(8), .check = 1};
	autoclose int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);
	return sendto(fd, &datagram, sizeof(datagram), 0, (struct sockaddr *)&to, sizeof(to)) < 0
		       ? sim_fail(err, errno, "sendto")
		       : 0;
}

static void test_checksum(void **state)
{
	struct drops *d = *state;
	assert_int_equal(sim_host_within(d->net.hosts[NEAR], send_damaged, NULL, &d->net.err), 0);
	assert_drops(d, "far UDP_CSUM 10.9.1.1 > 10.9.2.2\n");
}

static int refuse_all(void *arg, struct sim_error *err)
{
	int *fd = arg;
	struct sock_filter nothing = {.code = BPF_RET | BPF_K, .k = 0};
	struct sock_fprog filter = {.len = 1, .filter = &nothing};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9)};
	*fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return bind(*fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
			       setsockopt(*fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter,
					  sizeof(filter)) < 0
		       ? sim_fail(err, errno, "a socket with a filter")
		       : 0;
}

static void test_socket_filter(void **state)
{
	struct drops *d = *state;
	int fd;
	assert_int_equal(sim_host_within(d->net.hosts[FAR], refuse_all, &fd, &d->net.err), 0);
	send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", 9);
	assert_drops(d, "far SOCKET_FILTER 10.9.1.1 > 10.9.2.2\n");
	close(fd);
}

/* What is dropped elsewhere is nobody's business; two may look on at once. */
static void test_only_these_hosts(void **state)
{
	struct drops *d = *state;
	struct drops other = {.net = d->net};
	if (sim_drops_open(&d->net.hosts[FAR], 1, NULL, &other.drops, &other.net.err) < 0)
		fail_msg("%s", other.net.err.text);
	send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.1.254", 9);
	send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", 9);
	assert_drops(d, "way NO_SOCKET 10.9.1.1 > 10.9.1.254\nfar NO_SOCKET 10.9.1.1 > 10.9.2.2\n");
	other.net.hosts[0] = other.net.hosts[FAR];
	assert_drops(&other, "far NO_SOCKET 10.9.1.1 > 10.9.2.2\n");
	sim_drops_close(other.drops);
}

static void count_drop(const struct sim_drop *drop, void *arg)
{
	size_t *count = arg;
	*count += !strcmp(drop->reason, "NO_SOCKET");
}

/* More than anybody has read: that is told, and those that come later are heard again. */
static void test_overflow(void **state)
{
	struct drops *d = *state;
	struct sim_error *err = &d->net.err;
	size_t count = 0;
	for (int i = 0; i < 8000; i++)
		send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", 9);
	assert_int_equal(sim_drops_read(d->drops, count_drop, &count, err), 0);
	assert_true(count > 1000 && count < 8000);
	send_from(&d->net, NEAR, SOCK_DGRAM, "10.9.2.2", 9);
	assert_drops(d, "far NO_SOCKET 10.9.1.1 > 10.9.2.2\n");
}

/* Where it may not be had: an error that says so, and nothing else. */
static void test_without_privilege(void **state)
{
	struct fixture *f = *state;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct all[_LINUX_CAPABILITY_U32S_3], none[_LINUX_CAPABILITY_U32S_3];
	struct sim_drops *drops = NULL;
	assert_int_equal(syscall(SYS_capget, &header, all), 0);
	memcpy(none, all, sizeof(all));
	none[0].effective = none[1].effective = 0;
	assert_int_equal(syscall(SYS_capset, &header, none), 0);
	int status = sim_drops_open(f->hosts, HOSTS, NULL, &drops, &f->err);
	assert_int_equal(syscall(SYS_capset, &header, all), 0);
	assert_int_equal(status, -1);
	assert_null(drops);
	assert_int_equal(f->err.errnum, EPERM);
}

#define N_WAYS (sizeof(ways) / sizeof(*ways))

static int run_all(void)
{
	struct CMUnitTest tests[N_WAYS + 5] = {
		cmocka_unit_test_setup_teardown(test_checksum, setup_drops, teardown_drops),
		cmocka_unit_test_setup_teardown(test_socket_filter, setup_drops, teardown_drops),
		cmocka_unit_test_setup_teardown(test_only_these_hosts, setup_drops, teardown_drops),
		cmocka_unit_test_setup_teardown(test_overflow, setup_drops, teardown_drops),
		cmocka_unit_test_setup_teardown(test_without_privilege, setup, teardown),
	};
	struct way copies[N_WAYS];
	for (size_t i = 0; i < N_WAYS; i++) {
		copies[i] = ways[i];
		tests[5 + i] = (struct CMUnitTest){copies[i].what, test_way, setup_way,
						   teardown_drops, &copies[i]};
	}
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0) {
		perror("skipped: /sys/kernel/btf/vmlinux");
		return TEST_SKIPPED;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run_all);
}
