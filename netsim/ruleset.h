/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ruleset: what is loaded in a host, to be looked up by what a trace tells.
 *
 * It is read from the tools' own words: `nft -a list ruleset`, and for the
 * legacy tables iptables-save of either family.  Rules that iptables-nft has
 * loaded have two texts: nft's, and their own tool's, which has what nft does
 * not show (comments).
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

/* All that is loaded in a host, our own table apart. */
int sim_ruleset_read(struct sim_host *host, struct sim_ruleset **out, struct sim_error *err)
	__attribute__((warn_unused_result));

/* What a listing comes from. */
enum sim_listing {
	SIM_LISTING_NFT,
	SIM_LISTING_IPTABLES, /* of the legacy tables */
	SIM_LISTING_IP6TABLES,
	SIM_LISTING_IPTABLES_NFT, /* of nft's, as iptables-nft-save sees them */
	SIM_LISTING_IP6TABLES_NFT,
	SIM_LISTING_BLOCKS, /* what nft does not tell of rules inside a rule: ruleset_blocks.h */
	SIM_LISTINGS
};

/*
 * The ruleset of these listings (NULL: none), which are cut up; NULL without
 * memory.  Lines that are not understood are passed over.
 */
struct sim_ruleset *sim_ruleset_parse(char *const listings[SIM_LISTINGS]);
void sim_ruleset_free(struct sim_ruleset *ruleset);

/*
 * A legacy table tells of a rule without conditions as of the policy, or the
 * end, of its chain: set such an event right.  To be called before all below.
 */
void sim_ruleset_correct(const struct sim_ruleset *ruleset, struct sim_trace_event *event);

/* The hook of a base chain ("output", ...), "" for any other. */
const char *sim_ruleset_hook(const struct sim_ruleset *ruleset,
			     const struct sim_trace_event *event);

/*
 * The chain as its author names it: the kernel has a name of its own for the rules that a
 * rule holds ("jump { ... }"), which are of the chain where that stands.  NULL: not known.
 */
const char *sim_ruleset_chain(const struct sim_ruleset *ruleset,
			      const struct sim_trace_event *event);

/*
 * What `to`, where the same rules are loaded, tells in place of an event of `from`: the
 * kernel's own names differ.  False where it has no such chain.
 */
bool sim_ruleset_translate(const struct sim_ruleset *from, const struct sim_ruleset *to,
			   const struct sim_trace_event *event, struct sim_trace_event *told)
	__attribute__((warn_unused_result));

/* The i-th hook's name, NULL past the last. */
const char *sim_hook_nth(size_t i);

/* The text of the rule, or of the policy ("policy drop"), that an event is about; NULL: not known.
 */
const char *sim_ruleset_text(const struct sim_ruleset *ruleset,
			     const struct sim_trace_event *event);

/*
 * The same text for people: a rule of iptables-nft's as iptables-nft-save writes
 * it, where it is certain which one it is.
 */
const char *sim_ruleset_wording(const struct sim_ruleset *ruleset,
				const struct sim_trace_event *event);

/* Whether the two have the same rules, in the same places. */
bool sim_ruleset_same(const struct sim_ruleset *a, const struct sim_ruleset *b);

/*
 * Have `each` called for every NFLOG group that a rule names, perhaps repeatedly,
 * until it returns anything but 0, which is then returned.
 */
int sim_ruleset_log_groups(const struct sim_ruleset *ruleset,
			   int (*each)(void *arg, uint16_t group, struct sim_error *err), void *arg,
			   struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Whether a trace that reaches all its places tells of all that the ruleset may do
 * to a packet.  It does not of rules that end it (nftrace set 0), nor of those before our
 * own, nor, recognisably, of packets whose ports are translated at random.
 */
bool sim_ruleset_is_audible(const struct sim_ruleset *ruleset);

/* Whether rules may see a packet, and end its way, before any table of ours does. */
bool sim_ruleset_is_first(const struct sim_ruleset *ruleset);

/* Whether packets can be told by their ports all the way: no rule translates these at random. */
bool sim_ruleset_keeps_ports(const struct sim_ruleset *ruleset);

/*
 * The places that a trace has yet to reach for it, where rules may drop: at most
 * `room` are written, all are counted.  They borrow from the ruleset.
 */
size_t sim_ruleset_places(const struct sim_ruleset *ruleset, struct sim_place *places, size_t room);

/* Whether nothing in it can do anything to a packet: it has neither a rule nor a policy that drops.
 */
bool sim_ruleset_is_idle(const struct sim_ruleset *ruleset);

/* Whether a rule asks how many connections there are (`ct count`, connlimit). */
bool sim_ruleset_counts_connections(const struct sim_ruleset *ruleset);

/* Whether there are legacy tables. */
bool sim_ruleset_has_legacy(const struct sim_ruleset *ruleset);

/* The rules of the chain that an event is about, in order. */
struct sim_rule {
	uint64_t rule; /* as in struct sim_trace_event */
	const char *text;
	const char *wording; /* for people; most often the same */
};
const struct sim_rule *sim_ruleset_rules(const struct sim_ruleset *ruleset,
					 const struct sim_trace_event *event, size_t *count);

/* What an event meant for the packet. */
enum sim_fate {
	SIM_FATE_NONE, /* it went on, or was accepted there */
	SIM_FATE_DROPPED,
	SIM_FATE_REJECTED, /* dropped, with an error to the sender */
};
enum sim_fate sim_ruleset_fate(const struct sim_ruleset *ruleset,
			       const struct sim_trace_event *event);

#endif
