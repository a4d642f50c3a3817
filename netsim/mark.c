/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/mark.h"

#include <ctype.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "netsim/cleanup.h"

#define PREFIX	  "fwlab_"
#define DEPTH_MAX 8

void mark_place_name(struct mark_place place, char name[MARK_LENGTH_MAX])
{
	snprintf(name, MARK_LENGTH_MAX, PREFIX "%u_%u", place.file, place.line);
}

/* Where a line of the text that is being copied stands. */
static struct mark_place place_of(const struct mark *mark, unsigned line)
{
	const struct mark_source *source = &mark->source;
	if (!source->path)
		return (struct mark_place){0};
	return (struct mark_place){mark->file, source->line ? source->line : source->before + line};
}

void mark_name(const struct mark *mark, unsigned line, char name[MARK_LENGTH_MAX])
{
	mark_place_name(place_of(mark, line), name);
}

const char *mark_policy_at(struct mark_book *book, unsigned run, const char *word, size_t length,
			   struct mark_place place)
{
	static const char *const contraries[][2] = {
		{"ACCEPT", "DROP"}, {"DROP", "ACCEPT"}, {"accept", "drop"}, {"drop", "accept"}};
	for (size_t i = 0; i < sizeof(contraries) / sizeof(*contraries); i++) {
		if (strlen(contraries[i][0]) == length && !memcmp(contraries[i][0], word, length))
			return mark_book_policy(book, place) >> run & 1 ? contraries[i][1] : NULL;
	}
	return NULL;
}

const char *mark_policy(struct mark *mark, const char *word, size_t length, unsigned line)
{
	return mark_policy_at(mark->book, mark->run, word, length, place_of(mark, line));
}

char *mark_read_file(const char *path)
{
	struct stat about;
	if (stat(path, &about) < 0 || !S_ISREG(about.st_mode))
		return NULL;
	autofclose FILE *file = fopen(path, "re");
	autofree char *text = file ? malloc(MARK_TEXT_MAX + 1) : NULL;
	if (!text)
		return NULL;
	size_t length = fread(text, 1, MARK_TEXT_MAX, file);
	text[length] = '\0';
	return length == MARK_TEXT_MAX || strlen(text) != length ? NULL : steal_ptr(&text);
}

bool mark_is_marked(const char *text)
{
	return strstr(text, PREFIX) != NULL;
}

/* Copy a text from where it stands. */
static bool copy_from(struct mark *mark, const char *text)
{
	/* Nobody else may make marks. */
	if (mark_is_marked(text))
		return false;
	mark->file = mark->source.path ? mark_book_file(mark->book, mark->source.path) : 0;
	return mark->file < MARK_FILES_MAX && mark->copy(mark, text);
}

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t ours = strlen(end);
	return length >= ours && !memcmp(text + length - ours, end, ours);
}

static bool write_file(const char *path, FILE *to)
{
	autofree char *text = mark_read_file(path);
	if (!text)
		return false;
	fwrite(path, 1, strlen(path) + 1, to);
	fwrite(text, 1, strlen(text) + 1, to);
	return true;
}

bool mark_gather(const char *pattern, FILE *to)
{
	glob_t found;
	bool good = true;
	if (!strpbrk(pattern, "*?["))
		return write_file(pattern, to);
	int status = glob(pattern, GLOB_MARK, NULL, &found);
	if (status)
		return status == GLOB_NOMATCH;
	for (size_t i = 0; i < found.gl_pathc && good; i++)
		good = ends_with(found.gl_pathv[i], strlen(found.gl_pathv[i]), "/") ||
		       write_file(found.gl_pathv[i], to);
	globfree(&found);
	return good;
}

static char *gather_here(const char *pattern, size_t *length)
{
	char *gathered = NULL;
	FILE *to = open_memstream(&gathered, length);
	bool good = to && mark_gather(pattern, to);
	if (to && fclose(to) == 0 && good)
		return gathered;
	free(gathered);
	return NULL;
}

