/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Daemons: programs that stay, in a host, under an identity.
 *
 * Each has a minder, a process of ours to which all of its descendants come
 * back when they are orphaned (PR_SET_CHILD_SUBREAPER in prctl(2)): a daemon
 * that puts itself into the background is not lost, nor is what it leaves
 * behind when it dies.  The minder reads what is printed, so that nobody is
 * held up by a full pipe, and keeps the end of it.
 */
#ifndef NETSIM_DAEMON_H
#define NETSIM_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/process.h"

#define SIM_DAEMON_OUTPUT 2048 /* bytes kept of stdout and stderr together: the last */

struct sim_daemon;

/*
 * Start a program in `host` as `as` (NULL: root): argv, input and cwd as in
 * process.h, its time is not limited.  On return it runs; -1 where it could not be
 * started, with the reason.
 */
int sim_daemon_start(struct sim_host *host, const struct sim_identity *as,
		     const struct sim_program *program, struct sim_daemon **daemon,
		     struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Whether it is there: some process of it is, and the one that was started has
 * not failed.  To end with status 0 while others go on is how programs put
 * themselves into the background.
 */
bool sim_daemon_lives(const struct sim_daemon *daemon);
/* Wait for at most that long for all of it to end; whether it has. */
bool sim_daemon_wait(const struct sim_daemon *daemon, int timeout_ms);

/* How the process that was started ended: "ended with status 1", or "runs". */
const char *sim_daemon_fate(const struct sim_daemon *daemon, char *text, size_t size);
/* The last of what it printed, NUL-terminated; NUL bytes as blanks. */
#define SIM_DAEMON_TEXT (SIM_DAEMON_OUTPUT + 1)
const char *sim_daemon_output(const struct sim_daemon *daemon, char text[SIM_DAEMON_TEXT]);

/* A process with namespaces of its own that it has made; 0, -1: as in inside.h. */
pid_t sim_daemon_inside(const struct sim_daemon *daemon, const struct sim_host *host);

/* Ask it to end (SIGTERM), without waiting for that. */
void sim_daemon_ask(const struct sim_daemon *daemon);
/*
 * End it: ask, and kill whatever of it is there `grace_ms` later.  Returns in bounded time.
 * NULL is none.
 */
void sim_daemon_stop(struct sim_daemon *daemon, int grace_ms);

#endif
