/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/errand.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lab/services.h"
#include "netsim/mounts.h"

static int address_family(enum family family)
{
	static const int families[] = {
		[FAMILY_ANY] = AF_UNSPEC, [FAMILY_IPV4] = AF_INET, [FAMILY_IPV6] = AF_INET6};
	return families[family];
}

static const struct service *service_at(const struct host *host, uint16_t port, int protocol)
{
	for (size_t i = 0; i < host->n_services; i++) {
		const struct service *service = &host->services[i];
		bool udp = service->kind == SERVICE_UDP || service->kind == SERVICE_DNS;
		if (service->port == port &&
		    (protocol == IPPROTO_TCP ? service->kind != SERVICE_UDP : udp))
			return service;
	}
	return NULL;
}

/* The host that a URL's name stands for, or NONE: a host's own, or one that some DNS of the lab
 * has. */
static size_t named_host(const struct plan *plan, const char *name)
{
	const struct scenario *scenario = plan->scenario;
	struct sim_prefix address;
	if (sim_prefix_parse(name, false, &address))
		return plan_owner(plan, &address);
	for (size_t h = 0; h < scenario->n_hosts; h++) {
		if (!strcasecmp(scenario->hosts[h].name, name))
			return h;
		for (size_t s = 0; s < scenario->hosts[h].n_services; s++) {
			const struct service *service = &scenario->hosts[h].services[s];
			for (size_t r = 0; r < service->n_records; r++)
				if (!strcasecmp(service->records[r].name, name))
					return service->records[r].host;
		}
	}
	return NONE;
}

static bool is_host_name(const struct scenario *scenario, const char *name)
{
	for (size_t h = 0; h < scenario->n_hosts; h++)
		if (!strcasecmp(scenario->hosts[h].name, name))
			return true;
	return false;
}

static enum tongue tongue_of(const struct service *service)
{
	switch (service->kind) {
	case SERVICE_HTTP:
	case SERVICE_APT:
		return TONGUE_HTTP;
	case SERVICE_DNS:
		return TONGUE_DNS;
	default:
		return TONGUE_LINE;
	}
}

/* Whether a service of ours reports the arrival of this probe, if it gets there. */
static bool expects_arrival(const struct plan *plan, const struct probe *probe, size_t target,
			    enum tongue *tongue)
{
	const struct scenario *scenario = plan->scenario;
	const struct service *service = NULL;
	switch (probe->kind) {
	case PROBE_CONNECT:
		if (target != NONE)
			service =
				service_at(&scenario->hosts[target], probe->port, probe->protocol);
		if (service)
			*tongue = tongue_of(service);
		return service;
	case PROBE_FETCH:
		target = named_host(plan, probe->url_host);
		if (target != NONE)
			service =
				service_at(&scenario->hosts[target], probe->url_port, IPPROTO_TCP);
		return service && (service->kind == SERVICE_HTTP || service->kind == SERVICE_APT);
	case PROBE_RESOLVE:
		if (!probe->target.text)
			return !is_host_name(scenario, probe->question);
		return target != NONE && service_at(&scenario->hosts[target], 53, IPPROTO_UDP);
	case PROBE_APT:
		return target != NONE;
	case PROBE_PING:
	case PROBE_RUN:
		break;
	}
	return false;
}

static void set_nameserver(const struct plan *plan, size_t from, int family,
			   struct sockaddr_storage *to)
{
	size_t resolver = plan->scenario->hosts[from].resolver;
	if (resolver == NONE)
		return;
	const struct sim_prefix *address = plan_address(plan, from, resolver, AF_INET);
	if (!address)
		address = plan_address(plan, from, resolver, family);
	struct sim_prefix loopback;
	if (resolver == from && address &&
	    sim_prefix_parse(address->family == AF_INET ? "127.0.0.1" : "::1", false, &loopback))
		address = &loopback;
	if (address)
		plan_socket_address(address, 53, to);
}

