/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Origins: from a rule that is loaded in a host to the file and line where its
 * author wrote it.
 *
 * The host's policies are loaded a second time, into a twin of the host (twin.h),
 * as copies whose rules say where they stand (mark.h).  Then both are listed,
 * and a line is told only where a chain of the twin is, rule for rule, the
 * host's.  Whatever goes wrong on the way is no error: the line is not known.
 */
#ifndef NETSIM_ORIGIN_H
#define NETSIM_ORIGIN_H

#include <stdbool.h>

#include "netsim/host.h"
#include "netsim/policy.h"
#include "netsim/ruleset.h"
#include "netsim/trace.h"

struct sim_origin {
	const char *file; /* the path of a policy, or of a file that one includes */
	unsigned line;	  /* 1-based */
};

struct sim_origins;

/*
 * The origins of what is loaded in `host`: nothing is done until one is asked
 * for.  `host`, and `ruleset`, which was read from it when all was loaded, must
 * outlive them.  NULL without memory.
 */
struct sim_origins *sim_origins_new(struct sim_host *host, const struct sim_ruleset *ruleset);
void sim_origins_free(struct sim_origins *origins);

/* The policies, in the order in which they have been loaded; `path` is kept.  -1 without memory. */
int sim_origins_add(struct sim_origins *origins, const struct sim_policy_kind *kind,
		    const char *path) __attribute__((warn_unused_result));

/*
 * Where the rule, or the statement of the policy, stands that an event is
 * about; false: it is not known.  The first call takes as long as loading the
 * policies does, and one more for every doubling of the number of statements
 * that set a policy; later ones next to nothing.
 */
bool sim_origins_find(struct sim_origins *origins, const struct sim_trace_event *event,
		      struct sim_origin *origin);

#endif
