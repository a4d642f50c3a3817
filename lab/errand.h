/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a probe, as the scenario has it, to an errand (probe.h): addresses
 * looked up in the plan, names of users in the host's accounts.
 */
#ifndef LAB_ERRAND_H
#define LAB_ERRAND_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/plan.h"
#include "lab/probe.h"
#include "netsim/host.h"
#include "netsim/identity.h"

/*
 * `number` must not have been used before in this lab.  False where the target
 * has no address of this family; the errand is then only good to be described.
 */
bool errand_make(const struct plan *plan, const struct probe *probe, enum family family,
		 unsigned number, struct errand *errand);

/* What it is for, as reports show it: "mirror port 80/tcp (10.10.20.2)". */
void errand_describe(const struct errand *errand, char *text, size_t size);

/* Whom an actor is on this host. `identity` borrows the actor's texts. */
int errand_identity(struct sim_host *host, const struct actor *actor, struct sim_identity *identity,
		    struct sim_error *err) __attribute__((warn_unused_result));

#endif
