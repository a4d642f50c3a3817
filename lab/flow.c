/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/flow.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>

#include "lab/way.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DNS_PORT 53

/* Whether a host has begun a connection there, on its own account. */
static bool is_beginning(const struct flow_passage *passage)
{
	return passage->kind == PASSAGE_SENT && passage->packet.protocol == IPPROTO_TCP &&
	       !(passage->packet.tcp_flags & SIM_TCP_ACK);
}

void flow_begin(struct flow *flow, size_t source)
{
	flow->n_earlier = 0;
	for (size_t i = flow->n_passages; i-- > 0 && flow->n_earlier < FLOW_EARLIER_MAX;)
		if (is_beginning(&flow->passages[i]))
			flow->earlier[flow->n_earlier++] = flow->passages[i];
	flow->source = source;
	flow->local = 0;
	flow->n_passages = 0;
}

/* Whether the packet that the probe sees to is for somebody else now. */
static bool is_at_another(const struct sighting *before, const struct sighting *now)
{
	return before->protocol != now->protocol ||
	       memcmp(&before->remote, &now->remote, sizeof(now->remote)) != 0;
}

/* A connection came to nothing once it was there, without a word of the far end's. */
static bool is_silent(const struct sighting *sighting)
{
	return sighting->stage == STAGE_ANSWER && !sighting->answered &&
	       (sighting->timed_out || sighting->stopped);
}

bool flow_update(struct flow *flow, const struct sighting *sighting)
{
	uint16_t told = plan_port_of(&sighting->local);
	bool differs = (told && told != flow->local) || is_at_another(&flow->sighting, sighting) ||
		       is_silent(sighting) != is_silent(&flow->sighting);
	if (told)
		flow->local = told;
	flow->sighting = *sighting;
	return differs;
}

bool flow_note(struct flow *flow, size_t host, const struct sim_trace_event *event)
{
	static const char *const chains[] = {[PASSAGE_RECEIVED] = "prerouting",
					     [PASSAGE_SENT] = "output",
					     [PASSAGE_ADMITTED] = SIM_TRACE_ADMITTED};
	size_t kind = 0;
	while (kind < COUNT(chains) && strcmp(event->chain, chains[kind]) != 0)
		kind++;
	if (event->kind != SIM_TRACE_RULE || kind == COUNT(chains))
		return true; /* of a connection that is followed: every segment */
	if (flow->n_passages == FLOW_PASSAGES_MAX)
		return false;
	flow->passages[flow->n_passages++] =
		(struct flow_passage){host, (enum passage_kind)kind, event->packet};
	return true;
}

void flow_learn_port(struct flow *flow, const struct sim_packet *packet)
{
	if (!flow->local && !flow->sighting.any_packet)
		flow->local = packet->sport;
}

