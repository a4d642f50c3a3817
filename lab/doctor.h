/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The doctor: what this machine, its kernel and this user can do for a lab,
 * found out by doing it, in a lab of two hosts that is gone at once.
 */
#ifndef LAB_DOCTOR_H
#define LAB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/needs.h"
#include "lab/sources.h"
#include "netsim/error.h"

#define DOCTOR_ROWS_MAX 256

/* What a row is about. */
enum doctor_group {
	DOCTOR_LABS,	 /* without these there are none */
	DOCTOR_POLICIES, /* kinds of policies, and who loads them */
	DOCTOR_PROGRAMS, /* that probes, services and scenarios need */
	DOCTOR_FEATURES, /* of the kernel */
	DOCTOR_GROUPS
};
const char *doctor_group_name(enum doctor_group group);

struct doctor_row {
	enum doctor_group group;
	char name[128];
	char program[64]; /* that must be there, or "" */
	char detail[256]; /* what it is; of a program, its version, and the package in Debian */
	bool is_there;
	struct lack lack; /* where it is not */
};

struct doctor_report {
	struct doctor_row rows[DOCTOR_ROWS_MAX];
	size_t count;
};

/*
 * Look at everything, and at what the scenarios need besides; the report is to
 * be freed with doctor_free().  NULL without memory for it.
 */
struct doctor_report *doctor_look(const struct scenario_set *set, struct sim_error *err);
void doctor_free(struct doctor_report *report);

/* Whether scenarios can be run at all. */
bool doctor_can_run(const struct doctor_report *report);

#endif
