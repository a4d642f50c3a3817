/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lab/scenario_reader.h"
#include "netsim/cleanup.h"

#define POLICY_BYTES_MAX (4 * 1024 * 1024)
#define VARIANTS_MAX	 1000

/* Beside the kinds of policies in their map. */
static const char refused_key[] = "refused";

const char *resolve_file(struct arena *arena, const char *folder, const char *path,
			 const char **why)
{
	const char *joined = path[0] == '/' ? path : arena_printf(arena, "%s/%s", folder, path);
	char resolved[PATH_MAX];
	struct stat status;
	*why = "it cannot be read";
	if (!realpath(joined, resolved)) {
		*why = errno == ENOENT ? "there is no such file" : strerror(errno);
		return NULL;
	}
	/* O_NONBLOCK: a FIFO must not keep us waiting. */
	autoclose int fd = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &status) < 0)
		*why = strerror(errno);
	else if (!S_ISREG(status.st_mode))
		*why = S_ISDIR(status.st_mode) ? "it is a folder" : "it is not a regular file";
	else if (status.st_size > POLICY_BYTES_MAX)
		*why = "it has more than 4 MiB";
	else
		return arena_strdup(arena, resolved);
	return NULL;
}

const char *out_of_sight(const char *path, const char *folder)
{
	static const char *const tops[] = {"/dev", "/proc", "/sys"};
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		size_t length = strlen(tops[i]);
		if (!strncmp(path, tops[i], length) && (!path[length] || path[length] == '/'))
			return "a host has a /dev, /proc and /sys of its own, and does not see it "
			       "there: put it elsewhere";
	}
	/* All the machine's /run would have to be in sight, with the sockets of its daemons. */
	if (!strcmp(folder, "/run"))
		return "a host has a /run of its own: put it in a folder of its own there, or "
		       "elsewhere";
	return NULL;
}

const char *resolve_policy_file(struct arena *arena, const char *folder, const char *path,
				const char **why)
{
	char its_folder[PATH_MAX];
	const char *resolved = resolve_file(arena, folder, path, why);
	if (!resolved)
		return NULL;
	snprintf(its_folder, sizeof(its_folder), "%s", resolved);
	const char *out = out_of_sight(resolved, dirname(its_folder));
	if (!out)
		return resolved;
	*why = out;
	return NULL;
}

static const char *nth_kind(const void *among, size_t i)
{
	(void)among;
	const struct sim_policy_kind *kind = sim_policy_kind_nth(i);
	if (!kind)
		return i && sim_policy_kind_nth(i - 1) ? refused_key : NULL;
	return kind->name;
}

bool read_policy_file(struct reader *r, const struct yaml *node, const char *what,
		      struct policy *policy)
{
	const char *file, *why;
	policy->place = node->place;
	if (!read_text(r, node, arena_printf(r->arena, "a %s's file", what), &file))
		return false;
	policy->shown = file;
	policy->path = resolve_policy_file(r->arena, r->scenario->folder, file, &why);
	if (!policy->path)
		complain(r, node->place, "%s %s: %s", what, quoted(r, file), why);
	return policy->path;
}

static bool read_policy(struct reader *r, const struct yaml_entry *e, struct policy *policy)
{
	policy->kind = sim_policy_kind_find(e->key->text);
	if (!policy->kind)
		complain_unknown(r, e->key->place, "kind of policy", e->key->text, "", nth_kind,
				 NULL);
	return read_policy_file(r, e->value, "policy", policy) && policy->kind;
}

/* Words that would be found in anything are none. */
static void read_refused(struct reader *r, const struct yaml *node, struct policy_set *set)
{
	const char *text;
	if (!read_text(r, node, "what the tool says when it refuses the policy", &text))
		return;
	if (!text[strspn(text, " \t\n")])
		complain(r, node->place, "'refused' wants some words that the tool says");
	else if (strlen(text) > SCENARIO_TITLE_MAX)
		complain(r, node->place, "'refused' has %zu bytes; at most %d are possible",
			 strlen(text), SCENARIO_TITLE_MAX);
	else if (set->refused)
		complain(r, node->place, "'refused' is given twice for this host");
	else
		set->refused = text;
}

