/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/stretch.h"

#include <stdio.h>
#include <string.h>

#include "lab/translation.h"

static const struct probe *probe_of(const struct scenario *scenario, const struct result *result)
{
	return &scenario->probes[result->probe];
}

/* What a line of the report tells of the evidence, and the story by what it was decided. */
static bool same_evidence(const struct evidence *a, const struct evidence *b)
{
	char a_target[TRANSLATION_TEXT];
	char b_target[TRANSLATION_TEXT];
	return a->line == b->line && a->handle == b->handle && !strcmp(a->kind, b->kind) &&
	       !strcmp(a->host, b->host) && !strcmp(a->hook, b->hook) &&
	       !strcmp(a->table, b->table) && !strcmp(a->chain, b->chain) &&
	       !strcmp(a->rule, b->rule) && !strcmp(a->file, b->file) &&
	       !strcmp(a->reason, b->reason) && !strcmp(a->icmp, b->icmp) &&
	       !strcmp(a->arrived_at, b->arrived_at) &&
	       !strcmp(translation_target(&a->nat, a_target),
		       translation_target(&b->nat, b_target));
}

static bool same_result(const struct result *a, const struct result *b)
{
	return a->variant == b->variant && a->family == b->family && a->passed == b->passed &&
	       a->outcome.kind == b->outcome.kind && !strcmp(a->outcome.how, b->outcome.how) &&
	       same_evidence(&a->outcome.evidence, &b->outcome.evidence);
}

static bool has_series(const struct stretch *stretch, const struct scenario *scenario,
		       const struct series *series)
{
	return series && stretch->scenario == scenario &&
	       probe_of(scenario, &stretch->first)->series == series;
}

/* False: it is not of this stretch. */
static bool add(struct stretch *stretch, const struct scenario *scenario,
		const struct result *result)
{
	const struct probe *probe = probe_of(scenario, result);
	if (!has_series(stretch, scenario, probe->series))
		return false;
	unsigned next = probe_of(scenario, &stretch->first)->port + stretch->count;
	if (probe->port != next || !same_result(&stretch->first, result))
		return false;
	stretch->count++;
	stretch->ms += result->ms;
	return true;
}

const char *stretch_name(const struct stretch *stretch, char name[STRETCH_NAME_MAX])
{
	const struct probe *first = probe_of(stretch->scenario, &stretch->first);
	if (stretch->count == 1)
		return first->name;
	snprintf(name, STRETCH_NAME_MAX, "%s: %u-%u", first->series->name, first->port,
		 first->port + stretch->count - 1);
	return name;
}

static void tell(const struct stretches *stretches, struct stretch *stretch)
{
	if (stretch->scenario)
		stretches->tell(stretches->arg, stretch);
	stretch->scenario = NULL;
}

void stretches_end(struct stretches *stretches)
{
	for (size_t i = 0; i < sizeof(stretches->held) / sizeof(*stretches->held); i++)
		tell(stretches, &stretches->held[i]);
}

/* Only one series is ever held. */
static void end_others(struct stretches *stretches, const struct scenario *scenario,
		       const struct series *series)
{
	for (size_t i = 0; i < sizeof(stretches->held) / sizeof(*stretches->held); i++)
		if (!has_series(&stretches->held[i], scenario, series))
			tell(stretches, &stretches->held[i]);
}

void stretches_take(struct stretches *stretches, const struct scenario *scenario,
		    const struct result *result)
{
	const struct series *series = probe_of(scenario, result)->series;
	struct stretch *held = &stretches->held[result->family];
	if (add(held, scenario, result))
		return;
	end_others(stretches, scenario, series);
	tell(stretches, held);
	*held = (struct stretch){scenario, *result, 1, result->ms};
	if (!series)
		tell(stretches, held);
}
