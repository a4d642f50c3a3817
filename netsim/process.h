/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Processes inside a host: a function of ours or a real program, under an
 * identity, bounded in time and output.
 */
#ifndef NETSIM_PROCESS_H
#define NETSIM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/identity.h"

#define SIM_OUTPUT_MAX (1024 * 1024) /* bytes kept of each of stdout and stderr */

/* Where programs are looked up: the whole PATH of every process in a host. */
#define SIM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Whether there is a program of this name, in SIM_PATH as the caller sees it. */
bool sim_program_is_there(const char *name);

/* What came of a process.  sim_process_result_clear() frees the texts. */
struct sim_process_result {
	int status;	/* as from waitpid(2) */
	bool timed_out; /* it did not end in time, and was killed with its process group */
	bool stopped;	/* killed likewise, because its watch said so */
	char *out;	/* stdout, NUL-terminated, at most SIM_OUTPUT_MAX bytes kept */
	size_t out_len;
	char *err; /* stderr, likewise */
	size_t err_len;
	bool truncated; /* more was printed than was kept */
};
void sim_process_result_clear(struct sim_process_result *result);

/*
 * What it means that a program in a world was ended by this signal: strsignal(3)'s words, but of
 * SIGSYS, by which the kernel ends those that netsim/forbidden.h says are killed.
 */
const char *sim_signal_words(int signal);

/*
 * Run a program in `host` as `as` (NULL: root) and wait for it.  argv[0] is
 * looked up in SIM_PATH of the host, which with HOME, LANG=C.UTF-8, USER and
 * LOGNAME is its whole environment; stdin is `input` (NULL: /dev/null); it
 * starts in `cwd` (NULL: /).
 *
 * It leads a session of its own.  Processes that it leaves behind live on, and
 * are not waited for: what they print later is lost.
 *
 * Returns 0 whenever the program was started, whatever it did; -1 when it
 * could not be, with the reason (ENOENT: no such program), and nothing in
 * `result` to be cleared.
 */
struct sim_program {
	char *const *argv;
	const char *input;
	const char *cwd;
	unsigned timeout_ms; /* 0: 60,000 */
};
int sim_program_run(struct sim_host *host, const struct sim_identity *as,
		    const struct sim_program *program, struct sim_process_result *result,
		    struct sim_error *err) __attribute__((warn_unused_result));

/* Something to look at while a process runs. */
struct sim_watch {
	int fd;			   /* when this is readable, */
	bool (*enough)(void *arg); /* this is asked; if it says so, the process is stopped */
	void *arg;
};

/*
 * Run `body(arg)` in a child inside `host` as `as`, and wait for it (0: 60,000
 * ms), all as above, in folder "/".  What it has to tell it puts into memory
 * that is shared (MAP_SHARED) beforehand; its stdout and stderr are captured.
 * The child's exit status is body's result.  `watch` may be NULL.
 *
 * It has the capabilities of a program, no descriptors but 0 to 2, and none of the host's
 * programs can look into it (privileges.h).
 */
int sim_process_call(struct sim_host *host, const struct sim_identity *as, int (*body)(void *arg),
		     void *arg, unsigned timeout_ms, const struct sim_watch *watch,
		     struct sim_process_result *result, struct sim_error *err)
	__attribute__((warn_unused_result));

/*
 * The same, as root, for one that is trusted with all capabilities and descriptors: what it calls
 * must never be the host's.
 */
int sim_process_call_trusted(struct sim_host *host, int (*body)(void *arg), void *arg,
			     unsigned timeout_ms, struct sim_process_result *result,
			     struct sim_error *err) __attribute__((warn_unused_result));

#endif
