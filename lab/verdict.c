/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DNS_NOERROR 0

/* All that a rule may look at. */
struct scene {
	const struct errand *errand;
	const struct sighting *seen;
	const struct circumstances *known;
	const struct server_message *arrival; /* this probe's, or NULL */
};

static bool __attribute__((format(printf, 4, 5)))
decide(struct outcome *outcome, enum outcome_kind kind, const char *evidence, const char *why, ...)
{
	va_list args;
	outcome->kind = kind;
	snprintf(outcome->evidence.kind, sizeof(outcome->evidence.kind), "%s", evidence);
	va_start(args, why);
	vsnprintf(outcome->why, sizeof(outcome->why), why, args);
	va_end(args);
	return true;
}

static void __attribute__((format(printf, 2, 3)))
say_how(struct outcome *outcome, const char *how, ...)
{
	va_list args;
	va_start(args, how);
	vsnprintf(outcome->how, sizeof(outcome->how), how, args);
	va_end(args);
}

static void blame(struct outcome *outcome, const char *host)
{
	snprintf(outcome->evidence.host, sizeof(outcome->evidence.host), "%s", host);
}

static void blame_hook(struct outcome *outcome, const char *hook)
{
	snprintf(outcome->evidence.hook, sizeof(outcome->evidence.hook), "%s", hook);
}

static const char *address_text(const struct sockaddr_storage *address, char text[INET6_ADDRSTRLEN])
{
	*text = '\0';
	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
			  INET6_ADDRSTRLEN);
	else if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text,
			  INET6_ADDRSTRLEN);
	return text;
}

/* Where the packet was for, as "mirror's tcp port 81" or "10.9.0.2". */
#define WHERE_TEXT 128
static const char *where(const struct scene *scene, char text[WHERE_TEXT])
{
	char address[INET6_ADDRSTRLEN];
	const struct sockaddr_storage *remote = &scene->seen->remote;
	const char *host = scene->known->remote_host;
	if (!*host)
		host = address_text(remote, address);

	bool tcp = scene->seen->protocol == IPPROTO_TCP;
	if (tcp || scene->seen->protocol == IPPROTO_UDP)
		/* The port has the same place in both families. */
		snprintf(text, WHERE_TEXT, "%s's %s port %u", host, tcp ? "tcp" : "udp",
			 ntohs(((const struct sockaddr_in *)remote)->sin_port));
	else
		snprintf(text, WHERE_TEXT, "%s", host);
	return text;
}

static const char *trouble(const struct scene *scene)
{
	return *scene->seen->trouble ? scene->seen->trouble : "nothing was seen that decides";
}

static void note_decision(const struct decision *decision, struct outcome *outcome)
{
	struct evidence *evidence = &outcome->evidence;
	snprintf(evidence->table, sizeof(evidence->table), "%s", decision->table);
	snprintf(evidence->chain, sizeof(evidence->chain), "%s", decision->chain);
	snprintf(evidence->rule, sizeof(evidence->rule), "%s", decision->rule);
	evidence->handle = decision->handle;
	evidence->line = decision->line;
	if (decision->line)
		snprintf(evidence->file, sizeof(evidence->file), "%s", decision->file);
	blame(outcome, decision->host);
	blame_hook(outcome, decision->hook);
}

/* The rule that rejected one of the probe's packets, or NULL. */
static const struct decision *rejecting(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	return decision && decision->rejects ? decision : NULL;
}

/* Part of what netfilter told was lost: the part that decides, perhaps. */
static bool trace_lost(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->known->trace_lost)
		return false;
	return decide(outcome, OUTCOME_INCONCLUSIVE, "none",
		      "netfilter told of more than could be heard, and some of it was lost");
}

/* Even an answer is not enough where the log counts. */
static bool log_lost(const struct scene *scene, struct outcome *outcome)
{
	return scene->known->log_wanted && trace_lost(scene, outcome);
}

/* The packet arrived: what another host dropped was a copy of it (dup, TEE). */
static bool was_a_copy(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	return scene->arrival && !decision->reply &&
	       strcmp(decision->host, scene->arrival->host) != 0;
}

