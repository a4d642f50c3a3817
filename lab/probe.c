/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/probe.h"

#include <string.h>

#include "lab/ask.h"
#include "lab/wire.h"

static const struct probe_type types[] = {
	[PROBE_CONNECT] = {"connect", "connect to HOST:PORT/tcp or /udp and get an answer",
			   probe_connect, 500},
	[PROBE_PING] = {"ping", "send an ICMP echo request to HOST and get the reply", probe_ping,
			500},
	[PROBE_RESOLVE] = {"resolve", "look up a name, as programs do or at one nameserver",
			   probe_resolve, 500, ask_prepare},
	[PROBE_FETCH] = {"fetch", "get a URL the way apt does", probe_fetch, 2000,
			 probe_fetch_prepare},
	[PROBE_APT] = {"apt", "run apt-get, and see whether its packets get to the archive",
		       probe_apt, 20000},
	[PROBE_RUN] = {"run", "run a program and look at its exit status and output", probe_run,
		       20000},
};

const struct probe_type *probe_type_of(enum probe_kind kind)
{
	return &types[kind];
}

void probe_go(const struct errand *errand, const struct sim_watch *watch, struct sighting *sighting)
{
	memset(sighting, 0, sizeof(*sighting));
	sighting->status = -1;
	memcpy(sighting->nonce, errand->nonce, sizeof(sighting->nonce));

	uint64_t start_ns = wire_now_ns();
	sighting->start_ns = start_ns;
	const struct wire_limit limit = {
		.deadline_ns = start_ns + errand->timeout_ms * 1000000ULL,
		.watch = watch,
	};
	types[errand->probe->kind].go(errand, &limit, sighting);
	sighting->elapsed_ns = wire_now_ns() - sighting->start_ns;
}
