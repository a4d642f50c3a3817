/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session: one variant of a scenario, run in a world of its own, and told
 * about message by message.
 */
#ifndef LAB_SESSION_H
#define LAB_SESSION_H

#include <sys/types.h>

#include "lab/outcome.h"
#include "lab/plan.h"
#include "netsim/cgroup.h"

enum session_message_kind { SESSION_RESULT, SESSION_FAILURE };

struct session_failure {
	int status; /* exit status that it stands for: 2 a policy that its tool refused, 3 all else
		     */
	char text[16384];
};

struct session_message {
	enum session_message_kind kind;
	union {
		struct result result;
		struct session_failure failure;
	};
};

struct session_order {
	const struct plan *plan;
	size_t variant;
	const char *filter;		   /* only probes with this text in their name; NULL: all */
	bool bare;			   /* without instruments: silence is timed */
	const struct sim_cgroups *cgroups; /* NULL where the scenario needs none */
};

/* Whether a filter (NULL: none) wants a probe: it has the text in its name, in upper or lower case.
 */
bool session_wants(const struct session_order *order, const struct probe *probe);

/* A session that has been started, from outside its world. */
struct session {
	pid_t init;
	int lifeline;
	int messages; /* to be polled; readable at the end too */
};

#define SESSION_NONE                                                                               \
	{                                                                                          \
		.init = 0, .lifeline = -1, .messages = -1                                          \
	}

int session_start(const struct session_order *order, struct session *session, struct sim_error *err)
	__attribute__((warn_unused_result));

/* The next message: 1, or 0 when there will be no more. Blocks unless `messages` is readable. */
int session_read(const struct session *session, struct session_message *message);

/*
 * Wait for the end of a session that has none to say any more, or, with `now`,
 * end it.  0 when it ended as it should.
 */
int session_end(struct session *session, bool now, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
