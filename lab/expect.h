/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Expectations: whether what a probe came to is what the scenario says, and
 * otherwise in what it differs.
 *
 * Pure functions; what happened has been decided before (verdict.h).
 */
#ifndef LAB_EXPECT_H
#define LAB_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "lab/outcome.h"
#include "lab/scenario.h"

/* All that is expected of a probe in one variant over one family. */
struct wanted {
	const struct expectation *expectation;
	const char *at_host; /* expectation->spot, or the name of ->at, "" for neither */
	const char *output;  /* what a program must have printed, NULL: anything */
	const struct log_expectation *log; /* NULL: anything may have been logged, or nothing */
	const char *log_host;		   /* the name of log->at, likewise */
};

/* What happened instead, or as well. */
struct happened {
	const struct outcome *outcome;
	const struct sighting *sighting;
	const char *rule; /* the deciding rule's whole text, where evidence has it shortened */
	const struct log_message *log; /* all messages */
	size_t n_log;
	/*
	 * Without instruments nothing is known of rules, hooks and log messages:
	 * what is expected of them then counts as met.
	 */
	bool bare;
};

/* Whether all is as expected; otherwise `complaint` says in what it is not. */
bool meets(const struct wanted *wanted, const struct happened *happened, char *complaint,
	   size_t size);

/* A message on one line, without "group" where it is a LOG rule's: 'buildd: prefix "out", group 0,
 * uid 100, gid 65534: tcp ... out ens3'. */
#define LOG_MESSAGE_TEXT 512
const char *log_message_text(const struct log_message *message, char text[LOG_MESSAGE_TEXT]);

#endif
