/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#include "lab/verdict_private.h"
#include "netsim/process.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DNS_NOERROR 0

/* The probe could not even begin. */
static bool not_started(const struct scene *scene, struct outcome *outcome)
{
	if (scene->seen->stage != STAGE_START)
		return false;
	bool ping =
		scene->seen->protocol == IPPROTO_ICMP || scene->seen->protocol == IPPROTO_ICMPV6;
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none",
			      "the probe could not be started: %s%s", verdict_trouble(scene),
			      ping && scene->seen->error == EACCES
				      ? " (net.ipv4.ping_group_range does not include its group)"
				      : "");
}

static bool program_ended(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (scene->errand->probe->kind != PROBE_RUN || !seen->answered)
		return false;
	verdict_say_status(outcome, seen->status);
	if (WIFSIGNALED(seen->status))
		return verdict_decide(outcome, OUTCOME_EXITED, "exit",
				      "the program was ended by %s (%s)", outcome->how,
				      sim_signal_words(WTERMSIG(seen->status)));
	return verdict_decide(outcome, OUTCOME_EXITED, "exit", "the program ended with %s",
			      outcome->how);
}

static const char *rcode_name(int rcode)
{
	static const char *const names[] = {"no address", "FORMERR", "SERVFAIL",
					    "NXDOMAIN",	  "NOTIMP",  "REFUSED"};
	return rcode >= 0 && (size_t)rcode < COUNT(names) ? names[rcode] : "an unusual DNS error";
}

/* The nameserver answered, but not with an address: the firewall let it pass. */
static bool name_not_found(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	bool found = seen->status == DNS_NOERROR && *seen->answer;
	if (seen->stage != STAGE_RESOLVE || seen->status < 0 || found)
		return false;
	verdict_say_how(outcome, "%s", rcode_name(seen->status));
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "dns",
			      "the question got through, and the nameserver said %s", outcome->how);
}

static bool wrong_http_status(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (scene->errand->probe->kind != PROBE_FETCH || seen->stage != STAGE_ANSWER ||
	    seen->answered || seen->status <= 0)
		return false;
	char text[WHERE_TEXT];
	verdict_say_how(outcome, "HTTP %d", seen->status);
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, scene->arrival ? "arrival" : "reply",
			      "the request got through, and %s answered with HTTP %d",
			      verdict_where(scene, text), seen->status);
}

/*
 * A connection that is there, and of which a rule has refused a segment: one that was sent, so
 * that somebody on the way may have done the handshake, or any word of the far end's.
 */
static bool is_cut_by_rule(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	return scene->errand->probe->kind == PROBE_CONNECT &&
	       scene->seen->protocol == IPPROTO_TCP && !scene->arrival && decision &&
	       !(decision->reply && *scene->seen->answer);
}

/* Whether it has sent a RST, to whom the packet was from. */
static bool sends_reset(const struct decision *by)
{
	return by->rejects && reject_may_reset(by->rule);
}

/* Where nobody was there to hear who received it: whom it was for, after NAT. */
static const char *who_answered(const struct circumstances *known)
{
	return known->heard_at	    ? known->heard_at
	       : known->target_host ? known->target_host
				    : known->remote_host;
}

/*
 * A RST after the handshake: a firewall's, which has rejected a later packet, or
 * that of the far end itself, which has then been reached, if it was the one to do the
 * handshake.
 */
static bool reset_after_handshake(const struct scene *scene, struct outcome *outcome)
{
	const struct circumstances *known = scene->known;
	const struct decision *by = known->decision;
	char text[WHERE_TEXT];
	if (!scene->seen->reset || (by && !by->rejects))
		return false;
	if (by && (by->reply || !sends_reset(by)))
		return verdict_rejected_unheard(scene, outcome);
	if (by) {
		verdict_say_how(outcome, "tcp-reset");
		verdict_note_decision(by, outcome);
		return verdict_decide(outcome, OUTCOME_REJECTED, "reset",
				      "%s reset the connection after the handshake", by->host);
	}
	bool heard = known->followed && verdict_heard_all(scene) && !known->trace_lost;
	if (heard && !known->taken)
		return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "reset",
				      "somebody on the way did the handshake for %s, and then the "
				      "connection was reset",
				      verdict_where(scene, text));
	if (heard && scene->seen->answered) {
		const char *host = who_answered(known);
		snprintf(outcome->evidence.arrived_at, sizeof(outcome->evidence.arrived_at), "%s",
			 host);
		return verdict_decide(outcome, OUTCOME_ALLOWED, "reset",
				      "no rule did, so %s itself reset the connection that it had "
				      "taken",
				      verdict_where(scene, text));
	}
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "reset",
			      "the handshake with %s was done, and then the connection was reset; "
			      "whether a rule did is not known",
			      verdict_where(scene, text));
}

