/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"
#include "netsim/mount_util.h"

/*
 * Folders of a host that can be its own; `always`: they are (mounts.c).  The
 * others are the machine's own as long as no file of the scenario's is in them.
 */
static const struct {
	const char *name;
	bool always;
} tops[] = {
	{"/etc", true},	 {"/var", true},  {"/tmp", true},   {"/run", true},   {"/usr", false},
	{"/opt", false}, {"/srv", false}, {"/home", false}, {"/root", false},
};
#define N_TOPS (sizeof(tops) / sizeof(*tops))

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return !strncmp(path, folder, length) && path[length] == '/' && path[length + 1];
}

static bool is_plain(const char *path)
{
	if (*path != '/' || !path[1])
		return false;
	for (const char *part = path; *part; part += strcspn(part, "/")) {
		size_t length = strcspn(++part, "/");
		if (!length || !strncmp(part, ".", length) || !strncmp(part, "..", length))
			return false;
		for (size_t i = 0; i < length; i++)
			if ((unsigned char)part[i] < ' ' || part[i] == 0x7f)
				return false;
	}
	return true;
}

const char *sim_file_why_not(const char *path, bool in_root)
{
	static const char *const systems[] = {"/proc", "/sys", "/dev"};
	if (!is_plain(path))
		return "an absolute path is wanted, without '.', '..' and empty parts";
	if (strlen(path) > SIM_FILE_PATH_MAX)
		return "a path has at most 255 characters here";
	for (size_t i = 0; in_root && i < sizeof(systems) / sizeof(*systems); i++)
		if (is_below(path, systems[i]) || !strcmp(path, systems[i]))
			return "/proc, /sys and /dev are the kernel's";
	for (size_t i = 0; !in_root && i < N_TOPS; i++)
		if (is_below(path, tops[i].name))
			return NULL;
	return in_root ? NULL
		       : "a host's own files lie below /etc, /var, /tmp, /run, /usr, /opt, /srv, "
			 "/home or /root";
}

/* The folder that `path` lies in must be the host's own. */
static void want_copy(struct sim_host *host, const char *path)
{
	for (size_t i = 0; i < N_TOPS; i++)
		if (!tops[i].always && is_below(path, tops[i].name))
			host->copies |= 1u << i;
}

bool sim_has_copy(const struct sim_host *host, const char *path)
{
	for (size_t i = 0; i < N_TOPS; i++)
		if ((host->copies & 1u << i) &&
		    (is_below(path, tops[i].name) || !strcmp(path, tops[i].name)))
			return true;
	return false;
}

int sim_copies_mount(const struct sim_host *host, const char *scratch, struct sim_error *err)
{
	for (size_t i = 0; i < N_TOPS; i++)
		if ((host->copies & 1u << i) &&
		    mount_overlay(tops[i].name, tops[i].name, scratch, MS_NODEV, err) < 0)
			return -1;
	return 0;
}

static struct sim_root *find_root(struct sim_host *host, const char *name)
{
	struct sim_root *root = host->roots;
	while (root && strcmp(root->name, name) != 0)
		root = root->next;
	return root;
}

static struct sim_own_file *copy_file(const struct sim_file *file)
{
	struct sim_own_file *own = calloc(1, sizeof(*own));
	if (!own)
		return NULL;
	own->file = *file;
	own->path = strdup(file->path);
	own->text = malloc(file->length + 1);
	if (!own->path || !own->text) {
		sim_files_free(own);
		return NULL;
	}
	if (file->text)
		memcpy(own->text, file->text, file->length);
	own->file.path = own->path;
	own->file.text = file->text ? own->text : NULL;
	return own;
}

static int append(struct sim_own_file **list, struct sim_own_file *own)
{
	if (!own)
		return -1;
	while (*list)
		list = &(*list)->next;
	*list = own;
	return 0;
}

