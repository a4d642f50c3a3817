/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

#include "netsim/cleanup.h"
#include "netsim/confine_private.h"

static bool wants_no_network(const struct sim_confinement *confinement)
{
	return confinement->no_network;
}

static bool wants_apparmor(const struct sim_confinement *confinement)
{
	return confinement->apparmor;
}

static bool wants_no_new_privs(const struct sim_confinement *confinement)
{
	return confinement->no_new_privs;
}

static bool limits_connections(const struct sim_confinement *confinement)
{
	return confinement->connect;
}

static bool wants_landlock(const struct sim_confinement *confinement)
{
	return confinement->connect || confinement->bind;
}

static bool wants_seccomp(const struct sim_confinement *confinement)
{
	return confinement->n_calls || confinement->n_families;
}

static int leave_network(const struct sim_confinement *confinement, struct sim_error *err)
{
	(void)confinement;
	if (unshare(CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot make an empty network namespace");
	return 0;
}

#define APPARMOR_CURRENT  "/proc/thread-self/attr/apparmor/current"
#define APPARMOR_PROFILES "/sys/kernel/security/apparmor/profiles"

/* What aa_change_profile(2) writes. */
static int change_profile(const struct sim_confinement *confinement, struct sim_error *err)
{
	char text[512];
	int length = snprintf(text, sizeof(text), "changeprofile %s", confinement->apparmor);
	if (length >= (int)sizeof(text))
		return sim_fail(err, ENAMETOOLONG, "AppArmor profile %s", confinement->apparmor);
	autoclose int fd = open(APPARMOR_CURRENT, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, (size_t)length) == length)
		return 0;
	return sim_fail(err, errno, "AppArmor profile %s", confinement->apparmor);
}

/* Each line is "NAME (MODE)", and NAME may have blanks. */
int sim_apparmor_has(const char *profile)
{
	autofclose FILE *profiles = fopen(APPARMOR_PROFILES, "re");
	size_t length = strlen(profile);
	char line[4096];
	bool any = false;
	if (!profiles || strchr(profile, ':') || strstr(profile, "//&"))
		return -1;
	while (fgets(line, sizeof(line), profiles)) {
		any = true;
		if (!strncmp(line, profile, length) && line[length] == ' ' &&
		    strrchr(line, '(') == line + length + 1)
			return 1;
	}
	/* Of none at all it may be that they are hidden from us. */
	return any ? 0 : -1;
}

static int forbid_new_privs(const struct sim_confinement *confinement, struct sim_error *err)
{
	(void)confinement;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot set no_new_privs");
	return 0;
}

/*
 * A profile cannot be changed for a wider one once there are no new privileges,
 * and a filter may refuse whatever the others need.
 */
static const struct sim_confinement_kind kinds[] = {
	{"network", wants_no_network, wants_no_network, leave_network, "root"},
	{"apparmor", wants_apparmor, wants_apparmor, change_profile,
	 "a kernel with AppArmor, and the profile in it (apparmor_parser -r FILE)"},
	{"no_new_privs", wants_no_new_privs, NULL, forbid_new_privs, "Linux 3.5"},
	{"landlock", wants_landlock, limits_connections, landlock_apply,
	 "a kernel with Landlock, Linux 6.7 or newer"},
	{"seccomp", wants_seccomp, wants_seccomp, seccomp_apply, "a kernel with seccomp filters"},
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct sim_confinement_kind *sim_confinement_kind(size_t i)
{
	return i < N_KINDS ? &kinds[i] : NULL;
}

bool sim_is_confined(const struct sim_confinement *confinement)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].is_wanted(confinement))
			return true;
	return false;
}

bool sim_confinement_is_privileged(const struct sim_confinement *confinement)
{
	struct sim_confinement rest = *confinement;
	rest.no_new_privs = false;
	return sim_is_confined(&rest);
}

/* Of the permitted capabilities, the one that is needed becomes effective; or all are given up. */
static int set_capabilities(bool needed, struct sim_error *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};
	if (needed)
		sets[0].effective = sets[0].permitted = 1U << CAP_SYS_ADMIN;
	if (syscall(SYS_capset, &header, sets) < 0)
		return sim_fail(err, errno, "cannot %s",
				needed ? "keep the privilege to confine a process"
				       : "give up the privilege to confine a process");
	return 0;
}

int sim_confine(const struct sim_confinement *confinement, bool drop, struct sim_error *err)
{
	bool privileged = drop && sim_confinement_is_privileged(confinement);
	if (privileged && set_capabilities(true, err) < 0)
		return -1;
	for (size_t i = 0; i < N_KINDS; i++)
		if (kinds[i].is_wanted(confinement) && kinds[i].apply(confinement, err) < 0)
			return sim_wrap(err, "%s takes %s", kinds[i].name, kinds[i].takes);
	return privileged ? set_capabilities(false, err) : 0;
}
