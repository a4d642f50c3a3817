/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for people: a line for each probe as it comes, in columns; the
 * whole story of what is not as expected; a line of totals at the end.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lab/expect.h"
#include "lab/report_private.h"
#include "lab/text.h"
#include "lab/translation.h"

#define NAME_WIDTH_MAX	  48
#define HOST_WIDTH_MAX	  24
#define RULE_WIDTH	  48
#define OUTCOME_WIDTH	  28 /* "unreachable addr-unreachable" */
#define STORY_LINES_MAX	  20 /* of one text; the last ones are shown */
#define STORY_LABEL_WIDTH 9

enum paint { PAINT_PLAIN, PAINT_TITLE, PAINT_PASSED, PAINT_FAILED, PAINT_UNSURE };

/* SGR sequences of ECMA-48. */
static const char *const paints[] = {
	[PAINT_PLAIN] = "\x1b[0m",     [PAINT_TITLE] = "\x1b[1m",     [PAINT_PASSED] = "\x1b[32m",
	[PAINT_FAILED] = "\x1b[1;31m", [PAINT_UNSURE] = "\x1b[1;33m",
};

struct text_report {
	struct arena *arena; /* of this struct */
	FILE *to;
	const struct report_style *style;
	unsigned indent; /* of the probes' lines */
	size_t name_width;
	size_t host_width;
	unsigned scenarios; /* so far */
	unsigned variants;  /* likewise */
	double ms;	    /* of all variants */
};

static void *text_report_open(FILE *to, const struct report_style *style)
{
	struct arena *arena = arena_new();
	struct text_report *self = arena_alloc(arena, sizeof(*self));
	self->arena = arena;
	self->to = to;
	self->style = style;
	return self;
}

static void paint(const struct text_report *self, enum paint paint)
{
	if (self->style->colour)
		fputs(paints[paint], self->to);
}

static void text_out(const struct text_report *self, const char *text)
{
	text_write(self->to, text, strlen(text));
}

static void indent(const struct text_report *self, unsigned columns)
{
	fprintf(self->to, "%*s", (int)columns, "");
}

/* A scenario that names no variants has one all the same, which is not worth a word. */
static bool has_variants(const struct scenario *scenario)
{
	return scenario->n_variants > 1 || strcmp(scenario->variants[0].name, "default") != 0;
}

static size_t at_most(size_t width, size_t limit)
{
	return width < limit ? width : limit;
}

static void widen_for_refusals(struct text_report *self, const struct scenario *scenario,
			       const struct variant *variant)
{
	for (size_t i = 0; i < variant->n_sets; i++) {
		char name[REFUSAL_NAME_MAX];
		const struct policy_set *set = &variant->sets[i];
		if (!set->refused)
			continue;
		size_t width = text_width(refusal_name(&scenario->hosts[set->host], name));
		if (width > self->name_width)
			self->name_width = at_most(width, NAME_WIDTH_MAX);
	}
}

static void text_scenario_begin(void *report, const struct scenario *scenario)
{
	struct text_report *self = report;

	self->name_width = 1;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		size_t width = text_width(scenario->probes[i].name);
		if (width > self->name_width)
			self->name_width = at_most(width, NAME_WIDTH_MAX);
	}
	self->host_width = 1;
	for (size_t i = 0; i < scenario->n_hosts; i++) {
		size_t width = text_width(scenario->hosts[i].name);
		if (width > self->host_width)
			self->host_width = at_most(width, HOST_WIDTH_MAX);
	}
	for (size_t i = 0; i < scenario->n_variants; i++)
		widen_for_refusals(self, scenario, &scenario->variants[i]);
	self->indent = has_variants(scenario) ? 4 : 2;

	if (self->scenarios++)
		fputc('\n', self->to);
	paint(self, PAINT_TITLE);
	text_out(self, scenario->name);
	paint(self, PAINT_PLAIN);
	if (scenario->title && *scenario->title) {
		fputs(" - ", self->to);
		text_out(self, scenario->title);
	}
	fputc('\n', self->to);
}

static void text_variant_begin(void *report, const struct scenario *scenario, size_t variant)
{
	struct text_report *self = report;

	self->variants++;
	if (!has_variants(scenario))
		return;
	indent(self, 2);
	paint(self, PAINT_TITLE);
	text_out(self, scenario->variants[variant].name);
	paint(self, PAINT_PLAIN);
	fputc('\n', self->to);
}

