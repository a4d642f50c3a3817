/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocks: rules that a rule of nftables' holds, "jump { drop; }".  The kernel keeps them in a
 * chain that it has named itself, and by that name a trace tells of them; a
 * listing shows neither the name nor their handles.  Private to netsim.
 */
#ifndef NETSIM_RULESET_BLOCKS_H
#define NETSIM_RULESET_BLOCKS_H

#include <stdio.h>

#include "netsim/error.h"
#include "netsim/ruleset_private.h"

/* What such chains' names begin with (net/netfilter/nf_tables_api.c). */
#define RULESET_NAMELESS "__chain"

/*
 * What the kernel knows of them in the network namespace of this thread, a line a rule:
 * "1 fw input 7 __chain3", one that holds the rules of that chain, or
 * "1 fw __chain3 5", the next of these; the number is the family's.
 */
int ruleset_blocks_list(FILE *to, struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Give the blocks of a ruleset, which are not sorted yet, their names and their rules
 * the handles, by such lines, which are cut up.  What is not certain, because somebody
 * has changed the rules meanwhile, stays without.  -1 without memory.
 */
int ruleset_blocks_name(struct sim_ruleset *ruleset, char *lines)
	__attribute__((warn_unused_result));

#endif
