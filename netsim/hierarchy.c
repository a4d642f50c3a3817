/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/hierarchy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/users.h"

const char *hierarchy_name(enum hierarchy which)
{
	static const char *const names[HIERARCHIES] = {
		[NET_CLS] = "net_cls", [CGROUP2] = "cgroup2", [MEMORY] = "memory", [PIDS] = "pids"};
	return names[which];
}

/* Whether a comma-separated list, or some such text, has the word. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	for (const char *at = text; (at = strstr(at, word)); at += length)
		if ((at == text || strchr(", \t", at[-1])) && strchr(",: \t\n", at[length]))
			return true;
	return false;
}

void hierarchy_wait(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
}

/* A line of /proc/cgroups: hierarchy 0 is none. */
struct controller {
	char name[64];
	int hierarchy;
	int cgroups;
};

/* Read the next line of /proc/cgroups that holds a controller. */
static bool next_controller(FILE *list, struct controller *controller)
{
	char line[256];
	while (fgets(line, sizeof(line), list))
		/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "%63s %d %d", controller->name, &controller->hierarchy,
			   &controller->cgroups) == 3 &&
		    controller->name[0] != '#')
			return true;
	return false;
}

static bool find_controller(enum hierarchy which, struct controller *controller)
{
	autofclose FILE *list = fopen("/proc/cgroups", "re");
	while (list && next_controller(list, controller))
		if (!strcmp(controller->name, hierarchy_name(which)))
			return true;
	return false;
}

/*
 * The controllers that share one's hierarchy: a mount must name them all.
 * "net_cls,net_prio" on most machines that have it mounted.
 */
static int name_controllers(enum hierarchy which, char *names, size_t size, struct sim_error *err)
{
	struct controller wanted = {.name = ""};
	struct controller other;
	errno = 0;
	if (!find_controller(which, &wanted) && errno && errno != ENOENT)
		return sim_fail(err, errno, "cannot read /proc/cgroups");
	if (!*wanted.name)
		return sim_fail(err, ENODEV, "this kernel has no %s controller%s",
				hierarchy_name(which),
				which == NET_CLS ? " (CONFIG_CGROUP_NET_CLASSID)" : "");
	snprintf(names, size, "%s", wanted.name);
	autofclose FILE *list = wanted.hierarchy ? fopen("/proc/cgroups", "re") : NULL;
	while (list && next_controller(list, &other)) {
		size_t used = strlen(names);
		if (other.hierarchy == wanted.hierarchy && strcmp(other.name, wanted.name) != 0)
			snprintf(names + used, size - used, ",%s", other.name);
	}
	return 0;
}

bool hierarchy_exists(enum hierarchy which)
{
	struct controller controller;
	return which == CGROUP2 ||
	       (find_controller(which, &controller) && controller.hierarchy != 0);
}

static int configure(int context, char *names)
{
	char *rest = names;
	for (char *name; (name = strsep(&rest, ","));)
		if (fsconfig(context, FSCONFIG_SET_FLAG, name, NULL, 0) < 0)
			return -1;
	return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

/* A new mount of it, of what this cgroup namespace shows. */
static int try_mount(enum hierarchy which, int *tree, struct sim_error *err)
{
	char names[256] = "";
	if (which != CGROUP2 && name_controllers(which, names, sizeof(names), err) < 0)
		return -1;
	autoclose int context = fsopen(which == CGROUP2 ? "cgroup2" : "cgroup", FSOPEN_CLOEXEC);
	if (context < 0)
		return sim_fail(err, errno, "cannot mount %s", hierarchy_name(which));
	int status = which == CGROUP2 ? fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
				      : configure(context, names);
	if (status < 0)
		return sim_fail(err, errno, "cannot mount %s", hierarchy_name(which));
	*tree = fsmount(context, FSMOUNT_CLOEXEC, 0);
	if (*tree < 0)
		return sim_fail(err, errno, "cannot mount %s", hierarchy_name(which));
	return 0;
}

/* A hierarchy that is just being made or unmade by another run is busy for a moment. */
static int make_mount(enum hierarchy which, int *tree, struct sim_error *err)
{
	struct sim_error why = {0};
	for (int i = 0; i < HIERARCHY_PATIENCE; i++) {
		if (try_mount(which, tree, &why) == 0)
			return 0;
		if (why.errnum != EBUSY)
			break;
		hierarchy_wait();
	}
	if (err)
		*err = why;
	return -1;
}

/* Whether a line of mountinfo (proc(5)) is one of this hierarchy. */
static bool is_line_of(const char *line, enum hierarchy which)
{
	const char *type = strstr(line, which == CGROUP2 ? " - cgroup2 " : " - cgroup ");
	return type && (which == CGROUP2 || has_word(type, hierarchy_name(which)));
}

/* Where all of it can be written (fields 4 to 6 of mountinfo); "" if nowhere. */
static void find_mount(enum hierarchy which, char at[PATH_MAX])
{
	char line[3 * PATH_MAX];
	char root[PATH_MAX];
	char options[3];
	autofclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && fgets(line, sizeof(line), mounts))
		if (is_line_of(line, which) &&
		    sscanf(line, "%*s %*s %*s %4095s %4095s %2s", root, at, options) == 3 &&
		    !strcmp(root, "/") && !strcmp(options, "rw"))
			return;
	at[0] = '\0';
}

