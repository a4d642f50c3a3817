/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/options.h"

#include <getopt.h>
#include <string.h>

#include "lab/arena.h"
#include "lab/nearest.h"

#define HELP_COLUMN 26 /* where the help texts start, */
#define HELP_END    80 /* and where they are wrapped */
#define CHOICES_MAX 512

/* What every command has. */
static const struct option_row common[] = {
	{.name = "help", .letter = 'h', .help = "show this help"},
	{.name = "version", .help = "show fwlab's version"},
};
static const enum options_result common_results[] = {OPTIONS_HELP, OPTIONS_VERSION};

#define N_COMMON (sizeof(common) / sizeof(*common))

static size_t count_rows(const struct option_row *rows)
{
	size_t count = 0;
	while (rows[count].name)
		count++;
	return count;
}

/* All rows, those that are not listed included. */
static const struct option_row *row_at(const struct option_row *rows, size_t i)
{
	size_t count = count_rows(rows);
	if (i < count)
		return &rows[i];
	return i - count < N_COMMON ? &common[i - count] : NULL;
}

const struct option_row *options_nth(const struct option_row *rows, size_t i)
{
	const struct option_row *row;
	for (size_t k = 0; (row = row_at(rows, k)); k++) {
		if (row->help && i-- == 0)
			return row;
	}
	return NULL;
}

/* "ferm, nft, script" */
static void list_choices(const char *(*choice)(size_t i), char text[CHOICES_MAX])
{
	const char *name;
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; (name = choice(i)) && used < CHOICES_MAX; i++)
		used += (size_t)snprintf(text + used, CHOICES_MAX - used, "%s%s", i ? ", " : "",
					 name);
}

int options_fail_choice(const char *what, const char *word, const char *(*choice)(size_t i),
			struct sim_error *err)
{
	struct nearest nearest = nearest_to(word);
	const char *name;
	for (size_t i = 0; (name = choice(i)); i++)
		nearest_offer(&nearest, name);
	if (nearest.name)
		return sim_fail(err, 0, "%s '%s' is not known; did you mean '%s'?", what, word,
				nearest.name);
	char choices[CHOICES_MAX];
	list_choices(choice, choices);
	return sim_fail(err, 0, "%s '%s' is not known; there is %s", what, word, choices);
}

/* getopt's tables; the value of an option is its row's place, from ROW_BASE on, past all letters.
 */
#define ROW_BASE 256
struct getopt_tables {
	struct option *longs;
	char *shorts;
};

static struct getopt_tables make_tables(struct arena *arena, const struct option_row *rows)
{
	size_t count = count_rows(rows) + N_COMMON;
	struct getopt_tables tables = {
		.longs = arena_array(arena, struct option, count + 1),
		.shorts = arena_alloc(arena, count * 2 + 2),
	};
	char *at = tables.shorts;
	*at++ = ':'; /* tell a missing argument from an unknown option */
	const struct option_row *row;
	for (size_t i = 0; (row = row_at(rows, i)); i++) {
		tables.longs[i] = (struct option){
			.name = row->name,
			.has_arg = row->argument ? required_argument : no_argument,
			.val = ROW_BASE + (int)i,
		};
		if (row->letter)
			*at++ = row->letter;
		if (row->letter && row->argument)
			*at++ = ':';
	}
	return tables;
}

/* The row of a value that getopt gave; NULL for a letter that is none's. */
static const struct option_row *row_of(const struct option_row *rows, int value)
{
	if (value >= ROW_BASE)
		return row_at(rows, (size_t)(value - ROW_BASE));
	const struct option_row *row;
	for (size_t i = 0; (row = row_at(rows, i)); i++) {
		if (row->letter == value)
			return row;
	}
	return NULL;
}

