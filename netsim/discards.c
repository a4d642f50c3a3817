/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/discards.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "netsim/cleanup.h"
#include "netsim/net_table.h"

/*
 * "Udp: InDatagrams NoPorts InErrors ...", and a line of their values: InErrors has
 * those for which there was no room, too (snmp4_udp_list in net/ipv4/proc.c).
 */
static bool is_v4(const char *line, uint64_t *count)
{
	char no_ports[21], errors[21];
	if (sscanf(line, "Udp: %*u %20[0-9] %20[0-9]", no_ports, errors) != 2)
		return false;
	*count = strtoull(no_ports, NULL, 10) + strtoull(errors, NULL, 10);
	return true;
}

/* "Udp6NoPorts   0" */
static bool is_v6(const char *line, uint64_t *count)
{
	char text[21];
	if (sscanf(line, "Udp6NoPorts %20[0-9]", text) != 1 &&
	    sscanf(line, "Udp6InErrors %20[0-9]", text) != 1)
		return false;
	*count = strtoull(text, NULL, 10);
	return true;
}

/* Add what some lines say; how many did so, or -1. */
static int add_up(int netns, const char *name, bool (*is_one)(const char *line, uint64_t *count),
		  uint64_t *sum)
{
	char line[512];
	int found = 0;
	uint64_t count;
	autofclose FILE *table = net_table_open(netns, name);
	if (!table)
		return -1;
	while (fgets(line, sizeof(line), table))
		if (is_one(line, &count)) {
			*sum += count;
			found++;
		}
	return ferror(table) ? -1 : found;
}

int sim_discards_read(int netns, uint64_t *count, struct sim_error *err)
{
	*count = 0;
	int v4 = add_up(netns, "snmp", is_v4, count);
	int v6 = v4 < 0 ? -1 : add_up(netns, "snmp6", is_v6, count);
	/* A kernel without IPv6 has no such table. */
	if (v4 < 0 || (v6 < 0 && errno != ENOENT))
		return sim_fail(err, errno, "cannot read how many datagrams were discarded");
	if (v4 != 1 || (v6 >= 0 && v6 != 2))
		return sim_fail(err, 0, "the kernel does not tell how many datagrams it discarded");
	return 0;
}
