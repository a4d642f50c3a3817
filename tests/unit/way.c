/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways: from host to host, as the plan's routes lead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/way.h"
#include "tests/unit/scenario_file.h"

static const char text[] = "name: ways\n"
			   "networks:\n"
			   "  inner: { subnets: [10.1.0.0/24, 'fd00:1::/64'] }\n"
			   "  outer: { subnets: [10.2.0.0/24, 'fd00:2::/64'] }\n"
			   "  far:   { subnets: [10.3.0.0/24] }\n"
			   "hosts:\n"
			   "  a: { links: { e0: { network: inner, addresses: [10.1.0.1/24] } } }\n"
			   "  r:\n"
			   "    forwarding: true\n"
			   "    links: { e0: { network: inner, addresses: [10.1.0.254] },\n"
			   "             e1: { network: outer, addresses: [10.2.0.254] } }\n"
			   "  s:\n"
			   "    forwarding: true\n"
			   "    links: { e0: { network: outer, addresses: [10.2.0.253] },\n"
			   "             e1: { network: far, addresses: [10.3.0.254] } }\n"
			   "  b: { links: { e0: { network: far, addresses: [10.3.0.1] } } }\n"
			   "  lost:\n"
			   "    links: { e0: { network: inner, addresses: [10.1.0.9] } }\n"
			   "    routes: [ { to: 10.3.0.0/24, via: 10.1.0.77 },\n"
			   "              { to: default, via: 10.1.0.254 } ]\n"
			   "  jailer: { bridges: { br0: [ 10.4.0.1/24 ], br1: [ 10.5.0.1/24 ] } }\n"
			   "  x: { links: { e0: { network: jailer/br0 } } }\n"
			   "  y: { links: { e0: { network: inner },\n"
			   "                e1: { network: jailer/br1 } } }\n"
			   "  z: { links: { e0: { network: jailer/br0 } } }\n"
			   "probes: [ { from: a, ping: b, expect: allow } ]\n";

struct fixture {
	void *file;
	struct plan *plan;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	return f ? setup_scenario_file(&f->file) : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	plan_free(f->plan);
	int status = teardown_scenario_file(&f->file);
	free(f);
	return status;
}

/* The name of the next host, "" where there is none. */
static const char *next(const struct plan *plan, size_t host, const char *to)
{
	struct sim_prefix address;
	assert_true(sim_prefix_parse(to, false, &address));
	size_t found = way_next(plan, host, &address);
	return found == NONE ? "" : plan->scenario->hosts[found].name;
}

static void make_plan(struct fixture *f)
{
	struct scenario_file *file = f->file;
	struct sim_error err;
	if (!read_scenario(file, text, strlen(text)))
		fail_msg("%s", file->messages);
	f->plan = plan_new(file->scenario, &err);
	assert_non_null(f->plan);
}

enum { JAILER = 5, X, Y, Z };

static void test_bridges(void **state)
{
	struct fixture *f = *state;
	make_plan(f);
	assert_int_equal(way_behind(f->plan, JAILER, "port0"), X);
	assert_int_equal(way_behind(f->plan, JAILER, "port1"), Y);
	assert_int_equal(way_behind(f->plan, JAILER, "port2"), Z);
	assert_int_equal(way_behind(f->plan, JAILER, "port3"), NONE);
	assert_int_equal(way_behind(f->plan, JAILER, "br0"), NONE);
	assert_int_equal(way_behind(f->plan, X, "port0"), NONE);
	assert_int_equal(way_bridge(f->plan, X, Z), JAILER);
	assert_int_equal(way_bridge(f->plan, X, JAILER), JAILER);
	assert_int_equal(way_bridge(f->plan, X, Y), NONE);
	assert_int_equal(way_bridge(f->plan, 0, 1), NONE);
}

static void test_next(void **state)
{
	static const struct {
		size_t host;
		const char *to;
		const char *next;
	} cases[] = {
		{0, "10.3.0.1", "r"},	/* by a router, */
		{1, "10.3.0.1", "s"},	/* and another one, */
		{2, "10.3.0.1", "b"},	/* and there */
		{3, "10.3.0.1", "b"},	/* is its end */
		{3, "10.1.0.1", "s"},	/* and back */
		{0, "10.1.0.254", "r"}, /* a neighbour */
		{0, "10.2.0.254", "r"}, /* another address of the router's own */
		{1, "10.1.0.254", "r"}, {0, "127.0.0.1", "a"},
		{0, "::1", "a"},	{0, "10.1.0.55", ""}, /* nobody's */
		{0, "192.0.2.1", ""},			      /* no route */
		{0, "fd00:9::1", ""},			      /* nor over IPv6 */
		{4, "10.2.0.253", "r"},			      /* the default route */
		{4, "10.3.0.1", ""},			      /* a more specific one, to nobody */
	};
	struct fixture *f = *state;
	make_plan(f);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(next(f->plan, cases[i].host, cases[i].to), cases[i].next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_next, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bridges, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
