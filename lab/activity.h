/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a lab's process is about, for whoever ends it for want of time: a line in
 * memory that it shares with the command, so that telling costs no system call.
 */
#ifndef LAB_ACTIVITY_H
#define LAB_ACTIVITY_H

#include "netsim/error.h"

#define ACTIVITY_MAX 512

/* Any bytes, as everything from a lab. */
struct activity {
	char text[ACTIVITY_MAX];
};

/* In the command: shared with what is forked from here on; NULL on failure. */
struct activity *activity_new(struct sim_error *err);
void activity_free(struct activity *activity); /* NULL will do */

/* In the lab's process: from here on it tells of what it does. */
void activity_show(struct activity *activity);
/* "policy fw.sh of host s was loaded": what follows "while". */
void activity_is(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What the lab said last, with an end; "" where it has said nothing. */
void activity_read(const struct activity *activity, char text[ACTIVITY_MAX]);

#endif
