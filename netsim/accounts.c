/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/accounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"

/* A user (with both ids) or a group (with its gid alone). */
struct account {
	char name[SIM_ACCOUNT_NAME_MAX + 1];
	uid_t uid;
	gid_t gid;
};

/* The added entries first, then what is left of the base system's. */
struct account_list {
	struct account *items;
	size_t count;
	size_t added;
};

/* By name, since either side may be replaced. */
struct membership {
	char group[SIM_ACCOUNT_NAME_MAX + 1];
	char user[SIM_ACCOUNT_NAME_MAX + 1];
};

struct sim_accounts {
	struct account_list users;
	struct account_list groups;
	struct membership *members;
	size_t n_members;
};

/*
 * The ids that Debian Policy 9.2.2 allocates globally, as the base-passwd
 * package assigns them: the same on every Debian system.
 */
static const struct account base_users[] = {
	{"root", 0, 0},		  {"daemon", 1, 1},   {"bin", 2, 2},	{"sys", 3, 3},
	{"sync", 4, 65534},	  {"games", 5, 60},   {"man", 6, 12},	{"lp", 7, 7},
	{"mail", 8, 8},		  {"news", 9, 9},     {"uucp", 10, 10}, {"proxy", 13, 13},
	{"www-data", 33, 33},	  {"backup", 34, 34}, {"list", 38, 38}, {"irc", 39, 39},
	{"nobody", 65534, 65534},
};

static const struct account base_groups[] = {
	{"root", 0, 0},	   {"daemon", 0, 1},	  {"bin", 0, 2},      {"sys", 0, 3},
	{"adm", 0, 4},	   {"tty", 0, 5},	  {"disk", 0, 6},     {"lp", 0, 7},
	{"mail", 0, 8},	   {"news", 0, 9},	  {"uucp", 0, 10},    {"man", 0, 12},
	{"proxy", 0, 13},  {"kmem", 0, 15},	  {"dialout", 0, 20}, {"fax", 0, 21},
	{"voice", 0, 22},  {"cdrom", 0, 24},	  {"floppy", 0, 25},  {"tape", 0, 26},
	{"sudo", 0, 27},   {"audio", 0, 29},	  {"dip", 0, 30},     {"www-data", 0, 33},
	{"backup", 0, 34}, {"operator", 0, 37},	  {"list", 0, 38},    {"irc", 0, 39},
	{"src", 0, 40},	   {"shadow", 0, 42},	  {"utmp", 0, 43},    {"video", 0, 44},
	{"sasl", 0, 45},   {"plugdev", 0, 46},	  {"staff", 0, 50},   {"games", 0, 60},
	{"users", 0, 100}, {"nogroup", 0, 65534},
};

#define N_ITEMS(array) (sizeof(array) / sizeof((array)[0]))

static int list_fill(struct account_list *list, const struct account *base, size_t count)
{
	list->items = calloc(count, sizeof(*base));
	if (!list->items)
		return -1;
	memcpy(list->items, base, count * sizeof(*base));
	list->count = count;
	return 0;
}

struct sim_accounts *sim_accounts_new(void)
{
	struct sim_accounts *accounts = calloc(1, sizeof(*accounts));
	if (!accounts)
		return NULL;
	if (list_fill(&accounts->users, base_users, N_ITEMS(base_users)) < 0 ||
	    list_fill(&accounts->groups, base_groups, N_ITEMS(base_groups)) < 0) {
		sim_accounts_free(accounts);
		return NULL;
	}
	return accounts;
}

void sim_accounts_free(struct sim_accounts *accounts)
{
	if (!accounts)
		return;
	free(accounts->users.items);
	free(accounts->groups.items);
	free(accounts->members);
	free(accounts);
}

