/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/modules.h"

#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/error.h"

/* Who lacks memory is to hear that. */
static bool has(const char *names)
{
	return access(names, F_OK) == 0 || sim_is_lack(errno);
}

bool sim_modules_has_legacy(void)
{
	return has("/proc/self/net/ip_tables_names") && has("/proc/self/net/ip6_tables_names");
}

void sim_modules_load_legacy(void)
{
	static char words[][12] = {"modprobe", "-q", "-a", "ip_tables", "ip6_tables"};
	char *const argv[] = {words[0], words[1], words[2], words[3], words[4], NULL};
	char *const environment[] = {NULL};
	pid_t pid;
	if (sim_modules_has_legacy() ||
	    posix_spawn(&pid, "/sbin/modprobe", NULL, NULL, argv, environment) != 0)
		return;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
