/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Confinements, and actors that differ by variant, as the reader has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <sys/socket.h>

#include "tests/unit/scenario_file.h"

/* Each confinement, alone and by variant. */
static const char confined[] =
	"name: confined\n"
	"hosts:\n"
	"  a: { users: { joe: 1000 }, roots: { jail: { users: { jim: 1001 } } } }\n"
	"  b:\n"
	"variants: { free: {}, landlock: {}, other: {} }\n"
	"probes:\n"
	"  - from: a\n"
	"    connect: b:80\n"
	"    as:\n"
	"      landlock: { user: joe, landlock: { connect: [], bind: [0, 80] }, network: none }\n"
	"      free: joe\n"
	"      else: { root: jail, user: jim, seccomp: { calls: [connect], families: [inet, "
	"inet6] },\n"
	"              apparmor: web }\n"
	"    expect: { free: unreachable, landlock: confined landlock, else: confined }\n"
	"  - { from: a, connect: 'b:80', as: { seccomp: [socket, sendto] }, expect: deny }\n"
	"  - { from: a, connect: 'b:80', as: { free: 1, landlock: 2, other: 3 }, expect: allow }\n";

static const struct scenario *read_confined(void **state)
{
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, confined, strlen(confined));
	if (!scenario)
		fail_msg("%s", file->messages);
	return scenario;
}

static void test_confinements(void **state)
{
	const struct probe *probe = &read_confined(state)->probes[0];
	const struct actor *actor = scenario_actor(&probe->as, 1);
	assert_string_equal(actor->text, "joe, network, landlock");
	assert_int_equal(actor->confinement.connect->n_ports, 0);
	assert_int_equal(actor->confinement.bind->n_ports, 2);
	assert_int_equal(actor->confinement.bind->ports[0], 0);
	assert_int_equal(actor->confinement.bind->ports[1], 80);
	assert_true(actor->confinement.no_network);
	assert_false(actor->confinement.no_new_privs);

	actor = scenario_actor(&probe->as, 2);
	assert_string_equal(actor->text, "jim in jail, apparmor, seccomp");
	assert_string_equal(actor->confinement.apparmor, "web");
	assert_int_equal(actor->confinement.n_calls, 1);
	assert_int_equal(actor->confinement.n_families, 2);
	assert_int_equal(actor->confinement.families[1], AF_INET6);
	assert_null(actor->confinement.connect);

	actor = scenario_actor(&probe[1].as, 0);
	assert_int_equal(actor->confinement.n_calls, 2);
	assert_int_equal(actor->confinement.n_families, 0);
}

static void test_actors_by_variant(void **state)
{
	const struct probe *probes = read_confined(state)->probes;
	assert_string_equal(scenario_actor(&probes[0].as, 0)->text, "joe");
	assert_string_equal(scenario_actor(&probes[0].as, 2)->root, "jail");
	assert_int_equal(scenario_actor(&probes[0].as, 2)->uid, 1001);
	for (size_t v = 0; v < 3; v++) {
		assert_int_equal(scenario_actor(&probes[2].as, v)->uid, v + 1);
		assert_ptr_equal(scenario_actor(&probes[1].as, v), &probes[1].as);
	}
	const struct expectation *expectation = scenario_expectation(&probes[0], 1, FAMILY_IPV4);
	assert_int_equal(expectation->kind, EXPECT_CONFINED);
	assert_string_equal(expectation->how, "landlock");
	assert_string_equal(expectation->text, "confined landlock");
	assert_null(scenario_expectation(&probes[0], 2, FAMILY_IPV4)->how);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(test_##name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(confinements),
		TEST(actors_by_variant),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
