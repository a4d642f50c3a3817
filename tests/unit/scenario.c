/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios that are as they should be, and what is made of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>
#include <netinet/in.h>

#include "tests/unit/scenario_file.h"

static const char complete[] =
	"name: pbuilder-apt\n"
	"title: apt in a chr\xc3\xb6\xc3\xb6t\n"
	"networks:\n"
	"  lan: { subnets: [10.10.20.0/24, \"fd00:10:20::/64\"] }\n"
	"  wan:\n"
	"hosts:\n"
	"  buildd:\n"
	"    links:\n"
	"      ens3: { network: lan, addresses: [10.10.20.10, \"fd00:10:20::10/64\"] }\n"
	"      ens4: gate/br0\n"
	"    routes: [ { to: default, via: 10.10.20.99 }, { to: 'fd01::/48', via: 'fd00:10:20::1' "
	"} ]\n"
	"    resolver: ns\n"
	"    groups: { wheel: { gid: 50, members: [uuidd, www-data] }, uuidd: 777 }\n"
	"    users: { uuidd: 100, Debian-exim: { uid: 107, gid: 8, groups: [wheel] } }\n"
	"    cgroups: { pbuilder: { net_cls: \"10:10\" },\n"
	"               a/b: { v2: yes, egress: { allow: [127.0.0.0/8, '::1'] } } }\n"
	"    roots: { pbuilder: { users: { _apt: 100 } }, bare: }\n"
	"  ns:\n"
	"    links: { eth0: lan }\n"
	"    services:\n"
	"      - dns: { records: { Deb.Debian.Org.: mirror, x.org: [10.0.0.1, 'fd00::1', ns] },\n"
	"               forward: mirror, as: daemon }\n"
	"  mirror:\n"
	"    links: { eth0: lan }\n"
	"    services: [ { apt: { suite: stretch } }, tcp/25, { udp: { port: 7, as: nobody } },\n"
	"                { http: 8080 }, dns ]\n"
	"  gate:\n"
	"    forwarding: true\n"
	"    links: { eth0: wan }\n"
	"    bridges: { br0: [10.9.0.1/16, 'fd09::1/64'] }\n"
	"variants:\n"
	"  blocked: { buildd: { nft: p.nft, ferm: q.ferm } }\n"
	"  open:\n"
	"  both: { buildd: [ { ferm: q.ferm }, { nft: ./p.nft } ], ns: { nft: p.nft } }\n"
	"probes:\n"
	"  - name: root's apt\n"
	"    from: buildd\n"
	"    fetch: http://deb.debian.org:81/debian\n"
	"    expect: { blocked: { ipv4: reject icmp-admin-prohibited, else: drop }, both: deny,\n"
	"              ipv6: unreachable, else: allow at mirror }\n"
	"  - from: buildd\n"
	"    as: { user: _apt, root: pbuilder, group: 5, groups: [root, 9], cgroup: a/b, "
	"no_new_privs: yes }\n"
	"    connect: mirror:25/tcp\n"
	"    family: ipv6\n"
	"    timeout: 2s\n"
	"    expect: &ok allow\n"
	"  - { from: ns, as: 4711, connect: '[fd00:10:20::10]:9/udp', expect: *ok }\n"
	"  - { from: ns, ping: mirror, timeout: 300ms, expect: drop }\n"
	"  - { from: buildd, resolve: x.org, expect: allow, timeout: 50 }\n"
	"  - { from: buildd, resolve: { name: x.org, server: 10.10.20.7 }, expect: allow }\n"
	"  - { from: ns, run: 'true; false', expect: { blocked: exit 1, else: exit 2 } }\n"
	"  - { from: ns, run: { argv: [printf, ''], exit: 3, output: { open: o, else: e } } }\n"
	"  - { from: ns, run: [id] }\n"
	"  - { from: mirror, fetch: { url: 'http://[fd00:10:20::10]/', status: 404 }, expect: "
	"allow }\n";

static const struct scenario *read_complete(void **state)
{
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, complete, strlen(complete));
	if (!scenario)
		fail_msg("%s", file->messages);
	assert_string_equal(file->messages, "");
	return scenario;
}

static void assert_prefix(const struct sim_prefix *prefix, const char *text)
{
	char shown[SIM_PREFIX_TEXT];
	assert_string_equal(sim_prefix_text(prefix, shown), text);
}

