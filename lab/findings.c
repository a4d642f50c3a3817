/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/findings.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "lab/bridged.h"
#include "lab/outcome.h"
#include "lab/way.h"
#include "netsim/queue.h"

/* More than this is not kept of one probe: a program that floods, say. */
#define FINDINGS_MAX 4096

int findings_open(struct findings *findings, const struct plan *plan, struct sim_host *const *hosts,
		  const struct post *posts)
{
	*findings = (struct findings){.plan = plan, .hosts = hosts, .posts = posts};
	findings->all = calloc(FINDINGS_MAX, sizeof(*findings->all));
	return findings->all ? 0 : -1;
}

void findings_close(struct findings *findings)
{
	free(findings->all);
}

void findings_begin(struct findings *findings, size_t source)
{
	findings->count = 0;
	findings->judged = 0;
	flow_begin(&findings->flow, source);
}

bool findings_note(struct findings *findings, size_t host, const struct sim_trace_event *event)
{
	if (sim_trace_is_own(event))
		return flow_note(&findings->flow, host, event);
	if (findings->count == FINDINGS_MAX)
		return false;
	findings->all[findings->count++] = (struct finding){.host = host,
							    .event = *event,
							    .hook = "",
							    .chain = "",
							    .passages = findings->flow.n_passages};
	return true;
}

/* The base chain that this packet was last seen in, in the same table. */
static const char *hook_before(const struct findings *findings, const struct finding *finding)
{
	const struct post *post = &findings->posts[finding->host];
	for (const struct finding *f = finding; f >= findings->all; f--) {
		bool same = f->host == finding->host && f->event.legacy == finding->event.legacy &&
			    f->event.id == finding->event.id &&
			    f->event.family == finding->event.family &&
			    !strcmp(f->event.table, finding->event.table);
		const char *hook = same ? post_hook(post, &f->event) : "";
		if (*hook)
			return hook;
	}
	return "";
}

static bool is_about(const struct sim_packet *packet, const struct sim_prefix *neighbour)
{
	return neighbour &&
	       (sim_packet_seeks(packet, neighbour) || sim_packet_advertises(packet, neighbour));
}

/*
 * The neighbour that it is about, if a host that was heard to have one of the probe's packets
 * must find it to send the answer back.
 */
static const struct sim_prefix *find_way_back(const struct findings *findings,
					      const struct sim_packet *packet)
{
	const struct flow *flow = &findings->flow;
	for (size_t i = 0; i < flow->n_passages; i++) {
		const struct flow_passage *passage = &flow->passages[i];
		bool reply;
		if (flow_is_foreign(flow, &passage->packet) ||
		    !flow_has(flow, &passage->packet, &reply))
			continue;
		const struct sim_prefix *neighbour =
			way_neighbour(findings->plan, passage->host,
				      reply ? &passage->packet.to : &passage->packet.from);
		if (is_about(packet, neighbour))
			return neighbour;
	}
	return NULL;
}

/*
 * The neighbour that a packet of discovery is about, if one of the probe's packets
 * has need of it: on its way by the routes, or where a host that saw it must hand
 * it on.  Family 0: there is none.
 */
static struct sim_prefix find_sought(const struct findings *findings,
				     const struct sim_packet *packet)
{
	const struct plan *plan = findings->plan;
	const struct sim_prefix *neighbour;
	struct sim_prefix to;
	size_t steps = plan->scenario->n_hosts;
	if (!plan_prefix_of(&findings->flow.sighting.remote, &to))
		return (struct sim_prefix){.family = 0};
	for (size_t host = findings->flow.source; host != NONE && steps > 0; steps--) {
		neighbour = way_neighbour(plan, host, &to);
		if (is_about(packet, neighbour))
			return *neighbour;
		host = way_next(plan, host, &to);
	}
	for (size_t i = 0; i < findings->judged; i++) {
		const struct finding *seen = &findings->all[i];
		if (!seen->concerns)
			continue;
		neighbour = way_neighbour(plan, seen->host, &seen->event.packet.to);
		if (is_about(packet, neighbour))
			return *neighbour;
	}
	neighbour = find_way_back(findings, packet);
	return neighbour ? *neighbour : (struct sim_prefix){.family = 0};
}

/* For whom what was dropped has been: what is the fate of a copy is not the packet's. */
static void find_addressee(const struct findings *findings, struct finding *finding)
{
	const struct plan *plan = findings->plan;
	struct sim_host *host = findings->hosts[finding->host];
	if (finding->concerns) {
		enum bridged bridged = bridged_look(plan, host, finding);
		finding->meant = bridged == BRIDGED_MEANT;
		finding->copy = bridged == BRIDGED_COPY;
		finding->concerns = !finding->copy;
		return;
	}
	struct sim_prefix sought = find_sought(findings, &finding->event.packet);
	if (sought.family && bridged_finds(plan, host, finding, &sought))
		finding->sought = sought;
}

/*
 * A rule that hands the packet to a program, as one that nobody runs: it is lost.  What a program
 * that does run makes of it, no trace tells.
 */
static bool is_unheeded(const struct findings *findings, const struct finding *finding)
{
	struct sim_error err;
	struct sim_queues queues;
	return finding->event.kind == SIM_TRACE_RULE && finding->fate == SIM_FATE_NONE &&
	       finding->text && sim_queues_of(finding->text, finding->event.legacy, &queues) &&
	       sim_queues_have_listener(findings->hosts[finding->host], &queues, &err) == 0;
}

