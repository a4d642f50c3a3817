/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/support/reports.h"

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lab/report_private.h"
#include "tests/fuzz/support/fuzz.h"

static void report(const struct reporter *reporter, void *self, const struct happening *happening)
{
	const struct scenario *scenario = happening->scenario;
	reporter->scenario_begin(self, scenario);
	reporter->variant_begin(self, scenario, 0);
	if (happening->step && reporter->step) {
		const struct step first = {.kind = STEP_HOST};
		reporter->step(self, &first);
		reporter->step(self, happening->step);
		reporter->step(self, happening->step);
	}
	if (happening->result)
		reporter->result(self, scenario, happening->result);
	if (happening->refusal && reporter->refusal)
		reporter->refusal(self, scenario, happening->refusal);
	if (happening->warning)
		reporter->warning(self, scenario, happening->warning);
	if (happening->failure)
		reporter->failure(self, scenario, 0, happening->failure);
	if (happening->lack && reporter->skipped)
		reporter->skipped(self, scenario, 0, 1, happening->lack);
	reporter->variant_end(self, scenario, 0, 1.5);
	reporter->scenario_end(self, scenario);
}

/* The document is of visible ASCII, and says the same when it is read and written again. */
static void check_json(const char *text, size_t length)
{
	json_error_t why;
	json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &why);
	HOLDS(document);
	for (size_t i = 0; i < length; i++)
		HOLDS(text[i] == '\n' || (text[i] >= ' ' && text[i] <= '\x7f'));
	char *again =
		json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(9) | JSON_ENSURE_ASCII);
	HOLDS(again && length == strlen(again) + 1 && !memcmp(text, again, length - 1));
	free(again);
	json_decref(document);
}

static void check(const struct reporter *reporter, bool coloured, const struct happening *happening)
{
	const struct report_style style = {.colour = coloured, .again = "fwlab run"};
	const struct totals totals = {.failed = 1};
	char *text;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	HOLDS(to);
	void *self = reporter->open(to, &style);
	report(reporter, self, happening);
	HOLDS(reporter->close(self, &totals, 0) == 0);
	HOLDS(fclose(to) == 0);
	if (reporter == &report_json)
		check_json(text, length);
	else
		fuzz_check_shown(text, length, coloured);
	free(text);
}

void fuzz_check_reports(const struct happening *happening)
{
	HOLDS(setlocale(LC_CTYPE, "C.UTF-8"));
	for (int coloured = 0; coloured < 2; coloured++) {
		check(&report_text, coloured, happening);
		check(&report_explain, coloured, happening);
	}
	check(&report_json, false, happening);
	check(&report_junit, false, happening);
}
