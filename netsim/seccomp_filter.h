/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A seccomp filter that lets all pass but what rules refuse.  Private to netsim. */
#ifndef NETSIM_SECCOMP_FILTER_H
#define NETSIM_SECCOMP_FILTER_H

#include <seccomp.h>

#include "netsim/error.h"

/*
 * Load what `fill` puts in, which returns 0 or a negative errno.  No_new_privs does not go with
 * it.  `failed` is for messages: "cannot load a seccomp filter".
 */
int seccomp_filter_load(int (*fill)(scmp_filter_ctx filter, const void *arg), const void *arg,
			const char *failed, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
