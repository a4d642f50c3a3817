/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/listening.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"
#include "netsim/net_table.h"

/* __SO_ACCEPTCON of the kernel's <linux/net.h>: in the flags of proc(5)'s net/unix. */
#define LISTENS 0x10000UL

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

/* How well a socket serves packets to an address: of several, the kernel takes the best. */
enum service { SERVES_NOT, SERVES_PERHAPS, SERVES_ANY, SERVES_THIS };

/* A socket that is bound to `bound`, and packets to `at`. */
static enum service serves(const struct sim_prefix *bound, const struct sim_prefix *at)
{
	if (!at || sim_address_equal(bound, at))
		return SERVES_THIS;
	if (bound->family == at->family)
		return is_any(bound) ? SERVES_ANY : SERVES_NOT;
	if (bound->family == AF_INET6 && is_any(bound))
		return SERVES_PERHAPS;
	return bound->family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&bound->v6) &&
			       memcmp(bound->bytes + 12, at->bytes, 4) == 0
		       ? SERVES_THIS
		       : SERVES_NOT;
}

/* A line of a table. */
struct entry {
	struct sim_prefix local, remote;
	uint16_t port, remote_port;
	unsigned state;
	unsigned long inode;
};

/*
 * "  0: 0100007F:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4711 ...",
 * after the heading: hexadecimal up to the owner.
 */
static bool read_entry(const char *line, struct entry *entry)
{
	char local[33], remote[33], port[5], remote_port[5], state[3], inode[21];
	if (sscanf(line,
		   " %*u: %32[0-9A-F]:%4[0-9A-F] %32[0-9A-F]:%4[0-9A-F] %2[0-9A-F] "
		   "%*[0-9A-F]:%*[0-9A-F] %*[0-9A-F]:%*[0-9A-F] %*[0-9A-F] %*u %*u %20[0-9]",
		   local, port, remote, remote_port, state, inode) != 6)
		return false;
	entry->port = (uint16_t)strtoul(port, NULL, 16);
	entry->remote_port = (uint16_t)strtoul(remote_port, NULL, 16);
	entry->state = (unsigned)strtoul(state, NULL, 16);
	entry->inode = strtoul(inode, NULL, 10);
	return read_address(local, &entry->local) && read_address(remote, &entry->remote);
}

/* What is looked for in tables, and the best of what was found. */
struct search {
	unsigned state;
	const struct sim_prefix *at;
	uint16_t port;
	const struct sim_packet *datagram; /* NULL: any from anybody */
	enum service service;
	unsigned long inode; /* of that socket */
};

/* Whoever listens may have connected the socket to whom the first datagram was from. */
static bool is_connected_to(const struct entry *entry, const struct sim_packet *from)
{
	return from && entry->state == TCP_ESTABLISHED && entry->remote_port == from->sport &&
	       serves(&entry->remote, &from->from) == SERVES_THIS;
}

static int look_up(int netns, const char *name, struct search *search)
{
	char line[512];
	autofclose FILE *table = net_table_open(netns, name);
	/* A kernel without IPv6 has no tables of it. */
	if (!table)
		return errno == ENOENT ? 0 : -1;
	while (search->service != SERVES_THIS && fgets(line, sizeof(line), table)) {
		struct entry entry;
		if (!read_entry(line, &entry) || entry.port != search->port)
			continue;
		bool connected = is_connected_to(&entry, search->datagram);
		if (entry.state != search->state && !connected)
			continue;
		enum service service = connected ? SERVES_THIS : serves(&entry.local, search->at);
		if (service <= search->service)
			continue;
		search->service = service;
		search->inode = entry.inode;
	}
	return ferror(table) ? -1 : 0;
}

/* -1 with errno where not all can be read. */
static int look_up_both(int netns, bool tcp, struct search *search)
{
	return look_up(netns, tcp ? "tcp" : "udp", search) < 0
		       ? -1
		       : look_up(netns, tcp ? "tcp6" : "udp6", search);
}

int sim_listens_on(int netns, int protocol, const struct sim_prefix *at, uint16_t port)
{
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return -1;
	bool tcp = protocol == IPPROTO_TCP;
	/* A UDP socket that is not connected is in the state of a closed one. */
	struct search search = {.state = tcp ? TCP_LISTEN : TCP_CLOSE, .at = at, .port = port};
	if (look_up_both(netns, tcp, &search) < 0 || search.service == SERVES_PERHAPS)
		return -1;
	return search.service != SERVES_NOT;
}

int sim_udp_socket_for(int netns, const struct sim_packet *datagram, unsigned long *inode,
		       struct sim_error *err)
{
	struct search search = {.state = TCP_CLOSE,
				.at = &datagram->to,
				.port = datagram->dport,
				.datagram = datagram};
	if (look_up_both(netns, false, &search) < 0)
		return sim_fail(err, errno, "cannot read who listens");
	*inode = search.inode;
	return search.service != SERVES_NOT;
}

int sim_listens_at(int netns, const char *path)
{
	char line[512];
	autofclose FILE *table = net_table_open(netns, "unix");
	if (!table)
		return -1;
	/* "ffff8881: 00000002 00000000 00010000 0001 01 4711 /run/x.sock" */
	while (fgets(line, sizeof(line), table)) {
		char flags[17];
		int at = 0;
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*[^:]: %*x %*x %16[0-9A-F] %*x %*x %*u %n", flags, &at) == 1 &&
		    at && (strtoul(flags, NULL, 16) & LISTENS) && !strcmp(line + at, path))
			return 1;
	}
	return ferror(table) ? -1 : 0;
}
