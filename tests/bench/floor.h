/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor: the least that a lab of two hosts and one connection can cost.
 * System calls and netlink messages made by hand, with nothing of ours.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdbool.h>

#include "netsim/error.h"

/*
 * Two network namespaces, a veth pair born in place, links up, an address each,
 * a TCP connection made and accepted, and all of it closed: over IPv4, with
 * `both` over IPv6 as well.  Comes back to the namespace it was called in.
 */
int floor_run(bool both, struct sim_error *err) __attribute__((warn_unused_result));

/* A socket in this thread's namespace that listens at port 80 of both families. */
int floor_listen(bool both);
/* Connect to it at 10.10.10.2 or fd00:10:10::2 with `client`, take it in, and close it; 0 or -1. */
int floor_connect(int client, bool v6, int listener);

#endif
