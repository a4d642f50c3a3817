/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

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

#define REQUEST_MAX 256

static size_t speak_line(const struct errand *errand, char request[REQUEST_MAX])
{
	return (size_t)snprintf(request, REQUEST_MAX, "%s\n", errand->nonce);
}

/* The nonce stands first too: whoever else it is sent to by NAT, an echo say, looks for it there.
 */
static size_t speak_http(const struct errand *errand, char request[REQUEST_MAX])
{
	return (size_t)snprintf(request, REQUEST_MAX,
				"%s / HTTP/1.1\r\nHost: fwlab\r\nFwlab-Probe: %s\r\n"
				"Connection: close\r\n\r\n",
				errand->nonce, errand->nonce);
}

/*
 * A question for the nonce (RFC 1035 4.1), behind its length over tcp (4.2.2).  Its
 * class is CHAOS: the server refuses that at once, and asks nobody else.
 */
static size_t speak_dns(const struct errand *errand, char request[REQUEST_MAX])
{
	static const char header[12] = {0, 1, [5] = 1};
	static const char type_and_class[4] = {0, 1 /* A */, 0, 3 /* CH */};
	size_t name = strlen(errand->nonce);
	size_t length = 0;
	if (errand->probe->protocol == IPPROTO_TCP) {
		request[length++] = 0;
		request[length++] = (char)(sizeof(header) + name + 2 + sizeof(type_and_class));
	}
	memcpy(request + length, header, sizeof(header));
	length += sizeof(header);
	request[length++] = (char)name;
	memcpy(request + length, errand->nonce, name);
	length += name;
	request[length++] = 0;
	memcpy(request + length, type_and_class, sizeof(type_and_class));
	return length + sizeof(type_and_class);
}

static const struct {
	size_t (*speak)(const struct errand *errand, char request[REQUEST_MAX]);
	bool has_lines; /* so has the answer; otherwise it is whole as it comes, and not for people
			 */
} tongues[] = {
	[TONGUE_LINE] = {speak_line, true},
	[TONGUE_HTTP] = {speak_http, true},
	[TONGUE_DNS] = {speak_dns, false},
};

static int receive_anything(int fd, const struct wire_limit *limit, struct sighting *sighting)
{
	char data[512];
	ssize_t got = wire_receive(fd, data, sizeof(data), limit, sighting);
	if (got > 0)
		snprintf(sighting->answer, sizeof(sighting->answer), "%zd bytes", got);
	return got > 0 ? 0 : -1;
}

/* Say who we are, and wait for the far end's answer. */
static int converse(int fd, const struct errand *errand, const struct wire_limit *limit,
		    struct sighting *sighting)
{
	char request[REQUEST_MAX];
	size_t length = tongues[errand->tongue].speak(errand, request);
	if (wire_send(fd, request, length, limit, sighting) < 0)
		return -1;
	sighting->stage = STAGE_ANSWER;
	return (tongues[errand->tongue].has_lines ? receive_line : receive_anything)(fd, limit,
										     sighting);
}

/* Whether the far end has acknowledged all that was sent. */
static bool is_acknowledged(int fd)
{
	int waiting = 0;
	return ioctl(fd, SIOCOUTQ, &waiting) == 0 && waiting == 0;
}

/* No event tells of an acknowledgement. */
#define LOOK_NS 5000000ULL

/* A connection that has been reset was there. */
static bool is_reset(const struct sighting *talk)
{
	return wire_is_reset(talk->error) && !talk->icmp.seen && !*talk->answer;
}

/*
 * Where the far end has said something before it reset the connection, be it that it has yet to
 * be read: 0; otherwise -1.
 */
static int receive_last_words(int fd, struct sighting *sighting)
{
	char text[sizeof(sighting->answer)];
	ssize_t got = is_reset(sighting) ? recv(fd, text, sizeof(text), 0) : 0;
	if (got > 0)
		note_answer(text, (size_t)got, sighting);
	if (!*sighting->answer || !wire_is_reset(sighting->error) || sighting->icmp.seen)
		return -1;
	sighting->error = 0;
	*sighting->trouble = '\0';
	return 0;
}

/* A wait for the far end's acknowledgement came to nothing. */
static void note_end(enum wire_end end, struct sighting *sighting)
{
	sighting->stopped = end == WIRE_STOPPED;
	if (sighting->stopped)
		return;
	sighting->call = CALL_RECEIVE;
	sighting->timed_out = end == WIRE_TIMED_OUT;
	sighting->error = end == WIRE_FAILED ? errno : 0;
	snprintf(sighting->trouble, sizeof(sighting->trouble), "%s%s",
		 end == WIRE_FAILED ? "poll: "
				    : "what was sent after the handshake was not acknowledged",
		 end == WIRE_FAILED ? strerror(errno) : "");
}

/*
 * Wait for the far end's acknowledgement.  That it says something, or closes its side, is none:
 * it has taken the connection, but perhaps nothing that was sent.
 */
