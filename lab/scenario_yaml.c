/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/scenario_yaml.h"

#include <errno.h>
#include <libfyaml.h>
#include <stdio.h>
#include <string.h>

#include "lab/scenario_names.h"
#include "lab/utf8.h"

#define ANCHORS_MAX 1000

/* A list or a map that has not ended yet. */
struct open_node {
	struct yaml *node;
	const char *anchor; /* or NULL */
	struct yaml_entry **tail;
	const struct yaml *key; /* of a map: the key that waits for its value */
	bool given_twice;	/* that key is, and its value counts for nothing */
	struct names keys;	/* of a map: those that it has */
};

struct anchor {
	struct anchor *next;
	const char *name;
	const struct yaml *node;
};

struct builder {
	struct arena *arena;
	struct diagnostics *diagnostics;
	const char *text;
	const char *end;
	struct fy_parser *parser;
	struct open_node open[YAML_DEPTH_MAX];
	size_t depth;
	struct anchor *anchors; /* the latest first: a name may be given anew */
	size_t n_anchors;
	const struct yaml *root;
	struct place here; /* of the latest token */
	struct place last; /* the end of the text */
	bool failed;	   /* complained, no use in going on */
};

__attribute__((format(printf, 3, 4))) static void fail(struct builder *b, struct place place,
						       const char *format, ...)
{
	char message[512];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	diagnostics_add(b->diagnostics, place, "%s", message);
	b->failed = true;
}

/* The place of a character of the text. */
static struct place place_of(const char *text, const char *at)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of the byte order: no character of a line */
	struct place place = {.line = 1, .length = 1};
	if (at - text >= 3 && memcmp(text, mark, 3) == 0)
		text += 3;
	const char *line = text;
	for (const char *p = text; p < at; p++) {
		if (*p == '\n') {
			place.line++;
			line = p + 1;
		}
	}
	place.column = (unsigned)utf8_length(line, (size_t)(at - line)) + 1;
	return place;
}

/* YAML allows only characters that print, tab and line ends; a lone CR would upset line numbers. */
/* What editors elsewhere write for plain text, by its byte order mark. */
static bool is_utf16(const struct builder *b)
{
	return b->end - b->text >= 2 &&
	       (!memcmp(b->text, "\xff\xfe", 2) || !memcmp(b->text, "\xfe\xff", 2));
}

static bool check_characters(struct builder *b)
{
	if (is_utf16(b)) {
		fail(b, place_of(b->text, b->text), "this is UTF-16: save it as UTF-8");
		return false;
	}
	for (const char *p = b->text; p < b->end;) {
		const char *at = p;
		int32_t code = utf8_next(&p, b->end);
		if (code == '\r' && p < b->end && *p == '\n')
			continue;
		if (code >= ' ' && code != 0x7f)
			continue;
		if (code == '\t' || code == '\n')
			continue;
		if (code < 0)
			fail(b, place_of(b->text, at), "this is not UTF-8: byte 0x%02x",
			     (unsigned char)*at);
		else
			fail(b, place_of(b->text, at),
			     "control character 0x%02x: a scenario is plain text", (unsigned)code);
		return false;
	}
	return true;
}

static struct yaml *new_node(struct builder *b, enum yaml_kind kind)
{
	struct yaml *node = arena_alloc(b->arena, sizeof(*node));
	node->kind = kind;
	node->place = b->here;
	node->text = "";
	node->weight = 1;
	return node;
}

static const char *token_text(struct builder *b, struct fy_token *token, size_t *length)
{
	const char *text = token ? fy_token_get_text(token, length) : NULL;
	if (!text)
		*length = 0;
	return arena_strndup(b->arena, text ? text : "", *length);
}

/* libfyaml may see an end after the last line or column, where nothing is that could be shown. */
static void keep_within(const struct builder *b, struct place *place)
{
	bool after = place->line == b->last.line && place->column > b->last.column;
	if (place->line > b->last.line || after)
		*place = b->last;
}

/* Note down where the event's token stands; what has none keeps the place of the one before. */
static void move_to(struct builder *b, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
	if (!start || !end)
		return;
	const char *from = b->text + start->input_pos, *to = b->text + end->input_pos;
	const char *newline = memchr(from, '\n', (size_t)(to - from));
	size_t length = utf8_length(from, (size_t)((newline ? newline : to) - from));
	b->here = (struct place){.line = (unsigned)start->line + 1,
				 .column = (unsigned)start->column + 1,
				 .length = length ? (unsigned)length : 1};
	keep_within(b, &b->here);
}

