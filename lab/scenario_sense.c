/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is written well, and would still be in vain: it would be told when the
 * lab runs, and a message now is cheaper.  Nothing is said here of what might
 * come right in the lab.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/features.h"
#include "lab/needs.h"
#include "lab/outcome.h"
#include "lab/scenario_reader.h"
#include "netsim/process.h"

/* Whether packets are filtered of the actor's cgroup, or of one above it. */
static bool is_filtered(const struct host *host, const struct actor *actor)
{
	for (size_t i = 0; actor->cgroup && i < host->n_cgroups; i++) {
		const struct cgroup *cgroup = &host->cgroups[i];
		size_t length = strlen(cgroup->name);
		if (cgroup->egress && !strncmp(actor->cgroup, cgroup->name, length) &&
		    strchr("/", actor->cgroup[length]))
			return true;
	}
	return false;
}

/* Why there is nobody who could confine this actor in this way; NULL: there is. */
static const char *why_not_confined(const struct host *host, const struct actor *actor,
				    const char *how)
{
	bool filtered = is_filtered(host, actor);
	if (how && !strcmp(how, CONFINED_BY_CGROUP))
		return filtered ? NULL : "its 'as' names no cgroup with 'egress'";
	bool any = filtered;
	const struct sim_confinement_kind *kind;
	for (size_t i = 0; (kind = sim_confinement_kind(i)); i++) {
		bool forbids = kind->forbids_packets && kind->forbids_packets(&actor->confinement);
		if (how && !strcmp(how, kind->name))
			return forbids ? NULL : "its 'as' forbids nothing in this way";
		any |= forbids;
	}
	return any ? NULL : "its 'as' has no confinement that forbids to send";
}

/* Whether this is what is expected in a variant, over any family. */
static bool is_expected(const struct reader *r, const struct probe *probe,
			const struct expect_clause *clause, size_t variant)
{
	static const enum family families[] = {FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6};
	if (scenario_refusals(&r->scenario->variants[variant]))
		return false;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (scenario_expectation(probe, variant, families[i]) == &clause->expectation)
			return true;
	return false;
}

static void check_clause(struct reader *r, const struct probe *probe,
			 const struct expect_clause *clause)
{
	const char *how = clause->expectation.how;
	for (size_t v = 0; v < r->scenario->n_variants; v++) {
		if (!is_expected(r, probe, clause, v))
			continue;
		const char *why = why_not_confined(&r->scenario->hosts[probe->from],
						   scenario_actor(&probe->as, v), how);
		if (!why)
			continue;
		complain(r, clause->place, "the probe is never confined%s%s%s%s: %s",
			 how ? " by " : "", how ? how : "",
			 r->scenario->n_variants > 1 ? " in variant " : "",
			 r->scenario->n_variants > 1 ? quoted(r, r->scenario->variants[v].name)
						     : "",
			 why);
		return;
	}
}

void check_confined(struct reader *r, const struct probe *probe)
{
	for (size_t i = 0; i < probe->n_expect; i++)
		if (probe->expect[i].expectation.kind == EXPECT_CONFINED)
			check_clause(r, probe, &probe->expect[i]);
}

/* Whether some variant that this is in is to be run on this machine. */
static bool is_run(const struct scenario *scenario, const struct daemon *daemon)
{
	struct lack lack;
	for (size_t v = 0; v < scenario->n_variants; v++)
		if (daemon_is_in(daemon, v) && !scenario_refusals(&scenario->variants[v]) &&
		    !needs_lack(scenario, v, &lack))
			return true;
	return false;
}

/* Whether a file of this host's own, or a root that it shows, may be this program. */
static bool is_own(const struct host *host, const char *program)
{
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	for (size_t i = 0; i < host->files.count; i++) {
		const char *base = strrchr(host->files.list[i].path, '/');
		if (base && !strcmp(base + 1, name))
			return true;
	}
	for (size_t i = 0; i < host->n_roots; i++)
		if (host->roots[i].at)
			return true;
	return false;
}

/* Whether a program comes before this daemon that may make its own. */
static bool has_forerunner(const struct scenario *scenario, const struct host *host,
			   const struct daemon *daemon)
{
	bool has = daemon != host->daemons || host->n_start || daemon->unit;
	for (size_t v = 0; v < scenario->n_variants; v++)
		for (size_t i = 0; i < scenario->variants[v].n_sets; i++) {
			const struct policy_set *set = &scenario->variants[v].sets[i];
			for (size_t k = 0; k < set->n_policies; k++)
				has |= &scenario->hosts[set->host] == host &&
				       !strcmp(set->policies[k].kind->name, "script");
		}
	return has;
}