static void test_head(void **state)
{
	const struct scenario *scenario = read_complete(state);
	assert_string_equal(scenario->name, "pbuilder-apt");
	assert_string_equal(scenario->title, "apt in a chr\xc3\xb6\xc3\xb6t");
	char *folder = realpath(((struct scenario_file *)*state)->folder, NULL);
	assert_string_equal(scenario->folder, folder);
	free(folder);
	assert_int_equal(scenario->n_networks, 3);
	assert_int_equal(scenario->n_hosts, 4);
	assert_int_equal(scenario->n_variants, 3);
	assert_int_equal(scenario->n_probes, 10);
}

static void test_networks(void **state)
{
	const struct network *networks = read_complete(state)->networks;
	assert_string_equal(networks[0].name, "lan");
	assert_int_equal(networks[0].place.line, 4);
	assert_int_equal(networks[0].place.column, 3);
	assert_int_equal(networks[0].n_subnets, 2);
	assert_prefix(&networks[0].subnets[1], "fd00:10:20::/64");
	assert_true(networks[0].owner == NONE);
	assert_int_equal(networks[1].n_subnets, 0);
	assert_string_equal(networks[2].name, "gate/br0");
	assert_string_equal(networks[2].bridge, "br0");
	assert_int_equal(networks[2].owner, 3);
	assert_prefix(&networks[2].subnets[0], "10.9.0.0/16");
	assert_prefix(&networks[2].bridge_addresses[0], "10.9.0.1/16");
	assert_prefix(&networks[2].bridge_addresses[1], "fd09::1/64");
}

static void test_links_and_routes(void **state)
{
	const struct host *hosts = read_complete(state)->hosts;
	const struct host *buildd = &hosts[0];
	assert_int_equal(buildd->n_links, 2);
	assert_string_equal(buildd->links[0].ifname, "ens3");
	assert_int_equal(buildd->links[0].n_addresses, 2);
	assert_prefix(&buildd->links[0].addresses[0], "10.10.20.10/24");
	assert_prefix(&buildd->links[0].addresses[1], "fd00:10:20::10/64");
	assert_int_equal(buildd->links[1].network, 2);
	assert_int_equal(buildd->links[1].n_addresses, 0);
	assert_int_equal(buildd->n_routes, 2);
	assert_prefix(&buildd->routes[0].to, "0.0.0.0/0");
	assert_prefix(&buildd->routes[0].via, "10.10.20.99/32");
	assert_prefix(&buildd->routes[1].to, "fd01::/48");
	assert_int_equal(buildd->resolver, 1);
	assert_false(buildd->forwarding);
	assert_true(hosts[3].forwarding);
	assert_true(hosts[1].resolver == NONE);
}

static void test_accounts(void **state)
{
	const struct host *buildd = &read_complete(state)->hosts[0];
	const struct accounts *accounts = &buildd->accounts;
	assert_int_equal(accounts->n_groups, 2);
	assert_int_equal(accounts->groups[0].gid, 50);
	/* uuidd, Debian-exim, and www-data, who became a member. */
	assert_int_equal(accounts->n_users, 3);
	assert_int_equal(accounts->users[0].uid, 100);
	assert_int_equal(accounts->users[0].gid, 777);
	assert_int_equal(accounts->users[0].n_groups, 1);
	assert_string_equal(accounts->users[0].groups[0], "wheel");
	assert_int_equal(accounts->users[1].gid, 8);
	assert_string_equal(accounts->users[1].groups[0], "wheel");
	assert_string_equal(accounts->users[2].name, "www-data");
	assert_int_equal(accounts->users[2].uid, 33);
	assert_string_equal(accounts->users[2].groups[0], "wheel");

	assert_int_equal(buildd->n_cgroups, 2);
	assert_int_equal(buildd->cgroups[0].classid, 0x100010);
	assert_null(buildd->cgroups[0].egress);
	assert_int_equal(buildd->cgroups[1].n_egress, 2);
	assert_prefix(&buildd->cgroups[1].egress[0], "127.0.0.0/8");
	assert_prefix(&buildd->cgroups[1].egress[1], "::1/128");
	assert_false(buildd->cgroups[0].v2);
	assert_string_equal(buildd->cgroups[1].name, "a/b");
	assert_int_equal(buildd->cgroups[1].classid, 0);
	assert_true(buildd->cgroups[1].v2);
	assert_int_equal(buildd->n_roots, 2);
	assert_int_equal(buildd->roots[0].accounts.users[0].uid, 100);
	assert_int_equal(buildd->roots[0].accounts.users[0].gid, 100);
	assert_int_equal(buildd->roots[1].accounts.n_users, 0);
}

