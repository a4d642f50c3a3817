/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that came from elsewhere (a scenario, a program, a server) in reports
 * and messages: in columns, on a command line, in a document.  Whatever it
 * holds, it steers no terminal: control characters and those that hide or
 * reorder others are spelt out, as \n, \x1b, \u202e, and stray bytes as \xff.
 *
 * Widths are columns of a terminal, by LC_CTYPE, which main() sets to UTF-8.
 */
#ifndef LAB_TEXT_H
#define LAB_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Write `length` bytes of text, visibly and so on one line. */
void text_write(FILE *to, const char *text, size_t length);

/* A line of what a tool prints, whose caret may stand under one that it has indented alike. */
void text_write_line(FILE *to, const char *line, size_t length);

/* All lines of a text, without the newlines at its end; `between` stands between two of them. */
void text_write_lines(FILE *to, const char *text, const char *between);

/* The columns that text_write() takes for it. */
size_t text_width(const char *text);

/* The same in a column of `width` (at least 1): padded, or cut with a mark where it is longer. */
void text_write_column(FILE *to, const char *text, size_t width);

/* One word of a shell's command line, quoted where it must be. */
void text_write_word(FILE *to, const char *word);

/* A copy in valid UTF-8, U+FFFD for each stray byte; to be freed.  NULL without memory. */
char *text_valid(const char *text);

#endif
