/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A capture: what a process prints, kept up to a bound and never in its way.
 * It knows nothing of the process.
 */
#ifndef NETSIM_CAPTURE_H
#define NETSIM_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "netsim/error.h"

struct capture {
	int fd; /* the pipe's end for reading; -1 before, and once it is at its end */
	char *text;
	size_t length;	/* at most SIM_OUTPUT_MAX */
	bool truncated; /* there was more */
};

/* A new pipe, of which the other end goes into `writing`. */
int capture_open(struct capture *capture, int *writing, struct sim_error *err)
	__attribute__((warn_unused_result));
void capture_clear(struct capture *capture);

/* Read once; what is more than is kept is read all the same, and dropped. */
void capture_read(struct capture *capture);

/*
 * The text so far with what is in the pipe now, NUL-terminated, to be freed:
 * whoever else still holds the pipe may go on writing for ever.
 */
char *capture_take(struct capture *capture, size_t *length);

#endif
