/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose a socket is: the program that has it open, of those that /proc shows. */
#ifndef NETSIM_SOCKET_PROGRAM_H
#define NETSIM_SOCKET_PROGRAM_H

#include <stdbool.h>

#define SIM_PROGRAM_NAME 64 /* with the final NUL: the kernel's are shorter */

/* By the socket's inode.  False: none is known to have it, as of the kernel's own. */
bool sim_socket_program(unsigned long inode, char name[SIM_PROGRAM_NAME]);

#endif
