/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is freed in one go: a scenario, a plan, a report's texts.
 * Without memory the process ends with status 3: nothing has been started by
 * then that the kernel would not take back.
 */
#ifndef LAB_ARENA_H
#define LAB_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);

/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *arena, size_t size);
/* An array of `count` zeroed TYPEs (a pointer even for 0). */
#define arena_array(arena, type, count) ((type *)arena_alloc_array(arena, sizeof(type), count))
void *arena_alloc_array(struct arena *arena, size_t size, size_t count);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
