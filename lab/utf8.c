/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/utf8.h"

#include <stdbool.h>

/* What the first byte of a character says: its fixed bits, and the least code of that length. */
static const struct {
	unsigned char mask, bits;
	int32_t least;
} lengths[] = {
	{0x80, 0x00, 0},
	{0xe0, 0xc0, 0x80},
	{0xf0, 0xe0, 0x800},
	{0xf8, 0xf0, 0x10000},
};

/* A character of 1 + `more` bytes at `text`, or -1. */
static int32_t decode(const unsigned char *text, size_t more)
{
	int32_t code = text[0] & (unsigned char)~lengths[more].mask;
	for (size_t i = 1; i <= more; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return -1;
		code = code << 6 | (text[i] & 0x3f);
	}
	bool surrogate = code >= 0xd800 && code <= 0xdfff;
	return code < lengths[more].least || code > 0x10ffff || surrogate ? -1 : code;
}

int32_t utf8_next(const char **p, const char *end)
{
	const unsigned char *text = (const unsigned char *)*p;
	int32_t code = -1;
	size_t more = 0;
	while (more < 4 && (text[0] & lengths[more].mask) != lengths[more].bits)
		more++;
	if (more < 4 && more < (size_t)(end - *p))
		code = decode(text, more);
	*p += code < 0 ? 1 : more + 1;
	return code;
}

size_t utf8_length(const char *text, size_t bytes)
{
	size_t count = 0;
	for (const char *end = text + bytes; text < end; count++)
		utf8_next(&text, end);
	return count;
}
