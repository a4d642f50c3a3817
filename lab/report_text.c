/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for people: a line for each probe as it comes, in columns; the
 * whole story of what is not as expected; a line of totals at the end.
 */
#include <errno.h>
#include <string.h>

#include "lab/page.h"
#include "lab/report_private.h"
#include "lab/report_story.h"
#include "lab/stretch.h"
#include "lab/text.h"
#include "lab/translation.h"

#define NAME_WIDTH_MAX 48
#define HOST_WIDTH_MAX 24
#define RULE_WIDTH     48
#define OUTCOME_WIDTH  28 /* "unreachable addr-unreachable" */

struct text_report {
	struct arena *arena; /* of this struct */
	struct page page;
	const char *again;
	unsigned indent; /* of the probes' lines */
	size_t name_width;
	size_t host_width;
	unsigned scenarios;	  /* so far */
	unsigned variants;	  /* likewise */
	double ms;		  /* of all variants */
	char lack[LACK_TEXT_MAX]; /* the last that was told */
	struct stretches stretches;
};

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

static void widen_for_host(struct text_report *self, size_t width)
{
	if (width > self->host_width)
		self->host_width = at_most(width, HOST_WIDTH_MAX);
}

/* "gateway/web": the networks of daemons that a probe is in, or is expected to come to. */
static void widen_for_jails(struct text_report *self, const struct scenario *scenario,
			    const struct probe *probe)
{
	const char *host = scenario->hosts[probe->from].name;
	for (size_t v = 0; v < scenario->n_variants; v++) {
		const char *inside = scenario_actor(&probe->as, v)->inside;
		if (inside)
			widen_for_host(self, text_width(host) + 1 + text_width(inside));
	}
	for (size_t i = 0; i < probe->n_expect; i++)
		if (probe->expect[i].expectation.spot)
			widen_for_host(self, text_width(probe->expect[i].expectation.spot));
}

/* Whole: a part of it would be no host's name.  Few have more than the column has. */
static void host_column(const struct text_report *self, const char *host)
{
	size_t width = text_width(host);
	text_write_column(self->page.to, host, width > self->host_width ? width : self->host_width);
}

/* With room for "23-79" in place of a port. */
static size_t name_width_of(const struct probe *probe)
{
	return text_width(probe->name) + (probe->series ? strlen("-65535") : 0);
}

static void text_scenario_begin(void *report, const struct scenario *scenario)
{
	struct text_report *self = report;

	self->name_width = 1;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		size_t width = name_width_of(&scenario->probes[i]);
		if (width > self->name_width)
			self->name_width = at_most(width, NAME_WIDTH_MAX);
	}
	self->host_width = 1;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		widen_for_host(self, text_width(scenario->hosts[i].name));
	for (size_t i = 0; i < scenario->n_probes; i++)
		widen_for_jails(self, scenario, &scenario->probes[i]);
	for (size_t i = 0; i < scenario->n_variants; i++)
		widen_for_refusals(self, scenario, &scenario->variants[i]);
	self->indent = story_has_variants(scenario) ? 4 : 2;

	if (self->scenarios++)
		fputc('\n', self->page.to);
	page_painted(&self->page, PAINT_TITLE, scenario->name);
	if (scenario->title && *scenario->title) {
		fputs(" - ", self->page.to);
		page_text(&self->page, scenario->title);
	}
	fputc('\n', self->page.to);
}

