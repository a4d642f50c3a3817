/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts for people: any bytes are shown harmlessly, in as many columns as was
 * said, and as a word that a shell reads back; any place of any text can be
 * complained about.  Three bytes of a place, and the text.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "lab/diagnostics.h"
#include "lab/text.h"
#include "lab/utf8.h"
#include "tests/fuzz/support/fuzz.h"

struct memory {
	char *text;
	size_t length;
	FILE *to;
};

static FILE *begin(struct memory *memory)
{
	memory->to = open_memstream(&memory->text, &memory->length);
	HOLDS(memory->to);
	return memory->to;
}

static void end(struct memory *memory)
{
	HOLDS(fclose(memory->to) == 0);
	fuzz_check_shown(memory->text, memory->length, false);
}

static void check_columns(const char *text, size_t width)
{
	struct memory shown;
	text_write_column(begin(&shown), text, width);
	end(&shown);
	HOLDS(text_width(shown.text) == width);
	free(shown.text);
}

/* What a shell makes of quotes; nothing else is special within ours. */
static void unquote(const char *word, char *to)
{
	bool inside = false;
	for (; *word; word++) {
		if (*word == '\'')
			inside = !inside;
		else if (*word == '\\' && !inside)
			*to++ = *++word;
		else
			*to++ = *word;
	}
	*to = '\0';
	HOLDS(!inside);
}

/* The word's text as it is shown anyway, for then nothing of it is lost. */
static void check_word(const char *text)
{
	struct memory shown, quoted;
	text_write(begin(&shown), text, strlen(text));
	end(&shown);
	HOLDS(text_width(text) == text_width(shown.text));
	text_write_word(begin(&quoted), shown.text);
	end(&quoted);
	char *back = malloc(quoted.length + 1);
	HOLDS(back);
	unquote(quoted.text, back);
	HOLDS(!strcmp(back, shown.text) && *quoted.text);
	free(back);
	free(quoted.text);
	free(shown.text);
}

/* As many newlines as it has within: a line of it begins nowhere else. */
static void check_lines(const char *text)
{
	struct memory shown;
	size_t newlines = 0;
	size_t length = strlen(text);
	while (length && text[length - 1] == '\n')
		length--;
	for (size_t i = 0; i < length; i++)
		newlines += text[i] == '\n';
	text_write_lines(begin(&shown), text, "\n");
	end(&shown);
	for (const char *at = shown.text; (at = strchr(at, '\n')); at++)
		HOLDS(newlines-- > 0);
	HOLDS(newlines == 0);
	free(shown.text);
}

static void check_valid(const char *text)
{
	char *valid = text_valid(text);
	HOLDS(valid);
	HOLDS(utf8_length(valid, strlen(valid)) == utf8_length(text, strlen(text)));
	for (const char *at = valid, *last = valid + strlen(valid); at < last;)
		HOLDS(utf8_next(&at, last) >= 0);
	free(valid);
}

/* The file may be called anything, too. */
static void check_diagnostics(struct fuzz_input place, const char *path, const char *text,
			      size_t length)
{
	struct memory shown;
	struct diagnostics *diagnostics = diagnostics_new(path, text, length);
	for (int i = 0; i < 3; i++)
		diagnostics_add(diagnostics,
				(struct place){.line = fuzz_byte(&place),
					       .column = fuzz_byte(&place) + 1U,
					       .length = fuzz_byte(&place) + 1U},
				"%.*s", (int)length, text);
	diagnostics_print(diagnostics, begin(&shown));
	end(&shown);
	diagnostics_free(diagnostics);
	free(shown.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	struct fuzz_input place = {data, size < 9 ? size : 9};
	HOLDS(setlocale(LC_CTYPE, "C.UTF-8"));
	size_t width = fuzz_byte(&input) + 1U;
	fuzz_number(&input);
	const struct fuzz_input all = input;
	char *text = fuzz_text(&input);
	check_diagnostics(place, text, (const char *)all.at, all.left);
	check_columns(text, width);
	check_word(text);
	check_lines(text);
	check_valid(text);
	free(text);
	return 0;
}
