/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/identity.h"

#define ACCOUNTS_MAX 1000 /* users or groups, of one host or root */

/* Accounts while they are being read, and a user or group of them. */
struct accounts_reading {
	struct accounts *accounts;
	struct user *user;
	struct group *group;
	bool has_gid;
};

static struct user *own_user(const struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n_users; i++) {
		if (strcmp(accounts->users[i].name, name) == 0)
			return &accounts->users[i];
	}
	return NULL;
}

static const struct group *own_group(const struct accounts *accounts, const char *name)
{
	for (size_t i = 0; i < accounts->n_groups; i++) {
		if (strcmp(accounts->groups[i].name, name) == 0)
			return &accounts->groups[i];
	}
	return NULL;
}

bool find_user(const struct reader *r, const struct accounts *accounts, const char *name,
	       uid_t *uid)
{
	const struct user *user = own_user(accounts, name);
	if (!user)
		return sim_accounts_user(r->base, name, uid, NULL);
	*uid = user->uid;
	return true;
}

bool find_group(const struct reader *r, const struct accounts *accounts, const char *name,
		gid_t *gid)
{
	const struct group *group = own_group(accounts, name);
	if (!group)
		return sim_accounts_group(r->base, name, gid);
	*gid = group->gid;
	return true;
}

/* Own names first, then the base system's: a reader and accounts to be told names from. */
struct known_accounts {
	const struct sim_accounts *base;
	const struct accounts *own;
};

static const char *nth_user(const void *among, size_t i)
{
	const struct known_accounts *known = among;
	if (i < known->own->n_users)
		return known->own->users[i].name;
	return sim_accounts_nth_user(known->base, i - known->own->n_users);
}

static const char *nth_group(const void *among, size_t i)
{
	const struct known_accounts *known = among;
	if (i < known->own->n_groups)
		return known->own->groups[i].name;
	return sim_accounts_nth_group(known->base, i - known->own->n_groups);
}

bool want_user(struct reader *r, struct place place, const struct accounts *accounts,
	       const char *where, const char *name, uid_t *uid)
{
	struct known_accounts known = {r->base, accounts};
	if (find_user(r, accounts, name, uid))
		return true;
	complain_unknown(r, place, "user", name, where, nth_user, &known);
	return false;
}

bool want_group(struct reader *r, struct place place, const struct accounts *accounts,
		const char *where, const char *name, gid_t *gid)
{
	struct known_accounts known = {r->base, accounts};
	if (find_group(r, accounts, name, gid))
		return true;
	complain_unknown(r, place, "group", name, where, nth_group, &known);
	return false;
}

static void read_user_id(struct reader *r, const struct yaml *node, void *into)
{
	struct accounts_reading *reading = into;
	uint64_t uid;
	if (read_number(r, node, "a uid", 0, ID_MAX, &uid))
		reading->user->uid = (uid_t)uid;
}

static void read_user_group_id(struct reader *r, const struct yaml *node, void *into)
{
	struct accounts_reading *reading = into;
	uint64_t gid;
	reading->has_gid = true;
	if (read_number(r, node, "a gid", 0, ID_MAX, &gid))
		reading->user->gid = (gid_t)gid;
}

static void read_group_id(struct reader *r, const struct yaml *node, void *into)
{
	struct accounts_reading *reading = into;
	uint64_t gid;
	if (read_number(r, node, "a gid", 0, ID_MAX, &gid))
		reading->group->gid = (gid_t)gid;
}

/* A user becomes a member of a group, once. */
static void join(struct reader *r, struct place place, struct user *user, const char *group)
{
	for (size_t i = 0; i < user->n_groups; i++) {
		if (strcmp(user->groups[i], group) == 0)
			return;
	}
	if (user->n_groups == SIM_GROUPS_MAX) {
		complain(r, place, "%s is in more than %d groups", quoted(r, user->name),
			 SIM_GROUPS_MAX);
		return;
	}
	if (!user->groups)
		user->groups = arena_array(r->arena, const char *, SIM_GROUPS_MAX);
	user->groups[user->n_groups++] = group;
}

static void read_user_groups(struct reader *r, const struct yaml *node, void *into)
{
	struct accounts_reading *reading = into;
	if (!want_list(r, node, "groups"))
		return;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		const char *name;
		gid_t gid;
		if (read_text(r, e->value, "a group's name", &name) &&
		    want_group(r, e->value->place, reading->accounts, "", name, &gid))
			join(r, e->value->place, reading->user, name);
	}
}

