/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/live.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/activity.h"
#include "lab/features.h"
#include "lab/live_files.h"
#include "lab/way.h"
#include "netsim/cgroup_filter.h"
#include "netsim/cleanup.h"
#include "netsim/link.h"
#include "netsim/mounts.h"
#include "netsim/trace.h"

static int add_accounts(const struct accounts *wanted, struct sim_accounts *to,
			struct sim_error *err)
{
	for (size_t i = 0; i < wanted->n_groups; i++)
		if (sim_accounts_add_group(to, wanted->groups[i].name, wanted->groups[i].gid, err) <
		    0)
			return -1;
	for (size_t i = 0; i < wanted->n_users; i++) {
		const struct user *user = &wanted->users[i];
		if (sim_accounts_add_user(to, user->name, user->uid, user->gid, err) < 0)
			return -1;
		for (size_t j = 0; j < user->n_groups; j++)
			if (sim_accounts_add_member(to, user->groups[j], user->name, err) < 0)
				return -1;
	}
	return 0;
}

static int add_roots(const struct host *wanted, struct sim_host *host, struct sim_error *err)
{
	for (size_t i = 0; i < wanted->n_roots; i++) {
		struct sim_accounts *accounts = sim_accounts_new();
		if (!accounts)
			return sim_fail(err, ENOMEM, "root %s", wanted->roots[i].name);
		/* The host owns the accounts from here on. */
		if (sim_host_add_root(host, wanted->roots[i].name, accounts, err) < 0 ||
		    add_accounts(&wanted->roots[i].accounts, accounts, err) < 0)
			return -1;
	}
	return 0;
}

/* Where it cannot be had, its probes have been left out (needs.h). */
static bool can_filter(const struct sim_cgroups *cgroups)
{
	return sim_cgroups_have(cgroups, SIM_CGROUP_V2) && feature_is_there(feature_find("bpf"));
}

static int add_cgroup(const struct cgroup *cgroup, struct sim_host *host,
		      const struct sim_cgroups *cgroups, struct sim_error *err)
{
	uint32_t classid = sim_cgroups_have(cgroups, SIM_CGROUP_NET_CLS) ? cgroup->classid : 0;
	if (cgroup->awaited)
		return sim_host_await_cgroup(host, cgroups, cgroup->name, cgroup->v2, err);
	if ((!classid && !cgroup->v2) || (cgroup->egress && !can_filter(cgroups)))
		return 0;
	if (sim_host_add_cgroup(host, cgroups, cgroup->name, classid, cgroup->v2, err) < 0)
		return -1;
	return cgroup->egress ? sim_cgroup_filter(host, cgroup->name, cgroup->egress,
						  cgroup->n_egress, err)
			      : 0;
}

static int add_cgroups(const struct host *wanted, struct sim_host *host,
		       const struct sim_cgroups *cgroups, struct sim_error *err)
{
	for (size_t i = 0; i < wanted->n_cgroups; i++)
		if (add_cgroup(&wanted->cgroups[i], host, cgroups, err) < 0)
			return -1;
	return 0;
}

static int make_host(struct live *live, size_t index, const struct sim_cgroups *cgroups,
		     struct sim_error *err)
{
	const struct plan *plan = live->plan;
	const struct host *wanted = &plan->scenario->hosts[index];
	struct sim_host **host = &live->hosts[index];
	if (sim_host_new(wanted->name, host, err) < 0)
		return -1;
	sim_host_leave_groups(*host, wanted->log_groups);
	if (add_accounts(&wanted->accounts, sim_host_accounts(*host), err) < 0 ||
	    sim_host_set_files(*host, plan_hosts_text(plan, index), plan_resolv_text(plan, index),
			       err) < 0 ||
	    add_roots(wanted, *host, err) < 0 || live_files_add(plan, index, *host, err) < 0 ||
	    add_cgroups(wanted, *host, cgroups, err) < 0)
		return sim_wrap(err, "host %s", wanted->name);
	return wanted->forwarding ? sim_host_forward(*host, err) : 0;
}

