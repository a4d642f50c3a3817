/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The child's side of a process in a host: from fork(2) to its program or body.
 * Private to netsim; process.h and daemon.h are what others use.
 */
#ifndef NETSIM_CHILD_H
#define NETSIM_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "netsim/error.h"
#include "netsim/host.h"
#include "netsim/process.h"

/* The whole environment of a child: lines, and the pointers to them. */
struct child_environment {
	char home[64];
	char user[64];
	char logname[64];
	char *lines[6];
};

/* What a child is to do: call `body` or, without one, become `program`. */
struct child_task {
	struct sim_host *host;
	const struct sim_identity *as; /* NULL: root, until child_prepare() */
	struct sim_program program;
	int (*body)(void *arg);
	void *arg;
	bool trusted; /* the body, with all that we have */
	struct child_environment environment;
};

/* What a child that could not start leaves behind, in memory shared with it. */
struct child_words {
	bool spoken;
	struct sim_error why;
};

/* The child's ends, which its parent closes; -1 for none. */
struct child_ends {
	int in;
	int out;
	int err;
};
void child_ends_close(struct child_ends *ends);
#define autochildends __attribute__((cleanup(child_ends_close)))

/* Before the fork: what is made once and stays the host's, and the environment. */
int child_prepare(struct child_task *task, struct sim_error *err)
	__attribute__((warn_unused_result));

/* A descriptor from which `input` (NULL: nothing) can be read. */
int child_open_input(const char *input, struct sim_error *err) __attribute__((warn_unused_result));

/* Fork with every signal blocked, so that no handler of ours runs in the child. */
pid_t child_fork(void);

/*
 * The child's life: a session of its own, in the host, under the identity.
 * What keeps it from starting is put into `words`, and its status is then 127.
 */
_Noreturn void child_become(struct child_task *task, struct child_ends *ends,
			    struct child_words *words);

#endif
