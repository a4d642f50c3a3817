/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/inside.h"
#include "netsim/mount_util.h"
#include "netsim/secrets.h"
#include "netsim/users.h"
#include "netsim/world_files.h"

/* Below /run of a host: the upper layers of what it has private copies of. */
#define SCRATCH "/run/fwlab/copies"

/* Names come from files and from DNS, whatever services the machine uses besides. */
static const char nsswitch[] = "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n"
			       "networks: files\nprotocols: files\nservices: files\n";

static int set_text(char **text, const char *value)
{
	char *copy = strdup(value ? value : "");
	if (!copy)
		return -1;
	free(*text);
	*text = copy;
	return 0;
}

int sim_host_set_files(struct sim_host *host, const char *hosts_text, const char *resolv_text,
		       struct sim_error *err)
{
	if (set_text(&host->hosts_text, hosts_text) < 0 ||
	    set_text(&host->resolv_text, resolv_text) < 0)
		return sim_fail(err, ENOMEM, "host %s", host->name);
	return 0;
}

int sim_host_add_root(struct sim_host *host, const char *name, struct sim_accounts *accounts,
		      struct sim_error *err)
{
	struct sim_root *root = calloc(1, sizeof(*root));
	if (!root || strlen(name) >= sizeof(root->name) || strchr(name, '/')) {
		free(root);
		sim_accounts_free(accounts);
		return sim_fail(err, EINVAL, "host %s: root", host->name);
	}
	snprintf(root->name, sizeof(root->name), "%s", name);
	root->accounts = accounts;
	root->next = host->roots;
	host->roots = root;
	return 0;
}

struct sim_accounts *sim_host_root_accounts(struct sim_host *host, const char *name)
{
	for (struct sim_root *root = host->roots; root; root = root->next)
		if (!strcmp(root->name, name))
			return root->accounts;
	return NULL;
}

/* The text that one of the accounts' writers writes, to be freed. */
static char *accounts_text(const struct sim_accounts *accounts,
			   int (*write)(const struct sim_accounts *accounts, FILE *to))
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	if (!to)
		return NULL;
	int status = write(accounts, to);
	if (fclose(to) != 0 || status < 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* Replace shadow and its like: who may read them is as on the machine. */
static int write_shadows(const char *etc, const struct sim_accounts *accounts,
			 struct sim_error *err)
{
	static const struct {
		const char *name;
		int (*write)(const struct sim_accounts *accounts, FILE *to);
	} shadows[] = {{"shadow", sim_accounts_write_shadow},
		       {"gshadow", sim_accounts_write_gshadow}};
	gid_t gid = 0;
	sim_accounts_group(accounts, "shadow", &gid);
	for (size_t i = 0; i < sizeof(shadows) / sizeof(*shadows); i++) {
		char path[256];
		autofree char *text = accounts_text(accounts, shadows[i].write);
		snprintf(path, sizeof(path), "%s/%s", etc, shadows[i].name);
		if (!text)
			return sim_fail(err, ENOMEM, "accounts");
		if (write_file(path, text, err) < 0)
			return -1;
		if (chown(path, 0, gid) < 0 || chmod(path, 0640) < 0)
			return sim_fail(err, errno, "cannot write %s", path);
	}
	return 0;
}

/* Write the files of one /etc. */
static int write_etc(const struct sim_host *host, const char *etc,
		     const struct sim_accounts *accounts, struct sim_error *err)
{
	autofree char *passwd = accounts_text(accounts, sim_accounts_write_passwd);
	autofree char *group = accounts_text(accounts, sim_accounts_write_group);
	if (!passwd || !group)
		return sim_fail(err, ENOMEM, "accounts");
	const struct {
		const char *name;
		const char *text;
	} files[] = {
		{"passwd", passwd},
		{"group", group},
		{"hosts", host->hosts_text ? host->hosts_text : ""},
		{"resolv.conf", host->resolv_text ? host->resolv_text : ""},
		{"nsswitch.conf", nsswitch},
	};
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[256];
		snprintf(path, sizeof(path), "%s/%s", etc, files[i].name);
		if (write_file(path, files[i].text, err) < 0)
			return -1;
	}
	return write_shadows(etc, accounts, err);
}

/* /bin and its like: a link as on the machine, or the machine's own folder read-only. */
static int copy_top(const char *root, const char *name, struct sim_error *err)
{
	char from[64];
	char to[512];
	char target[256];
	snprintf(from, sizeof(from), "/%s", name);
	snprintf(to, sizeof(to), "%s/%s", root, name);
	ssize_t length = readlink(from, target, sizeof(target) - 1);
	if (length >= 0) {
		target[length] = '\0';
		return make_link(target, to, err);
	}
	if (errno != EINVAL && errno != ENOENT)
		return sim_fail(err, errno, "%s", from);
	int there = is_there(from, err);
	if (there <= 0)
		return there;
	if (make_folder(to, 0755, err) < 0)
		return -1;
	return bind_mount(from, to, MS_REC, err);
}

