/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/bench/levels.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/attempt.h"
#include "lab/live.h"
#include "lab/session.h"
#include "netsim/cleanup.h"
#include "netsim/link.h"
#include "netsim/world.h"
#include "tests/bench/floor.h"

const char *const level_names[LEVELS] = {
	[LEVEL_FLOOR] = "raw system calls", [LEVEL_LIBRARY] = "libnetsim",
	[LEVEL_LAB] = "a lab, in process",  [LEVEL_SESSION] = "a session, in its world",
	[LEVEL_COMMAND] = "fwlab run",
};

static int run_floor(const struct subject *subject, struct sim_error *err)
{
	return floor_run(subject->both, err);
}

/* The same through the library. */
struct pair {
	bool both;
	struct sim_host *hosts[2];
	int listener;
	int clients[2];
};

static size_t count_families(bool both)
{
	return both ? 2 : 1;
}

static void end_pair(struct pair *pair)
{
	cleanup_close(&pair->listener);
	for (size_t i = 0; i < 2; i++) {
		cleanup_close(&pair->clients[i]);
		sim_host_free(pair->hosts[i]);
	}
}

static int make_listener(void *arg, struct sim_error *err)
{
	struct pair *pair = arg;
	pair->listener = floor_listen(pair->both);
	return pair->listener < 0 ? sim_fail(err, errno, "cannot listen") : 0;
}

