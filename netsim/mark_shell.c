/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/mark_shell.h"

#include <ctype.h>
#include <string.h>

static const char blanks[] = " \t\r\n";

size_t mark_call_line(const char *list, size_t index, const char **line)
{
	while (index-- && *list) {
		list += strcspn(list, "\n");
		list += *list == '\n';
	}
	*line = list;
	return strcspn(list, "\n");
}

/* The start of a line, the first being 1; NULL: there is none. */
static const char *find_line(const char *text, unsigned line)
{
	for (; line > 1; line--) {
		text = strchr(text, '\n');
		if (!text)
			return NULL;
		text++;
	}
	return line ? text : NULL;
}

static bool is_continued(const char *line, size_t length)
{
	return length && line[length - 1] == '\\';
}

/* How long a line is with those that continue it. */
static size_t whole_length(const char *line)
{
	size_t length = strcspn(line, "\n");
	while (is_continued(line, length) && line[length])
		length += 1 + strcspn(line + length + 1, "\n");
	return length;
}

/* Up to where words can be found as they are written. */
static size_t plain_length(const char *words)
{
	return strcspn(words, "<>&");
}

/* How many lines end within the words. */
static unsigned count_ends(const char *words)
{
	unsigned count = 0;
	for (const char *end = words + plain_length(words); words < end; words++)
		count += *words == '\n';
	return count;
}

/* Whether the words stand in this order on a line, and on as many more as they have. */
static bool has_words(const char *line, const char *words)
{
	const char *end = line + whole_length(line);
	for (unsigned more = count_ends(words); more && *end; more--)
		end += 1 + whole_length(end + 1);
	bool any = false;
	for (;;) {
		words += strspn(words, blanks);
		size_t length = strcspn(words, " \t\r\n<>&");
		if (!length)
			return any;
		line = memmem(line, (size_t)(end - line), words, length);
		if (!line)
			return false;
		line += length;
		words += length;
		any = true;
	}
}

/*
 * Of a command whose first word ends its line, or whose second one ends on another line than it
 * begins on, bash tells a later line.
 */
unsigned mark_find_words(const char *text, unsigned line, const char *words)
{
	const char *at = find_line(text, line);
	if (!at)
		return 0;
	for (unsigned back = 0; back <= count_ends(words) + 1 && back < line; back++) {
		at = find_line(text, line - back);
		size_t length = strcspn(at, "\n");
		if (back == count_ends(words) + 1 && !is_continued(at, length))
			return 0;
		if (has_words(at, words))
			return line - back;
	}
	return 0;
}

static bool passes_on(const char *words, size_t length)
{
	static const char *const all[] = {"$@", "$*", "${@", "${*"};
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (memmem(words, length, all[i], strlen(all[i])))
			return true;
	return false;
}

bool mark_passes_on(const char *words)
{
	return passes_on(words, strlen(words));
}

bool mark_line_passes_on(const char *text, unsigned line)
{
	const char *at = find_line(text, line);
	return at && passes_on(at, whole_length(at));
}

/* What ends a here-document. */
struct delimiter {
	const char *word;
	size_t length;
	bool quoted; /* nothing is expanded */
	bool tabs;   /* those before a line are taken off */
};

/* The one here-document of a line; false: there is none, or more than that. */
static bool find_delimiter(const char *line, size_t length, struct delimiter *delimiter)
{
	const char *end = line + length;
	const char *at = memmem(line, length, "<<", 2);
	if (!at || at[2] == '<' || memmem(at + 2, (size_t)(end - at) - 2, "<<", 2))
		return false;
	at += 2;
	*delimiter = (struct delimiter){.tabs = *at == '-'};
	at += *at == '-';
	at += strspn(at, " \t");
	delimiter->quoted = *at && strchr("'\"\\", *at);
	at += delimiter->quoted;
	delimiter->word = at;
	while (isalnum((unsigned char)*at) || (*at && strchr("_-.!", *at)))
		at++;
	delimiter->length = (size_t)(at - delimiter->word);
	return delimiter->length > 0;
}

/* Whether a line of a body can have become this line of the text. */
static bool can_be(const struct delimiter *delimiter, const char *line, size_t length,
		   const char *text, size_t text_length)
{
	size_t plain = 0;
	while (plain < length && (delimiter->quoted || !strchr("$`\\", line[plain])))
		plain++;
	if (plain == length)
		return length == text_length && !memcmp(line, text, length);
	return plain <= text_length && !memcmp(line, text, plain);
}

unsigned mark_find_body(const char *text, unsigned line, const char *body)
{
	struct delimiter delimiter;
	const char *at = find_line(text, line);
	if (!at || !find_delimiter(at, whole_length(at), &delimiter))
		return 0;
	for (const char *end = at + whole_length(at); at < end; line++)
		at += strcspn(at, "\n") + 1;
	/* `line` is the one that `at` is on. */
	unsigned before = line - 1;
	for (; at <= text + strlen(text) && *at;) {
		size_t tabs = delimiter.tabs ? strspn(at, "\t") : 0;
		size_t length = strcspn(at + tabs, "\n");
		size_t body_length = strcspn(body, "\n");
		if (length == delimiter.length && !memcmp(at + tabs, delimiter.word, length))
			return *body ? 0 : before;
		if (!*body || !can_be(&delimiter, at + tabs, length, body, body_length))
			return 0;
		body += body_length + (body[body_length] == '\n');
		at += tabs + length;
		at += *at == '\n';
	}
	return 0;
}