static bool answered(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->seen->answered || is_cut_by_rule(scene))
		return false;
	if (scene->arrival)
		return verdict_decide(outcome, OUTCOME_ALLOWED, "arrival",
				      "%s received it and answered", scene->arrival->host);
	if (scene->errand->expects_arrival && !scene->known->diverted)
		return verdict_decide(
			outcome, OUTCOME_INCONCLUSIVE, "reply",
			"there was an answer, but none of the lab's services saw the probe");

	const char *host = who_answered(scene->known);
	snprintf(outcome->evidence.arrived_at, sizeof(outcome->evidence.arrived_at), "%s", host);
	bool mute = scene->errand->probe->kind == PROBE_CONNECT &&
		    scene->seen->protocol == IPPROTO_TCP && !*scene->seen->answer;
	return verdict_decide(
		outcome, OUTCOME_ALLOWED, "reply", "%s %s", *host ? host : "the far end",
		mute ? "acknowledged what was sent to it, and has said nothing yet" : "answered");
}

/* The filter's own word: netfilter had let it pass. */
static bool refused_by_filter(const struct scene *scene, struct outcome *outcome)
{
	const struct filtered *filtered = scene->known->filtered;
	if (!filtered)
		return false;
	verdict_say_how(outcome, "by cgroup %.38s: egress filter", filtered->cgroup);
	verdict_blame(outcome, scene->known->source_host);
	return verdict_decide(outcome, OUTCOME_CONFINED, CONFINED_BY_CGROUP,
			      "the egress filter of cgroup %s refused %s", filtered->cgroup,
			      filtered->packet);
}

/* A RST instead of a handshake: a closed port's, or a firewall's. */
static bool refused(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	char text[WHERE_TEXT];
	if (seen->error != ECONNREFUSED || seen->protocol != IPPROTO_TCP ||
	    seen->call != CALL_CONNECT)
		return false;
	const struct decision *by = verdict_rejecting(scene);
	if (by) {
		verdict_say_how(outcome, "tcp-reset");
		verdict_note_decision(by, outcome);
		return verdict_decide(outcome, OUTCOME_REJECTED, "reset", "%s reset the handshake",
				      by->host);
	}
	if (scene->known->loss && verdict_has_firewall_dropped(scene, scene->known->loss_host)) {
		verdict_say_how(outcome, "tcp-reset");
		verdict_blame(outcome, scene->known->loss_host);
		verdict_note_reason(scene, outcome);
		return verdict_decide(
			outcome, OUTCOME_REJECTED, "reset",
			"%s's firewall reset the handshake, but no rule was heard to do it",
			scene->known->loss_host);
	}
	if (scene->known->listening > 0 && !verdict_heard_all(scene)) {
		verdict_say_how(outcome, "tcp-reset");
		/* All others have been heard. */
		if (scene->known->traced && !scene->known->unheard_others)
			verdict_blame(outcome, scene->known->unheard);
		return verdict_decide(outcome, OUTCOME_REJECTED, "reset",
				      "the handshake was reset, although something listens on %s",
				      verdict_where(scene, text));
	}
	if (scene->known->listening < 0 && !verdict_heard_all(scene))
		return verdict_decide(
			outcome, OUTCOME_INCONCLUSIVE, "reset",
			"the handshake was reset, and whether anything listens on %s is not "
			"known",
			verdict_where(scene, text));
	if (scene->known->listening > 0)
		return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "reset",
				      "the handshake was reset, although something listens on %s, "
				      "and no rule was heard to do it",
				      verdict_where(scene, text));
	verdict_say_how(outcome, "closed port");
	verdict_blame(outcome, scene->known->target_host ? scene->known->target_host
							 : scene->known->remote_host);
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "closed", "nothing listens on %s",
			      verdict_where(scene, text));
}

/*
 * Netfilter's word for a dropped packet of one's own: to send(), never to
 * connect(), where it would be a cgroup's BPF program or a security module.
 */
