/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many tables and rules nf_tables has, by asking the kernel alone: cheap, and
 * a witness against libnftables, which takes what it could not ask for as none.
 * Private to netsim.
 */
#ifndef NETSIM_RULESET_COUNT_H
#define NETSIM_RULESET_COUNT_H

#include "netsim/error.h"

/* Of the network namespace of this thread; -1: it cannot be asked. Tables without our
 * own; of rules those that have a chain with a name. */
long ruleset_count_tables(struct sim_error *err);
long ruleset_count_rules(struct sim_error *err);

#endif