static const char *last_lines(const char *text, size_t length, size_t lines)
{
	const char *at = text + length;
	for (; at > text; at--) {
		if (at[-1] == '\n' && lines-- == 0)
			break;
	}
	return at;
}

/* Text under its label, from `line` to `end`. */
/* A tool's caret stands under a line that it has indented alike: a tab is as wide in both. */
static void write_tabbed(FILE *to, const char *line, size_t length)
{
	const char *tab;
	while ((tab = memchr(line, '\t', length))) {
		text_write(to, line, (size_t)(tab - line));
		fputs("        ", to);
		length -= (size_t)(tab + 1 - line);
		line = tab + 1;
	}
	text_write(to, line, length);
}

static void story_lines(const struct text_report *self, const char *label, const char *line,
			const char *end)
{
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		indent(self, self->indent + 6);
		fprintf(self->to, "%-*s ", STORY_LABEL_WIDTH, label);
		write_tabbed(self->to, line, (size_t)(stop - line));
		fputc('\n', self->to);
		label = "";
		line = stop + 1;
	}
}

static size_t length_without_end(const char *text)
{
	size_t length = strlen(text);
	while (length && text[length - 1] == '\n')
		length--;
	return length;
}

/* One part of a story; nothing where there is no text. */
static void story(const struct text_report *self, const char *label, const char *text)
{
	size_t length = length_without_end(text);
	story_lines(self, label, last_lines(text, length, STORY_LINES_MAX - 1), text + length);
}

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

static const char *where_host(const struct outcome *outcome)
{
	return wheres[outcome->kind].arrival ? outcome->evidence.arrived_at
					     : outcome->evidence.host;
}

/* "rejected admin-prohibited" */
static void describe(const struct outcome *outcome, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s", outcome_kind_name(outcome->kind), *outcome->how ? " " : "",
		 outcome->how);
}

/* In which way a confinement refused it, as "connect: Permission denied"; "" for all else. */
static const char *refusal_of(const struct outcome *outcome)
{
	const char *colon = strstr(outcome->how, ": ");
	return outcome->kind == OUTCOME_CONFINED && colon ? colon : "";
}

/* The rule that decided: where it stands, or else what it says. */
static void decided_by(FILE *to, const struct outcome *outcome)
{
	const struct evidence *evidence = &outcome->evidence;
	char text[sizeof(evidence->file) + 16];
	const char *refusal = refusal_of(outcome);
	if (*refusal) {
		fputs("  ", to);
		text_write(to, refusal + strlen(": "), strlen(refusal + strlen(": ")));
	}
	if (!*evidence->rule && !evidence->line)
		return;
	fputs("  ", to);
	snprintf(text, sizeof(text), "%s:%u", evidence->file, evidence->line);
	if (evidence->line)
		text_write(to, text, strlen(text));
	else
		text_write_column(to, evidence->rule,
				  text_width(evidence->rule) < RULE_WIDTH
					  ? text_width(evidence->rule)
					  : RULE_WIDTH);
}

/* An allow that went elsewhere than it was sent to. */
static void translated_to(FILE *to, const struct translation *nat)
{
	char target[TRANSLATION_TEXT];
	if (*translation_target(nat, target))
		fprintf(to, "  nat to %s", target);
}

static void result_line(const struct text_report *self, const struct scenario *scenario,
			const struct result *result)
{
	static const struct {
		const char *text;
		enum paint paint;
	} marks[] = {{"FAIL", PAINT_FAILED}, {"ok  ", PAINT_PASSED}, {"??? ", PAINT_UNSURE}};
	const struct outcome *outcome = &result->outcome;
	bool unsure = !result->passed && outcome->kind == OUTCOME_INCONCLUSIVE;
	size_t mark = unsure ? 2 : result->passed;
	char outcome_text[128];
	const char *host = where_host(outcome);

	indent(self, self->indent);
	paint(self, marks[mark].paint);
	fputs(marks[mark].text, self->to);
	paint(self, PAINT_PLAIN);
	fputs("  ", self->to);
	text_write_column(self->to, scenario->probes[result->probe].name, self->name_width);
	fprintf(self->to, "  %-4s  ", family_name(result->family));
	describe(outcome, outcome_text, sizeof(outcome_text));
	outcome_text[strlen(outcome_text) - strlen(refusal_of(outcome))] = '\0';
	text_write_column(self->to, outcome_text, OUTCOME_WIDTH);
	fprintf(self->to, "  %-2s ", *host ? wheres[outcome->kind].preposition : "");
	text_write_column(self->to, host, self->host_width);
	fprintf(self->to, "  %8.1f ms", result->ms);
	decided_by(self->to, outcome);
	translated_to(self->to, &outcome->evidence.nat);
	fputc('\n', self->to);
}

