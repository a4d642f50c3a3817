/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cgroup.h"
#include "netsim/cleanup.h"
#include "netsim/hierarchy.h"
#include "netsim/host_private.h"
#include "netsim/mount_util.h"

/* Enough for as many labs of one run as anybody will have. */
#define DIRECTORIES_MAX 100000

/* The host's own directory below the run's: earlier labs of this run may have had a host of this
 * name. */
static int own_directory(const struct sim_host *host, int run, struct sim_error *err)
{
	char name[SIM_HOST_NAME_MAX + 16];
	for (int i = 0; i < DIRECTORIES_MAX; i++) {
		snprintf(name, sizeof(name), "%s.%d", host->name, i);
		if (mkdirat(run, name, 0755) == 0) {
			int fd = openat(run, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			return fd < 0 ? sim_fail(err, errno, "cgroup %s", name) : fd;
		}
		if (errno != EEXIST)
			break;
	}
	return sim_fail(err, errno, "cannot make cgroup %s", name);
}

static int write_at(int directory, const char *path, const char *text, struct sim_error *err)
{
	autoclose int fd = openat(directory, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return sim_fail(err, errno, "cannot write %s to cgroup file %s", text, path);
	return 0;
}

/* Make `path` below a directory, with every part of it. */
static int make_path(int directory, const char *path, struct sim_error *err)
{
	char part[sizeof(((struct sim_cgroup *)0)->name)];
	snprintf(part, sizeof(part), "%s", path);
	for (char *slash = part;; *slash++ = '/') {
		slash = strchr(slash, '/');
		if (slash)
			*slash = '\0';
		if (mkdirat(directory, part, 0755) < 0 && errno != EEXIST)
			return sim_fail(err, errno, "cannot make cgroup %s", part);
		if (!slash)
			return 0;
	}
}

static bool has_hierarchy(const struct sim_cgroup *cgroup, enum hierarchy which)
{
	return which == NET_CLS ? cgroup->net_cls : which == CGROUP2 && cgroup->v2;
}

static int make_one(const struct sim_host *host, const struct sim_cgroup *cgroup,
		    struct sim_error *err)
{
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		if (has_hierarchy(cgroup, i) && (i != NET_CLS || cgroup->classid) &&
		    make_path(host->cgroup_dirs[i], cgroup->name, err) < 0)
			return -1;
	if (!cgroup->classid)
		return 0;
	char path[sizeof(cgroup->name) + 32];
	char classid[16];
	snprintf(path, sizeof(path), "%s/net_cls.classid", cgroup->name);
	snprintf(classid, sizeof(classid), "%u", cgroup->classid);
	return write_at(host->cgroup_dirs[NET_CLS], path, classid, err);
}

static int add(struct sim_host *host, const struct sim_cgroups *cgroups,
	       const struct sim_cgroup *wanted, const char *name, struct sim_error *err)
{
	struct sim_cgroup *cgroup = calloc(1, sizeof(*cgroup));
	if (!cgroup || strlen(name) >= sizeof(cgroup->name)) {
		free(cgroup);
		return sim_fail(err, cgroup ? ENAMETOOLONG : ENOMEM, "cgroup");
	}
	*cgroup = *wanted;
	snprintf(cgroup->name, sizeof(cgroup->name), "%s", name);
	cgroup->next = host->cgroups;
	host->cgroups = cgroup;
	for (enum hierarchy i = 0; i < HIERARCHIES; i++) {
		if (!has_hierarchy(cgroup, i) || host->cgroup_dirs[i] >= 0)
			continue;
		host->cgroup_dirs[i] = own_directory(host, sim_cgroups_run(cgroups, i), err);
		if (host->cgroup_dirs[i] < 0)
			return -1;
	}
	return make_one(host, cgroup, err);
}

int sim_host_add_cgroup(struct sim_host *host, const struct sim_cgroups *cgroups, const char *name,
			uint32_t classid, bool v2, struct sim_error *err)
{
	const struct sim_cgroup wanted = {.net_cls = classid != 0, .classid = classid, .v2 = v2};
	return add(host, cgroups, &wanted, name, err);
}

int sim_host_await_cgroup(struct sim_host *host, const struct sim_cgroups *cgroups,
			  const char *name, bool v2, struct sim_error *err)
{
	const struct sim_cgroup wanted = {.net_cls = true, .v2 = v2};
	return add(host, cgroups, &wanted, name, err);
}

int sim_host_unshare_cgroups(struct sim_host *host, struct sim_error *err)
{
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		if (host->cgroup_dirs[i] >= 0 &&
		    write_at(host->cgroup_dirs[i], "cgroup.procs", "0", err) < 0)
			return -1;
	if (unshare(CLONE_NEWCGROUP) < 0)
		return sim_fail(err, errno, "cannot make a cgroup namespace");
	return 0;
}

int sim_host_mount_cgroups(struct sim_host *host, struct sim_error *err)
{
	if (host->cgroup_dirs[CGROUP2] >= 0 && hierarchy_mount(CGROUP2, "/sys/fs/cgroup", err) < 0)
		return -1;
	if (host->cgroup_dirs[NET_CLS] < 0)
		return 0;
	/* With v2 there, the mount point is an empty v2 cgroup; otherwise it needs a tmpfs to lie
	 * on. */
	if (host->cgroup_dirs[CGROUP2] < 0 && mount_tmpfs("/sys/fs/cgroup", "0755", err) < 0)
		return -1;
	if (make_folder("/sys/fs/cgroup/net_cls", 0755, err) < 0)
		return -1;
	return hierarchy_mount(NET_CLS, "/sys/fs/cgroup/net_cls", err);
}

int sim_host_enter_cgroup(struct sim_host *host, const char *name, struct sim_error *err)
{
	char procs[sizeof(((struct sim_cgroup *)0)->name) + 32];
	const struct sim_cgroup *cgroup = host->cgroups;
	while (cgroup && strcmp(cgroup->name, name) != 0)
		cgroup = cgroup->next;
	if (!cgroup)
		return sim_fail(err, ENOENT, "host %s: cgroup %s", host->name, name);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", name);
	for (enum hierarchy i = 0; i < HIERARCHIES; i++)
		if (has_hierarchy(cgroup, i) && write_at(host->cgroup_dirs[i], procs, "0", err) < 0)
			return -1;
	return 0;
}
