/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host between two others, one of them traced, and the story that its trace
 * tells.  Include it after <cmocka.h>.
 *
 *   near 10.9.1.1 fd00:9:1::1 -- 10.9.1.254 way 10.9.2.254 -- far 10.9.2.2 fd00:9:2::2
 */
#ifndef TESTS_SUPPORT_TRACED_H
#define TESTS_SUPPORT_TRACED_H

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/link.h"
#include "netsim/process.h"
#include "netsim/ruleset.h"
#include "netsim/trace.h"

enum { NEAR, WAY, FAR, HOSTS };

#define STORY_MAX  8192
#define EVENTS_MAX 64

struct fixture {
	struct sim_host *hosts[HOSTS];
	struct sim_trace *trace;
	struct sim_ruleset *ruleset;
	struct sim_trace_event events[EVENTS_MAX];
	size_t n_events;
	char story[STORY_MAX];
	int whole; /* what sim_trace_read() said */
	struct sim_process_result result;
	struct sim_error err;
};

static inline int add_link(struct fixture *f, int a, const char *a_name, int b, const char *b_name)
{
	const struct sim_veth_end ends[] = {{.host = f->hosts[a], .name = a_name},
					    {.host = f->hosts[b], .name = b_name}};
	return sim_veth_add(&ends[0], &ends[1], &f->err);
}

static inline int add_addresses(struct fixture *f, bool v4)
{
	static const struct {
		int host;
		const char *ifname;
		const char *address;
	} addresses[] = {
		{NEAR, "eth0", "10.9.1.1/24"},	   {WAY, "near0", "10.9.1.254/24"},
		{WAY, "far0", "10.9.2.254/24"},	   {FAR, "eth0", "10.9.2.2/24"},
		{NEAR, "eth0", "fd00:9:1::1/64"},  {WAY, "near0", "fd00:9:1::254/64"},
		{WAY, "far0", "fd00:9:2::254/64"}, {FAR, "eth0", "fd00:9:2::2/64"},
	};
	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct sim_prefix address;
		if (!sim_prefix_parse(addresses[i].address, true, &address))
			return -1;
		if ((v4 || address.family == AF_INET6) &&
		    sim_address_add(f->hosts[addresses[i].host], addresses[i].ifname, &address,
				    &f->err) < 0)
			return -1;
	}
	return 0;
}

static inline int add_routes(struct fixture *f, bool v4)
{
	static const struct {
		int host;
		const char *to;
		const char *via;
	} routes[] = {
		{NEAR, "10.9.2.0/24", "10.9.1.254"},
		{FAR, "10.9.1.0/24", "10.9.2.254"},
		{NEAR, "fd00:9:2::/64", "fd00:9:1::254"},
		{FAR, "fd00:9:1::/64", "fd00:9:2::254"},
	};
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		struct sim_prefix to;
		struct sim_prefix via;
		if (!sim_prefix_parse(routes[i].to, true, &to) ||
		    !sim_prefix_parse(routes[i].via, false, &via))
			return -1;
		if ((v4 || to.family == AF_INET6) &&
		    sim_route_add(f->hosts[routes[i].host], &to, &via, &f->err) < 0)
			return -1;
	}
	return sim_host_forward(f->hosts[WAY], &f->err);
}

static inline int build(struct fixture *f, bool v4)
{
	static const char *const names[HOSTS] = {"near", "way", "far"};
	for (int i = 0; i < HOSTS; i++)
		if (sim_host_new(names[i], &f->hosts[i], &f->err) < 0)
			return -1;
	if (add_link(f, NEAR, "eth0", WAY, "near0") < 0 ||
	    add_link(f, WAY, "far0", FAR, "eth0") < 0 || sim_links_up(f->hosts, HOSTS, &f->err) < 0)
		return -1;
	return add_addresses(f, v4) < 0 ? -1 : add_routes(f, v4);
}

static inline int setup_family(void **state, bool v4)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	if (build(f, v4) == 0)
		return 0;
	print_error("%s\n", f->err.text);
	return -1;
}

static inline int setup(void **state)
{
	return setup_family(state, true);
}

static inline int setup_ipv6(void **state)
{
	return setup_family(state, false);
}

static inline void clear(struct fixture *f)
{
	sim_process_result_clear(&f->result);
	sim_trace_close(f->trace);
	sim_ruleset_free(f->ruleset);
	for (int i = 0; i < HOSTS; i++)
		sim_host_free(f->hosts[i]);
	memset(f, 0, sizeof(*f));
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;
	clear(f);
	free(f);
	return 0;
}

/* Run a shell's commands in a host; their exit status. */
static inline int shell(struct fixture *f, int host, const char *commands)
{
	char sh[] = "sh";
	char option[] = "-ec";
	char *argv[] = {sh, option, strdup(commands), NULL};
	const struct sim_program program = {.argv = argv};
	sim_process_result_clear(&f->result);
	int status = sim_program_run(f->hosts[host], NULL, &program, &f->result, &f->err);
	free(argv[2]);
	assert_int_equal(status, 0);
	return f->result.status;
}

static inline void load(struct fixture *f, int host, const char *commands)
{
	if (shell(f, host, commands) != 0)
		fail_msg("%s: %s", commands, f->result.err);
}

static inline void open_trace(struct fixture *f, int host)
{
	if (sim_trace_open(f->hosts[host], &f->trace, &f->err) < 0)
		fail_msg("%s", f->err.text);
}

