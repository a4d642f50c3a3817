/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/apart.h"

#include "netsim/users.h"
#include "netsim/world.h"

/* Filters of cgroups are BPF programs, which only root of the machine may load. */
static bool has_filters(const struct host *host)
{
	for (size_t i = 0; i < host->n_cgroups; i++)
		if (host->cgroups[i].egress)
			return true;
	return false;
}

static bool has_high_ids(const struct accounts *accounts)
{
	for (size_t i = 0; i < accounts->n_users; i++)
		if (accounts->users[i].uid > SIM_USERS_SHIFTED ||
		    accounts->users[i].gid > SIM_USERS_SHIFTED)
			return true;
	for (size_t i = 0; i < accounts->n_groups; i++)
		if (accounts->groups[i].gid > SIM_USERS_SHIFTED)
			return true;
	return false;
}

static bool loses(const struct host *host)
{
	if (has_filters(host) || has_high_ids(&host->accounts))
		return true;
	for (size_t i = 0; i < host->n_roots; i++)
		if (has_high_ids(&host->roots[i].accounts))
			return true;
	return false;
}

/* Who is named by a number alone. */
static bool is_high(const struct actor *as)
{
	bool high = as->uid > SIM_USERS_SHIFTED || as->gid > SIM_USERS_SHIFTED;
	for (size_t i = 0; i < as->n_groups; i++)
		high |= as->groups[i] > SIM_USERS_SHIFTED;
	for (size_t i = 0; i < as->n_instead; i++)
		high |= is_high(&as->instead[i].actor);
	return high;
}

bool is_apart(const struct scenario *scenario)
{
	if (!sim_users_is_real_root())
		return true;
	if (!scenario->jails)
		return false;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (loses(&scenario->hosts[i]))
			return false;
	for (size_t i = 0; i < scenario->n_probes; i++)
		if (is_high(&scenario->probes[i].as))
			return false;
	return sim_world_can_be_apart();
}
