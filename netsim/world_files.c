/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/world_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"

/* Where the new root is made, which covers nothing that is wanted. */
#define NEW_ROOT "/sys"

/* Device nodes that hold no data of anybody's. */
static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
				      "/dev/random", "/dev/urandom", "/dev/tty"};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Device nodes are held while /dev is covered, and put into the new one. */
static int put_device(int tree, const char *path, struct sim_error *err)
{
	if (write_file(path, "", err) < 0)
		return -1;
	if (move_mount(tree, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return sim_fail(err, errno, "cannot mount %s", path);
	return 0;
}

static int make_links(struct sim_error *err)
{
	static const char *const links[][2] = {{"pts/ptmx", "/dev/ptmx"},
					       {"/proc/self/fd", "/dev/fd"},
					       {"/proc/self/fd/0", "/dev/stdin"},
					       {"/proc/self/fd/1", "/dev/stdout"},
					       {"/proc/self/fd/2", "/dev/stderr"}};
	for (size_t i = 0; i < COUNT(links); i++)
		if (make_link(links[i][0], links[i][1], err) < 0)
			return -1;
	return make_folder("/dev/shm", 01777, err);
}

/* Terminals of its own: to see the machine's would be to type into them. */
static int make_terminals(struct sim_error *err)
{
	if (make_folder("/dev/pts", 0755, err) < 0)
		return -1;
	if (mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		  "newinstance,mode=0620,ptmxmode=0666") < 0)
		return sim_fail(err, errno, "cannot mount /dev/pts");
	return 0;
}

/* Or, negative, why they cannot be had. */
static void hold_devices(int trees[COUNT(devices)])
{
	for (size_t i = 0; i < COUNT(devices); i++)
		if ((trees[i] = open_tree(AT_FDCWD, devices[i],
					  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)) < 0)
			trees[i] = -errno;
}

/* A /dev with nothing of the machine's in it. */
static int make_devices(const int trees[COUNT(devices)], struct sim_error *err)
{
	int status = mount_tmpfs("/dev", "0755", err);
	for (size_t i = 0; i < COUNT(devices); i++) {
		/* A machine, a container say, may do without some of them. */
		if (status == 0 && trees[i] < 0 && trees[i] != -ENOENT)
			status = sim_fail(err, -trees[i], "cannot hold %s", devices[i]);
		if (trees[i] < 0)
			continue;
		if (status == 0)
			status = put_device(trees[i], devices[i], err);
		close(trees[i]);
	}
	return status < 0 || make_terminals(err) < 0 ? -1 : make_links(err);
}

/*
 * Of the sysctls only the network's can be written, and nothing else that is the
 * machine's and would obey uid 0 whatever its capabilities are.
 */
static int protect_proc(struct sim_error *err)
{
	static const char *const machines[] = {"/proc/sys",
					       "/proc/sysrq-trigger",
					       "/proc/irq",
					       "/proc/bus",
					       "/proc/fs",
					       "/proc/acpi",
					       "/proc/scsi",
					       "/proc/mtrr",
					       "/proc/latency_stats",
					       "/proc/driver",
					       "/proc/dynamic_debug"};
	for (size_t i = 0; i < COUNT(machines); i++) {
		int there = is_there(machines[i], err);
		if (there < 0)
			return -1;
		if (!there)
			continue;
		if (bind_mount(machines[i], machines[i], 0, err) < 0 ||
		    (i == 0 && bind_mount("/proc/sys/net", "/proc/sys/net", 0, err) < 0) ||
		    mount_read_only(machines[i], false, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Let the files of a tree belong, to those in a user namespace, to whom they
 * belong on the machine; of what is mounted in it only where all of it can
 * (mount_setattr(2), ID-mapped mounts).
 */
static int map_owners(int tree, int userns)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) == 0)
		return 0;
	return mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr));
}

static int hold_tree(const char *path)
{
	return open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
}

