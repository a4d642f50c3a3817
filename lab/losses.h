/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Losses: packets of which the kernel itself has told that it dropped them in a
 * lab's hosts, since a probe began.  A part of the witness, which knows whether
 * they are the probe's.
 */
#ifndef LAB_LOSSES_H
#define LAB_LOSSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netsim/drop_reason.h"
#include "netsim/host.h"
#include "netsim/skb_drop.h"

#define LOSSES_MAX 256

struct loss {
	struct sim_drop drop;
	const struct sim_drop_reason *reason;
	uint64_t heard_ns; /* CLOCK_MONOTONIC */
	bool concerns;	   /* it is one of the probe's packets, */
	bool reply;	   /* on the way back */
};

struct losses {
	struct sim_drops *drops;	       /* NULL: nobody listens */
	const struct sim_drops_lender *lender; /* NULL: we can do it ourselves */
	int patience; /* timer: whoever dropped it has had the time to say so */
	bool tried;
	struct sim_error missing; /* why nobody listens, once that has been tried */
	struct loss all[LOSSES_MAX];
	size_t count;
	bool missed; /* some more that are not known */
};

#define LOSSES_NONE                                                                                \
	{                                                                                          \
		.patience = -1                                                                     \
	}

/*
 * Begin to listen, if that has not been tried before: whether somebody listens by
 * now.  `readable`, an epoll instance, then also wakes for news of losses, marked
 * as LOSSES_NEWS, and again when an answer to one that is known should have come.
 */
#define LOSSES_NEWS UINT64_MAX
bool losses_watch(struct losses *losses, struct sim_host *const *hosts, size_t n_hosts,
		  int readable);
void losses_close(struct losses *losses);

/* Take the news in. */
int losses_read(struct losses *losses, struct sim_error *err) __attribute__((warn_unused_result));
void losses_forget(struct losses *losses);

/* The first that is the end of one of the probe's packets, else the last in passing, or NULL. */
const struct loss *losses_decisive(const struct losses *losses);

/* Whether no packet like it will get through, and no error comes of it any more. */
bool losses_is_final(const struct loss *loss);

#endif
