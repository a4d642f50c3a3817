/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an actor is confined by: netsim/confine.h has the meaning of each. */
#include <stdio.h>
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/confine.h"

#define ENTRIES_MAX 64 /* of each list of ports, calls and families */
#define PROFILE_MAX 200

static bool want_entries(struct reader *r, const struct yaml *node, const char *what)
{
	if (!want_list(r, node, what))
		return false;
	if (node->n_entries > ENTRIES_MAX)
		complain(r, node->place, "%zu %s; at most %d are possible", node->n_entries, what,
			 ENTRIES_MAX);
	return node->n_entries <= ENTRIES_MAX;
}

/* Port 0 is any that is free, to bind(2) alone. */
static const struct sim_ports *read_landlock_ports(struct reader *r, const struct yaml *node,
						   uint64_t least)
{
	struct sim_ports *ports = arena_array(r->arena, struct sim_ports, 1);
	uint16_t *numbers = arena_array(r->arena, uint16_t, node->n_entries);
	ports->ports = numbers;
	if (!want_entries(r, node, "ports"))
		return ports;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		uint64_t port;
		if (read_number(r, e->value, "a port", least, UINT16_MAX, &port))
			numbers[ports->n_ports++] = (uint16_t)port;
	}
	return ports;
}

static void read_connect_ports(struct reader *r, const struct yaml *node, void *into)
{
	((struct sim_confinement *)into)->connect = read_landlock_ports(r, node, 1);
}

static void read_bind_ports(struct reader *r, const struct yaml *node, void *into)
{
	((struct sim_confinement *)into)->bind = read_landlock_ports(r, node, 0);
}

static const struct field landlock_fields[] = {
	{"connect", read_connect_ports, false},
	{"bind", read_bind_ports, false},
};

static void read_landlock(struct reader *r, const struct yaml *node, struct sim_confinement *into)
{
	if (read_fields(r, node, "'landlock'", FIELDS(landlock_fields), into) && !into->connect &&
	    !into->bind)
		complain(r, node->place,
			 "'landlock' needs the TCP ports that stay open: 'connect: [80]' or 'bind: "
			 "[80]', [] for none");
}

/* Numbers that are known by their names. */
struct names_reading {
	const char *what; /* "a system call" */
	bool (*parse)(const char *name, int *number);
	const char *(*nth)(size_t i); /* NULL: there are too many to be told */
};

static const char *nth_known(const void *among, size_t i)
{
	const struct names_reading *known = among;
	return known->nth ? known->nth(i) : NULL;
}

static const int *read_names(struct reader *r, const struct yaml *node, const char *list,
			     const struct names_reading *known, size_t *count)
{
	int *numbers = arena_array(r->arena, int, node->n_entries);
	const char *name;
	*count = 0;
	if (!want_entries(r, node, list))
		return numbers;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (!read_text(r, e->value, known->what, &name))
			continue;
		if (known->parse(name, &numbers[*count]))
			(*count)++;
		else
			complain_unknown(r, e->value->place, known->what, name, "", nth_known,
					 known);
	}
	return numbers;
}

static void read_calls(struct reader *r, const struct yaml *node, void *into)
{
	static const struct names_reading calls = {"system call", sim_syscall_parse, NULL};
	struct sim_confinement *confinement = into;
	confinement->calls = read_names(r, node, "calls", &calls, &confinement->n_calls);
}

static void read_families(struct reader *r, const struct yaml *node, void *into)
{
	static const struct names_reading known = {"address family", sim_family_parse,
						   sim_family_nth};
	struct sim_confinement *confinement = into;
	confinement->families = read_names(r, node, "families", &known, &confinement->n_families);
}

static const struct field seccomp_fields[] = {
	{"calls", read_calls, false},
	{"families", read_families, false},
};

static void read_seccomp(struct reader *r, const struct yaml *node, struct sim_confinement *into)
{
	size_t before = diagnostics_count(r->diagnostics);
	if (node->kind == YAML_LIST)
		read_calls(r, node, into);
	else
		read_fields(r, node, "'seccomp'", FIELDS(seccomp_fields), into);
	if (!into->n_calls && !into->n_families && diagnostics_count(r->diagnostics) == before)
		complain(
			r, node->place,
			"'seccomp' refuses nothing: name system calls, '[connect]', or families of "
			"sockets, '{ families: [inet, inet6] }'");
}

static void read_network(struct reader *r, const struct yaml *node, struct sim_confinement *into)
{
	const char *text;
	if (!read_text(r, node, "'none'", &text))
		return;
	into->no_network = !strcmp(text, "none");
	if (!into->no_network)
		complain(r, node->place,
			 "%s is no network that an actor can have: 'none', or leave this out",
			 quoted(r, text));
}

static void read_apparmor(struct reader *r, const struct yaml *node, struct sim_confinement *into)
{
	if (read_title(r, node, "an AppArmor profile's name", &into->apparmor) &&
	    strlen(into->apparmor) > PROFILE_MAX)
		complain(r, node->place, "a profile's name has at most %d characters", PROFILE_MAX);
}

static void read_no_new_privs(struct reader *r, const struct yaml *node,
			      struct sim_confinement *into)
{
	read_bool(r, node, &into->no_new_privs);
}

void read_confinement(struct reader *r, const struct yaml *map, struct sim_confinement *into)
{
	static const struct {
		const char *name;
		void (*read)(struct reader *r, const struct yaml *node,
			     struct sim_confinement *into);
	} kinds[] = {
		{"no_new_privs", read_no_new_privs}, {"landlock", read_landlock},
		{"seccomp", read_seccomp},	     {"network", read_network},
		{"apparmor", read_apparmor},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct yaml *node = yaml_get(map, kinds[i].name);
		if (node)
			kinds[i].read(r, node, into);
	}
}
