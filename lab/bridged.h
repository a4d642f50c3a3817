/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bridged packets: for whom one was that a rule in the middle of a network has
 * dropped.
 *
 * A bridge hands on a copy to each port where it does not know any better, and
 * so it does with what asks for a neighbour (ARP, RFC 826, and IPv6's own, RFC
 * 4861), which comes to everybody.  What drops a copy that nobody waits for has
 * kept nothing from anybody.
 */
#ifndef LAB_BRIDGED_H
#define LAB_BRIDGED_H

#include <stdbool.h>

#include "lab/findings.h"
#include "lab/plan.h"
#include "netsim/host.h"

/*
 * Whether the question for `neighbour`, or the answer to it, that a rule in this host
 * dropped was on its way to whom it was for: false where that is not certain.
 */
bool bridged_finds(const struct plan *plan, struct sim_host *host, const struct finding *finding,
		   const struct sim_prefix *neighbour);

/* Whether a packet was on its way out by the port of the one whom it was for. */
enum bridged {
	BRIDGED_UNKNOWN, /* or no bridge's rule tells of it */
	BRIDGED_MEANT,
	BRIDGED_COPY, /* by the port of one who is not concerned by it at all */
};
enum bridged bridged_look(const struct plan *plan, struct sim_host *host,
			  const struct finding *finding);

#endif
