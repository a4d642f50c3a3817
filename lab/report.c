/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/report_private.h"

static const struct reporter *const reporters[] = {&report_text, &report_json, &report_junit};

const struct reporter *reporter_nth(size_t i)
{
	return i < sizeof(reporters) / sizeof(*reporters) ? reporters[i] : NULL;
}

const struct reporter *reporter_find(const char *name)
{
	const struct reporter *reporter;
	for (size_t i = 0; (reporter = reporter_nth(i)); i++) {
		if (strcmp(reporter->name, name) == 0)
			return reporter;
	}
	return NULL;
}

/* A report that is being written. */
struct report {
	const struct report_order *order;
	FILE *to; /* ours to close where the order has a path */
	struct report_style style;
	void *self; /* the reporter's */
	int errnum; /* why the stream failed, the first time that it did */
};

struct report_sink {
	struct arena *arena;
	struct report *reports;
	size_t count;
};

static bool wants_colour(FILE *to, enum colour colour)
{
	if (colour != COLOUR_AUTO)
		return colour == COLOUR_ALWAYS;
	const char *no_color = getenv("NO_COLOR");
	return !(no_color && *no_color) && isatty(fileno(to));
}

static const char *destination(const struct report_order *order)
{
	return order->path ? order->path : "standard output";
}

/* Note down that a stream failed while errno still says why. */
static void settle(struct report *report)
{
	bool failed = fflush(report->to) != 0 || ferror(report->to);
	if (failed && !report->errnum)
		report->errnum = errno ? errno : EIO;
}

static void report_close(struct report *report, const struct totals *totals, int signal)
{
	errno = 0;
	int status = report->order->reporter->close(report->self, totals, signal);
	if (status && !report->errnum)
		report->errnum = errno ? errno : EIO;
	settle(report);
	if (report->order->path && fclose(report->to) && !report->errnum)
		report->errnum = errno;
}

static bool same_place(const struct report_order *a, const struct report_order *b)
{
	return strcmp(destination(a), destination(b)) == 0;
}

/* Two reports in one file would be of use to nobody. */
static int check_apart(const struct report_order *orders, size_t count, struct sim_error *err)
{
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (same_place(&orders[i], &orders[k]))
				return sim_fail(err, 0, "two reports cannot both go to %s",
						destination(&orders[i]));
		}
	}
	return 0;
}

/* All files first: a report is not begun when another cannot be. */
static int open_files(struct report_sink *sink, const struct report_order *orders, size_t count,
		      struct sim_error *err)
{
	for (; sink->count < count; sink->count++) {
		struct report *report = &sink->reports[sink->count];
		report->order = &orders[sink->count];
		const char *path = report->order->path;
		report->to = path ? fopen(path, "we") : stdout;
		if (!report->to)
			return sim_fail(err, errno, "cannot write the %s report to '%s'",
					report->order->reporter->name, path);
	}
	return 0;
}

static void close_files(const struct report_sink *sink)
{
	for (size_t i = 0; i < sink->count; i++) {
		if (sink->reports[i].order->path)
			fclose(sink->reports[i].to);
	}
}

struct report_sink *report_sink_open(const struct report_order *orders, size_t count,
				     enum colour colour, const char *again, struct sim_error *err)
{
	if (check_apart(orders, count, err))
		return NULL;
	struct arena *arena = arena_new();
	struct report_sink *sink = arena_alloc(arena, sizeof(*sink));
	sink->arena = arena;
	sink->reports = arena_array(arena, struct report, count);
	if (open_files(sink, orders, count, err)) {
		close_files(sink);
		arena_free(arena);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct report *report = &sink->reports[i];
		report->style.colour = wants_colour(report->to, colour);
		report->style.again = again;
		report->self = report->order->reporter->open(report->to, &report->style);
	}
	return sink;
}

int report_sink_close(struct report_sink *sink, const struct totals *totals, int signal,
		      struct sim_error *err)
{
	int status = 0;
	for (size_t i = 0; i < sink->count; i++) {
		struct report *report = &sink->reports[i];
		report_close(report, totals, signal);
		if (report->errnum && status == 0)
			status =
				sim_fail(err, report->errnum, "the %s report to %s is not complete",
					 report->order->reporter->name, destination(report->order));
	}
	arena_free(sink->arena);
	return status;
}

/* Call one of the reporters' functions in all of them. */
#define TELL(sink, function, ...)                                                                  \
	for (size_t i_ = 0; i_ < (sink)->count; i_++) {                                            \
		struct report *report_ = &(sink)->reports[i_];                                     \
		errno = 0;                                                                         \
		report_->order->reporter->function(report_->self, __VA_ARGS__);                    \
		settle(report_);                                                                   \
	}

bool report_sink_is_shown(const struct report_sink *sink)
{
	for (size_t i = 0; i < sink->count; i++)
		if (sink->reports[i].to == stdout &&
		    (sink->reports[i].order->reporter == reporter_find("text") ||
		     sink->reports[i].order->reporter == &report_explain))
			return true;
	return false;
}

void report_scenario_begin(const struct report_sink *sink, const struct scenario *scenario)
{
	TELL(sink, scenario_begin, scenario)
}

void report_variant_begin(const struct report_sink *sink, const struct scenario *scenario,
			  size_t variant)
{
	TELL(sink, variant_begin, scenario, variant)
}

void report_result(const struct report_sink *sink, const struct scenario *scenario,
		   const struct result *result)
{
	TELL(sink, result, scenario, result)
}

void report_refusal(const struct report_sink *sink, const struct scenario *scenario,
		    const struct refusal *refusal)
{
	TELL(sink, refusal, scenario, refusal)
}

void report_warning(const struct report_sink *sink, const struct scenario *scenario,
		    const struct warning *warning)
{
	TELL(sink, warning, scenario, warning)
}

void report_skip(const struct report_sink *sink, const struct scenario *scenario, size_t variant,
		 size_t count, const struct lack *lack)
{
	TELL(sink, skipped, scenario, variant, count, lack)
}

void report_step(const struct report_sink *sink, const struct step *step)
{
	for (size_t i = 0; i < sink->count; i++) {
		struct report *report = &sink->reports[i];
		errno = 0;
		if (report->order->reporter->step)
			report->order->reporter->step(report->self, step);
		settle(report);
	}
}

void report_failure(const struct report_sink *sink, const struct scenario *scenario, size_t variant,
		    const char *why)
{
	TELL(sink, failure, scenario, variant, why)
}

void report_variant_end(const struct report_sink *sink, const struct scenario *scenario,
			size_t variant, double ms)
{
	TELL(sink, variant_end, scenario, variant, ms)
}

void report_scenario_end(const struct report_sink *sink, const struct scenario *scenario)
{
	TELL(sink, scenario_end, scenario)
}