static bool send_not_permitted(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (seen->error != EPERM || seen->call != CALL_SEND || !seen->error_at_once ||
	    seen->protocol == IPPROTO_TCP)
		return false;
	verdict_blame(outcome, scene->known->source_host);
	verdict_blame_hook(outcome, "output");
	return verdict_decide(outcome, OUTCOME_DROPPED, "errno",
			      "%s's own firewall dropped it: send() failed with EPERM",
			      scene->known->source_host);
}

/* A call of the probe's own was refused for want of something: that is nobody's deny. */
static bool lacked(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	return sim_is_lack(seen->error) && !seen->answered && !seen->icmp.seen &&
	       verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none", "%s", verdict_trouble(scene));
}

/* Failed at once and without an ICMP error: the kernel's own routing. */
static bool no_route(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	bool unreachable = seen->error == ENETUNREACH || seen->error == EHOSTUNREACH;
	if (!seen->error || !seen->error_at_once || (!unreachable && scene->known->routed != 0))
		return false;
	char text[WHERE_TEXT];
	verdict_say_how(outcome, "no route");
	verdict_blame(outcome, scene->known->source_host);
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "route", "%s has no route to %s: %s",
			      scene->known->source_host, verdict_where(scene, text),
			      verdict_trouble(scene));
}

/* What might be a confinement: whether it is one takes a second look (confined.h). */
static bool perhaps_confined(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (!seen->error_at_once || (seen->error != EACCES && seen->error != EPERM))
		return false;
	return verdict_decide(
		outcome, OUTCOME_INCONCLUSIVE, "errno",
		"%s; no packet was sent and no ICMP error came: %s, not a packet filter, may "
		"have refused it",
		verdict_trouble(scene),
		seen->error == EACCES ? "Landlock, a prohibit route or a security module"
				      : "a cgroup's BPF program or a security module");
}

/*
 * Whether a rule's drop would have been heard: from the trace, or as the kernel's own word of
 * it, which rules cannot silence.
 */
static bool would_have_heard(const struct circumstances *known)
{
	return known->traced || (known->losses_heard && !known->unheard);
}

/* An answer that no rule was heard to drop was lost elsewhere: to a route, most often. */
static bool reply_lost(const struct scene *scene, struct outcome *outcome)
{
	const char *last = scene->known->last_seen;
	const char *host = scene->arrival ? scene->arrival->host : "";
	char text[MISSING_TEXT];
	if (!scene->seen->timed_out || !scene->arrival)
		return false;
	if (!would_have_heard(scene->known))
		return verdict_decide(
			outcome, OUTCOME_DROPPED, "timeout",
			"%s received it, but its answer did not come back within %u ms", host,
			scene->errand->timeout_ms);
	verdict_say_how(outcome, "no answer");
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "trace",
			      "%s received it, but its answer did not come back within %u ms, and "
			      "no rule dropped that%s%s%s",
			      host, scene->errand->timeout_ms, *last ? "; last seen at " : "", last,
			      verdict_without_losses(scene, text));
}

/* Something has let the handshake through: what came after it is nobody's deny. */
static bool silent_after_handshake(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (seen->protocol != IPPROTO_TCP || seen->call == CALL_CONNECT || seen->call == CALL_NONE)
		return false;
	char text[WHERE_TEXT];
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none",
			      "the handshake with %s was done, but then: %s",
			      verdict_where(scene, text), verdict_trouble(scene));
}

/* Every rule has been listened to, and none dropped it: nobody's deny. */
static bool no_rule_dropped_it(const struct scene *scene, struct outcome *outcome)
{
	const char *last = scene->known->last_seen;
	const char *unheard = scene->known->unheard;
	char text[MISSING_TEXT];
	verdict_say_how(outcome, "no answer");
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "trace",
			      "no rule dropped it, and no answer came within %u ms; %s%s%s%s%s%s",
			      scene->errand->timeout_ms,
			      *last ? "last seen at " : "no rule saw it at all", last,
			      unheard ? "; " : "", unheard ? unheard : "",
			      unheard ? " may have rules of its own, which nobody hears" : "",
			      verdict_without_losses(scene, text));
}

