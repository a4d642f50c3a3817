/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fwlab explain: one probe, and all that befalls its packets on their way. */
#include <string.h>

#include "lab/command.h"
#include "lab/nearest.h"
#include "lab/report.h"
#include "lab/runner.h"
#include "lab/selection.h"

struct explain_settings {
	struct selection selection; /* first */
	enum family family;
	bool all_before;
};

static const char *family_nth(size_t i)
{
	return i < FAMILY_IPV6 ? family_name((enum family)(i + 1)) : NULL;
}

static int set_family(void *settings, char *value, struct sim_error *err)
{
	const char *name;
	for (size_t i = 0; (name = family_nth(i)); i++) {
		if (strcmp(name, value) == 0) {
			((struct explain_settings *)settings)->family = (enum family)(i + 1);
			return 0;
		}
	}
	return options_fail_choice("family", value, family_nth, err);
}

static int set_all_before(void *settings, char *value, struct sim_error *err)
{
	(void)value;
	(void)err;
	((struct explain_settings *)settings)->all_before = true;
	return 0;
}

static const struct option_row options[] = {
	SELECTION_ROWS,
	{.name = "family",
	 .argument = "FAMILY",
	 .help = "over this family only; FAMILY is one of",
	 .set = set_family,
	 .choice = family_nth},
	{.name = "all-before",
	 .help = "send all the probes before it first, as 'fwlab run' does: for policies that "
		 "remember",
	 .set = set_all_before},
	{0},
};

/* Two probes that a text could mean. */
static int fail_ambiguous(const struct scenario *scenario, const char *text, size_t a, size_t b,
			  struct sim_error *err)
{
	return sim_fail(err, 0, "'%s' may be '%s', '%s', or others: give more of the name", text,
			scenario->probes[a].name, scenario->probes[b].name);
}

static int fail_unknown(const struct scenario *scenario, const char *text, struct sim_error *err)
{
	struct nearest nearest = nearest_to(text);
	for (size_t i = 0; i < scenario->n_probes; i++)
		nearest_offer(&nearest, scenario->probes[i].name);
	if (nearest.name)
		return sim_fail(err, 0, "unknown probe '%s'; did you mean '%s'?", text,
				nearest.name);
	return sim_fail(err, 0, "no probe has '%s' in its name", text);
}

/* The probe of this name or, where there is none, the only one that has the text in its name. */
static int find_probe(const struct scenario *scenario, const char *text, size_t *probe,
		      struct sim_error *err)
{
	size_t found = NONE;
	size_t other = NONE;
	for (size_t i = 0; i < scenario->n_probes; i++) {
		const char *name = scenario->probes[i].name;
		if (!strcmp(name, text)) {
			*probe = i;
			return 0;
		}
		if (!strcasestr(name, text))
			continue;
		other = other == NONE ? found : other;
		found = i;
	}
	if (found == NONE)
		return fail_unknown(scenario, text, err);
	if (other != NONE)
		return fail_ambiguous(scenario, text, other, found, err);
	*probe = found;
	return 0;
}

static int check_family(const struct scenario *scenario, const struct session_single *single,
			struct sim_error *err)
{
	const struct probe *probe = &scenario->probes[single->probe];
	if (single->family == FAMILY_ANY || probe->family == FAMILY_ANY ||
	    probe->family == single->family)
		return 0;
	return sim_fail(err, 0, "probe '%s' is over %s only", probe->name,
			family_name(probe->family));
}

/* What it came to may be due to what was not sent. */
static void tell_alone(const struct session_single *single)
{
	if (single->probe && !single->all_before)
		printf("sent alone, without the %zu %s before it; --all-before sends these first\n",
		       single->probe, single->probe == 1 ? "probe" : "probes");
}

static int explain_probe(const struct scenario *scenario, const struct explain_settings *settings,
			 const struct session_single *single)
{
	const struct report_order order = {.reporter = &report_explain};
	const struct runner_options how = {
		.variants = settings->selection.variants,
		.n_variants = settings->selection.n_variants,
		.jobs = 1,
		.single = single,
	};
	struct totals totals = {0};
	struct sim_error err;
	int signal = 0;
	struct report_sink *sink =
		report_sink_open(&order, 1, settings->selection.colour, "", &err);
	if (!sink) {
		command_complain("explain", &err);
		return STATUS_USAGE;
	}
	int status = runner_run(scenario, &how, sink, &totals, &signal);
	if (report_sink_close(sink, &totals, signal, &err)) {
		command_complain("explain", &err);
		status = status < 0 ? status : status_worse(status, STATUS_UNSURE);
	}
	if (totals.passed || totals.failed)
		tell_alone(single);
	return status < 0 ? -signal : status;
}

static int explain_one(const struct scenario_set *set, const struct explain_settings *settings,
		       const char *text)
{
	struct session_single single = {.family = settings->family,
					.all_before = settings->all_before};
	struct sim_error err;
	if (set->count != 1)
		sim_fail(&err, 0, "there are %zu scenarios in it: name one of them", set->count);
	else if (!selection_check(&settings->selection, set, &err) &&
		 !find_probe(set->scenarios[0], text, &single.probe, &err) &&
		 !check_family(set->scenarios[0], &single, &err))
		return explain_probe(set->scenarios[0], settings, &single);
	command_complain("explain", &err);
	return STATUS_USAGE;
}

static int explain_command(const void *settings, char *const *arguments, size_t count)
{
	const struct explain_settings *explain = settings;
	struct sim_error err;
	int status = STATUS_USAGE;
	if (count != 2) {
		sim_fail(&err, 0, "it takes a scenario and a probe");
		command_complain("explain", &err);
		return STATUS_USAGE;
	}
	struct arena *arena = arena_new();
	struct scenario_set set;
	if (!scenario_set_read(&set, arena, arguments, 1, stderr) &&
	    !selection_override(&explain->selection, &set))
		status = explain_one(&set, explain, arguments[1]);
	scenario_set_free(&set);
	arena_free(arena);
	return status;
}

const struct command command_explain = {
	.name = "explain",
	.arguments = "SCENARIO PROBE",
	.summary = "send one probe, and tell its way host by host and rule by rule",
	.details =
		"PROBE is the name of one of the scenario's probes, or a part of it that no other\n"
		"probe's name has, in upper or lower case.\n"
		"\n"
		"All rules that its packets match are shown, there and back, and where they are\n"
		"written, as far as that is known. Where a packet is denied, so are the near\n"
		"misses: rules that would have accepted it, had one thing about it been "
		"different.\n"
		"\n"
		"It is sent alone, to a lab of its own: where a policy remembers what came before\n"
		"(knocks, bans, limits), its outcome may differ from that of 'fwlab run'.\n"
		"\n"
		"Exit status: as that of 'fwlab run'.\n",
	.options = options,
	.settings_size = sizeof(struct explain_settings),
	.run = explain_command,
};
