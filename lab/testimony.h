/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A testimony: what the witness has heard of a probe, in the words of the
 * verdict and the report: the rule that decided, where the packets were last
 * seen, and what was logged.
 */
#ifndef LAB_TESTIMONY_H
#define LAB_TESTIMONY_H

#include "lab/live.h"
#include "lab/outcome.h"
#include "lab/verdict.h"
#include "lab/witness.h"

struct testimony {
	struct decision decision;
	char table[SIM_TRACE_NAME + 16];
	char file[512];
	char sought[SIM_PREFIX_TEXT];
	char last_seen[64 + SIM_TRACE_NAME];
	struct log_message *log; /* all messages; to be freed by testimony_clear() */
	size_t n_log;
};

/*
 * Put what `witness` (NULL: there is none) has heard into a testimony, and
 * into `circumstances`, which then borrow from it.
 */
int testimony_hear(const struct live *live, const struct witness *witness,
		   struct testimony *testimony, struct circumstances *circumstances,
		   struct sim_error *err) __attribute__((warn_unused_result));
void testimony_clear(struct testimony *testimony);

/* Put the first messages, and the number of them all, into an outcome's evidence. */
void testimony_note_log(const struct testimony *testimony, struct evidence *evidence);

/*
 * Whether a finding is the match of a LOG rule; with its prefix.  The kernel
 * does not log for a network namespace by itself: what it would have written is
 * known from the rule alone.
 */
bool testimony_has_log(const struct finding *finding, char *prefix, size_t size);

/*
 * Whether finding `i`, a log message, is about a packet that this probe did not
 * cause: a host's own report of its multicast groups, or the end of an earlier
 * connection.  Conntrack has forgotten that, so that its last packets may meet
 * other rules than they would have; every connection of this probe's begins
 * with a SYN, which the host was heard to see.
 */
bool testimony_is_stray(const struct finding *findings, size_t count, size_t i);

#endif