static int put_tree(int tree, const char *to, struct sim_error *err)
{
	if (tree < 0 || move_mount(tree, "", AT_FDCWD, to, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return sim_fail(err, errno, "cannot show %s", to + strlen(NEW_ROOT));
	return 0;
}

static int show_tree(const char *from, const char *to, int userns, struct sim_error *err)
{
	autoclose int tree = hold_tree(from);
	if (tree >= 0 && userns >= 0 && map_owners(tree, userns) < 0)
		return sim_fail(err, ENOTSUP, "cannot map the owners of %s", from);
	return put_tree(tree, to, err);
}

/* What is right below / of the machine's: a link, or the same file or folder. */
static int show(const char *name, int userns, struct sim_error *err)
{
	char from[NAME_MAX + 2];
	char to[NAME_MAX + sizeof(NEW_ROOT) + 1];
	char target[PATH_MAX];
	struct stat about;
	snprintf(from, sizeof(from), "/%s", name);
	snprintf(to, sizeof(to), NEW_ROOT "/%s", name);
	if (lstat(from, &about) < 0)
		return sim_is_lack(errno) ? sim_fail(err, errno, "%s", from) : 0;
	if (S_ISLNK(about.st_mode)) {
		ssize_t length = readlink(from, target, sizeof(target) - 1);
		if (length < 0)
			return sim_is_lack(errno) ? sim_fail(err, errno, "%s", from) : 0;
		target[length] = '\0';
		return make_link(target, to, err);
	}
	if (!S_ISDIR(about.st_mode) && !S_ISREG(about.st_mode))
		return 0;
	int made = S_ISDIR(about.st_mode) ? make_folder(to, 0755, err) : write_file(to, "", err);
	return made < 0 ? -1 : show_tree(from, to, userns, err);
}

static bool is_systems(const char *name)
{
	static const char *const systems[] = {".", "..", "proc", "sys", "dev"};
	for (size_t i = 0; i < COUNT(systems); i++)
		if (!strcmp(name, systems[i]))
			return true;
	return false;
}

/* With the files' owners for a user namespace, unless that is -1. */
static int show_all(int userns, struct sim_error *err)
{
	autoclosedir DIR *root = opendir("/");
	if (!root)
		return sim_fail(err, errno, "cannot read /");
	errno = 0;
	for (const struct dirent *entry; (entry = readdir(root)); errno = 0)
		if (!is_systems(entry->d_name) && show(entry->d_name, userns, err) < 0)
			return -1;
	return errno ? sim_fail(err, errno, "cannot read /") : 0;
}

static int make_system_folders(struct sim_error *err)
{
	if (make_folder(NEW_ROOT "/dev", 0755, err) < 0 ||
	    make_folder(NEW_ROOT "/proc", 0555, err) < 0)
		return -1;
	return make_folder(NEW_ROOT "/sys", 0555, err);
}

/* New ones, while those of the machine are still in sight: user namespaces get none otherwise. */
static int make_system(struct sim_error *err)
{
	if (make_system_folders(err) < 0)
		return -1;
	if (mount("proc", NEW_ROOT "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sim_fail(err, errno, "cannot mount /proc");
	if (mount("sysfs", NEW_ROOT "/sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY,
		  NULL) < 0)
		return sim_fail(err, errno, "cannot mount /sys");
	return 0;
}

/*
 * With the old root on top of the new one, and then gone (pivot_root(2)).  The
 * current folder stays what it was, where it is to be seen.
 */
static int change_root(struct sim_error *err)
{
	char current[PATH_MAX];
	if (!getcwd(current, sizeof(current)))
		snprintf(current, sizeof(current), "/");
	if (chdir(NEW_ROOT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0 || (chdir(current) < 0 && chdir("/") < 0))
		return sim_fail(err, errno, "cannot change the root");
	return mount_read_only("/", false, err);
}

/* Whether anything is mounted below a folder, as far as anybody knows. */
static bool has_mounts(const char *folder)
{
	char line[3 * PATH_MAX];
	char at[PATH_MAX];
	size_t length = strlen(folder);
	autofclose FILE *mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %*s %*s %*s %4095s", at) == 1 &&
		    !strncmp(at, folder, length) && at[length] == '/')
			return true;
	return !mounts || ferror(mounts);
}

/* A folder as it is beneath what is mounted in it. */
static int show_beneath(const char *folder, int userns, struct sim_error *err)
{
	char to[PATH_MAX];
	snprintf(to, sizeof(to), NEW_ROOT WORLD_BENEATH "%s", folder);
	autoclose int tree = open_tree(AT_FDCWD, folder, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree >= 0 && map_owners(tree, userns) < 0)
		return sim_fail(err, ENOTSUP, "cannot map the owners of %s", folder);
	return make_folder(to, 0755, err) < 0 ? -1 : put_tree(tree, to, err);
}

static int show_all_beneath(int userns, struct sim_error *err)
{
	static const char *const folders[] = {"/etc", "/var", "/tmp",  "/usr",
					      "/opt", "/srv", "/home", "/root"};
	for (size_t i = 0; i < COUNT(folders); i++)
		if (has_mounts(folders[i]) && (make_folder(NEW_ROOT WORLD_BENEATH, 0755, err) < 0 ||
					       show_beneath(folders[i], userns, err) < 0))
			return -1;
	return 0;
}

/* A root like the machine's, but that the files in it have owners in the user namespace. */
static int make_mapped_root(int userns, struct sim_error *err)
{
	autoclose int sys = hold_tree("/sys");
	if (sys < 0)
		return sim_fail(err, errno, "cannot hold /sys");
	if (mount_tmpfs(NEW_ROOT, "0755", err) < 0 || show_all(userns, err) < 0 ||
	    show_all_beneath(userns, err) < 0 || make_system_folders(err) < 0 ||
	    put_tree(sys, NEW_ROOT "/sys", err) < 0 ||
	    show_tree("/proc", NEW_ROOT "/proc", -1, err) < 0 ||
	    show_tree("/dev", NEW_ROOT "/dev", -1, err) < 0)
		return -1;
	return change_root(err);
}

int world_files_protect(int userns, struct sim_error *err)
{
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	if (mount_read_only("/", true, err) < 0 ||
	    (userns >= 0 && make_mapped_root(userns, err) < 0))
		return -1;
	/* The kernel gives a new one to user namespaces only as writable as this one. */
	if (mount_setattr(AT_FDCWD, "/proc", 0, &writable, sizeof(writable)) < 0)
		return sim_fail(err, errno, "cannot leave /proc as it was");
	return 0;
}

/* A root with no mounts in it but what the world needs: merely covered, they could be told of. */
static int make_root(struct sim_error *err)
{
	if (mount_tmpfs(NEW_ROOT, "0755", err) < 0 || show_all(-1, err) < 0 || make_system(err) < 0)
		return -1;
	return change_root(err);
}

int world_files_furnish(struct sim_error *err)
{
	int trees[COUNT(devices)];
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	hold_devices(trees);
	return make_root(err) < 0 || make_devices(trees, err) < 0 ? -1 : protect_proc(err);
}
