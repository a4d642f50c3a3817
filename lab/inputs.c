/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/inputs.h"

#include <sys/stat.h>

#include "lab/arena.h"

struct search {
	const char *wanted;
	const char *what; /* of the scenario, once it has been found */
	const char *shown;
};

bool inputs_are_same(const char *path, const char *other)
{
	struct stat one;
	struct stat two;
	return stat(path, &one) == 0 && stat(other, &two) == 0 && one.st_dev == two.st_dev &&
	       one.st_ino == two.st_ino;
}

static bool look_at(struct search *search, const char *path, const char *what, const char *shown)
{
	if (!path || !inputs_are_same(search->wanted, path))
		return false;
	search->what = what;
	search->shown = shown;
	return true;
}

static bool look_in_files(struct search *search, const struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (look_at(search, files->list[i].source, "the source of file",
			    files->list[i].path))
			return true;
	return false;
}

static bool look_in_host(struct search *search, const struct host *host)
{
	for (size_t i = 0; i < host->n_start; i++)
		if (look_at(search, host->start[i].path, "start script", host->start[i].shown))
			return true;
	for (size_t i = 0; i < host->n_daemons; i++) {
		const struct unit *unit = host->daemons[i].unit;
		if (unit && look_at(search, unit->path, "unit", unit->shown))
			return true;
	}
	for (size_t i = 0; i < host->n_roots; i++)
		if (look_in_files(search, &host->roots[i].files))
			return true;
	return look_in_files(search, &host->files);
}

static bool look_in_variant(struct search *search, const struct variant *variant)
{
	for (size_t i = 0; i < variant->n_sets; i++)
		for (size_t j = 0; j < variant->sets[i].n_policies; j++)
			if (look_at(search, variant->sets[i].policies[j].path, "policy",
				    variant->sets[i].policies[j].shown))
				return true;
	return false;
}

static bool look_everywhere(struct search *search, const struct scenario *scenario)
{
	if (look_at(search, scenario->file, "scenario", scenario->file))
		return true;
	for (size_t i = 0; i < scenario->n_variants; i++)
		if (look_in_variant(search, &scenario->variants[i]))
			return true;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (look_in_host(search, &scenario->hosts[i]))
			return true;
	return false;
}

const char *inputs_find(const struct scenario *scenario, const char *path)
{
	struct search search = {.wanted = path};
	return look_everywhere(&search, scenario)
		       ? arena_printf(scenario->arena, "%s '%s'", search.what, search.shown)
		       : NULL;
}
