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

/* CLOCK_MONOTONIC, as every `deadline_ns`. */
uint64_t wire_now_ns(void);

/* Wait until `fd` is ready for poll(2)'s `events` or has an error; false: the deadline has passed.
 */
bool wire_await(int fd, short events, uint64_t deadline_ns);

/*
 * The fate of a socket's packets goes into `sighting`: error, error_at_once,
 * call, icmp, timed_out, protocol, local, remote, trouble.
 *
 * A socket ready to send; -1 with error and trouble noted.
 */
int wire_socket(int family, int type, int protocol, struct sighting *sighting);

/* Connect (tcp: to the end of the handshake); 0, or -1 with its fate noted. */
int wire_connect(int fd, const struct sockaddr *to, socklen_t to_len, uint64_t deadline_ns,
		 struct sighting *sighting);

/* Send all of it. */
int wire_send(int fd, const void *data, size_t length, uint64_t deadline_ns,
	      struct sighting *sighting);

/* Receive what comes next, at most `size` bytes; the length, 0 at the end of a stream, -1. */
ssize_t wire_receive(int fd, void *data, size_t size, uint64_t deadline_ns,
		     struct sighting *sighting);

/* The length of an address of this family. */
socklen_t wire_address_length(const struct sockaddr_storage *address);

#endif
