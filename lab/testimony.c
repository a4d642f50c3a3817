/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/testimony.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/rule_words.h"

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* The port of the end that began a connection: the client's, whichever way the packet goes. */
static uint16_t client_port(const struct sim_packet *syn)
{
	return syn->tcp_flags & SIM_TCP_ACK ? syn->dport : syn->sport;
}

/*
 * A host reports the multicast groups that it is in by itself, some time after
 * it got its addresses (RFC 3376, RFC 3810): IGMP, or MLD behind a hop-by-hop option.
 */
static bool is_membership_report(const struct sim_packet *packet)
{
	if (packet->family == AF_INET)
		return packet->protocol == IPPROTO_IGMP;
	return packet->family == AF_INET6 && packet->protocol == IPPROTO_HOPOPTS &&
	       IN6_IS_ADDR_MULTICAST(&packet->to.v6);
}

bool testimony_is_stray(const struct finding *findings, size_t count, size_t i)
{
	const struct sim_packet *packet = &findings[i].event.packet;
	if (is_membership_report(packet))
		return true;
	if (packet->protocol != IPPROTO_TCP || (packet->tcp_flags & SIM_TCP_SYN))
		return false;
	for (size_t k = 0; k < count; k++) {
		const struct sim_packet *other = &findings[k].event.packet;
		if (findings[k].host != findings[i].host || other->protocol != IPPROTO_TCP ||
		    !(other->tcp_flags & SIM_TCP_SYN))
			continue;
		uint16_t port = client_port(other);
		if (port == packet->sport || port == packet->dport)
			return false;
	}
	return true;
}

/* The names of a message's interfaces, to be looked up in its host. */
struct interfaces {
	const struct sim_trace_event *event;
	struct log_message *message;
};

static void copy_interface(char to[16], unsigned index)
{
	char name[IF_NAMESIZE];
	snprintf(to, 16, "%s", index ? text_or_empty(if_indextoname(index, name)) : "");
}

static int look_up_interfaces(void *arg, struct sim_error *err)
{
	(void)err;
	const struct interfaces *interfaces = arg;
	copy_interface(interfaces->message->in, interfaces->event->in);
	copy_interface(interfaces->message->out, interfaces->event->out);
	return 0;
}

/* "-j LOG --log-prefix "x"" */
static bool has_legacy_log(const char *text, char *prefix, size_t size)
{
	bool jump = false, found = false;
	for (struct sim_words words = sim_words_of(text, true); sim_words_next(&words);) {
		found |= jump && sim_words_at(&words, "LOG");
		jump = sim_words_at(&words, "-j");
		if (sim_words_at(&words, "--log-prefix") && sim_words_next(&words))
			snprintf(prefix, size, "%s", words.word);
	}
	return found;
}

/* "log prefix "x" level warn"; with a group it is NFLOG's. */
static bool has_nft_log(const char *text, char *prefix, size_t size)
{
	bool jump = false, more = true;
	struct sim_words words = sim_words_of(text, false);
	while ((more = sim_words_next(&words)) && (jump || !sim_words_at(&words, "log")))
		jump = sim_words_at(&words, "jump") || sim_words_at(&words, "goto");
	if (!more)
		return false;
	more = sim_words_next(&words);
	if (more && sim_words_at(&words, "prefix") && sim_words_next(&words)) {
		snprintf(prefix, size, "%s", words.word);
		more = sim_words_next(&words);
	}
	return !more || !sim_words_at(&words, "group");
}

bool testimony_has_log(const struct finding *finding, char *prefix, size_t size)
{
	const char *text = text_or_empty(finding->text);
	if (finding->event.kind != SIM_TRACE_RULE)
		return false;
	*prefix = '\0';
	return (finding->event.legacy ? has_legacy_log : has_nft_log)(text, prefix, size);
}

static int note_message(const struct live *live, const struct finding *finding,
			struct log_message *message, struct sim_error *err)
{
	const struct sim_trace_event *event = &finding->event;
	bool nflog = event->kind == SIM_TRACE_LOG;
	message->group = nflog ? event->group : -1;
	message->has_owner = event->has_owner;
	message->uid = event->uid;
	message->gid = event->gid;
	if (nflog)
		snprintf(message->prefix, sizeof(message->prefix), "%s", event->prefix);
	snprintf(message->host, sizeof(message->host), "%s",
		 plan_host_name(live->plan, finding->host));
	sim_packet_text(&event->packet, message->packet);
	struct interfaces interfaces = {event, message};
	return sim_host_within(live->hosts[finding->host], look_up_interfaces, &interfaces, err);
}

