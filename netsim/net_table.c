/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/net_table.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>

#include "netsim/cleanup.h"

/* What is in /proc is as of the thread that opens it. */
FILE *net_table_open(int netns, const char *name)
{
	char path[64];
	autoclose int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0 || setns(netns, CLONE_NEWNET) < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/thread-self/net/%s", name);
	FILE *table = fopen(path, "re");
	int errnum = errno;
	/* Who is not where he thinks is of no use; errno says to atexit(3) why. */
	if (setns(home, CLONE_NEWNET) < 0)
		exit(EXIT_FAILURE);
	errno = errnum;
	return table;
}
