/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/hierarchy.h"
#include "netsim/pid_namespace.h"
#include "netsim/users.h"

#define RUN_NAME_MAX 96
#define PREFIX	     "fwlab-"

struct sim_cgroups {
	char name[RUN_NAME_MAX];
	int trees[HIERARCHIES]; /* mounts, -1: not asked for */
	int runs[HIERARCHIES];	/* this run's directories in them */
};

bool sim_cgroups_may_have(enum sim_cgroup_kind kind)
{
	int tree = -1;
	if (sim_users_is_real_root())
		return true;
	if (hierarchy_open(kind == SIM_CGROUP_V2 ? CGROUP2 : NET_CLS, &tree, NULL) < 0)
		return false;
	close(tree);
	return true;
}

bool sim_cgroups_have(const struct sim_cgroups *cgroups, enum sim_cgroup_kind kind)
{
	return cgroups && cgroups->runs[kind == SIM_CGROUP_V2 ? CGROUP2 : NET_CLS] >= 0;
}

/* Half a class id: 1 to 4 hexadecimal digits, and nothing but `end` behind. */
static bool parse_half(const char *text, char end, uint32_t *half)
{
	char *stop;
	if (!strchr("0123456789abcdefABCDEF", *text) || !*text)
		return false;
	unsigned long value = strtoul(text, &stop, 16);
	*half = (uint32_t)value;
	return *stop == end && stop - text <= 4;
}

