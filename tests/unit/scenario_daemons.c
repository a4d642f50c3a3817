/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start scripts and services that are run, as they are written and as they are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "tests/unit/scenario_rows.h"

#define HOST(keys)                                                                                 \
	"name: t\nhosts:\n  a: { " keys ", users: { joe: 1000 } }\n"                               \
	"variants: { one: { a: { nft: p.nft } }, two: }\n"                                         \
	"probes: [ { from: a, ping: a, expect: allow } ]\n"
#define SERVICE(service) HOST("services: [ " service " ]")
#define JAIL(service)	 "jails: true\n" SERVICE(service)
#define PROBES(probes)                                                                             \
	"name: t\njails: true\n"                                                                   \
	"hosts: { a: { roots: { r: }, services: [ { run: x, name: web }, { run: y, variants: "     \
	"[one] } ] }, b: }\nvariants: { one: , two: }\nprobes:\n" probes "\n"

static const struct row start_rows[] = {
	{HOST("start: missing.sh"),
	 ":3:15: error: start script 'missing.sh': there is no such file"},
	{HOST("start: dir"), ":3:15: error: start script 'dir': it is a folder"},
	{HOST("start: [p.nft, missing.sh]"), ":3:23: error: start script 'missing.sh'"},
	{HOST("start: { p.nft: x }"),
	 ":3:17: error: wanted here: a script's file, or a list of these (a list), not a map"},
	{HOST("start: [[p.nft]]"), ":3:16: error: wanted here: a start script's file, not a list"},
	{HOST("stat: p.nft"), ":3:8: error: unknown key 'stat' in a host; did you mean 'start'?"},
};

