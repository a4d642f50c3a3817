/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process' descriptors.  Private to netsim. */
#ifndef NETSIM_DESCRIPTORS_H
#define NETSIM_DESCRIPTORS_H

#include <stddef.h>

/* Close all but 0 to 2 and these, which need not be sorted; -1 with errno. */
int descriptors_close_others(const int *fds, size_t n_fds);

#endif
