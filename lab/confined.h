/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether it was a confinement that stopped a probe, and no packet filter.
 *
 * An errno alone shows nothing: EACCES may be Landlock, a prohibit route or a
 * rejected IPv6 packet.  A confinement is only to blame where its call and
 * errno fit, no rule has seen a packet, and the same attempt by the same actor
 * without its confinements does not fail in that way.  A cgroup's filter says
 * itself what it refused: that is verdict.h's, as a rule's word is.
 *
 * Pure functions; the second attempt is attempt.h's.
 */
#ifndef LAB_CONFINED_H
#define LAB_CONFINED_H

#include <stdbool.h>

#include "lab/outcome.h"
#include "lab/scenario.h"
#include "lab/sighting.h"

/*
 * The confinement (netsim/confine.h) of the actor that may have ended an
 * attempt in this way, or NULL.
 */
const char *confined_suspect(const struct sim_confinement *confinement,
			     const struct sighting *seen);

/*
 * Put `confined` into the outcome of `seen` if the attempt without confinements
 * bears that out, and `inconclusive` if nothing can be told of that attempt; where it
 * fails in the same way, leave the outcome as it is.
 */
void confined_conclude(const char *suspect, const struct sighting *seen,
		       const struct sighting *without, const struct outcome *without_outcome,
		       const char *source_host, struct outcome *outcome);

#endif
