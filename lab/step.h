/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A step of a probe's way through the lab, as `fwlab explain` tells it.
 *
 * Plain data of fixed size: it passes from the lab to the command as it is.
 */
#ifndef LAB_STEP_H
#define LAB_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "netsim/packet.h"

enum step_kind {
	STEP_HOST,	/* the way comes to a host; the steps up to the next one happen there */
	STEP_RULE,	/* a rule matched */
	STEP_POLICY,	/* no rule of a base chain decided: its policy did */
	STEP_LOG,	/* a rule's message */
	STEP_NEAR_MISS, /* a rule that would have let it pass */
};

/* A text that is not known is "". */
struct step {
	enum step_kind kind;
	bool reply;	/* on the way back */
	bool drops;	/* the way ends here; */
	bool rejects;	/* and the sender is told so */
	unsigned depth; /* how many jumps led to this chain */
	char host[64];
	char hook[16];
	char table[272]; /* "ip filter", "legacy ip filter" */
	char chain[256];
	char text[512];		      /* of the rule, the policy, the message */
	char but[256];		      /* near miss: the one thing in its way */
	char file[512];		      /* where the rule or policy is written, */
	unsigned line;		      /* from 1; 0: not known */
	char packet[SIM_PACKET_TEXT]; /* as it is here */
};

#endif