/* A rule's own word, which needs neither a guess nor a timeout. */
static bool dropped_by_rule(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *decision = scene->known->decision;
	if (!decision || decision->rejects || was_a_copy(scene))
		return false;
	note_decision(decision, outcome);
	return decide(outcome, OUTCOME_DROPPED, "rule", "%s dropped %s at its %s", decision->host,
		      decision->reply ? "the answer" : "it",
		      *decision->hook ? decision->hook : decision->chain);
}

/* A reject is a reject even where its error does not get through. */
static bool rejected_unheard(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *decision = rejecting(scene);
	if (!decision)
		return false;
	note_decision(decision, outcome);
	return decide(outcome, OUTCOME_REJECTED, "rule",
		      "%s rejected %s, but its error did not reach the sender", decision->host,
		      decision->reply ? "the answer" : "it");
}

/* The probe could not even begin. */
static bool not_started(const struct scene *scene, struct outcome *outcome)
{
	if (scene->seen->stage != STAGE_START)
		return false;
	bool ping =
		scene->seen->protocol == IPPROTO_ICMP || scene->seen->protocol == IPPROTO_ICMPV6;
	return decide(outcome, OUTCOME_INCONCLUSIVE, "none", "the probe could not be started: %s%s",
		      trouble(scene),
		      ping && scene->seen->error == EACCES
			      ? " (net.ipv4.ping_group_range does not include its group)"
			      : "");
}

static bool program_ended(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (scene->errand->probe->kind != PROBE_RUN || !seen->answered)
		return false;
	if (WIFSIGNALED(seen->status))
		say_how(outcome, "signal %d", WTERMSIG(seen->status));
	else
		say_how(outcome, "exit %d", WEXITSTATUS(seen->status));
	return decide(outcome, OUTCOME_EXITED, "exit", "the program ended with %s", outcome->how);
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
	say_how(outcome, "%s", rcode_name(seen->status));
	return decide(outcome, OUTCOME_UNREACHABLE, "dns",
		      "the question got through, and the nameserver said %s", outcome->how);
}

static bool wrong_http_status(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (scene->errand->probe->kind != PROBE_FETCH || seen->stage != STAGE_ANSWER ||
	    seen->answered || seen->status <= 0)
		return false;
	char text[WHERE_TEXT];
	say_how(outcome, "HTTP %d", seen->status);
	return decide(outcome, OUTCOME_UNREACHABLE, scene->arrival ? "arrival" : "reply",
		      "the request got through, and %s answered with HTTP %d", where(scene, text),
		      seen->status);
}

/* A handshake that somebody did on the way: the far end said nothing, and a rule dropped its
 * packet. */
static bool greeted_by_a_proxy(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	return scene->errand->probe->kind == PROBE_CONNECT &&
	       scene->seen->protocol == IPPROTO_TCP && !scene->arrival && !*scene->seen->answer &&
	       decision && !decision->reply;
}

static bool answered(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->seen->answered || greeted_by_a_proxy(scene))
		return false;
	if (scene->arrival)
		return decide(outcome, OUTCOME_ALLOWED, "arrival", "%s received it and answered",
			      scene->arrival->host);
	if (scene->errand->expects_arrival)
		return decide(outcome, OUTCOME_INCONCLUSIVE, "reply",
			      "there was an answer, but none of the lab's services saw the probe");

	const char *host =
		scene->known->heard_at ? scene->known->heard_at : scene->known->remote_host;
	snprintf(outcome->evidence.arrived_at, sizeof(outcome->evidence.arrived_at), "%s", host);
	return decide(outcome, OUTCOME_ALLOWED, "reply", "%s answered",
		      *host ? host : "the far end");
}

/*
 * A host's own packets are rejected at its OUTPUT; at its INPUT only if they
 * never left it.
 */
static bool at_own_output(const struct scene *scene)
{
	const struct circumstances *known = scene->known;
	return !strcmp(known->offender_host, known->source_host) &&
	       strcmp(known->remote_host, known->source_host) != 0;
}