static const struct field user_fields[] = {
	{"uid", read_user_id, true},
	{"gid", read_user_group_id, false},
	{"groups", read_user_groups, false},
};

/* `members` are folded into the users, when these are known. */
static const struct field group_fields[] = {
	{"gid", read_group_id, true},
	{"members", NULL, false},
};

static bool want_few(struct reader *r, const struct yaml *node, const char *what)
{
	if (!want_map(r, node, what))
		return false;
	if (node->n_entries > ACCOUNTS_MAX)
		complain(r, node->place, "%zu %s; at most %d are possible", node->n_entries, what,
			 ACCOUNTS_MAX);
	return node->n_entries <= ACCOUNTS_MAX;
}

static void read_groups(struct reader *r, const struct yaml *node, struct accounts *accounts)
{
	accounts->groups = arena_array(r->arena, struct group, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct group *group = &accounts->groups[accounts->n_groups++];
		struct accounts_reading reading = {.accounts = accounts, .group = group};
		check_name(r, e->key, &group_names);
		*group = (struct group){.name = e->key->text, .place = e->key->place};
		if (e->value->kind == YAML_MAP)
			read_fields(r, e->value, "a group", FIELDS(group_fields), &reading);
		else
			read_group_id(r, e->value, &reading);
	}
}

static void read_user(struct reader *r, const struct yaml_entry *e, struct accounts *accounts)
{
	struct user *user = &accounts->users[accounts->n_users++];
	struct accounts_reading reading = {.accounts = accounts, .user = user};
	check_name(r, e->key, &user_names);
	*user = (struct user){.name = e->key->text, .place = e->key->place};
	if (e->value->kind == YAML_MAP)
		read_fields(r, e->value, "a user", FIELDS(user_fields), &reading);
	else
		read_user_id(r, e->value, &reading);
	if (!reading.has_gid && !find_group(r, accounts, user->name, &user->gid))
		user->gid = user->uid;
}

/* The user of this name to be a member; one of the base system is declared by that. */
static struct user *want_member(struct reader *r, const struct yaml *node,
				struct accounts *accounts)
{
	const char *name;
	uid_t uid;
	if (!read_text(r, node, "a user's name", &name) ||
	    !want_user(r, node->place, accounts, "", name, &uid))
		return NULL;
	struct user *user = own_user(accounts, name);
	if (user)
		return user;
	user = &accounts->users[accounts->n_users++];
	*user = (struct user){.name = name, .place = node->place};
	sim_accounts_user(r->base, name, &user->uid, &user->gid);
	return user;
}

static const struct yaml *members_of(const struct yaml *group)
{
	return group->kind == YAML_MAP ? yaml_get(group, "members") : NULL;
}

static void read_members(struct reader *r, const struct yaml *groups, struct accounts *accounts)
{
	for (const struct yaml_entry *e = groups->entries; e; e = e->next) {
		const struct yaml *members = members_of(e->value);
		if (!members || !want_list(r, members, "members"))
			continue;
		for (const struct yaml_entry *m = members->entries; m; m = m->next) {
			struct user *user = want_member(r, m->value, accounts);
			if (user)
				join(r, m->value->place, user, e->key->text);
		}
	}
}

/* Room for the users, and for those of the base system that become members of a group. */
static size_t count_users(const struct yaml *users, const struct yaml *groups)
{
	size_t count = users ? users->n_entries : 0;
	for (const struct yaml_entry *e = groups ? groups->entries : NULL; e; e = e->next) {
		const struct yaml *members = members_of(e->value);
		count += members ? members->n_entries : 0;
	}
	return count;
}

void read_accounts(struct reader *r, const struct yaml *map, struct accounts *accounts)
{
	const struct yaml *users = yaml_get(map, "users"), *groups = yaml_get(map, "groups");
	if (groups && !want_few(r, groups, "groups"))
		groups = NULL;
	if (users && !want_few(r, users, "users"))
		users = NULL;
	accounts->users = arena_array(r->arena, struct user, count_users(users, groups));
	if (groups)
		read_groups(r, groups, accounts);
	for (const struct yaml_entry *e = users ? users->entries : NULL; e; e = e->next)
		read_user(r, e, accounts);
	if (groups)
		read_members(r, groups, accounts);
}