/* `written` is no option, or the start of several. */
static int fail_unknown(const struct option_row *rows, const char *written, struct sim_error *err)
{
	char name[NEAREST_WORD_MAX];
	written += strspn(written, "-");
	size_t length = strcspn(written, "=");
	snprintf(name, sizeof(name), "%.*s", (int)length, written);

	struct nearest nearest = nearest_to(name);
	const struct option_row *row;
	unsigned starts = 0;
	for (size_t i = 0; (row = row_at(rows, i)); i++) {
		nearest_offer(&nearest, row->name);
		starts += strncmp(row->name, name, length) == 0;
	}
	if (starts > 1)
		return sim_fail(err, 0, "option '--%s' could be one of several", name);
	if (nearest.name)
		return sim_fail(err, 0, "unknown option '--%s'; did you mean '--%s'?", name,
				nearest.name);
	return sim_fail(err, 0, "unknown option '--%s'", name);
}

/* What getopt's '?' is about; `written` is the argument in which it met it. */
static int fail_bad(const struct option_row *rows, const char *written, struct sim_error *err)
{
	const struct option_row *row = optopt ? row_of(rows, optopt) : NULL;
	if (row)
		return sim_fail(err, 0, "option '--%s' takes no value", row->name);
	if (optopt)
		return sim_fail(err, 0, "unknown option '-%c'", optopt);
	return fail_unknown(rows, written, err);
}

static enum options_result take(const struct option_row *row, void *settings, struct sim_error *err)
{
	for (size_t i = 0; i < N_COMMON; i++) {
		if (row == &common[i])
			return common_results[i];
	}
	if (row->set(settings, optarg, err) == 0)
		return OPTIONS_GOOD;
	sim_wrap(err, "--%s", row->name);
	return OPTIONS_BAD;
}

enum options_result options_parse(const struct option_row *rows, int argc, char **argv,
				  void *settings, int *first, struct sim_error *err)
{
	struct arena *arena = arena_new();
	struct getopt_tables tables = make_tables(arena, rows);
	enum options_result result = OPTIONS_GOOD;
	int value;

	opterr = 0;
	optind = 0; /* start afresh, glibc's way */
	while (result == OPTIONS_GOOD &&
	       (value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		if (value == '?') {
			fail_bad(rows, argv[optind - 1], err);
			result = OPTIONS_BAD;
		} else if (value == ':') {
			const struct option_row *row = row_of(rows, optopt);
			sim_fail(err, 0, "option '--%s' wants %s", row->name, row->argument);
			result = OPTIONS_BAD;
		} else {
			result = take(row_of(rows, value), settings, err);
		}
	}
	*first = optind;
	arena_free(arena);
	return result;
}

/* Words from column HELP_COLUMN on, the cursor being at `column`. */
static void print_wrapped(const char *text, size_t column, FILE *to)
{
	if (column + 2 > HELP_COLUMN) {
		fputc('\n', to);
		column = 0;
	}
	fprintf(to, "%*s", (int)(HELP_COLUMN - column), "");
	column = HELP_COLUMN;
	while (*text) {
		size_t word = strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + word > HELP_END) {
			fprintf(to, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			fputc(' ', to);
			column++;
		}
		fprintf(to, "%.*s", (int)word, text);
		column += word;
		text += word;
		text += strspn(text, " ");
	}
	fputc('\n', to);
}

void options_describe(const struct option_row *row, char text[OPTIONS_TEXT_MAX])
{
	char choices[CHOICES_MAX] = "";
	if (row->choice)
		list_choices(row->choice, choices);
	snprintf(text, OPTIONS_TEXT_MAX, "%s%s%s", row->help, row->choice ? ": " : "", choices);
}

void options_print(const struct option_row *rows, FILE *to)
{
	const struct option_row *row;
	for (size_t i = 0; (row = options_nth(rows, i)); i++) {
		char letter[] = "-x,";
		letter[1] = row->letter;
		int column = fprintf(to, "  %-3s --%s%s%s", row->letter ? letter : "", row->name,
				     row->argument ? " " : "", row->argument ? row->argument : "");
		char text[OPTIONS_TEXT_MAX];
		options_describe(row, text);
		print_wrapped(text, column > 0 ? (size_t)column : 0, to);
	}
}
