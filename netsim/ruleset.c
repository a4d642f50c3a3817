/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/ruleset.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"
#include "netsim/process.h"

/* A chain, or a rule of it (`rule` is not 0). */
struct entry {
	bool legacy;
	int family;
	char table[SIM_TRACE_NAME];
	char chain[SIM_TRACE_NAME];
	uint64_t rule;
	const char *hook; /* base chains */
	char *text;	  /* a rule's; a base chain's policy, as "policy drop" */
};

struct sim_ruleset {
	struct entry *entries;
	size_t count;
	size_t room;
};

/* Where a listing's reader stands. */
struct reader {
	struct sim_ruleset *ruleset;
	bool legacy;
	int family;
	char table[SIM_TRACE_NAME];
	char chain[SIM_TRACE_NAME];
};

static const char *const hooks[] = {"prerouting",  "input",   "forward", "output",
				    "postrouting", "ingress", "egress"};

static const char *find_hook(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(hooks) / sizeof(*hooks); i++)
		if (strlen(hooks[i]) == length && !strncasecmp(hooks[i], name, length))
			return hooks[i];
	return NULL;
}

/* A new entry for where the reader stands; NULL without memory. */
static struct entry *add(const struct reader *reader, uint64_t rule, const char *text,
			 size_t length)
{
	struct sim_ruleset *ruleset = reader->ruleset;
	if (ruleset->count == ruleset->room) {
		size_t room = ruleset->room ? 2 * ruleset->room : 64;
		struct entry *more = reallocarray(ruleset->entries, room, sizeof(*more));
		if (!more)
			return NULL;
		ruleset->entries = more;
		ruleset->room = room;
	}
	char *copy = strndup(text, length);
	if (!copy)
		return NULL;
	struct entry *entry = &ruleset->entries[ruleset->count++];
	*entry = (struct entry){
		.legacy = reader->legacy, .family = reader->family, .rule = rule, .text = copy};
	memcpy(entry->table, reader->table, sizeof(entry->table));
	memcpy(entry->chain, reader->chain, sizeof(entry->chain));
	return entry;
}

static int family_named(const char *name)
{
	return !strcmp(name, "ip") ? AF_INET : !strcmp(name, "ip6") ? AF_INET6 : AF_UNSPEC;
}

/* "type filter hook output priority filter; policy drop;" */
static int read_nft_base(const struct reader *reader, const char *line)
{
	const char *hook = strstr(line, " hook ");
	const char *policy = strstr(line, "policy ");
	if (!hook)
		return 0;
	hook += strlen(" hook ");
	size_t policy_length = policy ? strcspn(policy, ";") : 0;
	struct entry *entry = add(reader, 0, policy ? policy : "", policy_length);
	if (!entry)
		return -1;
	entry->hook = find_hook(hook, strcspn(hook, " "));
	return 0;
}

/* One line of `nft -a list ruleset`, without the blanks before it. */
static int read_nft_line(struct reader *reader, const char *line)
{
	static const char mark[] = " # handle ";
	char family[16];
	const char *handle = NULL;
	for (const char *found = line; (found = strstr(found, mark)); found++)
		handle = found;
	if (sscanf(line, "table %15s %63s {", family, reader->table) == 2) {
		reader->family = family_named(family);
		return 0;
	}
	if (sscanf(line, "chain %63s {", reader->chain) == 1)
		return 0;
	if (!strncmp(line, "type ", strlen("type ")) && strstr(line, " hook "))
		return read_nft_base(reader, line);
	if (!handle || !reader->chain[0])
		return 0;
	uint64_t rule = strtoull(handle + strlen(mark), NULL, 10);
	return add(reader, rule, line, (size_t)(handle - line)) ? 0 : -1;
}

/* How many rules of this chain there are so far. */
static uint64_t count_rules(const struct reader *reader, const char *chain)
{
	uint64_t count = 0;
	for (size_t i = reader->ruleset->count; i-- > 0;) {
		const struct entry *entry = &reader->ruleset->entries[i];
		if (entry->legacy && entry->rule && entry->family == reader->family &&
		    !strcmp(entry->table, reader->table) && !strcmp(entry->chain, chain)) {
			count = entry->rule;
			break;
		}
	}
	return count;
}

/* One line of iptables-save: "*filter", ":OUTPUT DROP [0:0]", "-A OUTPUT ...". */
static int read_legacy_line(struct reader *reader, const char *line)
{
	char policy[32];
	if (sscanf(line, "*%63s", reader->table) == 1)
		return 0;
	if (sscanf(line, ":%63s %31s", reader->chain, policy) == 2) {
		char text[64];
		int length = snprintf(text, sizeof(text), "policy %s", policy);
		struct entry *entry = add(reader, 0, text, (size_t)length);
		if (!entry)
			return -1;
		entry->hook = find_hook(reader->chain, strlen(reader->chain));
		return 0;
	}
	if (sscanf(line, "-A %63s", reader->chain) != 1)
		return 0;
	return add(reader, count_rules(reader, reader->chain) + 1, line, strlen(line)) ? 0 : -1;
}

static int read_listing(struct reader *reader, char *listing)
{
	char *rest = listing;
	for (char *line; (line = strsep(&rest, "\n"));) {
		while (isspace((unsigned char)*line))
			line++;
		int status = reader->legacy ? read_legacy_line(reader, line)
					    : read_nft_line(reader, line);
		if (status < 0)
			return -1;
	}
	return 0;
}

