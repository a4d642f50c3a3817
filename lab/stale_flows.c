/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/stale_flows.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/translation.h"
#include "netsim/listening.h"

/* More are not known at a time: those of daemons that keep their sockets, and of a program. */
#define BEGUN_MAX 1024

int stale_flows_open(const struct live *live, struct stale_flows *flows, struct sim_error *err)
{
	*flows = (struct stale_flows){
		.live = live,
		.news = calloc(live->n_hosts + 1, sizeof(struct sim_conntrack_news *)),
		.begun = calloc(BEGUN_MAX, sizeof(*flows->begun)),
	};
	if (!flows->news || !flows->begun)
		return sim_fail(err, ENOMEM, "flows that are over");
	for (size_t i = 0; i < live->n_hosts; i++)
		if (sim_conntrack_news_open(live->hosts[i], &flows->news[i], err) < 0)
			return -1;
	return 0;
}

void stale_flows_close(struct stale_flows *flows)
{
	for (size_t i = 0; flows->news && i < flows->live->n_hosts; i++)
		sim_conntrack_news_close(flows->news[i]);
	free(flows->news);
	free(flows->begun);
}

/* News of one host. */
struct hearing {
	struct stale_flows *flows;
	size_t host;
};

static void note(const struct sim_packet *first, void *arg)
{
	const struct hearing *hearing = arg;
	struct stale_flows *flows = hearing->flows;
	if (flows->n_begun < BEGUN_MAX)
		flows->begun[flows->n_begun++] = (struct stale_flow){hearing->host, *first};
}

static struct sim_packet answer_to(const struct sim_packet *first)
{
	return (struct sim_packet){
		.family = first->family,
		.protocol = first->protocol,
		.from = first->to,
		.to = first->from,
		.sport = first->dport,
		.dport = first->sport,
	};
}

/*
 * Whether whoever has sent this has closed the socket: 1, 0; -1 on failure.  Behind a host that
 * translates addresses it is another one who has sent it.
 */
static int is_closed(const struct live *live, struct sim_packet first, struct sim_error *err)
{
	for (size_t way = 0; way < live->n_hosts; way++) {
		const struct sim_packet answer = answer_to(&first);
		unsigned long inode;
		size_t sender = plan_owner(live->plan, &first.from);
		if (sender == NONE)
			return 1;
		struct sim_host *host = live->hosts[sender];
		int open = sim_udp_socket_for(sim_host_netns(host), &answer, &inode, err);
		if (open)
			return open < 0 ? -1 : 0;
		struct sim_packet before = first;
		int tracked = sim_conntrack_origin(host, &answer, &first, err);
		if (tracked <= 0 || sim_packet_same_ends(&before, &first))
			return tracked < 0 ? -1 : 1;
	}
	return 1;
}

/* A ping is answered at once, and its socket is in no table; the last probe's own is closed. */
static int is_over(const struct live *live, const struct sim_packet *first,
		   const struct sim_packet *probe, struct sim_error *err)
{
	if (first->protocol != IPPROTO_UDP ||
	    (probe->protocol == IPPROTO_UDP && first->sport == probe->sport))
		return 1;
	return is_closed(live, *first, err);
}

int stale_flows_forget(struct stale_flows *flows, const struct probe *next,
		       const struct sighting *last, struct sim_error *err)
{
	struct sim_packet probe = {0};
	const struct live *live = flows->live;
	size_t kept = 0;
	translation_sent(last, &probe);
	for (size_t i = 0; i < live->n_hosts; i++) {
		struct hearing hearing = {flows, i};
		if (sim_conntrack_news_read(flows->news[i], note, &hearing, err) < 0)
			return -1;
	}
	/* What sends no datagrams has time. */
	if (next->kind == PROBE_CONNECT && next->protocol == IPPROTO_TCP)
		return 0;
	for (size_t i = 0; i < flows->n_begun; i++) {
		const struct stale_flow *flow = &flows->begun[i];
		int over = is_over(live, &flow->first, &probe, err);
		if (over < 0 ||
		    (over && sim_conntrack_forget(live->hosts[flow->host], &flow->first, err) < 0))
			return -1;
		if (!over)
			flows->begun[kept++] = *flow;
	}
	flows->n_begun = kept;
	return 0;
}
