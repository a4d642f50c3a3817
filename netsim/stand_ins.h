/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scripts have no marked copy: what a shell makes of one is known only when it is run.  It is run
 * once more, as a rehearsal in the host's twin, with stand-ins for the tools (stand_in.h).
 */
#ifndef NETSIM_STAND_INS_H
#define NETSIM_STAND_INS_H

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/mark.h"

/*
 * Load what the script at `path` loads into the twin, marked as in the run of this number; the
 * book is added to.  -1 likewise where the script fails.
 */
int stand_ins_load(struct sim_host *twin, const char *path, unsigned run, struct mark_book *book,
		   unsigned timeout_ms, struct sim_error *err) __attribute__((warn_unused_result));

#endif
