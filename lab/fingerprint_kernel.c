/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /proc tells of the machine, as proc(5) has it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/fingerprint_private.h"
#include "netsim/cleanup.h"

#define SYSCTL_DEPTH_MAX 8
#define TCP_LISTENS	 0x0A
#define UDP_UNCONNECTED	 0x07
#define UNIX_LISTENS	 0x10000UL /* __SO_ACCEPTCON of the kernel's <linux/net.h> */

/* Sysctls that change by themselves, or at somebody's first look. */
static const char *const restless[] = {
	"/proc/sys/kernel/ns_last_pid",
	"/proc/sys/kernel/perf_event_max_sample_rate",
	"/proc/sys/kernel/perf_cpu_time_max_percent",
	"/proc/sys/kernel/pty/nr",
	"/proc/sys/kernel/random/entropy_avail",
	"/proc/sys/kernel/random/uuid",
	"/proc/sys/kernel/hung_task_detect_count",
	"/proc/sys/net/core/netdev_rss_key",
	"/proc/sys/net/netfilter/nf_conntrack_count",
};

int fingerprint_say(const struct sim_lines *to, struct sim_error *err, const char *format, ...)
{
	char line[FINGERPRINT_LINE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	return to->take(to->arg, line, err);
}

static bool is_restless(const char *path)
{
	for (size_t i = 0; i < sizeof(restless) / sizeof(*restless); i++)
		if (!strcmp(path, restless[i]))
			return true;
	return false;
}

static int say_sysctl(const char *path, const struct sim_lines *to, struct sim_error *err)
{
	char value[4096];
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	/* Some can only be written, or have no value yet. */
	ssize_t length = fd < 0 ? -1 : read(fd, value, sizeof(value) - 1);
	if (length < 0)
		return errno == EMFILE || errno == ENFILE
			       ? sim_fail(err, errno, "cannot read %s", path)
			       : 0;
	while (length && value[length - 1] == '\n')
		length--;
	return fingerprint_say(to, err, "%s: %.*s", path + strlen("/proc/sys/"), (int)length,
			       value);
}

static int say_sysctls(const char *path, int depth, const struct sim_lines *to,
		       struct sim_error *err)
{
	autoclosedir DIR *folder = opendir(path);
	if (!folder)
		return errno == ENOENT || errno == EACCES
			       ? 0
			       : sim_fail(err, errno, "cannot look into %s", path);
	for (struct dirent *entry; (entry = readdir(folder));) {
		char below[PATH_MAX];
		snprintf(below, sizeof(below), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || is_restless(below))
			continue;
		int status = entry->d_type == DT_DIR && depth < SYSCTL_DEPTH_MAX
				     ? say_sysctls(below, depth + 1, to, err)
				     : say_sysctl(below, to, err);
		if (status < 0)
			return -1;
	}
	return 0;
}

int fingerprint_sysctls(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err)
{
	(void)folders;
	return say_sysctls("/proc/sys/net", 0, to, err) < 0
		       ? -1
		       : say_sysctls("/proc/sys/kernel", 0, to, err);
}

/* Every line of a file, up to the character `end`; a file that is not there has none. */
static int say_lines(const char *path, const char *end, const struct sim_lines *to,
		     struct sim_error *err)
{
	autofree char *line = NULL;
	size_t size = 0;
	int status = 0;
	autofclose FILE *f = fopen(path, "re");
	if (!f && errno != ENOENT)
		return sim_fail(err, errno, "cannot read %s", path);
	while (f && status == 0 && getline(&line, &size, f) > 0) {
		line[strcspn(line, end)] = '\0';
		status = to->take(to->arg, line, err);
	}
	return status;
}

int fingerprint_modules(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err)
{
	(void)folders;
	return say_lines("/proc/modules", " \n", to, err);
}

int fingerprint_mounts(const char *const *folders, const struct sim_lines *to,
		       struct sim_error *err)
{
	(void)folders;
	return say_lines("/proc/self/mountinfo", "\n", to, err);
}

struct process {
	int pid;
	int parent;
	char state;
	char name[64];
};

/* "PID (NAME) STATE PARENT ...", where NAME may contain anything. */
static bool read_process(int pid, struct process *process)
{
	char path[64];
	char stat[512];
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	autofclose FILE *f = fopen(path, "re");
	size_t length = f ? fread(stat, 1, sizeof(stat) - 1, f) : 0;
	stat[length] = '\0';
	char *name = strchr(stat, '(');
	char *end = strrchr(stat, ')');
	process->pid = pid;
	/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
	if (!name || !end || sscanf(end, ") %c %d", &process->state, &process->parent) != 2)
		return false;
	*end = '\0';
	snprintf(process->name, sizeof(process->name), "%s", name + 1);
	return true;
}

static bool is_descendant(struct process process, int ancestor)
{
	/* Whoever ends meanwhile hands its children on. */
	for (int i = 0; i < 1000 && process.parent > 0; i++) {
		if (process.parent == ancestor)
			return true;
		if (!read_process(process.parent, &process))
			return false;
	}
	return false;
}

int fingerprint_processes(const char *const *folders, const struct sim_lines *to,
			  struct sim_error *err)
{
	(void)folders;
	autoclosedir DIR *all = opendir("/proc");
	if (!all)
		return sim_fail(err, errno, "cannot look into /proc");
	for (struct dirent *entry; (entry = readdir(all));) {
		struct process process;
		int pid = (int)strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || !read_process(pid, &process) || process.state == 'Z' ||
		    !is_descendant(process, getpid()))
			continue;
		if (fingerprint_say(to, err, "%d (%s)", process.pid, process.name) < 0)
			return -1;
	}
	return 0;
}

