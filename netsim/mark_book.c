/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The book of the marks: "file PATH" and "policy FILE LINE", a line each. */
#include <stdlib.h>
#include <string.h>

#include "netsim/mark.h"

void mark_book_clear(struct mark_book *book)
{
	for (unsigned i = 0; i < book->n_files; i++)
		free(book->files[i]);
	*book = (struct mark_book){0};
}

unsigned mark_book_file(struct mark_book *book, const char *path)
{
	unsigned i = 0;
	while (i < book->n_files && strcmp(book->files[i], path) != 0)
		i++;
	if (i < book->n_files || i == MARK_FILES_MAX)
		return i;
	book->files[i] = strdup(path);
	if (!book->files[i])
		return MARK_FILES_MAX;
	book->n_files++;
	return i;
}

unsigned mark_book_policy(struct mark_book *book, struct mark_place place)
{
	if (book->n_policies == MARK_POLICIES_MAX)
		return 0;
	book->policies[book->n_policies++] = place;
	return book->n_policies;
}

void mark_book_write(const struct mark_book *book, FILE *to)
{
	for (unsigned i = 0; i < book->n_files; i++)
		fprintf(to, "file %s\n", book->files[i]);
	for (unsigned i = 0; i < book->n_policies; i++)
		fprintf(to, "policy %u %u\n", book->policies[i].file, book->policies[i].line);
}

/* A number of digits alone at `*at`, which then is past it; false: there is none. */
static bool read_number(const char **at, unsigned *number)
{
	char *end;
	if (**at < '0' || **at > '9')
		return false;
	*number = (unsigned)strtoul(*at, &end, 10);
	*at = end;
	return true;
}

static bool read_line(struct mark_book *book, const char *line)
{
	static const char file[] = "file ";
	static const char policy[] = "policy ";
	struct mark_place place = {0};
	unsigned n_files = book->n_files;
	if (!strncmp(line, file, strlen(file))) {
		mark_book_file(book, line + strlen(file));
		return book->n_files == n_files + 1;
	}
	if (strncmp(line, policy, strlen(policy)) != 0)
		return false;
	line += strlen(policy);
	return read_number(&line, &place.file) && *line++ == ' ' &&
	       read_number(&line, &place.line) && !*line &&
	       (place.file < book->n_files || !place.line) && mark_book_policy(book, place);
}

bool mark_book_read(struct mark_book *book, const char *text)
{
	bool good = true;
	while (good && *text) {
		size_t length = strcspn(text, "\n");
		char *line = text[length] ? strndup(text, length) : NULL;
		good = line && read_line(book, line);
		text += length + 1;
		free(line);
	}
	if (!good)
		mark_book_clear(book);
	return good;
}