static bool is_null(const char *text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
	for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++) {
		if (strcmp(text, nulls[i]) == 0)
			return true;
	}
	return false;
}

static struct yaml *read_scalar(struct builder *b, struct fy_event *event)
{
	struct fy_token *token = fy_event_get_token(event);
	const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
	size_t length;
	const char *text = token_text(b, token, &length);
	if (memchr(text, '\0', length))
		fail(b, b->here, "a text with a NUL character in it");

	bool plain = fy_token_scalar_style(token) == FYSS_PLAIN;
	struct yaml *node = new_node(b, plain && is_null(text) ? YAML_NOTHING : YAML_TEXT);
	if (node->kind == YAML_NOTHING)
		return node;
	node->text = text;
	node->verbatim = start && end && end->input_pos - start->input_pos == length &&
			 memcmp(b->text + start->input_pos, text, length) == 0;
	return node;
}

static const struct yaml *read_alias(struct builder *b, struct fy_event *event)
{
	size_t length;
	const char *name = token_text(b, fy_event_get_token(event), &length);
	for (const struct anchor *a = b->anchors; a; a = a->next) {
		if (strcmp(a->name, name) == 0)
			return a->node;
	}
	fail(b, b->here, "no text, list or map before this one is called '&%s'",
	     shown(b->arena, name));
	return NULL;
}

static void add_anchor(struct builder *b, const char *name, const struct yaml *node)
{
	if (!name)
		return;
	if (b->n_anchors++ == ANCHORS_MAX) {
		fail(b, node->place, "more than %d anchors ('&...')", ANCHORS_MAX);
		return;
	}
	struct anchor *anchor = arena_alloc(b->arena, sizeof(*anchor));
	*anchor = (struct anchor){.next = b->anchors, .name = name, .node = node};
	b->anchors = anchor;
}

static void add_key(struct builder *b, struct open_node *map, const struct yaml *key)
{
	/* `~` and an empty key are texts here as well: no name is spelt so. */
	if (key->kind == YAML_LIST || key->kind == YAML_MAP) {
		fail(b, key->place, "a key must be a text");
		return;
	}
	const struct named *first = names_add(&map->keys, b->arena, key->text, 0, key->place);
	if (first)
		diagnostics_add(b->diagnostics, key->place,
				"key '%s' is given twice; the first is on line %u",
				shown(b->arena, key->text), first->place.line);
	if (map->keys.count == 1)
		map->node->place = key->place;
	map->given_twice = first;
	map->key = key;
}

static void add_value(struct builder *b, struct open_node *parent, const struct yaml *value)
{
	if (parent->key && parent->given_twice) {
		parent->key = NULL;
		return;
	}
	struct yaml_entry *entry = arena_alloc(b->arena, sizeof(*entry));
	*entry = (struct yaml_entry){.key = parent->key, .value = value};
	*parent->tail = entry;
	parent->tail = &entry->next;
	parent->key = NULL;
	parent->node->n_entries++;
	parent->node->weight += value->weight + 1;
	if (parent->node->weight > YAML_NODES_MAX)
		fail(b, value->place, "more than %d texts, lists and maps, aliases followed",
		     YAML_NODES_MAX);
}

/* A node is whole: it is the root, or goes into the list or map that is open. */
static void add_node(struct builder *b, const struct yaml *node)
{
	struct open_node *parent = b->depth ? &b->open[b->depth - 1] : NULL;
	if (!parent)
		b->root = node;
	/* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): begin() gave it its node */
	else if (parent->node->kind == YAML_MAP && !parent->key)
		add_key(b, parent, node);
	else
		add_value(b, parent, node);
}

static const char *anchor_of(struct builder *b, struct fy_event *event)
{
	size_t length;
	struct fy_token *token = fy_event_get_anchor_token(event);
	return token ? token_text(b, token, &length) : NULL;
}

static void begin(struct builder *b, struct fy_event *event, enum yaml_kind kind)
{
	if (b->depth == YAML_DEPTH_MAX) {
		fail(b, b->here, "lists and maps more than %d deep", YAML_DEPTH_MAX);
		return;
	}
	struct open_node *open = &b->open[b->depth++];
	*open = (struct open_node){.node = new_node(b, kind), .anchor = anchor_of(b, event)};
	open->tail = &open->node->entries;
}

static void end(struct builder *b)
{
	struct open_node *ended = &b->open[--b->depth];
	add_anchor(b, ended->anchor, ended->node);
	add_node(b, ended->node);
}

