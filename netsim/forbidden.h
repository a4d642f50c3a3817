/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forbidden: what no program in a world may ask of the kernel, because it would
 * reach past the world's namespaces.  Capabilities (privileges.h) say nothing of it:
 * anybody may ask.
 *
 * A seccomp filter, inherited by all that comes after.  Programs for another table of
 * system calls than fwlab's own (32-bit ones) are killed.
 */
#ifndef NETSIM_FORBIDDEN_H
#define NETSIM_FORBIDDEN_H

#include <stdbool.h>

#include "netsim/error.h"

/* From here on, for this process and its children; `jails` may do some of it.  Needs CAP_SYS_ADMIN.
 */
int sim_forbidden_bound(bool jails, struct sim_error *err) __attribute__((warn_unused_result));

#endif