static bool name_is_valid(const char *name)
{
	static const char first[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
	static const char others[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789-.";

	if (!strspn(name, first))
		return false;
	size_t length = strspn(name, others);
	if (name[length] == '$')
		length++;
	return !name[length] && length <= SIM_ACCOUNT_NAME_MAX;
}

static struct account *find_name(const struct account_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].name, name) == 0)
			return &list->items[i];
	return NULL;
}

static void list_remove(struct account_list *list, const struct account *account)
{
	size_t at = (size_t)(account - list->items);

	memmove(&list->items[at], &list->items[at + 1],
		(list->count - at - 1) * sizeof(*list->items));
	list->count--;
}

/* After the other added entries, before the base system's. */
static int list_insert(struct account_list *list, const struct account *account)
{
	struct account *items = reallocarray(list->items, list->count + 1, sizeof(*items));
	if (!items)
		return -1;
	memmove(&items[list->added + 1], &items[list->added],
		(list->count - list->added) * sizeof(*items));
	items[list->added] = *account;
	list->items = items;
	list->added++;
	list->count++;
	return 0;
}

static int list_add(struct account_list *list, const char *what, const char *name, uid_t uid,
		    gid_t gid, struct sim_error *err)
{
	if (!name_is_valid(name))
		return sim_fail(err, EINVAL, "the %s name '%s'", what, name);
	/* setresuid(2): this id means "leave it as it is". */
	if (uid == (uid_t)-1 || gid == (gid_t)-1)
		return sim_fail(err, ERANGE, "the id of %s '%s'", what, name);

	struct account account = {.uid = uid, .gid = gid};
	memcpy(account.name, name, strlen(name));

	struct account *old = find_name(list, name);
	if (old && (size_t)(old - list->items) < list->added) {
		*old = account;
		return 0;
	}
	if (list->added >= SIM_ACCOUNTS_MAX)
		return sim_fail(err, 0, "%s '%s' is one too many: at most %d can be added", what,
				name, SIM_ACCOUNTS_MAX);
	if (old)
		list_remove(list, old);
	if (list_insert(list, &account) < 0)
		return sim_fail(err, ENOMEM, "%s '%s'", what, name);
	return 0;
}

int sim_accounts_add_user(struct sim_accounts *accounts, const char *name, uid_t uid, gid_t gid,
			  struct sim_error *err)
{
	return list_add(&accounts->users, "user", name, uid, gid, err);
}

int sim_accounts_add_group(struct sim_accounts *accounts, const char *name, gid_t gid,
			   struct sim_error *err)
{
	return list_add(&accounts->groups, "group", name, 0, gid, err);
}

static bool is_member(const struct sim_accounts *accounts, const char *group, const char *user)
{
	for (size_t i = 0; i < accounts->n_members; i++)
		if (strcmp(accounts->members[i].group, group) == 0 &&
		    strcmp(accounts->members[i].user, user) == 0)
			return true;
	return false;
}

int sim_accounts_add_member(struct sim_accounts *accounts, const char *group, const char *user,
			    struct sim_error *err)
{
	if (!find_name(&accounts->groups, group))
		return sim_fail(err, 0, "there is no group '%s' for user '%s'", group, user);
	if (!find_name(&accounts->users, user))
		return sim_fail(err, 0, "there is no user '%s' for group '%s'", user, group);
	if (is_member(accounts, group, user))
		return 0;
	if (accounts->n_members >= SIM_ACCOUNTS_MAX)
		return sim_fail(err, 0, "user '%s' in group '%s' is one too many: at most %d", user,
				group, SIM_ACCOUNTS_MAX);

	struct membership *members =
		reallocarray(accounts->members, accounts->n_members + 1, sizeof(*members));
	if (!members)
		return sim_fail(err, ENOMEM, "user '%s' in group '%s'", user, group);
	accounts->members = members;
	members[accounts->n_members] = (struct membership){0};
	memcpy(members[accounts->n_members].group, group, strlen(group));
	memcpy(members[accounts->n_members].user, user, strlen(user));
	accounts->n_members++;
	return 0;
}

