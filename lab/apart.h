/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which scenarios' labs are in a user namespace of their own (netsim/world.h):
 * all of them, but those that would lose something by it, and where the machine
 * does not let them.
 */
#ifndef LAB_APART_H
#define LAB_APART_H

#include <stdbool.h>

#include "lab/scenario.h"

bool is_apart(const struct scenario *scenario);

#endif
