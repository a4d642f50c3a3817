/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The report for programs: one JSON document, written when the run is over.
 *
 * Keys are only ever added; all of them are always there, null where there is
 * nothing to say, so that a script need not ask.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>

#include "lab/report_private.h"
#include "lab/text.h"

#define SCHEMA 1

struct json_report {
	struct arena *arena; /* of this struct */
	FILE *to;
	json_t *scenarios;
	json_t *variants; /* of the scenario that is open; borrowed, as the next two are */
	json_t *variant;
	json_t *probes;
	bool broken; /* something could not be had or added for want of memory */
};

static void *json_report_open(FILE *to, const struct report_style *style)
{
	(void)style;
	struct arena *arena = arena_new();
	struct json_report *self = arena_alloc(arena, sizeof(*self));
	self->arena = arena;
	self->to = to;
	self->scenarios = json_array();
	return self;
}

/* Text as JSON takes it; null for none. */
static json_t *text_or_null(const char *text)
{
	if (!text || !*text)
		return json_null();
	char *valid = text_valid(text);
	json_t *value = json_string_nocheck(valid ? valid : "");
	free(valid);
	return value;
}

/* The same where the contract has a string: never null. */
static json_t *text_value(const char *text)
{
	return text && *text ? text_or_null(text) : json_string("");
}

/* Add `item`, which is given away, to an array that lives in the document; what was added. */
static json_t *append(struct json_report *self, json_t *array, json_t *item)
{
	if (json_array_append_new(array, item) == 0)
		return item;
	self->broken = true;
	return NULL;
}

static void json_scenario_begin(void *report, const struct scenario *scenario)
{
	struct json_report *self = report;
	json_t *item = json_pack("{s:o, s:o, s:o, s:[]}", "name", text_value(scenario->name),
				 "title", text_value(scenario->title), "file",
				 text_value(scenario->path), "variants");
	self->variants = json_object_get(append(self, self->scenarios, item), "variants");
}

static void json_variant_begin(void *report, const struct scenario *scenario, size_t variant)
{
	struct json_report *self = report;
	json_t *item = json_pack("{s:o, s:n, s:n, s:n, s:[], s:[], s:[]}", "name",
				 text_value(scenario->variants[variant].name), "ms", "error",
				 "skipped", "warnings", "refusals", "probes");
	self->variant = append(self, self->variants, item);
	self->probes = json_object_get(self->variant, "probes");
}

static json_t *log_value(const struct log_message *message)
{
	bool owner = message->has_owner, group = message->group >= 0;
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "host",
			 text_value(message->host), "prefix", text_value(message->prefix), "group",
			 group ? json_integer(message->group) : json_null(), "uid",
			 owner ? json_integer(message->uid) : json_null(), "gid",
			 owner ? json_integer(message->gid) : json_null(), "packet",
			 text_value(message->packet), "in", text_or_null(message->in), "out",
			 text_or_null(message->out));
}

static json_t *ends_value(const struct sim_packet *packet)
{
	char from[SIM_PREFIX_TEXT], to[SIM_PREFIX_TEXT];
	/* A ping has none, but an identifier in their place. */
	bool ports = packet->dport;
	return json_pack("{s:o, s:o, s:o, s:o}", "from",
			 text_value(sim_address_text(&packet->from, from)), "from_port",
			 ports ? json_integer(packet->sport) : json_null(), "to",
			 text_value(sim_address_text(&packet->to, to)), "to_port",
			 ports ? json_integer(packet->dport) : json_null());
}

static json_t *nat_value(struct json_report *self, const struct translation *nat)
{
	if (!nat->after.family)
		return json_null();
	json_t *hosts = json_array();
	for (size_t i = 0; i < nat->n_hosts && i < TRANSLATION_HOSTS_MAX; i++)
		append(self, hosts, text_value(nat->hosts[i]));
	return json_pack("{s:o, s:o, s:o}", "before", ends_value(&nat->before), "after",
			 ends_value(&nat->after), "hosts", hosts);
}

static json_t *evidence_value(struct json_report *self, const struct evidence *evidence)
{
	json_t *handle =
		evidence->handle ? json_integer((json_int_t)evidence->handle) : json_null();
	json_t *line = evidence->line ? json_integer(evidence->line) : json_null();
	json_t *log = json_array();
	for (size_t i = 0; i < evidence->n_log && i < EVIDENCE_LOG_MAX; i++)
		append(self, log, log_value(&evidence->log[i]));
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}",
		"kind", text_or_null(evidence->kind), "host", text_or_null(evidence->host), "hook",
		text_or_null(evidence->hook), "table", text_or_null(evidence->table), "chain",
		text_or_null(evidence->chain), "rule", text_or_null(evidence->rule), "handle",
		handle, "file", text_or_null(evidence->file), "line", line, "icmp",
		text_or_null(evidence->icmp), "reason", text_or_null(evidence->reason),
		"arrived_at", text_or_null(evidence->arrived_at), "nat",
		nat_value(self, &evidence->nat), "log", log, "logged", (json_int_t)evidence->n_log);
}

