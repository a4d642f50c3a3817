/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What apt-get is to do in an apt probe, and whose packages it uses. */
#include <string.h>

#include "lab/apt.h"
#include "lab/scenario_reader.h"

/* The first host that has an apt service, NONE: there is none. */
static size_t first_mirror(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (apt_service(&scenario->hosts[i]))
			return i;
	return NONE;
}

static void set_mirror(struct reader *r, size_t host, struct probe *probe)
{
	const struct scenario *scenario = r->scenario;
	probe->target.host = host;
	probe->target.text = scenario->hosts[host].name;
	probe->port = apt_service(&scenario->hosts[host])->port;
}

static void read_mirror(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	size_t host = read_host_reference(r, node, "a host's name");
	if (host == NONE)
		return;
	const struct host *mirror = &r->scenario->hosts[host];
	if (!apt_service(mirror)) {
		complain(r, node->place,
			 "%s has no apt service; add 'services: [apt]' to it (line %u)",
			 quoted(r, mirror->name), mirror->place.line);
		return;
	}
	set_mirror(r, host, probe);
	probe->mirror_named = true;
}

/* They become a part of a line of shell, after an update. */
static void check_words(struct reader *r, const struct yaml *node, char **words)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "+.:~=_/,-";
	for (char **word = words; *word; word++) {
		if (**word && strspn(*word, plain) == strlen(*word))
			continue;
		complain(r, node->place,
			 "%s is no word for apt-get here: letters, digits and any of +.:~=_/,-",
			 quoted(r, *word));
	}
	if (*words && **words == '-')
		complain(r, node->place, "what apt-get is to do comes first: update, install, ...");
}

/* "install hello-fwlab", or a list. */
static void read_apt_words(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	if (node->kind != YAML_TEXT) {
		if (read_words(r, node, &probe->argv))
			check_words(r, node, probe->argv);
		return;
	}
	size_t count = 0;
	probe->argv = arena_array(r->arena, char *, strlen(node->text) + 1);
	for (const char *p = node->text + strspn(node->text, " \t"); *p; p += strspn(p, " \t")) {
		size_t length = strcspn(p, " \t");
		probe->argv[count++] = arena_strndup(r->arena, p, length);
		p += length;
	}
	if (count)
		check_words(r, node, probe->argv);
	else
		complain(r, node->place, "what apt-get is to do is missing: update, install, ...");
}

static void read_options(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	if (!read_words(r, node, &probe->options))
		return;
	for (char **option = probe->options; *option; option++)
		if (!strchr(*option, '=') || **option == '=' || **option == '-')
			complain(r, node->place,
				 "%s is not an option such as \"APT::Sandbox::User=root\"",
				 quoted(r, *option));
}

static void read_through(struct reader *r, const struct yaml *node, void *into)
{
	read_words(r, node, &((struct probe *)into)->through);
}

static const struct field apt_fields[] = {
	{"argv", read_apt_words, true}, {"options", read_options, false},
	{"mirror", read_mirror, false}, {"through", read_through, false},
	{"output", read_output, false},
};

static bool is_sources(const char *path)
{
	static const char start[] = "/etc/apt/sources.list";
	return !strncmp(path, start, strlen(start)) && strchr("./", path[strlen(start)]);
}

static bool has_sources(const struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (is_sources(files->list[i].path))
			return true;
	return false;
}

/* Whether packages may come from elsewhere than an apt service: by a file, or somebody's doing. */
static bool may_have_sources(const struct host *host, const struct probe *probe)
{
	bool may = has_sources(&host->files) || host->n_start || host->n_daemons;
	for (size_t i = 0; i < host->n_roots; i++)
		may |= has_sources(&host->roots[i].files);
	for (char **option = probe->options; option && *option; option++)
		may |= !strncasecmp(*option, "Dir", strlen("Dir"));
	return may || probe->through;
}

static void check_sources(struct reader *r, const struct yaml *node, const struct probe *probe)
{
	const struct host *from = probe->from == NONE ? NULL : &r->scenario->hosts[probe->from];
	if (from && !may_have_sources(from, probe))
		complain(r, node->place,
			 "no host has an apt service that packages could come from; add 'services: "
			 "[apt]' to one, or a /etc/apt/sources.list to the 'files' of %s (line %u)",
			 quoted(r, from->name), from->place.line);
}

void read_apt(struct reader *r, const struct yaml *node, struct probe *probe)
{
	size_t before = diagnostics_count(r->diagnostics);
	size_t mirror = first_mirror(r->scenario);
	if (mirror != NONE)
		set_mirror(r, mirror, probe);
	if (node->kind == YAML_MAP)
		read_fields(r, node, "'apt'", FIELDS(apt_fields), probe);
	else
		read_apt_words(r, node, probe);
	if (mirror == NONE && diagnostics_count(r->diagnostics) == before)
		check_sources(r, node, probe);
}