/* Silence is a drop only where all else would have had a voice. */
static bool silence(const struct scene *scene, struct outcome *outcome)
{
	const struct circumstances *known = scene->known;
	unsigned ms = scene->errand->timeout_ms;
	char text[WHERE_TEXT];
	char missing[MISSING_TEXT];
	if (!scene->seen->timed_out || scene->errand->probe->kind == PROBE_RUN)
		return false;
	if (known->routed == 0) {
		verdict_say_how(outcome, "no route");
		verdict_blame(outcome, known->source_host);
		return verdict_decide(outcome, OUTCOME_UNREACHABLE, "route",
				      "%s has no route or no neighbour towards %s",
				      known->source_host, verdict_where(scene, text));
	}
	if (would_have_heard(known))
		return no_rule_dropped_it(scene, outcome);
	if (!*known->remote_host)
		return verdict_decide(
			outcome, OUTCOME_INCONCLUSIVE, "none",
			"no answer within %u ms, and no host of the lab has the address of %s", ms,
			verdict_where(scene, text));
	if (known->routed < 0)
		return verdict_decide(
			outcome, OUTCOME_INCONCLUSIVE, "none",
			"no answer within %u ms, and whether there is a route to %s is not known",
			ms, verdict_where(scene, text));
	if (known->listening == 0 && scene->errand->probe->kind != PROBE_PING)
		return verdict_decide(
			outcome, OUTCOME_INCONCLUSIVE, "none",
			"no answer within %u ms, but nothing listens on %s that could have "
			"answered",
			ms, verdict_where(scene, text));
	return verdict_decide(outcome, OUTCOME_DROPPED, "timeout",
			      "no answer within %u ms; nothing else was seen%s", ms,
			      verdict_without_losses(scene, missing));
}

static bool undecided(const struct scene *scene, struct outcome *outcome)
{
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "none", "%s", verdict_trouble(scene));
}

/* The first that decides, decides: an order, not a table. */
/* clang-format off */
static bool (*const rules[])(const struct scene *scene, struct outcome *outcome) = {
	not_started,
	lacked,
	verdict_log_lost,
	program_ended,
	verdict_apt_ended,
	name_not_found,
	wrong_http_status,
	reset_after_handshake,
	answered,
	refused_by_filter,
	verdict_trace_lost,
	verdict_starved,
	verdict_icmp_error,
	refused,
	verdict_dropped_by_rule,
	verdict_rejected_unheard,
	verdict_dropped_by_kernel,
	send_not_permitted,
	no_route,
	perhaps_confined,
	reply_lost,
	verdict_delivered,
	silent_after_handshake,
	silence,
	undecided,
};
/* clang-format on */

/* A DNS arrival's text is "A deb.debian.org"; a name may end in a dot. */
static bool asks_for(const char *text, const char *name)
{
	const char *blank = strchr(text, ' ');
	size_t length = strlen(name);
	if (length > 0 && name[length - 1] == '.')
		length--;
	return blank && !strncasecmp(blank + 1, name, length) && !blank[1 + length];
}

static bool is_ours(const struct scene *scene, const struct server_message *arrival)
{
	const struct probe *probe = scene->errand->probe;
	bool fetching = probe->kind == PROBE_FETCH;
	/* Whatever apt asks for, nobody else asks meanwhile. */
	if (probe->kind == PROBE_APT)
		return arrival->protocol == IPPROTO_TCP && !strncmp(arrival->text, "GET /", 5);
	if (probe->kind == PROBE_RESOLVE || (fetching && scene->seen->stage == STAGE_RESOLVE))
		return asks_for(arrival->text, fetching ? probe->url_host : probe->question);
	/* A DNS server was asked for it. */
	if (probe->kind == PROBE_CONNECT && asks_for(arrival->text, scene->seen->nonce))
		return true;
	return *arrival->nonce && !strcmp(arrival->nonce, scene->seen->nonce);
}

static const struct server_message *find_arrival(const struct scene *scene)
{
	for (size_t i = 0; i < scene->known->n_arrivals; i++)
		if (scene->known->arrivals[i].kind == SERVERS_ARRIVAL &&
		    is_ours(scene, &scene->known->arrivals[i]))
			return &scene->known->arrivals[i];
	return NULL;
}

void judge(const struct errand *errand, const struct sighting *sighting,
	   const struct circumstances *circumstances, struct outcome *outcome)
{
	struct scene scene = {.errand = errand, .seen = sighting, .known = circumstances};
	scene.arrival = find_arrival(&scene);

	memset(outcome, 0, sizeof(*outcome));
	if (scene.arrival)
		snprintf(outcome->evidence.arrived_at, sizeof(outcome->evidence.arrived_at), "%s",
			 scene.arrival->host);
	for (size_t i = 0; i < COUNT(rules); i++)
		if (rules[i](&scene, outcome))
			return;
}
