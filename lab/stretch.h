/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stretches: results for ports that follow one another, which differ in
 * nothing but the port.  People are told of a stretch as one.
 */
#ifndef LAB_STRETCH_H
#define LAB_STRETCH_H

#include <stdint.h>

#include "lab/outcome.h"
#include "lab/scenario.h"

/* Of a probe for one port alone, that one result. */
struct stretch {
	const struct scenario *scenario; /* NULL: there is none */
	struct result first;
	unsigned count;
	double ms; /* of all */
};

/* "no way in: 23-79", or the probe's own name; cut where it would be longer. */
#define STRETCH_NAME_MAX 1024
const char *stretch_name(const struct stretch *stretch, char name[STRETCH_NAME_MAX]);

/* Stretches in the making, one for each family: probes go over both in turn. */
struct stretches {
	struct stretch held[3];
	void (*tell)(void *arg, const struct stretch *stretch);
	void *arg;
};

/* Take the next result in: what cannot grow any more is told. */
void stretches_take(struct stretches *stretches, const struct scenario *scenario,
		    const struct result *result);
/* Tell what is held; before anything else than a result is told. */
void stretches_end(struct stretches *stretches);

#endif
