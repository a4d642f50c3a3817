/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page: a stream that people read, in colours where it is a terminal that
 * wants them.  Text goes through text.h, and so steers no terminal.
 */
#ifndef LAB_PAGE_H
#define LAB_PAGE_H

#include <stdbool.h>
#include <stdio.h>

struct page {
	FILE *to;
	bool colour;
};

enum paint { PAINT_PLAIN, PAINT_TITLE, PAINT_GOOD, PAINT_BAD, PAINT_UNSURE };

/* How all that follows looks. */
void page_paint(const struct page *page, enum paint paint);
void page_indent(const struct page *page, unsigned columns);
void page_text(const struct page *page, const char *text);
/* The same, painted; what follows is plain. */
void page_painted(const struct page *page, enum paint paint, const char *text);

#endif
