/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/translation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/conntrack.h"

bool translation_sent(const struct sighting *sighting, struct sim_packet *packet)
{
	bool ping = sighting->protocol == IPPROTO_ICMP || sighting->protocol == IPPROTO_ICMPV6;
	*packet = (struct sim_packet){
		.protocol = sighting->protocol,
		.sport = plan_port_of(&sighting->local),
		.dport = ping ? 0 : plan_port_of(&sighting->remote),
	};
	if (!packet->sport || !plan_prefix_of(&sighting->local, &packet->from) ||
	    !plan_prefix_of(&sighting->remote, &packet->to))
		return false;
	packet->family = packet->from.family;
	return true;
}

/*
 * The host that changes the packet, of those that have not done so yet; NONE.  The
 * order of the way need not be known: what one host makes of it, only the next
 * ones have seen.
 */
static int find_translator(const struct live *live, const bool *done, struct sim_packet *packet,
			   size_t *host, struct sim_error *err)
{
	*host = NONE;
	for (size_t i = 0; i < live->n_hosts; i++) {
		struct sim_packet after;
		int found = done[i] ? 0 : sim_conntrack_find(live->hosts[i], packet, &after, err);
		if (found < 0)
			return -1;
		if (!found || sim_packet_same_ends(packet, &after))
			continue;
		*packet = after;
		*host = i;
		return 0;
	}
	return 0;
}

static void note_host(struct translation *translation, const char *name)
{
	if (translation->n_hosts < TRANSLATION_HOSTS_MAX)
		snprintf(translation->hosts[translation->n_hosts], sizeof(translation->hosts[0]),
			 "%s", name);
	translation->n_hosts++;
}

/* From translator to translator. */
static int follow(const struct live *live, bool *done, struct sim_packet *packet,
		  struct translation *translation, struct sim_error *err)
{
	size_t host;
	for (;;) {
		if (find_translator(live, done, packet, &host, err) < 0)
			return -1;
		if (host == NONE)
			return 0;
		done[host] = true;
		note_host(translation, plan_host_name(live->plan, host));
	}
}

int translation_follow(const struct live *live, const struct sighting *sighting,
		       struct translation *translation, struct sim_error *err)
{
	struct sim_packet before;
	*translation = (struct translation){.n_hosts = 0};
	if (!translation_sent(sighting, &before))
		return 0;
	bool *done = calloc(live->n_hosts, sizeof(*done));
	if (!done)
		return sim_fail(err, ENOMEM, "a probe's translations");
	struct sim_packet packet = before;
	int status = follow(live, done, &packet, translation, err);
	free(done);
	if (status == 0 && translation->n_hosts) {
		translation->before = before;
		translation->after = packet;
	}
	return status;
}

const char *translation_target(const struct translation *translation, char text[TRANSLATION_TEXT])
{
	const struct sim_packet *before = &translation->before;
	const struct sim_packet *after = &translation->after;
	char address[SIM_PREFIX_TEXT];
	*text = '\0';
	if (!after->family ||
	    (sim_address_equal(&before->to, &after->to) && before->dport == after->dport))
		return text;
	sim_address_text(&after->to, address);
	if (!after->dport)
		snprintf(text, TRANSLATION_TEXT, "%s", address);
	else
		snprintf(text, TRANSLATION_TEXT, after->family == AF_INET6 ? "[%s]:%u" : "%s:%u",
			 address, after->dport);
	return text;
}
