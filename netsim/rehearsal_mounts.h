/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The files of a rehearsal: private to netsim. */
#ifndef NETSIM_REHEARSAL_MOUNTS_H
#define NETSIM_REHEARSAL_MOUNTS_H

#include "netsim/error.h"

/* Where there is room for what is not the host's. */
#define REHEARSAL_FOLDER "/dev/fwlab"

/*
 * For the first process in new mount, pid and ipc namespaces, in the host otherwise: from here on
 * nothing that is written gets to the host, and nothing that is read leads to its processes.
 */
int rehearsal_mount(struct sim_error *err) __attribute__((warn_unused_result));

#endif
