/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/confined.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/plan.h"

/* Nothing is configured in an empty namespace: no address, no route, no group for pings. */
static bool fits_no_network(const struct sim_confinement *confinement, const struct sighting *seen)
{
	(void)confinement;
	return seen->error == ENETUNREACH || seen->error == EADDRNOTAVAIL ||
	       (seen->error == EACCES && seen->call == CALL_SOCKET);
}

static bool fits_apparmor(const struct sim_confinement *confinement, const struct sighting *seen)
{
	(void)confinement;
	return seen->error == EACCES;
}

static bool fits_landlock(const struct sim_confinement *confinement, const struct sighting *seen)
{
	if (!confinement->connect || seen->error != EACCES || seen->call != CALL_CONNECT ||
	    seen->protocol != IPPROTO_TCP)
		return false;
	uint16_t port = plan_port_of(&seen->remote);
	for (size_t i = 0; i < confinement->connect->n_ports; i++)
		if (confinement->connect->ports[i] == port)
			return false;
	return true;
}

/* The system calls that a step of a probe makes (wire.c). */
static bool makes_call(enum wire_call step, const char *name)
{
	static const struct {
		enum wire_call step;
		const char *name;
	} calls[] = {
		{CALL_SOCKET, "socket"},   {CALL_SOCKET, "setsockopt"}, {CALL_CONNECT, "connect"},
		{CALL_SEND, "sendto"},	   {CALL_SEND, "sendmsg"},	{CALL_RECEIVE, "recvfrom"},
		{CALL_RECEIVE, "recvmsg"},
	};
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (calls[i].step == step && !strcmp(calls[i].name, name))
			return true;
	return false;
}

static bool fits_seccomp(const struct sim_confinement *confinement, const struct sighting *seen)
{
	if (confinement->n_families && seen->error == EAFNOSUPPORT && seen->call == CALL_SOCKET)
		return true;
	bool made = false;
	for (size_t i = 0; i < confinement->n_calls && !made; i++) {
		char *name = sim_syscall_name(confinement->calls[i]);
		made = name && makes_call(seen->call, name);
		free(name);
	}
	return made && seen->error == EPERM;
}

/* In which way each of them refuses; what is not here refuses no packet. */
static const struct {
	const char *name;
	bool (*fits)(const struct sim_confinement *confinement, const struct sighting *seen);
} refusals[] = {
	{"seccomp", fits_seccomp},
	{"landlock", fits_landlock},
	{"apparmor", fits_apparmor},
	{"network", fits_no_network},
};

static bool is_wanted(const struct sim_confinement *confinement, const char *name)
{
	const struct sim_confinement_kind *kind;
	for (size_t i = 0; (kind = sim_confinement_kind(i)); i++)
		if (!strcmp(kind->name, name))
			return kind->is_wanted(confinement);
	return false;
}

const char *confined_suspect(const struct sim_confinement *confinement, const struct sighting *seen)
{
	bool refused = seen->error && !seen->icmp.seen && !seen->answered &&
		       (seen->error_at_once || seen->call == CALL_RECEIVE);
	for (size_t i = 0; refused && i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (is_wanted(confinement, refusals[i].name) && refusals[i].fits(confinement, seen))
			return refusals[i].name;
	return NULL;
}

static bool fails_alike(const struct sighting *a, const struct sighting *b)
{
	return a->error == b->error && a->call == b->call && a->error_at_once == b->error_at_once &&
	       a->icmp.seen == b->icmp.seen;
}

void confined_conclude(const char *suspect, const struct sighting *seen,
		       const struct sighting *without, const struct outcome *without_outcome,
		       const char *source_host, struct outcome *outcome)
{
	if (fails_alike(seen, without))
		return;
	memset(outcome, 0, sizeof(*outcome));
	/* What cannot be told of the second attempt leaves the first one open. */
	if (without_outcome->kind == OUTCOME_INCONCLUSIVE) {
		snprintf(outcome->evidence.kind, sizeof(outcome->evidence.kind), "none");
		snprintf(outcome->why, sizeof(outcome->why),
			 "%s may have refused it: %.100s; but what the same attempt comes to "
			 "without its confinements is not known: %.300s",
			 suspect, seen->trouble, without_outcome->why);
		return;
	}
	outcome->kind = OUTCOME_CONFINED;
	snprintf(outcome->how, sizeof(outcome->how), "by %s: %.48s", suspect, seen->trouble);
	snprintf(outcome->evidence.kind, sizeof(outcome->evidence.kind), "%s", suspect);
	snprintf(outcome->evidence.host, sizeof(outcome->evidence.host), "%s", source_host);
	snprintf(outcome->why, sizeof(outcome->why),
		 "%s refused it before there was a packet: %.100s; without its confinements the "
		 "same attempt was %s%s%s",
		 suspect, seen->trouble, outcome_kind_name(without_outcome->kind),
		 *without_outcome->how ? " " : "", without_outcome->how);
}
