/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system call that a stopped process is in: look at it, and make it fail.
 */
#ifndef TESTS_FAULTS_TAMPER_H
#define TESTS_FAULTS_TAMPER_H

#include <sys/ptrace.h>

#include "tests/faults/calls.h"
#include "tests/faults/site.h"

struct tamper_call {
	const struct call *call; /* NULL: none that can fail, or not of the program's own */
	struct site site;
	uint64_t args[6];
};

/* When it begins: what it is. */
void tamper_read(pid_t pid, const struct site_text *text, const struct __ptrace_syscall_info *info,
		 struct tamper_call *in);

/* When it begins, and when it ends: that it fails. */
void tamper_begin(pid_t pid, const struct tamper_call *in);
void tamper_end(pid_t pid, const struct tamper_call *in, unsigned errnum);

/* When it ends, and nothing was done to it: what is to be known of it later. */
void tamper_note_result(pid_t pid, const struct tamper_call *in, int64_t result);

/*
 * When it ends with `result`: where, in what it has received, the kernel
 * acknowledges a netlink request. Then in->site becomes that of the acknowledgement.
 */
bool tamper_find_ack(pid_t pid, struct tamper_call *in, int64_t result, uint64_t *where);
/* Make a refusal of it. */
void tamper_refuse(pid_t pid, uint64_t where, unsigned errnum);

#endif
