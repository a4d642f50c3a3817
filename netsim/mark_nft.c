/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nft's own language: statements end with a line or a semicolon, and rules are
 * those in the block of a chain, and what "add rule" and "insert rule" add.
 */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "netsim/mark.h"

/* What is told of a statement by its first words; more are not kept. */
#define WORDS_MAX 8

/* More than nft allows. */
#define DEPTH_MAX 16

enum context { TOP, IN_TABLE, IN_CHAIN };

struct word {
	const char *text;
	size_t length;
};

struct scanner {
	struct mark *mark;
	const char *at;
	const char *copied; /* up to here */
	unsigned line;	    /* of `at` */
	unsigned depth;	    /* of rules that rules hold */
};

struct statement {
	struct word words[WORDS_MAX];
	size_t n_words;
	struct word last[2]; /* its last two words, the very last one second */
	unsigned line;	     /* of the first word */
	const char *end;     /* past the last token; NULL: there was none */
};

static bool is(const struct word *word, const char *text)
{
	return strlen(text) == word->length && !memcmp(word->text, text, word->length);
}

static bool is_any(const struct word *word, const char *const *texts)
{
	for (; *texts; texts++)
		if (is(word, *texts))
			return true;
	return false;
}

static void copy_until(struct scanner *scanner, const char *end)
{
	fwrite(scanner->copied, 1, (size_t)(end - scanner->copied), scanner->mark->to);
	scanner->copied = end;
}

/* A string in quotes, which knows no escapes; false where it does not end. */
static bool pass_string(struct scanner *scanner)
{
	for (scanner->at++; *scanner->at != '"'; scanner->at++) {
		if (!*scanner->at)
			return false;
		scanner->line += *scanner->at == '\n';
	}
	scanner->at++;
	return true;
}

/* Blanks, comments and lines that are continued; not the end of a line. */
static void pass_blanks(struct scanner *scanner)
{
	for (;; scanner->at++) {
		if (*scanner->at == '#')
			scanner->at += strcspn(scanner->at, "\n");
		if (scanner->at[0] == '\\' && scanner->at[1] == '\n') {
			scanner->at++;
			scanner->line++;
		} else if (!*scanner->at || !strchr(" \t\r", *scanner->at)) {
			return;
		}
	}
}

/* A word or string. */
static bool read_word(struct scanner *scanner, struct word *word)
{
	const char *start = scanner->at;
	if (*start == '"' && !pass_string(scanner))
		return false;
	if (*start != '"')
		scanner->at += strcspn(start, " \t\r\n;{}#\"\\");
	/* A backslash that continues no line. */
	if (scanner->at == start)
		return false;
	*word = (struct word){start, (size_t)(scanner->at - start)};
	return true;
}

static bool add_word(struct scanner *scanner, struct statement *statement)
{
	static const char *const of_links[] = {"iif", "oif", "sdif", "device", "devices", NULL};
	struct word word;
	if (!read_word(scanner, &word))
		return false;
	if (statement->n_words < WORDS_MAX)
		statement->words[statement->n_words++] = word;
	statement->last[0] = statement->last[1];
	statement->last[1] = word;
	scanner->mark->book->names_links |= is_any(&word, of_links);
	return true;
}

/* Past what stands in braces: a set, a map, rules without a chain's name, or a set's block. */
static bool pass_braces(struct scanner *scanner, struct statement *statement)
{
	size_t depth = 0;
	do {
		pass_blanks(scanner);
		char c = *scanner->at;
		if (!c)
			return false;
		if (!strchr("{};\n", c)) {
			if (!add_word(scanner, statement))
				return false;
			continue;
		}
		depth += c == '{';
		depth -= c == '}';
		scanner->line += c == '\n';
		scanner->at++;
	} while (depth);
	/* Whatever stood in there was not the rule's own comment. */
	statement->last[0] = statement->last[1] = (struct word){scanner->at - 1, 1};
	return true;
}

static bool is_rule(const struct statement *statement, enum context context)
{
	static const char *const others[] = {"type",   "policy",   "flags",    "comment",
					     "device", "devices",  "include",  "define",
					     "error",  "redefine", "undefine", NULL};
	static const char *const verbs[] = {"add", "insert", NULL};
	const struct word *words = statement->words;
	if (context == IN_CHAIN)
		return !statement->n_words || !is_any(&words[0], others);
	return context == TOP && statement->n_words > 1 && is_any(&words[0], verbs) &&
	       is(&words[1], "rule");
}

/* At the end of a rule, or of the comment that it has. */
static void mark_rule(struct scanner *scanner, const struct statement *statement)
{
	char name[MARK_LENGTH_MAX];
	mark_name(scanner->mark, statement->line, name);
	bool comments = is(&statement->last[0], "comment");
	bool quoted = comments && statement->end[-1] == '"';
	copy_until(scanner, statement->end - quoted);
	fprintf(scanner->mark->to, comments ? "%s" : " comment \"%s\"", name);
}

