/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of the doctor. */
#ifndef LAB_DOCTOR_PRIVATE_H
#define LAB_DOCTOR_PRIVATE_H

#include <stdbool.h>

#include "lab/doctor.h"

/* A new row, which is not there yet. */
struct doctor_row *doctor_add_row(struct doctor_report *report, enum doctor_group group,
				  const char *name);

/*
 * The row of whoever asks, and, into `ids`, a feature's of subordinate ids.
 * Becomes root of a user namespace for good, as a run does, where that can be:
 * all that comes then is looked at as in a run.
 */
void doctor_look_at_user(struct doctor_report *report, struct doctor_row *ids);

/* How cgroups are mounted. */
void doctor_look_at_cgroups(struct doctor_report *report);

#endif
