/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe runs as. */
#include <stdio.h>
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/identity.h"

/* An actor while it is being read. */
struct actor_reading {
	const struct host *host;
	struct actor *actor;
	struct scope scope;	 /* the host's, or its root's */
	const char *group_text;	 /* as written, or NULL */
	const char *groups_text; /* likewise, joined */
};

static const char *nth_root(const void *among, size_t i)
{
	const struct host *host = among;
	return i < host->n_roots ? host->roots[i].name : NULL;
}

static const char *nth_cgroup(const void *among, size_t i)
{
	const struct host *host = among;
	return i < host->n_cgroups ? host->cgroups[i].name : NULL;
}

static void read_root(struct reader *r, const struct yaml *node, void *into)
{
	struct actor_reading *reading = into;
	const struct host *host = reading->host;
	const char *name;
	reading->scope.accounts = NULL;
	if (!read_text(r, node, "a root's name", &name))
		return;
	for (size_t i = 0; i < host->n_roots; i++) {
		if (strcmp(host->roots[i].name, name) != 0)
			continue;
		reading->actor->root = host->roots[i].name;
		reading->scope =
			scope_of_root(r, (size_t)(host - r->scenario->hosts), &host->roots[i]);
		return;
	}
	complain_unknown(r, node->place, "root", name,
			 arena_printf(r->arena, " of host %s", quoted(r, host->name)), nth_root,
			 host);
}

static void read_cgroup(struct reader *r, const struct yaml *node, void *into)
{
	struct actor_reading *reading = into;
	const struct host *host = reading->host;
	const char *name;
	if (!read_text(r, node, "a cgroup's name", &name))
		return;
	for (size_t i = 0; i < host->n_cgroups; i++) {
		if (strcmp(host->cgroups[i].name, name) == 0) {
			reading->actor->cgroup = host->cgroups[i].name;
			return;
		}
	}
	complain_unknown(r, node->place, "cgroup", name,
			 arena_printf(r->arena, " of host %s", quoted(r, host->name)), nth_cgroup,
			 host);
}

static bool is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

bool read_uid(struct reader *r, const struct yaml *node, const struct scope *scope, uid_t *uid)
{
	const char *name;
	uint64_t number;
	if (!read_text(r, node, "a user's name or a uid", &name))
		return false;
	if (!is_number(name))
		return scope->accounts &&
		       want_user(r, node->place, scope->accounts, scope->where, name, uid);
	if (!read_number(r, node, "a uid", 0, ID_MAX, &number))
		return false;
	*uid = (uid_t)number;
	return true;
}

static void read_user(struct reader *r, const struct yaml *node, void *into)
{
	struct actor_reading *reading = into;
	if (read_uid(r, node, &reading->scope, &reading->actor->uid))
		reading->actor->user = is_number(node->text) ? NULL : node->text;
}

bool read_gid(struct reader *r, const struct yaml *node, const struct scope *scope, gid_t *gid)
{
	const char *name;
	uint64_t number;
	if (!read_text(r, node, "a group's name or a gid", &name))
		return false;
	if (!is_number(name))
		return scope->accounts &&
		       want_group(r, node->place, scope->accounts, scope->where, name, gid);
	if (!read_number(r, node, "a gid", 0, ID_MAX, &number))
		return false;
	*gid = (gid_t)number;
	return true;
}

static void read_group(struct reader *r, const struct yaml *node, void *into)
{
	struct actor_reading *reading = into;
	reading->actor->has_group = read_gid(r, node, &reading->scope, &reading->actor->gid);
	reading->group_text = node->text;
}

