/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host's connection tracking.
 */
#ifndef NETSIM_CONNTRACK_H
#define NETSIM_CONNTRACK_H

#include "netsim/error.h"
#include "netsim/host.h"

/* Forget every connection, as `conntrack -F` does: the next packet is NEW. */
int sim_conntrack_flush(struct sim_host *host, struct sim_error *err)
	__attribute__((warn_unused_result));

#endif