/* Why the machine would not run it; NULL: it would. */
static const char *why_not_run(struct reader *r, const char *program)
{
	struct stat status;
	if (!strchr(program, '/'))
		return sim_program_is_there(program) ? NULL
		       : sim_is_lack(errno)	     ? strerror(errno)
						     : "there is no such program";
	const char *path = *program == '/'
				   ? program
				   : arena_printf(r->arena, "%s/%s", r->scenario->folder, program);
	if (stat(path, &status) < 0)
		return errno == ENOENT ? "there is no such program" : strerror(errno);
	if (S_ISDIR(status.st_mode))
		return "it is a folder";
	if (access(path, X_OK) == 0)
		return NULL;
	return errno == EACCES ? "it is not executable" : strerror(errno);
}

/* A line of shell says itself what it lacks; of what is run elsewhere nothing is known. */
static void check_program(struct reader *r, const struct host *host, const struct daemon *daemon)
{
	const struct scenario *scenario = r->scenario;
	const char *program = daemon->argv ? daemon->argv[0] : NULL;
	bool elsewhere = daemon->as.root || daemon->as.inside || daemon->as.n_instead;
	if (!program || elsewhere || is_own(host, program) ||
	    has_forerunner(scenario, host, daemon))
		return;
	const char *why = why_not_run(r, program);
	if (why && is_run(scenario, daemon))
		complain(r, daemon->place,
			 "service %s: %s: %s on this machine, nor does the scenario make it one; "
			 "install it, or name it in 'needs', to be skipped where it is missing",
			 quoted(r, daemon->name), quoted(r, program), why);
}

/* What runs in the scenario's folder must see it. */
static void check_folder(struct reader *r)
{
	const char *why = out_of_sight(r->scenario->folder, r->scenario->folder);
	bool runs = false;
	for (size_t i = 0; i < r->scenario->n_hosts; i++)
		runs |= r->scenario->hosts[i].n_daemons > 0;
	for (size_t i = 0; i < r->scenario->n_probes; i++)
		runs |= r->scenario->probes[i].kind == PROBE_RUN;
	if (why && runs)
		complain(r, (struct place){0},
			 "the scenario's folder, in which its programs start: %s", why);
}

/* Whether this variant is the first in which that actor is meant. */
static bool is_first(const struct actor *as, size_t variant)
{
	for (size_t v = 0; v < variant; v++)
		if (scenario_actor(as, v) == scenario_actor(as, variant))
			return false;
	return true;
}

/* The profiles of an actor: the machine has them, and AppArmor is needed in these variants. */
static void check_profiles(struct reader *r, const struct actor *as, const struct daemon *daemon,
			   bool *needed)
{
	for (size_t v = 0; v < r->scenario->n_variants; v++) {
		const struct actor *actor = scenario_actor(as, v);
		const char *profile = actor->confinement.apparmor;
		if (!profile || (daemon && !daemon_is_in(daemon, v)))
			continue;
		needed[v] = true;
		if (is_first(as, v) && sim_apparmor_has(profile) == 0)
			complain(r, actor->place,
				 "this machine has no AppArmor profile %s loaded; load it with "
				 "apparmor_parser -r FILE",
				 quoted(r, profile));
	}
}

static bool says_so(const struct scenario *scenario, const struct feature *feature, size_t variant)
{
	for (size_t i = 0; i < scenario->n_needs; i++) {
		const struct need *need = &scenario->needs[i];
		bool is_it = need->feature == feature && !need->n_variants;
		for (size_t k = 0; k < need->n_variants; k++)
			is_it |= need->feature == feature && need->variants[k] == variant;
		if (is_it)
			return true;
	}
	return false;
}

/* What the scenario needs in these variants, and does not say that it does. */
static void imply_need(struct reader *r, const char *name, const bool *needed)
{
	struct scenario *scenario = r->scenario;
	struct need need = {.feature = feature_find(name)};
	need.variants = arena_array(r->arena, size_t, scenario->n_variants);
	for (size_t v = 0; v < scenario->n_variants; v++)
		if (needed[v] && !says_so(scenario, need.feature, v))
			need.variants[need.n_variants++] = v;
	if (!need.n_variants)
		return;
	struct need *all = arena_array(r->arena, struct need, scenario->n_needs + 1);
	for (size_t i = 0; i < scenario->n_needs; i++)
		all[i] = scenario->needs[i];
	all[scenario->n_needs++] = need;
	scenario->needs = all;
}

void check_sense(struct reader *r)
{
	struct scenario *scenario = r->scenario;
	bool *needed = arena_array(r->arena, bool, scenario->n_variants);
	check_folder(r);
	for (size_t i = 0; i < scenario->n_probes; i++)
		check_profiles(r, &scenario->probes[i].as, NULL, needed);
	for (size_t h = 0; h < scenario->n_hosts; h++)
		for (size_t i = 0; i < scenario->hosts[h].n_daemons; i++) {
			const struct daemon *daemon = &scenario->hosts[h].daemons[i];
			check_profiles(r, &daemon->as, daemon, needed);
		}
	imply_need(r, "apparmor", needed);
	for (size_t h = 0; h < scenario->n_hosts; h++)
		for (size_t i = 0; i < scenario->hosts[h].n_daemons; i++)
			check_program(r, &scenario->hosts[h], &scenario->hosts[h].daemons[i]);
}