static void test_services(void **state)
{
	const struct host *hosts = read_complete(state)->hosts;
	const struct service *dns = &hosts[1].services[0];
	assert_int_equal(dns->kind, SERVICE_DNS);
	assert_int_equal(dns->port, 53);
	assert_string_equal(dns->as, "daemon");
	assert_int_equal(dns->forward, 2);
	assert_int_equal(dns->n_records, 2);
	assert_string_equal(dns->records[0].name, "deb.debian.org");
	assert_int_equal(dns->records[0].host, 2);
	assert_int_equal(dns->records[0].n_addresses, 0);
	assert_int_equal(dns->records[1].host, 1);
	assert_int_equal(dns->records[1].n_addresses, 2);
	assert_prefix(&dns->records[1].addresses[1], "fd00::1/128");

	static const struct {
		enum service_kind kind;
		uint16_t port;
	} wanted[] = {{SERVICE_APT, 80},
		      {SERVICE_TCP, 25},
		      {SERVICE_UDP, 7},
		      {SERVICE_HTTP, 8080},
		      {SERVICE_DNS, 53}};
	assert_int_equal(hosts[2].n_services, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(hosts[2].services[i].kind, wanted[i].kind);
		assert_int_equal(hosts[2].services[i].port, wanted[i].port);
		assert_true(hosts[2].services[i].forward == NONE);
	}
	assert_string_equal(hosts[2].services[0].suite, "stretch");
	assert_null(hosts[2].services[1].as);
	assert_string_equal(hosts[2].services[2].as, "nobody");
}

static void test_variants(void **state)
{
	const struct scenario *scenario = read_complete(state);
	const struct variant *variants = scenario->variants;
	assert_string_equal(variants[0].name, "blocked");
	assert_int_equal(variants[0].n_sets, 1);
	assert_int_equal(variants[0].sets[0].host, 0);
	assert_int_equal(variants[0].sets[0].n_policies, 2);
	assert_string_equal(variants[0].sets[0].policies[0].kind->name, "nft");
	assert_string_equal(variants[0].sets[0].policies[1].kind->name, "ferm");
	assert_int_equal(variants[1].n_sets, 0);
	const struct policy_set *set = &variants[2].sets[0];
	assert_string_equal(set->policies[0].kind->name, "ferm");
	assert_string_equal(set->policies[1].shown, "./p.nft");
	char path[4200];
	snprintf(path, sizeof(path), "%s/p.nft", scenario->folder);
	assert_string_equal(set->policies[1].path, path);
	assert_int_equal(variants[2].sets[1].host, 1);
}