/* A ping of the probe's family: echo requests and replies. */
static bool concerns_ping(const struct sim_packet *packet, bool *reply)
{
	bool v6 = packet->protocol == IPPROTO_ICMPV6;
	*reply = packet->icmp_type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
	return *reply || packet->icmp_type == (v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
}

bool flow_is_question(const struct sim_packet *packet)
{
	return packet->dport == DNS_PORT || packet->sport == DNS_PORT;
}

/* Of a program that nobody knows beforehand: what begins connections, and what asks for names. */
static bool concerns_program(const struct sim_packet *packet, bool *reply)
{
	if (packet->protocol == IPPROTO_TCP) {
		*reply = packet->tcp_flags & SIM_TCP_ACK;
		return packet->tcp_flags & SIM_TCP_SYN;
	}
	*reply = packet->sport == DNS_PORT;
	return packet->protocol == IPPROTO_UDP && flow_is_question(packet);
}

bool flow_is_end(const struct sim_packet *packet)
{
	/* A FIN with the last of the data is more than that. */
	return packet->protocol == IPPROTO_TCP &&
	       ((packet->tcp_flags & SIM_TCP_RST) ||
		((packet->tcp_flags & SIM_TCP_FIN) && !(packet->tcp_flags & SIM_TCP_PSH)));
}

/*
 * Addresses may be changed by NAT on the way, ports too, but not both of them by
 * a policy that anybody can read; and probes run one after another.
 */
static bool concerns(const struct flow *flow, uint16_t followed, const struct sim_packet *packet,
		     bool *reply)
{
	const struct sighting *sighting = &flow->sighting;
	uint16_t local = flow->local;
	*reply = false;
	if (sighting->any_packet)
		return concerns_program(packet, reply);
	if (!packet->family || packet->arp || packet->protocol != sighting->protocol ||
	    !sighting->remote.ss_family || packet->family != sighting->remote.ss_family)
		return false;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		return concerns_ping(packet, reply);
	uint16_t remote = plan_port_of(&sighting->remote);
	bool out = packet->dport == remote || (local && packet->sport == local);
	/* Not what an earlier connection to the same port is still being sent. */
	bool back = local ? packet->dport == local : packet->sport == remote;
	*reply = back && !(local && packet->sport == local);
	/*
	 * Of a connection the handshake alone, unless it is followed.  What ends it is
	 * nobody's fate, but where it is the word that was waited for.
	 */
	uint16_t port = local ? local : followed;
	if (packet->protocol == IPPROTO_TCP && !(packet->tcp_flags & SIM_TCP_SYN))
		return followed && (packet->sport == port || packet->dport == port) &&
		       (!flow_is_end(packet) || (*reply && is_silent(sighting)));
	return out || back;
}

bool flow_has(const struct flow *flow, const struct sim_packet *packet, bool *reply)
{
	return concerns(flow, flow->followed, packet, reply);
}

bool flow_has_closed(const struct flow *flow, size_t host, size_t count)
{
	for (size_t i = 0; i < count && i < flow->n_passages; i++) {
		const struct sim_packet *packet = &flow->passages[i].packet;
		bool ours = flow->local ? packet->sport == flow->local
					: packet->dport == flow->followed;
		/* A rule may have sent a RST in its name. */
		if (flow->passages[i].host == host && (packet->tcp_flags & SIM_TCP_FIN) && ours)
			return true;
	}
	return false;
}

/* Whether one of these has begun the connection that `packet` begins, and is not the probe. */
static bool is_among(const struct flow *flow, const struct flow_passage *passages, size_t count,
		     const struct sim_packet *packet)
{
	for (size_t i = 0; i < count; i++)
		if (is_beginning(&passages[i]) && passages[i].packet.sport == packet->sport &&
		    sim_address_equal(&passages[i].packet.from, &packet->from) &&
		    (passages[i].host != flow->source || flow->local))
			return true;
	return false;
}

bool flow_is_foreign(const struct flow *flow, const struct sim_packet *packet)
{
	if (packet->protocol != IPPROTO_TCP || (packet->tcp_flags & SIM_TCP_ACK) ||
	    packet->sport == flow->local)
		return false;
	return is_among(flow, flow->passages, flow->n_passages, packet) ||
	       is_among(flow, flow->earlier, flow->n_earlier, packet);
}

size_t flow_arrival(const struct flow *flow, const struct plan *plan, size_t remote)
{
	const struct sighting *sighting = &flow->sighting;
	size_t only = NONE;
	bool at_remote = false;
	bool several = false;
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct flow_passage *passage = &flow->passages[i];
		struct sim_prefix wanted;
		bool reply;
		if (passage->kind != PASSAGE_RECEIVED || flow_is_foreign(flow, &passage->packet) ||
		    !concerns(flow, 0, &passage->packet, &reply) || reply)
			continue;
		if (plan_prefix_of(&sighting->remote, &wanted) &&
		    !sim_address_equal(&wanted, &passage->packet.to) &&
		    plan_owner(plan, &passage->packet.to) == passage->host)
			return passage->host;
		at_remote |= passage->host == remote;
		several |= only != NONE && only != passage->host;
		if (passage->host != flow->source || flow->source == remote)
			only = passage->host;
	}
	return at_remote ? remote : several ? NONE : only;
}

