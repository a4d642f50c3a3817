/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/rule_words.h"

#include <stddef.h>
#include <string.h>

struct sim_words sim_words_of(const char *text, bool legacy)
{
	return (struct sim_words){.rest = text, .escapes = legacy};
}

bool sim_words_next(struct sim_words *words)
{
	const char *at = words->rest + strspn(words->rest, " \t\n");
	size_t length = 0;
	bool inside = false;

	words->quoted = *at == '"';
	words->word[0] = '\0';
	if (!*at)
		return false;
	for (; *at && (inside || !strchr(" \t\n", *at)); at++) {
		if (*at == '"') {
			inside = !inside;
			continue;
		}
		if (inside && words->escapes && *at == '\\' && at[1])
			at++;
		if (length < SIM_WORD_MAX - 1)
			words->word[length++] = *at;
	}
	words->word[length] = '\0';
	words->rest = at;
	return true;
}

bool sim_words_at(const struct sim_words *words, const char *word)
{
	return !words->quoted && !strcmp(words->word, word);
}