static void read_groups(struct reader *r, const struct yaml *node, void *into)
{
	struct actor_reading *reading = into;
	struct actor *actor = reading->actor;
	if (!want_list(r, node, "groups"))
		return;
	if (!node->n_entries) {
		complain(r, node->place,
			 "an empty list changes nothing, as groups are added to the user's own: "
			 "leave "
			 "it out");
		return;
	}
	if (node->n_entries > SIM_GROUPS_MAX / 2) {
		complain(r, node->place, "%zu supplementary groups; at most %d are possible",
			 node->n_entries, SIM_GROUPS_MAX / 2);
		return;
	}
	actor->groups = arena_array(r->arena, gid_t, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (!read_gid(r, e->value, &reading->scope, &actor->groups[actor->n_groups]))
			continue;
		actor->n_groups++;
		reading->groups_text = arena_printf(
			r->arena, "%s %s", reading->groups_text ? reading->groups_text : "",
			e->value->text);
	}
}

static void read_inside(struct reader *r, const struct yaml *node, void *into)
{
	struct actor *actor = ((struct actor_reading *)into)->actor;
	if (read_text(r, node, "a service's name", &actor->inside) && actor->root)
		complain(r, node->place, "what is inside a service has that service's root");
}

/* The root first: it says whose the names are.  Confinements are read by read_confinement(). */
static const struct field actor_fields[] = {
	{"root", read_root, false},	{"user", read_user, false},
	{"group", read_group, false},	{"groups", read_groups, false},
	{"cgroup", read_cgroup, false}, {"inside", read_inside, false},
	{"no_new_privs", NULL, false},	{"landlock", NULL, false},
	{"seccomp", NULL, false},	{"network", NULL, false},
	{"apparmor", NULL, false},
};

static const char *actor_text(struct reader *r, const struct actor_reading *reading)
{
	const struct actor *actor = reading->actor;
	const char *text = actor->user ? actor->user : arena_printf(r->arena, "uid %u", actor->uid);
	if (actor->root || actor->inside)
		text = arena_printf(r->arena, "%s in %s", text,
				    actor->root ? actor->root : actor->inside);
	if (reading->group_text)
		text = arena_printf(r->arena, "%s, group %s", text, reading->group_text);
	if (reading->groups_text)
		text = arena_printf(r->arena, "%s, groups%s", text, reading->groups_text);
	if (actor->cgroup)
		text = arena_printf(r->arena, "%s, cgroup %s", text, actor->cgroup);
	const struct sim_confinement_kind *kind;
	for (size_t i = 0; (kind = sim_confinement_kind(i)); i++)
		if (kind->is_wanted(&actor->confinement))
			text = arena_printf(r->arena, "%s, %s", text, kind->name);
	return text;
}

struct scope scope_of_host(struct reader *r, size_t host)
{
	return (struct scope){
		.accounts = &r->scenario->hosts[host].accounts,
		.where = arena_printf(r->arena, " on host %s",
				      quoted(r, r->scenario->hosts[host].name)),
	};
}

struct scope scope_of_root(struct reader *r, size_t host, const struct root *root)
{
	return (struct scope){
		.accounts = &root->accounts,
		.where = arena_printf(r->arena, " in root %s of %s", quoted(r, root->name),
				      quoted(r, r->scenario->hosts[host].name)),
	};
}

struct scope read_actor(struct reader *r, const struct yaml *node, size_t host, struct actor *actor)
{
	struct actor_reading reading = {
		.host = &r->scenario->hosts[host],
		.actor = actor,
		.scope = scope_of_host(r, host),
	};
	*actor = (struct actor){.user = "root", .text = "root"};
	if (!node)
		return reading.scope;
	actor->place = node->place;
	if (node->kind == YAML_MAP) {
		read_fields(r, node, "'as'", FIELDS(actor_fields), &reading);
		read_confinement(r, node, &actor->confinement);
	} else {
		read_user(r, node, &reading);
	}
	actor->text = actor_text(r, &reading);
	return reading.scope;
}

/* What is said of the variants, one after another. */
struct actors_reading {
	size_t host;
	const bool *variants; /* in which somebody is needed, NULL: all */
	struct actor *actor;
	bool has_else;
	bool broken; /* a variant is not known */
	struct scope scope;
};

static void meet_scope(struct reader *r, const struct scope *scope, struct actors_reading *reading)
{
	bool first = !reading->scope.where;
	if (first)
		reading->scope = *scope;
	else if (reading->scope.accounts != scope->accounts)
		reading->scope = scope_of_host(r, reading->host);
}

