/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/seccomp_filter.h"

#include <errno.h>

int seccomp_filter_load(int (*fill)(scmp_filter_ctx filter, const void *arg), const void *arg,
			const char *failed, struct sim_error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return sim_fail(err, ENOMEM, "a seccomp filter");
	/* Whether no_new_privs goes with it is not the filter's to say. */
	int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	/* The kernel's errno, in place of ECANCELED for all. */
	if (status == 0)
		status = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (status == 0)
		status = fill(filter, arg);
	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status < 0 ? sim_fail(err, -status, "%s", failed) : 0;
}