int sim_accounts_groups_of(const struct sim_accounts *accounts, const char *user, gid_t *list,
			   size_t max, size_t *n)
{
	*n = 0;
	for (size_t i = 0; i < accounts->n_members; i++) {
		const struct membership *member = &accounts->members[i];

		if (strcmp(member->user, user) != 0)
			continue;
		if (*n == max)
			return -1;
		/* A group is never removed, only replaced. */
		*n += sim_accounts_group(accounts, member->group, &list[*n]);
	}
	return 0;
}

bool sim_accounts_user(const struct sim_accounts *accounts, const char *name, uid_t *uid,
		       gid_t *gid)
{
	const struct account *user = find_name(&accounts->users, name);

	if (user && uid)
		*uid = user->uid;
	if (user && gid)
		*gid = user->gid;
	return user;
}

bool sim_accounts_group(const struct sim_accounts *accounts, const char *name, gid_t *gid)
{
	const struct account *group = find_name(&accounts->groups, name);

	if (group && gid)
		*gid = group->gid;
	return group;
}

const char *sim_accounts_user_name(const struct sim_accounts *accounts, uid_t uid)
{
	for (size_t i = 0; i < accounts->users.count; i++)
		if (accounts->users.items[i].uid == uid)
			return accounts->users.items[i].name;
	return NULL;
}

const char *sim_accounts_group_name(const struct sim_accounts *accounts, gid_t gid)
{
	for (size_t i = 0; i < accounts->groups.count; i++)
		if (accounts->groups.items[i].gid == gid)
			return accounts->groups.items[i].name;
	return NULL;
}

const char *sim_accounts_nth_user(const struct sim_accounts *accounts, size_t i)
{
	return i < accounts->users.count ? accounts->users.items[i].name : NULL;
}

const char *sim_accounts_nth_group(const struct sim_accounts *accounts, size_t i)
{
	return i < accounts->groups.count ? accounts->groups.items[i].name : NULL;
}

int sim_accounts_write_passwd(const struct sim_accounts *accounts, FILE *to)
{
	for (size_t i = 0; i < accounts->users.count; i++) {
		const struct account *user = &accounts->users.items[i];
		bool root = user->uid == 0;

		fprintf(to, "%s:x:%u:%u::%s:%s\n", user->name, user->uid, user->gid,
			root ? "/root" : "/nonexistent", root ? "/bin/sh" : "/usr/sbin/nologin");
	}
	return ferror(to) ? -1 : 0;
}

static void write_members(const struct sim_accounts *accounts, const char *group, FILE *to)
{
	const char *comma = "";

	for (size_t i = 0; i < accounts->n_members; i++) {
		if (strcmp(accounts->members[i].group, group) != 0)
			continue;
		fprintf(to, "%s%s", comma, accounts->members[i].user);
		comma = ",";
	}
}

/* Nobody has a password, and none of them is ever too old. */
int sim_accounts_write_shadow(const struct sim_accounts *accounts, FILE *to)
{
	for (size_t i = 0; i < accounts->users.count; i++)
		fprintf(to, "%s:*:::::::\n", accounts->users.items[i].name);
	return ferror(to) ? -1 : 0;
}

int sim_accounts_write_gshadow(const struct sim_accounts *accounts, FILE *to)
{
	for (size_t i = 0; i < accounts->groups.count; i++) {
		fprintf(to, "%s:*::", accounts->groups.items[i].name);
		write_members(accounts, accounts->groups.items[i].name, to);
		fputc('\n', to);
	}
	return ferror(to) ? -1 : 0;
}

int sim_accounts_write_group(const struct sim_accounts *accounts, FILE *to)
{
	for (size_t i = 0; i < accounts->groups.count; i++) {
		const struct account *group = &accounts->groups.items[i];

		fprintf(to, "%s:x:%u:", group->name, group->gid);
		write_members(accounts, group->name, to);
		fputc('\n', to);
	}
	return ferror(to) ? -1 : 0;
}
