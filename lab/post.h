/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A post: a host's instruments, and what is known of its rules, also while
 * somebody changes them.
 */
#ifndef LAB_POST_H
#define LAB_POST_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/scenario.h"
#include "netsim/host.h"
#include "netsim/origin.h"
#include "netsim/revision.h"
#include "netsim/ruleset.h"
#include "netsim/trace.h"

struct post {
	struct sim_host *host;
	struct sim_trace *trace;
	struct sim_revisions *revisions;
	struct sim_revision revision; /* that the ruleset is of */
	struct sim_ruleset *ruleset;  /* NULL until it has been learnt */
	struct sim_ruleset *before;   /* what it was until a change while a probe ran, or NULL */
	const struct policy_set *set; /* NULL: the variant has no policy here */
	struct sim_origins *origins;  /* likewise, and NULL once the rules have been changed */
	bool deaf;		      /* an NFLOG group that the rules name has another reader */
	bool early;	/* rules see packets earlier than the trace's own table does */
	bool unreached; /* some of these the trace does not reach */
};

int post_open(struct post *post, struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));
void post_close(struct post *post);

/* Learn the rules by heart, and listen to all the NFLOG groups that they name. */
int post_learn(struct post *post, struct sim_error *err) __attribute__((warn_unused_result));
/* The policies that they come from: where each rule stands is not looked for yet. */
int post_note_policies(struct post *post, const struct policy_set *set, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * Learn them again if they have been changed: 1, otherwise 0.  `during` a probe, what
 * they were is kept until post_forget().
 */
int post_refresh(struct post *post, bool during, struct sim_error *err)
	__attribute__((warn_unused_result));
void post_forget(struct post *post);

/* sim_trace_follow(), which is no change of the rules. */
int post_follow(struct post *post, uint16_t port, struct sim_error *err)
	__attribute__((warn_unused_result));

/* What an event is about, as ruleset.h has it; texts are NULL where that is not certain. */
struct post_word {
	const char *text;
	const char *wording;
	const char *chain; /* as its author names it; NULL likewise */
	enum sim_fate fate;
};
struct post_word post_look_up(const struct post *post, struct sim_trace_event *event);
const char *post_hook(const struct post *post, const struct sim_trace_event *event);

/* The line, and the file as its user has written it, where that stands; 0: not known. */
unsigned post_origin(const struct post *post, const struct sim_trace_event *event, char *file,
		     size_t size);

#endif
