/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policies: the firewall that is under test, loaded by its own tool, byte for
 * byte, inside a host.
 */
#ifndef NETSIM_POLICY_H
#define NETSIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "netsim/error.h"
#include "netsim/host.h"

/*
 * The kinds of policy, a row each: ferm, nft, iptables, iptables-nft,
 * iptables-legacy, ip6tables, ip6tables-nft, ip6tables-legacy, script.
 */
struct sim_policy_kind {
	const char *name;
	const char *summary; /* for help texts */
	const char *tool;    /* the program that loads it, NULL where a library does */
	const char *package; /* Debian's, that has the tool */
};

/* The i-th kind, NULL past the last. */
const struct sim_policy_kind *sim_policy_kind_nth(size_t i);
/* The kind of this name, or NULL. */
const struct sim_policy_kind *sim_policy_kind_find(const char *name);

/* Where, and by whom, a policy was refused. */
struct sim_policy_refusal {
	bool refused;	    /* false: the failure had nothing to do with the policy's text */
	bool by_kernel;	    /* the text was good, but the kernel would not take it, */
	bool by_machine;    /* and that may be for what the machine lacks */
	const char *hint;   /* what that may be, or what ails the file; a constant, NULL: unknown */
	char file[4096];    /* the file at fault (it may be one that was included), or "" */
	unsigned line;	    /* 1-based; 0 where the tool named none */
	unsigned column;    /* 1-based; 0 likewise */
	char message[2048]; /* the tool's own words, first line(s) */
	char said[4096];    /* all of them, as far as there is room; where the policy was taken:
			       what was printed on stderr all the same */
};

/*
 * What a tool of this kind `said` when it refused the policy at `path`, whose
 * text is `text` ("" where it is not at hand): a pure function of these.  A
 * line is reported only where it is certain to be one of the user's files:
 * iptables-restore called by ferm counts the lines of ferm's output.
 */
void sim_policy_explain(const struct sim_policy_kind *kind, const char *said, const char *path,
			const char *text, struct sim_policy_refusal *refusal);

/*
 * Load the policy at `path` (absolute, readable inside the host) into `host`.
 * On failure -1, `err` holds the tool's stderr (of a script stdout, too) under a
 * line that says what was run, and `refusal` (may be NULL) where the fault lies.
 * On success refusal->said may have words, and nothing is refused.
 * Tools and scripts start in the policy's folder; an executable script is run
 * as it is, any other by what its first line names after "#!", or else by /bin/sh.
 * Where it takes messages to the kernel that are too long for any but root of the
 * machine: EMSGSIZE, and nothing is refused.
 * A policy that takes more than `timeout_ms` (0: 30,000) is stopped and refused.
 */
int sim_policy_load(struct sim_host *host, const struct sim_policy_kind *kind, const char *path,
		    unsigned timeout_ms, struct sim_policy_refusal *refusal, struct sim_error *err)
	__attribute__((warn_unused_result));

/* The same for a script that is no policy, but what a host is set up by. */
int sim_script_run(struct sim_host *host, const char *path, struct sim_policy_refusal *refusal,
		   struct sim_error *err) __attribute__((warn_unused_result));

#endif