static int list(struct sim_host *host, char *const *argv, struct reader *reader,
		struct sim_error *err)
{
	const struct sim_program program = {.argv = argv};
	struct sim_process_result result = {0};
	if (sim_program_run(host, NULL, &program, &result, err) < 0)
		return -1;
	int status = 0;
	if (result.status || result.timed_out)
		status = sim_fail(err, 0, "%s failed: %s", argv[0], result.err);
	else if (read_listing(reader, result.out) < 0)
		status = sim_fail(err, ENOMEM, "the ruleset of host %s", sim_host_name(host));
	sim_process_result_clear(&result);
	return status;
}

/* A listing by the tool would make the tables that it lists: ask the kernel first. */
static int list_legacy(struct sim_host *host, int family, struct sim_ruleset *ruleset,
		       struct sim_error *err)
{
	char question[] = "! grep -q . /proc/net/ip_tables_names || exec iptables-legacy-save";
	char question6[] = "! grep -q . /proc/net/ip6_tables_names || exec ip6tables-legacy-save";
	char sh[] = "sh";
	char option[] = "-c";
	char *argv[] = {sh, option, family == AF_INET ? question : question6, NULL};
	struct reader reader = {.ruleset = ruleset, .legacy = true, .family = family};
	return list(host, argv, &reader, err);
}

int sim_ruleset_read(struct sim_host *host, struct sim_ruleset **out, struct sim_error *err)
{
	char nft[] = "nft";
	char handles[] = "-a";
	char verb[] = "list";
	char object[] = "ruleset";
	char *argv[] = {nft, handles, verb, object, NULL};
	struct sim_ruleset *ruleset = calloc(1, sizeof(*ruleset));
	struct reader reader = {.ruleset = ruleset};
	if (!ruleset)
		return sim_fail(err, ENOMEM, "the ruleset of host %s", sim_host_name(host));
	if (list(host, argv, &reader, err) < 0 || list_legacy(host, AF_INET, ruleset, err) < 0 ||
	    list_legacy(host, AF_INET6, ruleset, err) < 0) {
		sim_ruleset_free(ruleset);
		return -1;
	}
	*out = ruleset;
	return 0;
}

void sim_ruleset_free(struct sim_ruleset *ruleset)
{
	for (size_t i = 0; ruleset && i < ruleset->count; i++)
		free(ruleset->entries[i].text);
	if (ruleset)
		free(ruleset->entries);
	free(ruleset);
}

/* The entry of a chain's rule, or of the chain itself (`rule` 0). */
static const struct entry *find(const struct sim_ruleset *ruleset,
				const struct sim_trace_event *event, uint64_t rule)
{
	for (size_t i = 0; i < ruleset->count; i++) {
		const struct entry *entry = &ruleset->entries[i];
		if (entry->legacy == event->legacy && entry->rule == rule &&
		    entry->family == event->family && !strcmp(entry->table, event->table) &&
		    !strcmp(entry->chain, event->chain))
			return entry;
	}
	return NULL;
}

static const struct entry *find_event(const struct sim_ruleset *ruleset,
				      const struct sim_trace_event *event)
{
	switch (event->kind) {
	case SIM_TRACE_RULE:
		return find(ruleset, event, event->rule);
	case SIM_TRACE_POLICY:
		return find(ruleset, event, 0);
	case SIM_TRACE_RETURN:
	case SIM_TRACE_LOG:
		break;
	}
	return NULL;
}

const char *sim_ruleset_hook(const struct sim_ruleset *ruleset, const struct sim_trace_event *event)
{
	const struct entry *chain = find(ruleset, event, 0);
	return chain && chain->hook ? chain->hook : "";
}

const char *sim_ruleset_text(const struct sim_ruleset *ruleset, const struct sim_trace_event *event)
{
	const struct entry *entry = find_event(ruleset, event);
	return entry ? entry->text : NULL;
}

/* Whether `word` stands in a rule, outside of quoted comments and prefixes. */
static bool has_word(const char *text, const char *word)
{
	size_t length = strlen(word);
	bool quoted = false;
	for (const char *c = text; *c; c++) {
		quoted ^= *c == '"';
		bool starts = c == text || isspace((unsigned char)c[-1]);
		if (!quoted && starts && !strncmp(c, word, length) &&
		    (!c[length] || isspace((unsigned char)c[length])))
			return true;
	}
	return false;
}

static enum sim_fate legacy_fate(const struct entry *entry)
{
	if (has_word(entry->text, "-j REJECT"))
		return SIM_FATE_REJECTED;
	return has_word(entry->text, "-j DROP") || !strcmp(entry->text, "policy DROP")
		       ? SIM_FATE_DROPPED
		       : SIM_FATE_NONE;
}

enum sim_fate sim_ruleset_fate(const struct sim_ruleset *ruleset,
			       const struct sim_trace_event *event)
{
	const struct entry *entry = find_event(ruleset, event);
	if (event->legacy)
		return entry ? legacy_fate(entry) : SIM_FATE_NONE;
	if (event->verdict != SIM_VERDICT_DROP)
		return SIM_FATE_NONE;
	return entry && event->kind == SIM_TRACE_RULE && has_word(entry->text, "reject")
		       ? SIM_FATE_REJECTED
		       : SIM_FATE_DROPPED;
}
