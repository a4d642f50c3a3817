/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "lab/apt.h"
#include "lab/scenario_reader.h"

#define TIMEOUT_MIN_MS 10
#define TIMEOUT_MAX_MS 60000

/* What a probe may be for; the keys in a scenario, by probe_kind. */
static const struct {
	const char *name;
	void (*read)(struct reader *r, const struct yaml *value, struct probe *probe);
} kinds[] = {
	[PROBE_CONNECT] = {"connect", read_connect},
	[PROBE_PING] = {"ping", read_ping},
	[PROBE_RESOLVE] = {"resolve", read_resolve},
	[PROBE_FETCH] = {"fetch", read_fetch},
	[PROBE_APT] = {"apt", read_apt},
	[PROBE_RUN] = {"run", read_run},
};

#define N_KINDS	   (sizeof(kinds) / sizeof(kinds[0]))
#define KINDS_TEXT "connect, ping, resolve, fetch, apt and run"

const char *probe_kind_name(enum probe_kind kind)
{
	return kinds[kind].name;
}

const char *family_name(enum family family)
{
	static const char *const names[] = {"", "ipv4", "ipv6"};
	return names[family];
}

static void read_name(struct reader *r, const struct yaml *node, void *into)
{
	const char **name = &((struct probe *)into)->name;
	if (!read_title(r, node, "a probe's name", name))
		return;
	((struct probe *)into)->named = true;
	const struct named *first = names_add(&r->probes, r->arena, *name, 0, node->place);
	if (first)
		complain(r, node->place,
			 "another probe is called %s, on line %u: give each its own name",
			 quoted(r, *name), first->place.line);
}

static void read_from(struct reader *r, const struct yaml *node, void *into)
{
	((struct probe *)into)->from = read_host_reference(r, node, "a host's name");
}

static void read_family(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	const char *text;
	if (!read_text(r, node, "'ipv4' or 'ipv6'", &text))
		return;
	if (strcmp(text, "ipv4") == 0)
		probe->family = FAMILY_IPV4;
	else if (strcmp(text, "ipv6") == 0)
		probe->family = FAMILY_IPV6;
	else
		complain(r, node->place, "%s is neither 'ipv4' nor 'ipv6'", quoted(r, text));
}

bool read_time(struct reader *r, const struct yaml *node, unsigned *ms)
{
	const char *text;
	if (!read_text(r, node, "a time such as 300ms", &text))
		return false;
	size_t digits = strspn(text, "0123456789");
	const char *unit = text + digits;
	uint64_t number;
	bool seconds = strcmp(unit, "s") == 0;
	bool known = seconds || !*unit || strcmp(unit, "ms") == 0;
	if (known && parse_number(text, digits, 0, TIMEOUT_MAX_MS, &number)) {
		number *= seconds ? 1000 : 1;
		if (number >= TIMEOUT_MIN_MS && number <= TIMEOUT_MAX_MS) {
			*ms = (unsigned)number;
			return true;
		}
	}
	complain(r, node->place, "%s is not a time from 10ms to 60s, such as 300ms or 2s",
		 quoted(r, text));
	return false;
}

static void read_timeout(struct reader *r, const struct yaml *node, void *into)
{
	read_time(r, node, &((struct probe *)into)->timeout_ms);
}

static const struct field probe_fields[] = {
	{"name", read_name, false},	{"from", read_from, true},	  {"as", NULL, false},
	{"family", read_family, false}, {"timeout", read_timeout, false}, {"expect", NULL, false},
	{"log", NULL, false},		{"connect", NULL, false},	  {"ping", NULL, false},
	{"resolve", NULL, false},	{"fetch", NULL, false},		  {"run", NULL, false},
	{"apt", NULL, false},
};

/* What the probe is for: exactly one of the kinds. */
static const struct yaml *read_kind(struct reader *r, const struct yaml *node, struct probe *probe)
{
	const struct yaml *value = NULL;
	for (size_t i = 0; i < N_KINDS; i++) {
		const struct yaml *found = yaml_get(node, kinds[i].name);
		if (found && value) {
			complain(r, found->place,
				 "a probe has one of " KINDS_TEXT "; this one has '%s' and '%s'",
				 kinds[probe->kind].name, kinds[i].name);
			return NULL;
		}
		if (found) {
			value = found;
			probe->kind = (enum probe_kind)i;
		}
	}
	if (!value)
		complain(r, node->place, "a probe needs one of " KINDS_TEXT);
	else
		kinds[probe->kind].read(r, value, probe);
	return value;
}

static bool has_far_end(const struct probe *probe)
{
	switch (probe->kind) {
	case PROBE_CONNECT:
	case PROBE_PING:
		return probe->target.host != NONE || probe->target.address.family;
	case PROBE_RESOLVE:
		return !probe->target.text || probe->target.host != NONE ||
		       probe->target.address.family;
	case PROBE_FETCH:
		return probe->url_host;
	case PROBE_APT:
		return probe->target.host != NONE;
	case PROBE_RUN:
		break;
	}
	return false;
}

