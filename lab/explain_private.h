/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of an explanation. */
#ifndef LAB_EXPLAIN_PRIVATE_H
#define LAB_EXPLAIN_PRIVATE_H

#include "lab/explain.h"
#include "netsim/identity.h"

struct telling {
	const struct explain_scene *scene;
	const struct finding *findings;
	size_t count;
	struct sim_identity identity; /* of the probe */
	int (*each)(const struct step *step, void *arg);
	void *arg;
};

/* Whether a finding is of the probe's way there, or back, at a host. */
bool explain_is_at(const struct finding *finding, size_t host, bool reply);

/* explain_way.c: the hosts of the probe's way there, in order; at most as many as there are. */
size_t explain_way(const struct telling *telling, size_t *hosts);

/* explain_near.c: tell of the rules that would have let the packet pass where `decision` did not.
 */
int explain_near_misses(const struct telling *telling, const struct finding *decision,
			struct sim_error *err);

#endif
