/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program that a probe runs, followed to its end: its status and what it
 * prints go into the sighting as they come.
 */
#ifndef LAB_PROGRAM_H
#define LAB_PROGRAM_H

#include <stdint.h>

#include "lab/sighting.h"

/*
 * It starts in `folder` or, where that is not there, or not for this user, in /.
 * All that it prints is searched for `wanted`; NULL: for nothing.
 *
 * It has a process group of its own, `sighting->group` while it runs, of which
 * nothing is left afterwards: whoever ends the probe before must end that too.
 */
void program_run(char *const argv[], const char *folder, const char *wanted, uint64_t deadline_ns,
		 struct sighting *sighting);

#endif