bool sim_classid_parse(const char *text, uint32_t *classid)
{
	const char *colon = strchr(text, ':');
	if (colon) {
		uint32_t major;
		uint32_t minor;
		if (!parse_half(text, ':', &major) || !parse_half(colon + 1, '\0', &minor))
			return false;
		*classid = major << 16 | minor;
		return *classid != 0;
	}
	char *stop;
	bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? text + 2 : text;
	if (!*digits ||
	    strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789") != strlen(digits))
		return false;
	errno = 0;
	unsigned long long value = strtoull(digits, &stop, hex ? 16 : 10);
	*classid = (uint32_t)value;
	return !errno && value <= UINT32_MAX && value != 0;
}

/* In place of a time: it could not be found out, and errno says why. */
#define UNKNOWN ULLONG_MAX

/* When a process was started, in clock ticks since boot (proc(5), field 22 of stat); 0: it is gone.
 */
static unsigned long long start_time(long pid)
{
	char path[64];
	char stat[1024];
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	autofclose FILE *f = fopen(path, "re");
	size_t length = f ? fread(stat, 1, sizeof(stat) - 1, f) : 0;
	if (!length)
		return errno == ENOENT || errno == ESRCH ? 0 : UNKNOWN;
	stat[length] = '\0';
	/* The second field, a name in parentheses, may contain anything. */
	const char *field = strrchr(stat, ')');
	for (int i = 2; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	return field ? strtoull(field + 1, NULL, 10) : 0;
}

static int name_run(char name[RUN_NAME_MAX], struct sim_error *err)
{
	long pid = getpid();
	unsigned long ns = pid_namespace_own();
	unsigned long long start = ns ? start_time(pid) : UNKNOWN;
	if (start == UNKNOWN)
		return sim_fail(err, errno, "cannot find out when we were started");
	snprintf(name, RUN_NAME_MAX, PREFIX "%lu-%ld-%llu", ns, pid, start);
	return 0;
}

/* Of whom a directory is, by its name. */
enum owner {
	SOMEBODY, /* who may be alive, or no run at all */
	ENDED,	  /* a run of this pid namespace that has ended */
	GONE,	  /* a run of a pid namespace that has ended */
};

static enum owner find_owner(const char *name)
{
	unsigned long ns;
	long pid;
	unsigned long long start;
	char again[RUN_NAME_MAX];
	/* Compared with what we would write. NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(name, PREFIX "%lu-%ld-%llu", &ns, &pid, &start) != 3)
		return SOMEBODY;
	snprintf(again, sizeof(again), PREFIX "%lu-%ld-%llu", ns, pid, start);
	if (strcmp(name, again) != 0)
		return SOMEBODY;
	if (ns == pid_namespace_own()) {
		unsigned long long now = start_time(pid);
		return now != UNKNOWN && now != start ? ENDED : SOMEBODY;
	}
	return pid_namespace_is_gone(ns) ? GONE : SOMEBODY;
}

/*
 * Remove what is nobody's any more.  A name must have been read before its owner
 * is looked for: then whoever made it is not younger than what we look at.
 */
static int sweep_one(int tree, const char *name, struct sim_error *err)
{
	struct sim_error ignored;
	switch (find_owner(name)) {
	case SOMEBODY:
		break;
	case ENDED:
		return hierarchy_remove(tree, name, err);
	case GONE:
		/* Not a run of ours to answer for: what is in the way stays. */
		if (hierarchy_is_empty(tree, name) && hierarchy_remove(tree, name, &ignored) < 0)
			break;
	}
	return 0;
}

static int open_run(struct sim_cgroups *cgroups, enum hierarchy which, struct sim_error *err)
{
	if (hierarchy_open(which, &cgroups->trees[which], err) < 0)
		return -1;
	int tree = cgroups->trees[which];
	/* Two controllers may have one hierarchy: there is our directory already. */
	if (mkdirat(tree, cgroups->name, 0755) < 0 && errno != EEXIST)
		return sim_fail(err, errno, "cannot make cgroup %s of %s", cgroups->name,
				hierarchy_name(which));
	cgroups->runs[which] = openat(tree, cgroups->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroups->runs[which] < 0)
		return sim_fail(err, errno, "cgroup %s", cgroups->name);
	return 0;
}

/* Do without it. */
static void drop_run(struct sim_cgroups *cgroups, enum hierarchy which)
{
	if (cgroups->trees[which] >= 0)
		close(steal_fd(&cgroups->trees[which]));
}

/* Where the run is limited; a machine that does not let us do without. */
static void open_limits(struct sim_cgroups *cgroups)
{
	static const enum hierarchy controllers[] = {MEMORY, PIDS};
	for (size_t i = 0; i < sizeof(controllers) / sizeof(*controllers); i++) {
		enum hierarchy which = hierarchy_limiting(controllers[i]);
		struct sim_error ignored;
		if (which != HIERARCHIES && cgroups->trees[which] < 0 &&
		    open_run(cgroups, which, &ignored) < 0)
			drop_run(cgroups, which);
	}
}

int sim_cgroups_open(const struct sim_cgroups_wish *wish, struct sim_cgroups **cgroups_out,
		     struct sim_error *err)
{
	const bool wanted[HIERARCHIES] = {[NET_CLS] = wish->net_cls, [CGROUP2] = wish->v2};
	struct sim_cgroups *cgroups = calloc(1, sizeof(*cgroups));
	if (!cgroups)
		return sim_fail(err, ENOMEM, "cgroups");
	if (name_run(cgroups->name, err) < 0) {
		free(cgroups);
		return -1;
	}
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		cgroups->trees[i] = cgroups->runs[i] = -1;
	for (enum hierarchy i = 0; i < HIERARCHIES; i++) {
		if (wanted[i] && open_run(cgroups, i, err) < 0) {
			struct sim_error ignored;
			if (sim_cgroups_close(cgroups, &ignored) < 0)
				return sim_wrap(err, "%s", ignored.text);
			return -1;
		}
	}
	if (wish->limits)
		open_limits(cgroups);
	*cgroups_out = cgroups;
	return 0;
}

/* A directory, and the files in it that move processes (cgroups(7), delegation). */
static int give_run(int run, uid_t to, struct sim_error *err)
{
	static const char *const files[] = {"cgroup.procs", "tasks", "cgroup.threads",
					    "cgroup.subtree_control"};
	if (fchown(run, to, (gid_t)-1) < 0)
		return sim_fail(err, errno, "cannot give away a cgroup");
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		if (fchownat(run, files[i], to, (gid_t)-1, 0) < 0 && errno != ENOENT)
			return sim_fail(err, errno, "cannot give away a cgroup's %s", files[i]);
	return 0;
}

int sim_cgroups_give(const struct sim_cgroups *cgroups, uid_t to, struct sim_error *err)
{
	static const enum hierarchy with_hosts[] = {NET_CLS, CGROUP2};
	for (size_t i = 0; i < sizeof(with_hosts) / sizeof(*with_hosts); i++) {
		int run = cgroups->runs[with_hosts[i]];
		if (run >= 0 && give_run(run, to, err) < 0)
			return -1;
	}
	return 0;
}

int sim_cgroups_enter(const struct sim_cgroups *cgroups, struct sim_error *err)
{
	if (!cgroups || cgroups->runs[CGROUP2] < 0)
		return 0;
	autoclose int procs = openat(cgroups->runs[CGROUP2], "cgroup.procs", O_WRONLY | O_CLOEXEC);
	if (procs < 0 || write(procs, "0", 1) < 0)
		return sim_fail(err, errno, "cannot enter cgroup %s", cgroups->name);
	return 0;
}

int sim_cgroups_close(struct sim_cgroups *cgroups, struct sim_error *err)
{
	int status = 0;
	for (enum hierarchy i = 0; cgroups && i < HIERARCHIES; i++) {
		if (cgroups->runs[i] >= 0) {
			close(cgroups->runs[i]);
			if (hierarchy_remove(cgroups->trees[i], cgroups->name, err) < 0)
				status = -1;
		}
		if (cgroups->trees[i] >= 0 && hierarchy_close(i, cgroups->trees[i], err) < 0)
			status = -1;
	}
	free(cgroups);
	return status;
}

/*
 * A hierarchy in which something of ours can be: that of a user namespace that
 * may not have it holds nothing.
 */
#define NOBODYS (-2)
static int open_if_ours(enum hierarchy which, struct sim_error *err)
{
	int tree;
	if (!hierarchy_exists(which))
		return NOBODYS;
	if (hierarchy_open(which, &tree, err) == 0)
		return tree;
	return err->errnum == EPERM ? NOBODYS : -1;
}

static int sweep_tree(int tree, struct sim_error *err)
{
	int fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclosedir DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder)
		return sim_fail(err, errno, "cannot list cgroups");
	for (struct dirent *entry; (entry = readdir(folder));)
		if (sweep_one(tree, entry->d_name, err) < 0)
			return -1;
	return 0;
}

static int sweep_hierarchy(enum hierarchy which, struct sim_error *err)
{
	int tree = open_if_ours(which, err);
	if (tree == NOBODYS)
		return 0;
	if (tree < 0)
		/* Where we may not look, we have not been. */
		return which == MEMORY || which == PIDS ? 0 : -1;
	int status = sweep_tree(tree, err);
	return hierarchy_close(which, tree, err) < 0 ? -1 : status;
}

int sim_cgroups_sweep(const struct sim_cgroups_wish *wish, struct sim_error *warning,
		      struct sim_error *err)
{
	const bool wanted[HIERARCHIES] = {[NET_CLS] = wish->net_cls, [CGROUP2] = wish->v2};
	warning->text[0] = '\0';
	for (enum hierarchy i = 0; i < HIERARCHIES; i++) {
		struct sim_error why;
		if (sweep_hierarchy(i, &why) == 0)
			continue;
		*(wanted[i] ? err : warning) = why;
		if (wanted[i])
			return -1;
	}
	return 0;
}

/* Whether a directory has the name of a run's, and is not ours. */
static bool is_other_run(const char *name)
{
	struct sim_error ignored;
	char own[RUN_NAME_MAX] = "";
	if (name_run(own, &ignored) < 0)
		return false;
	return !strncmp(name, PREFIX, strlen(PREFIX)) && strcmp(name, own) != 0;
}

static int list_tree(enum hierarchy which, int tree, const struct sim_lines *to,
		     struct sim_error *err)
{
	char line[NAME_MAX + 32];
	int fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclosedir DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	if (!folder)
		return sim_fail(err, errno, "cannot list cgroups");
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    is_other_run(entry->d_name))
			continue;
		snprintf(line, sizeof(line), "%s: %s", hierarchy_name(which), entry->d_name);
		if (to->take(to->arg, line, err) < 0)
			return -1;
	}
	return 0;
}

int sim_cgroups_list(const struct sim_lines *to, struct sim_error *err)
{
	for (enum hierarchy i = 0; geteuid() == 0 && i < HIERARCHIES; i++) {
		int tree = open_if_ours(i, err);
		if (tree == NOBODYS)
			continue;
		if (tree < 0)
			return -1;
		int status = list_tree(i, tree, to, err);
		if (hierarchy_close(i, tree, err) < 0 || status < 0)
			return -1;
	}
	return 0;
}

size_t sim_cgroups_fds(const struct sim_cgroups *cgroups, int fds[SIM_CGROUPS_FDS_MAX])
{
	size_t count = 0;
	for (enum hierarchy i = 0; cgroups && i < HIERARCHIES; i++)
		if (cgroups->runs[i] >= 0)
			fds[count++] = cgroups->runs[i];
	return count;
}

int sim_cgroups_run(const struct sim_cgroups *cgroups, enum hierarchy which)
{
	return cgroups->runs[which];
}

int sim_cgroups_tree(const struct sim_cgroups *cgroups, enum hierarchy which)
{
	return cgroups->trees[which];
}
