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

bool sim_identity_is_loose(const struct sim_identity *identity)
{
	return !identity->cgroup && !identity->root && !identity->inside && !identity->no_new_privs;
}

int sim_identity_put_on(const struct sim_identity *identity, struct sim_error *err)
{
	if (setgroups(identity->n_groups, identity->groups) < 0)
		return sim_fail(err, errno, "cannot put on %zu supplementary groups",
				identity->n_groups);
	if (setegid(identity->gid) < 0)
		return sim_fail(err, errno, "cannot put on gid %u", identity->gid);
	if (seteuid(identity->uid) < 0)
		return sim_fail(err, errno, "cannot put on uid %u", identity->uid);
	return 0;
}

int sim_identity_take_off(struct sim_error *err)
{
	if (seteuid(0) < 0 || setegid(0) < 0 || setgroups(0, NULL) < 0)
		return sim_fail(err, errno, "cannot become root again");
	return 0;
}
