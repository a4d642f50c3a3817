/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/descriptors.h"

#include <unistd.h>

/* The least of these that is not below, or -1. */
static int next_of(const int *fds, size_t n_fds, int from)
{
	int next = -1;
	for (size_t i = 0; i < n_fds; i++)
		if (fds[i] >= from && (next < 0 || fds[i] < next))
			next = fds[i];
	return next;
}

int descriptors_close_others(const int *fds, size_t n_fds)
{
	int from = STDERR_FILENO + 1;
	for (int spared; (spared = next_of(fds, n_fds, from)) >= 0; from = spared + 1)
		if (spared > from && close_range((unsigned)from, (unsigned)spared - 1, 0) < 0)
			return -1;
	return close_range((unsigned)from, ~0U, 0);
}
