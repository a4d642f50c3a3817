/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The programs of a unit (unit_file.h) besides the one that stays: run in its
 * host, each to its end.
 */
#ifndef LAB_UNITS_H
#define LAB_UNITS_H

#include "lab/daemons.h"
#include "lab/unit_file.h"

/*
 * Run the commands of a phase; of a service that is no unit there are none.  -1
 * when one has failed that may not: on the way up the next are not run then,
 * on the way down they are.
 */
int units_run(const struct daemons *daemons, const struct running *running, enum unit_phase phase,
	      struct sim_error *err) __attribute__((warn_unused_result));

#endif
