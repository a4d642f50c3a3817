/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/near_miss.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/rule_conditions.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_UNKNOWN };

static enum truth truth_of(bool yes)
{
	return yes ? TRUTH_YES : TRUTH_NO;
}

/* "80" or "1024-65535"; iptables and nft write 0x, too. */
static enum truth is_number_in(uint64_t number, const char *range)
{
	char *end;
	if (*range < '0' || *range > '9')
		return TRUTH_UNKNOWN;
	uint64_t first = strtoull(range, &end, 0);
	uint64_t last = first;
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		last = strtoull(end + 1, &end, 0);
	return *end ? TRUTH_UNKNOWN : truth_of(number >= first && number <= last);
}

static enum truth is_uid(const struct near_miss_packet *known, const char *value)
{
	return known->has_owner ? is_number_in(known->uid, value) : TRUTH_UNKNOWN;
}

static enum truth is_gid(const struct near_miss_packet *known, const char *value)
{
	return known->has_owner ? is_number_in(known->gid, value) : TRUTH_UNKNOWN;
}

static enum truth is_classid(const struct near_miss_packet *known, const char *value)
{
	return known->has_owner ? is_number_in(known->classid, value) : TRUTH_UNKNOWN;
}

static const char *family_of(const struct near_miss_packet *known)
{
	return known->packet->family == AF_INET6 ? "ip6" : "ip";
}

static enum truth is_family(const struct near_miss_packet *known, const char *value)
{
	return truth_of(!strcmp(family_of(known), value));
}

static const struct {
	const char *name;
	uint8_t number;
} protocols[] = {
	{"tcp", IPPROTO_TCP},	       {"udp", IPPROTO_UDP},	   {"icmp", IPPROTO_ICMP},
	{"ipv6-icmp", IPPROTO_ICMPV6}, {"icmpv6", IPPROTO_ICMPV6},
};

static enum truth is_protocol(const struct near_miss_packet *known, const char *value)
{
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (!strcmp(protocols[i].name, value))
			return truth_of(protocols[i].number == known->packet->protocol);
	return is_number_in(known->packet->protocol, value);
}

static bool has_ports(const struct near_miss_packet *known)
{
	return known->packet->protocol == IPPROTO_TCP || known->packet->protocol == IPPROTO_UDP;
}

static enum truth is_sport(const struct near_miss_packet *known, const char *value)
{
	return has_ports(known) ? is_number_in(known->packet->sport, value) : TRUTH_NO;
}

static enum truth is_dport(const struct near_miss_packet *known, const char *value)
{
	return has_ports(known) ? is_number_in(known->packet->dport, value) : TRUTH_NO;
}

static size_t address_length(const struct sim_prefix *address)
{
	return address->family == AF_INET6 ? 16 : 4;
}

/* "10.0.0.1-10.0.0.9"; `dash` is where the second one starts. */
static enum truth is_between(const struct sim_prefix *address, const char *range, const char *dash)
{
	struct sim_prefix first;
	struct sim_prefix last;
	char text[SIM_PREFIX_TEXT];
	snprintf(text, sizeof(text), "%.*s", (int)(dash - range), range);
	if (!sim_prefix_parse(text, false, &first) || !sim_prefix_parse(dash + 1, false, &last))
		return TRUTH_UNKNOWN;
	if (first.family != address->family || last.family != address->family)
		return TRUTH_NO;
	/* Network byte order is the order of numbers. */
	size_t length = address_length(address);
	return truth_of(memcmp(first.bytes, address->bytes, length) <= 0 &&
			memcmp(address->bytes, last.bytes, length) <= 0);
}

static enum truth is_address(const struct sim_prefix *address, const char *value)
{
	struct sim_prefix wanted;
	const char *dash = strchr(value, '-');
	if (dash)
		return is_between(address, value, dash);
	if (!sim_prefix_parse(value, false, &wanted))
		return TRUTH_UNKNOWN;
	return truth_of(wanted.family == address->family && sim_prefix_contains(&wanted, address));
}

