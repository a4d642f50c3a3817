/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shell scripts that do nothing but call iptables, line by line: no variable,
 * loop or other program.  Only these can be run again without another effect.
 */
#include <string.h>

#include "netsim/mark.h"

#define WORDS_MAX 64

struct word {
	const char *text;
	size_t length;
};

struct line {
	struct word words[WORDS_MAX];
	size_t n_words;
	const char *end; /* past the last word */
};

static bool is_any(const struct word *word, const char *const *texts)
{
	for (; *texts; texts++)
		if (strlen(*texts) == word->length && !memcmp(word->text, *texts, word->length))
			return true;
	return false;
}

/* One word of a simple command, quoted or not, in which nothing is expanded. */
static bool read_word(const char **at, struct word *word)
{
	static const char special[] = "\\$`*?[]{}~;&|<>()#";
	const char *start = *at;
	size_t length = 0;
	while (start[length] && !strchr(" \t\r\n", start[length])) {
		char quote = start[length];
		if (strchr(special, quote))
			return false;
		length++;
		if (quote != '"' && quote != '\'')
			continue;
		length += strcspn(start + length, quote == '"' ? "\"\n\\$`" : "'\n");
		if (start[length++] != quote)
			return false;
	}
	*word = (struct word){start, length};
	*at += length;
	return true;
}

/* A line's words; false where a shell would do more than call a program with them. */
static bool read_line(const char **at, struct line *line)
{
	*line = (struct line){0};
	for (;;) {
		*at += strspn(*at, " \t\r");
		if (**at == '#')
			*at += strcspn(*at, "\n");
		if (!**at || **at == '\n')
			return true;
		if (line->n_words == WORDS_MAX || !read_word(at, &line->words[line->n_words++]))
			return false;
		line->end = *at;
	}
}

static bool is_iptables(const struct word *word)
{
	static const char *const names[] = {
		"iptables",	    "ip6tables", "iptables-nft", "ip6tables-nft", "iptables-legacy",
		"ip6tables-legacy", NULL};
	const char *slash = memrchr(word->text, '/', word->length);
	const char *name = slash ? slash + 1 : word->text;
	struct word rest = {name, (size_t)(word->text + word->length - name)};
	return is_any(&rest, names);
}

/* "set -e", which changes nothing for a script that went well. */
static bool is_strict(const struct line *line)
{
	static const char *const set[] = {"set", NULL};
	static const char *const options[] = {"-e", "-u", "-eu", "-ue", NULL};
	return line->n_words == 2 && is_any(&line->words[0], set) &&
	       is_any(&line->words[1], options);
}

/* "-P OUTPUT DROP": where the policy stands, NULL: nowhere. */
static const struct word *find_policy(const struct line *line)
{
	static const char *const verbs[] = {"-P", "--policy", NULL};
	for (size_t i = 1; i + 2 < line->n_words; i++)
		if (is_any(&line->words[i], verbs))
			return &line->words[i + 2];
	return NULL;
}

static bool adds_rule(const struct line *line)
{
	static const char *const verbs[] = {"-A", "-I", "--append", "--insert", NULL};
	for (size_t i = 1; i < line->n_words; i++)
		if (is_any(&line->words[i], verbs))
			return true;
	return false;
}

/* Copy a command; it goes from `start` to `end`, perhaps with a comment after its last word. */
static void copy_command(struct mark *mark, const char *start, const struct line *line,
			 const char *end, unsigned number)
{
	const struct word *policy = find_policy(line);
	const char *other = policy ? mark_policy(mark, policy->text, policy->length, number) : NULL;
	if (other) {
		fwrite(start, 1, (size_t)(policy->text - start), mark->to);
		fputs(other, mark->to);
		start = policy->text + policy->length;
	}
	fwrite(start, 1, (size_t)(line->end - start), mark->to);
	if (adds_rule(line)) {
		char name[MARK_LENGTH_MAX];
		mark_name(mark, number, name);
		fprintf(mark->to, " -m comment --comment %s", name);
	}
	fwrite(line->end, 1, (size_t)(end - line->end), mark->to);
}

/* Other interpreters' languages are not known. */
static bool is_for_shell(const char *text)
{
	static const char *const starts[] = {"#!/bin/sh", "#!/bin/bash"};
	for (size_t i = 0; i < sizeof(starts) / sizeof(*starts); i++) {
		size_t length = strlen(starts[i]);
		if (!strncmp(text, starts[i], length) && strchr(" \n", text[length]))
			return true;
	}
	return strncmp(text, "#!", 2) != 0;
}

bool mark_script(struct mark *mark, const char *text)
{
	if (!is_for_shell(text))
		return false;
	for (unsigned number = 1; *text; number++) {
		const char *start = text;
		struct line line;
		if (!read_line(&text, &line))
			return false;
		if (!line.n_words) {
			fwrite(start, 1, (size_t)(text - start), mark->to);
		} else {
			if (!is_iptables(&line.words[0]) && !is_strict(&line))
				return false;
			copy_command(mark, start, &line, text, number);
		}
		if (*text)
			fputc(*text++, mark->to);
	}
	return true;
}
