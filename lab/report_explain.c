/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report of `fwlab explain`: a probe's way, host by host and rule by rule,
 * there and back; what became of it, and what it missed by little.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/page.h"
#include "lab/report_private.h"
#include "lab/report_story.h"
#include "lab/text.h"

#define HOST_INDENT 4
#define STEP_INDENT 6

#define STEPS_MAX 16384 /* more of one probe are not shown */

struct explain_report {
	struct page page;
	const struct scenario *scenario;
	size_t variant;
	struct step *steps; /* of the next result */
	size_t count;
	size_t room;
	bool incomplete; /* for want of memory, or because there were too many */
	char *failure;	 /* the last that was told; NULL: none */
};

static void *explain_open(FILE *to, const struct report_style *style)
{
	struct explain_report *self = calloc(1, sizeof(*self));
	if (!self)
		exit(3); /* as an arena does */
	self->page = (struct page){to, style->colour};
	return self;
}

static void explain_scenario_begin(void *report, const struct scenario *scenario)
{
	((struct explain_report *)report)->scenario = scenario;
}

static void explain_variant_begin(void *report, const struct scenario *scenario, size_t variant)
{
	(void)scenario;
	((struct explain_report *)report)->variant = variant;
}

static void explain_step(void *report, const struct step *step)
{
	struct explain_report *self = report;
	if (self->count == STEPS_MAX) {
		self->incomplete = true;
		return;
	}
	if (self->count == self->room) {
		size_t room = self->room ? 2 * self->room : 32;
		struct step *more = reallocarray(self->steps, room, sizeof(*more));
		if (!more) {
			self->incomplete = true;
			return;
		}
		self->steps = more;
		self->room = room;
	}
	self->steps[self->count++] = *step;
}

/* "pbuilder-apt, blocked: a web robot (ipv4)", and who wants what. */
static void title(const struct explain_report *self, const struct result *result)
{
	const struct probe *probe = &self->scenario->probes[result->probe];
	const char *family = family_name(result->family);
	page_paint(&self->page, PAINT_TITLE);
	page_text(&self->page, self->scenario->name);
	fputs(", ", self->page.to);
	page_text(&self->page, self->scenario->variants[self->variant].name);
	fputs(": ", self->page.to);
	page_text(&self->page, probe->name);
	if (*family)
		fprintf(self->page.to, " (%s)", family);
	page_paint(&self->page, PAINT_PLAIN);
	fputs("\n  ", self->page.to);
	page_text(&self->page, result->from);
	fputs(", as ", self->page.to);
	page_text(&self->page, scenario_actor(&probe->as, self->variant)->text);
	fprintf(self->page.to, ", %s ", probe_kind_name(probe->kind));
	page_text(&self->page, result->target);
	fputc('\n', self->page.to);
}

/* The step after which the way comes to another host, or ends. */
static size_t end_of_host(const struct explain_report *self, size_t host)
{
	size_t i = host + 1;
	while (i < self->count && self->steps[i].kind != STEP_HOST)
		i++;
	return i;
}

/* "(blocked.ferm:33)" */
static void origin(const struct explain_report *self, const struct step *step)
{
	if (!step->line)
		return;
	fputs("  (", self->page.to);
	page_text(&self->page, step->file);
	fprintf(self->page.to, ":%u)", step->line);
}

static bool same_chain(const struct step *a, const struct step *b)
{
	return !strcmp(a->hook, b->hook) && !strcmp(a->table, b->table) &&
	       !strcmp(a->chain, b->chain);
}

/* "output: inet fw out", or for what was jumped to "chain u1". */
static void chain(const struct explain_report *self, const struct step *step)
{
	page_indent(&self->page, STEP_INDENT + 2 * step->depth);
	if (step->depth) {
		fputs("chain ", self->page.to);
	} else {
		page_text(&self->page, step->hook);
		fputs(*step->hook ? ": " : "", self->page.to);
		page_text(&self->page, step->table);
		fputc(' ', self->page.to);
	}
	page_text(&self->page, step->chain);
	fputc('\n', self->page.to);
}

