/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fixtures/ldns.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"
#include "netsim/error.h"

#define UDP_ANSWER_MAX 4096
#define TCP_ANSWER_MAX 65535 /* RFC 1035 4.2.2: the length has 16 bits */

/* EAI_* are negative, so this is none of them. */
#define LIBRARY_TOO_SLOW 1

/* What the child that calls the C library tells its parent. */
struct library_answer {
	int failure; /* EAI_*, LIBRARY_TOO_SLOW, or 0 */
	int error;   /* errno for EAI_SYSTEM */
	struct sockaddr_storage first;
	char text[256]; /* all the addresses, with blanks between them */
};

static void append(char *text, size_t size, const char *word)
{
	size_t used = strlen(text);
	snprintf(text + used, size - used, "%s%s", used ? " " : "", word);
}

/* The question in wire format, to be freed by the caller; NULL where the name is none. */
static uint8_t *make_question(const char *name, int family, uint16_t *id, size_t *length)
{
	ldns_rdf *owner = ldns.dname_new_frm_str(name);
	if (!owner)
		return NULL;
	ldns_rr_type type = family == AF_INET6 ? LDNS_RR_TYPE_AAAA : LDNS_RR_TYPE_A;
	ldns_pkt *query = ldns.pkt_query_new(owner, type, LDNS_RR_CLASS_IN, LDNS_RD);
	if (!query) {
		ldns.rdf_deep_free(owner);
		return NULL;
	}
	if (getrandom(id, sizeof(*id), GRND_NONBLOCK) < 0)
		*id = (uint16_t)wire_now_ns(); /* ids need to differ, not to be secret */
	ldns.pkt_set_id(query, *id);

	uint8_t *wire = NULL;
	if (ldns.pkt2wire(&wire, query, length) != LDNS_STATUS_OK)
		wire = NULL;
	ldns.pkt_free(query); /* and `owner` with it */
	return wire;
}

static void note_addresses(const ldns_pkt *reply, struct sighting *sighting)
{
	const ldns_rr_list *answers = ldns.pkt_answer(reply);
	for (size_t i = 0; i < ldns.rr_list_rr_count(answers); i++) {
		const ldns_rr *rr = ldns.rr_list_rr(answers, i);
		ldns_rr_type type = ldns.rr_get_type(rr);
		if (type != LDNS_RR_TYPE_A && type != LDNS_RR_TYPE_AAAA)
			continue;
		autofree char *text = ldns.rdf2str(ldns.rr_rdf(rr, 0));
		if (text)
			append(sighting->answer, sizeof(sighting->answer), text);
	}
}

bool ask_read_reply(const uint8_t *wire, size_t length, uint16_t id, bool *cut_short,
		    struct sighting *sighting)
{
	ldns_pkt *reply = NULL;
	if (ldns.wire2pkt(&reply, wire, length) != LDNS_STATUS_OK)
		return false;
	bool ours = ldns.pkt_id(reply) == id && ldns.pkt_qr(reply);
	*cut_short = ours && ldns.pkt_tc(reply);
	if (ours && !*cut_short) {
		sighting->status = (int)ldns.pkt_get_rcode(reply);
		note_addresses(reply, sighting);
	}
	ldns.pkt_free(reply);
	return ours;
}

static int ask_udp(const struct sockaddr_storage *server, const uint8_t *question, size_t length,
		   uint16_t id, const struct wire_limit *limit, bool *cut_short,
		   struct sighting *sighting)
{
	autoclose int fd = wire_socket(server->ss_family, SOCK_DGRAM, IPPROTO_UDP, sighting);
	if (fd < 0 ||
	    wire_connect(fd, (const struct sockaddr *)server, wire_address_length(server), limit,
			 sighting) < 0 ||
	    wire_send(fd, question, length, limit, sighting) < 0)
		return -1;
	for (;;) {
		uint8_t reply[UDP_ANSWER_MAX];
		ssize_t got = wire_receive(fd, reply, sizeof(reply), limit, sighting);
		if (got < 0)
			return -1;
		if (ask_read_reply(reply, (size_t)got, id, cut_short, sighting))
			return 0;
	}
}

static int receive_all(int fd, uint8_t *data, size_t length, const struct wire_limit *limit,
		       struct sighting *sighting)
{
	while (length > 0) {
		ssize_t got = wire_receive(fd, data, length, limit, sighting);
		if (got < 0)
			return -1;
		if (got == 0) {
			snprintf(sighting->trouble, sizeof(sighting->trouble),
				 "the nameserver closed the connection early");
			return -1;
		}
		data += got;
		length -= (size_t)got;
	}
	return 0;
}

static int ask_tcp(const struct sockaddr_storage *server, const uint8_t *question, size_t length,
		   uint16_t id, const struct wire_limit *limit, struct sighting *sighting)
{
	uint8_t head[2] = {(uint8_t)(length >> 8), (uint8_t)length};
	autoclose int fd = wire_socket(server->ss_family, SOCK_STREAM, IPPROTO_TCP, sighting);
	if (fd < 0 ||
	    wire_connect(fd, (const struct sockaddr *)server, wire_address_length(server), limit,
			 sighting) < 0 ||
	    wire_send(fd, head, sizeof(head), limit, sighting) < 0 ||
	    wire_send(fd, question, length, limit, sighting) < 0 ||
	    receive_all(fd, head, sizeof(head), limit, sighting) < 0)
		return -1;

	size_t expected = (size_t)head[0] << 8 | head[1];
	uint8_t reply[TCP_ANSWER_MAX];
	if (receive_all(fd, reply, expected, limit, sighting) < 0)
		return -1;
	bool cut_short = false;
	if (ask_read_reply(reply, expected, id, &cut_short, sighting) && !cut_short)
		return 0;
	snprintf(sighting->trouble, sizeof(sighting->trouble),
		 "the nameserver's answer over tcp cannot be read");
	return -1;
}

