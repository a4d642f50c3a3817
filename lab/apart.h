/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which scenarios' labs are in a user namespace of their own (netsim/world.h): all
 * of an ordinary user's; of root's those with `jails`, whose programs may mount,
 * unless they would lose something by it or the machine does not let them.
 *
 * Not root's others: their programs have no capability that a user namespace would
 * have to take away, and it would cost them time and large policies, as netlink
 * messages of more than net.core.wmem_max are for root of the machine alone
 * (SO_SNDBUFFORCE, socket(7)).
 */
#ifndef LAB_APART_H
#define LAB_APART_H

#include <stdbool.h>

#include "lab/scenario.h"

bool is_apart(const struct scenario *scenario);

#endif
