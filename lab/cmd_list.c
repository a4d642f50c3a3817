/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/command.h"
#include "lab/needs.h"
#include "lab/sources.h"
#include "lab/text.h"

#define TARGET_WIDTH_MAX 60

static const struct option_row options[] = {{0}};

static void print_text(const char *text)
{
	text_write(stdout, text, strlen(text));
}

static void print_variants(const struct scenario *scenario)
{
	fputs("  variants  ", stdout);
	for (size_t i = 0; i < scenario->n_variants; i++) {
		if (i)
			fputs(", ", stdout);
		print_text(scenario->variants[i].name);
	}
	putchar('\n');
}

/* "needs     lxc-start (package lxc), for lxc" */
static void print_need(const struct scenario *scenario, const struct need *need)
{
	char text[LACK_TEXT_MAX];
	fputs("  needs     ", stdout);
	print_text(need_text(need, text));
	for (size_t i = 0; i < need->n_variants; i++) {
		fputs(i ? ", " : ", for ", stdout);
		print_text(scenario->variants[need->variants[i]].name);
	}
	putchar('\n');
}

/* "slave", "slave (landlock: slave, landlock; chroot: slave in cell)" */
static void print_actors(const struct scenario *scenario, const struct probe *probe)
{
	print_text(probe->as.text);
	for (size_t i = 0; i < probe->as.n_instead; i++) {
		const struct actor_clause *clause = &probe->as.instead[i];
		fputs(i ? "; " : " (", stdout);
		print_text(scenario->variants[clause->variant].name);
		fputs(": ", stdout);
		print_text(clause->actor.text);
	}
	if (probe->as.n_instead)
		putchar(')');
}

/* "http://mirror/", or the begin of a longer one, on one line */
static void print_target(struct arena *arena, const struct probe *probe)
{
	const char *text = probe_target_text(arena, probe);
	if (text_width(text) > TARGET_WIDTH_MAX)
		text_write_column(stdout, text, TARGET_WIDTH_MAX);
	else
		print_text(text);
}

/* Whether another clause is for one family of the same variants. */
static bool has_families(const struct probe *probe, const struct expect_clause *clause)
{
	for (size_t i = 0; i < probe->n_expect; i++)
		if (probe->expect[i].variant == clause->variant &&
		    probe->expect[i].family != FAMILY_ANY)
			return true;
	return false;
}

static bool has_variants(const struct probe *probe)
{
	for (size_t i = 0; i < probe->n_expect; i++)
		if (probe->expect[i].variant != NONE)
			return true;
	return false;
}

/* Under what the clause stands: "blocked", "else ipv4"; nothing where it is the only one. */
static void print_case(const struct scenario *scenario, const struct probe *probe,
		       const struct expect_clause *clause)
{
	bool by_variant = has_variants(probe);
	bool named = clause->variant != NONE;
	const char *which = named ? scenario->variants[clause->variant].name : "else";
	const char *family = family_name(clause->family);
	if (!*family && has_families(probe, clause) && (named || !by_variant))
		family = "else";
	if (by_variant)
		print_text(which);
	fputs(by_variant && *family ? " " : "", stdout);
	fputs(family, stdout);
	fputs(by_variant || *family ? ": " : "", stdout);
}

/* "allow", "blocked: reject; net-cls ipv4: drop; else: allow" */
static void print_expected(const struct scenario *scenario, const struct probe *probe)
{
	for (size_t i = 0; i < probe->n_expect; i++) {
		fputs(i ? "; " : "", stdout);
		print_case(scenario, probe, &probe->expect[i]);
		print_text(probe->expect[i].expectation.text);
	}
}

/* That which stands in the scenario. */
static const char *own_name(const struct probe *probe)
{
	return probe->series ? probe->series->name : probe->name;
}

static void print_probe(struct arena *arena, const struct scenario *scenario,
			const struct probe *probe, size_t width)
{
	printf("  %-8s  ", probe_kind_name(probe->kind));
	text_write_column(stdout, own_name(probe), width);
	fputs("  from ", stdout);
	print_text(scenario->hosts[probe->from].name);
	fputs(" as ", stdout);
	print_actors(scenario, probe);
	fputs(", ", stdout);
	print_target(arena, probe);
	fputs(", expects ", stdout);
	print_expected(scenario, probe);
	putchar('\n');
}

static void print_scenario(struct arena *arena, const struct scenario *scenario)
{
	size_t width = 1;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		size_t needed = text_width(own_name(&scenario->probes[i]));
		width = needed > width ? needed : width;
	}
	print_text(scenario->name);
	if (*scenario->title) {
		fputs(" - ", stdout);
		print_text(scenario->title);
	}
	fputs("\n  file      ", stdout);
	print_text(scenario->path);
	putchar('\n');
	if (scenario->jails)
		puts("  jails     its programs may mount: they can read all of the machine's "
		     "files");
	print_variants(scenario);
	for (size_t i = 0; i < scenario->n_needs; i++)
		print_need(scenario, &scenario->needs[i]);
	for (size_t i = 0; i < scenario->n_probes; i++) {
		struct probe probe = scenario->probes[i];
		if (probe.series && i && scenario->probes[i - 1].series == probe.series)
			continue;
		if (probe.series)
			probe.port = 0; /* of none of them */
		print_probe(arena, scenario, &probe, width);
	}
}

static int list(const void *settings, char *const *arguments, size_t count)
{
	(void)settings;
	struct arena *arena = arena_new();
	struct scenario_set set;
	int status = scenario_set_read(&set, arena, arguments, count, stderr);
	for (size_t i = 0; i < set.count; i++) {
		if (i)
			putchar('\n');
		print_scenario(arena, set.scenarios[i]);
	}
	scenario_set_free(&set);
	arena_free(arena);
	return status ? STATUS_USAGE : STATUS_GOOD;
}

const struct command command_list = {
	.name = "list",
	.arguments = "SCENARIO...",
	.summary = "show what scenarios have: variants, needs, probes, from whom and what for",
	.details = "SCENARIO is a scenario's file, or a folder, which means every scenario in it.\n"
		   "Of a probe it shows who sends it, what for, and what is expected, by variant.\n"
		   "\n"
		   "Exit status: 0 all were read, 2 something is wrong with one.\n",
	.options = options,
	.run = list,
};
