/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/socket_program.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* Whether one of the descriptors in this folder is what the link says: "socket:[4711]". */
static bool has_open(const char *folder, const char *link)
{
	char to[64];
	const struct dirent *entry;
	autoclosedir DIR *dir = opendir(folder);
	while (dir && (entry = readdir(dir))) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, to, sizeof(to));
		if (length == (ssize_t)strlen(link) && !memcmp(to, link, strlen(link)))
			return true;
	}
	return false;
}

static bool read_name(const char *path, char name[SIM_PROGRAM_NAME])
{
	autofclose FILE *file = fopen(path, "re");
	if (!file || !fgets(name, SIM_PROGRAM_NAME, file))
		return false;
	name[strcspn(name, "\n")] = '\0';
	return true;
}

bool sim_socket_program(unsigned long inode, char name[SIM_PROGRAM_NAME])
{
	char link[64];
	const struct dirent *process;
	autoclosedir DIR *processes = opendir("/proc");
	snprintf(link, sizeof(link), "socket:[%lu]", inode);
	while (processes && (process = readdir(processes))) {
		char path[sizeof("/proc//comm") + sizeof(process->d_name)];
		if (!isdigit((unsigned char)*process->d_name))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/fd", process->d_name);
		if (!has_open(path, link))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", process->d_name);
		if (read_name(path, name))
			return true;
	}
	return false;
}
