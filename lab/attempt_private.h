/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One go at a probe, for attempt*.c: all that was sent, seen and heard of it.
 */
#ifndef LAB_ATTEMPT_PRIVATE_H
#define LAB_ATTEMPT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lab/attempt.h"
#include "lab/egress.h"
#include "lab/probe.h"
#include "lab/spot.h"
#include "lab/testimony.h"
#include "lab/translation.h"
#include "lab/verdict.h"

/* Who takes part in a probe. */
struct cast {
	struct spot source;
	struct spot remote;
	struct spot target;   /* whom NAT has made of the remote one */
	struct spot offender; /* who sent the ICMP error */
	struct spot arrived;  /* where the packet did */
};

struct go {
	const struct actor *actor;
	struct errand errand;
	bool possible; /* the target has an address of this family */
	struct sighting seen;
	bool deserves_another; /* now that more can be heard */
	bool cut_short;	       /* once the connection was there, and by whom is not known */
	uint16_t followed;     /* the port whose connection is listened to as a whole; 0: none */
	bool to_the_end;       /* no drop ends it */
	struct egress egress;
	size_t n_arrivals;
	struct testimony testimony;
	struct translation nat;
	struct delivered delivered;
	struct cast cast;
	struct circumstances circumstances; /* of all these */
	struct outcome outcome;
};

/*
 * Find out who had to do with it, and whether they listen, have a way and were heard: what
 * the verdict has to know besides what was seen.
 */
void circumstances_find(const struct attempts *attempts, struct go *go);

#endif
