/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/hierarchy.h"
#include "netsim/users.h"

/* What of a run is limited, by which files, in a hierarchy of its own or in v2. */
static const struct {
	enum hierarchy own;
	const char *limit[2];  /* [1]: in v2 */
	const char *swap[2];   /* as much as that, or, in v2, none; not everywhere there */
	const char *events[2]; /* where it is counted what came of the limit, */
	const char *event;     /* by this word */
} rows[] = {
	{MEMORY,
	 {"memory.limit_in_bytes", "memory.max"},
	 {"memory.memsw.limit_in_bytes", "memory.swap.max"},
	 {"memory.oom_control", "memory.events"},
	 "oom_kill "},
	{PIDS, {"pids.max", "pids.max"}, {NULL, NULL}, {"pids.events", "pids.events"}, "max "},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

/* Of an ordinary user's cgroups, by what they have been given. */
static bool may_limit(enum hierarchy controller)
{
	int tree = -1;
	enum hierarchy which = hierarchy_limiting(controller);
	if (which == HIERARCHIES || sim_users_is_real_root())
		return which != HIERARCHIES;
	if (hierarchy_open(which, &tree, NULL) < 0)
		return false;
	bool limits = which != CGROUP2 || hierarchy_passes_on(tree, controller);
	close(tree);
	return limits;
}

bool sim_limits_memory(void)
{
	return may_limit(MEMORY);
}

bool sim_limits_processes(void)
{
	return may_limit(PIDS);
}

/* The run's directory that limits it, -1: none; `v2`: of which kind that is. */
static int find_run(const struct sim_cgroups *cgroups, size_t row, bool *v2)
{
	int own = cgroups ? sim_cgroups_run(cgroups, rows[row].own) : -1;
	*v2 = own < 0;
	if (own >= 0)
		return own;
	int shared = cgroups ? sim_cgroups_run(cgroups, CGROUP2) : -1;
	return shared >= 0 && faccessat(shared, rows[row].limit[1], F_OK, 0) == 0 ? shared : -1;
}

static int write_number(int run, const char *file, uint64_t number, struct sim_error *err)
{
	char text[24];
	int length = snprintf(text, sizeof(text), "%" PRIu64, number);
	autoclose int fd = openat(run, file, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, (size_t)length) < 0)
		return sim_fail(err, errno, "cannot limit the lab (%s=%s)", file, text);
	return 0;
}

static uint64_t read_limit(int folder, const char *file)
{
	char text[32] = "";
	autoclose int fd = openat(folder, file, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || *text < '0' || *text > '9')
		return UINT64_MAX; /* "max", or the root of all */
	return strtoull(text, NULL, 10);
}

/*
 * The least limit that we are under: the run's directory is at the top, and
 * must not lead out of it.
 */
static uint64_t find_own_limit(const struct sim_cgroups *cgroups, size_t row, bool v2)
{
	char path[PATH_MAX];
	uint64_t least = UINT64_MAX;
	enum hierarchy which = v2 ? CGROUP2 : rows[row].own;
	/* The kernel sees to it where we cannot look up from a cgroup that is ours. */
	if (!sim_users_is_real_root() ||
	    !hierarchy_find_ourselves(which, hierarchy_name(rows[row].own), path))
		return least;
	for (char *end = path + strlen(path); end; end = strrchr(path, '/')) {
		*end = '\0';
		autoclose int folder = openat(sim_cgroups_tree(cgroups, which), path,
					      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		uint64_t limit = folder < 0 ? UINT64_MAX : read_limit(folder, rows[row].limit[v2]);
		least = limit < least ? limit : least;
	}
	return least;
}

int sim_limits_set(const struct sim_cgroups *cgroups, struct sim_limits *limits,
		   struct sim_error *err)
{
	for (size_t i = 0; i < ROWS; i++) {
		uint64_t *number = rows[i].own == MEMORY ? &limits->memory : &limits->processes;
		bool v2;
		int run = find_run(cgroups, i, &v2);
		if (run < 0)
			continue;
		uint64_t own = find_own_limit(cgroups, i, v2);
		*number = own < *number ? own : *number;
		if (write_number(run, rows[i].limit[v2], *number, err) < 0)
			return -1;
		const char *swap = rows[i].swap[v2];
		if (swap && faccessat(run, swap, F_OK, 0) == 0 &&
		    write_number(run, swap, v2 ? 0 : *number, err) < 0)
			return -1;
	}
	return 0;
}

/* Memory that is written to, not all that is mapped: some programs reserve more than there is. */
static int limit_each(const struct sim_limits *limits, struct sim_error *err)
{
	const struct rlimit most = {limits->memory, limits->memory};
	if (setrlimit(RLIMIT_DATA, &most) < 0)
		return sim_fail(err, errno, "cannot limit the lab's processes");
	return 0;
}

/* A v1 thread that moves itself need not wait for all others: 10 ms less than a process takes. */
static int enter_run(int run, bool v2, struct sim_error *err)
{
	return write_number(run, v2 ? "cgroup.procs" : "tasks", 0, err);
}

int sim_limits_enter(const struct sim_cgroups *cgroups, const struct sim_limits *limits,
		     struct sim_error *err)
{
	for (size_t i = 0; i < ROWS; i++) {
		bool v2;
		int run = find_run(cgroups, i, &v2);
		int status = run >= 0		     ? enter_run(run, v2, err)
			     : rows[i].own == MEMORY ? limit_each(limits, err)
						     : 0;
		if (status < 0)
			return -1;
	}
	return 0;
}

static unsigned long read_event(int run, const char *file, const char *event)
{
	char line[128];
	autoclose int fd = openat(run, file, O_RDONLY | O_CLOEXEC);
	autofclose FILE *events = fd < 0 ? NULL : fdopen(fd, "r");
	if (events)
		steal_fd(&fd);
	while (events && fgets(line, sizeof(line), events))
		if (!strncmp(line, event, strlen(event)))
			return strtoul(line + strlen(event), NULL, 10);
	return 0;
}

void sim_limits_read(const struct sim_cgroups *cgroups, struct sim_limits_hit *hit)
{
	unsigned long counts[ROWS] = {0};
	for (size_t i = 0; i < ROWS; i++) {
		bool v2;
		int run = find_run(cgroups, i, &v2);
		if (run >= 0)
			counts[i] = read_event(run, rows[i].events[v2], rows[i].event);
	}
	*hit = (struct sim_limits_hit){.killed = counts[0], .refused = counts[1]};
}