static int make_clients(void *arg, struct sim_error *err)
{
	struct pair *pair = arg;
	for (size_t i = 0; i < count_families(pair->both); i++) {
		int family = i ? AF_INET6 : AF_INET;
		pair->clients[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (pair->clients[i] < 0)
			return sim_fail(err, errno, "cannot make a socket");
	}
	return 0;
}

static int address_pair(const struct pair *pair, struct sim_error *err)
{
	static const char *const addresses[2][2] = {{"10.10.10.1/24", "10.10.10.2/24"},
						    {"fd00:10:10::1/64", "fd00:10:10::2/64"}};
	for (size_t i = 0; i < 2; i++)
		for (size_t family = 0; family < count_families(pair->both); family++) {
			struct sim_prefix address;
			if (!sim_prefix_parse(addresses[family][i], true, &address))
				return sim_fail(err, EINVAL, "%s", addresses[family][i]);
			if (sim_address_add(pair->hosts[i], "eth0", &address, err) < 0)
				return -1;
		}
	return 0;
}

static int run_library(const struct subject *subject, struct sim_error *err)
{
	__attribute__((cleanup(end_pair))) struct pair pair = {
		.both = subject->both, .listener = -1, .clients = {-1, -1}};
	if (sim_host_new("near", &pair.hosts[0], err) < 0 ||
	    sim_host_new("far", &pair.hosts[1], err) < 0)
		return -1;
	const struct sim_veth_end near = {pair.hosts[0], "eth0", NULL};
	const struct sim_veth_end far = {pair.hosts[1], "eth0", NULL};
	if (sim_veth_add(&near, &far, err) < 0 || sim_links_up(pair.hosts, 2, err) < 0 ||
	    address_pair(&pair, err) < 0 ||
	    sim_host_within(pair.hosts[1], make_listener, &pair, err) < 0 ||
	    sim_host_within(pair.hosts[0], make_clients, &pair, err) < 0)
		return -1;
	for (size_t i = 0; i < count_families(pair.both); i++)
		if (floor_connect(pair.clients[i], i == 1, pair.listener) < 0)
			return sim_fail(err, errno, "cannot connect");
	return 0;
}

static int as_expected(const struct result *result, struct sim_error *err)
{
	return result->passed ? 0 : sim_fail(err, 0, "the probe: %s", result->complaint);
}

static int attempt_all(const struct live *live, struct sim_error *err)
{
	struct attempts attempts;
	enum family families[2];
	struct result result;
	size_t count = attempt_families(&live->plan->scenario->probes[0], families);
	if (attempts_begin(live, NULL, 0, &attempts, err) < 0)
		return -1;
	int status = 0;
	for (size_t i = 0; i < count && !status; i++) {
		status = attempt(&attempts, 0, families[i], &result, err);
		if (!status)
			status = as_expected(&result, err);
	}
	attempts_end(&attempts);
	return status;
}

static int run_lab(const struct subject *subject, struct sim_error *err)
{
	struct refused_policy refused;
	struct live live;
	if (live_up(subject->plan, NULL, &live, err) < 0)
		return -1;
	int status = live_load(&live, 0, &refused, err);
	if (!status)
		status = attempt_all(&live, err);
	live_down(&live);
	return status;
}

static int run_session(const struct subject *subject, struct sim_error *err)
{
	static struct session_message message;
	const struct session_order order = {.plan = subject->plan};
	struct session session;
	struct sim_error ignored;
	int status = 0;
	if (session_start(&order, &session, err) < 0)
		return -1;
	while (!status && session_read(&session, &message)) {
		if (message.kind == SESSION_FAILURE)
			status = sim_fail(err, 0, "%s", message.failure.text);
		else
			status = as_expected(&message.result, err);
	}
	return session_end(&session, status < 0, status < 0 ? &ignored : err) < 0 ? -1 : status;
}

/* Start the command, with what it says going to `said`. */
static int spawn(char **argv, int said, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int errnum = posix_spawn_file_actions_init(&actions);
	if (errnum)
		return errnum;
	errnum = posix_spawn_file_actions_adddup2(&actions, said, STDOUT_FILENO);
	if (!errnum)
		errnum = posix_spawn_file_actions_adddup2(&actions, said, STDERR_FILENO);
	if (!errnum)
		errnum = posix_spawn(pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return errnum;
}

static int run_command(const struct subject *subject, struct sim_error *err)
{
	char name[] = FWLAB;
	char command[] = "run";
	char path[4096];
	char *argv[] = {name, command, path, NULL};
	char words[2048] = "";
	pid_t pid = 0;
	int status;
	snprintf(path, sizeof(path), "%s", subject->path);
	autoclose int said = memfd_create("said", MFD_CLOEXEC);
	int errnum = said < 0 ? errno : spawn(argv, said, &pid);
	if (errnum)
		return sim_fail(err, errnum, "%s", name);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return sim_fail(err, errno, "cannot wait for %s", name);
	if (!status)
		return 0;
	if (pread(said, words, sizeof(words) - 1, 0) < 0)
		return sim_fail(err, errno, "cannot read what %s said", name);
	return sim_fail(err, 0, "%s %s has wait status %d:\n%s", name, path, status, words);
}

static const struct {
	int (*run)(const struct subject *subject, struct sim_error *err);
	bool in_world;
} levels[LEVELS] = {
	[LEVEL_FLOOR] = {run_floor, true},	[LEVEL_LIBRARY] = {run_library, true},
	[LEVEL_LAB] = {run_lab, true},		[LEVEL_SESSION] = {run_session, false},
	[LEVEL_COMMAND] = {run_command, false},
};

/* What the maker is told, and what it answers. */
struct order {
	enum level level;
	size_t index;
};

struct answer {
	int status;
	int64_t ns;
	struct sim_error err;
};

/* What the maker's process is given. */
struct workshop {
	const struct subject *subjects;
	int orders;
};

static int run_here(enum level level, const struct subject *subject, int64_t *ns,
		    struct sim_error *err)
{
	int64_t began = steps_now_ns();
	int status = levels[level].run(subject, err);
	*ns = steps_now_ns() - began;
	return status < 0 ? sim_wrap(err, "%s", level_names[level]) : 0;
}

static int obey(void *arg)
{
	const struct workshop *workshop = arg;
	struct answer answer = {0};
	struct order order;
	while (recv(workshop->orders, &order, sizeof(order), 0) == (ssize_t)sizeof(order)) {
		answer.status = run_here(order.level, &workshop->subjects[order.index], &answer.ns,
					 &answer.err);
		if (send(workshop->orders, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
			return 1;
	}
	return 0;
}

int maker_start(const struct subject *subjects, struct maker *maker, struct sim_error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sim_fail(err, errno, "cannot make a socket pair");
	struct workshop workshop = {.subjects = subjects, .orders = ends[1]};
	const struct sim_world_spec spec = {
		.body = obey, .arg = &workshop, .fds = &ends[1], .n_fds = 1};
	maker->orders = ends[0];
	maker->init = sim_world_start(&spec, ends[1], &maker->lifeline, err);
	close(ends[1]);
	return maker->init < 0 ? -1 : 0;
}

int maker_end(struct maker *maker, struct sim_error *err)
{
	int status;
	close(maker->orders);
	if (waitpid(maker->init, &status, 0) < 0)
		return sim_fail(err, errno, "cannot wait for the world");
	close(maker->lifeline);
	return status ? sim_fail(err, 0, "the world has wait status %d", status) : 0;
}

int level_run(enum level level, const struct maker *maker, const struct subject *subjects,
	      size_t index, int64_t *ns, struct sim_error *err)
{
	const struct order order = {.level = level, .index = index};
	struct answer answer;
	if (!levels[level].in_world)
		return run_here(level, &subjects[index], ns, err);
	if (send(maker->orders, &order, sizeof(order), MSG_NOSIGNAL) < 0)
		return sim_fail(err, errno, "the world has ended");
	ssize_t length = recv(maker->orders, &answer, sizeof(answer), 0);
	if (length == (ssize_t)sizeof(*err)) { /* it could not be furnished */
		memcpy(err, &answer, sizeof(*err));
		return -1;
	}
	if (length != (ssize_t)sizeof(answer))
		return sim_fail(err, length < 0 ? errno : 0, "the world has ended");
	*ns = answer.ns;
	if (answer.status < 0)
		*err = answer.err;
	return answer.status;
}