static int bind_into(const char *root, const char *path, struct sim_error *err)
{
	char to[512];
	struct stat what;
	int there = is_there(path, err);
	if (there <= 0)
		return there;
	if (stat(path, &what) < 0)
		return sim_fail(err, errno, "%s", path);
	snprintf(to, sizeof(to), "%s%s", root, path);
	int made = S_ISDIR(what.st_mode) ? make_folder(to, 0755, err) : write_file(to, "", err);
	return made < 0 ? -1 : bind_mount(path, to, MS_REC, err);
}

/* A private copy, so that packages can be installed in it. */
static int copy_into(const struct sim_root *root, const char *path, struct sim_error *err)
{
	char scratch[256];
	char to[512];
	int there = is_there(path, err);
	if (there <= 0)
		return there;
	snprintf(scratch, sizeof(scratch), SCRATCH "/roots/%s", root->name);
	snprintf(to, sizeof(to), SIM_ROOTS_FOLDER "/%s%s", root->name, path);
	if (make_folder(to, 0755, err) < 0)
		return -1;
	return mount_overlay(path, to, scratch, MS_NODEV, err);
}

static int make_root(const struct sim_host *host, const struct sim_root *root,
		     struct sim_error *err)
{
	static const char *const tops[] = {"bin", "sbin", "lib", "lib32", "lib64", "libx32"};
	static const char *const copies[] = {"/usr", "/etc/alternatives"};
	static const struct {
		const char *path;
		mode_t mode;
	} folders[] = {
		{"/etc", 0755},	 {"/dev", 0755}, {"/var", 0755},  {"/var/tmp", 01777},
		{"/tmp", 01777}, {"/run", 0755}, {"/root", 0700}, {"/proc", 0555},
	};
	static const char *const shared[] = {"/dev/null", "/dev/zero", "/dev/random",
					     "/dev/urandom", "/proc"};
	char top[256];
	char path[512];
	snprintf(top, sizeof(top), SIM_ROOTS_FOLDER "/%s", root->name);
	if (make_parents(top, err) < 0 || make_folder(top, 0755, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(tops) / sizeof(*tops); i++)
		if (copy_top(top, tops[i], err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s%s", top, folders[i].path);
		if (make_folder(path, folders[i].mode, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < sizeof(shared) / sizeof(*shared); i++)
		if (bind_into(top, shared[i], err) < 0)
			return -1;
	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++)
		if (copy_into(root, copies[i], err) < 0)
			return -1;
	snprintf(path, sizeof(path), "%s/etc", top);
	if (write_etc(host, path, root->accounts, err) < 0)
		return -1;
	return sim_files_write(root->files, top, err);
}

/*
 * What is mounted below, and by somebody above our user namespace, the kernel
 * does not let an overlay uncover.  A /tmp without what is in it will do.
 */
static int mount_tmp(struct sim_error *err)
{
	struct sim_error why;
	if (mount_overlay("/tmp", "/tmp", SCRATCH, MS_NOSUID | MS_NODEV, &why) == 0)
		return 0;
	if (why.errnum == EINVAL)
		return mount_tmpfs("/tmp", "1777", err);
	*err = why;
	return -1;
}

/* In the host's network, and mounts that are nobody else's. */
static int make_mounts(struct sim_host *host, struct sim_error *err)
{
	static const char *const copies[] = {"/etc", "/var"};
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	if (sim_keeps_take(host, err) < 0 || mount_tmpfs("/run", "0755", err) < 0 ||
	    make_folder("/run/fwlab", 0700, err) < 0 || make_folder("/run/lock", 01777, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++)
		if (mount_overlay(copies[i], copies[i], SCRATCH, MS_NOSUID | MS_NODEV, err) < 0)
			return -1;
	if (mount_tmp(err) < 0 || secrets_cover(err) < 0 ||
	    sim_copies_mount(host, SCRATCH, err) < 0 ||
	    sim_keeps_restore(host, SCRATCH "/kept", err) < 0 || secrets_remove(err) < 0 ||
	    write_etc(host, "/etc", host->accounts, err) < 0 || sim_hidden_mount(host, err) < 0 ||
	    sim_files_write(host->files, "", err) < 0)
		return -1;
	/* Merely covered, the machine's cgroups would still be told of in /proc/mounts. */
	while (sim_users_is_real_root() && umount2("/sys", MNT_DETACH) == 0)
		;
	if (mount("sysfs", "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, NULL) < 0)
		return sim_fail(err, errno, "cannot mount /sys");
	if (sim_host_mount_cgroups(host, err) < 0)
		return -1;
	for (const struct sim_root *root = host->roots; root; root = root->next)
		if (make_root(host, root, err) < 0 || sim_root_show(root, err) < 0)
			return sim_wrap(err, "root %s", root->name);
	/* All copies have been made. */
	int beneath = is_there(WORLD_BENEATH, err);
	return beneath > 0 ? mount_tmpfs(WORLD_BENEATH, "0", err) : beneath;
}

/* In the host's network, and a mount namespace that is its own from here on. */
static int furnish(struct sim_host *host, struct sim_error *err)
{
	if (setns(host->netns, CLONE_NEWNET) < 0)
		return sim_fail(err, errno, "cannot enter the network");
	if (unshare(CLONE_NEWNS) < 0)
		return sim_fail(err, errno, "cannot make a mount namespace");
	return make_mounts(host, err);
}

/* Where this thread has come from. */
struct home {
	int net;
	int mnt;
	int folder;
};

static void leave_home(struct home *home)
{
	cleanup_close(&home->net);
	cleanup_close(&home->mnt);
	cleanup_close(&home->folder);
}

/* The mounts last: they lead into their root folder. */
static int come_home(const struct home *home, struct sim_error *err)
{
	if (setns(home->net, CLONE_NEWNET) < 0 || setns(home->mnt, CLONE_NEWNS) < 0 ||
	    fchdir(home->folder) < 0)
		return sim_fail(err, errno, "cannot come back to our own namespaces");
	return 0;
}

static int mount_here(struct sim_host *host, struct sim_error *err)
{
	__attribute__((cleanup(leave_home))) struct home home = {
		.net = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC),
		.mnt = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC),
		.folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC),
	};
	if (home.net < 0 || home.mnt < 0 || home.folder < 0)
		return sim_fail(err, errno, "cannot hold our own namespaces");
	int status = furnish(host, err);
	if (status == 0) {
		host->mntns = open("/proc/thread-self/ns/mnt", O_RDONLY | O_CLOEXEC);
		if (host->mntns < 0)
			status = sim_fail(err, errno, "cannot hold the mount namespace");
	}
	return come_home(&home, err) < 0 ? -1 : status;
}

/*
 * Where a host has cgroups, its namespaces are those of a process which is in
 * them: one made for it, which lives until we hold its namespaces.  Nobody who
 * is not root of the machine could come back to the cgroup namespace he is from.
 */
static _Noreturn void mount_in_cgroups(struct sim_host *host, int told, int release)
{
	char end;
	struct sim_error why = {0};
	if (sim_host_unshare_cgroups(host, &why) == 0 && furnish(host, &why) == 0)
		why.text[0] = '\0';
	bool said = write(told, &why, sizeof(why)) == (ssize_t)sizeof(why);
	if (!said)
		_exit(errno);
	ssize_t length;
	while ((length = read(release, &end, 1)) < 0 && errno == EINTR)
		;
	_exit(length < 0 ? errno : 0);
}

static int hold(pid_t pid, const char *kind, int *held, struct sim_error *err)
{
	*held = sim_inside_open(pid, kind);
	return *held < 0 ? sim_fail(err, errno, "cannot hold /proc/%d/ns/%s", pid, kind) : 0;
}

static int hold_both(struct sim_host *host, pid_t pid, int told, struct sim_error *err)
{
	struct sim_error why;
	ssize_t length = read(told, &why, sizeof(why));
	if (length != (ssize_t)sizeof(why))
		return sim_fail(err, length < 0 ? errno : 0, "the process in its cgroups died");
	if (why.text[0])
		return sim_fail(err, 0, "%s", why.text);
	return hold(pid, "cgroup", &host->cgroupns, err) < 0 ? -1
							     : hold(pid, "mnt", &host->mntns, err);
}

static int mount_by_child(struct sim_host *host, struct sim_error *err)
{
	int told[2];
	int release[2];
	if (pipe2(told, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int told_read = told[0];
	autoclose int told_write = told[1];
	if (pipe2(release, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	autoclose int release_read = release[0];
	autoclose int release_write = release[1];

	pid_t pid = fork();
	if (pid < 0)
		return sim_fail(err, errno, "cannot start a process");
	if (pid == 0) {
		close(steal_fd(&told_read));
		close(steal_fd(&release_write));
		mount_in_cgroups(host, told_write, release_read);
	}
	close(steal_fd(&told_write));
	int status = hold_both(host, pid, told_read, err);
	close(steal_fd(&release_write));
	int ended = 0;
	while (waitpid(pid, &ended, 0) < 0 && errno == EINTR)
		;
	if (status < 0 && WIFEXITED(ended) && WEXITSTATUS(ended))
		sim_fail(err, WEXITSTATUS(ended), "the process in its cgroups has ended");
	return status;
}

int sim_host_mount(struct sim_host *host, struct sim_error *err)
{
	if (host->mntns >= 0)
		return 0;
	int status = host->cgroups ? mount_by_child(host, err) : mount_here(host, err);
	return status < 0 ? sim_wrap(err, "host %s", host->name) : 0;
}