static void read_actor_case(struct reader *r, const struct yaml_entry *e,
			    struct actors_reading *reading, struct actor *otherwise)
{
	struct scope scope;
	if (!strcmp(e->key->text, "else")) {
		reading->has_else = true;
		scope = read_actor(r, e->value, reading->host, otherwise);
		meet_scope(r, &scope, reading);
		return;
	}
	size_t variant = find_variant(r, e->key->place, e->key->text);
	if (variant == NONE) {
		reading->broken = true;
		return;
	}
	struct actor_clause *clause = &reading->actor->instead[reading->actor->n_instead++];
	*clause = (struct actor_clause){.place = e->key->place, .variant = variant};
	scope = read_actor(r, e->value, reading->host, &clause->actor);
	meet_scope(r, &scope, reading);
}

/* Whether exactly this actor is meant in a variant in which anybody is. */
static bool is_meant(const struct reader *r, const struct actors_reading *reading,
		     const struct actor *actor, size_t variant)
{
	return (!reading->variants || reading->variants[variant]) &&
	       !scenario_refusals(&r->scenario->variants[variant]) &&
	       scenario_actor(reading->actor, variant) == actor;
}

/* What the actor is inside of must be there wherever it is meant. */
static void check_meant(struct reader *r, const struct actors_reading *reading,
			const struct actor *actor)
{
	bool anywhere = false;
	bool *meant = arena_array(r->arena, bool, r->scenario->n_variants);
	for (size_t v = 0; v < r->scenario->n_variants; v++)
		anywhere |= meant[v] = is_meant(r, reading, actor, v);
	if (anywhere)
		check_inside(r, &r->scenario->hosts[reading->host], actor, meant);
}

/* Every variant has an actor. */
static void check_actors(struct reader *r, struct place place, const struct actors_reading *reading)
{
	const struct actor *actor = reading->actor;
	for (size_t i = 0; i < actor->n_instead; i++)
		check_meant(r, reading, &actor->instead[i].actor);
	if (reading->has_else) {
		check_meant(r, reading, actor);
		return;
	}
	for (size_t v = 0; v < r->scenario->n_variants; v++) {
		if (reading->broken || r->variants_unknown || !is_meant(r, reading, actor, v))
			continue;
		complain(r, place, "nobody is named for %s; add it, or 'else'",
			 quoted(r, r->scenario->variants[v].name));
		return;
	}
}

struct scope read_actors(struct reader *r, const struct yaml *node, size_t host,
			 const bool *variants, struct actor *actor)
{
	struct actors_reading reading = {.host = host, .variants = variants, .actor = actor};
	enum map_shape shape = SHAPE_FIELDS;
	if (node && node->kind == YAML_MAP)
		shape = shape_of(r, node, CASES_VARIANTS, FIELDS(actor_fields));
	if (shape != SHAPE_CASES) {
		struct scope scope =
			read_actor(r, shape == SHAPE_NEITHER ? NULL : node, host, actor);
		check_inside(r, &r->scenario->hosts[host], actor, variants);
		return scope;
	}
	struct actor otherwise = {.user = "root", .text = "root"};
	*actor = otherwise;
	actor->instead = arena_array(r->arena, struct actor_clause, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next)
		read_actor_case(r, e, &reading, &otherwise);
	/* Where there is no variant in sight, and no "else", the first is shown. */
	if (!reading.has_else && actor->n_instead)
		otherwise = actor->instead[0].actor;
	otherwise.instead = actor->instead;
	otherwise.n_instead = actor->n_instead;
	*actor = otherwise;
	check_actors(r, node->place, &reading);
	return reading.scope.where ? reading.scope : scope_of_host(r, host);
}

const struct actor *scenario_actor(const struct actor *actor, size_t variant)
{
	for (size_t i = 0; i < actor->n_instead; i++)
		if (actor->instead[i].variant == variant)
			return &actor->instead[i].actor;
	return actor;
}
