/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "lab/probe.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"

/* How long a daemon of which we know nothing may take for a greeting. */
#define GREETING_NS 50000000ULL

/* Take the first line of `text`. */
static void note_answer(const char *text, size_t length, struct sighting *sighting)
{
	size_t line = 0;
	while (line < length && text[line] && text[line] != '\r' && text[line] != '\n')
		line++;
	snprintf(sighting->answer, sizeof(sighting->answer), "%.*s", (int)line, text);
}

/* Receive up to the end of a line or of the stream; 0, or -1 with what was missing. */
static int receive_line(int fd, const struct wire_limit *limit, struct sighting *sighting)
{
	char text[sizeof(sighting->answer)];
	size_t used = 0;
	ssize_t got = 0;
	do {
		got = wire_receive(fd, text + used, sizeof(text) - used, limit, sighting);
		if (got > 0)
			used += (size_t)got;
	} while (got > 0 && used < sizeof(text) && !memchr(text, '\n', used));
	note_answer(text, used, sighting);
	if (got == 0 && used == 0)
		snprintf(sighting->trouble, sizeof(sighting->trouble),
			 "the far end closed the connection without a word");
	return used > 0 ? 0 : -1;
}

/* Send the nonce, and wait for a line or a datagram of the far end's. */
static int converse(int fd, const struct errand *errand, const struct wire_limit *limit,
		    struct sighting *sighting)
{
	char line[NONCE_MAX + 1];
	int length = snprintf(line, sizeof(line), "%s\n", errand->nonce);
	if (wire_send(fd, line, (size_t)length, limit, sighting) < 0)
		return -1;
	sighting->stage = STAGE_ANSWER;
	return receive_line(fd, limit, sighting);
}

/* The handshake is all that counts at a daemon which may not speak first. */
static void listen_for_greeting(int fd, const struct errand *errand, const struct wire_limit *limit,
				struct sighting *sighting)
{
	struct sighting aside = *sighting;
	struct wire_limit enough = *limit;
	uint64_t enough_ns = wire_now_ns() + GREETING_NS;
	if (enough_ns < enough.deadline_ns)
		enough.deadline_ns = enough_ns;
	converse(fd, errand, &enough, &aside);
	memcpy(sighting->answer, aside.answer, sizeof(sighting->answer));
}

void probe_connect(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting)
{
	bool tcp = errand->probe->protocol == IPPROTO_TCP;
	autoclose int fd = wire_socket(errand->family, tcp ? SOCK_STREAM : SOCK_DGRAM,
				       errand->probe->protocol, sighting);
	if (fd < 0)
		return;
	sighting->stage = STAGE_CONNECT;
	sighting->start_ns = wire_now_ns();
	if (wire_connect(fd, (const struct sockaddr *)&errand->to, wire_address_length(&errand->to),
			 limit, sighting) < 0)
		return;

	if (tcp)
		sighting->stage = STAGE_ANSWER;
	if (tcp && !errand->expects_arrival)
		listen_for_greeting(fd, errand, limit, sighting);
	else if (converse(fd, errand, limit, sighting) < 0)
		return;
	sighting->answered = true;
	sighting->stage = STAGE_DONE;
}
