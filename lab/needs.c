/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/needs.h"

#include <stdio.h>
#include <string.h>

#include "lab/features.h"
#include "netsim/process.h"

bool need_is_met(const struct need *need, struct lack *lack)
{
	*lack = (struct lack){0};
	if (need->program ? sim_program_is_there(need->program) : feature_is_there(need->feature))
		return true;
	if (need->feature) {
		snprintf(lack->reason, sizeof(lack->reason), "%s", need->feature->lack);
		snprintf(lack->cure, sizeof(lack->cure), "%s", feature_cure(need->feature));
	} else {
		snprintf(lack->reason, sizeof(lack->reason), "there is no program '%s'",
			 need->program);
		snprintf(lack->cure, sizeof(lack->cure), "install the package '%s'", need->package);
	}
	return false;
}

/* Whether a feature that nobody has written down is not there. */
static bool lacks(const char *name, struct lack *lack)
{
	const struct need need = {.feature = feature_find(name)};
	return !need_is_met(&need, lack);
}

/* What cannot be told from a policy's text: whether it speaks of a cgroup's path. */
static bool lacks_for_policies(const struct host *host, struct lack *lack)
{
	for (size_t i = 0; i < host->n_cgroups; i++) {
		const struct cgroup *cgroup = &host->cgroups[i];
		if (cgroup->v2 && !cgroup->egress && lacks("cgroup2", lack))
			return true;
		if (cgroup->awaited && lacks("net_cls", lack))
			return true;
	}
	return false;
}

static bool lacks_cgroup(const struct cgroup *cgroup, struct lack *lack)
{
	*lack = (struct lack){0};
	if (cgroup->egress && (lacks("bpf", lack) || lacks("cgroup2", lack)))
		return true;
	return cgroup->classid && lacks("net_cls", lack);
}

static bool lacks_for_actor(const struct host *host, const struct actor *as, size_t variant,
			    struct lack *lack)
{
	const char *name = scenario_actor(as, variant)->cgroup;
	for (size_t i = 0; name && i < host->n_cgroups; i++)
		if (!strcmp(host->cgroups[i].name, name) && lacks_cgroup(&host->cgroups[i], lack))
			return true;
	return false;
}

/* What its hosts need in order to be built at all. */
static bool lacks_for_hosts(const struct scenario *scenario, size_t variant, struct lack *lack)
{
	for (size_t i = 0; i < scenario->n_hosts; i++) {
		const struct host *host = &scenario->hosts[i];
		if (lacks_for_policies(host, lack))
			return true;
		for (size_t k = 0; k < host->n_daemons; k++)
			if (lacks_for_actor(host, &host->daemons[k].as, variant, lack))
				return true;
	}
	return false;
}

static bool is_among(size_t number, const size_t *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == number)
			return true;
	return !count;
}

/* As far as there is room. */
static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);
	snprintf(to + used, size - used, "%s%s", used ? "; " : "", text);
}

bool needs_lack(const struct scenario *scenario, size_t variant, struct lack *lack)
{
	*lack = (struct lack){0};
	if (lacks_for_hosts(scenario, variant, lack))
		return true;
	*lack = (struct lack){0};
	for (size_t i = 0; i < scenario->n_needs; i++) {
		const struct need *need = &scenario->needs[i];
		struct lack one;
		if (need->n_probes || !is_among(variant, need->variants, need->n_variants) ||
		    need_is_met(need, &one))
			continue;
		append(lack->reason, sizeof(lack->reason), one.reason);
		append(lack->cure, sizeof(lack->cure), one.cure);
	}
	return *lack->reason;
}

bool needs_lack_probe(const struct scenario *scenario, size_t variant, size_t number,
		      struct lack *lack)
{
	const struct probe *probe = &scenario->probes[number];
	*lack = (struct lack){0};
	for (size_t i = 0; i < scenario->n_needs; i++) {
		const struct need *need = &scenario->needs[i];
		if (need->n_probes && is_among(variant, need->variants, need->n_variants) &&
		    is_among(number, need->probes, need->n_probes) && !need_is_met(need, lack))
			return true;
	}
	return lacks_for_actor(&scenario->hosts[probe->from], &probe->as, variant, lack);
}

const char *need_text(const struct need *need, char text[LACK_TEXT_MAX])
{
	if (need->feature)
		snprintf(text, LACK_TEXT_MAX, "%s", need->feature->name);
	else
		snprintf(text, LACK_TEXT_MAX, "%s (package %s)", need->program, need->package);
	return text;
}
