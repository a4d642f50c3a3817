/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/printed.h"

#include <string.h>

void printed_begin(struct printed *printed, const char *wanted, struct arena *arena,
		   struct sighting *sighting)
{
	*printed = (struct printed){.sighting = sighting};
	sighting->output[0] = '\0';
	sighting->output_cut = 0;
	sighting->printed = wanted && !*wanted;
	if (!wanted || !*wanted)
		return;
	printed->wanted = wanted;
	printed->wanted_length = strlen(wanted);
	printed->window = arena_alloc(arena, printed->wanted_length - 1 + SIGHTING_TEXT);
}

/* It may have begun in what came before: so much of that is carried along. */
static void search(struct printed *printed, const char *text, size_t length)
{
	char *window = printed->window;
	size_t all = printed->carried + length;
	memcpy(window + printed->carried, text, length);
	if (memmem(window, all, printed->wanted, printed->wanted_length)) {
		printed->sighting->printed = true;
		printed->wanted = NULL;
		return;
	}
	size_t most = printed->wanted_length - 1;
	printed->carried = all < most ? all : most;
	memmove(window, window + all - printed->carried, printed->carried);
}

static void keep_end(struct printed *printed, const char *text, size_t length)
{
	char *output = printed->sighting->output;
	size_t room = SIGHTING_TEXT - 1;
	size_t all = printed->kept + length;
	size_t gone = all > room ? all - room : 0;
	size_t of_kept = gone < printed->kept ? gone : printed->kept;
	printed->sighting->output_cut += gone;
	printed->kept -= of_kept;
	memmove(output, output + of_kept, printed->kept);
	text += gone - of_kept;
	length -= gone - of_kept;
	memcpy(output + printed->kept, text, length);
	printed->kept += length;
	output[printed->kept] = '\0';
}

void printed_add(struct printed *printed, char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		text[i] = text[i] ? text[i] : ' ';
	if (printed->wanted)
		search(printed, text, length);
	keep_end(printed, text, length);
}
