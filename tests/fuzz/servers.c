/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Servers: any bytes as what a client sends over a connection or as a
 * datagram, by socket pairs in place of a network.  The first byte chooses the
 * server, the second how the rest is cut up.  What the servers report must be
 * fit to be shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "fixtures/instance.h"
#include "tests/fuzz/support/fuzz.h"

/* What a client may send, as long as nobody reads, without waiting. */
#define SENT_MAX 4096

enum { ECHO_TCP, ECHO_UDP, DNS, HTTP, N_INSTANCES };

static const struct server_record records[] = {
	{.name = "a", .family = AF_INET, .v4 = {0x0200000a}},
};
static const struct server servers[N_INSTANCES] = {
	[ECHO_TCP] = {.kind = SERVER_TCP, .host = "a", .netns = -1, .port = 7},
	[ECHO_UDP] = {.kind = SERVER_UDP, .host = "a", .netns = -1, .port = 7},
	[DNS] = {.kind = SERVER_DNS,
		 .host = "a",
		 .netns = -1,
		 .port = 53,
		 .records = records,
		 .n_records = 1},
	[HTTP] = {.kind = SERVER_HTTP, .host = "a", .netns = -1, .port = 80, .folder = FUZZ_FOLDER},
};
static const struct server_type *const types[N_INSTANCES] = {&echo_tcp_type, &echo_udp_type,
							     &dns_type, &http_type};
static struct hub hub = {.connections_max = 100};
static struct instance instances[N_INSTANCES];
static int reports[2];

/* Once; they live as long as the target. */
static void start_servers(void)
{
	signal(SIGPIPE, SIG_IGN);
	HOLDS(loop_begin(&hub.loop) == 0);
	HOLDS(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reports) == 0);
	hub.report_fd = reports[1];
	for (size_t i = 0; i < N_INSTANCES; i++) {
		instances[i] = (struct instance){&servers[i], types[i], &hub, NULL};
		HOLDS(!types[i]->load || !types[i]->load());
		HOLDS(!types[i]->start || types[i]->start(&instances[i]) == 0);
	}
}

/* Whatever is ready, as loop_run() does it, but without waiting. */
static void turn_loop(void)
{
	struct epoll_event event;
	while (epoll_wait(hub.loop.epoll, &event, 1, 0) > 0) {
		struct source *source = event.data.ptr;
		source->ready(source, event.events);
	}
}

static void check_reports(void)
{
	struct server_message message;
	while (recv(reports[0], &message, sizeof(message), MSG_DONTWAIT) > 0) {
		HOLDS(message.kind == SERVERS_ARRIVAL);
		HOLDS(!strcmp(message.host, "a"));
		HOLDS(memchr(message.nonce, '\0', sizeof(message.nonce)));
		HOLDS(memchr(message.text, '\0', sizeof(message.text)));
		fuzz_check_shown(message.nonce, strlen(message.nonce), false);
		fuzz_check_shown(message.text, strlen(message.text), false);
	}
	HOLDS(!hub.loop.done);
}

/* What has been answered is of no interest here, but a client reads. */
static void read_answers(int client)
{
	char answer[4096];
	while (recv(client, answer, sizeof(answer), MSG_DONTWAIT) > 0)
		;
}

static const struct caller caller = {.protocol = IPPROTO_TCP, .from.ss_family = AF_INET};

static void converse(struct instance *instance, size_t piece, const uint8_t *data, size_t length)
{
	int ends[2];
	HOLDS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	instance->type->accepted(instance, ends[1], &caller);
	while (length) {
		size_t some = piece < length ? piece : length;
		if (send(ends[0], data, some, MSG_NOSIGNAL) < 0)
			break; /* it has ended the connection */
		data += some;
		length -= some;
		turn_loop();
		read_answers(ends[0]);
	}
	close(ends[0]);
	turn_loop();
	check_reports();
	HOLDS(hub.connections == 0);
}

static void send_datagram(struct instance *instance, const uint8_t *data, size_t length)
{
	int ends[2];
	HOLDS(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0);
	instance->type->datagram(instance, ends[1], &caller, data, length);
	check_reports();
	close(ends[0]);
	close(ends[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size < SENT_MAX ? size : SENT_MAX};
	struct instance *instance = &instances[fuzz_byte(&input) % N_INSTANCES];
	size_t piece = fuzz_byte(&input) % 64 * 32 + 1;
	size_t length;
	uint8_t *sent = fuzz_rest(&input, &length);
	if (!hub.report_fd)
		start_servers();
	if (instance->type->accepted)
		converse(instance, piece, sent, length);
	if (instance->type->datagram)
		send_datagram(instance, sent, length);
	free(sent);
	return 0;
}