int sim_host_add_file(struct sim_host *host, const char *root_name, const struct sim_file *file,
		      struct sim_error *err)
{
	const char *why = sim_file_why_not(file->path, root_name);
	struct sim_root *root = root_name ? find_root(host, root_name) : NULL;
	if (why)
		return sim_fail(err, 0, "%s: %s", file->path, why);
	if (root_name && !root)
		return sim_fail(err, ENOENT, "host %s: root %s", host->name, root_name);
	if (append(root ? &root->files : &host->files, copy_file(file)) < 0)
		return sim_fail(err, ENOMEM, "host %s: %s", host->name, file->path);
	if (!root)
		want_copy(host, file->path);
	return 0;
}

int sim_host_hide(struct sim_host *host, const char *folder, struct sim_error *err)
{
	const struct sim_file file = {.path = folder, .mode = 0755};
	const char *why = sim_file_why_not(folder, false);
	if (why)
		return sim_fail(err, 0, "%s: %s", folder, why);
	if (append(&host->hidden, copy_file(&file)) < 0)
		return sim_fail(err, ENOMEM, "host %s: %s", host->name, folder);
	want_copy(host, folder);
	return 0;
}

int sim_host_show_root(struct sim_host *host, const char *name, const char *at,
		       struct sim_error *err)
{
	const char *why = sim_file_why_not(at, false);
	struct sim_root *root = find_root(host, name);
	if (!root || why)
		return sim_fail(err, 0, "root %s at %s: %s", name, at, why ? why : "no such root");
	free(root->at);
	root->at = strdup(at);
	if (!root->at)
		return sim_fail(err, ENOMEM, "root %s", name);
	want_copy(host, at);
	return 0;
}

static int write_text(int fd, const struct sim_file *file)
{
	for (size_t done = 0; done < file->length;) {
		ssize_t n = write(fd, file->text + done, file->length - done);
		if (n < 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

/* What is there is replaced, a symlink not followed. */
static int put_file(const char *path, const struct sim_file *file, struct sim_error *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return sim_fail(err, errno, "cannot replace %s", path);
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* The mode last: chown(2) takes setuid bits away. */
	if (fd < 0 || write_text(fd, file) < 0 || fchown(fd, file->uid, file->gid) < 0 ||
	    fchmod(fd, file->mode) < 0)
		return sim_fail(err, errno, "cannot write %s", path);
	return 0;
}

static int put_folder(const char *path, const struct sim_file *file, struct sim_error *err)
{
	if (make_folder(path, file->mode, err) < 0)
		return -1;
	if (chown(path, file->uid, file->gid) < 0 || chmod(path, file->mode) < 0)
		return sim_fail(err, errno, "cannot make %s", path);
	return 0;
}

int sim_files_write(const struct sim_own_file *files, const char *top, struct sim_error *err)
{
	for (const struct sim_own_file *own = files; own; own = own->next) {
		char path[PATH_MAX];
		snprintf(path, sizeof(path), "%s%s", top, own->path);
		if (make_parents(path, err) < 0 ||
		    (own->file.text ? put_file : put_folder)(path, &own->file, err) < 0)
			return -1;
	}
	return 0;
}

int sim_hidden_mount(const struct sim_host *host, struct sim_error *err)
{
	for (const struct sim_own_file *own = host->hidden; own; own = own->next)
		if (make_parents(own->path, err) < 0 || make_folder(own->path, 0755, err) < 0 ||
		    mount_tmpfs(own->path, "0755", err) < 0)
			return -1;
	return 0;
}

int sim_root_show(const struct sim_root *root, struct sim_error *err)
{
	char top[256];
	if (!root->at)
		return 0;
	snprintf(top, sizeof(top), SIM_ROOTS_FOLDER "/%s", root->name);
	if (make_parents(root->at, err) < 0 || make_folder(root->at, 0755, err) < 0)
		return -1;
	return bind_mount(top, root->at, MS_REC, err);
}

void sim_files_free(struct sim_own_file *own)
{
	while (own) {
		struct sim_own_file *next = own->next;
		free(own->path);
		free(own->text);
		free(own);
		own = next;
	}
}
