/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The witness: what netfilter tells, in all hosts of a lab, of one probe's
 * packets, and which rule decided about them; and what the kernel tells of
 * packets that it drops, whoever wants it to.
 *
 * It decides nothing itself: verdict.h does.
 */
#ifndef LAB_WITNESS_H
#define LAB_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "lab/findings.h"
#include "lab/losses.h"
#include "lab/plan.h"
#include "lab/sighting.h"
#include "netsim/host.h"
#include "netsim/ruleset.h"
#include "netsim/trace.h"

struct witness;

/* Put the instruments into every host; `hosts` (in the plan's order) must outlive the witness. */
int witness_open(const struct plan *plan, struct sim_host *const *hosts, struct witness **out,
		 struct sim_error *err) __attribute__((warn_unused_result));
void witness_close(struct witness *witness);

/* Learn the rules by heart: to be called when the variant's policies have been loaded. */
int witness_learn(struct witness *witness, const struct variant *variant, struct sim_error *err)
	__attribute__((warn_unused_result));

/* Whether the witness hears of all that the rules may do: see sim_ruleset_is_audible(). */
bool witness_is_audible(const struct witness *witness);

/* Whether there is no rule at all that a packet could meet, and was none since the reset. */
bool witness_is_idle(const struct witness *witness);

/* Whether a rule asks how many connections there are. */
bool witness_sees_counts(const struct witness *witness);

/* Who makes what listening to the kernel takes, where we may not; it must outlive the witness. */
void witness_borrow(struct witness *witness, const struct sim_drops_lender *lender);

/*
 * Listen to the kernel's own word about what it drops, too: not from the
 * beginning, as that takes as long as bringing up a small lab.  True if it is
 * listened to from now on and was not before.
 */
bool witness_watch_losses(struct witness *witness);

/* Whether it is, and would tell of each of the probe's packets, whichever rule drops them. */
bool witness_hears_losses(const struct witness *witness);

/* Why that is not listened to, though it was wanted; "" where it is, or was not wanted. */
const char *witness_losses_missing(const struct witness *witness);

/*
 * Forget what befell up to now: a new probe begins, sent by the host `source` (NONE: by none
 * of them).  Rules that somebody (a program that ran, a script's process in the background) has
 * changed are learnt again.
 */
int witness_reset(struct witness *witness, size_t source, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * From now on listen to the whole of the connections to this port, from their beginning;
 * 0: to no more than their first segments.
 */
int witness_follow(struct witness *witness, uint16_t port, struct sim_error *err)
	__attribute__((warn_unused_result));

/* A descriptor that is readable when there is news. */
int witness_fd(const struct witness *witness);

/*
 * Take the news in.  Where a probe's connection is done but silent, all of its
 * segments are listened to from then on: what is sent again tells of its fate.
 */
int witness_look(struct witness *witness, const struct sighting *sighting, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Take the last news of a probe in.  If rules have been changed while it ran, all is
 * looked at again: what is told of a rule then holds before and after.
 */
int witness_settle(struct witness *witness, const struct sighting *sighting, struct sim_error *err)
	__attribute__((warn_unused_result));
/* Whether they have not. */
bool witness_is_settled(const struct witness *witness);

/* Whether messages of some NFLOG group that the rules name go to another reader. */
bool witness_is_deaf(const struct witness *witness);

/* Whether the kernel had to throw some news away since the reset. */
bool witness_missed(const struct witness *witness);

/* All since the reset, in the order in which each host told it. */
const struct finding *witness_findings(const struct witness *witness, size_t *count);

/* What of it decides, and the last of it: see findings.h. */
const struct finding *witness_decision(const struct witness *witness);
const struct finding *witness_starvation(const struct witness *witness);
const struct finding *witness_last(const struct witness *witness);
const struct sim_packet *witness_packet(const struct witness *witness);

/*
 * The first that kept from its sender that one of the probe's packets was too big, for which the
 * kernel dropped it; NULL: none did.
 */
const struct finding *witness_muffling(const struct witness *witness);

/*
 * The line, and the file as its user has written it, where the rule or policy
 * stands that a finding is about; 0: not known.  What it takes to find that out is
 * done when it is first asked.
 */
unsigned witness_origin(const struct witness *witness, const struct finding *finding, char *file,
			size_t size);

/* The rules of the chain that a finding is about, in order. */
const struct sim_rule *witness_rules(const struct witness *witness, const struct finding *finding,
				     size_t *count);

/*
 * The host that the probe's packet came to in the end, as far as hosts were heard
 * to receive it: where NAT sent it, otherwise `remote` (whose address it was
 * for), otherwise the only one.  NONE: that cannot be told.
 */
size_t witness_arrival(const struct witness *witness, size_t remote);

/*
 * The host that was heard to let this datagram in, past all of its rules; NONE: none
 * was, or something was heard to be sent back.
 */
size_t witness_admission(const struct witness *witness, const struct sim_packet *datagram);

/* Who has sent an error in the name of the host `named`: see flow_complainer(). */
size_t witness_complainer(const struct witness *witness, size_t named,
			  const struct sim_packet *after);

/*
 * Whether that host was heard to take the probe's connection, which somebody on the way
 * may have done in its place (SYNPROXY).
 */
bool witness_took(const struct witness *witness, size_t host);

/*
 * How the kernel itself dropped one of the probe's packets; NULL: it did not, or
 * that is not known.
 */
const struct loss *witness_loss(const struct witness *witness);

#endif
