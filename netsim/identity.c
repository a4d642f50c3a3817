/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/identity.h"

#include <errno.h>
#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

const struct sim_identity sim_identity_root = {0};

int sim_identity_take(const struct sim_identity *identity, struct sim_error *err)
{
	if (setgroups(identity->n_groups, identity->groups) < 0)
		return sim_fail(err, errno, "cannot take on %zu supplementary groups",
				identity->n_groups);
	if (setresgid(identity->gid, identity->gid, identity->gid) < 0)
		return sim_fail(err, errno, "cannot become gid %u", identity->gid);
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return sim_fail(err, errno, "cannot become uid %u", identity->uid);
	if (identity->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot set no_new_privs");
	return 0;
}
