/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/fingerprint.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "lab/fingerprint_private.h"
#include "lab/text.h"
#include "netsim/cgroup.h"

#define SHOWN_MAX   20 /* lines of a section that are written out */
#define PATIENCE    10 /* times */
#define PATIENCE_NS 100000000

static int read_links(const char *const *folders, const struct sim_lines *to, struct sim_error *err)
{
	(void)folders;
	return sim_list_links(to, err);
}

static int read_addresses(const char *const *folders, const struct sim_lines *to,
			  struct sim_error *err)
{
	(void)folders;
	return sim_list_addresses(to, err);
}

static int read_routes(const char *const *folders, const struct sim_lines *to,
		       struct sim_error *err)
{
	(void)folders;
	return sim_list_routes(to, err) < 0 ? -1 : sim_list_routing_rules(to, err);
}

static int read_firewall(const char *const *folders, const struct sim_lines *to,
			 struct sim_error *err)
{
	(void)folders;
	return sim_list_firewall(to, err);
}

static int read_cgroups(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err)
{
	(void)folders;
	return sim_cgroups_list(to, err);
}

static const struct fingerprint_section sections[] = {
	{"links", read_links},
	{"addresses", read_addresses},
	{"routes", read_routes},
	{"firewall", read_firewall},
	{"sysctls", fingerprint_sysctls},
	{"kernel modules", fingerprint_modules},
	{"mounts", fingerprint_mounts},
	{"cgroups", read_cgroups},
	{"files", fingerprint_files},
	{"processes", fingerprint_processes},
	{"listening sockets", fingerprint_sockets},
};
#define SECTIONS (sizeof(sections) / sizeof(*sections))

struct fingerprint {
	const char *const *folders;
	struct fingerprint_lines sections[SECTIONS];
};

const struct fingerprint_section *fingerprint_section_nth(size_t i)
{
	return i < SECTIONS ? &sections[i] : NULL;
}

int fingerprint_add(void *arg, const char *line, struct sim_error *err)
{
	struct fingerprint_lines *lines = arg;
	if (lines->count == FINGERPRINT_LINES_MAX)
		return sim_fail(err, 0, "there are more than %d of them", FINGERPRINT_LINES_MAX);
	if (lines->count == lines->room) {
		size_t room = lines->room ? 2 * lines->room : 64;
		char **more = reallocarray(lines->lines, room, sizeof(*more));
		if (!more)
			return sim_fail(err, ENOMEM, "a line");
		lines->lines = more;
		lines->room = room;
	}
	lines->lines[lines->count] = strdup(line);
	if (!lines->lines[lines->count])
		return sim_fail(err, ENOMEM, "a line");
	lines->count++;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void fingerprint_sort(struct fingerprint_lines *lines)
{
	size_t kept = 0;
	if (lines->count)
		qsort(lines->lines, lines->count, sizeof(*lines->lines), by_text);
	for (size_t i = 0; i < lines->count; i++) {
		if (kept && !strcmp(lines->lines[kept - 1], lines->lines[i]))
			free(lines->lines[i]);
		else
			lines->lines[kept++] = lines->lines[i];
	}
	lines->count = kept;
}

void fingerprint_clear(struct fingerprint_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
	*lines = (struct fingerprint_lines){0};
}

static int take_section(size_t i, const char *const *folders, struct fingerprint_lines *lines,
			struct sim_error *err)
{
	const struct sim_lines to = {fingerprint_add, lines};
	*lines = (struct fingerprint_lines){0};
	if (sections[i].read(folders, &to, err) < 0) {
		fingerprint_clear(lines);
		return sim_wrap(err, "the machine's %s", sections[i].name);
	}
	fingerprint_sort(lines);
	return 0;
}

int fingerprint_take(const char *const *folders, struct fingerprint **fingerprint,
		     struct sim_error *err)
{
	struct fingerprint *taken = calloc(1, sizeof(*taken));
	if (!taken)
		return sim_fail(err, ENOMEM, "the machine's fingerprint");
	taken->folders = folders;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		fingerprint_free(taken);
		return sim_fail(err, errno, "cannot keep sight of processes");
	}
	for (size_t i = 0; i < SECTIONS; i++) {
		if (take_section(i, folders, &taken->sections[i], err) < 0) {
			fingerprint_free(taken);
			return -1;
		}
	}
	*fingerprint = taken;
	return 0;
}

void fingerprint_free(struct fingerprint *fingerprint)
{
	for (size_t i = 0; fingerprint && i < SECTIONS; i++)
		fingerprint_clear(&fingerprint->sections[i]);
	free(fingerprint);
}

/* A line of a difference: shown as long as there is room. */
static void show(FILE *to, const char *name, char sign, const char *line, size_t nth)
{
	if (!to || nth > SHOWN_MAX)
		return;
	if (nth == 1)
		fprintf(to, "  %s\n", name);
	fprintf(to, "    %c ", sign);
	text_write(to, line, strlen(line));
	fputc('\n', to);
}

size_t fingerprint_compare(const char *name, const struct fingerprint_lines *before,
			   const struct fingerprint_lines *after, FILE *to)
{
	size_t count = 0;
	for (size_t b = 0, a = 0; b < before->count || a < after->count;) {
		int order = b == before->count	? 1
			    : a == after->count ? -1
						: strcmp(before->lines[b], after->lines[a]);
		if (order < 0)
			show(to, name, '-', before->lines[b], ++count);
		if (order > 0)
			show(to, name, '+', after->lines[a], ++count);
		b += order <= 0;
		a += order >= 0;
	}
	if (to && count > SHOWN_MAX)
		fprintf(to, "    and %zu more\n", count - SHOWN_MAX);
	return count;
}

/* One look at a section: how much of it differs, -1 where that cannot be told. */
static int look(const struct fingerprint *before, size_t i, FILE *to, struct sim_error *err)
{
	struct fingerprint_lines after;
	if (take_section(i, before->folders, &after, err) < 0)
		return -1;
	size_t differs = fingerprint_compare(sections[i].name, &before->sections[i], &after, to);
	fingerprint_clear(&after);
	return differs != 0;
}

int fingerprint_prove(const struct fingerprint *before, FILE *to, struct sim_error *err)
{
	bool same = true;
	int left = PATIENCE;
	for (size_t i = 0; i < SECTIONS; i++) {
		int differs;
		while ((differs = look(before, i, NULL, err)) > 0 && left-- > 0)
			nanosleep(&(struct timespec){.tv_nsec = PATIENCE_NS}, NULL);
		if (differs > 0)
			differs = look(before, i, to, err);
		if (differs < 0)
			return -1;
		same &= !differs;
	}
	return same;
}
