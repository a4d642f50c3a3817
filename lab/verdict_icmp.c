/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an ICMP error says: a firewall's word, a router's, or a closed port's. */
#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

#include "lab/verdict_private.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* Whether it came from whom the packet was for in the end. */
static bool from_target(const struct circumstances *known)
{
	return !strcmp(known->offender_host, known->remote_host) ||
	       (known->target_host && !strcmp(known->offender_host, known->target_host));
}

static bool rejected(const struct scene *scene, struct outcome *outcome)
{
	const struct decision *by = verdict_rejecting(scene);
	/* A rule may answer in the name of whom the packet was for. */
	const char *host = by ? by->host : scene->known->offender_host;
	if (!*host)
		host = "somebody outside the lab";
	bool by_firewall = verdict_has_firewall_dropped(scene, host);
	if (verdict_heard_all(scene) && !by && !by_firewall)
		return verdict_decide(
			outcome, OUTCOME_UNREACHABLE, "route",
			"%s answered with ICMP %s, but no rule rejected it: a route did", host,
			outcome->how);
	if (by)
		verdict_note_decision(by, outcome);
	else if (by_firewall)
		verdict_note_reason(scene, outcome);
	return verdict_decide(outcome, OUTCOME_REJECTED, "icmp", "%s answered with ICMP %s%s", host,
			      outcome->how, at_own_output(scene) ? " before the packet left" : "");
}

static bool port_unreachable(const struct scene *scene, struct outcome *outcome)
{
	/* For TCP a closed port has a RST; for UDP it is the target alone that can say so. */
	const struct circumstances *known = scene->known;
	if (verdict_rejecting(scene) || verdict_has_firewall_dropped(scene, known->offender_host) ||
	    scene->seen->protocol != IPPROTO_UDP || !from_target(known))
		return rejected(scene, outcome);

	char text[WHERE_TEXT];
	if (known->listening == 0 || (known->listening < 0 && verdict_heard_all(scene))) {
		verdict_say_how(outcome, "closed port");
		return verdict_decide(outcome, OUTCOME_UNREACHABLE, "closed",
				      "nothing listens on %s", verdict_where(scene, text));
	}
	if (known->listening > 0 && !verdict_heard_all(scene))
		return rejected(scene, outcome);
	if (known->listening > 0)
		return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
				      "port-unreachable came from the target, although something "
				      "listens on %s, and no rule was heard to send it",
				      verdict_where(scene, text));
	return verdict_decide(
		outcome, OUTCOME_INCONCLUSIVE, "icmp",
		"port-unreachable came from the target, and whether anything listens on %s "
		"is not known",
		verdict_where(scene, text));
}

/* The kernel's own word that the host has nowhere to send the packet, or nobody to hand it to. */
static bool has_no_way(const struct scene *scene, const char *host)
{
	const struct loss *loss = scene->known->loss;
	return scene->known->routed == 0 ||
	       (loss && !loss->reply && loss->reason->kind != SIM_DROP_NETFILTER &&
		!strcmp(scene->known->loss_host, host));
}

static bool route_unreachable(const struct scene *scene, struct outcome *outcome)
{
	const struct circumstances *known = scene->known;
	/* Of a stranger's routes nothing is known, whatever the probe's own host has. */
	bool stranger = !*known->offender_host;
	const char *host = stranger ? "somebody outside the lab" : known->offender_host;
	if (verdict_rejecting(scene) || verdict_has_firewall_dropped(scene, host) ||
	    (!stranger && known->routed > 0 && !has_no_way(scene, host) &&
	     !verdict_heard_all(scene)))
		return rejected(scene, outcome);
	if (verdict_heard_all(scene) || (!stranger && has_no_way(scene, host)))
		return verdict_decide(outcome, OUTCOME_UNREACHABLE, "route",
				      "%s has no route or no neighbour to send it to: ICMP %s",
				      host, outcome->how);
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
			      "%s answered with ICMP %s, and whether it has a route is not known",
			      host, outcome->how);
}

static bool time_exceeded(const struct scene *scene, struct outcome *outcome)
{
	char text[WHERE_TEXT];
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "icmp",
			      "the packet's time to live ran out on the way to %s: a routing loop, "
			      "unless a rule has set it",
			      verdict_where(scene, text));
}

