/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/outcome.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <string.h>

#include "netsim/rule_words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* linux/icmpv6.h has these, but not beside netinet/icmp6.h. */
#define ICMP6_UNREACH_POLICY_FAIL  5
#define ICMP6_UNREACH_REJECT_ROUTE 6

static const char *const kind_names[] = {
	[OUTCOME_INCONCLUSIVE] = "inconclusive",
	[OUTCOME_ALLOWED] = "allowed",
	[OUTCOME_REJECTED] = "rejected",
	[OUTCOME_DROPPED] = "dropped",
	[OUTCOME_UNREACHABLE] = "unreachable",
	[OUTCOME_CONFINED] = "confined",
	[OUTCOME_EXITED] = "exited",
};

/* How the host that has to do with an outcome is put. */
static const struct {
	const char *preposition;
	bool arrival; /* the host that was reached, not the one that decided */
} wheres[] = {
	[OUTCOME_INCONCLUSIVE] = {"on", false}, [OUTCOME_ALLOWED] = {"at", true},
	[OUTCOME_REJECTED] = {"by", false},	[OUTCOME_DROPPED] = {"on", false},
	[OUTCOME_UNREACHABLE] = {"on", false},	[OUTCOME_CONFINED] = {"on", false},
	[OUTCOME_EXITED] = {"on", false},
};

/* nft's names. */
static const struct reject_way ways[] = {
	{"net-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_NET_UNREACH},
	{"host-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH},
	{"prot-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH},
	{"port-unreachable", AF_INET, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH},
	{"net-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_NET_ANO},
	{"host-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_HOST_ANO},
	{"admin-prohibited", AF_INET, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED},
	{"no-route", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE},
	{"admin-prohibited", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN},
	{"addr-unreachable", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR},
	{"port-unreachable", AF_INET6, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT},
	{"policy-fail", AF_INET6, ICMP6_DST_UNREACH, ICMP6_UNREACH_POLICY_FAIL},
	{"reject-route", AF_INET6, ICMP6_DST_UNREACH, ICMP6_UNREACH_REJECT_ROUTE},
};

/* Each name once, as suggestions show them. */
static const char *const names[] = {
	"admin-prohibited", "port-unreachable", "tcp-reset",	  "host-unreachable",
	"net-unreachable",  "prot-unreachable", "net-prohibited", "host-prohibited",
	"no-route",	    "addr-unreachable", "policy-fail",	  "reject-route",
};

/* Other spellings: iptables' and ip6tables', after the family's prefix. */
static const struct {
	const char *written;
	const char *name;
} aliases[] = {
	{"adm-prohibited", "admin-prohibited"},
	{"admin-prohib", "admin-prohibited"},
	{"proto-unreachable", "prot-unreachable"},
	{"proto-unreach", "prot-unreachable"},
	{"net-unreach", "net-unreachable"},
	{"host-unreach", "host-unreachable"},
	{"port-unreach", "port-unreachable"},
	{"addr-unreach", "addr-unreachable"},
	{"net-prohib", "net-prohibited"},
	{"host-prohib", "host-prohibited"},
	{"tcp-rst", "tcp-reset"},
};

static const char *const prefixes[] = {"icmp-", "icmpx-", "icmp6-", "icmpv6-"};

/* One meaning of nft's icmpx, and what each family calls it. */
static const char *const counterparts[][2] = {
	{"host-unreachable", "addr-unreachable"},
	{"net-unreachable", "no-route"},
};

const char *outcome_kind_name(enum outcome_kind kind)
{
	return kind_names[kind];
}

void outcome_describe(const struct outcome *outcome, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", outcome_kind_name(outcome->kind), *outcome->how ? " " : "",
		 outcome->how);
}

const char *outcome_host(const struct outcome *outcome, const char **preposition)
{
	const char *host = wheres[outcome->kind].arrival ? outcome->evidence.arrived_at
							 : outcome->evidence.host;
	*preposition = *host ? wheres[outcome->kind].preposition : "";
	return host;
}

const struct reject_way *reject_way_of(int family, uint8_t type, uint8_t code)
{
	for (size_t i = 0; i < COUNT(ways); i++)
		if (ways[i].family == family && ways[i].type == type && ways[i].code == code)
			return &ways[i];
	return NULL;
}

static const char *without_prefix(const char *text)
{
	for (size_t i = 0; i < COUNT(prefixes); i++)
		if (!strncmp(text, prefixes[i], strlen(prefixes[i])))
			return text + strlen(prefixes[i]);
	return text;
}

const char *reject_way_name(const char *written)
{
	char text[32]; /* longer than any spelling of a name */
	size_t length = strlen(written);
	if (length >= sizeof(text))
		return NULL;
	for (size_t i = 0; i <= length; i++)
		text[i] = written[i] == ' ' ? '-' : written[i]; /* nft's "tcp reset" */

	const char *bare = without_prefix(text);
	for (size_t i = 0; i < COUNT(names); i++)
		if (!strcmp(bare, names[i]))
			return names[i];
	for (size_t i = 0; i < COUNT(aliases); i++)
		if (!strcmp(bare, aliases[i].written))
			return aliases[i].name;
	return NULL;
}

bool reject_way_meets(const char *wanted, const char *seen)
{
	if (!strcmp(wanted, seen))
		return true;
	for (size_t i = 0; i < COUNT(counterparts); i++)
		for (size_t side = 0; side < 2; side++)
			if (!strcmp(wanted, counterparts[i][side]) &&
			    !strcmp(seen, counterparts[i][1 - side]))
				return true;
	return false;
}

const char *reject_way_in(const char *rule)
{
	struct sim_words words = sim_words_of(rule, false);
	bool rejects = false;
	while (sim_words_next(&words)) {
		bool verb = sim_words_at(&words, "reject") || sim_words_at(&words, "REJECT");
		const char *name = rejects && !words.quoted ? reject_way_name(words.word) : NULL;
		if (name)
			return name;
		if (rejects && sim_words_at(&words, "reset"))
			return "tcp-reset";
		rejects |= verb;
	}
	/* nft leaves out what goes without saying. */
	return rejects ? "port-unreachable" : NULL;
}

bool reject_may_reset(const char *rule)
{
	const char *way = reject_way_in(rule);
	return !way || !strcmp(way, "tcp-reset");
}

const char *reject_way_nth(size_t i)
{
	return i < COUNT(names) ? names[i] : NULL;
}
