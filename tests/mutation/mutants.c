/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/mutation/mutants.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"
#include "netsim/mark.h"

/* An address that nobody has: RFC 5737. */
#define NOBODY "192.0.2.1"

struct maker {
	const char *text;
	struct mutants *mutants;
	size_t rule, rule_end; /* of the rule at hand */
};

static void add(struct maker *maker, size_t from, size_t to, const char *with)
{
	struct mutants *mutants = maker->mutants;
	if (mutants->count == MUTANTS_MAX)
		return;
	struct mutant *mutant = &mutants->all[mutants->count++];
	*mutant = (struct mutant){.from = from, .to = to};
	mutant->rule = maker->rule;
	mutant->rule_end = maker->rule_end;
	snprintf(mutant->with, sizeof(mutant->with), "%s", with);
}

static bool is_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* A whole word between two places of the text, outside of quotes; the place, or `to`. */
static size_t find_word(const struct maker *maker, size_t from, size_t to, const char *word)
{
	size_t length = strlen(word);
	char quote = '\0';
	for (size_t i = from; i < to; i++) {
		char c = maker->text[i];
		if (quote) {
			quote = c == quote ? '\0' : quote;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (i + length <= to && !strncmp(maker->text + i, word, length) &&
			   (i == from || !is_of_word(maker->text[i - 1])) &&
			   (i + length == to || !is_of_word(maker->text[i + length]))) {
			return i;
		}
	}
	return to;
}

/* The contrary of each verdict of the rule at hand. */
static void flip(struct maker *maker)
{
	static const struct {
		const char *word;
		const char *contrary;
		bool has_more; /* all that follows belongs to it */
	} verdicts[] = {
		{"ACCEPT", "DROP", false}, {"DROP", "ACCEPT", false},  {"accept", "drop", false},
		{"drop", "accept", false}, {"REJECT", "ACCEPT", true}, {"reject", "accept", true},
	};
	for (size_t i = 0; i < sizeof(verdicts) / sizeof(*verdicts); i++) {
		const char *word = verdicts[i].word;
		size_t at = maker->rule;
		while ((at = find_word(maker, at, maker->rule_end, word)) < maker->rule_end) {
			size_t end = verdicts[i].has_more ? maker->rule_end : at + strlen(word);
			add(maker, at, end, verdicts[i].contrary);
			at = end;
		}
	}
}

/* Where packets are sent on to: to nobody instead. */
static void divert(struct maker *maker)
{
	static const struct {
		const char *word;
		const char *before; /* the address, after the word */
	} targets[] = {
		{"DNAT", "--to-destination"}, {"DNAT", "--to"}, {"DNAT", "to"}, {"dnat", "to"}};
	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		size_t end = maker->rule_end;
		size_t at = find_word(maker, maker->rule, end, targets[i].word);
		at = find_word(maker, at, end, targets[i].before);
		if (at == end)
			continue;
		at += strlen(targets[i].before);
		at += strspn(maker->text + at, " \t");
		add(maker, at, at + strcspn(maker->text + at, " \t\n;"), NOBODY);
		return;
	}
}

/* Take the rule at hand out of force. */
static void remove_rule(struct maker *maker, size_t from, size_t to, const char *with)
{
	size_t count = maker->mutants->count;
	add(maker, from, to, with);
	if (maker->mutants->count > count)
		maker->mutants->all[count].removed = true;
}

/* All that can be done to the rule at hand. */
static void add_rule(struct maker *maker, size_t from, size_t to, const char *with)
{
	remove_rule(maker, from, to, with);
	flip(maker);
	divert(maker);
}

/* The statement of a chain's policy on this line; -1: not found. */
static int flip_policy(struct maker *maker, unsigned line)
{
	size_t start = 0;
	for (unsigned i = 1; i < line; i++)
		start += strcspn(maker->text + start, "\n") + 1;
	maker->rule = start + strspn(maker->text + start, " \t");
	maker->rule_end = start + strcspn(maker->text + start, "\n");
	size_t at = find_word(maker, start, maker->rule_end, "policy");
	if (at == maker->rule_end)
		return -1;
	maker->rule = at;
	maker->rule_end = at + strcspn(maker->text + at, ";\n");
	flip(maker);
	return 0;
}

/*
 * Where a scanner has put its marks: `each` gets the offsets in the text, in
 * order.  False where the copy is none.
 */
static bool each_mark(struct maker *maker, const char *copy,
		      void (*each)(struct maker *maker, size_t offset))
{
	static const struct {
		const char *before;
		const char *after;
	} wraps[] = {/* the longest first */
		     {"mod comment comment \"", "\" "},
		     {"mod string string \"", "\" algo bm"},
		     {" comment \"", "\""},
		     {"", ""}};
	static const char prefix[] = "fwlab_";
	size_t i = 0;
	const char *at = copy;
	while (*at) {
		if (*at == maker->text[i]) {
			at++;
			i++;
			continue;
		}
		const char *name = strstr(at, prefix);
		if (!name)
			return false;
		size_t length = strlen(prefix) + strspn(name + strlen(prefix), "0123456789_");
		for (size_t w = 0; w < sizeof(wraps) / sizeof(*wraps); w++) {
			size_t before = strlen(wraps[w].before);
			size_t after = strlen(wraps[w].after);
			if (name < copy + before ||
			    strncmp(name - before, wraps[w].before, before) != 0 ||
			    strncmp(name + length, wraps[w].after, after) != 0)
				continue;
			at += before + length + after;
			break;
		}
		each(maker, i);
	}
	return !maker->text[i];
}

