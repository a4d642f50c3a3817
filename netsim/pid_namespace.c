/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/pid_namespace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* PROC_USER_INIT_INO, PROC_PID_INIT_INO and PROC_DYNAMIC_FIRST of the kernel's linux/proc_ns.h */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDUL
#define FIRST_PID_NAMESPACE  0xEFFFFFFCUL
#define FIRST_OF_OTHERS	     0xF0000000UL

static unsigned long number_of(const char *path)
{
	struct stat ns;
	return stat(path, &ns) == 0 ? (unsigned long)ns.st_ino : 0;
}

unsigned long pid_namespace_own(void)
{
	return number_of("/proc/self/ns/pid");
}

/* Without CAP_SYS_PTRACE, a /proc with hidepid (proc(5)) does not show all. */
static bool sees_all_processes(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	return pid_namespace_own() == FIRST_PID_NAMESPACE &&
	       number_of("/proc/self/ns/user") == FIRST_USER_NAMESPACE &&
	       syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective & CAP_TO_MASK(CAP_SYS_PTRACE));
}

/* Whether a process has one number only, in our namespace: "NSpid:\t1" (proc(5), status). */
static bool is_with_us(const char *pid)
{
	static const char mark[] = "NSpid:\t";
	char path[64];
	char *line = NULL;
	size_t room = 0;
	bool alone = false;
	snprintf(path, sizeof(path), "/proc/%.16s/status", pid);
	autofclose FILE *status = fopen(path, "re");
	while (status && getline(&line, &room, status) > 0)
		if (!strncmp(line, mark, strlen(mark)))
			alone = !strchr(line + strlen(mark), '\t');
	free(line);
	return alone;
}

/* Whether a process certainly is not in the namespace: in another, or no more. */
static bool is_elsewhere(const char *pid, unsigned long number)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%.16s/ns/pid", pid);
	unsigned long own = number_of(path);
	if (own)
		return own != number;
	/* A security module may keep some to themselves. */
	return errno == ENOENT || errno == ESRCH || is_with_us(pid);
}

bool pid_namespace_is_gone(unsigned long number)
{
	if (number < FIRST_OF_OTHERS || !sees_all_processes())
		return false;
	autoclosedir DIR *proc = opendir("/proc");
	struct dirent *entry = NULL;
	errno = 0;
	while (proc && (entry = readdir(proc))) {
		if (isdigit((unsigned char)*entry->d_name) && !is_elsewhere(entry->d_name, number))
			return false;
		errno = 0;
	}
	return proc && !errno;
}