/* What was seen, as far as it is known. */
static void evidence_story(const struct text_report *self, const struct evidence *evidence)
{
	char handle[32] = "";
	char rule[sizeof(evidence->rule) + sizeof(evidence->file) + 16];
	snprintf(rule, sizeof(rule), "%s", evidence->rule);
	if (evidence->line)
		snprintf(rule, sizeof(rule), "%s%s(%s:%u)", evidence->rule,
			 *evidence->rule ? " " : "", evidence->file, evidence->line);
	if (evidence->handle)
		snprintf(handle, sizeof(handle), "%" PRIu64, evidence->handle);
	const struct {
		const char *label;
		const char *text;
	} parts[] = {
		{"evidence", evidence->kind}, {"arrived", evidence->arrived_at},
		{"icmp", evidence->icmp},     {"host", evidence->host},
		{"hook", evidence->hook},     {"table", evidence->table},
		{"chain", evidence->chain},   {"rule", rule},
		{"handle", handle},	      {"reason", evidence->reason},
	};
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		story(self, parts[i].label, parts[i].text);
}

/* The packet before and after, where NAT has changed it. */
static void nat_story(const struct text_report *self, const struct translation *nat)
{
	char text[SIM_PACKET_TEXT];
	story(self, "sent", sim_packet_text(&nat->before, text));
	story(self, "became", sim_packet_text(&nat->after, text));
	for (size_t i = 0; i < nat->n_hosts && i < TRANSLATION_HOSTS_MAX; i++)
		story(self, i ? "" : "nat by", nat->hosts[i]);
}

/* What was logged, a line each. */
static void log_story(const struct text_report *self, const struct evidence *evidence)
{
	char text[LOG_MESSAGE_TEXT];
	for (size_t i = 0; i < evidence->n_log && i < EVIDENCE_LOG_MAX; i++)
		story(self, i ? "" : "log", log_message_text(&evidence->log[i], text));
	if (evidence->n_log > EVIDENCE_LOG_MAX) {
		snprintf(text, sizeof(text), "and %zu more", evidence->n_log - EVIDENCE_LOG_MAX);
		story(self, "", text);
	}
}

/* The command that runs this probe again, and as little else as can be. */
static void again_story(const struct text_report *self, const struct scenario *scenario,
			const struct result *result)
{
	indent(self, self->indent + 6);
	fprintf(self->to, "%-*s %s", STORY_LABEL_WIDTH, "again", self->style->again);
	if (has_variants(scenario)) {
		fputs(" --variant ", self->to);
		text_write_word(self->to, scenario->variants[result->variant].name);
	}
	fputs(" --filter ", self->to);
	text_write_word(self->to, scenario->probes[result->probe].name);
	fputc(' ', self->to);
	text_write_word(self->to, scenario->path);
	fputc('\n', self->to);
}

static void whole_story(const struct text_report *self, const struct scenario *scenario,
			const struct result *result)
{
	const struct probe *probe = &scenario->probes[result->probe];
	const struct outcome *outcome = &result->outcome;
	const struct sighting *sighting = &result->sighting;
	char got[256];
	const char *host = where_host(outcome);

	describe(outcome, got, sizeof(got));
	if (*host) {
		size_t used = strlen(got);
		snprintf(got + used, sizeof(got) - used, " %s %s",
			 wheres[outcome->kind].preposition, host);
	}
	if (text_width(probe->name) > self->name_width)
		story(self, "probe", probe->name);
	story(self, "from", result->from);
	story(self, "as", scenario_actor(&probe->as, result->variant)->text);
	story(self, "target", result->target);
	story(self, "expected", result->expected);
	story(self, "got", got);
	story(self, "but", result->complaint);
	story(self, "why", outcome->why);
	evidence_story(self, &outcome->evidence);
	nat_story(self, &outcome->evidence.nat);
	log_story(self, &outcome->evidence);
	story(self, "saw", sighting->trouble);
	story(self, "answer", sighting->answer);
	story(self, "output", sighting->output);
	again_story(self, scenario, result);
}

