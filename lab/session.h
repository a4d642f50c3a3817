/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: one variant of a scenario, run in a world of its own, and told
 * about message by message.
 */
#ifndef LAB_SESSION_H
#define LAB_SESSION_H

#include <sys/types.h>

#include "lab/activity.h"
#include "lab/outcome.h"
#include "lab/plan.h"
#include "lab/refusal.h"
#include "lab/step.h"
#include "lab/warning.h"
#include "netsim/cgroup.h"

enum session_message_kind {
	SESSION_STEP,
	SESSION_RESULT,
	SESSION_REFUSAL,
	SESSION_WARNING,
	SESSION_FAILURE,
	SESSION_LOAN, /* a question (loan.h), once at most */
};

struct session_failure {
	int status;  /* exit status that it stands for: 2 a policy that its tool refused, 3 all else
		      */
	bool policy; /* a policy was refused, which should not have been */
	char text[16384];
};

/* All texts in there are ended by session_check(), which lists them. */
struct session_message {
	enum session_message_kind kind;
	union {
		struct step step; /* of the probe whose result comes next */
		struct result result;
		struct refusal refusal;
		struct warning warning;
		struct session_failure failure;
	};
};

/* One probe, to be explained step by step. */
struct session_single {
	size_t probe;
	enum family family; /* ANY: all of the probe's */
	bool all_before;    /* those before it are sent first, and not told of */
};

struct session_order {
	const struct plan *plan;
	size_t variant;
	const char *filter;		   /* only probes with this text in their name; NULL: all */
	bool control;			   /* every deny is tried without the policy too */
	bool bare;			   /* without instruments: silence is timed */
	const struct sim_cgroups *cgroups; /* with the limits; NULL: none */
	bool apart;			   /* in a user namespace of its own */
	const bool *left_out;		   /* of probes, by their number; NULL: none */
	const struct session_single *single; /* in place of `filter`; NULL: nothing is explained */
};

/* Whether a probe is wanted: by a filter, it has the text in its name, in upper or lower case. */
bool session_wants(const struct session_order *order, const struct probe *probe);
/* Whether it is sent, be it for the sake of what it leaves behind. */
bool session_sends(const struct session_order *order, const struct probe *probe);
/* The families over which it is sent: their number, 0 where it is not. */
size_t session_families(const struct session_order *order, const struct probe *probe,
			enum family families[2]);

/* Whether a host's policy that is meant to be refused is to be told about. */
bool session_wants_refusal(const struct session_order *order, const struct policy_set *set);
/* How many results there will be, or refusals where policies are meant to be refused. */
size_t session_size(const struct session_order *order);

/* A session that has been started, from outside its world. */
struct session {
	const struct session_order *order;
	pid_t init;
	bool lent; /* what it may ask for once */
	int lifeline;
	int messages; /* to be polled; readable at the end too */
	struct activity *activity;
};

#define SESSION_NONE                                                                               \
	{                                                                                          \
		.order = NULL, .init = 0, .lifeline = -1, .messages = -1                           \
	}

int session_start(const struct session_order *order, struct session *session, struct sim_error *err)
	__attribute__((warn_unused_result));

/* The next message: 1, or 0 when there will be no more. Blocks unless `messages` is readable. */
int session_read(const struct session *session, struct session_message *message);

/*
 * Whether a message, any bytes, can be one of this session's.  Afterwards each
 * of its texts has an end.
 */
bool session_check(const struct session_order *order, struct session_message *message);

/*
 * Wait for the end of a session that has none to say any more, or, with `now`,
 * end it.  0 when it ended as it should.
 */
int session_end(struct session *session, bool now, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
