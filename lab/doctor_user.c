/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of the doctor: who asks, and what this user has been given. */
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lab/doctor_private.h"
#include "lab/features.h"
#include "netsim/cleanup.h"
#include "netsim/process.h"
#include "netsim/users.h"

/* As many as a user namespace should have besides its root. */

static bool has_uidmap(void)
{
	return sim_program_is_there("newuidmap") && sim_program_is_there("newgidmap") &&
	       sim_program_is_there("getsubids");
}

static void take_lack(struct doctor_row *row, const char *reason, const char *cure)
{
	snprintf(row->lack.reason, sizeof(row->lack.reason), "%s", reason);
	snprintf(row->lack.cure, sizeof(row->lack.cure), "%s", cure);
}

/* Before there is a user namespace: in it, nobody knows who we have been. */
static void look_at_subordinates(struct doctor_row *row, bool is_root)
{
	char reason[LACK_TEXT_MAX] = "without getsubids(1) nobody knows how many there are";
	char cure[LACK_TEXT_MAX] = "install the package 'uidmap'";
	unsigned long count = is_root || !has_uidmap() ? 0 : sim_users_subordinates();
	*row = (struct doctor_row){.group = DOCTOR_FEATURES, .name = "subordinate-ids"};
	snprintf(row->detail, sizeof(row->detail),
		 "ids that an ordinary user's labs have besides root's");
	row->is_there = is_root || count >= SIM_USERS_WANTED;
	if (row->is_there)
		return;
	if (has_uidmap()) {
		const struct passwd *user = getpwuid(getuid());
		snprintf(reason, sizeof(reason),
			 "this user has %lu of %d: labs have no users and groups from %lu on",
			 count, SIM_USERS_WANTED, count + 1);
		snprintf(cure, sizeof(cure),
			 "have root give %s some that are nobody's: usermod --add-subuids "
			 "100000-165535 --add-subgids 100000-165535 %s",
			 user ? user->pw_name : "you", user ? user->pw_name : "USER");
	}
	take_lack(row, reason, cure);
}

/* The first that helps; what newuidmap(1) itself complains of stands on stderr. */
static const char *find_cure(const struct sim_error *why, bool has_some, const char *cure)
{
	static const char *const names[] = {"unprivileged-userns", "user-namespaces"};
	if (!has_uidmap() || !has_some)
		return cure;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!feature_is_there(feature_find(names[i])))
			return feature_find(names[i])->cure;
	if (why->errnum)
		return "run as root; in a container, one whose seccomp filter lets it make user "
		       "namespaces";
	return "look at what newuidmap(1) and newgidmap(1) say: they want to be setuid root, and "
	       "/etc/subuid and /etc/subgid to be right";
}

void doctor_look_at_user(struct doctor_report *report, struct doctor_row *ids)
{
	struct utsname about = {0};
	struct sim_error why;
	struct doctor_row *row = doctor_add_row(report, DOCTOR_LABS, "user");
	bool is_root = geteuid() == 0;
	uname(&about);
	snprintf(row->detail, sizeof(row->detail), "%s, on Linux %s",
		 is_root ? "root" : "an ordinary one, root of a user namespace", about.release);
	look_at_subordinates(ids, is_root);
	bool has_some = ids->is_there || sim_users_subordinates() > 0;
	row->is_there = sim_users_become_root(&why) == 0;
	if (!row->is_there)
		take_lack(row, why.text, find_cure(&why, has_some, ids->lack.cure));
}

/* Where cgroups are mounted, of both versions (mountinfo, proc(5)). */
struct mounted {
	char v2[PATH_MAX];
	bool v1;
};

static void find_mounted(struct mounted *mounted)
{
	char line[3 * PATH_MAX];
	autofclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	*mounted = (struct mounted){0};
	while (mounts && fgets(line, sizeof(line), mounts)) {
		mounted->v1 |= strstr(line, " - cgroup ") != NULL;
		if (!*mounted->v2 && strstr(line, " - cgroup2 ") &&
		    sscanf(line, "%*s %*s %*s %*s %4095s", mounted->v2) != 1)
			mounted->v2[0] = '\0';
	}
}

void doctor_look_at_cgroups(struct doctor_report *report)
{
	struct mounted mounted;
	struct doctor_row *row = doctor_add_row(report, DOCTOR_FEATURES, "cgroups");
	find_mounted(&mounted);
	row->is_there = mounted.v1 || *mounted.v2;
	snprintf(row->detail, sizeof(row->detail), "%s%.128s%s",
		 mounted.v1 && *mounted.v2 ? "hybrid, v1 and v2: v2 in "
		 : mounted.v1		   ? "v1 alone"
		 : *mounted.v2		   ? "v2 alone, in "
					   : "which are mounted",
		 mounted.v2,
		 mounted.v1 || *mounted.v2 ? "; net_cls, of v1, needs no mount of the machine's "
					     "where root runs labs"
					   : "");
	if (!row->is_there)
		take_lack(row,
			  "no cgroups are mounted: labs have no limits for memory and processes",
			  "have root mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup");
}
