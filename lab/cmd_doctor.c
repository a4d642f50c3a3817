/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fwlab doctor: what this machine can do, and the cure for what it cannot. */
#include <jansson.h>
#include <string.h>

#include "lab/command.h"
#include "lab/doctor.h"
#include "lab/text.h"
#include "netsim/cleanup.h"

#define SCHEMA	   1
#define NAME_WIDTH 24

struct doctor_settings {
	bool json;
};

static void print_story(const char *label, const char *text)
{
	printf("             %-6s", label);
	text_write(stdout, text, strlen(text));
	putchar('\n');
}

static void print_row(const struct doctor_row *row)
{
	printf("  %-8s ", row->is_there ? "ok" : "MISSING");
	text_write_column(stdout, row->name, NAME_WIDTH);
	if (*row->detail) {
		fputs("  ", stdout);
		text_write(stdout, row->detail, strlen(row->detail));
	}
	putchar('\n');
	if (row->is_there)
		return;
	print_story("why", row->lack.reason);
	print_story("cure", row->lack.cure);
}

static int print_text(const struct doctor_report *report)
{
	size_t missing = 0;
	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_row *row = &report->rows[i];
		if (i == 0 || row->group != row[-1].group)
			printf("%s\n", doctor_group_name(row->group));
		print_row(row);
		missing += !row->is_there;
	}
	printf("\nfwlab: scenarios %s be run here; %zu of %zu things are missing\n",
	       doctor_can_run(report) ? "can" : "cannot", missing, report->count);
	return 0;
}

/* Of text that may be anything. */
static json_t *text_value(const char *text)
{
	autofree char *valid = *text ? text_valid(text) : NULL;
	return valid ? json_string(valid) : json_null();
}

static json_t *row_value(const struct doctor_row *row)
{
	return json_pack("{s:s, s:o, s:b, s:o, s:o, s:o}", "group", doctor_group_name(row->group),
			 "name", text_value(row->name), "ok", row->is_there, "detail",
			 text_value(row->detail), "reason", text_value(row->lack.reason), "cure",
			 text_value(row->lack.cure));
}

static int print_json(const struct doctor_report *report)
{
	json_t *rows = json_array();
	int status = rows ? 0 : -1;
	for (size_t i = 0; i < report->count && status == 0; i++)
		status = json_array_append_new(rows, row_value(&report->rows[i]));
	json_t *document = json_pack("{s:i, s:b, s:o}", "schema", SCHEMA, "can_run",
				     doctor_can_run(report), "rows", rows);
	if (!document || json_dumpf(document, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII) < 0)
		status = -1;
	putchar('\n');
	json_decref(document);
	return status;
}

static const char *const kinds[] = {"text", "json"};

static const char *kind_nth(size_t i)
{
	return i < sizeof(kinds) / sizeof(*kinds) ? kinds[i] : NULL;
}

static int set_report(void *settings, char *value, struct sim_error *err)
{
	for (size_t i = 0; kind_nth(i); i++)
		if (!strcmp(kind_nth(i), value)) {
			((struct doctor_settings *)settings)->json = i == 1;
			return 0;
		}
	return options_fail_choice("report", value, kind_nth, err);
}

static const struct option_row options[] = {
	{.name = "report",
	 .argument = "KIND",
	 .help = "in which form to write it; KIND is one of",
	 .set = set_report,
	 .choice = kind_nth},
	{0},
};

static int examine(const struct doctor_settings *wanted, const struct scenario_set *set)
{
	struct sim_error err;
	struct doctor_report *report = doctor_look(set, &err);
	if (!report) {
		command_complain("doctor", &err);
		return STATUS_UNSURE;
	}
	int written = wanted->json ? print_json(report) : print_text(report);
	bool good = written == 0 && doctor_can_run(report);
	doctor_free(report);
	return good ? STATUS_GOOD : STATUS_UNSURE;
}

static int doctor(const void *settings, char *const *arguments, size_t count)
{
	struct arena *arena = arena_new();
	struct scenario_set set = {0};
	int status = STATUS_USAGE;
	if (!count || scenario_set_read(&set, arena, arguments, count, stderr) == 0)
		status = examine(settings, &set);
	scenario_set_free(&set);
	arena_free(arena);
	return status;
}

const struct command command_doctor = {
	.name = "doctor",
	.arguments = "[SCENARIO...]",
	.summary = "say what this machine can do, and the cure for what it cannot",
	.details =
		"It builds a lab of two hosts, asks every kind of policy's tool for its version, "
		"and\n"
		"looks for each feature of the kernel that a scenario may need. With SCENARIO, a\n"
		"file or a folder, it looks for the programs that these need, too.\n"
		"\n"
		"Exit status: 0 scenarios can be run, though perhaps not all of them, 2 something\n"
		"is wrong with one, 3 none can be run.\n",
	.options = options,
	.settings_size = sizeof(struct doctor_settings),
	.run = doctor,
};
