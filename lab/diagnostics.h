/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Diagnostics: what is wrong with a user's file, all of it in one go, each at
 * file:line:column with the line shown and, where one can be told, the nearest
 * right name:
 *
 *   scenario.yaml:12:11: error: unknown host 'miror'; did you mean 'mirror'?
 *      12 |     from: miror
 *         |           ^~~~~
 *
 * The form is gcc's, which editors and CI know how to read.
 */
#ifndef LAB_DIAGNOSTICS_H
#define LAB_DIAGNOSTICS_H

#include <stddef.h>
#include <stdio.h>

/* A place in the file: both 1-based; line 0: the file as a whole. */
struct place {
	unsigned line;
	unsigned column; /* in characters, as editors count */
	unsigned length; /* of the text at fault, in characters, at least 1 */
};

#define DIAGNOSTICS_MAX 50 /* more than these are counted, not kept */

struct diagnostics;

/*
 * `path` is shown as it is given, but harmlessly; `text` (of `length` bytes, may be NULL) is
 * the file's content for showing lines.  Both must outlive the diagnostics.
 */
struct diagnostics *diagnostics_new(const char *path, const char *text, size_t length);
void diagnostics_free(struct diagnostics *diagnostics);

void diagnostics_add(struct diagnostics *diagnostics, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t diagnostics_count(const struct diagnostics *diagnostics);

/* In the order of the file, control characters made visible. */
void diagnostics_print(const struct diagnostics *diagnostics, FILE *to);

#endif
