/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/listening.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* __SO_ACCEPTCON of the kernel's <linux/net.h>: in the flags of proc(5)'s net/unix. */
#define LISTENS 0x10000UL

/* A table of the namespace.  What is in /proc is as of the thread that opens it. */
static FILE *open_table(int netns, const char *name)
{
	char path[64];
	FILE *table = NULL;
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(netns, CLONE_NEWNET) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	table = fopen(path, "re");
	/* Who is not where he thinks is of no use; errno says to atexit(3) why. */
	if (setns(home, CLONE_NEWNET) < 0)
		exit(EXIT_FAILURE);
	return table;
}

/* Addresses stand there as words of 32 bits, in the machine's own order. */
static bool read_address(const char *text, struct sim_prefix *address)
{
	size_t words = strlen(text) / 8;
	*address = (struct sim_prefix){.family = words == 1 ? AF_INET : AF_INET6};
	for (size_t i = 0; i < words && i < 4; i++) {
		char word[9];
		snprintf(word, sizeof(word), "%.8s", text + 8 * i);
		uint32_t value = (uint32_t)strtoul(word, NULL, 16);
		memcpy(address->bytes + 4 * i, &value, sizeof(value));
	}
	return words == 1 || words == 4;
}

static bool is_any(const struct sim_prefix *address)
{
	return address->family == AF_INET ? address->v4.s_addr == INADDR_ANY
					  : IN6_IS_ADDR_UNSPECIFIED(&address->v6);
}

/* Whether a socket that is bound to `bound` is there for packets to `at`. */
static int serves(const struct sim_prefix *bound, const struct sim_prefix *at)
{
	if (!at || sim_address_equal(bound, at))
		return 1;
	if (bound->family == at->family)
		return is_any(bound);
	if (bound->family == AF_INET6 && is_any(bound))
		return -1;
	return bound->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&bound->v6) &&
	       memcmp(bound->bytes + 12, at->bytes, 4) == 0;
}

/* What is looked for in a table. */
struct wanted {
	unsigned state;
	const struct sim_prefix *at;
	uint16_t port;
};

static int look_up(int netns, const char *name, const struct wanted *wanted)
{
	char line[512];
	int found = 0;
	autofclose FILE *table = open_table(netns, name);
	/* "  0: 0100007F:0019 00000000:0000 0A ...": after the heading, hexadecimal */
	while (found <= 0 && table && fgets(line, sizeof(line), table)) {
		char address[33];
		char port[5];
		char state[3];
		struct sim_prefix bound;
		if (sscanf(line, " %*u: %32[0-9A-F]:%4[0-9A-F] %*[0-9A-F]:%*[0-9A-F] %2[0-9A-F]",
			   address, port, state) != 3 ||
		    strtoul(port, NULL, 16) != wanted->port ||
		    strtoul(state, NULL, 16) != wanted->state || !read_address(address, &bound))
			continue;
		int serving = serves(&bound, wanted->at);
		found = serving ? serving : found;
	}
	return found;
}

int sim_listens_on(int netns, int protocol, const struct sim_prefix *at, uint16_t port)
{
	static const char *const names[][2] = {{"tcp", "tcp6"}, {"udp", "udp6"}};
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return -1;
	bool tcp = protocol == IPPROTO_TCP;
	/* A UDP socket that is not connected is in the state of a closed one. */
	const struct wanted wanted = {tcp ? TCP_LISTEN : TCP_CLOSE, at, port};
	int v4 = look_up(netns, names[!tcp][0], &wanted);
	int v6 = v4 > 0 ? 0 : look_up(netns, names[!tcp][1], &wanted);
	return v4 > 0 ? v4 : v6;
}

bool sim_listens_at(int netns, const char *path)
{
	char line[512];
	autofclose FILE *table = open_table(netns, "unix");
	/* "ffff8881: 00000002 00000000 00010000 0001 01 4711 /run/x.sock" */
	while (table && fgets(line, sizeof(line), table)) {
		char flags[17];
		int at = 0;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*[^:]: %*x %*x %16[0-9A-F] %*x %*x %*u %n", flags, &at) == 1 &&
		    at && (strtoul(flags, NULL, 16) & LISTENS) && !strcmp(line + at, path))
			return true;
	}
	return false;
}
