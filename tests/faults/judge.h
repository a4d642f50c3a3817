/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run has come to, by what it has written and how it ended.
 */
#ifndef TESTS_FAULTS_JUDGE_H
#define TESTS_FAULTS_JUDGE_H

#include "tests/faults/trace.h"

enum verdict {
	VERDICT_NONE,
	/* as they may be */
	VERDICT_WENT_ON,     /* status 0, and all outcomes are those of the undisturbed run */
	VERDICT_ENDED,	     /* status 3, and it says why; no outcome is another */
	VERDICT_NOT_REACHED, /* the fault's place, this time; it went on */
	/* as they may not */
	VERDICT_HUNG,
	VERDICT_CRASHED,
	VERDICT_WRONG,	/* another status, or another outcome */
	VERDICT_SILENT, /* status 3, and the cause is not named */
	VERDICT_LEFT,	/* a process, a mount */
	VERDICTS,
};

const char *verdict_name(enum verdict verdict);
bool verdict_is_bad(enum verdict verdict);

/* The files of a run. */
struct papers {
	char json[128], text[128], out[128], err[128];
};

/* The outcomes in a JSON report, one a line; owned; NULL: it cannot be read. */
char *outcomes_read(const char *path);

/* A run with this fault, and what an undisturbed one has found. */
enum verdict judge(const struct trace_end *end, const struct fault *fault,
		   const struct papers *papers, const char *outcomes);

#endif
