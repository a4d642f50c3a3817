/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/reach.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>

#include "netsim/trace.h"

/* Where a family's packets can first be seen; a device's have a chain each. */
static const struct {
	uint8_t family;
	const char *name;
	const char *hooks[2];
} rows[] = {
	{NFPROTO_BRIDGE, "bridge", {"prerouting", "output"}},
	{NFPROTO_ARP, "arp", {"input", "output"}},
	{NFPROTO_NETDEV, "netdev", {NULL}},
};

#define ROWS (sizeof(rows) / sizeof(*rows))

unsigned reach_families(const struct sim_place *places, size_t count)
{
	unsigned families = 0;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < ROWS; k++)
			if (rows[k].family == places[i].family)
				families |= 1u << k;
	return families;
}

static void write_chain(FILE *to, size_t number, const char *hook, const char *devices)
{
	fprintf(to,
		"	chain " SIM_REACH_CHAINS "%zu {\n"
		"		type filter hook %s %s priority -2147483647; policy accept;\n"
		"		jump " SIM_REACH_CHAINS "first\n"
		"	}\n",
		number, hook, devices);
}

static void write_table(FILE *to, size_t row, const struct sim_place *places, size_t count)
{
	fprintf(to,
		"table %s " SIM_TRACE_TABLE " {\n"
		"	flags owner;\n"
		"	chain " SIM_REACH_CHAINS "first {\n"
		"	}\n",
		rows[row].name);
	for (size_t i = 0; i < 2 && rows[row].hooks[i]; i++)
		write_chain(to, i, rows[row].hooks[i], "");
	for (size_t i = 0; i < count && !rows[row].hooks[0]; i++)
		if (places[i].family == rows[row].family)
			write_chain(to, i, places[i].hook, places[i].devices);
	fprintf(to, "}\n");
}

void reach_write(FILE *to, const struct sim_place *places, size_t count)
{
	unsigned families = reach_families(places, count);
	for (size_t i = 0; i < ROWS; i++)
		if (families & 1u << i)
			write_table(to, i, places, count);
}

void reach_write_end(FILE *to, unsigned families)
{
	for (size_t i = 0; i < ROWS; i++)
		if (families & 1u << i)
			fprintf(to, "delete table %s " SIM_TRACE_TABLE "\n", rows[i].name);
}

void reach_write_rules(FILE *to, unsigned families, uint16_t port)
{
	static const char *const first[] = {"meta protocol != { ip, ip6 }",
					    "tcp flags & (syn | rst) != 0", "meta l4proto != tcp"};
	static const char *const ends[] = {"sport", "dport"};
	for (size_t i = 0; i < ROWS; i++) {
		if (!(families & 1u << i))
			continue;
		const char *name = rows[i].name;
		fprintf(to, "flush chain %s " SIM_TRACE_TABLE " " SIM_REACH_CHAINS "first\n", name);
		if (rows[i].family == NFPROTO_ARP) {
			fprintf(to, "add rule arp " SIM_TRACE_TABLE " " SIM_REACH_CHAINS
				    "first meta nftrace set 1\n");
			continue;
		}
		for (size_t k = 0; k < sizeof(first) / sizeof(*first); k++)
			fprintf(to,
				"add rule %s " SIM_TRACE_TABLE " " SIM_REACH_CHAINS
				"first %s meta nftrace set 1\n",
				name, first[k]);
		for (size_t k = 0; port && k < 2; k++)
			fprintf(to,
				"add rule %s " SIM_TRACE_TABLE " " SIM_REACH_CHAINS
				"first tcp %s %u limit rate 200/second burst 100 packets "
				"meta nftrace set 1\n",
				name, ends[k], port);
	}
}
