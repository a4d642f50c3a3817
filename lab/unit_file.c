/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/unit_file.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX    200
#define COMMANDS_MAX 100

struct reading {
	struct arena *arena;
	struct unit *unit;
	void (*complain)(void *arg, unsigned line, const char *message);
	void *arg;
	bool bad;
	bool in_service, in_other; /* the section */
	size_t n_commands;
};

static const char *const phases[] = {"ExecStartPre", "ExecStart", "ExecStartPost", "ExecStop",
				     "ExecStopPost"};

const char *unit_phase_name(enum unit_phase phase)
{
	return phases[phase];
}

static void fail(struct reading *reading, unsigned line, const char *message)
{
	reading->bad = true;
	reading->complain(reading->arg, line, message);
}

/* A command line that is being read; words are put together in `buffer`. */
struct words {
	struct reading *reading;
	unsigned line;
	const char *at;
	char *buffer;
	size_t used;
	char *words[WORDS_MAX + 1];
	size_t count;
};

/* The character that a backslash and what follows it stand for; -1, with a complaint: none. */
static int read_escape(struct words *words)
{
	static const char from[] = "abfnrtvs\\\"';", to[] = "\a\b\f\n\r\t\v \\\"';";
	char digits[3] = {words->at[1], words->at[1] ? words->at[2] : '\0', '\0'};
	const char *found = *words->at ? strchr(from, *words->at) : NULL;
	if (found) {
		words->at++;
		return to[found - from];
	}
	if (*words->at == 'x' && isxdigit((unsigned char)digits[0]) &&
	    isxdigit((unsigned char)digits[1]) && strcmp(digits, "00") != 0) {
		words->at += 3;
		return (int)strtol(digits, NULL, 16);
	}
	fail(words->reading, words->line,
	     "this escape is not understood: \\n, \\s, \\x20, ... are");
	return -1;
}

/* "%%" and "$$" are the characters; other specifiers and variables are systemd's. */
static bool read_doubled(struct words *words, char c)
{
	if (words->at[0] == c) {
		words->at++;
		return true;
	}
	fail(words->reading, words->line,
	     c == '%' ? "specifiers other than %% are not known here: write what it stands for"
		      : "variables are not known here: write what it stands for, or $$ for a '$'");
	return false;
}

static bool read_character(struct words *words, char quote)
{
	int c = (unsigned char)*words->at++;
	if (c == '\\')
		c = read_escape(words);
	else if ((c == '%' || (c == '$' && quote != '\'')) && !read_doubled(words, (char)c))
		return false;
	if (c < 0)
		return false;
	words->buffer[words->used++] = (char)c;
	return true;
}

static bool read_word(struct words *words)
{
	char quote = '\0';
	char *start = words->buffer + words->used;
	while (*words->at && (quote || !strchr(" \t", *words->at))) {
		if (*words->at == quote || (!quote && strchr("\"'", *words->at))) {
			quote = quote ? '\0' : *words->at;
			words->at++;
		} else if (!read_character(words, quote)) {
			return false;
		}
	}
	if (quote) {
		fail(words->reading, words->line, "a quote is not closed");
		return false;
	}
	words->buffer[words->used++] = '\0';
	words->words[words->count++] = start;
	return true;
}

static bool read_words(struct words *words)
{
	for (words->at += strspn(words->at, " \t"); *words->at;
	     words->at += strspn(words->at, " \t")) {
		if (words->count == WORDS_MAX) {
			fail(words->reading, words->line, "a command has at most 200 words");
			return false;
		}
		if (words->at[0] == ';' && (!words->at[1] || strchr(" \t", words->at[1]))) {
			fail(words->reading, words->line,
			     "one command a line: a ';' by itself begins another");
			return false;
		}
		if (!read_word(words))
			return false;
	}
	return true;
}

/* What may stand before the program. */
static const char *read_prefixes(struct reading *reading, const char *value, unsigned line,
				 struct unit_command *command)
{
	for (; *value && strchr("-+!:@", *value); value++) {
		if (*value == '@')
			fail(reading, line,
			     "'@' is not understood: a program is called by its own name here");
		command->may_fail |= *value == '-';
		command->as_superuser |= *value == '+' || *value == '!';
	}
	return value;
}

static void add_command(struct reading *reading, enum unit_phase phase, const char *value,
			unsigned line)
{
	struct unit_command **last = &reading->unit->commands[phase];
	if (!*value) {
		*last = NULL;
		return;
	}
	if (reading->n_commands++ == COMMANDS_MAX) {
		fail(reading, line, "a unit has at most 100 commands");
		return;
	}
	struct unit_command *command = arena_alloc(reading->arena, sizeof(*command));
	*command = (struct unit_command){.line = line};
	struct words words = {.reading = reading, .line = line};
	words.at = read_prefixes(reading, value, line, command);
	words.buffer = arena_alloc(reading->arena, 2 * strlen(value) + 2);
	if (!read_words(&words))
		return;
	if (!words.count || !*words.words[0]) {
		fail(reading, line, "a program is missing here");
		return;
	}
	command->argv = arena_array(reading->arena, char *, words.count + 1);
	memcpy(command->argv, words.words, words.count * sizeof(char *));
	while (*last)
		last = &(*last)->next;
	*last = command;
}

