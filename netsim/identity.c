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
	/* A confinement comes after the uid, and some take a privilege that goes with it. */
	bool keep = identity->uid != 0 && sim_confinement_is_privileged(&identity->confinement);
	if (keep && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot keep the privilege to confine a process");
	if (setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return sim_fail(err, errno, "cannot become uid %u", identity->uid);
	return sim_confine(&identity->confinement, identity->uid != 0, err);
}

bool sim_identity_is_loose(const struct sim_identity *identity)
{
	return !identity->cgroup && !identity->root && !identity->inside &&
	       !sim_is_confined(&identity->confinement);
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

int sim_identity_rise(struct sim_error *err)
{
	return seteuid(0) < 0 ? sim_fail(err, errno, "cannot be root for a moment") : 0;
}

int sim_identity_sink(const struct sim_identity *identity, struct sim_error *err)
{
	return seteuid(identity->uid) < 0
		       ? sim_fail(err, errno, "cannot put on uid %u again", identity->uid)
		       : 0;
}

int sim_identity_take_off(struct sim_error *err)
{
	if (seteuid(0) < 0 || setegid(0) < 0 || setgroups(0, NULL) < 0)
		return sim_fail(err, errno, "cannot become root again");
	/* Changing ids has closed our children's /proc to us, unless we are root of the machine. */
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot be looked at again");
	return 0;
}
