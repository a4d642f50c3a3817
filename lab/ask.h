/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking for a name: through the C library, as programs do, and by ourselves.
 *
 * The C library says only "failed"; why it failed (an ICMP error, an EPERM, a
 * silence) is learnt by sending the same question again over a socket of ours.
 */
#ifndef LAB_ASK_H
#define LAB_ASK_H

#include "lab/probe.h"

/* What is done before a child is made for it, which may find no files. */
int ask_prepare(struct sim_error *err) __attribute__((warn_unused_result));

/*
 * Ask `server` for the addresses of `name` in the errand's family, over UDP,
 * and over TCP where the answer was cut short.  0 when it answered: status is
 * the rcode, answer the addresses ("" if there are none).  -1 with the fate noted.
 */
int ask_server(const struct errand *errand, const struct sockaddr_storage *server, const char *name,
	       const struct wire_limit *limit, struct sighting *sighting);

/*
 * Resolve `name` as a program would.  0 with `address` (its port is 0), status
 * 0 and answer set.  Otherwise -1, with the C library's word for it as trouble and
 * what our own question to errand->nameserver came to: its fate, or the rcode
 * as status (-1: no answer; the C library's "no such name" stands for NXDOMAIN
 * where there is no nameserver to ask).
 */
int ask_library(const struct errand *errand, const char *name, const struct wire_limit *limit,
		struct sockaddr_storage *address, struct sighting *sighting);

/*
 * Read a nameserver's reply, any bytes, into the status and the answer; false
 * where it is none to the question with this id.  One that was cut short says
 * nothing.
 */
bool ask_read_reply(const uint8_t *wire, size_t length, uint16_t id, bool *cut_short,
		    struct sighting *sighting);

#endif
