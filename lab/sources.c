/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/sources.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/text.h"
#include "netsim/error.h"

struct search {
	struct arena *arena;
	struct sources *sources;
	size_t folders; /* looked at for this argument */
};

static int search_folder(struct search *search, const char *folder, unsigned depth,
			 struct sim_error *err);

static bool is_file(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static bool is_folder_itself(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

static bool is_yaml(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot && strcmp(dot, ".yaml") == 0;
}

static const char *inside(struct arena *arena, const char *folder, const char *name)
{
	size_t length = strlen(folder);
	const char *slash = length && folder[length - 1] == '/' ? "" : "/";
	return arena_printf(arena, "%s%s%s", folder, slash, name);
}

static int add(struct search *search, const char *path, struct sim_error *err)
{
	struct sources *sources = search->sources;
	if (sources->count == SOURCES_MAX)
		return sim_fail(err, 0, "more than %d scenarios", SOURCES_MAX);
	sources->paths[sources->count++] = path;
	return 0;
}

static int visit(struct search *search, const char *folder, const char *name, unsigned depth,
		 struct sim_error *err)
{
	const char *path = inside(search->arena, folder, name);
	if (is_folder_itself(path))
		return depth < SOURCES_DEPTH_MAX ? search_folder(search, path, depth + 1, err) : 0;
	return is_yaml(name) && is_file(path) ? add(search, path, err) : 0;
}

static int is_not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int search_folder(struct search *search, const char *folder, unsigned depth,
			 struct sim_error *err)
{
	const char *own = inside(search->arena, folder, "scenario.yaml");
	if (is_file(own))
		return add(search, own, err);
	if (search->folders++ == SOURCES_FOLDERS_MAX)
		return sim_fail(err, 0, "more than %d folders", SOURCES_FOLDERS_MAX);

	struct dirent **entries;
	int count = scandir(folder, &entries, is_not_hidden, alphasort);
	if (count < 0)
		return sim_fail(err, errno, "%s", folder);
	int status = 0;
	for (int i = 0; i < count; i++) {
		if (status == 0)
			status = visit(search, folder, entries[i]->d_name, depth, err);
		free(entries[i]);
	}
	free(entries);
	return status;
}

static int find(struct search *search, const char *argument, struct sim_error *err)
{
	struct stat status;
	if (!*argument)
		return sim_fail(err, 0, "a scenario's name is empty");
	if (stat(argument, &status))
		return sim_fail(err, errno, "%s", argument);
	if (S_ISREG(status.st_mode))
		return add(search, argument, err);
	if (!S_ISDIR(status.st_mode))
		return sim_fail(err, 0, "%s: neither a file nor a folder", argument);

	size_t before = search->sources->count;
	if (search_folder(search, argument, 0, err))
		return sim_wrap(err, "searching '%s'", argument);
	if (search->sources->count == before)
		return sim_fail(err, 0, "%s: no scenario.yaml nor any other *.yaml in this folder",
				argument);
	return 0;
}

static void say(FILE *messages, const char *text)
{
	fputs("fwlab: ", messages);
	text_write(messages, text, strlen(text));
	fputc('\n', messages);
}

int sources_find(struct sources *sources, struct arena *arena, char *const *arguments, size_t count,
		 FILE *messages)
{
	int status = 0;
	sources->paths = arena_array(arena, const char *, SOURCES_MAX);
	sources->count = 0;
	if (count == 0) {
		say(messages, "no scenario given; name its file, or a folder that has scenarios");
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		struct search search = {.arena = arena, .sources = sources};
		struct sim_error err;
		if (find(&search, arguments[i], &err)) {
			say(messages, err.text);
			status = -1;
		}
	}
	return status;
}

int scenario_set_read(struct scenario_set *set, struct arena *arena, char *const *arguments,
		      size_t count, FILE *messages)
{
	struct sources sources;
	int status = sources_find(&sources, arena, arguments, count, messages);
	set->scenarios = arena_array(arena, struct scenario *, sources.count);
	set->count = 0;
	for (size_t i = 0; i < sources.count; i++) {
		struct scenario *scenario = scenario_read(sources.paths[i], messages);
		if (scenario)
			set->scenarios[set->count++] = scenario;
		else
			status = -1;
	}
	return status;
}

void scenario_set_free(struct scenario_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		scenario_free(set->scenarios[i]);
	set->count = 0;
}