static const struct row service_rows[] = {
	{SERVICE("{ name: web }"), ":3:22: error: a service that is run needs 'run', or a 'unit'"},
	{SERVICE("{ unit: none.service }"),
	 ":3:28: error: unit 'none.service': there is no such file"},
	{SERVICE("{ unit: p.nft }"), ":3:28: error: unit p.nft:1: this is in no section"},
	{SERVICE("{ unit: dir }"), ":3:28: error: unit 'dir': it is a folder"},
	{SERVICE("{ unit: p.nft, run: x }"),
	 "unit p.nft:1: this is in no section\na service is 'run', or a 'unit': one of them"},
	{SERVICE("{ rum: x, name: web }"), "unknown key 'rum' in a service that is run; did you "
					   "mean 'run'?\na service that is run needs 'run'"},
	{SERVICE("{ run: [] }"), ":3:27: error: a command line has from 1 to 1000 words"},
	{SERVICE("{ run: [''] }"), ":3:29: error: the program's name is empty"},
	{SERVICE("{ run: { argv: x } }"),
	 ":3:29: error: wanted here: a command line, or its words (a list), not a map"},
	{SERVICE("{ run: '' }"), ":3:28: error: a service without a program's name needs 'name'"},
	{SERVICE("{ run: '(x)' }"), ":3:28: error: a service without a program's name"},
	{SERVICE("{ run: 'A=1 x' }"), ":3:28: error: 'A=1' is not a service's name"},
	{SERVICE("{ run: x, name: a/b }"), ":3:36: error: 'a/b' is not a service's name"},
	{SERVICE("{ run: x, as: jo }"),
	 ":3:34: error: unknown user 'jo' on host 'a'; did you mean 'joe'?"},
	{SERVICE("{ run: x, timeout: 61s }"), ":3:39: error: '61s' is not a time from 10ms to 60s"},
	{SERVICE("{ run: x, timeout: soon }"), ":3:39: error: 'soon' is not a time"},
	{SERVICE("{ run: x, variants: [] }"),
	 ":3:40: error: a service that is in no variant is never there"},
	{SERVICE("{ run: x, variants: [on] }"),
	 ":3:41: error: unknown variant 'on'; did you mean 'one'?"},
	{SERVICE("{ run: x, variants: one }"),
	 ":3:40: error: wanted here: variants (a list), not a text"},
	{SERVICE("{ run: /bin/x }, { run: 'x -y' }"), ":3:39: error: a second service 'x'; the "
						      "first is on line 3"},
	{SERVICE("{ run: x, variants: [one] }, { run: x }"), ":3:51: error: a second service 'x'"},
	{SERVICE("{ run: x, ready: 80 }"), ":3:37: error: '80' is not a port such as tcp/80"},
	{SERVICE("{ run: x, ready: tcp/0 }"), ":3:37: error: 'tcp/0' is not a port such as"},
	{SERVICE("{ run: x, ready: tcp/80x }"), ":3:37: error: 'tcp/80x' is not a port such as"},
	{SERVICE("{ run: x, ready: { unix: run/s } }"),
	 ":3:45: error: 'run/s' is not an absolute path"},
	{SERVICE("{ run: x, ready: { file: '' } }"), ":3:46: error: '' is not an absolute path"},
	{SERVICE("{ run: x, ready: { fil: /x } }"),
	 ":3:39: error: unknown way to be ready 'fil'; did you mean 'file'?"},
	{SERVICE("{ run: x, ready: { file: /x, unix: /y } }"),
	 ":3:39: error: one key is wanted here; several are a list"},
	{SERVICE("{ run: x, ready: { run: [] } }"), ":3:44: error: a command line has from 1"},
	{SERVICE("{ run: x, ready: [[tcp/80]] }"), ":3:38: error: wanted here: what to see that"},
	{SERVICE("{ run: x, ready: [a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a,a] }"),
	 ":3:37: error: 17 ways to be ready; at most 16 are possible"},
	{SERVICE("{ run: x, as: { inside: y } }, { run: y }"),
	 ":3:36: error: unknown service 'y' of host 'a'"},
	{JAIL("{ run: y, variants: [one] }, { run: x, as: { inside: y } }"),
	 ":4:65: error: there is no service 'y' in variant 'two', in which this is run too"},
	/* By variant */
	{SERVICE("{ run: x, as: { one: joe } }"),
	 ":3:36: error: nobody is named for 'two'; add it, or 'else'"},
	{SERVICE("{ run: x, variants: [one], as: { one: jo } }"), ": error: unknown user 'jo'"},
	/* What cannot be a jail is none to be inside of. */
	{SERVICE("{ run: y }, { run: x, as: { inside: y } }"),
	 ":3:48: error: service 'y' has no namespaces of its own to be inside of: it is not 'as: { "
	 "network: none }', and to make some takes 'jails: true' in the scenario"},
	{SERVICE("{ run: y, as: { one: { network: none }, two: joe } }, { run: x, as: { inside: y "
		 "} }"),
	 ": error: service 'y' has no namespaces of its own"},
	{SERVICE("{ run: y, variants: [one] }, { run: x, as: { one: joe, two: { inside: y } } }"),
	 ": error: there is no service 'y' in variant 'two'"},
	{SERVICE("{ run: y, variants: [one] }, { run: x, as: { two: joe, else: { inside: z } } }"),
	 ": error: unknown service 'z' of host 'a'"},
};

static const struct row inside_rows[] = {
	{PROBES("- { from: a, as: { inside: wep }, ping: a, expect: allow }"),
	 ":6:20: error: unknown service 'wep' of host 'a' (those that are run have names); did you "
	 "mean 'web'?"},
	{PROBES("- { from: b, as: { inside: web }, ping: a, expect: allow }"),
	 ":6:20: error: unknown service 'web' of host 'b'"},
	{PROBES("- { from: a, as: { inside: y }, ping: a, expect: allow }"),
	 ":6:20: error: there is no service 'y' in variant 'two'"},
	{PROBES("- { from: a, as: { one: root, else: { inside: y } }, ping: a, expect: allow }"),
	 ":6:39: error: there is no service 'y' in variant 'two'"},
	{PROBES("- { from: a, as: { inside: web, root: r }, ping: a, expect: allow }"),
	 ":6:28: error: what is inside a service has that service's root"},
	{PROBES("- { from: b, ping: a, expect: allow at a/wep }"),
	 ":6:42: error: unknown service 'wep' of host 'a'"},
	{PROBES("- { from: b, ping: a, expect: allow at c/web }"),
	 ":6:40: error: unknown host 'c'"},
	{PROBES("- { from: b, ping: a, expect: drop at a/web }"),
	 ":6:39: error: 'a/web': a drop by a service's own rules is heard by nobody, and comes to "
	 "'unreachable'"},
	{PROBES("- { from: b, ping: a, expect: { outcome: drop, at: a/web, by: x } }"),
	 "a drop by a service's own rules is heard by nobody"},
	{PROBES("- { from: b, ping: a, expect: { outcome: reject at a/web, by: x } }"),
	 ":6:33: error: 'a/web': of a service's own rules nobody hears which it was"},
	{PROBES("- { from: b, ping: a, expect: { outcome: deny, at: a/web, hook: input } }"),
	 "of a service's own rules nobody hears which it was"},
	{PROBES("- { from: b, ping: a, expect: reject at a/wep }"),
	 ":6:43: error: unknown service 'wep' of host 'a'"},
};

