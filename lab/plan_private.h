/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of a plan: plan.c lays out the links, these files fill them in. */
#ifndef LAB_PLAN_PRIVATE_H
#define LAB_PLAN_PRIVATE_H

#include "lab/plan.h"

/* plan_addresses.c: subnets for networks without, addresses for links without. */
int plan_give_out(struct plan *plan, struct sim_error *err) __attribute__((warn_unused_result));

/* plan_routes.c: the routes of every host that gives none itself. */
void plan_find_routes(struct plan *plan);

/* The link's first address of this family, or NULL. */
const struct sim_prefix *plan_link_address(const struct plan_link *link, int family);

#endif
