/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a trace reaches: the places where rules look at packets that the
 * trace's table `inet` has not marked yet, and nftables' words for chains that
 * mark them there, before any rule.  It loads nothing (trace.h does).
 *
 * Such places are the bridge and arp families' hooks, and those of a device:
 * ingress (also in tables of the inet family) and egress.
 */
#ifndef NETSIM_REACH_H
#define NETSIM_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Chains of ours in these families have names that begin so. */
#define SIM_REACH_CHAINS "mark_"

struct sim_place {
	uint8_t family;	     /* NFPROTO_BRIDGE, NFPROTO_ARP, NFPROTO_NETDEV */
	const char *hook;    /* "ingress" */
	const char *devices; /* netdev: as in a chain, `device "eth0"`; otherwise "" */
};

/* A bit for each of these families. */
unsigned reach_families(const struct sim_place *places, size_t count);

/* Tables for the places, with all that marks packets in them. */
void reach_write(FILE *to, const struct sim_place *places, size_t count);

/* Take the tables of these families away. */
void reach_write_end(FILE *to, unsigned families);

/* Have the tables of these families mark first packets, and all of this TCP port's; 0: no more. */
void reach_write_rules(FILE *to, unsigned families, uint16_t port);

#endif