static void json_result(void *report, const struct scenario *scenario, const struct result *result)
{
	struct json_report *self = report;
	const struct probe *probe = &scenario->probes[result->probe];
	const struct outcome *outcome = &result->outcome;

	json_t *item = json_pack("{s:o, s:o, s:o, s:o, s:o}", "name", text_value(probe->name),
				 "from", text_value(result->from), "as",
				 text_value(scenario_actor(&probe->as, result->variant)->text),
				 "family", text_or_null(family_name(result->family)), "target",
				 text_value(result->target));
	json_t *verdict =
		json_pack("{s:o, s:s, s:o, s:b, s:f, s:o}", "expected",
			  text_value(result->expected), "outcome", outcome_kind_name(outcome->kind),
			  "how", text_or_null(outcome->how), "passed", result->passed, "ms",
			  result->ms, "evidence", evidence_value(self, &outcome->evidence));
	json_t *story = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:I}", "why", text_or_null(outcome->why), "complaint",
		text_or_null(result->complaint), "trouble", text_or_null(result->sighting.trouble),
		"answer", text_or_null(result->sighting.answer), "output",
		text_or_null(result->sighting.output), "output_cut",
		(json_int_t)result->sighting.output_cut);
	if (json_object_update(item, verdict) || json_object_update(item, story))
		self->broken = true;
	json_decref(verdict);
	json_decref(story);
	append(self, self->probes, item);
}

static void json_refusal(void *report, const struct scenario *scenario,
			 const struct refusal *refusal)
{
	struct json_report *self = report;
	append(self, json_object_get(self->variant, "refusals"),
	       json_pack("{s:o, s:o, s:o, s:o, s:b, s:o, s:f, s:o}", "host",
			 text_value(scenario->hosts[refusal->host].name), "expected",
			 text_value(refusal->expected), "file", text_or_null(refusal->policy),
			 "line", refusal->line ? json_integer(refusal->line) : json_null(),
			 "passed", refusal->passed, "said", text_or_null(refusal->said), "ms",
			 refusal->ms, "complaint", text_or_null(refusal->complaint)));
}

static void json_warning(void *report, const struct scenario *scenario,
			 const struct warning *warning)
{
	struct json_report *self = report;
	const struct policy *policy = warning_policy(scenario, warning);
	char place[WARNING_PLACE_MAX];
	append(self, json_object_get(self->variant, "warnings"),
	       json_pack("{s:o, s:o, s:o, s:o, s:o}", "host",
			 text_value(scenario->hosts[warning->host].name), "kind",
			 text_value(warning->start ? "start" : policy->kind->name), "file",
			 text_value(policy->shown), "place",
			 text_or_null(warning_place(scenario, warning, place)), "said",
			 text_value(warning->said)));
}

static void json_skip(void *report, const struct scenario *scenario, size_t variant, size_t count,
		      const struct lack *lack)
{
	(void)scenario;
	(void)variant;
	struct json_report *self = report;
	json_t *item = json_pack("{s:o, s:o, s:I}", "reason", text_value(lack->reason), "cure",
				 text_value(lack->cure), "count", (json_int_t)count);
	if (json_object_set_new(self->variant, "skipped", item))
		self->broken = true;
}

static void json_failure(void *report, const struct scenario *scenario, size_t variant,
			 const char *why)
{
	(void)scenario;
	(void)variant;
	struct json_report *self = report;
	if (json_object_set_new(self->variant, "error", text_value(why)))
		self->broken = true;
}

static void json_variant_end(void *report, const struct scenario *scenario, size_t variant,
			     double ms)
{
	(void)scenario;
	(void)variant;
	struct json_report *self = report;
	if (json_object_set_new(self->variant, "ms", json_real(ms)))
		self->broken = true;
}

static void json_scenario_end(void *report, const struct scenario *scenario)
{
	(void)report;
	(void)scenario;
}

static int json_report_close(void *report, const struct totals *totals, int signal)
{
	struct json_report *self = report;
	json_t *document = json_pack(
		"{s:i, s:s, s:o, s:{s:i, s:i, s:i, s:i, s:i}, s:o}", "schema", SCHEMA, "version",
		FWLAB_VERSION, "signal", signal ? json_integer(signal) : json_null(), "totals",
		"passed", (int)totals->passed, "failed", (int)totals->failed, "inconclusive",
		(int)totals->inconclusive, "skipped", (int)totals->skipped, "refused",
		(int)totals->refused, "scenarios", self->scenarios);

	int status = 0;
	if (!document || self->broken) {
		errno = ENOMEM;
		status = -1;
	} else if (json_dumpf(document, self->to,
			      JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII) ||
		   fputc('\n', self->to) == EOF || fflush(self->to)) {
		status = -1;
	}
	json_decref(document);
	arena_free(self->arena);
	return status;
}

const struct reporter report_json = {
	.name = "json",
	.summary = "for programs: one JSON document, at the end",
	.open = json_report_open,
	.scenario_begin = json_scenario_begin,
	.variant_begin = json_variant_begin,
	.result = json_result,
	.refusal = json_refusal,
	.warning = json_warning,
	.skipped = json_skip,
	.failure = json_failure,
	.variant_end = json_variant_end,
	.scenario_end = json_scenario_end,
	.close = json_report_close,
};