static void rule(const struct explain_report *self, const struct step *step)
{
	page_indent(&self->page, STEP_INDENT + 2 + 2 * step->depth);
	page_paint(&self->page, step->drops ? PAINT_BAD : PAINT_PLAIN);
	page_text(&self->page, *step->text ? step->text : "a rule that is not listed");
	page_paint(&self->page, PAINT_PLAIN);
	origin(self, step);
	if (step->drops)
		page_painted(&self->page, PAINT_BAD,
			     step->rejects ? "  <- rejected here" : "  <- dropped here");
	fputc('\n', self->page.to);
}

static void message(const struct explain_report *self, const struct step *step)
{
	page_indent(&self->page, STEP_INDENT + 2 + 2 * step->depth);
	fputs("log: ", self->page.to);
	page_text(&self->page, step->text);
	fputc('\n', self->page.to);
}

static void near_miss(const struct explain_report *self, const struct step *step)
{
	page_indent(&self->page, STEP_INDENT);
	page_painted(&self->page, PAINT_TITLE, "near miss: ");
	page_text(&self->page, step->text);
	origin(self, step);
	fputc('\n', self->page.to);
	page_indent(&self->page, STEP_INDENT + 2);
	fputs("but for ", self->page.to);
	page_text(&self->page, step->but);
	fputc('\n', self->page.to);
}

/* What happens at a host: the steps between its own and `end`. */
static void host(const struct explain_report *self, size_t first, size_t end)
{
	const struct step *last = NULL; /* rule or policy */
	const char *packet = first + 1 < end ? self->steps[first + 1].packet : "";
	page_indent(&self->page, HOST_INDENT);
	page_painted(&self->page, PAINT_TITLE, self->steps[first].host);
	fputs(": ", self->page.to);
	page_text(&self->page, *packet ? packet : "no rule is met");
	fputc('\n', self->page.to);
	for (size_t i = first + 1; i < end; i++) {
		const struct step *step = &self->steps[i];
		bool is_rule = step->kind == STEP_RULE || step->kind == STEP_POLICY;
		if (*step->packet && strcmp(step->packet, packet) != 0) {
			packet = step->packet;
			page_indent(&self->page, STEP_INDENT);
			fputs("now ", self->page.to);
			page_text(&self->page, packet);
			fputc('\n', self->page.to);
		}
		if (is_rule && (!last || !same_chain(last, step)))
			chain(self, step);
		if (is_rule)
			last = step;
		(is_rule ? rule : step->kind == STEP_LOG ? message : near_miss)(self, step);
	}
}

static void way(const struct explain_report *self)
{
	for (size_t i = 0; i < self->count; i = end_of_host(self, i)) {
		const struct step *before = i ? &self->steps[i - 1] : NULL;
		if (!before || before->reply != self->steps[i].reply)
			fprintf(self->page.to, "  %s\n",
				self->steps[i].reply ? "the way back" : "the way there");
		host(self, i, end_of_host(self, i));
	}
	if (self->incomplete)
		fputs("  and more, which are too many\n", self->page.to);
}

static void line(const struct explain_report *self, const char *label, const char *text)
{
	if (!*text)
		return;
	fprintf(self->page.to, "  %-9s ", label);
	page_text(&self->page, text);
	fputc('\n', self->page.to);
}

static void explain_result(void *report, const struct scenario *scenario,
			   const struct result *result)
{
	(void)scenario;
	struct explain_report *self = report;
	const struct outcome *outcome = &result->outcome;
	title(self, result);
	way(self);
	fprintf(self->page.to, "  %-9s ", "outcome");
	page_painted(&self->page, result->passed ? PAINT_GOOD : PAINT_BAD,
		     outcome_kind_name(outcome->kind));
	if (*outcome->how) {
		fputc(' ', self->page.to);
		page_text(&self->page, outcome->how);
	}
	fputc('\n', self->page.to);
	line(self, "why", outcome->why);
	line(self, "icmp", outcome->evidence.icmp);
	line(self, "saw", result->sighting.trouble);
	line(self, "answer", result->sighting.answer);
	line(self, "received", outcome->evidence.arrived_at);
	line(self, "expected", result->expected);
	line(self, "but", result->passed ? "" : result->complaint);
	fputc('\n', self->page.to);
	self->count = 0;
}

