/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/arena.h"

#include <obstack.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	fputs("fwlab: out of memory\n", stderr);
	exit(3);
}

static void *checked_malloc(size_t size)
{
	void *memory = malloc(size);
	if (!memory)
		out_of_memory();
	return memory;
}

#define obstack_chunk_alloc checked_malloc
#define obstack_chunk_free  free

struct arena {
	struct obstack pool;
};

struct arena *arena_new(void)
{
	struct arena *arena = checked_malloc(sizeof(*arena));
	obstack_init(&arena->pool);
	return arena;
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	obstack_free(&arena->pool, NULL);
	free(arena);
}

void *arena_alloc(struct arena *arena, size_t size)
{
	void *memory = obstack_alloc(&arena->pool, size ? size : 1);
	return memset(memory, 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t size, size_t count)
{
	size_t bytes;
	if (__builtin_mul_overflow(size, count, &bytes))
		out_of_memory();
	return arena_alloc(arena, bytes);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	return obstack_copy0(&arena->pool, text, length);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	char *text;
	va_list args;
	va_start(args, format);
	int length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	char *copy = arena_strndup(arena, text, (size_t)length);
	free(text);
	return copy;
}