/* A network of two is one veth pair; a larger one needs a bridge, in the switch. */
static bool needs_switch(const struct plan_network *network)
{
	return network->owner == NONE && network->n_members != 2;
}

static void name_bridge(size_t network, char name[SIM_IFNAME_MAX + 1])
{
	snprintf(name, SIM_IFNAME_MAX + 1, "net%u", (unsigned)network);
}

static int make_bridges(struct live *live, struct sim_error *err)
{
	const struct plan *plan = live->plan;
	for (size_t i = 0; i < plan->n_networks; i++) {
		const struct plan_network *network = &plan->networks[i];
		char name[SIM_IFNAME_MAX + 1];
		name_bridge(i, name);
		if (network->owner != NONE) {
			if (sim_bridge_add(live->hosts[network->owner], network->bridge, err) < 0)
				return -1;
			continue;
		}
		if (!needs_switch(network))
			continue;
		struct sim_host **hub = &live->hosts[live->n_hosts];
		if ((!*hub && sim_host_new("switch", hub, err) < 0) ||
		    sim_bridge_add(*hub, name, err) < 0)
			return -1;
	}
	return 0;
}

/* The links made so far: how many are ports, and the first end of a network of two. */
struct wiring {
	struct live *live;
	unsigned *ports;	    /* per host, and the switch */
	struct sim_veth_end *first; /* per network */
};

/* Plug one link into its network. */
static int plug(struct wiring *wiring, size_t host, const struct plan_link *link,
		struct sim_error *err)
{
	struct live *live = wiring->live;
	const struct plan_network *network = &live->plan->networks[link->network];
	struct sim_veth_end end = {.host = live->hosts[host], .name = link->ifname};
	struct sim_veth_end *first = &wiring->first[link->network];
	if (network->owner == NONE && !needs_switch(network)) {
		if (!first->host) {
			*first = end;
			return 0;
		}
		return sim_veth_add(first, &end, err);
	}
	char bridge[SIM_IFNAME_MAX + 1];
	char port[WAY_PORT_TEXT];
	name_bridge(link->network, bridge);
	bool owned = network->owner != NONE;
	size_t hub = owned ? network->owner : live->n_hosts;
	way_name_port(wiring->ports[hub]++, port);
	struct sim_veth_end far = {
		.host = live->hosts[hub],
		.name = port,
		.bridge = owned ? network->bridge : bridge,
	};
	return sim_veth_add(&far, &end, err);
}

static int wire(struct live *live, struct sim_error *err)
{
	const struct plan *plan = live->plan;
	struct wiring wiring = {
		.live = live,
		.ports = arena_array(plan->arena, unsigned, live->n_hosts + 1),
		.first = arena_array(plan->arena, struct sim_veth_end, plan->n_networks),
	};
	for (size_t h = 0; h < live->n_hosts; h++)
		for (size_t i = 0; i < plan->hosts[h].n_links; i++) {
			const struct plan_link *link = &plan->hosts[h].links[i];
			if (!link->is_bridge && plug(&wiring, h, link, err) < 0)
				return -1;
		}
	size_t with_switch = live->n_hosts + (live->hosts[live->n_hosts] != NULL);
	return sim_links_up(live->hosts, with_switch, err);
}

static int address_host(struct live *live, size_t host, struct sim_error *err)
{
	const struct plan_host *planned = &live->plan->hosts[host];
	for (size_t i = 0; i < planned->n_links; i++) {
		const struct plan_link *link = &planned->links[i];
		for (size_t j = 0; j < link->n_addresses; j++)
			if (sim_address_add(live->hosts[host], link->ifname, &link->addresses[j],
					    err) < 0)
				return -1;
	}
	for (size_t i = 0; i < planned->n_routes; i++)
		if (sim_route_add(live->hosts[host], &planned->routes[i].to,
				  &planned->routes[i].via, err) < 0)
			return -1;
	return 0;
}