/* ferm's marks stand before an action, which ends at a semicolon or with its block. */
static void ferm_rule(struct maker *maker, size_t action)
{
	const char *text = maker->text;
	size_t start = action, end = action, depth = 0;
	while (start && text[start - 1] != '\n' && !strchr(";{}", text[start - 1]))
		start--;
	for (; text[end] && (depth || text[end] != ';'); end++) {
		depth += text[end] == '{';
		if (text[end] == '}' && --depth == 0)
			break;
	}
	maker->rule = start + strspn(text + start, " \t");
	/* What is in a block is rules of their own. */
	maker->rule_end = text[end] == '}' ? action + strcspn(text + action, "{") : end;
	if (text[end] == '}')
		remove_rule(maker, action, end + 1, "NOP;");
	else
		add_rule(maker, action, end, "NOP");
}

/* nft's stand at a rule's end; it began after another, or with its chain.  Braces in it are sets'.
 */
static void nft_rule(struct maker *maker, size_t end)
{
	const char *text = maker->text;
	size_t depth = 0, start = end;
	bool quoted = false;
	/* A comment of its own: the mark is in there. */
	if (text[end] == '"')
		end = start = end + 1;
	for (; start; start--) {
		char c = text[start - 1];
		quoted ^= c == '"';
		if (quoted)
			continue;
		if (!depth &&
		    (c == ';' || c == '{' || (c == '\n' && (start < 2 || text[start - 2] != '\\'))))
			break;
		depth += c == '}';
		depth -= c == '{';
	}
	while (end > start && isspace((unsigned char)text[end - 1]))
		end--;
	maker->rule = start + strspn(text + start, " \t");
	maker->rule_end = end;
	add_rule(maker, maker->rule, end, "");
}

static bool make_marked(struct maker *maker, bool (*copy)(struct mark *mark, const char *text),
			void (*each)(struct maker *maker, size_t offset))
{
	struct mark_book book = {0};
	/* A run past all of them: no policy is contradicted. */
	const struct mark_source source = {.path = "/policy"};
	autofree char *marked = mark_text(&book, copy, &source, maker->text, MARK_RUNS_MAX);
	bool good = marked && each_mark(maker, marked, each);
	for (unsigned i = 0; good && i < book.n_policies; i++)
		good = flip_policy(maker, book.policies[i].line) == 0;
	mark_book_clear(&book);
	return good;
}

/* One line of iptables-save text, or one command of a script. */
static void line_rule(struct maker *maker, bool script)
{
	static const char *const rules[] = {"-A",	"-I",	    "--append",
					    "--insert", "add rule", "insert rule"};
	static const char *const policies[] = {"-P", "--policy"};
	size_t from = maker->rule, to = maker->rule_end;
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (find_word(maker, from, to, rules[i]) < to) {
			add_rule(maker, from, to, script ? "true" : "#");
			return;
		}
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++)
		if (find_word(maker, from, to, policies[i]) < to)
			flip(maker);
	if (maker->text[from] == ':')
		flip(maker);
}

static bool is_command(const char *line, size_t length)
{
	static const char *const tools[] = {"iptables", "ip6tables", "nft"};
	const char *slash = memrchr(line, '/', strcspn(line, " \t\n"));
	const char *name = slash ? slash + 1 : line;
	for (size_t i = 0; i < sizeof(tools) / sizeof(*tools); i++)
		if (length >= strlen(tools[i]) && !strncmp(name, tools[i], strlen(tools[i])))
			return true;
	return false;
}

static void make_lines(struct maker *maker, bool script)
{
	const char *text = maker->text;
	for (size_t i = 0; text[i];) {
		size_t start = i + strspn(text + i, " \t");
		size_t end = start + strcspn(text + start, "\n");
		while (script && end > start && text[end] && text[end - 1] == '\\')
			end += 1 + strcspn(text + end + 1, "\n");
		maker->rule = start;
		maker->rule_end = end;
		if (text[start] != '#' && (!script || is_command(text + start, end - start)))
			line_rule(maker, script);
		i = end + (text[end] == '\n');
	}
}

bool mutants_make(const char *kind, const char *text, struct mutants *mutants)
{
	struct maker maker = {.text = text, .mutants = mutants};
	bool good = true;
	mutants->count = 0;
	if (!strcmp(kind, "ferm"))
		good = make_marked(&maker, mark_ferm, ferm_rule);
	else if (!strcmp(kind, "nft"))
		good = make_marked(&maker, mark_nft, nft_rule);
	else
		make_lines(&maker, !strcmp(kind, "script"));
	return good && mutants->count < MUTANTS_MAX;
}
