/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of a tree of files that is somebody else's, or of a part of it.  All in
 * it becomes ours; modes and times of files stay.  Private to netsim.
 */
#ifndef NETSIM_TREE_COPY_H
#define NETSIM_TREE_COPY_H

#include <stdbool.h>

#include "netsim/error.h"

struct tree_part {
	int folder_levels; /* how far down, from 1 for what is right in the tree */
	int file_levels;   /* likewise; of symlinks too */
	bool across_mounts;
};

/*
 * Copy into `to`, an empty folder.  What may not be read is left out, and so are
 * devices, sockets and files of more than 4 MiB.
 */
int tree_copy(const char *from, const char *to, const struct tree_part *what, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
