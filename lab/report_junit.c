/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for CI: JUnit's XML, as GitLab, Jenkins and others read it.  A suite
 * for each variant, a case for each probe; what was inconclusive is an error, no
 * failure.  Text goes through text.h, and so has no character that XML has not.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report_private.h"
#include "lab/report_story.h"
#include "lab/text.h"

struct junit_report {
	struct arena *arena; /* of this struct */
	FILE *to;
	const char *again;
	/* Of the suite that is open: its start says how many there are. */
	FILE *cases;
	char *text;
	size_t length;
	FILE *said; /* its <system-err> */
	char *words;
	size_t n_words;
	unsigned tests, failures, errors, skipped;
	const char *suite, *variant;
	bool broken; /* something could not be had for want of memory */
};

static void write_escaped(FILE *to, const char *text, const char *newline)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", to);
		else if (*text == '<')
			fputs("&lt;", to);
		else if (*text == '>')
			fputs("&gt;", to);
		else if (*text == '"')
			fputs("&quot;", to);
		else if (*text == '\n')
			fputs(newline, to);
		else
			fputc(*text, to);
	}
}

/* Text from elsewhere, in an attribute: a name, or what is of lines, which would be blanks
 * (XML 1.0, 3.3.3). */
static void write_text(struct junit_report *self, FILE *to, const char *text, bool lines)
{
	char *visible = NULL;
	size_t length;
	FILE *aside = open_memstream(&visible, &length);
	if (aside && lines)
		text_write_lines(aside, text, "\n");
	else if (aside)
		text_write(aside, text, strlen(text));
	if (aside && fclose(aside) == 0)
		write_escaped(to, visible, "&#10;");
	else
		self->broken = true;
	free(visible);
}

static void write_attribute(struct junit_report *self, FILE *to, const char *name, const char *text)
{
	fprintf(to, " %s=\"", name);
	write_text(self, to, text, true);
	fputc('"', to);
}

static void *junit_open(FILE *to, const struct report_style *style)
{
	struct arena *arena = arena_new();
	struct junit_report *self = arena_alloc(arena, sizeof(*self));
	*self = (struct junit_report){.arena = arena, .to = to, .again = style->again};
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fwlab\">\n", to);
	return self;
}

static void junit_scenario_begin(void *report, const struct scenario *scenario)
{
	(void)report;
	(void)scenario;
}

static void junit_variant_begin(void *report, const struct scenario *scenario, size_t variant)
{
	struct junit_report *self = report;
	self->suite = scenario->name;
	self->variant = scenario->variants[variant].name;
	self->tests = self->failures = self->errors = self->skipped = 0;
	self->cases = open_memstream(&self->text, &self->length);
	self->said = open_memstream(&self->words, &self->n_words);
	self->broken |= !self->cases || !self->said;
}

/* Its start: what comes of it is inside. */
static void begin_case(struct junit_report *self, const char *name, const char *family, double ms)
{
	fputs("    <testcase classname=\"", self->cases);
	write_text(self, self->cases, self->suite, false);
	fputc('.', self->cases);
	write_text(self, self->cases, self->variant, false);
	fputs("\" name=\"", self->cases);
	write_text(self, self->cases, name, false);
	fprintf(self->cases, "%s%s\" time=\"%.6f\">\n", *family ? " " : "", family, ms / 1000);
	self->tests++;
}

static void end_case(struct junit_report *self)
{
	fputs("    </testcase>\n", self->cases);
}

/* What people would read of it is its text. */
static void write_story(struct junit_report *self, const struct scenario *scenario,
			const struct result *result)
{
	char *text = NULL;
	size_t length;
	struct page page = {.to = open_memstream(&text, &length)};
	const struct story story = {&page, 0};
	if (page.to)
		story_result(&story, scenario, result, self->again);
	if (page.to && fclose(page.to) == 0)
		write_escaped(self->cases, text, "\n");
	else
		self->broken = true;
	free(text);
}

static void begin_fault(struct junit_report *self, bool is_error, const char *type,
			const char *message)
{
	*(is_error ? &self->errors : &self->failures) += 1;
	fputs(is_error ? "      <error" : "      <failure", self->cases);
	write_attribute(self, self->cases, "type", type);
	write_attribute(self, self->cases, "message", message);
	fputc('>', self->cases);
}

static void end_fault(struct junit_report *self, bool is_error)
{
	fputs(is_error ? "</error>\n" : "</failure>\n", self->cases);
}