static void test_probes(void **state)
{
	const struct probe *probes = read_complete(state)->probes;
	assert_int_equal(probes[0].kind, PROBE_FETCH);
	assert_string_equal(probes[0].url_host, "deb.debian.org");
	assert_int_equal(probes[0].url_port, 81);
	assert_int_equal(probes[0].family, FAMILY_ANY);
	assert_string_equal(probes[0].as.text, "root");
	assert_string_equal(probes[0].as.user, "root");

	assert_string_equal(probes[1].name, "_apt in pbuilder, group 5, groups root 9, cgroup a/b, "
					    "no_new_privs: connect mirror:25/tcp");
	assert_string_equal(probes[1].as.user, "_apt");
	assert_int_equal(probes[1].as.uid, 100);
	assert_true(probes[1].as.has_group);
	assert_int_equal(probes[1].as.gid, 5);
	assert_int_equal(probes[1].as.n_groups, 2);
	assert_int_equal(probes[1].as.groups[1], 9);
	assert_string_equal(probes[1].as.cgroup, "a/b");
	assert_string_equal(probes[1].as.root, "pbuilder");
	assert_true(probes[1].as.confinement.no_new_privs);
	assert_int_equal(probes[1].family, FAMILY_IPV6);
	assert_int_equal(probes[1].timeout_ms, 2000);
	assert_int_equal(probes[1].target.host, 2);
	assert_string_equal(probes[1].target.text, "mirror");
	assert_int_equal(probes[1].port, 25);
	assert_int_equal(probes[1].protocol, IPPROTO_TCP);

	assert_null(probes[2].as.user);
	assert_int_equal(probes[2].as.uid, 4711);
	assert_string_equal(probes[2].as.text, "uid 4711");
	assert_true(probes[2].target.host == NONE);
	assert_prefix(&probes[2].target.address, "fd00:10:20::10/128");
	assert_string_equal(probes[2].target.text, "fd00:10:20::10");
	assert_int_equal(probes[2].protocol, IPPROTO_UDP);
	assert_int_equal(probes[2].family, FAMILY_IPV6);

	assert_int_equal(probes[3].timeout_ms, 300);
	assert_string_equal(probes[3].name, "root: ping mirror");
	assert_string_equal(probes[4].question, "x.org");
	assert_null(probes[4].target.text);
	assert_int_equal(probes[4].timeout_ms, 50);
	assert_int_equal(probes[5].family, FAMILY_IPV4);
	assert_string_equal(probes[5].name, "root: resolve x.org at 10.10.20.7");

	assert_string_equal(probes[6].argv[0], "/bin/sh");
	assert_string_equal(probes[6].argv[1], "-c");
	assert_string_equal(probes[6].argv[2], "true; false");
	assert_null(probes[6].argv[3]);
	assert_string_equal(probes[7].argv[1], "");
	assert_null(probes[7].argv[2]);
	assert_int_equal(probes[9].http_status, 404);
	assert_string_equal(probes[9].url_host, "fd00:10:20::10");
	assert_int_equal(probes[9].family, FAMILY_IPV6);
}

static void test_expectations(void **state)
{
	const struct probe *probes = read_complete(state)->probes;
	static const struct {
		size_t probe, variant;
		enum family family;
		const char *text;
	} rows[] = {
		{0, 0, FAMILY_IPV4, "reject admin-prohibited"},
		{0, 0, FAMILY_IPV6, "drop"}, /* the variant's own else, not the family's */
		{0, 2, FAMILY_IPV4, "deny"},
		{0, 2, FAMILY_IPV6, "deny"},
		{0, 1, FAMILY_IPV4, "allow at mirror"},
		{0, 1, FAMILY_IPV6, "unreachable"},
		{1, 2, FAMILY_IPV6, "allow"},
		{6, 0, FAMILY_ANY, "exit 1"},
		{6, 1, FAMILY_ANY, "exit 2"},
		{7, 0, FAMILY_ANY, "exit 3"},
		{8, 0, FAMILY_ANY, "exit 0"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct expectation *expectation = scenario_expectation(
			&probes[rows[i].probe], rows[i].variant, rows[i].family);
		assert_non_null(expectation);
		assert_string_equal(expectation->text, rows[i].text);
	}
	const struct expectation *reject = scenario_expectation(&probes[0], 0, FAMILY_IPV4);
	assert_int_equal(reject->kind, EXPECT_REJECT);
	assert_string_equal(reject->how, "admin-prohibited");
	assert_int_equal(scenario_expectation(&probes[0], 1, FAMILY_IPV4)->at, 2);
	assert_int_equal(scenario_expectation(&probes[6], 0, FAMILY_ANY)->exit_status, 1);

	assert_string_equal(scenario_output(&probes[7], 1), "o");
	assert_string_equal(scenario_output(&probes[7], 0), "e");
	assert_null(scenario_output(&probes[8], 0));
}

static const char on_evidence[] =
	"name: t\n"
	"hosts:\n"
	"  a: { users: { joe: 1000 }, roots: { jail: { users: { jim: 1001 } } } }\n"
	"  b: { users: { bob: 1002 } }\n"
	"variants: { one: { a: { nft: p.nft } }, two: , three: }\n"
	"probes:\n"
	"  - from: a\n"
	"    connect: b:80\n"
	"    expect: { outcome: reject  icmp-admin-prohibited, by: '-j REJECT', at: b, hook: "
	"forward }\n"
	"    log: none\n"
	"  - from: a\n"
	"    connect: b:80\n"
	"    expect:\n"
	"      one: { ipv4: { outcome: drop at a, by: \"it's\" }, else: deny at b }\n"
	"      two: { outcome: allow, at: b }\n"
	"      else: reject tcp-reset at a\n"
	"    log: { one: { prefix: out, uid: joe, gid: 0, group: 7, count: 2, at: a }, else: none "
	"}\n"
	"  - { from: a, as: { user: jim, root: jail }, run: x, log: { two: { uid: jim } } }\n"
	"  - { from: a, connect: 'b:80', expect: allow, log: { uid: bob, at: b } }\n";

static const struct scenario *read_on_evidence(void **state)
{
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, on_evidence, strlen(on_evidence));
	if (!scenario)
		fail_msg("%s", file->messages);
	return scenario;
}