static enum truth is_saddr(const struct near_miss_packet *known, const char *value)
{
	return is_address(&known->packet->from, value);
}

static enum truth is_daddr(const struct near_miss_packet *known, const char *value)
{
	return is_address(&known->packet->to, value);
}

static enum truth is_interface(const char *name, const char *value)
{
	size_t length = strlen(value);
	if (!name)
		return TRUTH_UNKNOWN;
	if (length && value[length - 1] == '*')
		return truth_of(*name && !strncmp(name, value, length - 1));
	return truth_of(!strcmp(name, value));
}

static enum truth is_in(const struct near_miss_packet *known, const char *value)
{
	return is_interface(known->in, value);
}

static enum truth is_out(const struct near_miss_packet *known, const char *value)
{
	return is_interface(known->out, value);
}

static const struct {
	const char *name;
	uint32_t state;
} states[] = {
	{"invalid", SIM_CT_INVALID},	 {"established", SIM_CT_ESTABLISHED},
	{"related", SIM_CT_RELATED},	 {"new", SIM_CT_NEW},
	{"untracked", SIM_CT_UNTRACKED},
};

/* 0 for a name that is none of these. */
static uint32_t state_named(const char *name)
{
	for (size_t i = 0; i < COUNT(states); i++)
		if (!strcmp(states[i].name, name))
			return states[i].state;
	return 0;
}

/* The states of a condition's values; 0 where one is not understood. */
static uint32_t states_named(const struct condition *condition)
{
	char values[sizeof(condition->values)];
	char *rest = values;
	uint32_t wanted = 0;
	memcpy(values, condition->values, sizeof(values));
	for (char *value; (value = strsep(&rest, ","));) {
		uint32_t state = state_named(value);
		if (!state)
			return 0;
		wanted |= state;
	}
	return wanted;
}

static enum truth is_state(const struct near_miss_packet *known, const struct condition *condition)
{
	uint32_t wanted = states_named(condition);
	if (!wanted || !known->states)
		return TRUTH_UNKNOWN;
	if (!(wanted & known->states))
		return TRUTH_NO;
	uint32_t others = known->states & ~wanted;
	return others ? TRUTH_UNKNOWN : TRUTH_YES;
}

static void show_uid(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->uid);
}

static void show_gid(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->gid);
}

static void show_classid(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->classid);
}

static void show_family(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%s", family_of(known));
}

static void show_protocol(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->packet->protocol);
	for (size_t i = 0; i < COUNT(protocols); i++)
		if (protocols[i].number == known->packet->protocol)
			snprintf(text, size, "%s", protocols[i].name);
}

static void show_sport(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->packet->sport);
}

static void show_dport(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%u", known->packet->dport);
}

static void show_address(const struct sim_prefix *address, char *text, size_t size)
{
	char shown[SIM_PREFIX_TEXT];
	snprintf(text, size, "%s", sim_address_text(address, shown));
}

static void show_saddr(const struct near_miss_packet *known, char *text, size_t size)
{
	show_address(&known->packet->from, text, size);
}

static void show_daddr(const struct near_miss_packet *known, char *text, size_t size)
{
	show_address(&known->packet->to, text, size);
}

static void show_in(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%s", *known->in ? known->in : "none");
}

static void show_out(const struct near_miss_packet *known, char *text, size_t size)
{
	snprintf(text, size, "%s", *known->out ? known->out : "none");
}

