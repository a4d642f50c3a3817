/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/world_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"

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

/* A /dev with nothing of the machine's in it. */
static int make_devices(struct sim_error *err)
{
	int trees[COUNT(devices)];
	for (size_t i = 0; i < COUNT(devices); i++)
		trees[i] = open_tree(AT_FDCWD, devices[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	int status = mount_tmpfs("/dev", "0755", err);
	for (size_t i = 0; i < COUNT(devices); i++) {
		/* A machine, a container say, may do without some of them. */
		if (trees[i] < 0)
			continue;
		if (status == 0)
			status = put_device(trees[i], devices[i], err);
		close(trees[i]);
	}
	return status < 0 || make_terminals(err) < 0 ? -1 : make_links(err);
}

/*
 * /proc of this world; of its sysctls only the network's can be written, and
 * nothing else that is the machine's and would obey uid 0 whatever its
 * capabilities are.
 */
static int make_proc(struct sim_error *err)
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
					       "/proc/driver"};
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return sim_fail(err, errno, "cannot mount /proc");
	for (size_t i = 0; i < COUNT(machines); i++) {
		if (access(machines[i], F_OK) < 0)
			continue;
		if (bind_mount(machines[i], machines[i], 0, err) < 0 ||
		    (i == 0 && bind_mount("/proc/sys/net", "/proc/sys/net", 0, err) < 0) ||
		    mount_read_only(machines[i], false, err) < 0)
			return -1;
	}
	return 0;
}

int world_files_protect(struct sim_error *err)
{
	struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	if (mount_read_only("/", true, err) < 0)
		return -1;
	/* The kernel gives a new one to user namespaces only as writable as this one. */
	if (mount_setattr(AT_FDCWD, "/proc", 0, &writable, sizeof(writable)) < 0)
		return sim_fail(err, errno, "cannot leave /proc as it was");
	return 0;
}

int world_files_furnish(struct sim_error *err)
{
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0)
		return sim_fail(err, errno, "cannot make the mounts private");
	return make_devices(err) < 0 ? -1 : make_proc(err);
}