static bool rejected(const struct scene *scene, struct outcome *outcome)
{
	const char *host = scene->known->offender_host;
	if (!*host)
		host = "somebody outside the lab";
	if (scene->known->traced && !rejecting(scene))
		return decide(outcome, OUTCOME_UNREACHABLE, "route",
			      "%s answered with ICMP %s, but no rule rejected it: a route did",
			      host, outcome->how);
	if (rejecting(scene))
		note_decision(rejecting(scene), outcome);
	return decide(outcome, OUTCOME_REJECTED, "icmp", "%s answered with ICMP %s%s", host,
		      outcome->how, at_own_output(scene) ? " before the packet left" : "");
}

static bool port_unreachable(const struct scene *scene, struct outcome *outcome)
{
	/* For TCP a closed port has a RST; for UDP it is the target alone that can say so. */
	const struct circumstances *known = scene->known;
	if (rejecting(scene) || scene->seen->protocol != IPPROTO_UDP ||
	    strcmp(known->offender_host, known->remote_host) != 0)
		return rejected(scene, outcome);

	char text[WHERE_TEXT];
	if (known->listening == 0 || known->traced) {
		say_how(outcome, "closed port");
		return decide(outcome, OUTCOME_UNREACHABLE, "closed", "nothing listens on %s",
			      where(scene, text));
	}
	if (known->listening > 0)
		return rejected(scene, outcome);
	return decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
		      "port-unreachable came from the target, and whether anything listens on %s "
		      "is not known",
		      where(scene, text));
}

static bool route_unreachable(const struct scene *scene, struct outcome *outcome)
{
	const struct circumstances *known = scene->known;
	/* Of a stranger's routes nothing is known, whatever the probe's own host has. */
	bool stranger = !*known->offender_host;
	const char *host = stranger ? "somebody outside the lab" : known->offender_host;
	if (rejecting(scene) || (!stranger && known->routed > 0 && !known->traced))
		return rejected(scene, outcome);
	if (known->traced || (!stranger && known->routed == 0))
		return decide(outcome, OUTCOME_UNREACHABLE, "route",
			      "%s has no route or no neighbour to send it to: ICMP %s", host,
			      outcome->how);
	return decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
		      "%s answered with ICMP %s, and whether it has a route is not known", host,
		      outcome->how);
}

static bool routing_loop(const struct scene *scene, struct outcome *outcome)
{
	char text[WHERE_TEXT];
	return decide(outcome, OUTCOME_UNREACHABLE, "icmp",
		      "the packet's time ran out on the way to %s: a routing loop",
		      where(scene, text));
}

static bool too_big(const struct scene *scene, struct outcome *outcome)
{
	(void)scene;
	return decide(outcome, OUTCOME_UNREACHABLE, "icmp",
		      "the packet was too big for a link on the way");
}

static bool unusual_icmp(const struct scene *scene, struct outcome *outcome)
{
	(void)scene;
	return decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
		      "ICMP %s is neither a firewall's usual word nor a router's", outcome->how);
}

#define ANY_CODE (-1)

/* What each ICMP error means.  prohibited: only a firewall says so. */
static const struct {
	int family;
	int type;
	int code;
	bool (*rule)(const struct scene *scene, struct outcome *outcome);
} icmp_rules[] = {
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, route_unreachable},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, route_unreachable},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, rejected},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, port_unreachable},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, too_big},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO, rejected},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_ANO, rejected},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, rejected},
	{AF_INET, ICMP_TIME_EXCEEDED, ANY_CODE, routing_loop},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, route_unreachable},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, rejected},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, route_unreachable},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, port_unreachable},
	{AF_INET6, ICMP6_DST_UNREACH, 5 /* policy-fail */, rejected},
	{AF_INET6, ICMP6_DST_UNREACH, 6 /* reject-route */, route_unreachable},
	{AF_INET6, ICMP6_PACKET_TOO_BIG, ANY_CODE, too_big},
	{AF_INET6, ICMP6_TIME_EXCEEDED, ANY_CODE, routing_loop},
};

