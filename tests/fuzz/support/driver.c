/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a target with the inputs that are given as files and folders of files:
 * in place of libFuzzer, where the compiler has none.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/fuzz/support/fuzz.h"

#define INPUT_MAX ((size_t)1024 * 1024)

static size_t runs;

static void run_file(const char *path)
{
	FILE *file = fopen(path, "re");
	uint8_t *data = malloc(INPUT_MAX);
	HOLDS(file && data);
	size_t length = fread(data, 1, INPUT_MAX, file);
	HOLDS(!ferror(file) && length < INPUT_MAX);
	fclose(file);
	/* Of its own size, so that reading on is noticed. */
	uint8_t *input = malloc(length ? length : 1);
	HOLDS(input);
	memcpy(input, data, length);
	free(data);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(input, length);
	free(input);
	runs++;
}

static int is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void run_folder(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_shown, alphasort);
	HOLDS(count >= 0);
	for (int i = 0; i < count; i++) {
		char *file;
		HOLDS(asprintf(&file, "%s/%s", path, entries[i]->d_name) > 0);
		run_file(file);
		free(file);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct stat status;
		HOLDS(stat(argv[i], &status) == 0);
		(S_ISDIR(status.st_mode) ? run_folder : run_file)(argv[i]);
	}
	/* A corpus that has gone astray tests nothing. */
	HOLDS(runs);
	fprintf(stderr, "%zu inputs\n", runs);
	return 0;
}
