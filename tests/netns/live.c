/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Labs of unusual shapes come up as planned: brought up, and taken down. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/live.h"
#include "netsim/link.h"
#include "tests/support/namespaces.h"

struct fixture {
	char path[32];
	struct scenario *scenario;
	struct plan *plan;
	struct live live;
	struct sim_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	f->live = (struct live){.services = SERVICES_NONE};
	snprintf(f->path, sizeof(f->path), "/tmp/fwlab-live-XXXXXX");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	live_down(&f->live);
	if (f->plan)
		plan_free(f->plan);
	scenario_free(f->scenario);
	unlink(f->path);
	free(f);
	return 0;
}

static void bring_up(struct fixture *f, const char *text)
{
	int fd = mkstemp(f->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	f->scenario = scenario_read(f->path, stderr);
	assert_non_null(f->scenario);
	f->plan = plan_new(f->scenario, &f->err);
	assert_non_null(f->plan);
	if (live_up(f->plan, NULL, &f->live, &f->err) < 0)
		fail_msg("%s", f->err.text);
}

static enum sim_way way(struct fixture *f, size_t from, const char *to)
{
	struct sim_prefix address;
	enum sim_way way;
	assert_true(sim_prefix_parse(to, false, &address));
	if (sim_way_get(f->live.hosts[from], &address, &way, &f->err) < 0)
		fail_msg("%s", f->err.text);
	return way;
}

static void a_host_with_two_bridges(void **state)
{
	struct fixture *f = *state;
	bring_up(f, "name: two-bridges\n"
		    "hosts:\n"
		    "  gw:\n"
		    "    bridges: { br0: [10.1.0.1/24], br1: [10.2.0.1/24] }\n"
		    "    forwarding: true\n"
		    "  a: { links: { eth0: { network: gw/br0, addresses: [10.1.0.2] } } }\n"
		    "  b: { links: { eth0: { network: gw/br1, addresses: [10.2.0.2] } } }\n"
		    "probes:\n"
		    "  - { name: p, from: a, ping: b, expect: allow }\n");
	assert_int_equal(way(f, 1, "10.2.0.2"), SIM_WAY_OPEN);
	assert_int_equal(way(f, 2, "10.1.0.2"), SIM_WAY_OPEN);
	assert_int_equal(way(f, 1, "10.3.0.1"), SIM_WAY_NO_ROUTE);
}

static void a_host_with_two_links_to_one_network(void **state)
{
	struct fixture *f = *state;
	bring_up(f, "name: two-links\n"
		    "networks:\n"
		    "  lan: { subnets: [10.1.0.0/24] }\n"
		    "hosts:\n"
		    "  a: { links: { eth0: lan, eth1: lan } }\n"
		    "  b: { links: { eth0: lan } }\n"
		    "probes:\n"
		    "  - { name: p, from: a, ping: b, expect: allow }\n");
	assert_int_equal(way(f, 0, "10.1.0.77"), SIM_WAY_OPEN);
}

static int all_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_host_with_two_bridges, setup, teardown),
		cmocka_unit_test_setup_teardown(a_host_with_two_links_to_one_network, setup,
						teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
