/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/fuzz/support/fuzz.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): LeakSanitizer's name */
/* libfyaml loses memory where it gives up. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

_Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
	abort();
}

uint8_t fuzz_byte(struct fuzz_input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

uint64_t fuzz_number(struct fuzz_input *input)
{
	uint64_t number = 0;
	for (size_t i = 0; i < sizeof(number); i++)
		number = number << 8 | fuzz_byte(input);
	return number;
}

static void *copy_of(const void *from, size_t length)
{
	char *copy = malloc(length + 1);
	HOLDS(copy);
	*(char *)mempcpy(copy, from, length) = '\0';
	return copy;
}

static size_t text_length(const struct fuzz_input *input)
{
	const uint8_t *end = input->left ? memchr(input->at, '\0', input->left) : NULL;
	return end ? (size_t)(end - input->at) : input->left;
}

static void pass(struct fuzz_input *input, size_t length)
{
	/* The NUL as well, if there is one. */
	length += length < input->left;
	input->at += length;
	input->left -= length;
}

char *fuzz_text(struct fuzz_input *input)
{
	size_t length = text_length(input);
	char *text = copy_of(input->at, length);
	pass(input, length);
	return text;
}

void fuzz_copy(struct fuzz_input *input, char *to, size_t size)
{
	size_t length = text_length(input);
	size_t fits = length < size ? length : size - 1;
	*(char *)mempcpy(to, input->at, fits) = '\0';
	pass(input, length);
}

uint8_t *fuzz_rest(struct fuzz_input *input, size_t *length)
{
	/* Without the final NUL, which is no part of it. */
	uint8_t *rest = malloc(input->left ? input->left : 1);
	HOLDS(rest);
	*length = input->left;
	memcpy(rest, input->at, input->left);
	input->at += input->left;
	input->left = 0;
	return rest;
}

unsigned fuzz_lines(const char *text, size_t length)
{
	unsigned lines = 1;
	for (size_t i = 0; i < length; i++)
		lines += text[i] == '\n';
	return lines;
}

/* ESC [ digits and semicolons m */
static size_t colour_length(const char *text, size_t length)
{
	size_t used = 2;
	if (length < 3 || text[1] != '[')
		return 0;
	while (used < length && strchr("0123456789;", text[used]))
		used++;
	return used < length && text[used] == 'm' ? used + 1 : 0;
}

/* Controls; what embeds, overrides or isolates a direction; what takes no place, or is no
 * character. */
static bool is_harmful(wchar_t c)
{
	static const struct {
		wchar_t first, last;
	} ranges[] = {{0, 0x1f},	{0x7f, 0x9f},	  {0x200b, 0x200f}, {0x2028, 0x202e},
		      {0x2060, 0x2069}, {0xfeff, 0xfeff}, {0xfffe, 0xffff}};
	for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

void fuzz_check_shown(const char *shown, size_t length, bool coloured)
{
	mbstate_t state = {0};
	HOLDS(setlocale(LC_CTYPE, "C.UTF-8"));
	while (length) {
		wchar_t c = 0;
		size_t used = coloured && *shown == '\x1b' ? colour_length(shown, length) : 0;
		if (!used) {
			used = mbrtowc(&c, shown, length, &state);
			HOLDS(used > 0 && used <= length);
			HOLDS(c == '\n' || !is_harmful(c));
		}
		shown += used;
		length -= used;
	}
}

/* Characters of a text's line, from 1 on; a byte counts as one, so that this is no less. */
static size_t line_length(const char *text, size_t length, unsigned number)
{
	const char *end = text + length;
	while (--number)
		text = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
	const char *newline = text < end ? memchr(text, '\n', (size_t)(end - text)) : NULL;
	return (size_t)((newline ? newline : end) - text);
}

static void check_place(const char *place, const char *text, size_t length)
{
	char *rest;
	/* A few errors are about the text as a whole. */
	if (!strncmp(place, ": ", 2))
		return;
	unsigned line = (unsigned)strtoul(place + 1, &rest, 10);
	HOLDS(*place == ':' && *rest == ':');
	unsigned column = (unsigned)strtoul(rest + 1, &rest, 10);
	HOLDS(!strncmp(rest, ": error: ", strlen(": error: ")));
	HOLDS(line >= 1 && line <= fuzz_lines(text, length));
	HOLDS(column >= 1 && column <= line_length(text, length, line) + 1);
}

void fuzz_check_diagnostics(const char *shown, size_t shown_length, const char *path,
			    const char *text, size_t length)
{
	size_t name = strlen(path);
	fuzz_check_shown(shown, shown_length, false);
	for (const char *line = shown; *line; line = strchr(line, '\n') + 1) {
		HOLDS(strchr(line, '\n'));
		/* What follows a message's first line is indented. */
		HOLDS(*line == ' ' || !strncmp(line, path, name));
		if (*line != ' ')
			check_place(line + name, text, length);
	}
}