bool errand_make(const struct plan *plan, const struct probe *probe, enum family family,
		 unsigned number, struct errand *errand)
{
	uint64_t chance = 0;
	*errand = (struct errand){
		.probe = probe,
		.folder = plan->scenario->folder,
		.family = address_family(family),
		.timeout_ms = probe->timeout_ms ? probe->timeout_ms
						: probe_type_of(probe->kind)->timeout_ms,
	};
	/* The number alone makes it unique in a lab; chance tells labs apart. */
	if (getrandom(&chance, sizeof(chance), 0) < 0)
		chance = 0;
	snprintf(errand->nonce, sizeof(errand->nonce), "%u-%016llx", number,
		 (unsigned long long)chance);
	size_t target = NONE;
	if (probe->target.text) {
		const struct sim_prefix *address = &probe->target.address;
		target = probe->target.host;
		if (target != NONE)
			address = plan_address(plan, probe->from, target, errand->family);
		else
			target = plan_owner(plan, address);
		if (!address)
			return false;
		plan_socket_address(address, probe->kind == PROBE_RESOLVE ? 53 : probe->port,
				    &errand->to);
	}
	set_nameserver(plan, probe->from, errand->family, &errand->nameserver);
	errand->expects_arrival = expects_arrival(plan, probe, target, &errand->tongue);
	return true;
}

int errand_identity(struct sim_host *host, const struct actor *actor, struct sim_identity *identity,
		    struct sim_error *err)
{
	const struct sim_accounts *accounts =
		actor->root ? sim_host_root_accounts(host, actor->root) : sim_host_accounts(host);
	*identity = (struct sim_identity){
		.uid = actor->uid,
		.cgroup = actor->cgroup,
		.root = actor->root,
		.confinement = actor->confinement,
	};
	const char *user = actor->user ? actor->user : sim_accounts_user_name(accounts, actor->uid);
	if (user && !sim_accounts_user(accounts, user, &identity->uid, &identity->gid))
		return sim_fail(err, 0, "no user %s", user);
	if (!user)
		identity->gid = actor->uid;
	if (user && sim_accounts_groups_of(accounts, user, identity->groups, SIM_GROUPS_MAX,
					   &identity->n_groups) < 0)
		return sim_fail(err, 0, "user %s is in more than %d groups", user, SIM_GROUPS_MAX);
	if (actor->has_group)
		identity->gid = actor->gid;
	for (size_t i = 0; i < actor->n_groups; i++) {
		if (identity->n_groups == SIM_GROUPS_MAX)
			return sim_fail(err, 0, "more than %d groups", SIM_GROUPS_MAX);
		identity->groups[identity->n_groups++] = actor->groups[i];
	}
	return 0;
}

/* As 'fwlab list' has it. */
static void describe_program(const struct probe *probe, char *text, size_t size)
{
	struct arena *arena = arena_new();
	snprintf(text, size, "%s", probe_target_text(arena, probe));
	arena_free(arena);
}

void errand_describe(const struct errand *errand, char *text, size_t size)
{
	const struct probe *probe = errand->probe;
	char address[SIM_PREFIX_TEXT] = "";
	struct sim_prefix to;
	if (plan_prefix_of(&errand->to, &to))
		sim_address_text(&to, address);
	bool shown = address[0] && probe->target.host != NONE;
	const char *open = shown ? " (" : "";
	const char *close = shown ? ")" : "";
	const char *more = shown ? address : "";
	switch (probe->kind) {
	case PROBE_CONNECT:
		snprintf(text, size, "%s port %u/%s%s%s%s", probe->target.text, probe->port,
			 probe->protocol == IPPROTO_TCP ? "tcp" : "udp", open, more, close);
		break;
	case PROBE_PING:
		snprintf(text, size, "%s%s%s%s", probe->target.text, open, more, close);
		break;
	case PROBE_RESOLVE:
		snprintf(text, size, "%s%s%s", probe->question, probe->target.text ? " at " : "",
			 probe->target.text ? probe->target.text : "");
		break;
	case PROBE_FETCH:
		snprintf(text, size, "%s", probe->question);
		break;
	case PROBE_APT:
	case PROBE_RUN:
		describe_program(probe, text, size);
		break;
	}
}