static void text_variant_begin(void *report, const struct scenario *scenario, size_t variant)
{
	struct text_report *self = report;

	self->variants++;
	if (!story_has_variants(scenario))
		return;
	page_indent(&self->page, 2);
	page_painted(&self->page, PAINT_TITLE, scenario->variants[variant].name);
	fputc('\n', self->page.to);
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

static void result_line(const struct text_report *self, const char *name,
			const struct result *result, double ms)
{
	static const struct {
		const char *text;
		enum paint paint;
	} marks[] = {{"FAIL", PAINT_BAD}, {"ok  ", PAINT_GOOD}, {"??? ", PAINT_UNSURE}};
	const struct outcome *outcome = &result->outcome;
	bool unsure = !result->passed && outcome->kind == OUTCOME_INCONCLUSIVE;
	size_t mark = unsure ? 2 : result->passed;
	char outcome_text[128];
	const char *preposition;
	const char *host = outcome_host(outcome, &preposition);

	page_indent(&self->page, self->indent);
	page_paint(&self->page, marks[mark].paint);
	fputs(marks[mark].text, self->page.to);
	page_paint(&self->page, PAINT_PLAIN);
	fputs("  ", self->page.to);
	text_write_column(self->page.to, name, self->name_width);
	fprintf(self->page.to, "  %-4s  ", family_name(result->family));
	outcome_describe(outcome, outcome_text, sizeof(outcome_text));
	outcome_text[strlen(outcome_text) - strlen(refusal_of(outcome))] = '\0';
	text_write_column(self->page.to, outcome_text, OUTCOME_WIDTH);
	fprintf(self->page.to, "  %-2s ", preposition);
	host_column(self, host);
	fprintf(self->page.to, "  %8.1f ms", ms);
	decided_by(self->page.to, outcome);
	translated_to(self->page.to, &outcome->evidence.nat);
	fputc('\n', self->page.to);
}

/* What is told of the line before. */
static struct story story_of(const struct text_report *self)
{
	return (struct story){&self->page, self->indent + 6};
}

static void tell_stretch(void *report, const struct stretch *stretch)
{
	const struct text_report *self = report;
	char buffer[STRETCH_NAME_MAX];
	char ports[64];
	const char *name = stretch_name(stretch, buffer);
	const struct result *result = &stretch->first;
	result_line(self, name, result, stretch->ms);
	if (result->passed)
		return;
	const struct story story = story_of(self);
	story_part(&story, "probe", text_width(name) > self->name_width ? name : "");
	snprintf(ports, sizeof(ports), "%u, all alike; this is the first one's story",
		 stretch->count);
	story_part(&story, "ports", stretch->count > 1 ? ports : "");
	story_result(&story, stretch->scenario, result, self->again);
}

static void *text_report_open(FILE *to, const struct report_style *style)
{
	struct arena *arena = arena_new();
	struct text_report *self = arena_alloc(arena, sizeof(*self));
	self->arena = arena;
	self->page = (struct page){to, style->colour};
	self->again = style->again;
	self->stretches = (struct stretches){.tell = tell_stretch, .arg = self};
	return self;
}

static void text_result(void *report, const struct scenario *scenario, const struct result *result)
{
	struct text_report *self = report;
	stretches_take(&self->stretches, scenario, result);
}

/* "ok    buildd's policy is refused  dmain.ferm:3: Unrecognized keyword: dmain" */
static void refusal_line(const struct text_report *self, const struct scenario *scenario,
			 const struct refusal *refusal)
{
	char name[REFUSAL_NAME_MAX];
	page_indent(&self->page, self->indent);
	page_paint(&self->page, refusal->passed ? PAINT_GOOD : PAINT_BAD);
	fputs(refusal->passed ? "ok  " : "FAIL", self->page.to);
	page_paint(&self->page, PAINT_PLAIN);
	fputs("  ", self->page.to);
	text_write_column(self->page.to, refusal_name(&scenario->hosts[refusal->host], name),
			  self->name_width);
	if (refusal->passed) {
		fputs("  ", self->page.to);
		page_text(&self->page, refusal->policy);
		if (refusal->line)
			fprintf(self->page.to, ":%u", refusal->line);
		fputs(": ", self->page.to);
		text_write(self->page.to, refusal->said, strcspn(refusal->said, "\n"));
	}
	fputc('\n', self->page.to);
}

static void text_refusal(void *report, const struct scenario *scenario,
			 const struct refusal *refusal)
{
	struct text_report *self = report;
	stretches_end(&self->stretches);
	refusal_line(self, scenario, refusal);
	if (refusal->passed)
		return;
	const struct story story = story_of(self);
	story_part(&story, "policy", refusal->policy);
	story_part(&story, "expected", refusal->expected);
	story_part(&story, "but", refusal->complaint);
	story_part(&story, "said", refusal->said);
}

static void text_warning(void *report, const struct scenario *scenario,
			 const struct warning *warning)
{
	struct text_report *self = report;
	stretches_end(&self->stretches);
	const struct story story = story_of(self);
	page_indent(&self->page, self->indent);
	page_painted(&self->page, PAINT_UNSURE, "warn");
	fputs("  ", self->page.to);
	story_warning(&story, scenario, warning);
}

static void text_skip(void *report, const struct scenario *scenario, size_t variant, size_t count,
		      const struct lack *lack)
{
	(void)scenario;
	(void)variant;
	struct text_report *self = report;
	stretches_end(&self->stretches);
	page_indent(&self->page, self->indent);
	page_paint(&self->page, PAINT_UNSURE);
	fprintf(self->page.to, "skipped (%zu)", count);
	page_paint(&self->page, PAINT_PLAIN);
	/* What is the same for many variants is said once. */
	bool known = !strcmp(self->lack, lack->reason);
	fputs(known ? ", as above\n" : "\n", self->page.to);
	if (known)
		return;
	snprintf(self->lack, sizeof(self->lack), "%s", lack->reason);
	const struct story story = story_of(self);
	story_part(&story, "why", lack->reason);
	story_part(&story, "cure", lack->cure);
}

static void text_failure(void *report, const struct scenario *scenario, size_t variant,
			 const char *why)
{
	(void)scenario;
	(void)variant;
	struct text_report *self = report;
	stretches_end(&self->stretches);
	page_indent(&self->page, self->indent);
	page_painted(&self->page, PAINT_UNSURE, "the lab failed");
	fputc('\n', self->page.to);
	/* All of it: what is at fault stands first, and what was said of it last. */
	const struct story story = story_of(self);
	story_whole_part(&story, "why", why);
}

static void text_variant_end(void *report, const struct scenario *scenario, size_t variant,
			     double ms)
{
	(void)scenario;
	(void)variant;
	struct text_report *self = report;
	stretches_end(&self->stretches);
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
	bool good = !signal && !totals->failed && !totals->inconclusive && !totals->refused;

	stretches_end(&self->stretches);
	fputs(self->scenarios ? "\nfwlab: " : "fwlab: ", self->page.to);
	page_paint(&self->page, !good ? PAINT_BAD : totals->skipped ? PAINT_UNSURE : PAINT_GOOD);
	if (signal)
		fprintf(self->page.to, "stopped by SIG%s: ", sigabbrev_np(signal));
	fprintf(self->page.to, "%u passed, %u failed, %u inconclusive", totals->passed,
		totals->failed, totals->inconclusive);
	if (totals->skipped)
		fprintf(self->page.to, ", %u skipped", totals->skipped);
	if (totals->refused)
		fprintf(self->page.to, ", %u %s refused", totals->refused,
			totals->refused == 1 ? "policy" : "policies");
	page_paint(&self->page, PAINT_PLAIN);
	fprintf(self->page.to, " in %u %s, %.1f s\n", self->variants,
		self->variants == 1 ? "variant" : "variants", self->ms / 1000);

	int status = fflush(self->page.to) || ferror(self->page.to) ? -1 : 0;
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
	.warning = text_warning,
	.skipped = text_skip,
	.failure = text_failure,
	.variant_end = text_variant_end,
	.scenario_end = text_scenario_end,
	.close = text_report_close,
};