/* The message by name, and who sent it. */
static void note_icmp(const struct scene *scene, struct outcome *outcome)
{
	const struct icmp_sighting *icmp = &scene->seen->icmp;
	const struct reject_way *way = reject_way_of(icmp->family, icmp->type, icmp->code);
	char number[32];
	char from[INET6_ADDRSTRLEN];

	snprintf(number, sizeof(number), "%s type %u code %u",
		 icmp->family == AF_INET6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code);
	say_how(outcome, "%s", way ? way->name : strchr(number, 't'));
	snprintf(outcome->evidence.icmp, sizeof(outcome->evidence.icmp), "%s%s%s%s from %s",
		 way ? way->name : "", way ? " (" : "", number, way ? ")" : "",
		 address_text(&icmp->offender, from));
	blame(outcome, scene->known->offender_host);
	if (at_own_output(scene))
		blame_hook(outcome, "output");
}

static bool icmp_error(const struct scene *scene, struct outcome *outcome)
{
	const struct icmp_sighting *icmp = &scene->seen->icmp;
	if (!icmp->seen)
		return false;
	note_icmp(scene, outcome);
	for (size_t i = 0; i < COUNT(icmp_rules); i++)
		if (icmp_rules[i].family == icmp->family && icmp_rules[i].type == icmp->type &&
		    (icmp_rules[i].code == ANY_CODE || icmp_rules[i].code == icmp->code))
			return icmp_rules[i].rule(scene, outcome);
	return unusual_icmp(scene, outcome);
}

/* A RST instead of a handshake: a closed port's, or a firewall's. */
static bool refused(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	char text[WHERE_TEXT];
	if (seen->error != ECONNREFUSED || seen->protocol != IPPROTO_TCP ||
	    seen->call != CALL_CONNECT)
		return false;
	const struct decision *by = rejecting(scene);
	if (by) {
		say_how(outcome, "tcp-reset");
		note_decision(by, outcome);
		return decide(outcome, OUTCOME_REJECTED, "reset", "%s reset the handshake",
			      by->host);
	}
	if (scene->known->listening > 0 && !scene->known->traced) {
		say_how(outcome, "tcp-reset");
		return decide(outcome, OUTCOME_REJECTED, "reset",
			      "the handshake was reset, although something listens on %s",
			      where(scene, text));
	}
	if (scene->known->listening < 0 && !scene->known->traced)
		return decide(outcome, OUTCOME_INCONCLUSIVE, "reset",
			      "the handshake was reset, and whether anything listens on %s is not "
			      "known",
			      where(scene, text));
	say_how(outcome, "closed port");
	blame(outcome, scene->known->remote_host);
	return decide(outcome, OUTCOME_UNREACHABLE, "closed", "nothing listens on %s",
		      where(scene, text));
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
	blame(outcome, scene->known->source_host);
	blame_hook(outcome, "output");
	return decide(outcome, OUTCOME_DROPPED, "errno",
		      "%s's own firewall dropped it: send() failed with EPERM",
		      scene->known->source_host);
}

/* Failed at once and without an ICMP error: the kernel's own routing. */
static bool no_route(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	bool unreachable = seen->error == ENETUNREACH || seen->error == EHOSTUNREACH;
	if (!seen->error || !seen->error_at_once || (!unreachable && scene->known->routed != 0))
		return false;
	char text[WHERE_TEXT];
	say_how(outcome, "no route");
	blame(outcome, scene->known->source_host);
	return decide(outcome, OUTCOME_UNREACHABLE, "route", "%s has no route to %s: %s",
		      scene->known->source_host, where(scene, text), trouble(scene));
}

/* What other confinements look like from inside. */
static bool confined(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (!seen->error_at_once || (seen->error != EACCES && seen->error != EPERM))
		return false;
	return decide(outcome, OUTCOME_INCONCLUSIVE, "errno",
		      "%s; no packet was sent and no ICMP error came: %s, not a packet filter, may "
		      "have refused it",
		      trouble(scene),
		      seen->error == EACCES ? "Landlock, a prohibit route or a security module"
					    : "a cgroup's BPF program or a security module");
}

