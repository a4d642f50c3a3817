/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/daemons.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/activity.h"
#include "lab/errand.h"
#include "lab/units.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"
#include "netsim/inside.h"
#include "netsim/listening.h"
#include "netsim/process.h"

#define LOOK_MS	 10   /* between two looks whether it is ready */
#define GRACE_MS 1000 /* to end when asked to */

static uint64_t now_ms(void)
{
	return wire_now_ns() / 1000000;
}

/* What is being waited for. */
struct wait {
	struct sim_error *why; /* it could not be told whether all is there, if so; else no text */
	const struct daemons *daemons;
	const struct running *running;
	uint64_t deadline_ms;
	/* By readiness, as a bit: it was there already, before there was this daemon. */
	unsigned taken;
};

static struct sim_host *host_of(const struct wait *wait)
{
	return wait->daemons->hosts[wait->running->host];
}

static bool listens(const struct wait *wait, int netns, const struct readiness *ready)
{
	int found = 0;
	switch (ready->kind) {
	case READY_TCP:
		found = sim_listens_on(netns, IPPROTO_TCP, NULL, ready->port);
		break;
	case READY_UDP:
		found = sim_listens_on(netns, IPPROTO_UDP, NULL, ready->port);
		break;
	case READY_UNIX:
		found = sim_listens_at(netns, ready->path);
		break;
	case READY_FILE:
	case READY_RUN:
		break;
	}
	if (found < 0)
		sim_fail(wait->why, errno, "cannot read who listens");
	return found > 0;
}

int daemons_open_network(const struct daemons *daemons, const struct running *running)
{
	struct sim_host *host = daemons->hosts[running->host];
	pid_t inside = running->program ? sim_daemon_inside(running->program, host) : 0;
	autoclose int netns = inside > 0 ? sim_inside_open(inside, "net") : -1;
	return netns >= 0 && !sim_host_has_netns(host, netns) ? steal_fd(&netns) : -1;
}

/* In the host's network or, where the daemon has made one, in that. */
static bool is_listening(const struct wait *wait, size_t i)
{
	const struct readiness *ready = &wait->running->daemon->ready[i];
	struct sim_host *host = host_of(wait);
	if (!(wait->taken & 1u << i) && listens(wait, sim_host_netns(host), ready))
		return true;
	autoclose int netns = daemons_open_network(wait->daemons, wait->running);
	return netns >= 0 && listens(wait, netns, ready);
}

static int look_for_file(void *arg)
{
	return access(arg, F_OK) == 0 ? 0 : errno;
}

static bool succeeded(int status, struct sim_process_result *result)
{
	if (status < 0)
		return false;
	bool good = WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0;
	sim_process_result_clear(result);
	return good;
}

static unsigned ms_left(const struct wait *wait)
{
	uint64_t now = now_ms();
	return now < wait->deadline_ms ? (unsigned)(wait->deadline_ms - now) : 1;
}

static bool has_file(const struct wait *wait, const char *path)
{
	struct sim_process_result result;
	char *copy = strdupa(path);
	if (sim_process_call(host_of(wait), NULL, look_for_file, copy, ms_left(wait), NULL, &result,
			     wait->why) < 0)
		return false;
	int errnum = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : 0;
	if (errnum && errnum != ENOENT && errnum != ENOTDIR)
		sim_fail(wait->why, errnum, "cannot look for %s", path);
	return succeeded(0, &result);
}

static bool runs_well(const struct wait *wait, char *const *argv)
{
	struct sim_process_result result;
	const struct sim_program program = {
		.argv = argv,
		.cwd = wait->daemons->plan->scenario->folder,
		.timeout_ms = ms_left(wait),
	};
	return succeeded(sim_program_run(host_of(wait), NULL, &program, &result, wait->why),
			 &result);
}

static bool is_ready(const struct wait *wait, size_t i)
{
	const struct readiness *ready = &wait->running->daemon->ready[i];
	switch (ready->kind) {
	case READY_TCP:
	case READY_UDP:
	case READY_UNIX:
		return is_listening(wait, i);
	case READY_FILE:
		return has_file(wait, ready->path);
	case READY_RUN:
		return runs_well(wait, ready->argv);
	}
	return false;
}

/* The first that is not there yet; NULL when all are. */
static const struct readiness *missing(const struct wait *wait)
{
	const struct daemon *daemon = wait->running->daemon;
	for (size_t i = 0; i < daemon->n_ready; i++)
		if (!is_ready(wait, i))
			return &daemon->ready[i];
	return NULL;
}

/* Who is refused something does not say who could allow it. */
static const char *cure_for(const struct scenario *scenario, const char *said)
{
	return !scenario->jails && strstr(said, strerror(EPERM))
		       ? "\nto make namespaces, mounts or devices takes 'jails: true' in the "
			 "scenario; what a rule drops at output is refused its sender like this, "
			 "too"
		       : "";
}

