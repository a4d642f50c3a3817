/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A network made by hand, with ip(8) and nft(8), for tests of what stands
 * below netsim's users: near (the test's own namespace) - way - far.
 *
 *   near 10.9.1.1 fd00:9:1::1 -- 10.9.1.254 way 10.9.2.254 -- far 10.9.2.2 fd00:9:2::2
 */
#ifndef TESTS_BY_HAND_H
#define TESTS_BY_HAND_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/wire.h"

enum place_by_hand { NEAR, WAY, FAR, PLACES };

static int netns_of[PLACES] = {-1, -1, -1};

/* Run a program in one of the places; its exit status. */
static int run_in(enum place_by_hand place, char *const argv[])
{
	pid_t child = fork();
	if (child == 0) {
		if (setns(netns_of[place], CLONE_NEWNET) == 0)
			execvp(argv[0], argv);
		_exit(127);
	}
	int status = -1;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ip(8), its arguments parted by single blanks. */
static int ip(enum place_by_hand place, const char *arguments)
{
	char text[256];
	char *argv[32] = {text};
	size_t n = 0;
	snprintf(text, sizeof(text), "ip %s", arguments);
	for (char *rest = text, *word; n < 31 && (word = strsep(&rest, " "));)
		argv[n++] = word;
	argv[n] = NULL;
	return run_in(place, argv);
}

static int nft(enum place_by_hand place, const char *ruleset)
{
	char text[1024];
	char program[] = "nft";
	snprintf(text, sizeof(text), "%s", ruleset);
	return run_in(place, (char *[]){program, text, NULL});
}

static int new_netns(void)
{
	return unshare(CLONE_NEWNET) == 0 ? open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC) : -1;
}

static int sysctl_in(enum place_by_hand place, const char *path, const char *value)
{
	char name[128];
	if (setns(netns_of[place], CLONE_NEWNET) < 0)
		return -1;
	snprintf(name, sizeof(name), "/proc/sys/net/%s", path);
	int fd = open(name, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(value);
	/* An empty ratemask is a newline to write. */
	bool written = fd >= 0 && write(fd, value, (size_t)length) == length;
	if (fd >= 0)
		close(fd);
	return setns(netns_of[NEAR], CLONE_NEWNET) == 0 && written ? 0 : -1;
}

/* ICMP errors unlimited, no DAD, packets forwarded. */
static int quiet(enum place_by_hand place)
{
	static const char *const settings[][2] = {
		{"ipv4/icmp_ratelimit", "0"},	   {"ipv4/icmp_ratemask", "0"},
		{"ipv6/icmp/ratelimit", "0"},	   {"ipv6/icmp/ratemask", "\n"},
		{"ipv6/conf/all/accept_dad", "0"}, {"ipv6/conf/default/accept_dad", "0"},
		{"ipv4/ip_forward", "1"},	   {"ipv6/conf/all/forwarding", "1"},
	};
	int failed = 0;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		failed |= sysctl_in(place, settings[i][0], settings[i][1]);
	return failed;
}

static int cable(enum place_by_hand a, const char *a_name, enum place_by_hand b, const char *b_name)
{
	char text[256];
	snprintf(text, sizeof(text), "link add %s type veth peer name %s netns /proc/%d/fd/%d",
		 a_name, b_name, getpid(), netns_of[b]);
	return ip(a, text);
}

/* A missing neighbour is known soon: settings that only an interface has. */
static int impatient(enum place_by_hand place, const char *ifname)
{
	static const char *const settings[][2] = {{"retrans_time_ms", "10"},
						  {"mcast_solicit", "1"}};
	int failed = 0;
	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < 2; i++) {
			char path[96];
			snprintf(path, sizeof(path), "ipv%d/neigh/%s/%s", family, ifname,
				 settings[i][0]);
			failed |= sysctl_in(place, path, settings[i][1]);
		}
	return failed;
}

static int addresses_by_hand(void)
{
	static const struct {
		enum place_by_hand place;
		const char *command;
	} table[] = {
		{NEAR, "link set lo up"},
		{WAY, "link set lo up"},
		{FAR, "link set lo up"},
		{NEAR, "link set near0 up"},
		{WAY, "link set way0 up"},
		{WAY, "link set way1 up"},
		{FAR, "link set far0 up"},
		{NEAR, "address add 10.9.1.1/24 dev near0"},
		{NEAR, "address add fd00:9:1::1/64 dev near0 nodad"},
		{WAY, "address add 10.9.1.254/24 dev way0"},
		{WAY, "address add fd00:9:1::254/64 dev way0 nodad"},
		{WAY, "address add 10.9.2.254/24 dev way1"},
		{WAY, "address add fd00:9:2::254/64 dev way1 nodad"},
		{FAR, "address add 10.9.2.2/24 dev far0"},
		{FAR, "address add fd00:9:2::2/64 dev far0 nodad"},
		{NEAR, "route add 10.9.0.0/16 via 10.9.1.254"},
		{NEAR, "route add fd00:9::/32 via fd00:9:1::254"},
		{FAR, "route add 10.9.0.0/16 via 10.9.2.254"},
		{FAR, "route add fd00:9::/32 via fd00:9:2::254"},
	};
	int failed = 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		failed |= ip(table[i].place, table[i].command);
	return failed;
}

/* The address `text` of either family. */
static struct sockaddr_storage address_by_hand(const char *text, uint16_t port)
{
	struct sockaddr_storage address = {0};
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
	struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1)
		v6->sin6_family = AF_INET6;
	else if (inet_pton(AF_INET, text, &v4->sin_addr) == 1)
		v4->sin_family = AF_INET;
	v4->sin_port = htons(port); /* the same place in both */
	return address;
}

/* A socket in `place`, bound to every address of both families, listening if it is tcp. */
static int listener_in(enum place_by_hand place, int type, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	if (setns(netns_of[place], CLONE_NEWNET) < 0)
		return -1;
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0 &&
		     (type != SOCK_STREAM || listen(fd, 64) == 0);
	return setns(netns_of[NEAR], CLONE_NEWNET) == 0 && bound ? fd : -1;
}

/* Whether a handshake with far's `port` can be done by now: what a test waits for before it starts.
 */
static bool reachable(const char *address, uint16_t port)
{
	for (int tries = 0; tries < 200; tries++) {
		struct sighting seen = {0};
		struct sockaddr_storage to = address_by_hand(address, port);
		int fd = wire_socket(to.ss_family, SOCK_STREAM, IPPROTO_TCP, &seen);
		const struct wire_limit limit = {.deadline_ns = wire_now_ns() + 50000000};
		int done = wire_connect(fd, (struct sockaddr *)&to, wire_address_length(&to),
					&limit, &seen);
		close(fd);
		if (done == 0)
			return true;
	}
	return false;
}

/* Make it all; 0 when every step has worked. */
static int network_by_hand(void)
{
	int failed = 0;
	for (int place = 0; place < PLACES; place++)
		netns_of[place] = new_netns();
	if (setns(netns_of[NEAR], CLONE_NEWNET) < 0)
		return -1;
	for (int place = 0; place < PLACES; place++)
		failed |= quiet((enum place_by_hand)place);
	failed |= cable(NEAR, "near0", WAY, "way0");
	failed |= cable(WAY, "way1", FAR, "far0");
	failed |= impatient(NEAR, "near0") | impatient(WAY, "way1");
	return failed | addresses_by_hand();
}

static void end_network_by_hand(void)
{
	for (int place = 0; place < PLACES; place++)
		close(netns_of[place]);
}

#endif