static int keep_message(struct testimony *testimony, const struct log_message *message,
			struct sim_error *err)
{
	/* Twice the room at every power of two. */
	size_t count = testimony->n_log;
	if ((count & (count - 1)) == 0) {
		struct log_message *more =
			reallocarray(testimony->log, count ? 2 * count : 1, sizeof(*more));
		if (!more)
			return sim_fail(err, ENOMEM, "what was logged");
		testimony->log = more;
	}
	testimony->log[testimony->n_log++] = *message;
	return 0;
}

static int hear_log(const struct live *live, const struct witness *witness,
		    struct testimony *testimony, struct sim_error *err)
{
	size_t count;
	const struct finding *findings = witness_findings(witness, &count);
	for (size_t i = 0; i < count; i++) {
		struct log_message message = {.group = -1};
		if (findings[i].event.kind != SIM_TRACE_LOG &&
		    !testimony_has_log(&findings[i], message.prefix, sizeof(message.prefix)))
			continue;
		if (testimony_is_stray(findings, count, i))
			continue;
		if (note_message(live, &findings[i], &message, err) < 0 ||
		    keep_message(testimony, &message, err) < 0)
			return -1;
	}
	return 0;
}

static void hear_decision(const struct live *live, const struct witness *witness,
			  const struct finding *found, struct testimony *testimony)
{
	unsigned line = witness_origin(witness, found, testimony->file, sizeof(testimony->file));
	snprintf(testimony->table, sizeof(testimony->table), "%s %s",
		 sim_trace_family(&found->event), found->event.table);
	testimony->decision = (struct decision){
		.host = plan_host_name(live->plan, found->host),
		.hook = found->hook,
		.table = testimony->table,
		.chain = found->chain,
		.rule = text_or_empty(found->wording),
		.handle = found->event.legacy ? 0 : found->event.rule,
		.file = testimony->file,
		.line = line,
		.rejects = found->fate == SIM_FATE_REJECTED,
		.reply = found->reply,
		.unheeded = found->unheeded,
		.sought = testimony->sought,
	};
	if (found->sought.family)
		sim_address_text(&found->sought, testimony->sought);
}

int testimony_hear(const struct live *live, const struct witness *witness,
		   struct testimony *testimony, struct circumstances *circumstances,
		   struct sim_error *err)
{
	*testimony = (struct testimony){.n_log = 0};
	circumstances->last_seen = testimony->last_seen;
	if (!witness)
		return 0;
	circumstances->traced = !witness_missed(witness) && witness_is_audible(witness) &&
				witness_is_settled(witness);
	circumstances->log_missing = witness_is_deaf(witness);
	circumstances->trace_lost = witness_missed(witness);
	const struct finding *last = witness_last(witness);
	if (last)
		snprintf(testimony->last_seen, sizeof(testimony->last_seen), "%s's %s",
			 plan_host_name(live->plan, last->host),
			 *last->hook ? last->hook : last->chain);
	const struct finding *found = witness_decision(witness);
	const struct finding *starvation = found ? NULL : witness_starvation(witness);
	const struct finding *muffling = found || starvation ? NULL : witness_muffling(witness);
	if (found) {
		hear_decision(live, witness, found, testimony);
		circumstances->decision = &testimony->decision;
	} else if (starvation) {
		hear_decision(live, witness, starvation, testimony);
		circumstances->starvation = &testimony->decision;
	} else if (muffling) {
		hear_decision(live, witness, muffling, testimony);
		circumstances->muffling = &testimony->decision;
	}
	circumstances->losses_heard = witness_hears_losses(witness);
	circumstances->losses_missing = witness_losses_missing(witness);
	const struct loss *loss = witness_loss(witness);
	if (loss) {
		circumstances->loss = loss;
		circumstances->loss_host = plan_host_name(live->plan, loss->drop.host);
	}
	return hear_log(live, witness, testimony, err);
}

void testimony_clear(struct testimony *testimony)
{
	free(testimony->log);
}

void testimony_note_log(const struct testimony *testimony, struct evidence *evidence)
{
	evidence->n_log = testimony->n_log;
	for (size_t i = 0; i < testimony->n_log && i < EVIDENCE_LOG_MAX; i++)
		evidence->log[i] = testimony->log[i];
}
