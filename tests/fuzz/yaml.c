/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML: a tree within its bounds, every node of which is where it says, or
 * errors that are.
 */
#include <stdlib.h>
#include <string.h>

#include "lab/scenario_yaml.h"
#include "lab/utf8.h"
#include "tests/fuzz/support/fuzz.h"

#define NAME "input.yaml"

struct source {
	const char *text;
	size_t length;
};

/* Where a place is in the text; a byte order mark is in no line. */
static const char *find(const struct source *source, struct place place)
{
	bool marked = source->length >= 3 && !memcmp(source->text, "\xef\xbb\xbf", 3);
	const char *at = source->text + (marked ? 3 : 0);
	const char *end = source->text + source->length;
	for (unsigned line = 1; line < place.line; line++) {
		at = memchr(at, '\n', (size_t)(end - at));
		HOLDS(at);
		at++;
	}
	for (unsigned column = 1; column < place.column; column++) {
		HOLDS(at < end && *at != '\n');
		utf8_next(&at, end);
	}
	return at;
}

static void check_node(const struct source *source, const struct yaml *node, unsigned depth)
{
	size_t entries = 0;
	size_t weight = 1;
	HOLDS(depth <= YAML_DEPTH_MAX);
	HOLDS(node->place.line >= 1 && node->place.column >= 1 && node->place.length >= 1);
	const char *at = find(source, node->place);
	if (node->verbatim)
		HOLDS(!memcmp(at, node->text, strlen(node->text)) && !strchr(node->text, '\n'));
	HOLDS(node->kind == YAML_TEXT || !*node->text);
	HOLDS(node->kind == YAML_LIST || node->kind == YAML_MAP || !node->entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		HOLDS(!e->key == (node->kind == YAML_LIST));
		if (e->key) {
			check_node(source, e->key, depth + 1);
			HOLDS(yaml_get(node, e->key->text) == e->value);
		}
		check_node(source, e->value, depth + 1);
		weight += e->value->weight + 1;
		entries++;
	}
	HOLDS(entries == node->n_entries);
	HOLDS(weight == node->weight && weight <= YAML_NODES_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct source source = {(const char *)data, size};
	char *shown;
	size_t length;
	FILE *to = open_memstream(&shown, &length);
	HOLDS(to);
	struct arena *arena = arena_new();
	struct diagnostics *diagnostics = diagnostics_new(NAME, source.text, size);
	const struct yaml *root = yaml_parse(arena, diagnostics, source.text, size);
	/* A key that is given twice is complained about, and the tree goes on. */
	HOLDS(root || diagnostics_count(diagnostics));
	if (root && root->weight < 5000)
		check_node(&source, root, 0);
	diagnostics_print(diagnostics, to);
	HOLDS(fclose(to) == 0);
	fuzz_check_diagnostics(shown, length, NAME, source.text, size);
	diagnostics_free(diagnostics);
	arena_free(arena);
	free(shown);
	return 0;
}