TABLE(start)
TABLE(service)
TABLE(inside)

static void is_read(void **state)
{
	static const char text[] =
		"name: t\n"
		"jails: true\n"
		"hosts:\n"
		"  a:\n"
		"    users: { joe: 1000 }\n"
		"    start: [p.nft, q.ferm]\n"
		"    services:\n"
		"      - tcp/22\n"
		"      - { run: [/usr/sbin/lighttpd, -D], as: joe, variants: [two], timeout: 2s,\n"
		"          ready: [tcp/80, udp/53, { unix: /s }, { file: /f }, { run: test -e x }] "
		"}\n"
		"      - { run: exec ./x, name: lighttpd, variants: [one], ready: tcp/81 }\n"
		"      - { run: y, as: { inside: lighttpd, user: 7 } }\n"
		"      - { run: z, as: { one: joe }, variants: [one] }\n"
		"      - { run: u, variants: [two] }\n"
		"      - { run: v, as: { two: { inside: u }, one: { network: none } } }\n"
		"variants: { one: , two: }\n"
		"probes:\n"
		"  - { from: a, as: { inside: lighttpd, user: joe }, ping: a, expect: allow at "
		"a/lighttpd }\n";
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	assert_non_null(scenario);
	const struct host *host = &scenario->hosts[0];
	assert_int_equal(host->n_start, 2);
	assert_string_equal(host->start[1].shown, "q.ferm");
	assert_string_equal(host->start[1].kind->name, "script");
	assert_int_equal(host->n_services, 1);
	assert_int_equal(host->n_daemons, 6);

	const struct daemon *first = &host->daemons[0];
	assert_string_equal(first->name, "lighttpd");
	assert_string_equal(first->argv[1], "-D");
	assert_null(first->argv[2]);
	assert_string_equal(first->as.user, "joe");
	assert_int_equal(first->timeout_ms, 2000);
	assert_false(daemon_is_in(first, 0));
	assert_true(daemon_is_in(first, 1));
	assert_ptr_equal(find_daemon(host, "lighttpd", 1), first);
	assert_int_equal(first->n_ready, 5);
	static const enum ready_kind kinds[] = {READY_TCP, READY_UDP, READY_UNIX, READY_FILE,
						READY_RUN};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(first->ready[i].kind, kinds[i]);
	assert_int_equal(first->ready[1].port, 53);
	assert_string_equal(first->ready[3].path, "/f");
	assert_string_equal(first->ready[4].text, "test -e x");

	const struct daemon *second = &host->daemons[1];
	assert_ptr_equal(find_daemon(host, "lighttpd", 0), second);
	assert_string_equal(second->argv[2], "exec ./x");
	assert_int_equal(second->timeout_ms, 10000);
	assert_string_equal(second->as.text, "root");

	assert_string_equal(scenario_actor(&host->daemons[3].as, 0)->user, "joe");
	const struct actor *by_variant = &host->daemons[5].as;
	assert_true(scenario_actor(by_variant, 0)->confinement.no_network);
	assert_string_equal(scenario_actor(by_variant, 1)->inside, "u");

	assert_string_equal(host->daemons[2].name, "y");
	assert_string_equal(host->daemons[2].as.inside, "lighttpd");
	assert_string_equal(scenario->probes[0].as.text, "joe in lighttpd");
	const struct expectation *expected =
		scenario_expectation(&scenario->probes[0], 0, FAMILY_ANY);
	assert_string_equal(expected->spot, "a/lighttpd");
	assert_int_equal(expected->at, NONE);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(test_start),
		TEST(test_service),
		TEST(test_inside),
		TEST(is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