static int bring_up(struct live *live, const struct sim_cgroups *cgroups, struct sim_error *err)
{
	for (size_t i = 0; i < live->n_hosts; i++)
		if (make_host(live, i, cgroups, err) < 0)
			return -1;
	/* They have a process of their own, which gets ready while we go on. */
	if (services_start(live->plan, live->hosts, &live->services, err) < 0 ||
	    make_bridges(live, err) < 0 || wire(live, err) < 0)
		return -1;
	for (size_t i = 0; i < live->n_hosts; i++)
		if (address_host(live, i, err) < 0)
			return -1;
	return services_await(&live->services, err);
}

int live_up(const struct plan *plan, const struct sim_cgroups *cgroups, struct live *live,
	    struct sim_error *err)
{
	*live = (struct live){.plan = plan, .services = SERVICES_NONE};
	live->n_hosts = plan->scenario->n_hosts;
	live->hosts = calloc(live->n_hosts + 1, sizeof(struct sim_host *));
	if (!live->hosts)
		return sim_fail(err, ENOMEM, "the lab");
	live->daemons = (struct daemons){.plan = plan, .hosts = live->hosts};
	if (bring_up(live, cgroups, err) == 0)
		return 0;
	live_down(live);
	return -1;
}

/* Wherever the policies of a host are, it must see them, and what they include. */
static int keep_folders(struct sim_host *host, const struct policy_set *set, struct sim_error *err)
{
	for (size_t i = 0; i < set->n_policies; i++) {
		char folder[PATH_MAX];
		snprintf(folder, sizeof(folder), "%s", set->policies[i].path);
		if (sim_host_keep(host, dirname(folder), err) < 0)
			return -1;
	}
	return 0;
}

/*
 * Programs of the scenario's own are in its folder, and what policies include may be
 * there, or in the current folder.
 */
static int keep_own(struct sim_host *host, const struct scenario *scenario, struct sim_error *err)
{
	char current[PATH_MAX];
	if (getcwd(current, sizeof(current)) && sim_folder_in_home(current) &&
	    sim_host_keep(host, current, err) < 0)
		return -1;
	return sim_host_keep(host, scenario->folder, err);
}