static bool not_whole_in_time(const struct scene *scene, struct outcome *outcome)
{
	char text[WHERE_TEXT];
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "icmp",
			      "not all fragments of the packet came in time on the way to %s",
			      verdict_where(scene, text));
}

static bool too_big(const struct scene *scene, struct outcome *outcome)
{
	(void)scene;
	return verdict_decide(outcome, OUTCOME_UNREACHABLE, "icmp",
			      "the packet was too big for a link on the way");
}

static bool unusual_icmp(const struct scene *scene, struct outcome *outcome)
{
	(void)scene;
	return verdict_decide(outcome, OUTCOME_INCONCLUSIVE, "icmp",
			      "ICMP %s is neither a firewall's usual word nor a router's",
			      outcome->how);
}

#define ANY_CODE (-1)

/* What each ICMP error means.  prohibited: only a firewall says so. */
static const struct icmp_rule {
	int family;
	int type;
	int code;
	bool (*rule)(const struct scene *scene, struct outcome *outcome);
	const char *name; /* RFC 792's or 4443's; NULL: a way of rejecting has it */
} icmp_rules[] = {
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, route_unreachable, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, route_unreachable, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, rejected, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, port_unreachable, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, too_big, "fragmentation needed"},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO, rejected, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_ANO, rejected, NULL},
	{AF_INET, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, rejected, NULL},
	{AF_INET, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, time_exceeded, "time exceeded"},
	{AF_INET, ICMP_TIME_EXCEEDED, ICMP_EXC_FRAGTIME, not_whole_in_time,
	 "reassembly time exceeded"},
	{AF_INET, ICMP_PARAMETERPROB, ANY_CODE, unusual_icmp, "parameter problem"},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, route_unreachable, NULL},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, rejected, NULL},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, route_unreachable, NULL},
	{AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, port_unreachable, NULL},
	{AF_INET6, ICMP6_DST_UNREACH, 5 /* policy-fail */, rejected, NULL},
	{AF_INET6, ICMP6_DST_UNREACH, 6 /* reject-route */, route_unreachable, NULL},
	{AF_INET6, ICMP6_PACKET_TOO_BIG, ANY_CODE, too_big, "packet too big"},
	{AF_INET6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_TRANSIT, time_exceeded, "time exceeded"},
	{AF_INET6, ICMP6_TIME_EXCEEDED, ICMP6_TIME_EXCEED_REASSEMBLY, not_whole_in_time,
	 "reassembly time exceeded"},
	{AF_INET6, ICMP6_PARAM_PROB, ANY_CODE, unusual_icmp, "parameter problem"},
};

static const struct icmp_rule *rule_of(const struct icmp_sighting *icmp)
{
	for (size_t i = 0; i < COUNT(icmp_rules); i++)
		if (icmp_rules[i].family == icmp->family && icmp_rules[i].type == icmp->type &&
		    (icmp_rules[i].code == ANY_CODE || icmp_rules[i].code == icmp->code))
			return &icmp_rules[i];
	return NULL;
}

/* The message by name, and who sent it. */
static void note_icmp(const struct scene *scene, const char *known_as, struct outcome *outcome)
{
	const struct icmp_sighting *icmp = &scene->seen->icmp;
	const struct reject_way *way = reject_way_of(icmp->family, icmp->type, icmp->code);
	const char *name = way ? way->name : known_as;
	char number[32];
	char from[INET6_ADDRSTRLEN];

	snprintf(number, sizeof(number), "%s type %u code %u",
		 icmp->family == AF_INET6 ? "ICMPv6" : "ICMP", icmp->type, icmp->code);
	verdict_say_how(outcome, "%s", name ? name : strchr(number, 't'));
	snprintf(outcome->evidence.icmp, sizeof(outcome->evidence.icmp), "%s%s%s%s from %s",
		 name ? name : "", name ? " (" : "", number, name ? ")" : "",
		 verdict_address_text(&icmp->offender, from));
	verdict_blame(outcome, scene->known->offender_host);
	if (at_own_output(scene))
		verdict_blame_hook(outcome, "output");
}

bool verdict_icmp_error(const struct scene *scene, struct outcome *outcome)
{
	const struct icmp_sighting *icmp = &scene->seen->icmp;
	if (!icmp->seen)
		return false;
	const struct icmp_rule *rule = rule_of(icmp);
	note_icmp(scene, rule ? rule->name : NULL, outcome);
	return rule ? rule->rule(scene, outcome) : unusual_icmp(scene, outcome);
}
