/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A site: a place in a program at which a system call is made.  Not a moment: a
 * loop is one site, however often it turns, and which of several processes
 * gets there first does not matter.
 */
#ifndef TESTS_FAULTS_SITE_H
#define TESTS_FAULTS_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/faults/symbols.h"

#define SITE_FRAMES 4

/* The text of a program, as it is mapped in every process of it (no ASLR). */
struct site_text {
	uint64_t start, end;
	uint64_t base; /* of the file: what addr2line(1) counts from */
	uint8_t *code; /* a copy; owned */
	struct symbols symbols;
};

/* What happens there. */
enum site_kind {
	SITE_CALL, /* a system call */
	SITE_ACK,  /* the kernel has acknowledged a netlink request */
};

/* Where a family of sockets could be. */
enum { SITE_OF_NONE = -1, SITE_OF_FILE = -2 };

struct site {
	uint64_t key;  /* the same in every build that has not changed its functions */
	unsigned call; /* its number */
	enum site_kind kind;
	int family, protocol;	      /* of its socket; or SITE_OF_...; or -1 */
	uint64_t frames[SITE_FRAMES]; /* return addresses in the program, the innermost first */
	unsigned n_frames;
	unsigned count;	 /* how often, in one run */
	uint64_t detail; /* an argument that says what the call is to do; 0: none */
};

/* All of a program's, by their keys. */
struct sites {
	struct site *list;
	size_t count, room;
};

/* Read where `pid` has the program mapped that it runs; -1: it has none. */
int site_text_read(pid_t pid, struct site_text *text);
void site_text_clear(struct site_text *text);

/* The frames of `pid`, whose stack is at `stack`; none: it has not got to main() yet. */
void site_find_frames(pid_t pid, const struct site_text *text, uint64_t stack, struct site *site);

/* Whatever tells it from others has been filled in: its key. */
void site_set_key(const struct site_text *text, struct site *site);
/* It is the acknowledgement of what was received there. */
void site_become_ack(struct site *site);

/* Count it: once more, or the first time. -1 where there is no memory. */
int sites_note(struct sites *sites, const struct site *site);
void sites_clear(struct sites *sites);

#endif
