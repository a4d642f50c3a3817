/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ferm: words, strings and single signs, none of which spans lines.  A rule
 * stands where its action does; the match before it carries the mark.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include "netsim/mark.h"

struct token {
	const char *text;
	size_t length; /* 0: the end of the text */
};

struct scanner {
	struct mark *mark;
	const char *at;
	const char *copied; /* up to here */
	unsigned line;
	unsigned parentheses;
	bool defines;	       /* a variable */
	struct token previous; /* the one before the present one */
};

/* What ends a rule's matches, in ferm's words. */
static const char *const actions[] = {
	"ACCEPT",      "DROP",	   "RETURN",   "QUEUE",	    "NOP",
	"jump",	       "goto",	   "subchain", "@subchain", "@gotosubchain",
	"REJECT",      "LOG",	   "NFLOG",    "ULOG",	    "MASQUERADE",
	"SNAT",	       "DNAT",	   "REDIRECT", "NETMAP",    "SAME",
	"MARK",	       "CONNMARK", "CLASSIFY", "TCPMSS",    "TOS",
	"DSCP",	       "TTL",	   "HL",       "NOTRACK",   "CT",
	"TRACE",       "TEE",	   "TPROXY",   "NFQUEUE",   "SET",
	"TARPIT",      "AUDIT",	   "CHECKSUM", "SYNPROXY",  "TCPOPTSTRIP",
	"CONNSECMARK", "SECMARK",  "HMARK",    "ECN",	    "RATEEST",
	"SNPT",	       "DNPT",	   NULL};

/* After these a word is a value, whatever it is. */
static const char *const value_follows[] = {"policy", "chain", "table",	 "domain", "jump",
					    "goto",   "mod",   "module", "=",	   ",",
					    "$",      "&",     "!",	 NULL};

/* What is run, asked for or read besides the text. */
static const char *const not_twice[] = {"@hook", "hook", "@resolve", "@preserve", NULL};

static bool is(const struct token *token, const char *text)
{
	return strlen(text) == token->length && !memcmp(token->text, text, token->length);
}

static bool is_any(const struct token *token, const char *const *texts)
{
	for (; *texts; texts++)
		if (is(token, *texts))
			return true;
	return false;
}

static void copy_until(struct scanner *scanner, const char *end)
{
	fwrite(scanner->copied, 1, (size_t)(end - scanner->copied), scanner->mark->to);
	scanner->copied = end;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* How long the token is that starts here; 0: none does, and ferm does not see the sign. */
static size_t token_length(const char *at)
{
	size_t length = 0;
	if (*at == '"' || *at == '\'' || *at == '`') {
		const char end[] = {*at, '\n', '\0'};
		length = 1 + strcspn(at + 1, end);
		return at[length] == *at ? length + 1 : 0;
	}
	if (strchr("!,=&$%(){};", *at))
		return 1;
	if (*at == '@') {
		while (is_name(at[1 + length]))
			length++;
		return length ? 1 + length : 0;
	}
	while (at[length] && (is_name(at[length]) || strchr("-+/.:", at[length])))
		length++;
	return length;
}

static struct token next_token(struct scanner *scanner)
{
	for (; *scanner->at; scanner->at++) {
		if (*scanner->at == '#')
			scanner->at += strcspn(scanner->at, "\n");
		if (!*scanner->at)
			break;
		scanner->line += *scanner->at == '\n';
		size_t length = token_length(scanner->at);
		if (length) {
			scanner->at += length;
			return (struct token){scanner->at - length, length};
		}
	}
	return (struct token){scanner->at, 0};
}

/* Whether the mark's match can stand before this word: that it is an action, not a value. */
static bool is_action(const struct scanner *scanner, const struct token *token)
{
	return !scanner->parentheses && !scanner->defines &&
	       !is_any(&scanner->previous, value_follows) && is_any(token, actions);
}

/* ferm gives a rule but one comment: where there may be one, it is another match with a text. */
static void mark_rule(struct scanner *scanner, const struct token *token)
{
	char name[MARK_LENGTH_MAX];
	mark_name(scanner->mark, scanner->line, name);
	copy_until(scanner, token->text);
	fprintf(scanner->mark->to,
		scanner->mark->has_comments ? "mod string string \"%s\" algo bm "
					    : "mod comment comment \"%s\" ",
		name);
}

static void contradict_policy(struct scanner *scanner, const struct token *token)
{
	const char *other = mark_policy(scanner->mark, token->text, token->length, scanner->line);
	if (!other)
		return;
	copy_until(scanner, token->text);
	fputs(other, scanner->mark->to);
	scanner->copied = token->text + token->length;
}

/* "@include 'FILE';", no other way of including: `token` is the name. */
static bool include(struct scanner *scanner, const struct token *token)
{
	const struct mark *mark = scanner->mark;
	const char *outer = mark->source.path;
	const char *slash = outer ? strrchr(outer, '/') : NULL;
	const char *start = scanner->previous.text;
	char path[PATH_MAX];
	if (token->length < 3 || !strchr("\"'", *token->text) || !slash)
		return false;
	const char *name = token->text + 1;
	size_t length = token->length - 2;
	char last = name[length - 1];
	struct token end = next_token(scanner);
	if (memchr(name, '$', length) || last == '/' || last == '|' || *name == '|' ||
	    !is(&end, ";"))
		return false;
	int used = snprintf(path, sizeof(path), "%.*s%.*s",
			    *name == '/' ? 0 : (int)(slash + 1 - outer), outer, (int)length, name);
	copy_until(scanner, start);
	scanner->copied = scanner->at;
	fputc('\n', mark->to);
	return used < (int)sizeof(path) && mark_include(scanner->mark, path);
}

/* Variables are given values, functions are given rules. */
static void follow_definition(struct scanner *scanner, const struct token *token)
{
	if (is(token, "$") && (is(&scanner->previous, "@def") || is(&scanner->previous, "def")))
		scanner->defines = true;
	else if (is(token, ";"))
		scanner->defines = false;
}

static bool scan_token(struct scanner *scanner, const struct token *token)
{
	if (*token->text == '`' || is_any(token, not_twice))
		return false;
	if (is(&scanner->previous, "@include") || is(&scanner->previous, "include"))
		return include(scanner, token);
	follow_definition(scanner, token);
	scanner->parentheses += is(token, "(");
	if (is(token, ")") && scanner->parentheses)
		scanner->parentheses--;
	if (is(&scanner->previous, "policy"))
		contradict_policy(scanner, token);
	else if (is_action(scanner, token))
		mark_rule(scanner, token);
	return true;
}

bool mark_ferm(struct mark *mark, const char *text)
{
	struct scanner scanner = {.mark = mark, .at = text, .copied = text, .line = 1};
	mark->has_comments |= strstr(text, "comment") != NULL;
	for (;;) {
		struct token token = next_token(&scanner);
		if (!token.length)
			break;
		if (!scan_token(&scanner, &token))
			return false;
		scanner.previous = token;
	}
	copy_until(&scanner, scanner.at);
	return true;
}
