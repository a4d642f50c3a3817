/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/page.h"

#include <string.h>

#include "lab/text.h"

/* SGR sequences of ECMA-48. */
static const char *const paints[] = {
	[PAINT_PLAIN] = "\x1b[0m",  [PAINT_TITLE] = "\x1b[1m",	   [PAINT_GOOD] = "\x1b[32m",
	[PAINT_BAD] = "\x1b[1;31m", [PAINT_UNSURE] = "\x1b[1;33m",
};

void page_paint(const struct page *page, enum paint paint)
{
	if (page->colour)
		fputs(paints[paint], page->to);
}

void page_indent(const struct page *page, unsigned columns)
{
	fprintf(page->to, "%*s", (int)columns, "");
}

void page_text(const struct page *page, const char *text)
{
	text_write(page->to, text, strlen(text));
}

void page_painted(const struct page *page, enum paint paint, const char *text)
{
	page_paint(page, paint);
	page_text(page, text);
	page_paint(page, PAINT_PLAIN);
}
