/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Features: what a kernel, or this user on it, may or may not be able to do,
 * and the cure where it cannot.
 *
 * A row each: its name in a scenario's `needs`, a function that looks, and
 * words.  To look changes nothing, and starts no process but where only trying
 * shows it (user namespaces).  It knows nothing of scenarios.
 */
#ifndef LAB_FEATURES_H
#define LAB_FEATURES_H

#include <stdbool.h>
#include <stddef.h>

struct feature {
	const char *name;    /* "landlock-tcp" */
	const char *summary; /* what it is, for lists */
	const char *lack;    /* where it is not there, what is the matter, */
	const char *cure;    /* and what to do */
	bool (*look)(void);
	const char *users_cure; /* where whoever asks is not root; NULL: the same */
};

/*
 * Whether it is there. Looks once in a process; whoever it forks knows the same: what
 * leaves a probe out and what does without must not be of two minds.
 */
bool feature_is_there(const struct feature *feature);

/* What is to be done where it is not there, for whoever asks. */
const char *feature_cure(const struct feature *feature);

/*
 * Whether AppArmor restricts ordinary users' user namespaces for this process:
 * by a sysctl's file, and by the one that tells of a process' confinement.
 */
bool features_restrict_users(const char *sysctl, const char *confinement);

/* The i-th feature, NULL past the last; the one of this name, or NULL. */
const struct feature *feature_nth(size_t i);
const struct feature *feature_find(const char *name);

#endif