static bool await_acknowledgement(int fd, bool spoken, const struct wire_limit *limit,
				  struct sighting *sighting)
{
	while (!is_acknowledged(fd)) {
		struct wire_limit slice = *limit;
		uint64_t now_ns = wire_now_ns();
		if (now_ns + LOOK_NS < slice.deadline_ns)
			slice.deadline_ns = now_ns + LOOK_NS;
		/* Once there is no word to wait for, the connection's end alone is an event. */
		enum wire_end end = wire_await(fd, spoken ? 0 : POLLIN, &slice);
		if (end == WIRE_READY) {
			char text[sizeof(sighting->answer)];
			if (wire_look(fd, CALL_RECEIVE, sighting) < 0 || spoken)
				return false;
			ssize_t got = recv(fd, text, sizeof(text), 0);
			if (got > 0)
				note_answer(text, (size_t)got, sighting);
			spoken = got >= 0;
		} else if (end != WIRE_TIMED_OUT || now_ns >= limit->deadline_ns) {
			note_end(end, sighting);
			return false;
		}
	}
	return true;
}

/*
 * A daemon need not speak first, nor know what to say to us.  But a handshake is
 * done for us when its first answer is here; that our own packets get through
 * is shown by the far end's acknowledging them, if by nothing else.
 */
static bool is_heard(int fd, const struct errand *errand, const struct wire_limit *limit,
		     struct sighting *sighting)
{
	struct sighting aside = *sighting;
	struct wire_limit enough = *limit;
	uint64_t enough_ns = wire_now_ns() + GREETING_NS;
	if (enough_ns < enough.deadline_ns)
		enough.deadline_ns = enough_ns;
	bool heard = converse(fd, errand, &enough, &aside) == 0;
	memcpy(sighting->answer, aside.answer, sizeof(sighting->answer));
	if (!aside.error && !aside.stopped) {
		bool spoken = heard || !aside.timed_out;
		aside = *sighting;
		heard = await_acknowledgement(fd, spoken, limit, &aside);
	} else {
		heard = false;
	}
	if (heard || receive_last_words(fd, &aside) == 0) {
		memcpy(sighting->answer, aside.answer, sizeof(sighting->answer));
		return true;
	}
	/* It is not for us to say who did that. */
	sighting->reset = is_reset(&aside);
	if (!sighting->reset)
		*sighting = aside;
	return sighting->reset;
}

/* Connect; a connection that has been reset by the time we look has been one all the same. */
static bool is_connected(int fd, const struct errand *errand, const struct wire_limit *limit,
			 struct sighting *sighting)
{
	const struct sockaddr *to = (const struct sockaddr *)&errand->to;
	if (wire_connect(fd, to, wire_address_length(&errand->to), limit, sighting) == 0)
		return true;
	/* Before there is one, a RST means ECONNREFUSED (tcp_reset()). */
	sighting->reset = sighting->protocol == IPPROTO_TCP && is_reset(sighting);
	return false;
}

/* As long as the far end may take to close its side, too. */
#define PARTING_NS 20000000ULL

/*
 * What is still on its way when the next probe is sent would meet rules that count
 * or remember: the connection is closed by both ends before.
 */
static void part(int fd, const struct wire_limit *limit)
{
	char rest[512];
	struct wire_limit soon = *limit;
	uint64_t soon_ns = wire_now_ns() + PARTING_NS;
	if (soon_ns < soon.deadline_ns)
		soon.deadline_ns = soon_ns;
	if (shutdown(fd, SHUT_WR) < 0)
		return;
	while (wire_await(fd, POLLIN, &soon) == WIRE_READY)
		if (recv(fd, rest, sizeof(rest), 0) <= 0)
			return;
}

void probe_connect(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting)
{
	bool tcp = errand->probe->protocol == IPPROTO_TCP;
	bool ours = !tcp || errand->expects_arrival;
	autoclose int fd = wire_socket(errand->family, tcp ? SOCK_STREAM : SOCK_DGRAM,
				       errand->probe->protocol, sighting);
	if (fd < 0)
		return;
	sighting->stage = STAGE_CONNECT;
	sighting->start_ns = wire_now_ns();
	bool heard = false;
	if (is_connected(fd, errand, limit, sighting)) {
		if (tcp)
			sighting->stage = STAGE_ANSWER;
		heard = ours ? converse(fd, errand, limit, sighting) == 0
			     : is_heard(fd, errand, limit, sighting);
		if (tcp && ours)
			sighting->reset = is_reset(sighting);
	} else if (sighting->reset && !ours) {
		heard = receive_last_words(fd, sighting) == 0;
		sighting->reset = !heard;
	}
	/* Whoever resets it was there, if it was not a rule. */
	if (!heard && (ours || !sighting->reset))
		return;
	sighting->answered = true;
	sighting->stage = STAGE_DONE;
	if (tcp)
		part(fd, limit);
}