/* Put the daemon's last words below, and its place in front. */
static int blame(const struct daemons *daemons, const struct running *running,
		 struct sim_error *err)
{
	char output[SIM_DAEMON_TEXT];
	const struct scenario *scenario = daemons->plan->scenario;
	const struct daemon *daemon = running->daemon;
	char what[sizeof(err->text)];
	snprintf(what, sizeof(what), "%s", err->text);
	const char *said = running->program ? sim_daemon_output(running->program, output) : "";
	int errnum = err->errnum;
	sim_fail(err, 0, "%s:%u:%u: error: service '%s' of host %s %.1024s%s%s%s", scenario->file,
		 daemon->place.line, daemon->place.column, daemon->name,
		 scenario->hosts[running->host].name, what,
		 *said ? "; the last that it printed:\n" : "", said, cure_for(scenario, said));
	err->errnum = errnum; /* said already */
	return -1;
}

static int await_ready(const struct wait *wait, int *status, struct sim_error *err)
{
	char fate[128];
	const struct running *running = wait->running;
	const struct readiness *lacking;
	while ((lacking = missing(wait))) {
		if (running->program && !sim_daemon_lives(running->program)) {
			*status = 2;
			return sim_fail(err, 0, "%s before it was ready (%s)",
					sim_daemon_fate(running->program, fate, sizeof(fate)),
					lacking->text);
		}
		if (now_ms() >= wait->deadline_ms)
			return sim_fail(err, 0, "was not ready (%s) within %u ms%s%s",
					lacking->text, running->daemon->timeout_ms,
					*wait->why->text ? ": " : "", wait->why->text);
		if (running->program)
			sim_daemon_wait(running->program, LOOK_MS);
		else
			poll(NULL, 0, LOOK_MS);
	}
	return 0;
}

const struct running *daemons_find(const struct daemons *daemons, size_t host, const char *name)
{
	for (size_t i = 0; i < daemons->count; i++)
		if (daemons->running[i].host == host &&
		    !strcmp(daemons->running[i].daemon->name, name))
			return &daemons->running[i];
	return NULL;
}

int daemons_identity(const struct daemons *daemons, size_t host, const struct actor *actor,
		     struct sim_identity *identity, struct sim_error *err)
{
	if (errand_identity(daemons->hosts[host], actor, identity, err) < 0)
		return -1;
	if (!actor->inside)
		return 0;
	const struct running *running = daemons_find(daemons, host, actor->inside);
	if (running && running->program)
		identity->inside = sim_daemon_inside(running->program, daemons->hosts[host]);
	if (identity->inside < 0)
		return sim_fail(err, errno, "cannot look for the processes of service '%s'",
				actor->inside);
	if (!identity->inside)
		return sim_fail(err, 0, "service '%s' has no namespaces of its own to be inside of",
				actor->inside);
	return 0;
}

/* Whether there is no such program, or none that could be run: the scenario's fault. */
static bool is_no_program(int errnum)
{
	static const int faults[] = {ENOENT, ENOTDIR, EISDIR, EACCES, ENOEXEC, ELOOP, ENAMETOOLONG};
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++)
		if (faults[i] == errnum)
			return true;
	return false;
}

/* `fault` as of daemons_start(). */
static int run(const struct daemons *daemons, struct running *running, int *fault,
	       struct sim_error *err)
{
	const struct daemon *daemon = running->daemon;
	struct sim_identity identity;
	/* The scenario's folder is the host's: there may be no such folder elsewhere. */
	const struct actor *as = scenario_actor(&daemon->as, daemons->variant);
	bool elsewhere = as->root || as->inside || daemon->unit;
	const struct sim_program program = {
		.argv = daemon->argv,
		.cwd = elsewhere ? NULL : daemons->plan->scenario->folder,
	};
	*fault = 2;
	if (daemons_identity(daemons, running->host, as, &identity, err) < 0)
		return sim_wrap(err, "cannot be started");
	int status = sim_daemon_start(daemons->hosts[running->host], &identity, &program,
				      &running->program, err);
	*fault = status < 0 && is_no_program(err->errnum) ? 2 : 3;
	return status < 0 ? sim_wrap(err, "cannot be started") : 0;
}

/* What is there before it has been started is not its doing. */
static unsigned note_taken(const struct wait *wait)
{
	unsigned taken = 0;
	for (size_t i = 0; i < wait->running->daemon->n_ready; i++)
		if (listens(wait, sim_host_netns(host_of(wait)), &wait->running->daemon->ready[i]))
			taken |= 1u << i;
	return taken;
}

