/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sighting: what a probe saw from where it stands, without any judgement.
 *
 * Plain data of fixed size: it is written by a child that has taken on an
 * identity, into memory shared with its parent, and judged there (verdict.h).
 */
#ifndef LAB_SIGHTING_H
#define LAB_SIGHTING_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#define NONCE_MAX     32 /* with the final NUL */
#define SIGHTING_TEXT 4096

/* How far a probe got before it ended, well or badly. */
enum stage {
	STAGE_START,   /* the identity or the socket could not be had */
	STAGE_RESOLVE, /* the name: all of a resolve probe, the first part of a fetch */
	STAGE_CONNECT, /* the handshake; udp and ping: sending */
	STAGE_ANSWER,  /* sent or connected; waiting for the far end's word */
	STAGE_DONE,
};

/* The call that told of a probe's failure: not every EPERM is a firewall's. */
enum wire_call { CALL_NONE, CALL_SOCKET, CALL_CONNECT, CALL_SEND, CALL_RECEIVE };

/* An ICMP error from the socket's error queue (ip(7) and ipv6(7), IP_RECVERR). */
struct icmp_sighting {
	bool seen;
	int family; /* AF_INET, AF_INET6: ICMP or ICMPv6 */
	uint8_t type;
	uint8_t code;
	struct sockaddr_storage offender; /* who sent it */
};

struct sighting {
	enum stage stage; /* the last one that was begun */
	bool answered;	  /* the answer that the probe was for has come */
	bool timed_out;	  /* nothing came in time */
	bool reset;	  /* the connection, once it was there, before any word of the far end's */
	int error;	  /* errno of the call that failed, or SO_ERROR; 0: none */
	bool error_at_once;  /* it was the sending call itself that failed, not a later one */
	enum wire_call call; /* where `error` or `timed_out` is set: in which call */
	bool any_packet;     /* a program's: whatever connection it makes, name it asks for */
	pid_t group;	     /* run, apt: the program's process group while it runs, otherwise 0 */
	uint8_t protocol;    /* of the packet that met its fate: IPPROTO_TCP, UDP, ICMP, ICMPV6 */
	struct icmp_sighting icmp;
	struct sockaddr_storage local;	/* ours, where it is known */
	struct sockaddr_storage remote; /* whom the packet of `stage` was for */
	char nonce[NONCE_MAX];
	bool stopped;	     /* ended from outside, because a rule had already decided */
	uint64_t start_ns;   /* CLOCK_MONOTONIC, of the first packet */
	uint64_t elapsed_ns; /* from the first packet to the end */
	int status; /* stage RESOLVE: DNS rcode; fetch: HTTP status; run, apt: as from waitpid(2);
		       -1: none */
	char answer[256];  /* what came: "HTTP 200, 1532 bytes", "10.0.0.3", the echo's line */
	char trouble[256]; /* what failed, in words: "connect: No route to host" */
	bool printed;	   /* run, apt: what must be printed was, be it in `output` or before */
	/* run, apt: the end of stdout and stderr, one text, NULs made blanks, */
	char output[SIGHTING_TEXT];
	uint64_t output_cut; /* and how many bytes there were before it */
};

#endif
