/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

#include "lab/probe.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"

/*
 * ICMP echo, RFC 792 and RFC 4443 4: both have the same layout.  The kernel
 * fills in the checksum and, for a ping socket, the identifier.
 */
struct echo {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint16_t identifier;
	uint16_t sequence;
	char nonce[NONCE_MAX];
};

static int await_reply(int fd, const struct echo *request, uint8_t reply_type,
		       const struct wire_limit *limit, struct sighting *sighting)
{
	for (;;) {
		struct echo reply = {0};
		ssize_t got = wire_receive(fd, &reply, sizeof(reply), limit, sighting);
		if (got < 0)
			return -1;
		if ((size_t)got == sizeof(reply) && reply.type == reply_type &&
		    !memcmp(reply.nonce, request->nonce, sizeof(reply.nonce)))
			return 0;
	}
}

void probe_ping(const struct errand *errand, const struct wire_limit *limit,
		struct sighting *sighting)
{
	bool v6 = errand->family == AF_INET6;
	struct echo request = {.type = v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO, .sequence = 1};
	memcpy(request.nonce, errand->nonce, sizeof(request.nonce));

	autoclose int fd = wire_socket(errand->family, SOCK_DGRAM,
				       v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, sighting);
	if (fd < 0)
		return;
	sighting->stage = STAGE_CONNECT;
	sighting->start_ns = wire_now_ns();
	if (wire_connect(fd, (const struct sockaddr *)&errand->to, wire_address_length(&errand->to),
			 limit, sighting) < 0 ||
	    wire_send(fd, &request, sizeof(request), limit, sighting) < 0)
		return;
	sighting->stage = STAGE_ANSWER;
	if (await_reply(fd, &request, v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY, limit, sighting) < 0)
		return;
	snprintf(sighting->answer, sizeof(sighting->answer), "echo reply");
	sighting->answered = true;
	sighting->stage = STAGE_DONE;
}