/* What a host sees is settled once it has its mounts: before the first of its programs. */
static int keep_all(struct live *live, const struct variant *variant, struct sim_error *err)
{
	const struct scenario *scenario = live->plan->scenario;
	for (size_t i = 0; i < live->n_hosts; i++) {
		const struct host *host = &scenario->hosts[i];
		if (keep_own(live->hosts[i], scenario, err) < 0)
			return -1;
		const struct policy_set start = {
			.host = i, .policies = host->start, .n_policies = host->n_start};
		if (keep_folders(live->hosts[i], &start, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < variant->n_sets; i++)
		if (keep_folders(live->hosts[variant->sets[i].host], &variant->sets[i], err) < 0)
			return -1;
	return 0;
}

/* Root's labs are in a user namespace of their own for `jails` alone (apart.h). */
static int add_cure(const struct scenario *scenario, struct sim_error *err)
{
	size_t used = strlen(err->text);
	if (err->errnum == EMSGSIZE)
		snprintf(err->text + used, sizeof(err->text) - used, "; run fwlab as root%s",
			 scenario->jails ? ", and without 'jails' in the scenario" : "");
	return -1;
}

/* What was said although nothing was refused; `warning` comes with all else. */
static int pass_on(const struct live *live, struct warning *warning,
		   const struct refused_policy *taken, struct sim_error *err)
{
	const char *said = taken->refusal.said;
	if (!*said || !live->listener.warn)
		return 0;
	snprintf(warning->said, sizeof(warning->said), "%s", said);
	return live->listener.warn(warning, live->listener.arg, err);
}

static int run_start(const struct live *live, struct warning *warning,
		     struct refused_policy *refused, struct sim_error *err)
{
	struct sim_host *host = live->hosts[warning->host];
	const char *name = live->plan->scenario->hosts[warning->host].name;
	const struct policy *script = warning_policy(live->plan->scenario, warning);
	activity_is("start script %s of host %s was run", script->shown, name);
	if (sim_script_run(host, script->path, &refused->refusal, err) == 0)
		return pass_on(live, warning, refused, err);
	if (refused->refusal.refused) {
		refused->policy = script;
		refused->started = name;
	}
	sim_wrap(err, "host %s", name);
	return add_cure(live->plan->scenario, err);
}

int live_start(struct live *live, size_t variant, struct refused_policy *refused,
	       struct sim_error *err)
{
	const struct scenario *scenario = live->plan->scenario;
	*refused = (struct refused_policy){0};
	if (keep_all(live, &scenario->variants[variant], err) < 0)
		return -1;
	for (size_t i = 0; i < live->n_hosts; i++)
		for (size_t j = 0; j < scenario->hosts[i].n_start; j++) {
			struct warning warning = {
				.variant = variant, .host = i, .start = true, .index = j};
			if (run_start(live, &warning, refused, err) < 0)
				return -1;
		}
	return 0;
}

/* Whether there is nothing in a file but blanks and comments, as all kinds of policies have them.
 */
static bool is_empty(const char *path)
{
	autofree char *line = NULL;
	size_t room = 0;
	bool empty = true;
	FILE *file = fopen(path, "re");
	while (file && empty && getline(&line, &room, file) >= 0) {
		char first = line[strspn(line, " \t\r\n")];
		empty = !first || first == '#';
	}
	if (file)
		fclose(file);
	return file && empty;
}

static int load_one(const struct live *live, struct warning *warning,
		    struct refused_policy *refused, struct sim_error *err)
{
	struct sim_host *host = live->hosts[warning->host];
	const struct policy *policy = warning_policy(live->plan->scenario, warning);
	activity_is("policy %s of host %s was loaded", policy->shown, sim_host_name(host));
	if (sim_policy_load(host, policy->kind, policy->path, 0, &refused->refusal, err) == 0) {
		if (!*refused->refusal.said && is_empty(policy->path))
			snprintf(refused->refusal.said, sizeof(refused->refusal.said),
				 "there is nothing in it");
		return pass_on(live, warning, refused, err);
	}
	if (refused->refusal.refused)
		refused->policy = policy;
	return sim_wrap(err, "host %s: policy %s", sim_host_name(host), policy->shown);
}

int live_load_set(struct live *live, size_t variant, const struct policy_set *set,
		  struct refused_policy *refused, struct sim_error *err)
{
	*refused = (struct refused_policy){0};
	if (keep_folders(live->hosts[set->host], set, err) < 0)
		return -1;
	for (size_t i = 0; i < set->n_policies; i++) {
		struct warning warning = {.variant = variant, .host = set->host, .index = i};
		if (load_one(live, &warning, refused, err) < 0)
			return add_cure(live->plan->scenario, err);
	}
	return 0;
}

int live_load(struct live *live, size_t variant, struct refused_policy *refused,
	      struct sim_error *err)
{
	const struct variant *wanted = &live->plan->scenario->variants[variant];
	*refused = (struct refused_policy){0};
	for (size_t i = 0; i < wanted->n_sets; i++)
		if (live_load_set(live, variant, &wanted->sets[i], refused, err) < 0)
			return -1;
	return 0;
}

int live_serve(struct live *live, size_t variant, int *status, struct sim_error *err)
{
	return daemons_start(live->plan, live->hosts, variant, &live->daemons, status, err);
}

bool live_runs_programs(const struct live *live, size_t host)
{
	const struct daemons *daemons = &live->daemons;
	for (size_t i = 0; i < daemons->count; i++)
		if (daemons->running[i].host == host)
			return true;
	return live->plan->scenario->hosts[host].n_start > 0;
}

void live_down(struct live *live)
{
	daemons_stop(&live->daemons);
	services_stop(&live->services);
	for (size_t i = 0; live->hosts && i <= live->n_hosts; i++)
		sim_host_free(live->hosts[i]);
	free(live->hosts);
	live->hosts = NULL;
}
