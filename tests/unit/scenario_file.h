/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A temporary folder with a scenario in it, for the tests of its reader.
 */
#ifndef TESTS_UNIT_SCENARIO_FILE_H
#define TESTS_UNIT_SCENARIO_FILE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/scenario.h"

struct scenario_file {
	char folder[32];
	char path[64];
	struct scenario *scenario;
	char *messages; /* what the last reading printed */
	size_t messages_size;
};

static inline void write_file(const struct scenario_file *file, const char *name, const void *bytes,
			      size_t length)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", file->folder, name);
	FILE *stream = fopen(path, "w");
	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, length, stream), length);
	assert_int_equal(fclose(stream), 0);
}

/* Read this text as a scenario, in place of the last. */
static inline struct scenario *read_scenario(struct scenario_file *file, const char *text,
					     size_t length)
{
	scenario_free(file->scenario);
	file->scenario = NULL;
	free(file->messages);
	file->messages = NULL;
	write_file(file, "s.yaml", text, length);
	FILE *stream = open_memstream(&file->messages, &file->messages_size);
	assert_non_null(stream);
	file->scenario = scenario_read(file->path, stream);
	assert_int_equal(fclose(stream), 0);
	return file->scenario;
}

static inline int setup_scenario_file(void **state)
{
	struct scenario_file *file = calloc(1, sizeof(*file));
	if (!file)
		return -1;
	*state = file;
	snprintf(file->folder, sizeof(file->folder), "/tmp/fwlab-scenario-XXXXXX");
	if (!mkdtemp(file->folder))
		return -1;
	snprintf(file->path, sizeof(file->path), "%s/s.yaml", file->folder);
	write_file(file, "p.nft", "x\n", 2);
	write_file(file, "q.ferm", "y\n", 2);
	char path[64];
	snprintf(path, sizeof(path), "%s/dir", file->folder);
	return mkdir(path, 0700);
}

static inline int teardown_scenario_file(void **state)
{
	static const char *const names[] = {"s.yaml", "p.nft", "q.ferm", "big.nft",
					    "scenario.yaml"};
	struct scenario_file *file = *state;
	char path[128];
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", file->folder, names[i]);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/dir", file->folder);
	rmdir(path);
	rmdir(file->folder);
	scenario_free(file->scenario);
	free(file->messages);
	free(file);
	return 0;
}

#endif
