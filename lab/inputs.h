/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a scenario is made of: its own, those of its policies, start
 * scripts and units, and what its `files` are copies of.  A report must not be
 * written to one of them.
 */
#ifndef LAB_INPUTS_H
#define LAB_INPUTS_H

#include "lab/scenario.h"

/* Whether two paths lead to one file. */
bool inputs_are_same(const char *path, const char *other);

/*
 * What of the scenario the file at `path` is, whatever it is called there: "policy
 * 'web.nft'", of the scenario's arena.  NULL: nothing, or there is no such file.
 */
const char *inputs_find(const struct scenario *scenario, const char *path);

#endif
