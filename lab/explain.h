/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Explanations: from what the witness has heard of a probe to the steps of its
 * way, host by host, there and back.  It runs where the lab is.
 */
#ifndef LAB_EXPLAIN_H
#define LAB_EXPLAIN_H

#include <stddef.h>

#include "lab/live.h"
#include "lab/outcome.h"
#include "lab/step.h"
#include "lab/witness.h"

struct explain_scene {
	const struct live *live;
	const struct witness *witness;
	const struct result *result; /* of the probe that the witness has heard last */
};

/* Give the steps to `each`, in order, until it returns -1, which is then the result. */
int explain(const struct explain_scene *scene, int (*each)(const struct step *step, void *arg),
	    void *arg, struct sim_error *err) __attribute__((warn_unused_result));

#endif
