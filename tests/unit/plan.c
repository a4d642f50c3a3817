/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a plan fills in: addresses, routes, and what hosts know of each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>

#include "lab/plan.h"
#include "tests/unit/scenario_file.h"

#define PROBES "probes: [{ from: a, ping: a, expect: allow }]\n"

struct fixture {
	void *file; /* a struct scenario_file */
	struct plan *plan;
	struct sim_error err;
	char text[16384];
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

static const struct plan *try_plan(struct fixture *f, const char *text)
{
	struct scenario_file *file = f->file;
	plan_free(f->plan);
	f->plan = NULL;
	if (!read_scenario(file, text, strlen(text)))
		fail_msg("%s", file->messages);
	f->plan = plan_new(file->scenario, &f->err);
	return f->plan;
}

static const struct plan *make_plan(struct fixture *f, const char *text)
{
	if (!try_plan(f, text))
		fail_msg("%s", f->err.text);
	return f->plan;
}

static size_t host_index(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->scenario->n_hosts; i++)
		if (!strcmp(plan->scenario->hosts[i].name, name))
			return i;
	fail_msg("no host %s", name);
	return NONE;
}

static const struct plan_host *host_of(const struct plan *plan, const char *name)
{
	return &plan->hosts[host_index(plan, name)];
}

/* Everything that a host has, as "eth0 10.0.0.1/16 fd00::1/64; 10.1.0.0/16 via 10.0.0.2". */
static const char *described(struct fixture *f, const char *name)
{
	const struct plan_host *host = host_of(f->plan, name);
	char prefix[SIM_PREFIX_TEXT];
	FILE *to = fmemopen(f->text, sizeof(f->text), "w");
	assert_non_null(to);
	for (size_t i = 0; i < host->n_links; i++) {
		fprintf(to, "%s%s", i ? ", " : "", host->links[i].ifname);
		for (size_t j = 0; j < host->links[i].n_addresses; j++)
			fprintf(to, " %s", sim_prefix_text(&host->links[i].addresses[j], prefix));
	}
	for (size_t i = 0; i < host->n_routes; i++) {
		fprintf(to, "; %s", sim_prefix_text(&host->routes[i].to, prefix));
		fprintf(to, " via %s", sim_address_text(&host->routes[i].via, prefix));
	}
	fclose(to);
	return f->text;
}

static void test_least(void **state)
{
	struct fixture *f = *state;
	const struct plan *plan = make_plan(f, "name: x\nhosts: { a: , b: }\n" PROBES);
	assert_int_equal(plan->n_networks, 1);
	assert_int_equal(plan->networks[0].n_members, 2);
	assert_string_equal(described(f, "a"), "eth0 10.0.0.1/16 fd00::1/64");
	assert_string_equal(described(f, "b"), "eth0 10.0.0.2/16 fd00::2/64");
}

/* Subnets that are taken are not given out, nor addresses. */
static void test_addresses_around_given_ones(void **state)
{
	struct fixture *f = *state;
	make_plan(
		f,
		"name: x\n"
		"networks:\n"
		"  taken: { subnets: [10.0.0.0/24, 10.1.0.0/24, \"fd00::/64\"] }\n"
		"  free:\n"
		"hosts:\n"
		"  a: { links: { l: taken, r: free } }\n"
		"  b: { links: { l: { network: taken, addresses: [10.0.0.1, 10.1.0.2, \"fd00::1\"] "
		"}, r: free } }\n"
		"  c: { links: { l: taken } }\n"
		"  d: { links: { l: { network: taken, addresses: [10.0.0.9] } } }\n" PROBES);
	assert_string_equal(described(f, "d"), "l 10.0.0.9/24");
	assert_string_equal(described(f, "a"),
			    "l 10.0.0.2/24 10.1.0.1/24 fd00::2/64, r 10.2.0.1/16 fd00:0:0:1::1/64");
	assert_string_equal(described(f, "b"),
			    "l 10.0.0.1/24 10.1.0.2/24 fd00::1/64, r 10.2.0.2/16 fd00:0:0:1::2/64");
	assert_string_equal(described(f, "c"), "l 10.0.0.3/24 10.1.0.3/24 fd00::3/64");
}

static const char *subnet_with(struct fixture *f, const char *subnet, unsigned hosts)
{
	FILE *to = fmemopen(f->text, sizeof(f->text), "w");
	assert_non_null(to);
	fprintf(to, "name: x\nnetworks: { n: { subnets: [\"%s\"] } }\nhosts:\n", subnet);
	for (unsigned i = 0; i < hosts; i++)
		fprintf(to, "  %c: { links: { e: n } }\n", 'a' + (char)i);
	fputs(PROBES, to);
	fclose(to);
	return f->text;
}