/* "pbuilder-apt, typo: buildd's policy is refused", in place of a probe that is not sent. */
static void variant_title(const struct explain_report *self, size_t variant, const char *what)
{
	page_paint(&self->page, PAINT_TITLE);
	page_text(&self->page, self->scenario->name);
	fputs(", ", self->page.to);
	page_text(&self->page, self->scenario->variants[variant].name);
	fputs(": ", self->page.to);
	page_text(&self->page, what);
	page_paint(&self->page, PAINT_PLAIN);
	fputc('\n', self->page.to);
}

static void explain_refusal(void *report, const struct scenario *scenario,
			    const struct refusal *refusal)
{
	const struct explain_report *self = report;
	char name[REFUSAL_NAME_MAX];
	variant_title(self, refusal->variant, refusal_name(&scenario->hosts[refusal->host], name));
	fprintf(self->page.to, "  %-9s ", "outcome");
	page_painted(&self->page, refusal->passed ? PAINT_GOOD : PAINT_BAD,
		     *refusal->said ? "refused" : "loaded");
	fputs("; no probe is sent here\n", self->page.to);
	line(self, "policy", refusal->policy);
	line(self, "said", refusal->said);
	line(self, "expected", refusal->expected);
	line(self, "but", refusal->complaint);
	fputc('\n', self->page.to);
}

static void explain_warning(void *report, const struct scenario *scenario,
			    const struct warning *warning)
{
	const struct explain_report *self = report;
	const struct story story = {&self->page, 2};
	page_painted(&self->page, PAINT_UNSURE, "warning: ");
	story_warning(&story, scenario, warning);
	fputc('\n', self->page.to);
}

static void explain_skip(void *report, const struct scenario *scenario, size_t variant,
			 size_t count, const struct lack *lack)
{
	(void)scenario;
	(void)count;
	const struct explain_report *self = report;
	variant_title(self, variant, "skipped");
	line(self, "why", lack->reason);
	line(self, "cure", lack->cure);
	fputc('\n', self->page.to);
}

static void explain_failure(void *report, const struct scenario *scenario, size_t variant,
			    const char *why)
{
	struct explain_report *self = report;
	/* One policy in many variants is refused in each of them. */
	bool known = self->failure && !strcmp(self->failure, why);
	page_paint(&self->page, PAINT_BAD);
	page_text(&self->page, scenario->name);
	fputs(", ", self->page.to);
	page_text(&self->page, scenario->variants[variant].name);
	fputs(": the lab failed", self->page.to);
	page_paint(&self->page, PAINT_PLAIN);
	if (known) {
		fputs(", as above\n\n", self->page.to);
		return;
	}
	free(self->failure);
	self->failure = strdup(why);
	fputs("\n  ", self->page.to);
	for (; *why; why += strcspn(why, "\n"), why += *why == '\n') {
		text_write(self->page.to, why, strcspn(why, "\n"));
		fputs("\n  ", self->page.to);
	}
	fputc('\n', self->page.to);
}

static void explain_variant_end(void *report, const struct scenario *scenario, size_t variant,
				double ms)
{
	(void)report;
	(void)scenario;
	(void)variant;
	(void)ms;
}

static void explain_scenario_end(void *report, const struct scenario *scenario)
{
	(void)report;
	(void)scenario;
}

static int explain_close(void *report, const struct totals *totals, int signal)
{
	(void)totals;
	(void)signal;
	struct explain_report *self = report;
	int status = fflush(self->page.to) || ferror(self->page.to) ? -1 : 0;
	free(self->steps);
	free(self->failure);
	free(self);
	return status;
}

const struct reporter report_explain = {
	.name = "explain",
	.summary = "for people: a probe's way, host by host and rule by rule",
	.open = explain_open,
	.scenario_begin = explain_scenario_begin,
	.variant_begin = explain_variant_begin,
	.result = explain_result,
	.refusal = explain_refusal,
	.warning = explain_warning,
	.skipped = explain_skip,
	.step = explain_step,
	.failure = explain_failure,
	.variant_end = explain_variant_end,
	.scenario_end = explain_scenario_end,
	.close = explain_close,
};