static int bring_up(struct daemons *daemons, struct running *running, struct wait *wait,
		    int *status, struct sim_error *err)
{
	const struct daemon *daemon = running->daemon;
	*status = 2;
	if (units_run(daemons, running, UNIT_START_PRE, err) < 0 ||
	    (!daemon->argv && units_run(daemons, running, UNIT_START, err) < 0))
		return -1;
	if (daemon->argv && run(daemons, running, status, err) < 0)
		return -1;
	*status = 3;
	wait->deadline_ms = now_ms() + daemon->timeout_ms;
	if (await_ready(wait, status, err) < 0)
		return -1;
	*status = 2;
	if (units_run(daemons, running, UNIT_START_POST, err) < 0)
		return -1;
	*status = 3; /* of whatever fails from here on */
	return 0;
}

static int start_one(struct daemons *daemons, size_t host, const struct daemon *daemon, int *status,
		     struct sim_error *err)
{
	struct running *running = &daemons->running[daemons->count];
	*running = (struct running){.daemon = daemon, .host = host};
	struct sim_error why = {0};
	struct wait wait = {.why = &why, .daemons = daemons, .running = running};
	activity_is("service '%s' of host %s was awaited", daemon->name,
		    daemons->plan->scenario->hosts[host].name);
	wait.taken = note_taken(&wait);
	/* It is stopped in its own way however far it came. */
	daemons->count++;
	return bring_up(daemons, running, &wait, status, err) < 0 ? blame(daemons, running, err)
								  : 0;
}

int daemons_start(const struct plan *plan, struct sim_host *const *hosts, size_t variant,
		  struct daemons *daemons, int *status, struct sim_error *err)
{
	const struct scenario *scenario = plan->scenario;
	size_t most = 0;
	for (size_t h = 0; h < scenario->n_hosts; h++)
		most += scenario->hosts[h].n_daemons;
	*daemons = (struct daemons){.plan = plan, .variant = variant, .hosts = hosts};
	daemons->running = arena_array(plan->arena, struct running, most);
	for (size_t h = 0; h < scenario->n_hosts; h++)
		for (size_t i = 0; i < scenario->hosts[h].n_daemons; i++) {
			const struct daemon *daemon = &scenario->hosts[h].daemons[i];
			if (daemon_is_in(daemon, variant) &&
			    start_one(daemons, h, daemon, status, err) < 0)
				return -1;
		}
	return 0;
}

int daemons_check(const struct daemons *daemons, struct sim_error *err)
{
	char fate[128];
	for (size_t i = 0; i < daemons->count; i++) {
		const struct running *running = &daemons->running[i];
		if (!running->program || sim_daemon_lives(running->program))
			continue;
		sim_fail(err, 0, "has died: it %s",
			 sim_daemon_fate(running->program, fate, sizeof(fate)));
		return blame(daemons, running, err);
	}
	return 0;
}

const struct running *daemons_owner(const struct daemons *daemons, const struct sim_prefix *address)
{
	for (size_t i = 0; i < daemons->count; i++) {
		autoclose int netns = daemons_open_network(daemons, &daemons->running[i]);
		if (netns >= 0 && sim_address_is_own(netns, address))
			return &daemons->running[i];
	}
	return NULL;
}

/* By its unit's own commands; what comes after is run in any case. */
static int end_unit(const struct daemons *daemons, struct running *running, struct sim_error *err)
{
	struct sim_error later;
	int status = units_run(daemons, running, UNIT_STOP, err);
	sim_daemon_stop(running->program, GRACE_MS);
	running->program = NULL;
	running->over = true;
	if (units_run(daemons, running, UNIT_STOP_POST, &later) == 0)
		return status;
	if (status == 0)
		*err = later;
	return -1;
}

int daemons_end_units(const struct daemons *daemons, struct sim_error *err)
{
	int status = 0;
	activity_is("the services were ended");
	for (size_t i = daemons->count; i-- > 0;) {
		struct running *running = &daemons->running[i];
		struct sim_error why;
		if (!running->daemon->unit || running->over ||
		    end_unit(daemons, running, &why) == 0)
			continue;
		if (status == 0)
			*err = why;
		status = blame(daemons, running, status == 0 ? err : &why);
	}
	return status;
}

void daemons_stop(struct daemons *daemons)
{
	/* Whoever wants to know how that went has asked before. */
	struct sim_error ignored;
	if (daemons_end_units(daemons, &ignored) < 0)
		ignored.errnum = 0;
	/* All are asked before the first is waited for; whatever depends on others goes first. */
	for (size_t i = daemons->count; i-- > 0;)
		if (daemons->running[i].program)
			sim_daemon_ask(daemons->running[i].program);
	for (size_t i = daemons->count; i-- > 0;)
		sim_daemon_stop(daemons->running[i].program, GRACE_MS);
	daemons->count = 0;
}
