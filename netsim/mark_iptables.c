/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What iptables-save prints: a rule a line. */
#include <string.h>

#include "netsim/mark.h"

static const char blanks[] = " \t";

/* Whether a line adds a rule: "-A OUTPUT ...", "[5:300] -A OUTPUT ...". */
static bool adds_rule(const char *line, size_t length)
{
	static const char *const verbs[] = {"-A", "-I", "--append", "--insert"};
	const char *end = line + length;
	if (*line == '[') {
		const char *past = memchr(line, ']', length);
		line = past ? past + 1 : end;
		line += strspn(line, blanks);
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		size_t verb = strlen(verbs[i]);
		if (line + verb < end && !strncmp(line, verbs[i], verb) &&
		    strchr(blanks, line[verb]))
			return true;
	}
	return false;
}

/* ":OUTPUT DROP [0:0]" */
static void copy_chain(struct mark *mark, const char *line, size_t length, unsigned number)
{
	const char *word = line + strcspn(line, " \t\n");
	word += strspn(word, blanks);
	size_t word_length = strcspn(word, " \t\r\n");
	const char *other =
		word < line + length ? mark_policy(mark, word, word_length, number) : NULL;
	if (!other) {
		fwrite(line, 1, length, mark->to);
		return;
	}
	const char *rest = word + word_length;
	fprintf(mark->to, "%.*s%s%.*s", (int)(word - line), line, other,
		(int)(line + length - rest), rest);
}

static void copy_line(struct mark *mark, const char *line, size_t length, unsigned number)
{
	if (*line == ':') {
		copy_chain(mark, line, length, number);
		return;
	}
	size_t end = length;
	while (end && strchr(" \t\r", line[end - 1]))
		end--;
	fwrite(line, 1, end, mark->to);
	if (adds_rule(line, end)) {
		char name[MARK_LENGTH_MAX];
		mark_name(mark, number, name);
		fprintf(mark->to, " -m comment --comment %s", name);
	}
	fwrite(line + end, 1, length - end, mark->to);
}

bool mark_iptables(struct mark *mark, const char *text)
{
	for (unsigned number = 1; *text; number++) {
		size_t length = strcspn(text, "\n");
		copy_line(mark, text, length, number);
		text += length;
		if (*text)
			fputc(*text++, mark->to);
	}
	return true;
}
