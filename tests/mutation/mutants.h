/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutants: a policy's text with one rule taken out of force, or with one
 * verdict turned into its contrary.
 *
 * Textual, so that the policy's own tool still loads it.  Where rules begin and
 * end in ferm's and nft's languages, netsim/mark.h's scanners say; iptables-save's
 * and scripts' are lines.
 */
#ifndef TESTS_MUTATION_MUTANTS_H
#define TESTS_MUTATION_MUTANTS_H

#include <stdbool.h>
#include <stddef.h>

#define MUTANTS_MAX 4096

/* `with` stands in place of the bytes of the text from `from` to `to`. */
struct mutant {
	size_t from;
	size_t to;
	char with[64];
	bool removed; /* the rule is out of force; otherwise it has this verdict or target */
	size_t rule;  /* the rule's text: from here, */
	size_t rule_end;
};

struct mutants {
	struct mutant all[MUTANTS_MAX];
	size_t count;
};

/*
 * The mutants of a policy of this kind ("ferm", "nft", "script", otherwise
 * iptables-save text).  False where its text is not understood, or has too many.
 */
bool mutants_make(const char *kind, const char *text, struct mutants *mutants);

#endif