static void set_type(struct reading *reading, const char *value, unsigned line)
{
	static const char *const known[] = {"simple", "exec", "forking", "oneshot"};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], value)) {
			reading->unit->is_oneshot = i == 3;
			return;
		}
	fail(reading, line, "Type= is simple, exec, forking or oneshot here");
}

static void set_user(struct reading *reading, const char *value, unsigned line)
{
	reading->unit->user = *value ? value : NULL;
	(void)line;
}

static void set_group(struct reading *reading, const char *value, unsigned line)
{
	reading->unit->group = *value ? value : NULL;
	(void)line;
}

static void set_start_only(struct reading *reading, const char *value, unsigned line)
{
	static const char *const words[] = {"yes", "true", "on", "1", "no", "false", "off", "0"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcasecmp(words[i], value)) {
			reading->unit->start_only = i < 4;
			return;
		}
	fail(reading, line, "this is neither true nor false");
}

static const struct {
	const char *name;
	void (*set)(struct reading *reading, const char *value, unsigned line);
} settings[] = {
	{"Type", set_type},
	{"User", set_user},
	{"Group", set_group},
	{"PermissionsStartOnly", set_start_only},
};

/* They change nothing of what runs between a lab's start and its end. */
static const char *const passed_over[] = {
	"Restart",	   "RestartSec",       "TimeoutSec", "TimeoutStartSec",
	"TimeoutStopSec",  "RemainAfterExit",  "PIDFile",    "StandardOutput",
	"StandardError",   "SyslogIdentifier", "KillMode",   "StartLimitInterval",
	"StartLimitBurst", "GuessMainPID",     "ExecReload",
};

static void assign(struct reading *reading, const char *key, const char *value, unsigned line)
{
	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++)
		if (!strcmp(phases[i], key)) {
			add_command(reading, (enum unit_phase)i, value, line);
			return;
		}
	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings); i++)
		if (!strcmp(settings[i].name, key)) {
			settings[i].set(reading, value, line);
			return;
		}
	for (size_t i = 0; i < sizeof(passed_over) / sizeof(*passed_over); i++)
		if (!strcmp(passed_over[i], key))
			return;
	fail(reading, line,
	     arena_printf(reading->arena,
			  "%.60s= is not understood here, and could change what is run", key));
}

static char *trim(char *text)
{
	text += strspn(text, " \t\r");
	for (size_t length = strlen(text); length && strchr(" \t\r", text[length - 1]);)
		text[--length] = '\0';
	return text;
}

static void enter_section(struct reading *reading, const char *line, unsigned number)
{
	reading->in_service = !strcmp(line, "[Service]");
	reading->in_other =
		!strcmp(line, "[Unit]") || !strcmp(line, "[Install]") || !strncmp(line, "[X-", 3);
	if (!reading->in_service && !reading->in_other)
		fail(reading, number, "a section is [Unit], [Service] or [Install] here");
}

/* A line, with those that continue it. */
static void read_line(struct reading *reading, char *line, unsigned number)
{
	line = trim(line);
	if (*line == '[') {
		enter_section(reading, line, number);
		return;
	}
	char *equals = strchr(line, '=');
	if (reading->in_other)
		return;
	if (!reading->in_service)
		fail(reading, number, "this is in no section: [Service] comes first");
	else if (!equals || equals == line)
		fail(reading, number, "NAME=VALUE is wanted here");
	else {
		*equals = '\0';
		assign(reading, trim(line), trim(equals + 1), number);
	}
}

static bool is_comment(const char *line)
{
	line += strspn(line, " \t\r");
	return *line == '#' || *line == ';';
}

static void read_lines(struct reading *reading, char *text)
{
	char *whole = NULL;
	unsigned number = 0, begin = 0;
	for (char *line, *rest = text; (line = strsep(&rest, "\n"));) {
		number++;
		/* Comments do not end a line that goes on. */
		if (is_comment(line) || (!whole && !*trim(line)))
			continue;
		if (!whole)
			begin = number;
		size_t length = strlen(line);
		bool goes_on = length && line[length - 1] == '\\';
		if (goes_on)
			line[length - 1] = ' ';
		whole = whole ? arena_printf(reading->arena, "%s%s", whole, line) : line;
		if (goes_on && rest)
			continue;
		read_line(reading, whole, begin);
		whole = NULL;
	}
	if (whole)
		read_line(reading, whole, begin);
}

static void check_commands(struct reading *reading)
{
	const struct unit *unit = reading->unit;
	const struct unit_command *start = unit->commands[UNIT_START];
	if (!unit->is_oneshot && !start)
		fail(reading, 0, "a service needs ExecStart=, unless it is of Type=oneshot");
	else if (!unit->is_oneshot && start->next)
		fail(reading, start->next->line,
		     "a second ExecStart=: only a service of Type=oneshot has several");
}

struct unit *unit_read(struct arena *arena, const char *text,
		       void (*complain)(void *arg, unsigned line, const char *message), void *arg)
{
	struct unit *unit = arena_alloc(arena, sizeof(*unit));
	struct reading reading = {.arena = arena, .unit = unit, .complain = complain, .arg = arg};
	*unit = (struct unit){.is_oneshot = false};
	read_lines(&reading, arena_strdup(arena, text));
	if (!reading.bad)
		check_commands(&reading);
	return reading.bad ? NULL : unit;
}