bool mark_include(struct mark *mark, const char *pattern)
{
	size_t length;
	const struct mark_book *book = mark->book;
	autofree char *gathered = book->gather ? book->gather(book->arg, pattern, &length)
					       : gather_here(pattern, &length);
	if (!gathered || mark->depth == DEPTH_MAX)
		return false;
	for (const char *path = gathered; path < gathered + length;) {
		struct mark inner = *mark;
		const char *text = path + strlen(path) + 1;
		inner.depth++;
		inner.source = (struct mark_source){.path = path};
		if (text >= gathered + length || !copy_from(&inner, text) ||
		    fputc('\n', mark->to) == EOF)
			return false;
		path = text + strlen(text) + 1;
	}
	return true;
}

char *mark_text(struct mark_book *book, bool (*copy)(struct mark *mark, const char *text),
		const struct mark_source *source, const char *text, unsigned run)
{
	autofree char *marked = NULL;
	char folder[PATH_MAX] = ".";
	size_t length;
	const char *slash = source->path ? strrchr(source->path, '/') : NULL;
	if (slash)
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - source->path), source->path);
	struct mark mark = {
		.book = book,
		.to = open_memstream(&marked, &length),
		.copy = copy,
		.run = run,
		.source = *source,
		.folder = source->folder ? source->folder : folder,
	};
	if (!mark.to)
		return NULL;
	bool good = copy_from(&mark, text);
	if (fclose(mark.to) != 0 || !good)
		return NULL;
	return steal_ptr(&marked);
}

char *mark_file(struct mark_book *book, bool (*copy)(struct mark *mark, const char *text),
		const char *path, unsigned run)
{
	const struct mark_source source = {.path = path};
	autofree char *text = mark_read_file(path);
	return text ? mark_text(book, copy, &source, text, run) : NULL;
}

/* A digit sequence at `*at`, which then is past it. */
static unsigned read_digits(const char **at)
{
	unsigned number = 0;
	for (; isdigit((unsigned char)**at); ++*at)
		number = number * 10 + (unsigned)(**at - '0');
	return number;
}

/*
 * Past the mark at `at` with what was put around it; `*length` bytes of the rule
 * have been taken over before it, and what was put before is taken back.
 */
static const char *past_mark(const char *at, const char *plain, size_t *length,
			     struct mark_place *place)
{
	static const struct {
		const char *before;
		const char *after;
	} wrappings[] = {
		{" -m comment --comment \"", "\""},
		{" -m comment --comment ", ""},
		{" -m string --string \"", "\" --algo bm"},
		{" comment \"", "\""},
		{"", ""}, /* in a comment of the rule's own */
	};
	at += strlen(PREFIX);
	place->file = read_digits(&at);
	at += *at == '_';
	place->line = read_digits(&at);
	for (size_t i = 0; i < sizeof(wrappings) / sizeof(*wrappings); i++) {
		const char *before = wrappings[i].before;
		const char *after = wrappings[i].after;
		if (!ends_with(plain, *length, before) || strncmp(at, after, strlen(after)) != 0)
			continue;
		*length -= strlen(before);
		return at + strlen(after);
	}
	return at;
}

unsigned mark_read(const char *rule, char *plain, struct mark_place *place)
{
	static const char *const counters[] = {" packets ", " bytes ", " used "};
	size_t length = 0;
	unsigned marks = 0;
	*place = (struct mark_place){0};
	for (const char *at = rule; *at;) {
		if (!strncmp(at, PREFIX, strlen(PREFIX))) {
			at = past_mark(at, plain, &length, place);
			marks++;
			continue;
		}
		plain[length++] = *at++;
		for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++)
			if (ends_with(plain, length, counters[i]))
				read_digits(&at);
	}
	plain[length] = '\0';
	if (marks != 1)
		place->line = 0;
	return marks;
}
