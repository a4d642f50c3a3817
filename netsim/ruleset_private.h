/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a ruleset is made of, for ruleset_parse.c, which makes it, and ruleset.c,
 * which looks things up in it.
 */
#ifndef NETSIM_RULESET_PRIVATE_H
#define NETSIM_RULESET_PRIVATE_H

#include "netsim/ruleset.h"

struct sim_chain {
	bool legacy;
	uint8_t family;
	const char *table;
	const char *name;   /* "" where the kernel's is not known */
	const char *within; /* the chain that has the rule which holds these, or NULL, */
	uint64_t holder;    /* and its handle */
	const char *hook;   /* base chains, otherwise "" */
	char *policy;	    /* "policy drop", or NULL */
	char *devices;	    /* `device "eth0"`, or NULL */
	struct sim_rule *rules;
	size_t n_rules;
	size_t room;
	bool first;	  /* it sees packets before a chain of ours can */
	size_t n_handles; /* of the rules of a block, that have been told */
};

struct sim_ruleset {
	struct sim_chain *chains; /* sorted, once all have been read */
	size_t n_chains;
	size_t room;
	/* What any of the rules do, by their words: asked of each probe, and so looked up once. */
	bool ends_trace;
	bool scrambles; /* ports */
	bool counts_connections;
};

/* Look that up, once all rules are there. */
void sim_ruleset_look_over(struct sim_ruleset *ruleset);

/* The order in which the chains are sorted, for qsort() and bsearch(): 0 for the same name. */
int sim_chain_order(const void *a, const void *b);

#endif