static void test_evidence(void **state)
{
	const struct probe *probes = read_on_evidence(state)->probes;
	static const struct {
		size_t probe, variant;
		enum family family;
		const char *text, *by, *hook;
		size_t at;
	} rows[] = {
		{0, 1, FAMILY_IPV6, "reject admin-prohibited at b, hook forward, by \"-j REJECT\"",
		 "-j REJECT", "forward", 1},
		{1, 0, FAMILY_IPV4, "drop at a, by \"it's\"", "it's", NULL, 0},
		{1, 0, FAMILY_IPV6, "deny at b", NULL, NULL, 1},
		{1, 1, FAMILY_IPV6, "allow at b", NULL, NULL, 1},
		{1, 2, FAMILY_IPV6, "reject tcp-reset at a", NULL, NULL, 0},
		{2, 1, FAMILY_ANY, "exit 0", NULL, NULL, NONE},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct expectation *expectation = scenario_expectation(
			&probes[rows[i].probe], rows[i].variant, rows[i].family);
		assert_string_equal(expectation->text, rows[i].text);
		assert_true(expectation->at == rows[i].at);
		assert_int_equal(!expectation->by, !rows[i].by);
		if (rows[i].by)
			assert_string_equal(expectation->by, rows[i].by);
		assert_int_equal(!expectation->hook, !rows[i].hook);
		if (rows[i].hook)
			assert_string_equal(expectation->hook, rows[i].hook);
	}
	assert_string_equal(scenario_expectation(&probes[1], 2, FAMILY_IPV4)->how, "tcp-reset");
}

static void test_log(void **state)
{
	const struct scenario *scenario = read_on_evidence(state);
	const struct probe *probes = scenario->probes;
	const struct log_expectation *none = scenario_log(&probes[0], 1);
	assert_string_equal(none->text, "");
	assert_true(none->has_count && none->count == 0 && none->at == NONE && !none->prefix);
	assert_ptr_equal(none, scenario_log(&probes[0], 2));

	const struct log_expectation *full = scenario_log(&probes[1], 0);
	assert_string_equal(full->text, "at a, prefix \"out\", group 7, uid joe (1000), gid 0");
	assert_true(full->has_count && full->count == 2 && full->at == 0);
	assert_true(full->has_group && full->group == 7);
	assert_true(full->has_uid && full->uid == 1000 && full->has_gid && full->gid == 0);
	assert_string_equal(full->prefix, "out");
	assert_true(scenario_log(&probes[1], 1)->has_count);

	/* A variant that is not named: nothing is asked. */
	assert_null(scenario_log(&probes[2], 0));
	assert_int_equal(scenario_log(&probes[2], 1)->uid, 1001);
	assert_false(scenario_log(&probes[2], 1)->has_count);
	/* Another host's names are its own. */
	assert_int_equal(scenario_log(&probes[3], 0)->uid, 1002);
	for (size_t i = 0; i < scenario->n_variants; i++)
		assert_true(scenario_asks_evidence(scenario, i));
}