/* Ports below these are nobody's by chance: a client's question has one for a moment. */
static unsigned first_random_port(void)
{
	unsigned first = 32768;
	autofclose FILE *f = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
	/* The kernel's own number. NOLINTNEXTLINE(cert-err34-c) */
	return f && fscanf(f, "%u", &first) == 1 ? first : 32768;
}

static int say_ports(const char *table, unsigned state, const struct sim_lines *to,
		     struct sim_error *err)
{
	char path[64];
	char line[512];
	unsigned first_random = state == UDP_UNCONNECTED ? first_random_port() : UINT_MAX;
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", table);
	autofclose FILE *f = fopen(path, "re");
	/* "  0: 0100007F:0019 00000000:0000 0A ...": after the heading, hexadecimal */
	while (f && fgets(line, sizeof(line), f)) {
		char address[33];
		unsigned port;
		unsigned is;
		/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, " %*u: %32[0-9A-F]:%4x %*[0-9A-F]:%*[0-9A-F] %2x", address, &port,
			   &is) == 3 &&
		    is == state && port < first_random &&
		    fingerprint_say(to, err, "%s %s port %u", table, address, port) < 0)
			return -1;
	}
	return 0;
}

static int say_unix(const struct sim_lines *to, struct sim_error *err)
{
	autofree char *line = NULL;
	size_t size = 0;
	autofclose FILE *f = fopen("/proc/thread-self/net/unix", "re");
	/* "ffff8881: 00000002 00000000 00010000 0001 01 4711 /run/x.sock" */
	while (f && getline(&line, &size, f) > 0) {
		unsigned long flags;
		int at = 0;
		line[strcspn(line, "\n")] = '\0';
		/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
		if (sscanf(line, "%*[^:]: %*x %*x %lx %*x %*x %*u %n", &flags, &at) == 1 && at &&
		    (flags & UNIX_LISTENS) && fingerprint_say(to, err, "unix %s", line + at) < 0)
			return -1;
	}
	return 0;
}

int fingerprint_sockets(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err)
{
	static const struct {
		const char *table;
		unsigned state;
	} tables[] = {
		{"tcp", TCP_LISTENS},	      {"tcp6", TCP_LISTENS},
		{"udp", UDP_UNCONNECTED},     {"udp6", UDP_UNCONNECTED},
		{"udplite", UDP_UNCONNECTED}, {"udplite6", UDP_UNCONNECTED},
	};
	(void)folders;
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (say_ports(tables[i].table, tables[i].state, to, err) < 0)
			return -1;
	return say_unix(to, err);
}
