/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's tables of a network namespace: what is below /proc/net there. */
#ifndef NETSIM_NET_TABLE_H
#define NETSIM_NET_TABLE_H

#include <stdio.h>

/* A table of the namespace `netns` (a descriptor), by its name: "udp6"; NULL with errno. */
FILE *net_table_open(int netns, const char *name);

#endif