static void contradict_policy(struct scanner *scanner, const struct statement *statement)
{
	const struct word *word = &statement->words[1];
	const char *other = mark_policy(scanner->mark, word->text, word->length, statement->line);
	if (!other)
		return;
	copy_until(scanner, word->text);
	fputs(other, scanner->mark->to);
	scanner->copied = word->text + word->length;
}

/*
 * Put the text of an included file in its place, where it is certain which file
 * that is; nft looks for what names no folder in /etc first.
 */
static bool include(struct scanner *scanner, const struct statement *statement)
{
	const struct mark *mark = scanner->mark;
	const struct word *word = &statement->words[1];
	char name[PATH_MAX];
	char path[PATH_MAX + sizeof("/etc/")];
	if (word->length < 3 || *word->text != '"' || word->length - 2 >= sizeof(name))
		return true;
	snprintf(name, sizeof(name), "%.*s", (int)word->length - 2, word->text + 1);
	bool is_plain = *name != '/' && *name != '.';
	if (is_plain && strpbrk(name, "*?["))
		return true;
	snprintf(path, sizeof(path), "/etc/%s", name);
	if (is_plain && access(path, F_OK) == 0)
		return true;
	/* Relative to the folder of what is loaded, whichever file includes it. */
	int length =
		snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : mark->folder,
			 *name == '/' ? "" : "/", strncmp(name, "./", 2) != 0 ? name : name + 2);
	if (length >= (int)sizeof(path))
		return false;
	copy_until(scanner, statement->words[0].text);
	scanner->copied = statement->end;
	return mark_include(scanner->mark, path);
}

static bool end_statement(struct scanner *scanner, const struct statement *statement,
			  enum context context)
{
	if (!statement->end)
		return true;
	if (is_rule(statement, context))
		mark_rule(scanner, statement);
	else if (context == IN_CHAIN && statement->n_words == 2 &&
		 is(&statement->words[0], "policy"))
		contradict_policy(scanner, statement);
	else if (context == TOP && statement->n_words == 2 && is(&statement->words[0], "include"))
		return include(scanner, statement);
	return true;
}

/* Rules that a rule holds, whose braces follow: "jump { drop; }". */
static bool holds_rules(const struct statement *statement, enum context context)
{
	static const char *const ways[] = {"jump", "goto", NULL};
	return context == IN_CHAIN && statement->n_words && is_any(&statement->last[1], ways);
}

/* What the brace that comes next opens. */
static enum context opens(const struct statement *statement, enum context context)
{
	static const char *const verbs[] = {"add", "create", NULL};
	const struct word *word = statement->words;
	if (context == IN_CHAIN || !statement->n_words)
		return TOP;
	if (context == TOP && statement->n_words > 1 && is_any(word, verbs))
		word++;
	if (context == TOP && is(word, "table"))
		return IN_TABLE;
	return is(word, "chain") ? IN_CHAIN : TOP;
}

/* Statements until the end of the text or, in a block, its brace. */
static bool scan(struct scanner *scanner, enum context context);

/* False: the text is not understood.  `*open`: the block goes on. */
static bool scan_token(struct scanner *scanner, enum context context, struct statement *statement,
		       bool *open)
{
	char c = *scanner->at;
	enum context inner;
	if (c && !statement->end)
		statement->line = scanner->line;
	if (!c || strchr("\n;}", c)) {
		bool good = end_statement(scanner, statement, context);
		*statement = (struct statement){0};
		*open = c && c != '}';
		scanner->line += c == '\n';
		scanner->at += c != '\0';
		return good && (context == TOP ? c != '}' : c != '\0');
	}
	if (c != '{') {
		if (!add_word(scanner, statement))
			return false;
	} else if (holds_rules(statement, context)) {
		scanner->at++;
		if (++scanner->depth > DEPTH_MAX || !scan(scanner, IN_CHAIN))
			return false;
		scanner->depth--;
		statement->last[0] = statement->last[1] = (struct word){scanner->at - 1, 1};
	} else if ((inner = opens(statement, context)) == TOP) {
		if (!pass_braces(scanner, statement))
			return false;
	} else {
		scanner->at++;
		*statement = (struct statement){0};
		return scan(scanner, inner);
	}
	statement->end = scanner->at;
	return true;
}

/* A table's block has chains, and a chain's the blocks that its rules hold. */
static bool scan(struct scanner *scanner, enum context context)
{
	struct statement statement = {0};
	for (bool open = true; open;) {
		pass_blanks(scanner);
		if (!scan_token(scanner, context, &statement, &open))
			return false;
	}
	return true;
}

bool mark_nft(struct mark *mark, const char *text)
{
	struct scanner scanner = {.mark = mark, .at = text, .copied = text, .line = 1};
	if (!scan(&scanner, TOP))
		return false;
	copy_until(&scanner, scanner.at);
	return true;
}
