/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pid namespaces, by the numbers that /proc/PID/ns/pid has for them, which the
 * kernel gives again once a namespace has gone.  Private to netsim.
 */
#ifndef NETSIM_PID_NAMESPACE_H
#define NETSIM_PID_NAMESPACE_H

#include <stdbool.h>

/* That of this process; 0: /proc is not of it. */
unsigned long pid_namespace_own(void);

/*
 * Whether a namespace in which there was a process has ended since: it is
 * nobody's on this machine.  True is certain even while others are made and end:
 * a namespace lives as long as its first process, which for all that time is in
 * /proc under one number.  False where it lives, or its number is another's by
 * now, or we do not see every process: from another namespace than the machine's
 * first, or without its capabilities.
 */
bool pid_namespace_is_gone(unsigned long number);

#endif