/* Each field: what to call it, whether the packet has this value, and which one it has. */
static const struct {
	const char *name;
	enum truth (*is)(const struct near_miss_packet *known, const char *value);
	void (*show)(const struct near_miss_packet *known, char *text, size_t size);
} fields[CONDITION_FIELDS] = {
	[CONDITION_UID] = {"uid", is_uid, show_uid},
	[CONDITION_GID] = {"gid", is_gid, show_gid},
	[CONDITION_CGROUP] = {"net_cls class", is_classid, show_classid},
	[CONDITION_FAMILY] = {"family", is_family, show_family},
	[CONDITION_PROTOCOL] = {"protocol", is_protocol, show_protocol},
	[CONDITION_SPORT] = {"source port", is_sport, show_sport},
	[CONDITION_DPORT] = {"destination port", is_dport, show_dport},
	[CONDITION_SADDR] = {"source address", is_saddr, show_saddr},
	[CONDITION_DADDR] = {"destination address", is_daddr, show_daddr},
	[CONDITION_IN] = {"input interface", is_in, show_in},
	[CONDITION_OUT] = {"output interface", is_out, show_out},
	[CONDITION_STATE] = {"connection state", NULL, NULL},
	[CONDITION_OTHER] = {"", NULL, NULL},
};

/* Whether the packet has one of the values. */
static enum truth has_one(const struct near_miss_packet *known, const struct condition *condition)
{
	char values[sizeof(condition->values)];
	char *rest = values;
	enum truth truth = TRUTH_NO;
	if (condition->set || condition->field == CONDITION_OTHER)
		return TRUTH_UNKNOWN;
	if (condition->field == CONDITION_STATE)
		return is_state(known, condition);
	memcpy(values, condition->values, sizeof(values));
	for (char *value; (value = strsep(&rest, ","));) {
		enum truth one = fields[condition->field].is(known, value);
		if (one == TRUTH_UNKNOWN)
			return TRUTH_UNKNOWN;
		truth = one == TRUTH_YES ? TRUTH_YES : truth;
	}
	return truth;
}

static bool is_interface_field(enum condition_field field)
{
	return field == CONDITION_IN || field == CONDITION_OUT;
}

static enum truth holds(const struct near_miss_packet *known, const struct condition *condition)
{
	enum truth truth = has_one(known, condition);
	if (!condition->negated || truth == TRUTH_UNKNOWN)
		return truth;
	/* Whether there being none is another one, tools and kernels are not of one mind. */
	const char *name = condition->field == CONDITION_IN ? known->in : known->out;
	if (is_interface_field(condition->field) && !*name)
		return TRUTH_UNKNOWN;
	return truth_of(truth == TRUTH_NO);
}

static bool is_same(const struct condition *a, const struct condition *b)
{
	return a->field == b->field && a->negated == b->negated && !strcmp(a->values, b->values);
}

/* What alone says nothing of who talks to whom. */
static bool is_coarse(enum condition_field field)
{
	return is_interface_field(field) || field == CONDITION_PROTOCOL ||
	       field == CONDITION_FAMILY;
}

/* What nobody can look up here: what is in a set, which mark a connection has. */
static bool is_dark(const struct condition *condition)
{
	return condition->set || condition->field == CONDITION_OTHER;
}

/* How a rule's conditions are met. */
struct tally {
	const struct condition *failed; /* the one that does not hold, */
	unsigned n_failed;
	unsigned n_dark;
	bool state;   /* that of the connection may be another one */
	bool unknown; /* something else is */
};

static struct tally count(const struct conditions *conditions, const struct near_miss_packet *known)
{
	struct tally tally = {.failed = NULL};
	for (size_t i = 0; i < conditions->count; i++) {
		const struct condition *condition = &conditions->list[i];
		enum truth truth = holds(known, condition);
		if (truth == TRUTH_NO && !(tally.failed && is_same(tally.failed, condition))) {
			tally.failed = condition;
			tally.n_failed++;
		}
		if (truth != TRUTH_UNKNOWN)
			continue;
		if (is_dark(condition))
			tally.n_dark++;
		else if (condition->field == CONDITION_STATE)
			tally.state = true;
		else
			tally.unknown = true;
	}
	return tally;
}