static bool reply_lost(const struct scene *scene, struct outcome *outcome)
{
	if (!scene->seen->timed_out || !scene->arrival)
		return false;
	return decide(outcome, OUTCOME_DROPPED, "timeout",
		      "%s received it, but its answer did not come back within %u ms",
		      scene->arrival->host, scene->errand->timeout_ms);
}

/* Something has let the handshake through: what came after it is nobody's deny. */
static bool silent_after_handshake(const struct scene *scene, struct outcome *outcome)
{
	const struct sighting *seen = scene->seen;
	if (seen->protocol != IPPROTO_TCP || seen->call == CALL_CONNECT || seen->call == CALL_NONE)
		return false;
	char text[WHERE_TEXT];
	return decide(outcome, OUTCOME_INCONCLUSIVE, "none",
		      "the handshake with %s was done, but then: %s", where(scene, text),
		      trouble(scene));
}

/* Every rule has been listened to, and none dropped it: nobody's deny. */
static bool no_rule_dropped_it(const struct scene *scene, struct outcome *outcome)
{
	const char *last = scene->known->last_seen;
	say_how(outcome, "no answer");
	return decide(outcome, OUTCOME_UNREACHABLE, "trace",
		      "no rule dropped it, and no answer came within %u ms; %s%s",
		      scene->errand->timeout_ms, *last ? "last seen at " : "no rule saw it at all",
		      last);
}

/* Silence is a drop only where all else would have had a voice. */
static bool silence(const struct scene *scene, struct outcome *outcome)
{
	const struct circumstances *known = scene->known;
	unsigned ms = scene->errand->timeout_ms;
	char text[WHERE_TEXT];
	if (!scene->seen->timed_out || scene->errand->probe->kind == PROBE_RUN)
		return false;
	if (known->routed == 0) {
		say_how(outcome, "no route");
		blame(outcome, known->source_host);
		return decide(outcome, OUTCOME_UNREACHABLE, "route",
			      "%s has no route or no neighbour towards %s", known->source_host,
			      where(scene, text));
	}
	if (known->traced)
		return no_rule_dropped_it(scene, outcome);
	if (!*known->remote_host)
		return decide(
			outcome, OUTCOME_INCONCLUSIVE, "none",
			"no answer within %u ms, and no host of the lab has the address of %s", ms,
			where(scene, text));
	if (known->routed < 0)
		return decide(
			outcome, OUTCOME_INCONCLUSIVE, "none",
			"no answer within %u ms, and whether there is a route to %s is not known",
			ms, where(scene, text));
	if (known->listening == 0 && scene->errand->probe->kind != PROBE_PING)
		return decide(outcome, OUTCOME_INCONCLUSIVE, "none",
			      "no answer within %u ms, but nothing listens on %s that could have "
			      "answered",
			      ms, where(scene, text));
	return decide(outcome, OUTCOME_DROPPED, "timeout",
		      "no answer within %u ms; nothing else was seen", ms);
}

static bool undecided(const struct scene *scene, struct outcome *outcome)
{
	return decide(outcome, OUTCOME_INCONCLUSIVE, "none", "%s", trouble(scene));
}

/* The first that decides, decides: an order, not a table. */
/* clang-format off */
static bool (*const rules[])(const struct scene *scene, struct outcome *outcome) = {
	not_started,
	log_lost,
	program_ended,
	name_not_found,
	wrong_http_status,
	answered,
	trace_lost,
	icmp_error,
	refused,
	dropped_by_rule,
	rejected_unheard,
	send_not_permitted,
	no_route,
	confined,
	reply_lost,
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
	if (probe->kind == PROBE_RESOLVE || (fetching && scene->seen->stage == STAGE_RESOLVE))
		return asks_for(arrival->text, fetching ? probe->url_host : probe->question);
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