static void junit_result(void *report, const struct scenario *scenario, const struct result *result)
{
	struct junit_report *self = report;
	const char *kind = outcome_kind_name(result->outcome.kind);
	bool unsure = result->outcome.kind == OUTCOME_INCONCLUSIVE;
	if (!self->cases)
		return;
	begin_case(self, scenario->probes[result->probe].name, family_name(result->family),
		   result->ms);
	if (!result->passed) {
		begin_fault(self, unsure, kind, result->complaint);
		write_story(self, scenario, result);
		end_fault(self, unsure);
	}
	end_case(self);
}

static void junit_refusal(void *report, const struct scenario *scenario,
			  const struct refusal *refusal)
{
	struct junit_report *self = report;
	char name[REFUSAL_NAME_MAX];
	if (!self->cases)
		return;
	begin_case(self, refusal_name(&scenario->hosts[refusal->host], name), "", refusal->ms);
	if (!refusal->passed) {
		begin_fault(self, false, "refusal", refusal->complaint);
		write_text(self, self->cases, refusal->said, true);
		end_fault(self, false);
	}
	end_case(self);
}

static void junit_warning(void *report, const struct scenario *scenario,
			  const struct warning *warning)
{
	const struct junit_report *self = report;
	const struct page page = {.to = self->said};
	const struct story story = {&page, 0};
	if (self->said)
		story_warning(&story, scenario, warning);
}

/* Which they are need not be known: one case for all of them. */
static void junit_skip(void *report, const struct scenario *scenario, size_t variant, size_t count,
		       const struct lack *lack)
{
	(void)scenario;
	(void)variant;
	struct junit_report *self = report;
	char name[64];
	char message[sizeof(lack->reason) + sizeof(lack->cure) + 4];
	if (!self->cases)
		return;
	snprintf(name, sizeof(name), "%zu left out", count);
	snprintf(message, sizeof(message), "%s; %s", lack->reason, lack->cure);
	begin_case(self, name, "", 0);
	fputs("      <skipped", self->cases);
	write_attribute(self, self->cases, "message", message);
	fputs("/>\n", self->cases);
	end_case(self);
	self->skipped++;
}

static void junit_failure(void *report, const struct scenario *scenario, size_t variant,
			  const char *why)
{
	(void)scenario;
	(void)variant;
	struct junit_report *self = report;
	if (!self->cases)
		return;
	begin_case(self, "the lab", "", 0);
	begin_fault(self, true, "lab", why);
	end_fault(self, true);
	end_case(self);
}

/* A suite is written when it is known what is in it. */
static void write_suite(struct junit_report *self, double ms)
{
	if (!self->cases || !self->said)
		return;
	self->broken |= fclose(self->cases) != 0;
	self->broken |= fclose(self->said) != 0;
	self->cases = self->said = NULL;
	fputs("  <testsuite name=\"", self->to);
	write_text(self, self->to, self->suite, false);
	fputs(", ", self->to);
	write_text(self, self->to, self->variant, false);
	fprintf(self->to,
		"\" tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n",
		self->tests, self->failures, self->errors, self->skipped, ms / 1000);
	if (!self->broken) {
		fputs(self->text, self->to);
		fputs("    <system-err>", self->to);
		write_escaped(self->to, self->words, "\n");
		fputs("</system-err>\n", self->to);
	}
	fputs("  </testsuite>\n", self->to);
	free(self->text);
	free(self->words);
	self->text = self->words = NULL;
}

static void junit_variant_end(void *report, const struct scenario *scenario, size_t variant,
			      double ms)
{
	(void)scenario;
	(void)variant;
	write_suite(report, ms);
}

static void junit_scenario_end(void *report, const struct scenario *scenario)
{
	(void)report;
	(void)scenario;
}

static int junit_close(void *report, const struct totals *totals, int signal)
{
	struct junit_report *self = report;
	(void)totals;
	(void)signal;
	write_suite(self, 0);
	fputs("</testsuites>\n", self->to);
	if (self->broken)
		errno = ENOMEM;
	int status = self->broken || fflush(self->to) || ferror(self->to) ? -1 : 0;
	arena_free(self->arena);
	return status;
}

const struct reporter report_junit = {
	.name = "junit",
	.summary = "for CI: JUnit's XML, a suite for each variant",
	.open = junit_open,
	.scenario_begin = junit_scenario_begin,
	.variant_begin = junit_variant_begin,
	.result = junit_result,
	.refusal = junit_refusal,
	.warning = junit_warning,
	.skipped = junit_skip,
	.failure = junit_failure,
	.variant_end = junit_variant_end,
	.scenario_end = junit_scenario_end,
	.close = junit_close,
};