/* Whether a host was heard to have the packet on its way there; where it was for then. */
static bool was_at(const struct flow *flow, size_t host, struct sim_prefix *to)
{
	bool was = false;
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct flow_passage *passage = &flow->passages[i];
		bool reply;
		if (passage->host != host || passage->kind == PASSAGE_ADMITTED ||
		    flow_is_foreign(flow, &passage->packet) ||
		    !concerns(flow, 0, &passage->packet, &reply) || reply)
			continue;
		*to = passage->packet.to;
		was = true;
	}
	return was;
}

/* Whether the host that a packet for `to` comes to next was heard to have it. */
static bool went_on(const struct flow *flow, const struct plan *plan, size_t host,
		    const struct sim_prefix *to)
{
	struct sim_prefix there;
	size_t next = way_next(plan, host, to);
	return next != NONE && next != host && was_at(flow, next, &there);
}

size_t flow_complainer(const struct flow *flow, const struct plan *plan, size_t named,
		       const struct sim_packet *after)
{
	struct sim_prefix to, remote;
	size_t last = NONE;
	bool beyond = false; /* that one had it after NAT */
	if (was_at(flow, named, &to) || !plan_prefix_of(&flow->sighting.remote, &remote))
		return named;
	for (size_t host = 0; host < plan->scenario->n_hosts; host++) {
		if (!was_at(flow, host, &to) || went_on(flow, plan, host, &to))
			continue;
		bool translated = !sim_address_equal(&to, &remote);
		if (!translated && after && went_on(flow, plan, host, &after->to))
			continue;
		if (last == NONE || (translated && !beyond))
			last = host;
		beyond |= translated;
	}
	/* Nobody was heard to have got it: then it is not known whose error it is. */
	return last == flow->source ? named : last;
}

/* Whether somebody has sent something back to where a datagram came from. */
static bool has_answer(const struct flow *flow, const struct sim_packet *datagram)
{
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct sim_packet *packet = &flow->passages[i].packet;
		if (packet->protocol == IPPROTO_UDP && packet->dport == datagram->sport &&
		    sim_address_equal(&packet->to, &datagram->from))
			return true;
	}
	return false;
}

size_t flow_admission(const struct flow *flow, const struct sim_packet *datagram)
{
	if (has_answer(flow, datagram))
		return NONE;
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct flow_passage *passage = &flow->passages[i];
		if (passage->kind == PASSAGE_ADMITTED &&
		    sim_packet_same_ends(&passage->packet, datagram))
			return passage->host;
	}
	return NONE;
}

bool flow_was_taken(const struct flow *flow, size_t host)
{
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct flow_passage *passage = &flow->passages[i];
		if (passage->host == host && passage->kind == PASSAGE_SENT &&
		    passage->packet.protocol == IPPROTO_TCP &&
		    (passage->packet.tcp_flags & SIM_TCP_SYN) &&
		    (passage->packet.tcp_flags & SIM_TCP_ACK))
			return true;
	}
	return false;
}

/* Whether a host was heard to receive the SYN that began the connection from this port. */
static bool has_begun(const struct flow *flow, uint16_t port)
{
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct sim_packet *packet = &flow->passages[i].packet;
		if (packet->protocol == IPPROTO_TCP && packet->sport == port &&
		    (packet->tcp_flags & SIM_TCP_SYN))
			return true;
	}
	return false;
}

uint16_t flow_connection(const struct flow *flow, const struct sim_packet *packet, bool reply)
{
	if (packet->protocol != IPPROTO_TCP || flow_is_question(packet))
		return 0;
	if (!reply)
		return packet->sport;
	return has_begun(flow, packet->dport) ? packet->dport : 0;
}
