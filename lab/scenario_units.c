/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A service whose programs stand in a systemd unit file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lab/scenario_reader.h"
#include "netsim/cleanup.h"

/* A unit while it is being read. */
struct unit_reading {
	struct reader *reader;
	const struct yaml *node; /* where the scenario names it */
};

static void complain_of_unit(void *arg, unsigned line, const char *message)
{
	const struct unit_reading *reading = arg;
	struct reader *r = reading->reader;
	const char *at = line ? arena_printf(r->arena, ":%u", line) : "";
	complain(r, reading->node->place, "unit %s%s: %s", shown(r->arena, reading->node->text), at,
		 message);
}

/* Its text, without NULs; NULL: complained. */
static const char *read_unit_text(struct reader *r, const struct yaml *node, const char *path)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(r->arena, UNIT_BYTES_MAX + 2);
	size_t used = 0;
	ssize_t got = fd < 0 ? -1 : 1;
	while (got > 0 && used <= UNIT_BYTES_MAX) {
		got = read(fd, text + used, UNIT_BYTES_MAX + 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	if (got < 0)
		complain(r, node->place, "unit %s: %s", quoted(r, node->text), strerror(errno));
	else if (used > UNIT_BYTES_MAX)
		complain(r, node->place, "unit %s has more than %d bytes", quoted(r, node->text),
			 UNIT_BYTES_MAX);
	else if (memchr(text, '\0', used))
		complain(r, node->place, "unit %s is no text", quoted(r, node->text));
	else
		return text;
	return NULL;
}

/* A name out of the unit; complaints are about the place of the unit's own. */
static struct yaml name_in_unit(const struct yaml *node, const char *name)
{
	return (struct yaml){.kind = YAML_TEXT, .place = node->place, .text = name};
}

static void set_actor(struct reader *r, const struct yaml *node, size_t host,
		      const struct unit *unit, struct actor *as)
{
	const struct scope scope = scope_of_host(r, host);
	if (unit->user) {
		const struct yaml user = name_in_unit(node, unit->user);
		if (read_uid(r, &user, &scope, &as->uid))
			as->user = strspn(unit->user, "0123456789") == strlen(unit->user)
					   ? NULL
					   : unit->user;
		as->text = unit->user;
	}
	if (unit->group) {
		const struct yaml group = name_in_unit(node, unit->group);
		as->has_group = read_gid(r, &group, &scope, &as->gid);
	}
}

void read_unit(struct reader *r, const struct yaml *node, size_t host, struct daemon *daemon)
{
	struct policy file;
	struct unit_reading reading = {r, node};
	if (!read_policy_file(r, node, "unit", &file))
		return;
	const char *text = read_unit_text(r, node, file.path);
	struct unit *unit = text ? unit_read(r->arena, text, complain_of_unit, &reading) : NULL;
	if (!unit)
		return;
	unit->shown = file.shown;
	unit->path = file.path;
	daemon->unit = unit;
	if (!unit->is_oneshot)
		daemon->argv = unit->commands[UNIT_START]->argv;
	set_actor(r, node, host, unit, &daemon->as);
}
