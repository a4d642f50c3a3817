/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/secrets.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"
#include "netsim/mounts.h"
#include "netsim/users.h"

#define HOMES	  "/home"
#define ROOT_HOME "/root"

static const char *const folders[] = {
	HOMES,
	ROOT_HOME,
	"/etc/ssl/private",
	"/etc/letsencrypt",
	"/etc/wireguard",
	"/etc/ipsec.d/private",
	"/etc/swanctl/private",
	"/etc/NetworkManager/system-connections",
	"/var/backups", /* shadow, again */
	"/var/mail",
	"/var/spool/cron",
};

/* shadow and gshadow are the host's own (mounts.c). */
static const char *const files[] = {
	"/etc/shadow-",		 "/etc/gshadow-",      "/etc/ssh/ssh_host_*_key",
	"/etc/security/opasswd", "/etc/krb5.keytab",   "/etc/ipsec.secrets",
	"/etc/ppp/*-secrets",	 "/etc/apt/auth.conf", "/etc/apt/auth.conf.d/*",
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* An empty folder, of the same owner and mode. */
static int cover_folder(const char *path, struct sim_error *err)
{
	char mode[16];
	struct stat about;
	if (stat(path, &about) < 0 || !S_ISDIR(about.st_mode))
		return 0;
	snprintf(mode, sizeof(mode), "0%o", about.st_mode & 07777);
	if (mount_tmpfs(path, mode, err) < 0)
		return -1;
	uid_t uid = sim_users_is_foreign(about.st_uid) ? 0 : about.st_uid;
	gid_t gid = sim_users_is_foreign(about.st_gid) ? 0 : about.st_gid;
	if ((uid || gid) && chown(path, uid, gid) < 0)
		return sim_fail(err, errno, "cannot cover %s", path);
	return 0;
}

int secrets_cover(struct sim_error *err)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		if (cover_folder(folders[i], err) < 0)
			return -1;
	return 0;
}

static int remove_all(const glob_t *found, struct sim_error *err)
{
	for (size_t i = 0; i < found->gl_pathc; i++) {
		bool readable = access(found->gl_pathv[i], R_OK) == 0;
		if (readable ? unlink(found->gl_pathv[i]) < 0 : sim_is_lack(errno))
			return sim_fail(err, errno, "cannot hide %s", found->gl_pathv[i]);
	}
	return 0;
}

int secrets_remove(struct sim_error *err)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		glob_t found;
		int missing = glob(files[i], GLOB_NOSORT, NULL, &found);
		int status = missing ? 0 : remove_all(&found, err);
		if (!missing)
			globfree(&found);
		if (missing && missing != GLOB_NOMATCH)
			return sim_fail(err, 0, "cannot look for %s", files[i]);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* Where it really is, as paths of kept folders are written. */
static void resolve(const char *path, char resolved[PATH_MAX])
{
	if (!realpath(path, resolved))
		snprintf(resolved, PATH_MAX, "%s", path);
}

/* How much of `folder` is the path of a home that it is, or lies in; 0: of none. */
static size_t find_home(const char *folder)
{
	char top[PATH_MAX];
	resolve(ROOT_HOME, top);
	size_t length = strlen(top);
	if (!strncmp(folder, top, length) && (!folder[length] || folder[length] == '/'))
		return length;
	resolve(HOMES, top);
	length = strlen(top);
	if (strncmp(folder, top, length) != 0 || folder[length] != '/' || !folder[length + 1])
		return 0;
	return length + 1 + strcspn(folder + length + 1, "/");
}

static bool is_homes(const char *folder)
{
	char homes[PATH_MAX];
	resolve(HOMES, homes);
	return !strcmp(folder, homes);
}

bool secrets_cover_home(const char *folder)
{
	return is_homes(folder) || find_home(folder);
}

bool sim_folder_in_home(const char *folder)
{
	size_t home = find_home(folder);
	return home && folder[home];
}

/* Where a link leads to, it is covered or in sight. */
static int cover(const char *path, bool folders_only, struct sim_error *err)
{
	struct stat about;
	if (lstat(path, &about) < 0 || S_ISLNK(about.st_mode))
		return 0;
	if (S_ISDIR(about.st_mode))
		return cover_folder(path, err);
	return folders_only ? 0 : bind_mount("/dev/null", path, 0, err);
}

int secrets_cover_below(const char *folder, struct sim_error *err)
{
	bool homes = is_homes(folder);
	size_t home = find_home(folder);
	if (!homes && (!home || folder[home]))
		return 0;
	autoclosedir DIR *list = opendir(folder);
	if (!list)
		return sim_fail(err, errno, "%s", folder);
	for (struct dirent *entry; (entry = readdir(list));) {
		char path[PATH_MAX + NAME_MAX];
		bool dots = !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (!dots && (homes || *entry->d_name == '.') && cover(path, homes, err) < 0)
			return -1;
	}
	return 0;
}