/* A line of shell, or the words of a command line. */
static const char *run_text(struct arena *arena, char *const *argv)
{
	if (argv[0] && argv[1] && argv[2] && !argv[3] && !strcmp(argv[0], "/bin/sh") &&
	    !strcmp(argv[1], "-c"))
		return argv[2];
	size_t size = 1;
	for (size_t i = 0; argv[i]; i++)
		size += strlen(argv[i]) + 1;
	char *text = arena_alloc(arena, size);
	char *end = text;
	for (size_t i = 0; argv[i]; i++)
		end = stpcpy(stpcpy(end, i ? " " : ""), argv[i]);
	return text;
}

const char *probe_target_text(struct arena *arena, const struct probe *probe)
{
	const char *target = probe->target.text ? probe->target.text : "";
	const char *what = target;
	if (probe->kind == PROBE_APT)
		return apt_words(arena, probe);
	if (probe->kind == PROBE_CONNECT)
		what = arena_printf(arena, strchr(target, ':') ? "[%s]:%s/%s" : "%s:%s/%s", target,
				    probe->port || !probe->series
					    ? arena_printf(arena, "%u", probe->port)
					    : probe->series->ports,
				    probe->protocol == IPPROTO_UDP ? "udp" : "tcp");
	else if (probe->kind == PROBE_RESOLVE && probe->target.text)
		what = arena_printf(arena, "%s at %s", probe->question, target);
	else if (probe->question)
		what = probe->question;
	else if (probe->kind == PROBE_RUN && probe->argv)
		what = run_text(arena, probe->argv);
	return what ? what : "";
}

/* "www-robots: connect mirror:80/tcp" */
static const char *default_name(struct reader *r, const struct probe *probe)
{
	const char *what = probe_target_text(r->arena, probe);
	if (probe->kind == PROBE_APT)
		return arena_printf(r->arena, "%s: %s", probe->as.text, what);
	return arena_printf(r->arena, "%s: %s %s", probe->as.text ? probe->as.text : "root",
			    kinds[probe->kind].name, what);
}

static void read_probe(struct reader *r, const struct yaml *node, struct probe *probe)
{
	*probe = (struct probe){
		.place = node->place, .from = NONE, .target.host = NONE, .as.text = "root"};
	if (node->kind == YAML_NOTHING ||
	    !read_fields(r, node, "a probe", FIELDS(probe_fields), probe)) {
		if (node->kind == YAML_NOTHING)
			complain(r, node->place,
				 "a probe needs 'from', 'expect' and one of " KINDS_TEXT);
		return;
	}
	const struct yaml *as = yaml_get(node, "as"), *expect = yaml_get(node, "expect");
	struct scope scope = {.where = ""};
	size_t before = diagnostics_count(r->diagnostics);
	if (probe->from != NONE)
		scope = read_actors(r, as, probe->from, NULL, &probe->as);
	bool known = probe->from != NONE && diagnostics_count(r->diagnostics) == before;
	if (yaml_get(node, "log"))
		read_log(r, yaml_get(node, "log"), &scope, probe);
	const struct yaml *kind = read_kind(r, node, probe);
	if (!kind)
		return;
	if (probe->kind == PROBE_RUN && probe->family != FAMILY_ANY)
		complain(r, yaml_get(node, "family")->place,
			 "a program runs once, without a family: leave this out");
	if (probe->from != NONE && has_far_end(probe))
		settle_family(r, kind->place, probe);
	if (expect)
		read_expect(r, expect, probe);
	else if (probe->kind != PROBE_RUN)
		complain(r, node->place, "a probe needs 'expect': allow, deny, reject, drop, ...");
	else if (!probe->n_expect)
		expect_exit(r, node->place, 0, probe);
	if (known)
		check_confined(r, probe);
	if (!probe->name)
		probe->name = default_name(r, probe);
}

/* A name that we give is not another's: reports and options tell probes apart by their names. */
static void settle_names(struct reader *r)
{
	struct scenario *scenario = r->scenario;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		struct probe *probe = &scenario->probes[i];
		if (!probe->name || probe->named)
			continue;
		while (names_add(&r->probes, r->arena, probe->name, 0, probe->place))
			probe->name = arena_printf(r->arena, "%s (probe %zu)", probe->name, i + 1);
	}
}

void read_probes(struct reader *r, const struct yaml *node)
{
	if (!want_list(r, node, "probes"))
		return;
	if (!node->n_entries)
		complain(r, node->place, "a scenario needs at least one probe");
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct probe probe;
		r->ports.n_ranges = 0;
		read_probe(r, e->value, &probe);
		add_probes(r, &probe);
	}
	settle_names(r);
}
