/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "lab/scenario_reader.h"
#include "lab/utf8.h"

#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

const struct name_rule scenario_names_rule = {
	.what = "a scenario's name",
	.first = LOWER DIGITS,
	.rest = LOWER DIGITS "-",
	.max = SCENARIO_NAME_MAX,
	.says = "lower-case letters, digits and '-', not first",
};
const struct name_rule host_names = {
	.what = "a host's name",
	.first = LOWER DIGITS,
	.rest = LOWER DIGITS "-",
	.last = LOWER DIGITS,
	.max = SCENARIO_NAME_MAX,
	.says = "lower-case letters, digits and '-', not first or last",
};
const struct name_rule network_names = {
	.what = "a network's name",
	.first = LOWER UPPER DIGITS,
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SCENARIO_NAME_MAX,
	.says = "letters, digits, and '_', '.' and '-', not first",
};
const struct name_rule variant_names = {
	.what = "a variant's name",
	.first = LOWER UPPER DIGITS,
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SCENARIO_NAME_MAX,
	.says = "letters, digits, and '_', '.' and '-', not first",
};
const struct name_rule root_names = {
	.what = "a root's name",
	.first = LOWER UPPER DIGITS,
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SCENARIO_NAME_MAX,
	.says = "letters, digits, and '_', '.' and '-', not first",
};
const struct name_rule user_names = {
	.what = "a user's name",
	.first = LOWER UPPER "_",
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SIM_ACCOUNT_NAME_MAX,
	.says = "letters, '_', and digits, '.' and '-', not first",
};
const struct name_rule group_names = {
	.what = "a group's name",
	.first = LOWER UPPER "_",
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SIM_ACCOUNT_NAME_MAX,
	.says = "letters, '_', and digits, '.' and '-', not first",
};
const struct name_rule interface_names = {
	.what = "an interface's name",
	.first = LOWER UPPER DIGITS "_",
	.rest = LOWER UPPER DIGITS "_.@-",
	.max = SIM_IFNAME_MAX,
	.says = "letters, digits, '_', and '.', '@' and '-', not first",
};

const struct name_rule service_names = {
	.what = "a service's name",
	.first = LOWER UPPER DIGITS,
	.rest = LOWER UPPER DIGITS "_.-",
	.max = SCENARIO_NAME_MAX,
	.says = "letters, digits, and '_', '.' and '-', not first",
};

/* What a node is, for "a port, not a list". */
static const char *kind_name(const struct yaml *node)
{
	static const char *const names[] = {
		[YAML_NOTHING] = "nothing",
		[YAML_TEXT] = "a text",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map",
	};
	return names[node->kind];
}

static bool want_kind(struct reader *r, const struct yaml *node, enum yaml_kind kind,
		      const char *what)
{
	static const char *const shapes[] = {
		[YAML_NOTHING] = "",
		[YAML_TEXT] = "",
		[YAML_LIST] = " (a list)",
		[YAML_MAP] = " (a map)",
	};
	if (node->kind == kind)
		return true;
	complain(r, node->place, "wanted here: %s%s, not %s", what, shapes[kind], kind_name(node));
	return false;
}

bool read_text(struct reader *r, const struct yaml *node, const char *what, const char **text)
{
	if (!want_kind(r, node, YAML_TEXT, what))
		return false;
	*text = node->text;
	return true;
}

bool want_list(struct reader *r, const struct yaml *node, const char *what)
{
	return node->kind == YAML_NOTHING || want_kind(r, node, YAML_LIST, what);
}

bool want_map(struct reader *r, const struct yaml *node, const char *what)
{
	return node->kind == YAML_NOTHING || want_kind(r, node, YAML_MAP, what);
}

bool parse_number(const char *text, size_t length, uint64_t min, uint64_t max, uint64_t *number)
{
	uint64_t value = 0;
	if (!length || length > 18 || (length > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	*number = value;
	return value >= min && value <= max;
}

bool read_number(struct reader *r, const struct yaml *node, const char *what, uint64_t min,
		 uint64_t max, uint64_t *number)
{
	const char *text;
	if (!read_text(r, node, what, &text))
		return false;
	if (parse_number(text, strlen(text), min, max, number))
		return true;
	complain(r, node->place, "%s is not %s: a decimal number from %ju to %ju is wanted",
		 quoted(r, text), what, (uintmax_t)min, (uintmax_t)max);
	return false;
}

bool read_bool(struct reader *r, const struct yaml *node, bool *value)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {{"true", true}, {"false", false}, {"yes", true}, {"no", false}};
	const char *text;
	if (!read_text(r, node, "true or false", &text))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(text, words[i].text) == 0) {
			*value = words[i].value;
			return true;
		}
	}
	complain(r, node->place, "%s is neither true nor false", quoted(r, text));
	return false;
}

/* Titles go to terminals and into reports. */
static bool has_control_characters(const char *text)
{
	for (const char *end = text + strlen(text); text < end;) {
		int32_t code = utf8_next(&text, end);
		if (code < ' ' || (code >= 0x7f && code < 0xa0))
			return true;
	}
	return false;
}

bool read_title(struct reader *r, const struct yaml *node, const char *what, const char **text)
{
	const char *read;
	if (!read_text(r, node, what, &read))
		return false;
	size_t length = utf8_length(read, strlen(read));
	if (!length)
		complain(r, node->place, "%s is empty", what);
	else if (length > SCENARIO_TITLE_MAX)
		complain(r, node->place, "%s has at most %d characters; this one has %zu", what,
			 SCENARIO_TITLE_MAX, length);
	else if (has_control_characters(read))
		complain(r, node->place, "%s is one line, without control characters", what);
	else {
		*text = read;
		return true;
	}
	return false;
}

bool check_name(struct reader *r, const struct yaml *node, const struct name_rule *rule)
{
	const char *name = node->text;
	size_t length = strlen(name);
	size_t good = *name && strchr(rule->first, *name) ? 1 + strspn(name + 1, rule->rest) : 0;
	if (length > rule->max) {
		complain(r, node->place, "%s has at most %zu characters; this one has %zu",
			 rule->what, rule->max, utf8_length(name, length));
		return false;
	}
	bool ends_well = length && (!rule->last || strchr(rule->last, name[length - 1]));
	if (good == length && ends_well)
		return true;
	complain(r, node->place, "%s is not %s: that is made of %s", quoted(r, name), rule->what,
		 rule->says);
	return false;
}

struct place place_within(const struct yaml *node, size_t offset, size_t length)
{
	struct place place = node->place;
	if (!node->verbatim)
		return place;
	place.column += (unsigned)utf8_length(node->text, offset);
	place.length = (unsigned)utf8_length(node->text + offset, length);
	if (!place.length)
		place.length = 1;
	return place;
}

/* RFC 1035 2.3.4: labels of 63 octets, names of 255 with their lengths. */
const char *dns_name(struct arena *arena, const char *text)
{
	size_t length = strlen(text);
	if (length && text[length - 1] == '.')
		length--;
	if (!length || length > 253)
		return NULL;
	char *name = arena_strndup(arena, text, length);
	size_t label = 0;
	for (char *p = name; *p; p++) {
		*p = (char)tolower((unsigned char)*p);
		label = *p == '.' ? 0 : label + 1;
		bool empty = *p == '.' && (p == name || p[1] == '.' || !p[1]);
		if (empty || label > 63 || !strchr(LOWER DIGITS "_.-", *p))
			return NULL;
	}
	return name;
}
