/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wire: sockets that tell why they failed, shared by the probes.
 *
 * Every socket is non-blocking with IP_RECVERR (IPV6_RECVERR): an ICMP error
 * comes at once through the error queue, with type, code and the offender's
 * address, where a plain connect() would come back only on the first SYN
 * retransmission after 1.01 s.
 */
#ifndef LAB_WIRE_H
#define LAB_WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lab/sighting.h"
#include "netsim/process.h"

/* CLOCK_MONOTONIC, as every `deadline_ns`. */
uint64_t wire_now_ns(void);

/* How long to wait: until the deadline, and no longer than until there is nothing to wait for. */
struct wire_limit {
	uint64_t deadline_ns;
	const struct sim_watch *watch; /* who knows that; NULL: nobody */
};

/* What has ended a wait. */
enum wire_end { WIRE_READY, WIRE_TIMED_OUT, WIRE_STOPPED, WIRE_FAILED /* errno says why */ };

/* Wait until `fd` is ready for poll(2)'s `events` or has an error. */
enum wire_end wire_await(int fd, short events, const struct wire_limit *limit);

/*
 * The fate of a socket's packets goes into `sighting`: error, error_at_once,
 * call, icmp, timed_out, stopped, protocol, local, remote, trouble.
 *
 * A socket ready to send; -1 with error and trouble noted.
 */
int wire_socket(int family, int type, int protocol, struct sighting *sighting);

/* Connect (tcp: to the end of the handshake); 0, or -1 with its fate noted. */
int wire_connect(int fd, const struct sockaddr *to, socklen_t to_len,
		 const struct wire_limit *limit, struct sighting *sighting);

/* Send all of it. */
int wire_send(int fd, const void *data, size_t length, const struct wire_limit *limit,
	      struct sighting *sighting);

/*
 * Whether this error is that of a connection which has been reset: whoever writes to it may
 * hear of a broken pipe.
 */
bool wire_is_reset(int errnum);

/* Receive what comes next, at most `size` bytes; the length, 0 at the end of a stream, -1. */
ssize_t wire_receive(int fd, void *data, size_t size, const struct wire_limit *limit,
		     struct sighting *sighting);

/* Whether an error has come meanwhile: 0, or -1 with its fate noted as that of `call`. */
int wire_look(int fd, enum wire_call call, struct sighting *sighting);

/* The length of an address of this family. */
socklen_t wire_address_length(const struct sockaddr_storage *address);

#endif