static void test_asking_for_evidence(void **state)
{
	static const struct {
		const char *expect;
		const char *asked; /* in these variants */
	} rows[] = {
		{"expect: allow at b", ""},
		{"expect: reject tcp-reset", ""},
		{"expect: drop at b", "01"},
		{"expect: { one: { outcome: deny, by: x }, else: deny }", "0"},
		{"expect: { two: { ipv6: { outcome: deny, hook: input }, else: drop }, else: "
		 "deny }",
		 "1"},
		{"expect: deny, log: { two: none }", "1"},
		{"expect: deny, log: { two: { uid: 0 }, else: none }", "01"},
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		snprintf(text, sizeof(text),
			 "name: t\nhosts: { a: , b: }\nvariants: { one: , two: }\nprobes:\n"
			 "- { from: a, connect: 'b:80', expect: allow }\n"
			 "- { from: a, connect: 'b:80', %s }\n",
			 rows[i].expect);
		const struct scenario *scenario = read_scenario(*state, text, strlen(text));
		assert_non_null(scenario);
		for (size_t v = 0; v < 2; v++)
			assert_int_equal(scenario_asks_evidence(scenario, v),
					 strchr(rows[i].asked, '0' + (int)v) != NULL);
	}
}

/* Names that are not given are different all the same, whatever names are given. */
static void test_names_of_probes(void **state)
{
	static const char text[] =
		"name: t\nhosts: { a: , b: }\nprobes:\n"
		"- { from: a, ping: b, expect: allow }\n"
		"- { from: b, ping: b, expect: allow }\n"
		"- { from: a, ping: b, expect: allow }\n"
		"- { from: a, ping: a, expect: allow }\n"
		"- { name: 'root: ping a', from: a, ping: b, expect: allow }\n"
		"- { name: 'root: ping b (probe 3)', from: a, ping: b, expect: allow "
		"}\n";
	static const char *const names[] = {
		"root: ping b",
		"root: ping b (probe 2)",
		"root: ping b (probe 3) (probe 3)",
		"root: ping a (probe 4)",
		"root: ping a",
		"root: ping b (probe 3)",
	};
	const struct scenario *scenario = read_scenario(*state, text, strlen(text));
	assert_non_null(scenario);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_string_equal(scenario->probes[i].name, names[i]);
}

static void test_least(void **state)
{
	static const char text[] = "name: first\n"
				   "hosts:\n"
				   "  client:\n"
				   "  server: { services: [tcp/80] }\n"
				   "policies: { server: { nft: p.nft } }\n"
				   "probes:\n"
				   "  - { from: client, connect: server:80/tcp, expect: allow }\n";
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	assert_non_null(scenario);
	assert_string_equal(scenario->title, "");
	assert_int_equal(scenario->n_networks, 0);
	assert_true(scenario_shared_network(scenario) == NONE);
	assert_int_equal(scenario->n_variants, 1);
	assert_string_equal(scenario->variants[0].name, "default");
	assert_int_equal(scenario->variants[0].n_sets, 1);
	assert_int_equal(scenario->variants[0].sets[0].host, 1);
	assert_int_equal(scenario->probes[0].family, FAMILY_ANY);
}

/* What has one family only narrows the probes to it. */
static void test_families(void **state)
{
	static const char text[] =
		"name: t\n"
		"networks: { four: { subnets: [10.1.0.0/24] } }\n"
		"hosts:\n"
		"  a: { resolver: b }\n"
		"  b: { services: [ { dns: { six.org: 'fd00::1', four.org: a } } ] }\n"
		"probes:\n"
		"- { from: a, ping: b, expect: allow }\n"
		"- { from: a, resolve: six.org, expect: allow }\n"
		"- { from: a, fetch: 'http://four.org/', expect: allow }\n";
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	if (!scenario) {
		fail_msg("%s", file->messages);
		return;
	}
	assert_int_equal(scenario_shared_network(scenario), 0);
	for (size_t i = 0; i < scenario->n_probes; i++)
		assert_int_equal(scenario->probes[i].family, FAMILY_IPV4);
}

static bool override(struct scenario_file *file, const struct policy_override *overrides,
		     size_t count)
{
	free(file->messages);
	file->messages = NULL;
	FILE *stream = open_memstream(&file->messages, &file->messages_size);
	assert_non_null(stream);
	bool good = scenario_override(file->scenario, overrides, count, stream);
	assert_int_equal(fclose(stream), 0);
	return good;
}

