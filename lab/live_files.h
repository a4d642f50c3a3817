/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of a scenario's hosts and roots, put into a live lab's: those that
 * the scenario gives them, and what apt needs where a probe runs it.
 */
#ifndef LAB_LIVE_FILES_H
#define LAB_LIVE_FILES_H

#include "lab/plan.h"
#include "netsim/files.h"
#include "netsim/host.h"

/* Add them to a host that has its roots, before its mounts are made. */
int live_files_add(const struct plan *plan, size_t index, struct sim_host *host,
		   struct sim_error *err) __attribute__((warn_unused_result));

/* Add a copy of the file at `source`; `file` says what it is to be like, but for its text. */
int live_file_copy(struct sim_host *host, const char *root, const char *source,
		   struct sim_file *file, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
