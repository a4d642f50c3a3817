/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ruleset: what is loaded in a host, to be looked up by what a trace tells.
 *
 * From `nft -a list ruleset` and, where there are legacy tables, from
 * iptables-legacy-save and ip6tables-legacy-save: the tools' own words, with
 * the names of the host's users.
 */
#ifndef NETSIM_RULESET_H
#define NETSIM_RULESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/trace.h"

struct sim_ruleset;

int sim_ruleset_read(struct sim_host *host, struct sim_ruleset **ruleset, struct sim_error *err)
	__attribute__((warn_unused_result));
void sim_ruleset_free(struct sim_ruleset *ruleset);

/* The hook of a base chain ("output", ...), "" for any other. */
const char *sim_ruleset_hook(const struct sim_ruleset *ruleset,
			     const struct sim_trace_event *event);

/* The text of the rule, or of the policy ("policy drop"), that an event is about; NULL: not known.
 */
const char *sim_ruleset_text(const struct sim_ruleset *ruleset,
			     const struct sim_trace_event *event);

/* What an event meant for the packet. */
enum sim_fate {
	SIM_FATE_NONE, /* it went on, or was accepted there */
	SIM_FATE_DROPPED,
	SIM_FATE_REJECTED, /* dropped, with an error to the sender */
};
enum sim_fate sim_ruleset_fate(const struct sim_ruleset *ruleset,
			       const struct sim_trace_event *event);

#endif