static bool is_refused_key(const struct yaml_entry *e)
{
	return e->key && strcmp(e->key->text, refused_key) == 0;
}

static void read_policy_map(struct reader *r, const struct yaml *node, struct policy_set *set)
{
	if (!want_map(r, node, "a policy, such as { nft: rules.nft }"))
		return;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (is_refused_key(e))
			read_refused(r, e->value, set);
		else if (read_policy(r, e, &set->policies[set->n_policies]))
			set->n_policies++;
	}
}

/* How many policies there are in a map, or in a list of maps. */
static size_t count_policies(const struct yaml *node)
{
	size_t count = 0;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (node->kind == YAML_LIST)
			count += e->value->kind == YAML_MAP ? count_policies(e->value) : 1;
		else
			count += !is_refused_key(e);
	}
	return count;
}

static void read_policy_set(struct reader *r, const struct yaml *node, struct policy_set *set)
{
	size_t count = count_policies(node);
	set->policies = arena_array(r->arena, struct policy, count);
	if (!count && node->kind != YAML_TEXT)
		complain(r, node->place, "a policy is wanted here, such as { nft: rules.nft }");
	else if (node->kind != YAML_LIST)
		read_policy_map(r, node, set);
	for (const struct yaml_entry *e = node->kind == YAML_LIST ? node->entries : NULL; e;
	     e = e->next)
		read_policy_map(r, e->value, set);
}

size_t scenario_refusals(const struct variant *variant)
{
	size_t count = 0;
	for (size_t i = 0; i < variant->n_sets; i++)
		count += variant->sets[i].refused != NULL;
	return count;
}

/* HOST: POLICY-SET, ... */
static void read_sets(struct reader *r, const struct yaml *node, struct variant *variant)
{
	if (!want_map(r, node, "policies of hosts"))
		return;
	variant->sets = arena_array(r->arena, struct policy_set, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct policy_set *set = &variant->sets[variant->n_sets];
		/* It may be what is left of an unknown host's. */
		*set = (struct policy_set){.host = find_host(r, e->key->place, e->key->text)};
		read_policy_set(r, e->value, set);
		if (set->host != NONE)
			variant->n_sets++;
	}
}

/* Words that mean something else where a variant's name may stand. */
static void check_variant_name(struct reader *r, const struct yaml *name)
{
	static const char *const taken[] = {"else", "ipv4", "ipv6"};
	check_name(r, name, &variant_names);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		if (strcmp(name->text, taken[i]) == 0)
			complain(r, name->place,
				 "a variant cannot be called %s: 'expect' means something else by "
				 "it",
				 quoted(r, name->text));
	}
}

static struct variant *add_variant(struct reader *r, const char *name, struct place place)
{
	struct variant *variant = &r->scenario->variants[r->scenario->n_variants];
	*variant = (struct variant){.name = name, .place = place};
	names_add(&r->variants, r->arena, name, r->scenario->n_variants++, place);
	return variant;
}

static void read_named_variants(struct reader *r, const struct yaml *variants)
{
	for (const struct yaml_entry *e = variants->entries; e; e = e->next) {
		check_variant_name(r, e->key);
		read_sets(r, e->value, add_variant(r, e->key->text, e->key->place));
	}
}

void read_variants(struct reader *r, const struct yaml *variants, const struct yaml *policies)
{
	size_t count = variants ? variants->n_entries : 0;
	if (variants && policies)
		complain(r, policies->place,
			 "'policies' is for scenarios without 'variants'; move these into a "
			 "variant");
	if (count > VARIANTS_MAX)
		complain(r, variants->place, "%zu variants; at most %d are possible", count,
			 VARIANTS_MAX);
	r->variants_unknown =
		count > VARIANTS_MAX || (variants && !want_map(r, variants, "variants"));
	r->scenario->variants = arena_array(r->arena, struct variant, count + 1);
	if (count && !r->variants_unknown) {
		read_named_variants(r, variants);
		return;
	}
	struct variant *only = add_variant(r, "default", (struct place){0});
	if (policies)
		read_sets(r, policies, only);
}
