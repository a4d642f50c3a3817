/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "lab/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6" /* U+2026 */
#define FORM_MAX    12		   /* bytes, with the NUL */

/* Control characters, and those that hide or reorder what is around them. */
static const struct {
	int32_t first, last;
} hidden[] = {
	{0x00, 0x1f},	    {0x7f, 0x9f},     {0xad, 0xad},	{0x61c, 0x61c},
	{0x200b, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
	{0xfff9, 0xfffb},   {0xfffe, 0xffff}, /* which XML has not (XML 1.0, 2.2, Char) */
	{0xe0000, 0xe007f},
};

static bool is_hidden(int32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++) {
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	}
	return false;
}

/* What stands for a character (-1: a stray byte) that cannot be shown; its length. */
static size_t spell_out(int32_t code, unsigned char byte, char form[FORM_MAX])
{
	int length;
	if (code == '\n' || code == '\t')
		length = snprintf(form, FORM_MAX, "\\%c", code == '\n' ? 'n' : 't');
	else if (code > 0x7f)
		length = snprintf(form, FORM_MAX, "\\u%04x", (unsigned)code);
	else
		length = snprintf(form, FORM_MAX, "\\x%02x", byte);
	return (size_t)length;
}

/* The form in which the character at *p, which it moves past, is shown; its columns. */
static size_t shape(const char **p, const char *end, char form[FORM_MAX])
{
	const char *start = *p;
	int32_t code = utf8_next(p, end);
	if (code < 0 || is_hidden(code))
		return spell_out(code, (unsigned char)*start, form);
	*(char *)mempcpy(form, start, (size_t)(*p - start)) = '\0';
	int columns = wcwidth((wchar_t)code);
	return columns < 0 ? 1 : (size_t)columns;
}

/* Write what fits into `room` columns, unless `to` is NULL; the columns taken. */
static size_t write_within(FILE *to, const char *text, size_t length, size_t room)
{
	size_t taken = 0;
	for (const char *end = text + length; text < end;) {
		char form[FORM_MAX];
		size_t width = shape(&text, end, form);
		if (width > room - taken)
			break;
		if (to)
			fputs(form, to);
		taken += width;
	}
	return taken;
}

void text_write(FILE *to, const char *text, size_t length)
{
	write_within(to, text, length, SIZE_MAX);
}

/* A tab is as wide in both lines. */
void text_write_line(FILE *to, const char *line, size_t length)
{
	const char *tab;
	while ((tab = memchr(line, '\t', length))) {
		text_write(to, line, (size_t)(tab - line));
		fputs("        ", to);
		length -= (size_t)(tab + 1 - line);
		line = tab + 1;
	}
	text_write(to, line, length);
}

void text_write_lines(FILE *to, const char *text, const char *between)
{
	size_t length = strlen(text);
	while (length && text[length - 1] == '\n')
		length--;
	for (const char *end = text + length; text < end;) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		text_write_line(to, text, (size_t)((stop ? stop : end) - text));
		if (stop)
			fputs(between, to);
		text = stop ? stop + 1 : end;
	}
}

size_t text_width(const char *text)
{
	return write_within(NULL, text, strlen(text), SIZE_MAX);
}

void text_write_column(FILE *to, const char *text, size_t width)
{
	bool cut = text_width(text) > width;
	size_t taken = write_within(to, text, strlen(text), cut ? width - 1 : width);
	if (cut) {
		fputs(ELLIPSIS, to);
		taken++;
	}
	fprintf(to, "%*s", (int)(width - taken), "");
}

void text_write_word(FILE *to, const char *word)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_@%+=:,./-";
	size_t length = strlen(word);
	if (length && strspn(word, plain) == length) {
		text_write(to, word, length);
		return;
	}
	fputc('\'', to);
	while (*word) {
		size_t run = strcspn(word, "'");
		text_write(to, word, run);
		word += run;
		if (*word) {
			fputs("'\\''", to);
			word++;
		}
	}
	fputc('\'', to);
}

char *text_valid(const char *text)
{
	size_t length = strlen(text);
	char *copy = malloc(length * strlen(REPLACEMENT) + 1);
	if (!copy)
		return NULL;
	char *at = copy;
	for (const char *end = text + length; text < end;) {
		const char *start = text;
		if (utf8_next(&text, end) < 0)
			at = mempcpy(at, REPLACEMENT, strlen(REPLACEMENT));
		else
			at = mempcpy(at, start, (size_t)(text - start));
	}
	*at = '\0';
	return copy;
}