static void judge_finding(struct findings *findings, struct finding *finding)
{
	struct flow *flow = &findings->flow;
	const struct sim_packet *packet = &finding->event.packet;
	finding->concerns =
		!flow_is_foreign(flow, packet) && flow_has(flow, packet, &finding->reply) &&
		!(flow_is_end(packet) && flow_has_closed(flow, finding->host, finding->passages));
	if (finding->concerns && !finding->reply)
		flow_learn_port(flow, packet);
	if (finding->event.kind == SIM_TRACE_LOG)
		return;
	struct post_word word = post_look_up(&findings->posts[finding->host], &finding->event);
	finding->text = word.text;
	finding->wording = word.wording;
	finding->fate = word.fate;
	finding->chain = word.chain ? word.chain : finding->event.chain;
	finding->hook = hook_before(findings, finding);
	finding->unheeded = finding->concerns && is_unheeded(findings, finding);
	if (finding->unheeded)
		finding->fate = SIM_FATE_DROPPED;
	finding->sought = (struct sim_prefix){.family = 0};
	finding->meant = finding->copy = false;
	if (finding->fate != SIM_FATE_NONE)
		find_addressee(findings, finding);
}

void findings_update(struct findings *findings, const struct sighting *sighting)
{
	if (flow_update(&findings->flow, sighting))
		findings->judged = 0;
}

void findings_judge(struct findings *findings)
{
	for (; findings->judged < findings->count; findings->judged++)
		judge_finding(findings, &findings->all[findings->judged]);
}

void findings_doubt(struct findings *findings)
{
	findings->judged = 0;
}

bool findings_has_copy(const struct findings *findings, size_t host,
		       const struct sim_packet *packet)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->all[i];
		if (finding->copy && finding->host == host &&
		    sim_packet_same_ends(&finding->event.packet, packet))
			return true;
	}
	return false;
}

/* The port of the end that began the connection that it is about; 0: it is about none. */
static uint16_t connection_of(const struct findings *findings, const struct finding *finding)
{
	return finding->concerns
		       ? flow_connection(&findings->flow, &finding->event.packet, finding->reply)
		       : 0;
}

/* Whether it is about this connection; 0: a question for a name. */
static bool is_of(const struct findings *findings, const struct finding *finding, uint16_t port)
{
	return port ? connection_of(findings, finding) == port
		    : flow_is_question(&finding->event.packet);
}

/* One that was refused before has been got over by then. */
static const struct finding *program_decision(const struct findings *findings)
{
	uint16_t last = 0;
	for (size_t i = findings->count; i-- > 0 && !last;)
		last = connection_of(findings, &findings->all[i]);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->all[i];
		if (finding->concerns && finding->fate != SIM_FATE_NONE &&
		    is_of(findings, finding, last))
			return finding;
	}
	return NULL;
}

/*
 * How likely what befell a packet is to be what became of the probe: of a connection that
 * was reset, a rule that did so; of any, sooner what befell its segments than its end.
 */
static unsigned weigh(const struct findings *findings, const struct finding *finding)
{
	bool resets = finding->fate == SIM_FATE_REJECTED &&
		      reject_may_reset(finding->text ? finding->text : "");
	if (findings->flow.sighting.reset && resets)
		return 3;
	return flow_is_end(&finding->event.packet) ? 1 : 2;
}

const struct finding *findings_decision(const struct findings *findings)
{
	const struct finding *decision = NULL;
	if (findings->flow.sighting.any_packet)
		return program_decision(findings);
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->all[i];
		if (finding->concerns && finding->fate != SIM_FATE_NONE &&
		    (!decision || weigh(findings, finding) > weigh(findings, decision)))
			decision = finding;
	}
	return decision;
}

const struct finding *findings_starvation(const struct findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		if (findings->all[i].sought.family)
			return &findings->all[i];
	return NULL;
}

/* RFC 1191, RFC 8201 */
static bool is_too_big(const struct sim_packet *packet)
{
	return packet->protocol == IPPROTO_ICMPV6
		       ? packet->icmp_type == ICMP6_PACKET_TOO_BIG
		       : packet->protocol == IPPROTO_ICMP &&
				 packet->icmp_type == ICMP_DEST_UNREACH &&
				 packet->icmp_code == ICMP_FRAG_NEEDED;
}

const struct finding *findings_muffling(const struct findings *findings,
					const struct sim_packet *packet)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->all[i];
		const struct sim_packet *error = &finding->event.packet;
		if (finding->fate != SIM_FATE_NONE && is_too_big(error) &&
		    sim_address_equal(&error->to, &packet->from))
			return finding;
	}
	return NULL;
}

const struct finding *findings_last(const struct findings *findings)
{
	for (size_t i = findings->count; i-- > 0;)
		if (findings->all[i].concerns && findings->all[i].event.kind != SIM_TRACE_LOG)
			return &findings->all[i];
	return NULL;
}

const struct sim_packet *findings_packet(const struct findings *findings)
{
	for (size_t i = findings->count; i-- > 0;) {
		const struct finding *finding = &findings->all[i];
		if (finding->concerns && !finding->reply && finding->event.kind != SIM_TRACE_LOG &&
		    finding->event.packet.family)
			return &finding->event.packet;
	}
	return NULL;
}