static void test_override(void **state)
{
	struct scenario_file *file = *state;
	char nft[64], ferm[64];
	read_complete(state);
	snprintf(nft, sizeof(nft), "%s/p.nft", file->folder);
	snprintf(ferm, sizeof(ferm), "%s/q.ferm", file->folder);
	const struct policy_override overrides[] = {
		{"buildd", sim_policy_kind_find("ferm"), ferm},
		{"gate", sim_policy_kind_find("nft"), nft},
		{"buildd", sim_policy_kind_find("nft"), nft},
	};
	assert_true(override(file, overrides, 3));
	assert_string_equal(file->messages, "");
	static const size_t sets[] = {2, 2, 3};
	for (size_t v = 0; v < 3; v++) {
		const struct variant *variant = &file->scenario->variants[v];
		assert_int_equal(variant->n_sets, sets[v]);
		assert_int_equal(variant->sets[0].host, 0);
		assert_int_equal(variant->sets[0].n_policies, 2);
		assert_string_equal(variant->sets[0].policies[0].shown, ferm);
		assert_string_equal(variant->sets[0].policies[1].kind->name, "nft");
		assert_int_equal(variant->sets[sets[v] - 1].host, 3);
	}
	/* What was not replaced is as it was. */
	assert_int_equal(file->scenario->variants[2].sets[1].host, 1);
}

static void test_override_refused(void **state)
{
	struct scenario_file *file = *state;
	read_complete(state);
	const struct policy_override overrides[] = {
		{"bulidd", sim_policy_kind_find("ferm"), "/nonexistent/x"},
	};
	assert_false(override(file, overrides, 1));
	assert_non_null(strstr(file->messages, "unknown host 'bulidd'; did you mean 'buildd'?"));
	assert_non_null(strstr(file->messages, "'/nonexistent/x': there is no such file"));
	assert_int_equal(file->scenario->variants[0].sets[0].n_policies, 2);
	assert_string_equal(file->scenario->variants[0].sets[0].policies[0].kind->name, "nft");
}

static void test_folder(void **state)
{
	struct scenario_file *file = *state;
	write_file(file, "scenario.yaml", complete, strlen(complete));
	FILE *stream = open_memstream(&file->messages, &file->messages_size);
	assert_non_null(stream);
	file->scenario = scenario_read(file->folder, stream);
	assert_int_equal(fclose(stream), 0);
	assert_non_null(file->scenario);
}

/* A probe for each port, of which needs know, too, and which no other probe's name is. */
static void test_ports(void **state)
{
	static const char text[] =
		"name: many\n"
		"hosts: { a: , b: }\n"
		"variants: { one: , two: }\n"
		"probes:\n"
		"  - { name: no way in, from: a, connect: 'b:7,80-82,90/udp', expect: drop }\n"
		"  - { name: 'no way in: 81', from: a, ping: b, expect: allow }\n"
		"  - { from: a, connect: { to: b, port: [22, 25-26] }, expect: allow }\n"
		"needs:\n"
		"  - { feature: bpf, probes: [no way in, no way in, 'no way in: 7'] }\n";
	static const unsigned ports[] = {7, 80, 81, 82, 90};
	struct scenario_file *file = *state;
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	assert_string_equal(file->messages, "");
	assert_int_equal(scenario->n_probes, 9);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(scenario->probes[i].port, ports[i]);
		assert_int_equal(scenario->probes[i].protocol, IPPROTO_UDP);
		assert_ptr_equal(scenario->probes[i].series, scenario->probes[0].series);
	}
	assert_string_equal(scenario->probes[0].series->name, "no way in");
	assert_string_equal(scenario->probes[0].series->ports, "7,80-82,90");
	assert_string_equal(scenario->probes[4].name, "no way in: 90");
	assert_string_equal(scenario->probes[2].name, "no way in: 81 (probe 3)");
	assert_null(scenario->probes[5].series);
	assert_string_equal(scenario->probes[7].name, "root: connect b:22,25-26/tcp: 25");
	assert_int_equal(scenario->needs[0].n_probes, 5);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(test_##name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(head),
		TEST(networks),
		TEST(links_and_routes),
		TEST(accounts),
		TEST(services),
		TEST(variants),
		TEST(probes),
		TEST(expectations),
		TEST(evidence),
		TEST(log),
		TEST(asking_for_evidence),
		TEST(names_of_probes),
		TEST(ports),
		TEST(least),
		TEST(families),
		TEST(override),
		TEST(override_refused),
		TEST(folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
