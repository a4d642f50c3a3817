/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report_story.h"

#include <inttypes.h>
#include <string.h>

#include "lab/expect.h"
#include "lab/text.h"
#include "lab/translation.h"

#define LINES_MAX   20 /* of one text; the last ones are shown */
#define LABEL_WIDTH 9

#define WARNING_LINES_MAX 10 /* the first ones are shown */

bool story_has_variants(const struct scenario *scenario)
{
	return scenario->n_variants > 1 || strcmp(scenario->variants[0].name, "default") != 0;
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
static void story_lines(const struct story *story, const char *label, const char *line,
			const char *end)
{
	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		if (!stop)
			stop = end;
		page_indent(story->page, story->indent);
		fprintf(story->page->to, "%-*s ", LABEL_WIDTH, label);
		text_write_line(story->page->to, line, (size_t)(stop - line));
		fputc('\n', story->page->to);
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

void story_part(const struct story *story, const char *label, const char *text)
{
	size_t length = length_without_end(text);
	story_lines(story, label, last_lines(text, length, LINES_MAX - 1), text + length);
}

void story_whole_part(const struct story *story, const char *label, const char *text)
{
	story_lines(story, label, text, text + length_without_end(text));
}

/* "s: fw.sh (scenario.yaml:7:9) was loaded, but said:" */
void story_warning(const struct story *story, const struct scenario *scenario,
		   const struct warning *warning)
{
	const struct page *page = story->page;
	char place[WARNING_PLACE_MAX];
	size_t length = length_without_end(warning->said);
	const char *line = warning->said;
	page_text(page, scenario->hosts[warning->host].name);
	fputs(": ", page->to);
	page_text(page, warning_policy(scenario, warning)->shown);
	if (*warning_place(scenario, warning, place)) {
		fputs(" (", page->to);
		page_text(page, place);
		fputc(')', page->to);
	}
	fputs(warning->start ? " was run, but said:\n" : " was loaded, but said:\n", page->to);
	for (unsigned i = 0; i < WARNING_LINES_MAX && line < warning->said + length; i++) {
		size_t rest = (size_t)(warning->said + length - line);
		const char *end = memchr(line, '\n', rest);
		size_t shown = end ? (size_t)(end - line) : rest;
		page_indent(page, story->indent);
		text_write_line(page->to, line, shown);
		fputc('\n', page->to);
		line += shown + (end != NULL);
	}
	if (line < warning->said + length) {
		page_indent(page, story->indent);
		fputs("[...]\n", page->to);
	}
}

/* What was seen, as far as it is known. */
static void evidence_story(const struct story *story, const struct evidence *evidence)
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
		story_part(story, parts[i].label, parts[i].text);
}

/* The packet before and after, where NAT has changed it. */
static void nat_story(const struct story *story, const struct translation *nat)
{
	char text[SIM_PACKET_TEXT];
	story_part(story, "sent", sim_packet_text(&nat->before, text));
	story_part(story, "became", sim_packet_text(&nat->after, text));
	for (size_t i = 0; i < nat->n_hosts && i < TRANSLATION_HOSTS_MAX; i++)
		story_part(story, i ? "" : "nat by", nat->hosts[i]);
}

/* What was logged, a line each. */
static void log_story(const struct story *story, const struct evidence *evidence)
{
	char text[LOG_MESSAGE_TEXT];
	for (size_t i = 0; i < evidence->n_log && i < EVIDENCE_LOG_MAX; i++)
		story_part(story, i ? "" : "log", log_message_text(&evidence->log[i], text));
	if (evidence->n_log > EVIDENCE_LOG_MAX) {
		snprintf(text, sizeof(text), "and %zu more", evidence->n_log - EVIDENCE_LOG_MAX);
		story_part(story, "", text);
	}
}

/* The last lines of what a program printed, and how much there was before them. */
static void output_story(const struct story *story, const struct sighting *sighting)
{
	const char *output = sighting->output;
	size_t length = length_without_end(output);
	const char *line = last_lines(output, length, LINES_MAX - 1);
	uint64_t cut = sighting->output_cut + (uint64_t)(line - output);
	char note[64];
	snprintf(note, sizeof(note), "(without its first %" PRIu64 " bytes)", cut);
	if (cut)
		story_part(story, "output", note);
	story_lines(story, cut ? "" : "output", line, output + length);
}

/* The command that runs this probe again, and as little else as can be. */
static void again_story(const struct story *story, const struct scenario *scenario,
			const struct result *result, const char *again)
{
	page_indent(story->page, story->indent);
	fprintf(story->page->to, "%-*s %s", LABEL_WIDTH, "again", again);
	if (story_has_variants(scenario)) {
		fputs(" --variant ", story->page->to);
		text_write_word(story->page->to, scenario->variants[result->variant].name);
	}
	fputs(" --filter ", story->page->to);
	text_write_word(story->page->to, scenario->probes[result->probe].name);
	fputc(' ', story->page->to);
	text_write_word(story->page->to, scenario->path);
	fputc('\n', story->page->to);
}

void story_result(const struct story *story, const struct scenario *scenario,
		  const struct result *result, const char *again)
{
	const struct probe *probe = &scenario->probes[result->probe];
	const struct outcome *outcome = &result->outcome;
	const struct sighting *sighting = &result->sighting;
	char got[256];
	const char *preposition;
	const char *host = outcome_host(outcome, &preposition);

	outcome_describe(outcome, got, sizeof(got));
	if (*host) {
		size_t used = strlen(got);
		snprintf(got + used, sizeof(got) - used, " %s %s", preposition, host);
	}
	story_part(story, "from", result->from);
	story_part(story, "as", scenario_actor(&probe->as, result->variant)->text);
	story_part(story, "target", result->target);
	story_part(story, "expected", result->expected);
	story_part(story, "got", got);
	story_part(story, "but", result->complaint);
	story_part(story, "why", outcome->why);
	evidence_story(story, &outcome->evidence);
	nat_story(story, &outcome->evidence.nat);
	log_story(story, &outcome->evidence);
	story_part(story, "saw", sighting->trouble);
	story_part(story, "answer", sighting->answer);
	output_story(story, sighting);
	again_story(story, scenario, result, again);
}
