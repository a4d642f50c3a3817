/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8: whether bytes are it, and counting characters as editors do.
 */
#ifndef LAB_UTF8_H
#define LAB_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The character at *p, which must lie before `end`; *p moves past it.  -1 where
 * the bytes are not UTF-8 (RFC 3629); *p then moves on by one byte.
 */
int32_t utf8_next(const char **p, const char *end);

/* Characters in `bytes` bytes of text; a byte that is not UTF-8 counts as one. */
size_t utf8_length(const char *text, size_t bytes);

#endif
