/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define BEGINNING_MIN	  3
#define BEGINNING_CHANGES 2

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance: Levenshtein's, and neighbours that were swapped. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t rows[3][NEAREST_WORD_MAX + 1];
	for (size_t j = 0; j <= b_length; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		const size_t *before = rows[(i + 1) % 3], *last = rows[(i - 1) % 3];
		size_t *row = rows[i % 3];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = min(last[j], row[j - 1]) + 1;
			row[j] = min(row[j], last[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = min(row[j], before[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

struct nearest nearest_to(const char *word)
{
	size_t length = strlen(word);
	size_t changes = length < 3 ? 1 : length / 3;
	bool usable = length > 0 && length <= NEAREST_WORD_MAX;
	return (struct nearest){.word = word, .within = usable ? changes + 1 : 0};
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	size_t length = strlen(nearest->word), name_length = strlen(name);
	size_t apart = length > name_length ? length - name_length : name_length - length;
	/* "nftables" is more of an "nft" than of an "iptables". */
	bool begins =
		name_length >= BEGINNING_MIN && !strncasecmp(nearest->word, name, name_length);
	if ((apart >= nearest->within && !begins) || name_length > NEAREST_WORD_MAX ||
	    !nearest->within)
		return;
	size_t changes = distance(nearest->word, length, name, name_length);
	if (begins && changes > BEGINNING_CHANGES)
		changes = BEGINNING_CHANGES;
	/* A name of which no letter is left is no suggestion. */
	if (changes >= nearest->within || changes >= name_length)
		return;
	nearest->within = changes;
	nearest->name = name;
}
