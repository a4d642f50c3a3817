/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A loan: what a lab asks of the command over the socket of its session
 * (session.h), as only root of the machine has it, and the lab may be in a user
 * namespace of its own: that the kernel tells of what it drops in the lab's hosts.
 */
#ifndef LAB_LOAN_H
#define LAB_LOAN_H

#include <stddef.h>

#include "netsim/error.h"
#include "netsim/skb_drop.h"

/* For a struct sim_drops_lender, in the lab; `arg`: the socket, an int. */
int loan_ask(void *arg, size_t hosts, struct sim_drops_parts *parts, struct sim_error *err);

/*
 * The answer of the command, that there will be none included; -1: it could not be
 * sent, to a lab that waits for it.
 */
int loan_answer(int messages, size_t hosts, struct sim_error *err);

#endif