static void take_event(struct builder *b, struct fy_event *event)
{
	const struct yaml *node;
	if (event->type == FYET_DOCUMENT_START && b->root)
		fail(b, b->here, "a second document: a file is one scenario");
	if (fy_event_get_tag_token(event))
		fail(b, b->here, "a tag ('!...'): there are none in a scenario");
	if (b->failed)
		return;

	switch (event->type) {
	case FYET_SEQUENCE_START:
		begin(b, event, YAML_LIST);
		break;
	case FYET_MAPPING_START:
		begin(b, event, YAML_MAP);
		break;
	case FYET_SEQUENCE_END:
	case FYET_MAPPING_END:
		end(b);
		break;
	case FYET_SCALAR:
		node = read_scalar(b, event);
		add_anchor(b, anchor_of(b, event), node);
		add_node(b, node);
		break;
	case FYET_ALIAS:
		node = read_alias(b, event);
		if (node)
			add_node(b, node);
		break;
	default:
		break;
	}
}

/* Where the line's indentation has a tab, NULL: nowhere. */
static const char *find_tab(const struct builder *b, unsigned line)
{
	const char *p = b->text;
	for (unsigned i = 1; p && i < line; i++) {
		p = memchr(p, '\n', (size_t)(b->end - p));
		p = p ? p + 1 : NULL;
	}
	while (p && p < b->end && *p == ' ')
		p++;
	return p && p < b->end && *p == '\t' ? p : NULL;
}

/* What libfyaml has to say; it stops at the first error. */
static void take_syntax_error(struct builder *b, struct fy_diag *diag)
{
	void *position = NULL;
	const struct fy_diag_error *error = fy_diag_errors_iterate(diag, &position);
	if (!error) {
		if (fy_parser_get_stream_error(b->parser))
			fail(b, b->here, "this is not YAML");
		return;
	}
	struct place place = {
		.line = (unsigned)error->line, .column = (unsigned)error->column, .length = 1};
	keep_within(b, &place);
	const char *tab = find_tab(b, place.line);
	if (tab) {
		fail(b, place_of(b->text, tab), "YAML allows no tab here; indent with spaces");
		return;
	}
	const struct yaml *inner = b->depth ? b->open[b->depth - 1].node : NULL;
	if (inner && inner->place.line < place.line)
		fail(b, place, "this is not YAML: %s (the %s around it begins on line %u)",
		     error->msg, inner->kind == YAML_LIST ? "list" : "map", inner->place.line);
	else
		fail(b, place, "this is not YAML: %s", error->msg);
}

static void parse(struct builder *b, struct fy_diag *diag)
{
	struct fy_parse_cfg config = {
		.flags = FYPCF_COLLECT_DIAG | FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2,
		.diag = diag,
	};
	b->parser = fy_parser_create(&config);
	if (!b->parser || fy_parser_set_string(b->parser, b->text, (size_t)(b->end - b->text))) {
		fail(b, (struct place){0}, "the YAML parser could not be started");
		return;
	}
	struct fy_event *event;
	errno = 0;
	while (!b->failed && (event = fy_parser_parse(b->parser))) {
		move_to(b, event);
		take_event(b, event);
		fy_parser_event_free(b->parser, event);
	}
	/* Of memory that is short the parser says nothing. */
	if (!b->failed && errno == ENOMEM)
		fail(b, (struct place){0}, "%s", strerror(ENOMEM));
	else if (!b->failed)
		take_syntax_error(b, diag);
}

const struct yaml *yaml_parse(struct arena *arena, struct diagnostics *diagnostics,
			      const char *text, size_t length)
{
	struct builder b = {
		.arena = arena,
		.diagnostics = diagnostics,
		.text = text,
		.end = text + length,
		.here = {.line = 1, .column = 1, .length = 1},
		.last = place_of(text, text + length),
	};
	if (!check_characters(&b))
		return NULL;

	struct fy_diag_cfg config;
	fy_diag_cfg_default(&config);
	config.fp = NULL;
	struct fy_diag *diag = fy_diag_create(&config);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	parse(&b, diag);
	fy_parser_destroy(b.parser);
	fy_diag_destroy(diag);
	if (b.failed)
		return NULL;
	return b.root ? b.root : new_node(&b, YAML_NOTHING);
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	for (const struct yaml_entry *e = map->entries; e; e = e->next) {
		if (strcmp(e->key->text, key) == 0)
			return e->value;
	}
	return NULL;
}
