/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control: the same lab without its policies.  A probe that fails there
 * too was not denied by a policy, whatever it looked like.
 *
 * Brought up when it is first asked.
 */
#ifndef LAB_CONTROL_H
#define LAB_CONTROL_H

#include <stdbool.h>

#include "lab/outcome.h"
#include "lab/plan.h"
#include "netsim/cgroup.h"

struct control;

/*
 * `always`: ask for every deny; otherwise for those that no rule was named for.
 * `bare`: without instruments, like the lab itself.
 */
struct control *control_new(const struct plan *plan, const struct sim_cgroups *cgroups,
			    size_t variant, bool always, bool bare);
void control_free(struct control *control);

/*
 * Look at an outcome: a deny that the control does not bear out becomes
 * `unreachable`.  `arg` is a struct control; for struct second_look.
 */
int control_check(void *arg, size_t probe, enum family family, struct outcome *outcome,
		  struct sim_error *err) __attribute__((warn_unused_result));

#endif
