/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules that tools would load themselves, which no program of a world
 * is let to.  All others the kernel loads when it is asked for what they have.
 */
#ifndef NETSIM_MODULES_H
#define NETSIM_MODULES_H

#include <stdbool.h>

/* Whether this kernel has its legacy tables at hand. */
bool sim_modules_has_legacy(void);

/*
 * Have the legacy tables' modules loaded, as iptables-legacy does it, for the
 * process that starts worlds.  Nothing is done where they are there; a machine
 * that has no such modules does without.
 */
void sim_modules_load_legacy(void);

#endif
