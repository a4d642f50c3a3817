/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host confines processes in: cgroups, and roots with accounts of their own. */
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/cgroup.h"
#include "netsim/cgroup_filter.h"
#include "netsim/files.h"

#define PATH_PART_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:@-"

static void read_net_cls(struct reader *r, const struct yaml *node, void *into)
{
	struct cgroup *cgroup = into;
	const char *text;
	if (!read_text(r, node, "a class id", &text))
		return;
	cgroup->awaited = strcmp(text, "true") == 0;
	if (!cgroup->awaited && !sim_classid_parse(text, &cgroup->classid))
		complain(r, node->place,
			 "%s is not a class id of 32 bits other than 0: write \"10:10\" "
			 "(hexadecimal), "
			 "0x100010 or 1048592; or true, where a program of the host makes it",
			 quoted(r, text));
}

static void read_v2(struct reader *r, const struct yaml *node, void *into)
{
	read_bool(r, node, &((struct cgroup *)into)->v2);
}

/* Addresses with or without a length, of either family. */
static void read_allow(struct reader *r, const struct yaml *node, void *into)
{
	struct cgroup *cgroup = into;
	const char *text;
	if (!want_list(r, node, "allow"))
		return;
	if (node->n_entries > SIM_EGRESS_MAX) {
		complain(r, node->place, "%zu addresses; at most %d are possible", node->n_entries,
			 SIM_EGRESS_MAX);
		return;
	}
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (!read_text(r, e->value, "an address or a subnet", &text))
			continue;
		if (sim_prefix_parse(text, false, &cgroup->egress[cgroup->n_egress]))
			cgroup->n_egress++;
		else
			complain(r, e->value->place,
				 "%s is neither an address nor a subnet such as 127.0.0.0/8",
				 quoted(r, text));
	}
}

static const struct field egress_fields[] = {
	{"allow", read_allow, true},
};

static void read_egress(struct reader *r, const struct yaml *node, void *into)
{
	struct cgroup *cgroup = into;
	cgroup->egress = arena_array(r->arena, struct sim_prefix, SIM_EGRESS_MAX);
	read_fields(r, node, "'egress'", FIELDS(egress_fields), cgroup);
}

static const struct field cgroup_fields[] = {
	{"net_cls", read_net_cls, false},
	{"v2", read_v2, false},
	{"egress", read_egress, false},
};

/* The parts between slashes are names of directories, none of them "." or "..". */
static bool is_cgroup_name(const char *name)
{
	size_t length;
	do {
		length = strspn(name, PATH_PART_CHARACTERS);
		if (!length || strncmp(name, ".", length) == 0 || strncmp(name, "..", length) == 0)
			return false;
		name += length;
	} while (*name++ == '/');
	return name[-1] == '\0';
}

/* The kernel's own files in a cgroup; a part of the name that begins like one of its controllers'.
 */
static bool is_cgroup_file(const char *name)
{
	static const char *const starts[] = {"cgroup.", "net_cls.", "net_prio.", "cpu.",
					     "cpuset.", "cpuacct.", "memory.",	 "io.",
					     "pids.",	"hugetlb.", "rdma.",	 "misc."};
	static const char *const files[] = {"tasks", "notify_on_release", "release_agent"};
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		size_t length = strcspn(part, "/");
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			if (strlen(files[i]) == length && !strncmp(part, files[i], length))
				return true;
		for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
			if (!strncmp(part, starts[i], strlen(starts[i])))
				return true;
	}
	return false;
}

static void read_cgroup(struct reader *r, const struct yaml_entry *e, struct cgroup *cgroup)
{
	*cgroup = (struct cgroup){.name = e->key->text, .place = e->key->place};
	size_t length = strlen(cgroup->name);
	if (length > SCENARIO_NAME_MAX)
		complain(r, e->key->place, "a cgroup's name has at most %d characters",
			 SCENARIO_NAME_MAX);
	else if (!is_cgroup_name(cgroup->name))
		complain(
			r, e->key->place,
			"%s is not a cgroup's name: that is a path such as build/pbuilder, without "
			"'/' at its ends and '..'",
			quoted(r, cgroup->name));
	else if (is_cgroup_file(cgroup->name))
		complain(r, e->key->place,
			 "%s is where the kernel has a file of its own: take another name",
			 quoted(r, cgroup->name));
	bool v2_given = e->value->kind == YAML_MAP && yaml_get(e->value, "v2");
	bool net_cls_given = e->value->kind == YAML_MAP && yaml_get(e->value, "net_cls");
	if (!read_fields(r, e->value, "a cgroup", FIELDS(cgroup_fields), cgroup))
		return;
	if (!net_cls_given && (!v2_given || !cgroup->v2))
		complain(r, e->key->place, "a cgroup needs 'net_cls: \"10:10\"' or 'v2: true'");
	if (cgroup->egress && !cgroup->v2)
		complain(r, yaml_get(e->value, "egress")->place,
			 "filters are for cgroups of version 2: add 'v2: true'");
}

void read_cgroups(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	if (!want_map(r, node, "cgroups"))
		return;
	host->cgroups = arena_array(r->arena, struct cgroup, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		read_cgroup(r, e, &host->cgroups[host->n_cgroups++]);
}

static void read_at(struct reader *r, const struct yaml *node, void *into)
{
	struct root *root = into;
	if (!read_text(r, node, "a path of the host", &root->at))
		return;
	const char *why = sim_file_why_not(root->at, false);
	if (why)
		complain(r, node->place, "%s: %s", quoted(r, root->at), why);
}

/* Users and groups are read by read_accounts(), then the files that may be theirs. */
static const struct field root_fields[] = {
	{"users", NULL, false},
	{"groups", NULL, false},
	{"files", NULL, false},
	{"at", read_at, false},
};

static void read_root(struct reader *r, const struct yaml *node, size_t host, struct root *root)
{
	if (!read_fields(r, node, "a root", FIELDS(root_fields), root) || node->kind != YAML_MAP)
		return;
	if (root->at && !sim_file_why_not(root->at, false))
		check_mount_point(r, yaml_get(node, "at")->place, root->at,
				  &r->scenario->hosts[host].files);
	read_accounts(r, node, &root->accounts);
	const struct scope scope = scope_of_root(r, host, root);
	if (yaml_get(node, "files"))
		read_files(r, yaml_get(node, "files"), &scope, true, &root->files);
}

void read_roots(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	if (!want_map(r, node, "roots"))
		return;
	host->roots = arena_array(r->arena, struct root, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct root *root = &host->roots[host->n_roots++];
		check_name(r, e->key, &root_names);
		*root = (struct root){.name = e->key->text, .place = e->key->place};
		read_root(r, e->value, (size_t)(host - r->scenario->hosts), root);
	}
}