/* "source port 1-1023", "source address not in @ok", "ct mark 0x00000007" */
static int describe(const struct condition *condition, char *text, size_t size)
{
	const char *how = condition->set && condition->negated ? "not in "
			  : condition->set		       ? "in "
			  : condition->negated		       ? "other than "
							       : "";
	const char *name = fields[condition->field].name;
	return snprintf(text, size, "%s%s%s%s", name, *name ? " " : "", how, condition->values);
}

static bool tell_failed(const struct condition *failed, const struct near_miss_packet *packet,
			char but[NEAR_MISS_TEXT])
{
	char own[SIM_PREFIX_TEXT];
	char wanted[NEAR_MISS_TEXT];
	fields[failed->field].show(packet, own, sizeof(own));
	int length = describe(failed, wanted, sizeof(wanted));
	if (length < NEAR_MISS_TEXT &&
	    snprintf(but, NEAR_MISS_TEXT, "%s (the packet's is %s)", wanted, own) < NEAR_MISS_TEXT)
		return true;
	/* Of a long list of values what the packet has would be cut off. */
	return snprintf(but, NEAR_MISS_TEXT, "%s (the packet's is %s)", fields[failed->field].name,
			own) < NEAR_MISS_TEXT;
}

/*
 * All that can be judged holds, and the rule did not match: it was one of these.  Where it is one
 * alone, that one.
 */
static bool tell_dark(const struct conditions *conditions, const struct near_miss_packet *packet,
		      const struct tally *tally, char but[NEAR_MISS_TEXT])
{
	size_t used = 0;
	unsigned told = 0;
	for (size_t i = 0; i < conditions->count && used < NEAR_MISS_TEXT; i++) {
		const struct condition *condition = &conditions->list[i];
		bool state = condition->field == CONDITION_STATE &&
			     holds(packet, condition) == TRUTH_UNKNOWN;
		if (!is_dark(condition) && !state)
			continue;
		if (told++)
			used += (size_t)snprintf(but + used, NEAR_MISS_TEXT - used, ", or ");
		if (used < NEAR_MISS_TEXT)
			used += (size_t)describe(condition, but + used, NEAR_MISS_TEXT - used);
	}
	bool one = tally->n_dark == 1 && !tally->state;
	return used < NEAR_MISS_TEXT &&
	       (one || snprintf(but + used, NEAR_MISS_TEXT - used, " (which, is not known)") <
			       (int)(NEAR_MISS_TEXT - used));
}

static bool is_port(enum condition_field field)
{
	return field == CONDITION_SPORT || field == CONDITION_DPORT;
}

enum near_miss near_miss(const char *rule, bool legacy, const struct near_miss_packet *packet,
			 char but[NEAR_MISS_TEXT])
{
	struct conditions conditions;
	if (!packet->packet->family || !conditions_read(rule, legacy, &conditions) ||
	    !conditions.accepts)
		return NEAR_MISS_NONE;
	const struct tally tally = count(&conditions, packet);
	if (tally.unknown || (conditions.count == 1 && is_coarse(conditions.list[0].field)))
		return NEAR_MISS_NONE;
	if (tally.n_dark && !tally.n_failed)
		return tell_dark(&conditions, packet, &tally, but) ? NEAR_MISS_DARK
								   : NEAR_MISS_NONE;
	if (tally.n_dark || tally.state || tally.n_failed != 1 ||
	    tally.failed->field == CONDITION_STATE || !tell_failed(tally.failed, packet, but))
		return NEAR_MISS_NONE;
	return is_port(tally.failed->field) ? NEAR_MISS_PORT : NEAR_MISS_FAILED;
}

uint32_t near_miss_states(const char *rule, bool legacy, uint32_t possible)
{
	struct conditions conditions;
	const struct condition *only = &conditions.list[0];
	if (!conditions_read(rule, legacy, &conditions) || conditions.count != 1 ||
	    only->field != CONDITION_STATE)
		return possible;
	uint32_t wanted = states_named(only);
	if (!wanted)
		return possible;
	return only->negated ? possible & wanted : possible & ~wanted;
}