static void text_result(void *report, const struct scenario *scenario, const struct result *result)
{
	const struct text_report *self = report;
	result_line(self, scenario, result);
	if (!result->passed)
		whole_story(self, scenario, result);
}

/* "ok    buildd's policy is refused  dmain.ferm:3: Unrecognized keyword: dmain" */
static void refusal_line(const struct text_report *self, const struct scenario *scenario,
			 const struct refusal *refusal)
{
	char name[REFUSAL_NAME_MAX];
	indent(self, self->indent);
	paint(self, refusal->passed ? PAINT_PASSED : PAINT_FAILED);
	fputs(refusal->passed ? "ok  " : "FAIL", self->to);
	paint(self, PAINT_PLAIN);
	fputs("  ", self->to);
	text_write_column(self->to, refusal_name(&scenario->hosts[refusal->host], name),
			  self->name_width);
	if (refusal->passed) {
		fputs("  ", self->to);
		text_out(self, refusal->policy);
		if (refusal->line)
			fprintf(self->to, ":%u", refusal->line);
		fputs(": ", self->to);
		text_write(self->to, refusal->said, strcspn(refusal->said, "\n"));
	}
	fputc('\n', self->to);
}

static void text_refusal(void *report, const struct scenario *scenario,
			 const struct refusal *refusal)
{
	const struct text_report *self = report;
	refusal_line(self, scenario, refusal);
	if (refusal->passed)
		return;
	story(self, "policy", refusal->policy);
	story(self, "expected", refusal->expected);
	story(self, "but", refusal->complaint);
	story(self, "said", refusal->said);
}

static void text_skip(void *report, const struct scenario *scenario, size_t variant, size_t count,
		      const struct lack *lack)
{
	(void)scenario;
	(void)variant;
	const struct text_report *self = report;
	indent(self, self->indent);
	paint(self, PAINT_UNSURE);
	fprintf(self->to, "skipped (%zu)", count);
	paint(self, PAINT_PLAIN);
	fputc('\n', self->to);
	story(self, "why", lack->reason);
	story(self, "cure", lack->cure);
}

static void text_failure(void *report, const struct scenario *scenario, size_t variant,
			 const char *why)
{
	(void)scenario;
	(void)variant;
	const struct text_report *self = report;
	indent(self, self->indent);
	paint(self, PAINT_UNSURE);
	fputs("the lab failed", self->to);
	paint(self, PAINT_PLAIN);
	fputc('\n', self->to);
	/* All of it: what is at fault stands first, and what was said of it last. */
	story_lines(self, "why", why, why + length_without_end(why));
}

static void text_variant_end(void *report, const struct scenario *scenario, size_t variant,
			     double ms)
{
	(void)scenario;
	(void)variant;
	struct text_report *self = report;
	self->ms += ms;
}

static void text_scenario_end(void *report, const struct scenario *scenario)
{
	(void)report;
	(void)scenario;
}

/* "fwlab: 42 passed, 1 failed, 0 inconclusive in 3 variants, 0.8 s" */
static int text_report_close(void *report, const struct totals *totals, int signal)
{
	struct text_report *self = report;
	bool good = !signal && !totals->failed && !totals->inconclusive;

	fputs(self->scenarios ? "\nfwlab: " : "fwlab: ", self->to);
	paint(self, !good ? PAINT_FAILED : totals->skipped ? PAINT_UNSURE : PAINT_PASSED);
	if (signal)
		fprintf(self->to, "stopped by SIG%s: ", sigabbrev_np(signal));
	fprintf(self->to, "%u passed, %u failed, %u inconclusive", totals->passed, totals->failed,
		totals->inconclusive);
	if (totals->skipped)
		fprintf(self->to, ", %u skipped", totals->skipped);
	paint(self, PAINT_PLAIN);
	fprintf(self->to, " in %u %s, %.1f s\n", self->variants,
		self->variants == 1 ? "variant" : "variants", self->ms / 1000);

	int status = fflush(self->to) || ferror(self->to) ? -1 : 0;
	arena_free(self->arena);
	return status;
}

const struct reporter report_text = {
	.name = "text",
	.summary = "for people: a line for each probe, the whole story of each that failed",
	.open = text_report_open,
	.scenario_begin = text_scenario_begin,
	.variant_begin = text_variant_begin,
	.result = text_result,
	.refusal = text_refusal,
	.skipped = text_skip,
	.failure = text_failure,
	.variant_end = text_variant_end,
	.scenario_end = text_scenario_end,
	.close = text_report_close,
};
