/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/diagnostics.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lab/arena.h"
#include "lab/text.h"
#include "lab/utf8.h"

#define MESSAGE_MAX  1024
#define SHOWN_BEFORE 80	 /* characters of a long line that are shown before the fault, */
#define SHOWN_MAX    160 /* and in all */

struct diagnostic {
	struct place place;
	const char *message;
	size_t order;
};

struct diagnostics {
	struct arena *arena;
	const char *path;
	const char *text, *end;
	struct diagnostic kept[DIAGNOSTICS_MAX];
	size_t n_kept;
	size_t count;
};

struct diagnostics *diagnostics_new(const char *path, const char *text, size_t length)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct arena *arena = arena_new();
	struct diagnostics *diagnostics = arena_alloc(arena, sizeof(*diagnostics));
	diagnostics->arena = arena;
	diagnostics->path = path;
	if (!text)
		return diagnostics;
	diagnostics->text = text;
	diagnostics->end = text + length;
	if (length >= 3 && memcmp(text, byte_order_mark, 3) == 0)
		diagnostics->text += 3;
	return diagnostics;
}

void diagnostics_free(struct diagnostics *diagnostics)
{
	if (diagnostics)
		arena_free(diagnostics->arena);
}

static bool is_known(const struct diagnostics *diagnostics, struct place place, const char *message)
{
	for (size_t i = 0; i < diagnostics->n_kept; i++) {
		const struct diagnostic *kept = &diagnostics->kept[i];
		if (kept->place.line == place.line && kept->place.column == place.column &&
		    strcmp(kept->message, message) == 0)
			return true;
	}
	return false;
}

void diagnostics_add(struct diagnostics *diagnostics, struct place place, const char *format, ...)
{
	char message[MESSAGE_MAX];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);

	if (is_known(diagnostics, place, message))
		return;
	diagnostics->count++;
	if (diagnostics->n_kept == DIAGNOSTICS_MAX)
		return;
	diagnostics->kept[diagnostics->n_kept] = (struct diagnostic){
		.place = place,
		.message = arena_strdup(diagnostics->arena, message),
		.order = diagnostics->n_kept,
	};
	diagnostics->n_kept++;
}

size_t diagnostics_count(const struct diagnostics *diagnostics)
{
	return diagnostics->count;
}

static int compare(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_place(const void *left, const void *right)
{
	const struct diagnostic *a = left, *b = right;
	int order = compare(a->place.line, b->place.line);
	if (!order)
		order = compare(a->place.column, b->place.column);
	return order ? order : compare(a->order, b->order);
}

/* A message may have several lines, but no other control characters. */
static void print_message(const char *message, FILE *to)
{
	for (;;) {
		size_t length = strcspn(message, "\n");
		text_write(to, message, length);
		message += length;
		if (!*message)
			break;
		fputs("\n  ", to);
		message++;
	}
	fputc('\n', to);
}

/* The start of a line, NULL where the text has fewer. */
static const char *find_line(const struct diagnostics *diagnostics, unsigned number)
{
	const char *line = diagnostics->text;
	for (unsigned i = 1; line && i < number; i++) {
		line = memchr(line, '\n', (size_t)(diagnostics->end - line));
		line = line ? line + 1 : NULL;
	}
	return line;
}

static const char *end_of_line(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', (size_t)(end - line));
	if (newline)
		end = newline;
	return end > line && end[-1] == '\r' ? end - 1 : end;
}

static void print_repeated(char c, size_t count, FILE *to)
{
	while (count--)
		fputc(c, to);
}

/* Past `count` characters, or at the end. */
static const char *skip(const char *text, const char *end, size_t count)
{
	while (count-- && text < end)
		utf8_next(&text, end);
	return text;
}

static size_t width(const char *text, const char *end)
{
	char copy[4 * SHOWN_MAX + 1];
	memcpy(copy, text, (size_t)(end - text));
	copy[end - text] = '\0';
	return text_width(copy);
}

/* The line, of a long one the part that matters, and below it the fault underlined. */
static void print_line(const char *line, const char *end, struct place place, FILE *to)
{
	size_t before = place.column > SHOWN_BEFORE ? SHOWN_BEFORE : place.column - 1;
	const char *first = skip(line, end, place.column - 1 - before);
	const char *last = skip(first, end, SHOWN_MAX);
	const char *fault = skip(first, last, before);
	size_t under = width(fault, skip(fault, last, place.length));

	fprintf(to, "%5u | %s", place.line, first > line ? "..." : "");
	text_write(to, first, (size_t)(last - first));
	fprintf(to, "%s\n      | ", last < end ? "..." : "");
	print_repeated(' ', (first > line ? 3 : 0) + width(first, fault), to);
	fputc('^', to);
	print_repeated('~', under ? under - 1 : 0, to);
	fputc('\n', to);
}

/* A folder that came from elsewhere may have files of any name. */
static void print_path(const struct diagnostics *diagnostics, FILE *to)
{
	text_write(to, diagnostics->path, strlen(diagnostics->path));
}

static void print_diagnostic(const struct diagnostics *diagnostics, const struct diagnostic *shown,
			     FILE *to)
{
	struct place place = shown->place;
	print_path(diagnostics, to);
	if (place.line)
		fprintf(to, ":%u:%u", place.line, place.column);
	fputs(": error: ", to);
	print_message(shown->message, to);
	const char *line = place.line ? find_line(diagnostics, place.line) : NULL;
	if (line)
		print_line(line, end_of_line(line, diagnostics->end), place, to);
}

void diagnostics_print(const struct diagnostics *diagnostics, FILE *to)
{
	struct diagnostic sorted[DIAGNOSTICS_MAX];
	memcpy(sorted, diagnostics->kept, sizeof(sorted));
	qsort(sorted, diagnostics->n_kept, sizeof(sorted[0]), by_place);
	for (size_t i = 0; i < diagnostics->n_kept; i++)
		print_diagnostic(diagnostics, &sorted[i], to);
	size_t more = diagnostics->count - diagnostics->n_kept;
	if (!more)
		return;
	print_path(diagnostics, to);
	fprintf(to, ": %zu more error%s\n", more, more == 1 ? "" : "s");
}
