/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/scenario_reader.h"
#include "netsim/cleanup.h"

#define FILE_OF_FOLDER "scenario.yaml"

static const char least_scenario[] = "the file is empty; the least scenario is such as\n"
				     "name: first\n"
				     "hosts:\n"
				     "  client:\n"
				     "  server: { services: [tcp/80] }\n"
				     "policies: { server: { nft: rules.nft } }\n"
				     "probes:\n"
				     "  - { from: client, connect: server:80/tcp, expect: allow }";

/* A file's text. */
struct text {
	const char *bytes;
	size_t length;
};

static void read_name(struct reader *r, const struct yaml *node, void *into)
{
	struct scenario *scenario = into;
	if (read_text(r, node, "a name", &scenario->name))
		check_name(r, node, &scenario_names_rule);
}

static void read_scenario_title(struct reader *r, const struct yaml *node, void *into)
{
	read_title(r, node, "a title", &((struct scenario *)into)->title);
}

static void read_jails(struct reader *r, const struct yaml *node, void *into)
{
	read_bool(r, node, &((struct scenario *)into)->jails);
}

/* The sections refer to each other, and are read by hand. */
static const struct field scenario_fields[] = {
	{"name", read_name, true},    {"title", read_scenario_title, false},
	{"networks", NULL, false},    {"hosts", NULL, true},
	{"variants", NULL, false},    {"policies", NULL, false},
	{"probes", NULL, true},	      {"needs", NULL, false},
	{"jails", read_jails, false}, {"limits", read_limits, false},
};

/* A section that is a map, or NULL. */
static const struct yaml *get_map(struct reader *r, const struct yaml *root, const char *key)
{
	const struct yaml *section = yaml_get(root, key);
	return section && want_map(r, section, key) ? section : NULL;
}

static void read_sections(struct reader *r, const struct yaml *root)
{
	const struct yaml *networks = get_map(r, root, "networks");
	const struct yaml *hosts = get_map(r, root, "hosts");
	const struct yaml *probes = yaml_get(root, "probes");

	r->networks_unknown = r->incomplete = !networks && yaml_get(root, "networks");
	if (hosts && !hosts->n_entries)
		complain(r, hosts->place, "a scenario needs at least one host");
	if (hosts)
		declare_hosts(r, hosts);
	if (!r->scenario->n_hosts)
		hosts = NULL;
	declare_networks(r, networks, hosts);
	read_variants(r, yaml_get(root, "variants"), yaml_get(root, "policies"));
	if (hosts)
		read_hosts(r, hosts);
	check_dns_wishes(r);
	if (probes)
		read_probes(r, probes);
	if (yaml_get(root, "needs"))
		read_needs(r, yaml_get(root, "needs"));
	check_sense(r);
}

static void read_document(struct reader *r, const struct text *text)
{
	const struct yaml *root = yaml_parse(r->arena, r->diagnostics, text->bytes, text->length);
	if (!root)
		return;
	if (root->kind == YAML_NOTHING)
		complain(r, (struct place){0}, "%s", least_scenario);
	else if (read_fields(r, root, "a scenario", FIELDS(scenario_fields), r->scenario))
		read_sections(r, root);
}

/* At most SCENARIO_BYTES_MAX bytes of a regular file, to be freed; NULL, or why not. */
static const char *read_file(const char *path, char **bytes, size_t *length)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		return strerror(errno);
	if (!S_ISREG(status.st_mode))
		return "not a regular file";
	if (status.st_size > SCENARIO_BYTES_MAX)
		return "a scenario has at most 1 MiB";
	/* One more byte than there should be, to notice a file that grows. */
	size_t size = (size_t)status.st_size + 1;
	*bytes = malloc(size);
	if (!*bytes)
		return strerror(errno);
	while (*length < size) {
		ssize_t got = read(fd, *bytes + *length, size - *length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return strerror(errno);
		if (got == 0)
			return NULL;
		*length += (size_t)got;
	}
	return "it has changed while it was read";
}

/* The file that is meant by `path`, which may be a folder. */
static const char *file_of(struct arena *arena, const char *path)
{
	struct stat status;
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return path;
	size_t length = strlen(path);
	const char *slash = length && path[length - 1] == '/' ? "" : "/";
	return arena_printf(arena, "%s%s%s", path, slash, FILE_OF_FOLDER);
}

static const char *folder_of(struct arena *arena, const char *file)
{
	char resolved[PATH_MAX];
	return realpath(file, resolved) ? arena_strdup(arena, dirname(resolved)) : NULL;
}

/* A scenario in which nothing has been read yet. */
static struct scenario *begin(const char *path)
{
	struct arena *arena = arena_new();
	struct scenario *scenario = arena_alloc(arena, sizeof(*scenario));
	*scenario = (struct scenario){
		.arena = arena,
		.path = arena_strdup(arena, path),
		.title = "",
		.limits = {.memory = LAB_MEMORY, .processes = LAB_PROCESSES},
		.time_ms = LAB_TIME_MS,
	};
	return scenario;
}

/* Read the text of `file` unless there is none, for which `why` is the reason.  Takes `scenario`.
 */
static struct scenario *finish(struct scenario *scenario, const char *file, const struct text *text,
			       const char *why, FILE *messages)
{
	scenario->file = file;
	struct diagnostics *diagnostics = diagnostics_new(file, text->bytes, text->length);
	struct sim_accounts *base = sim_accounts_new();
	struct reader reader = {.arena = scenario->arena,
				.diagnostics = diagnostics,
				.scenario = scenario,
				.base = base};
	if (!why && !base)
		why = strerror(ENOMEM);
	if (why)
		complain(&reader, (struct place){0}, "%s", why);
	else
		read_document(&reader, text);

	bool good = !diagnostics_count(diagnostics);
	diagnostics_print(diagnostics, messages);
	diagnostics_free(diagnostics);
	sim_accounts_free(base);
	if (good)
		return scenario;
	scenario_free(scenario);
	return NULL;
}

struct scenario *scenario_read(const char *path, FILE *messages)
{
	struct scenario *scenario = begin(path);
	const char *file = file_of(scenario->arena, path);
	autofree char *bytes = NULL;
	size_t length = 0;
	const char *why = read_file(file, &bytes, &length);
	if (!why && !(scenario->folder = folder_of(scenario->arena, file)))
		why = strerror(errno);
	const struct text text = {bytes, length};
	return finish(scenario, file, &text, why, messages);
}

struct scenario *scenario_parse(const char *path, const char *folder, const char *text,
				size_t length, FILE *messages)
{
	const struct text whole = {text, length};
	struct scenario *scenario = begin(path);
	scenario->folder = arena_strdup(scenario->arena, folder);
	return finish(scenario, scenario->path, &whole, NULL, messages);
}

void scenario_free(struct scenario *scenario)
{
	if (scenario)
		arena_free(scenario->arena);
}
