/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rows of confine.c are made of. */
#ifndef NETSIM_CONFINE_PRIVATE_H
#define NETSIM_CONFINE_PRIVATE_H

#include "netsim/confine.h"

/* confine_landlock.c */
int landlock_apply(const struct sim_confinement *confinement, struct sim_error *err)
	__attribute__((warn_unused_result));

/* confine_seccomp.c */
int seccomp_apply(const struct sim_confinement *confinement, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