int ask_prepare(struct sim_error *err)
{
	const char *why_not = ldns_load();
	return why_not ? sim_fail(err, 0, "cannot load ldns, which names need: %s", why_not) : 0;
}

int ask_server(const struct errand *errand, const struct sockaddr_storage *server, const char *name,
	       const struct wire_limit *limit, struct sighting *sighting)
{
	uint16_t id = 0;
	size_t length = 0;
	bool cut_short = false;
	const char *why_not = ldns_load();
	if (why_not) {
		snprintf(sighting->trouble, sizeof(sighting->trouble), "%.200s", why_not);
		return -1;
	}
	autofree uint8_t *question = make_question(name, errand->family, &id, &length);
	if (!question) {
		snprintf(sighting->trouble, sizeof(sighting->trouble), "'%.100s' is no domain name",
			 name);
		return -1;
	}
	if (ask_udp(server, question, length, id, limit, &cut_short, sighting) < 0)
		return -1;
	return cut_short ? ask_tcp(server, question, length, id, limit, sighting) : 0;
}

static void collect(const struct addrinfo *found, struct library_answer *answer)
{
	memcpy(&answer->first, found->ai_addr, found->ai_addrlen);
	for (const struct addrinfo *a = found; a; a = a->ai_next) {
		char text[64]; /* an address and an interface's name */
		if (!getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST))
			append(answer->text, sizeof(answer->text), text);
	}
}

static struct library_answer call_library(const char *name, int family)
{
	struct library_answer answer = {0};
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	errno = 0;
	answer.failure = getaddrinfo(name, NULL, &hints, &found);
	answer.error = errno;
	if (!answer.failure) {
		collect(found, &answer);
		freeaddrinfo(found);
	}
	return answer;
}

/*
 * getaddrinfo() takes 5 s for every try at every nameserver, and nothing within
 * a process can cut it short: it gets a child, which can be ended.
 */
static struct library_answer call_library_in_time(const char *name, int family,
						  const struct wire_limit *limit)
{
	struct library_answer answer = {.failure = EAI_SYSTEM};
	int ends[2];
	if (pipe2(ends, O_CLOEXEC) < 0) {
		answer.error = errno;
		return answer;
	}
	autoclose int from_child = ends[0];
	autoclose int to_parent = ends[1];
	pid_t child = fork();
	if (child < 0) {
		answer.error = errno;
		return answer;
	}
	if (child == 0) {
		answer = call_library(name, family);
		_exit(write(to_parent, &answer, sizeof(answer)) < 0 ? errno : 0);
	}
	close(steal_fd(&to_parent));

	/* The answer is smaller than PIPE_BUF: it comes whole. */
	enum wire_end end = wire_await(from_child, POLLIN, limit);
	ssize_t length = 0;
	if (end == WIRE_READY)
		while ((length = read(from_child, &answer, sizeof(answer))) < 0 && errno == EINTR)
			;
	int errnum = errno;
	int status = 0;
	kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (length == sizeof(answer))
		return answer;
	answer = (struct library_answer){.failure = EAI_SYSTEM, .error = errnum};
	if (end == WIRE_TIMED_OUT || end == WIRE_STOPPED)
		answer.failure = LIBRARY_TOO_SLOW;
	else if (end == WIRE_READY && length >= 0) /* the child's errno is its status */
		answer.error =
			WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : ECHILD;
	return answer;
}

static const char *library_trouble(const struct library_answer *answer)
{
	if (answer->failure == LIBRARY_TOO_SLOW)
		return "no answer in time";
	/* What it could not even ask with, it tells by errno alone. */
	bool lack = sim_is_lack(answer->error) && answer->error != EAGAIN;
	return answer->failure == EAI_SYSTEM || lack ? strerror(answer->error)
						     : gai_strerror(answer->failure);
}

static void note_library_failure(const char *name, const struct library_answer *answer,
				 struct sighting *sighting)
{
	snprintf(sighting->trouble, sizeof(sighting->trouble), "resolving %.160s: %s", name,
		 library_trouble(answer));
}

int ask_library(const struct errand *errand, const char *name, const struct wire_limit *limit,
		struct sockaddr_storage *address, struct sighting *sighting)
{
	/* Whoever listens to netfilter is to know these packets. */
	sighting->protocol = IPPROTO_UDP;
	sighting->remote = errand->nameserver;
	struct library_answer found = call_library_in_time(name, errand->family, limit);
	if (!found.failure) {
		*address = found.first;
		sighting->status = LDNS_RCODE_NOERROR;
		snprintf(sighting->answer, sizeof(sighting->answer), "%s", found.text);
		return 0;
	}

	if (errand->nameserver.ss_family != AF_UNSPEC) {
		const struct wire_limit again = {
			.deadline_ns = wire_now_ns() + errand->timeout_ms * 1000000ULL,
			.watch = limit->watch,
		};
		ask_server(errand, &errand->nameserver, name, &again, sighting);
		if (sighting->status == LDNS_RCODE_NOERROR && *sighting->answer) {
			/* The two disagree: nothing can be made of it. */
			sighting->status = -1;
			*sighting->answer = '\0';
		}
	} else if (found.failure == EAI_NONAME) {
		sighting->status = LDNS_RCODE_NXDOMAIN;
	}
	note_library_failure(name, &found, sighting);
	return -1;
}
