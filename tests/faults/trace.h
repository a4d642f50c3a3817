/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Run a program under ptrace(2), with every process of it: those that it forks,
 * up to where they run another program, which is let go. All the sites that
 * they come by can be noted, and at one of them a system call be made to fail.
 */
#ifndef TESTS_FAULTS_TRACE_H
#define TESTS_FAULTS_TRACE_H

#include "tests/faults/site.h"

struct fault {
	struct site site;
	unsigned errnum;
	unsigned nth;  /* time that anybody comes by, counted from 1 */
	bool for_good; /* and each time after that */
};

struct trace_order {
	char *const *argv;
	const char *out, *err;	   /* the files where it writes */
	const struct fault *fault; /* NULL: none */
	struct sites *sites;	   /* NULL: not wanted */
	unsigned patience_s;	   /* before it is killed */
};

struct trace_end {
	int status;    /* as from waitpid(2) */
	bool reached;  /* the fault's site */
	bool hung;     /* it was killed */
	int crash;     /* the signal of a fault of its own in any of its processes; 0: none */
	unsigned left; /* processes after its end; they were killed */
	uint64_t base; /* where the program was mapped */
};

/* -1 with errno where it cannot be traced at all. One at a time in a process. */
int trace_run(const struct trace_order *order, struct trace_end *end);

#endif
