/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/apt.h"
#include "lab/arena.h"
#include "lab/probe.h"
#include "lab/program.h"

#define SCRIPT                                                                                     \
	"rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb\n"         \
	"exec 2>&1\n"

static size_t count(char *const *words)
{
	size_t n = 0;
	while (words && words[n])
		n++;
	return n;
}

/* A command line that is being put together. */
struct line {
	char **words;
	size_t count;
};

static void add(struct line *line, const char *word)
{
	line->words[line->count++] = (char *)(uintptr_t)word; /* execvp() only reads it */
}

static void add_all(struct line *line, char *const *words)
{
	for (size_t i = 0; words && words[i]; i++)
		add(line, words[i]);
}

static void add_option(struct line *line, const char *option)
{
	add(line, "-o");
	add(line, option);
}

/*
 * What apt did before is forgotten, so that one probe is as good as another.
 * Lists come before packages, as they do on a new system; and a package that
 * is there already comes again.
 */
static const char *script(struct arena *arena, const struct probe *probe)
{
	const char *verb = probe->argv[0];
	bool update = !strcmp(verb, "update");
	bool install = !strcmp(verb, "install");
	const char *words = "";
	for (char **word = probe->argv; *word; word++)
		words = arena_printf(arena, "%s %s", words, *word);
	if (update)
		return arena_printf(arena, SCRIPT "exec apt-get \"$@\"%s", words);
	return arena_printf(arena, SCRIPT "apt-get \"$@\" update || exit\nexec apt-get \"$@\"%s%s",
			    install ? " --reinstall" : "", words);
}

static char **command_line(struct arena *arena, const struct errand *errand)
{
	const struct probe *probe = errand->probe;
	size_t most = count(probe->through) + 2 * count(probe->options) + 16;
	struct line line = {.words = arena_array(arena, char *, most)};
	add_all(&line, probe->through);
	add(&line, "/bin/sh");
	add(&line, "-c");
	add(&line, script(arena, probe));
	add(&line, "apt-get");
	add(&line, "-q");
	add(&line, "-y");
	if (errand->family)
		add_option(&line, errand->family == AF_INET6 ? "Acquire::ForceIPv6=true"
							     : "Acquire::ForceIPv4=true");
	if (probe->mirror_named) {
		add_option(&line,
			   arena_printf(arena,
					"Dir::Etc::SourceList=" APT_SOURCES_FOLDER "/%s.list",
					probe->target.text));
		add_option(&line, "Dir::Etc::SourceParts=-");
	}
	for (char **option = probe->options; option && *option; option++)
		add_option(&line, *option);
	return line.words;
}

void probe_apt(const struct errand *errand, const struct wire_limit *limit,
	       struct sighting *sighting)
{
	struct arena *arena = arena_new();
	sighting->any_packet = true;
	sighting->protocol = IPPROTO_TCP;
	sighting->remote = errand->to;
	program_run(command_line(arena, errand), "/", errand->output, limit->deadline_ns, sighting);
	if (sighting->timed_out)
		snprintf(sighting->trouble, sizeof(sighting->trouble),
			 "apt-get did not end within %u ms", errand->timeout_ms);
	arena_free(arena);
}
