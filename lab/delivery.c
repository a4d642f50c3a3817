/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/delivery.h"

#include <errno.h>
#include <stdlib.h>

#include "lab/translation.h"
#include "netsim/discards.h"
#include "netsim/listening.h"

bool delivery_is_wanted(const struct probe *probe)
{
	return probe->kind == PROBE_CONNECT && probe->protocol == IPPROTO_UDP;
}

int deliveries_open(const struct live *live, struct deliveries *deliveries, struct sim_error *err)
{
	*deliveries = (struct deliveries){
		.live = live,
		.discards = calloc(live->n_hosts + 1, sizeof(*deliveries->discards)),
	};
	return deliveries->discards ? 0 : sim_fail(err, ENOMEM, "deliveries");
}

void deliveries_close(struct deliveries *deliveries)
{
	free(deliveries->discards);
}

static int read_discards(const struct live *live, size_t host, uint64_t *count,
			 struct sim_error *err)
{
	if (sim_discards_read(sim_host_netns(live->hosts[host]), count, err) < 0)
		return sim_wrap(err, "host %s", sim_host_name(live->hosts[host]));
	return 0;
}

/* NAT may send it to any of them.  Our own services answer. */
int deliveries_begin(struct deliveries *deliveries, struct sim_error *err)
{
	const struct live *live = deliveries->live;
	for (size_t i = 0; i < live->n_hosts; i++)
		if (live_runs_programs(live, i) &&
		    read_discards(live, i, &deliveries->discards[i], err) < 0)
			return -1;
	return 0;
}

int deliveries_find(const struct deliveries *deliveries, const struct witness *witness,
		    const struct sighting *sighting, const struct translation *nat,
		    struct delivered *delivered, struct sim_error *err)
{
	const struct live *live = deliveries->live;
	struct sim_packet packet = nat->after;
	uint64_t discards;
	unsigned long inode;
	*delivered = (struct delivered){.host = ""};
	if (!packet.family && !translation_sent(sighting, &packet))
		return 0;
	size_t host = witness_admission(witness, &packet);
	if (host == NONE || !live_runs_programs(live, host))
		return 0;
	/* Whose it was that was discarded is not said: it may have been this one. */
	if (read_discards(live, host, &discards, err) < 0)
		return -1;
	if (discards != deliveries->discards[host])
		return 0;
	int found = sim_udp_socket_for(sim_host_netns(live->hosts[host]), &packet, &inode, err);
	if (found <= 0)
		return found;
	delivered->host = plan_host_name(live->plan, host);
	delivered->port = packet.dport;
	sim_socket_program(inode, delivered->program);
	return 0;
}
