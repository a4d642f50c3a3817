/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls: what each may plausibly fail with, and how it is made to.
 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

#include "tests/faults/site.h"

enum call_way {
	CALL_REFUSED, /* it is not made */
	CALL_MADE,    /* it is made, and says that it failed: close(2) */
	CALL_BRK,     /* moves nothing; and the mmap(2) that malloc(3) tries next is refused */
};

#define CALL_ERRNOS 5

struct call {
	unsigned number;
	const char *name;
	enum call_way way;
	unsigned errnos[CALL_ERRNOS]; /* up to a 0 */
	bool to_a_socket;	      /* its first argument may be one */
	bool has_detail;	      /* argument `detail`, counted from 0, tells what it does */
	unsigned detail;
};

/* NULL: one that cannot fail, or need not be known to fail */
const struct call *call_find(unsigned number);

/* Whether it can fail so again and again, until the machine has what it lacks. */
bool call_fails_for_good(const struct site *site, unsigned errnum);

/* What it may fail with at this site, up to a 0. */
void call_errnos(const struct site *site, unsigned errnos[CALL_ERRNOS + 1]);

/* Of a site, for people: "sendto, netlink". */
const char *call_name(const struct site *site, char text[64]);

#endif