static void test_full_subnets(void **state)
{
	static const struct {
		const char *subnet;
		unsigned room;
		const char *last; /* what the last host gets */
	} subnets[] = {
		{"10.1.0.0/30", 2, "e 10.1.0.2/30"},
		{"10.1.0.0/29", 6, "e 10.1.0.6/29"},
		{"10.1.0.248/29", 6, "e 10.1.0.254/29"},
		{"fd00::/126", 3, "e fd00::3/126"},
		{"fd00::ffff:fffc/126", 3, "e fd00::ffff:ffff/126"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(subnets) / sizeof(*subnets); i++) {
		const char last[] = {(char)('a' + subnets[i].room - 1), '\0'};
		make_plan(f, subnet_with(f, subnets[i].subnet, subnets[i].room));
		assert_string_equal(described(f, last), subnets[i].last);
		assert_null(try_plan(f, subnet_with(f, subnets[i].subnet, subnets[i].room + 1)));
		assert_non_null(strstr(f->err.text, "network n has no address left"));
	}
}

/* A router, and what each side needs to know of it. */
static void test_routes_through_a_router(void **state)
{
	struct fixture *f = *state;
	make_plan(f, "name: x\n"
		     "networks: { l: { subnets: [10.1.0.0/24, \"fd00:1::/64\"] }, m: { subnets: "
		     "[10.2.0.0/24] } }\n"
		     "hosts:\n"
		     "  a: { links: { e: l } }\n"
		     "  r: { links: { l: l, m: m }, forwarding: true }\n"
		     "  n: { links: { l: l, m: m } }\n"
		     "  b: { links: { e: m } }\n"
		     "  own: { links: { e: m }, routes: [{ to: default, via: 10.2.0.9 }] }\n"
		     "  none: { links: { e: m }, routes: [] }\n"
		     "  bare: { links: { e: { network: m, addresses: [] } } }\n" PROBES);
	assert_string_equal(described(f, "a"),
			    "e 10.1.0.1/24 fd00:1::1/64; 10.2.0.0/24 via 10.1.0.2");
	assert_string_equal(described(f, "r"), "l 10.1.0.2/24 fd00:1::2/64, m 10.2.0.1/24");
	/* Whoever does not forward leads nobody anywhere. */
	assert_string_equal(described(f, "n"), "l 10.1.0.3/24 fd00:1::3/64, m 10.2.0.2/24");
	assert_string_equal(described(f, "b"), "e 10.2.0.3/24; 10.1.0.0/24 via 10.2.0.1");
	assert_string_equal(described(f, "own"), "e 10.2.0.4/24; 0.0.0.0/0 via 10.2.0.9");
	/* An empty list is one, too. */
	assert_string_equal(described(f, "none"), "e 10.2.0.5/24");
	assert_string_equal(described(f, "bare"), "e");
}

/* Where there are several ways it is the shortest, also in a circle. */
static void test_cycle_of_routers(void **state)
{
	struct fixture *f = *state;
	make_plan(f, "name: x\n"
		     "networks:\n"
		     "  n0: { subnets: [10.0.0.0/24] }\n"
		     "  n1: { subnets: [10.1.0.0/24] }\n"
		     "  n2: { subnets: [10.2.0.0/24] }\n"
		     "  n3: { subnets: [10.3.0.0/24] }\n"
		     "hosts:\n"
		     "  a: { links: { l: n0, r: n1 }, forwarding: true }\n"
		     "  b: { links: { l: n1, r: n2 }, forwarding: true }\n"
		     "  c: { links: { l: n2, r: n3 }, forwarding: true }\n"
		     "  d: { links: { l: n3, r: n0 }, forwarding: true }\n"
		     "  e: { links: { l: n0 } }\n" PROBES);
	assert_string_equal(described(f, "a"), "l 10.0.0.1/24, r 10.1.0.1/24;"
					       " 10.2.0.0/24 via 10.1.0.2;"
					       " 10.3.0.0/24 via 10.0.0.2");
	assert_string_equal(described(f, "e"), "l 10.0.0.3/24;"
					       " 10.1.0.0/24 via 10.0.0.1;"
					       " 10.2.0.0/24 via 10.0.0.1;"
					       " 10.3.0.0/24 via 10.0.0.2");
}

/* Two networks that no router connects do not know of each other. */
static void test_no_way(void **state)
{
	struct fixture *f = *state;
	make_plan(f, "name: x\nnetworks: { l: , m: , n: }\n"
		     "hosts:\n"
		     "  a: { links: { e: l } }\n"
		     "  r: { links: { x: m, y: n }, forwarding: true }\n" PROBES);
	assert_string_equal(described(f, "a"), "e 10.0.0.1/16 fd00::1/64");
}

static void test_bridge_of_a_host(void **state)
{
	struct fixture *f = *state;
	const struct plan *plan =
		make_plan(f, "name: x\n"
			     "networks: { wan: { subnets: [10.1.0.0/24] } }\n"
			     "hosts:\n"
			     "  gate: { links: { e: wan }, bridges: { br0: [10.9.0.1/24] }, "
			     "forwarding: true }\n"
			     "  a: { links: { e: gate/br0 } }\n"
			     "  out: { links: { e: wan } }\n" PROBES);
	size_t gate = host_index(plan, "gate");
	assert_string_equal(described(f, "a"), "e 10.9.0.2/24; 10.1.0.0/24 via 10.9.0.1");
	assert_string_equal(described(f, "out"), "e 10.1.0.2/24; 10.9.0.0/24 via 10.1.0.1");
	assert_string_equal(described(f, "gate"), "br0 10.9.0.1/24, e 10.1.0.1/24");
	assert_true(plan->hosts[gate].links[0].is_bridge);
	const struct plan_network *network = &plan->networks[plan->hosts[gate].links[0].network];
	assert_int_equal(network->owner, gate);
	assert_int_equal(network->n_members, 1);
}

static const char two_links[] =
	"name: x\n"
	"networks: { l: { subnets: [10.1.0.0/24] }, m: { subnets: [10.2.0.0/24, \"fd00:2::/64\"] } "
	"}\n"
	"hosts:\n"
	"  a: { links: { e: m }, resolver: both }\n"
	"  both: { links: { l: l, m: m }, services: [dns], resolver: both }\n"
	"  c: { links: { e: l }, resolver: both }\n" PROBES;

static const char *address(const struct plan *plan, const char *from, const char *to, int family)
{
	static char text[SIM_PREFIX_TEXT];
	const struct sim_prefix *known =
		plan_address(plan, host_index(plan, from), host_index(plan, to), family);
	return known ? sim_address_text(known, text) : "none";
}

/* The address on the network that both are on, if there is one. */
static void test_address_to_use(void **state)
{
	const struct plan *plan = make_plan(*state, two_links);
	assert_string_equal(address(plan, "a", "both", AF_INET), "10.2.0.2");
	assert_string_equal(address(plan, "c", "both", AF_INET), "10.1.0.1");
	assert_string_equal(address(plan, "c", "both", AF_INET6), "fd00:2::2");
	assert_string_equal(address(plan, "both", "both", AF_INET), "10.1.0.1");
	assert_string_equal(address(plan, "a", "c", AF_INET6), "none");
}

static void test_owner(void **state)
{
	const struct plan *plan = make_plan(*state, two_links);
	struct sockaddr_storage socket;
	struct sim_prefix wanted;
	struct sim_prefix back;
	assert_true(sim_prefix_parse("fd00:2::2", false, &wanted));
	assert_int_equal(plan_owner(plan, &wanted), host_index(plan, "both"));
	plan_socket_address(&wanted, 53, &socket);
	assert_int_equal(((struct sockaddr_in6 *)&socket)->sin6_port, htons(53));
	assert_true(plan_prefix_of(&socket, &back));
	assert_true(sim_address_equal(&wanted, &back));
	assert_true(sim_prefix_parse("10.1.0.9", false, &wanted));
	assert_int_equal(plan_owner(plan, &wanted), NONE);
	plan_socket_address(&wanted, 53, &socket);
	assert_true(plan_prefix_of(&socket, &back));
	assert_true(sim_address_equal(&wanted, &back));
	socket.ss_family = AF_UNIX;
	assert_false(plan_prefix_of(&socket, &back));
}

static void test_files(void **state)
{
	const struct plan *plan = make_plan(*state, two_links);
	assert_string_equal(plan_hosts_text(plan, host_index(plan, "c")),
			    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
			    "10.2.0.1\ta\nfd00:2::1\ta\n"
			    "10.1.0.1\tboth\nfd00:2::2\tboth\n"
			    "10.1.0.2\tc\n");
	assert_string_equal(plan_resolv_text(plan, host_index(plan, "a")),
			    "nameserver 10.2.0.2\nnameserver fd00:2::2\n"
			    "options timeout:1 attempts:1\n");
	assert_string_equal(plan_resolv_text(plan, host_index(plan, "both")),
			    "nameserver 127.0.0.1\nnameserver ::1\n"
			    "options timeout:1 attempts:1\n");
	plan = make_plan(*state, "name: x\nhosts: { a: }\n" PROBES);
	assert_string_equal(plan_resolv_text(plan, 0), "");
}

/* As many hosts as there may be, in one network, each with its own address. */
static void test_many_hosts(void **state)
{
	struct fixture *f = *state;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	assert_non_null(to);
	fputs("name: x\nhosts:\n  a:\n", to);
	for (unsigned i = 1; i < SCENARIO_HOSTS_MAX; i++)
		fprintf(to, "  h%u:\n", i);
	fputs(PROBES, to);
	fclose(to);
	const struct plan *plan = make_plan(f, text);
	free(text);
	for (size_t i = 0; i < SCENARIO_HOSTS_MAX; i++)
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(plan_owner(plan, &plan->hosts[i].links[0].addresses[k]),
					 i);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_least),
		TEST(test_addresses_around_given_ones),
		TEST(test_full_subnets),
		TEST(test_routes_through_a_router),
		TEST(test_cycle_of_routers),
		TEST(test_no_way),
		TEST(test_bridge_of_a_host),
		TEST(test_address_to_use),
		TEST(test_owner),
		TEST(test_files),
		TEST(test_many_hosts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
