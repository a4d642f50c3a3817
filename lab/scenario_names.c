/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/scenario_names.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "lab/text.h"
#include "lab/utf8.h"
#include "netsim/cleanup.h"

#define SHOWN_MAX 48 /* characters */

/* FNV-1a */
static uint64_t hash(const char *key)
{
	uint64_t value = 0xcbf29ce484222325;
	for (; *key; key++)
		value = (value ^ (unsigned char)*key) * 0x100000001b3;
	return value;
}

/* Where the name is, or the free slot where it would be. */
static struct named *slot_of(struct named *slots, size_t capacity, const char *key)
{
	size_t i = hash(key) & (capacity - 1);
	while (slots[i].key && strcmp(slots[i].key, key) != 0)
		i = (i + 1) & (capacity - 1);
	return &slots[i];
}

static void grow(struct names *names, struct arena *arena)
{
	size_t capacity = names->capacity ? 2 * names->capacity : 4;
	struct named *slots = arena_array(arena, struct named, capacity);
	for (size_t i = 0; i < names->capacity; i++) {
		if (names->slots[i].key)
			*slot_of(slots, capacity, names->slots[i].key) = names->slots[i];
	}
	names->slots = slots;
	names->capacity = capacity;
}

const struct named *names_add(struct names *names, struct arena *arena, const char *key,
			      size_t value, struct place place)
{
	if (4 * (names->count + 1) > 3 * names->capacity)
		grow(names, arena);
	struct named *slot = slot_of(names->slots, names->capacity, key);
	if (slot->key)
		return slot;
	*slot = (struct named){.key = key, .value = value, .place = place};
	names->count++;
	return NULL;
}

const struct named *names_find(const struct names *names, const char *key)
{
	if (!names->count)
		return NULL;
	const struct named *slot = slot_of(names->slots, names->capacity, key);
	return slot->key ? slot : NULL;
}

const char *shown(struct arena *arena, const char *text)
{
	const char *cut = text, *end = text + strlen(text);
	for (size_t i = 0; i < SHOWN_MAX && cut < end; i++)
		utf8_next(&cut, end);

	autofree char *visible = NULL;
	size_t size;
	FILE *stream = open_memstream(&visible, &size);
	if (!stream)
		return "...";
	text_write(stream, text, (size_t)(cut - text));
	if (fclose(stream))
		return "...";
	return arena_printf(arena, "%s%s", visible, cut < end ? "..." : "");
}
