/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marked copies: any text as a policy in each language, with two files that it
 * may include; NULs between the three.  A mark names a line that there is, and
 * the runs differ in the policies' words alone.  The same texts as a script, what
 * its shell tells, and a here-document; and as the book of a script's marks.
 */
#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/mark.h"
#include "netsim/mark_shell.h"
#include "tests/fuzz/support/fuzz.h"

/* The only files there are. */
static struct file {
	const char *path;
	char *text;
} files[] = {{"/policy/main", NULL}, {"/policy/a", NULL}, {"/policy/b", NULL}};

#define N_FILES (sizeof(files) / sizeof(*files))

static const struct file *find(const char *path)
{
	for (size_t i = 0; i < N_FILES; i++)
		if (!strcmp(files[i].path, path))
			return &files[i];
	errno = ENOENT;
	return NULL;
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): ld's --wrap names them */
/* The machine's are there for who runs the target, not for what it tests. */
static bool testing;

int __real_stat(const char *path, struct stat *status);
int __wrap_stat(const char *path, struct stat *status);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
FILE *__real_fopen(const char *path, const char *mode);
FILE *__wrap_fopen(const char *path, const char *mode);

int __wrap_stat(const char *path, struct stat *status)
{
	if (!testing)
		return __real_stat(path, status);
	*status = (struct stat){.st_mode = S_IFREG};
	return find(path) ? 0 : -1;
}

int __wrap_access(const char *path, int mode)
{
	if (!testing)
		return __real_access(path, mode);
	return find(path) ? 0 : -1;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	const struct file *file = testing ? find(path) : NULL;
	if (!testing)
		return __real_fopen(path, mode);
	/* fmemopen() would have no file of no length. */
	return file ? fmemopen(file->text, strlen(file->text) + !*file->text, "r") : NULL;
}

int __real_glob(const char *pattern, int flags, int (*fail)(const char *path, int errnum),
		glob_t *found);
int __wrap_glob(const char *pattern, int flags, int (*fail)(const char *path, int errnum),
		glob_t *found);

/* The first that there is, for all. */
int __wrap_glob(const char *pattern, int flags, int (*fail)(const char *path, int errnum),
		glob_t *found)
{
	return __real_glob(testing ? "/" : pattern, flags, fail, found);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

static const struct language {
	bool (*copy)(struct mark *mark, const char *text);
} languages[] = {{mark_nft}, {mark_ferm}, {mark_iptables}};

/* Every mark in the copy names a line of a file. */
static void check_marks(const struct mark_book *book, const char *copy)
{
	for (const char *at = copy; (at = strstr(at, "fwlab_")); at++) {
		char *rest;
		size_t file = strtoul(at + strlen("fwlab_"), &rest, 10);
		if (*rest != '_')
			continue;
		size_t line = strtoul(rest + 1, NULL, 10);
		HOLDS(file < book->n_files);
		const struct file *text = find(book->files[file]);
		HOLDS(text && line >= 1 && line <= fuzz_lines(text->text, strlen(text->text)));
	}
}

/* What a listing has of it is read back. */
static void check_reading(const char *copy)
{
	struct mark_place place;
	char *plain = malloc(strlen(copy) + 1);
	HOLDS(plain);
	mark_read(copy, plain, &place);
	HOLDS(strlen(plain) <= strlen(copy));
	free(plain);
}

/* The copy of a run, its length where there is one. */
static char *run(const struct language *language, unsigned number, struct mark_book *book)
{
	char *copy = mark_file(book, language->copy, files[0].path, number);
	HOLDS(book->n_files <= MARK_FILES_MAX && book->n_policies <= MARK_POLICIES_MAX);
	if (!copy)
		return NULL;
	check_marks(book, copy);
	check_reading(copy);
	return copy;
}

static void check(const struct language *language)
{
	struct mark_book first = {0}, second = {0}, other = {0};
	char *copy = run(language, 0, &first);
	char *same = run(language, 0, &second);
	char *contrary = run(language, 1, &other);
	HOLDS(!copy == !same && !copy == !contrary);
	HOLDS(!copy || !strcmp(copy, same));
	HOLDS(first.n_policies == other.n_policies && first.n_files == other.n_files);
	for (unsigned i = 0; i < first.n_policies; i++)
		HOLDS(first.policies[i].file == other.policies[i].file &&
		      first.policies[i].line == other.policies[i].line);
	free(copy);
	free(same);
	free(contrary);
	mark_book_clear(&first);
	mark_book_clear(&second);
	mark_book_clear(&other);
}

static void check_script(const char *text, const char *words, const char *body)
{
	unsigned lines = fuzz_lines(text, strlen(text));
	for (unsigned line = 0; line < 8; line++) {
		const char *part;
		size_t length = mark_call_line(words, line, &part);
		HOLDS(part + length <= words + strlen(words));
		unsigned found = mark_find_words(text, line, words);
		HOLDS(found <= line && found <= lines);
		HOLDS(mark_find_body(text, line, body) <= lines);
		mark_line_passes_on(text, line);
	}
}

/* A book that is read is written as it was but for numbers that are written otherwise. */
static void check_book(const char *text)
{
	struct mark_book book = {0}, again = {0};
	char *written = NULL;
	size_t length;
	if (!mark_book_read(&book, text))
		return;
	FILE *to = open_memstream(&written, &length);
	HOLDS(to);
	mark_book_write(&book, to);
	HOLDS(fclose(to) == 0 && mark_book_read(&again, written));
	HOLDS(book.n_files == again.n_files && book.n_policies == again.n_policies);
	free(written);
	mark_book_clear(&book);
	mark_book_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	for (size_t i = 0; i < N_FILES; i++)
		files[i].text = fuzz_text(&input);
	testing = true;
	check_reading(files[0].text);
	for (size_t i = 0; i < sizeof(languages) / sizeof(*languages); i++)
		check(&languages[i]);
	testing = false;
	check_script(files[0].text, files[1].text, files[2].text);
	check_book(files[0].text);
	for (size_t i = 0; i < N_FILES; i++)
		free(files[i].text);
	return 0;
}