bool hierarchy_find_ourselves(enum hierarchy which, const char *controller, char path[PATH_MAX])
{
	char line[PATH_MAX + 256];
	autofclose FILE *list = fopen("/proc/self/cgroup", "re");
	while (list && fgets(line, sizeof(line), list)) {
		char *rest = line;
		const char *number = strsep(&rest, ":");
		const char *names = strsep(&rest, ":");
		bool found = which == CGROUP2 ? !strcmp(number, "0")
					      : names && has_word(names, controller);
		if (!found || !rest)
			continue;
		rest[strcspn(rest, "\n")] = '\0';
		snprintf(path, PATH_MAX, ".%s", rest);
		return true;
	}
	return false;
}

/* Whether we may make cgroups in this one, and move processes there. */
static bool is_given(int tree)
{
	return faccessat(tree, ".", W_OK, AT_EACCESS) == 0 &&
	       faccessat(tree, "cgroup.procs", W_OK, AT_EACCESS) == 0;
}

/* The cgroup of somebody who is not root of the machine. */
static int open_given(enum hierarchy which, int *tree, struct sim_error *err)
{
	char at[PATH_MAX];
	char own[PATH_MAX];
	find_mount(which, at);
	autoclose int root = *at ? open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool is_in = root >= 0 && hierarchy_find_ourselves(which, hierarchy_name(which), own);
	const char *const candidates[] = {is_in ? own : NULL, which == NET_CLS ? "fwlab" : NULL};
	for (size_t i = 0; root >= 0 && i < sizeof(candidates) / sizeof(*candidates); i++) {
		if (!candidates[i])
			continue;
		*tree = openat(root, candidates[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*tree >= 0 && is_given(*tree))
			return 0;
		if (*tree >= 0)
			close(*tree);
	}
	*tree = -1;
	return sim_fail(err, EPERM, "no cgroup of %s is this user's", hierarchy_name(which));
}

/*
 * The machine's own mount of cgroup2, if there is one, and never a second: the
 * options of the last (nsdelegate, or none) are those of the whole hierarchy.
 */
int hierarchy_open(enum hierarchy which, int *tree, struct sim_error *err)
{
	char at[PATH_MAX] = "";
	if (!sim_users_is_real_root())
		return open_given(which, tree, err);
	if (which == CGROUP2)
		find_mount(CGROUP2, at);
	if (!at[0])
		return make_mount(which, tree, err);
	*tree = open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *tree < 0 ? sim_fail(err, errno, "cannot open %s", at) : 0;
}

bool hierarchy_passes_on(int folder, enum hierarchy controller)
{
	char words[512];
	autoclose int list = openat(folder, "cgroup.subtree_control", O_RDONLY | O_CLOEXEC);
	ssize_t length = list < 0 ? 0 : read(list, words, sizeof(words) - 1);
	words[length > 0 ? length : 0] = '\0';
	char *rest = words;
	for (char *word; (word = strsep(&rest, " \n"));)
		if (!strcmp(word, hierarchy_name(controller)))
			return true;
	return false;
}

/* Whether cgroup2 passes a controller on to those below its root (cgroups(7)). */
static bool root_passes_on(enum hierarchy controller)
{
	char at[PATH_MAX];
	find_mount(CGROUP2, at);
	autoclose int root = *at ? open(at, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return root >= 0 && hierarchy_passes_on(root, controller);
}

enum hierarchy hierarchy_limiting(enum hierarchy controller)
{
	if (hierarchy_exists(controller))
		return controller;
	return root_passes_on(controller) ? CGROUP2 : HIERARCHIES;
}

/* Whether the tree has a cgroup besides its root, as far as anybody knows. */
static bool has_cgroups(int tree)
{
	int fd = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	autoclosedir DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	errno = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			return true;
	return !folder || errno;
}

/* Whether this mount namespace, as a rule the machine's, has net_cls mounted. */
static bool is_mounted(void)
{
	char line[3 * PATH_MAX];
	autofclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && fgets(line, sizeof(line), mounts))
		if (is_line_of(line, NET_CLS))
			return true;
	return false;
}

int hierarchy_close(enum hierarchy which, int tree, struct sim_error *err)
{
	struct controller net_cls = {.cgroups = 1};
	bool ours = which == NET_CLS && !is_mounted();
	int left = HIERARCHY_PATIENCE;
	/* Cgroups without a directory have not been freed yet; others are another run's. */
	for (int least = INT_MAX;
	     ours && !has_cgroups(tree) && find_controller(NET_CLS, &net_cls) &&
	     net_cls.cgroups > 1 && left-- > 0;
	     hierarchy_wait()) {
		/* Of thousands each takes its time. */
		if (net_cls.cgroups >= least)
			continue;
		least = net_cls.cgroups;
		left = HIERARCHY_PATIENCE;
	}
	close(tree);
	if (left < 0)
		return sim_fail(
			err, 0,
			"the kernel has not let go of the net_cls hierarchy: it still has "
			"%d cgroups that were removed; a process that ended in one, and for "
			"which its parent has not waited, is what keeps them",
			net_cls.cgroups - 1);
	while (ours && find_controller(NET_CLS, &net_cls) && net_cls.hierarchy &&
	       net_cls.cgroups == 1 && left-- > 0)
		hierarchy_wait();
	return 0;
}

int hierarchy_mount(enum hierarchy which, const char *at, struct sim_error *err)
{
	int tree = -1;
	if (make_mount(which, &tree, err) < 0)
		return -1;
	autoclose int mount_fd = tree;
	if (move_mount(mount_fd, "", AT_FDCWD, at, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return sim_fail(err, errno, "cannot mount %s on %s", hierarchy_name(which), at);
	return 0;
}