static inline int hear_group(void *arg, uint16_t group, struct sim_error *err)
{
	struct fixture *f = arg;
	int heard = sim_trace_hear_group(f->trace, group, err);
	return heard < 0 ? -1 : heard == 0;
}

static inline void learn(struct fixture *f, int host)
{
	sim_ruleset_free(f->ruleset);
	f->ruleset = NULL;
	if (sim_ruleset_read(f->hosts[host], &f->ruleset, &f->err) < 0 ||
	    (f->trace && sim_ruleset_log_groups(f->ruleset, hear_group, f, &f->err) != 0))
		fail_msg("%s", f->err.text);
}

/* What is sent, and from where. */
struct parcel {
	int family;
	int type;
	const char *to;
	uint16_t port;
	unsigned mark;
};

/* errno of sending, 0, or -1. */
static inline int send_within(void *arg, struct sim_error *err)
{
	(void)err;
	const struct parcel *parcel = arg;
	struct sockaddr_storage to = {.ss_family = (sa_family_t)parcel->family};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&to;
	bool is_v4 = parcel->family == AF_INET;
	inet_pton(parcel->family, parcel->to, is_v4 ? (void *)&v4->sin_addr : &v6->sin6_addr);
	v4->sin_port = htons(parcel->port); /* the same place in both */
	autoclose int fd = socket(parcel->family, parcel->type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || (parcel->mark && setsockopt(fd, SOL_SOCKET, SO_MARK, &parcel->mark,
						  sizeof(parcel->mark)) < 0))
		return -1;
	socklen_t length = is_v4 ? sizeof(*v4) : sizeof(*v6);
	if (connect(fd, (struct sockaddr *)&to, length) < 0)
		return errno == EINPROGRESS ? 0 : errno;
	return parcel->type == SOCK_DGRAM && send(fd, "x", 1, 0) < 0 ? errno : 0;
}

static inline int send_from(struct fixture *f, int host, int type, const char *to, uint16_t port)
{
	struct parcel parcel = {strchr(to, ':') ? AF_INET6 : AF_INET, type, to, port, 0};
	return sim_host_within(f->hosts[host], send_within, &parcel, &f->err);
}

static inline void syn(struct fixture *f, const char *to, uint16_t port)
{
	send_from(f, NEAR, SOCK_STREAM, to, port);
}

static inline void keep(const struct sim_trace_event *event, void *arg)
{
	struct fixture *f = arg;
	/* Not what the kernel itself sends: neighbour discovery and the like. */
	bool ours = event->packet.protocol == IPPROTO_TCP || event->packet.protocol == IPPROTO_UDP;
	if (ours && !sim_trace_is_own(event) && f->n_events < EVENTS_MAX)
		f->events[f->n_events++] = *event;
}

static inline void read_events(struct fixture *f)
{
	f->whole = sim_trace_read(f->trace, keep, f, &f->err);
	if (f->whole < 0)
		fail_msg("%s", f->err.text);
}

static inline void __attribute__((format(printf, 2, 3)))
tell(struct fixture *f, const char *format, ...)
{
	size_t used = strlen(f->story);
	va_list args;
	va_start(args, format);
	vsnprintf(f->story + used, sizeof(f->story) - used, format, args);
	va_end(args);
}

/* "output: ip filter OUTPUT: TEXT [drop]", a line for each event. */
static inline void tell_event(struct fixture *f, const struct sim_trace_event *event)
{
	static const char *const fates[] = {[SIM_FATE_NONE] = "",
					    [SIM_FATE_DROPPED] = " [drop]",
					    [SIM_FATE_REJECTED] = " [reject]"};
	const char *text = sim_ruleset_text(f->ruleset, event);
	if (event->kind == SIM_TRACE_LOG) {
		tell(f, "log %u %s\n", event->group, event->prefix);
		return;
	}
	tell(f, "%s%s %s %s: %s%s\n", event->legacy ? "legacy " : "", sim_trace_family(event),
	     event->table, event->chain, text ? text : "?",
	     fates[sim_ruleset_fate(f->ruleset, event)]);
}

/* What the events are about, and no ends of chains. */
static inline void correct(struct fixture *f)
{
	size_t count = 0;
	for (size_t i = 0; i < f->n_events; i++) {
		sim_ruleset_correct(f->ruleset, &f->events[i]);
		if (f->events[i].kind != SIM_TRACE_RETURN)
			f->events[count++] = f->events[i];
	}
	f->n_events = count;
}

/* All that has been told up to now and, should that be late, up to as many events as expected. */
static inline void assert_story(struct fixture *f, const char *expected)
{
	size_t lines = 0;
	for (const char *c = expected; *c; c++)
		lines += *c == '\n';
	f->n_events = 0;
	do
		read_events(f);
	while (f->n_events < lines &&
	       poll(&(struct pollfd){.fd = sim_trace_fd(f->trace), .events = POLLIN}, 1, 5000) > 0);
	f->story[0] = '\0';
	correct(f);
	for (size_t i = 0; i < f->n_events; i++)
		tell_event(f, &f->events[i]);
	assert_string_equal(f->story, expected);
	assert_int_equal(f->whole, 1);
}

#define NFT(rules) "nft -f - <<'END'\ntable inet fw {\n" rules "}\nEND\n"
#define BASE(hook, policy, rules)                                                                  \
	"chain " hook " {\ntype filter hook " hook " priority 0; policy " policy ";\n" rules "}\n"

#endif
