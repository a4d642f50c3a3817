/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the rules of policies stand that are texts; of scripts: origin_script.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>

#include "tests/support/namespaces.h"
#include "tests/support/origins.h"

static const struct test_file files[] = {
	{"plain.nft",
	 "#!/usr/sbin/nft -f\n"
	 "# rules { that ; look \" like others\n"
	 "flush ruleset\n"
	 "define web = 80\n"
	 "table inet fw {\n"
	 "	set hosts { type ipv4_addr; flags interval\n"
	 "		elements = { 10.0.0.0/8, # one\n"
	 "			     192.168.0.1 }\n"
	 "	}\n"
	 "\n"
	 "	chain mine { comment \"not a rule\"\n"
	 "		udp dport ~ accept\n"
	 "	}\n"
	 "	chain out {\n"
	 "		type filter hook output priority filter; policy drop;\n"
	 "		tcp dport ~ accept; tcp dport ~ drop\n"
	 "\n"
	 "		# tcp dport 99 drop\n"
	 "		tcp dport { ~, $web } \\\n"
	 "			ip saddr @hosts \\\n"
	 "			counter accept comment \"has ; its # own } words\"\n"
	 "		tcp dport vmap {\n"
	 "			22 : accept,\n"
	 "			23 : drop # telnet\n"
	 "		} tcp sport 10022\n"
	 "		tcp dport ~ jump mine\n"
	 "		iif \"lo\" tcp dport ~ log prefix \"a # b; \" reject with icmpx "
	 "admin-prohibited\n"
	 "		tcp dport ~ oif vmap { eth0 : accept, lo : jump mine } comment short\n"
	 "		tcp dport ~ limit rate 1/second burst 5 packets reject; }\n"
	 "	chain in { type filter hook input priority 0; policy accept; }\n"
	 "	chain idle { type filter hook forward priority 0; }\n"
	 "}\n"
	 "insert rule inet fw out tcp dport ~ accept\n"
	 "add rule inet fw out tcp dport ~ ip saddr 1.2.3.4 \\\n"
	 "	drop\n"
	 "add chain inet fw late { type filter hook output priority 5; policy drop; }"},
	{"top.nft", "include \"./inner.nft\"\n"
		    "table inet fw { chain out { tcp dport ~ drop; }; }\n"
		    "include \"inner2.nft\"\n"},
	{"inner.nft", "table inet fw {\n"
		      "	chain out {\n"
		      "		type filter hook output priority 0\n"
		      "		policy drop\n"
		      "		tcp dport ~ accept\n"
		      "	}\n"
		      "}\n"},
	{"inner2.nft", "\n\nadd rule inet fw out tcp dport ~ accept"},
	{"second.nft", "table inet fw {\n"
		       "	chain out {\n"
		       "		tcp dport ~ log prefix \"second\" drop\n"
		       "	}\n"
		       "	chain in { type filter hook input priority 0; policy accept; }\n"
		       "}\n"},
	{"plain.rules", "# Generated\n"
			"*filter\n"
			":INPUT ACCEPT [0:0]\n"
			":OUTPUT DROP [0:0]\n"
			":mine - [0:0]\n"
			"-A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
			"\n"
			"# -A OUTPUT -j DROP\n"
			"-A mine -p udp --dport ~ -j DROP\n"
			"[3:99] -A OUTPUT -p tcp --dport ~ -s 10.0.0.1,10.0.0.2 -j mine\n"
			"-A OUTPUT -m comment --comment \"two words\" -p tcp --dport ~ -j DROP \n"
			"-I OUTPUT 2 -p tcp --dport ~ -j REJECT --reject-with tcp-reset\n"
			"-A OUTPUT -p tcp -m multiport --dports ~,99 -m owner --uid-owner 0\n"
			"COMMIT\n"
			"*nat\n"
			":POSTROUTING ACCEPT\n"
			"-A POSTROUTING -p tcp --dport ~ -j MASQUERADE\n"
			"COMMIT\n"},
	{"again.rules", "*filter\n"
			":OUTPUT ACCEPT\n"
			"\n"
			"-A OUTPUT -p tcp --dport ~ -j DROP\n"
			"COMMIT\n"},
	{"plain.ferm", "# ACCEPT; { \"\n"
		       "@def $quiet = DROP;\n"
		       "@def &let($p) = proto tcp dport $p sport ~ ACCEPT;\n"
		       "@def &both($p) = {\n"
		       "    proto tcp dport $p sport ~ DROP; # an end\n"
		       "    proto udp dport ~ REJECT;\n"
		       "}\n"
		       "\n"
		       "domain (ip ip6) table filter {\n"
		       "    chain (INPUT FORWARD) policy ACCEPT;\n"
		       "    chain OUTPUT {\n"
		       "        policy DROP;\n"
		       "        proto tcp dport ~ ACCEPT; proto (tcp udp) dport ~ DROP;\n"
		       "        mod state state (NEW RELATED) { proto tcp {\n"
		       "            dport ~ ACCEPT;\n"
		       "            sport 99\n"
		       "                dport ~ @subchain \"sub\" {\n"
		       "                    saddr @ipfilter((10.0.0.1 fd00::1))\n"
		       "                        dport ~ NOP;\n"
		       "                    dport ~ jump mine;\n"
		       "                }\n"
		       "        } }\n"
		       "        @if @eq($DOMAIN, ip6) proto tcp dport ~ RETURN;\n"
		       "        @else proto tcp dport ~ LOG log-prefix 'a; # } b';\n"
		       "        &let(80); &both(443);\n"
		       "        proto tcp mod limit limit 1/second\n"
		       "            dport ~ REJECT reject-with tcp-reset;\n"
		       "    }\n"
		       "    chain mine proto tcp dport ~ RETURN;\n"
		       "}\n"},
	{"comments.ferm", "chain OUTPUT {\n"
			  "    mod comment comment \"all of them\" {\n"
			  "        proto tcp dport ~ ACCEPT;\n"
			  "        proto tcp dport ~ DROP;\n"
			  "    }\n"
			  "    @include 'inner.ferm';\n"
			  "    proto tcp dport ~ mod comment comment 'mine' DROP;\n"
			  "}\n"},
	{"inner.ferm", "\n"
		       "proto tcp dport ~ ACCEPT;\n"
		       "policy DROP;\n"},
	{"hook.ferm", "@hook post \"echo ran >>/tmp/hooks\";\n"
		      "chain OUTPUT proto tcp dport ~ ACCEPT;\n"},
	{"command.ferm", "@def $port = `echo ran >>/tmp/hooks; echo 80`;\n"
			 "chain OUTPUT proto tcp dport $port sport ~ ACCEPT;\n"},
};

static const struct trial trials[] = {
	{{{"nft", "plain.nft"}}, "inet fw out", false, 10, 0, "plain.nft", 15},
	{{{"nft", "plain.nft"}}, "inet fw mine", false, 1, 0, NULL, 0},
	{{{"nft", "plain.nft"}}, "inet fw in", false, 0, 0, "plain.nft", 30},
	{{{"nft", "plain.nft"}}, "inet fw idle", false, 0, 0, NULL, 0},
	{{{"nft", "plain.nft"}}, "inet fw late", false, 0, 0, "plain.nft", 36},
	{{{"nft", "top.nft"}}, "inet fw out", false, 3, 0, "inner.nft", 4},
	{{{"nft", "inner.nft"}, {"nft", "second.nft"}}, "inet fw out", false, 2, 0, "inner.nft", 4},
	{{{"iptables-legacy", "plain.rules"}}, "ip filter OUTPUT", true, 6, 0, "plain.rules", 4},
	{{{"iptables-legacy", "plain.rules"}}, "ip filter mine", true, 1, 0, NULL, 0},
	{{{"iptables-legacy", "plain.rules"}}, "ip filter FORWARD", true, 0, 0, NULL, 0},
	{{{"iptables-legacy", "plain.rules"}}, "ip nat POSTROUTING", true, 1, 0, "plain.rules", 16},
	{{{"iptables-nft", "plain.rules"}}, "ip filter OUTPUT", false, 6, 0, "plain.rules", 4},
	{{{"iptables-nft", "plain.rules"}}, "ip nat POSTROUTING", false, 1, 0, "plain.rules", 16},
	{{{"iptables-legacy", "plain.rules"}, {"iptables-legacy", "again.rules"}},
	 "ip filter OUTPUT",
	 true,
	 1,
	 0,
	 "again.rules",
	 2},
	{{{"ip6tables-nft", "again.rules"}, {"iptables-nft", "plain.rules"}},
	 "ip6 filter OUTPUT",
	 false,
	 1,
	 0,
	 "again.rules",
	 2},
	{{{"ferm", "plain.ferm"}}, "ip filter OUTPUT", true, 10, 0, "plain.ferm", 12},
	{{{"ferm", "plain.ferm"}}, "ip6 filter OUTPUT", true, 10, 0, "plain.ferm", 12},
	{{{"ferm", "plain.ferm"}}, "ip6 filter INPUT", true, 0, 0, "plain.ferm", 10},
	{{{"ferm", "plain.ferm"}}, "ip filter sub", true, 2, 0, NULL, 0},
	{{{"ferm", "plain.ferm"}}, "ip filter mine", true, 1, 0, NULL, 0},
	{{{"ferm", "comments.ferm"}}, "ip filter OUTPUT", true, 4, 0, "inner.ferm", 3},
	{{{"ferm", "comments.ferm"}, {"nft", "plain.nft"}},
	 "inet fw out",
	 false,
	 10,
	 0,
	 "plain.nft",
	 15},
	{{{"ferm", "hook.ferm"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
	{{{"ferm", "command.ferm"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
};

static void rules_and_policies(void **state)
{
	for (size_t i = 0; i < COUNT(trials); i++) {
		load(*state, &trials[i]);
		try_rules(*state, &trials[i]);
		try_policy(*state, &trials[i]);
		forget(*state);
	}
}

static void what_else_a_policy_does_is_done_once(void **state)
{
	static const struct trial policies[] = {
		{{{"ferm", "hook.ferm"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
		{{{"ferm", "command.ferm"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
	};
	for (size_t i = 0; i < COUNT(policies); i++) {
		load(*state, &policies[i]);
		assert_int_equal(count_known(*state, &policies[i]), 0);
		assert_string_equal(run(*state, "cat /tmp/hooks; rm /tmp/hooks"), "ran\n");
		forget(*state);
	}
}

static const struct trial simple = {{{"nft", "simple.nft"}}, "inet fw out", false, 1, 0, NULL, 0};
static const char simple_text[] = "flush ruleset\n"
				  "table inet fw {\n"
				  "	chain out {\n"
				  "		tcp dport ~ drop\n"
				  "	}\n"
				  "}\n";

/* A file that is not any more what was loaded; the same rules on other lines are right again. */
static void an_edited_file_is_not_trusted(void **state)
{
	static const char longer[] = "table inet fw { chain out { accept; tcp dport ~ drop; }; }\n";
	static const char broken[] = "table inet fw { chain out { ";
	static const struct {
		const char *text;
		size_t known;
	} edits[] = {{simple_text, 1}, {longer, 0}, {broken, 0}, {"", 0}, {NULL, 0}};
	for (size_t i = 0; i < COUNT(edits); i++) {
		assert_int_equal(make_file("simple.nft", simple_text), 0);
		load(*state, &simple);
		if (edits[i].text)
			assert_int_equal(make_file("simple.nft", edits[i].text), 0);
		else
			assert_int_equal(unlink("simple.nft"), 0);
		assert_int_equal(count_known(*state, &simple), edits[i].known);
		forget(*state);
	}
}

/* A rule that no policy has made, in a chain that one has. */
static void a_chain_that_others_have_changed_is_not_known(void **state)
{
	static const char *const changes[] = {
		"nft insert rule inet fw out accept",
		"nft add rule inet fw out tcp dport 10004 drop",
		"nft insert rule inet fw out tcp dport 10004 drop comment fwlab_0_1",
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		assert_int_equal(make_file("simple.nft", simple_text), 0);
		load(f, &simple);
		sim_ruleset_free(f->ruleset);
		sim_origins_free(f->origins);
		assert_string_equal(run(f, changes[i]), "");
		assert_int_equal(sim_ruleset_read(f->host, &f->ruleset, &f->err), 0);
		f->origins = sim_origins_new(f->host, f->ruleset);
		assert_int_equal(
			sim_origins_add(f->origins, sim_policy_kind_find("nft"), f->paths[0]), 0);
		assert_int_equal(count_known(f, &simple), 0);
		forget(f);
	}
}

static void a_policy_cannot_forge_marks(void **state)
{
	assert_int_equal(make_file("simple.nft", "table inet fw { chain out {\n"
						 "	tcp dport ~ accept comment \"fwlab_0_1\"\n"
						 "}\n}\n"),
			 0);
	load(*state, &simple);
	assert_int_equal(count_known(*state, &simple), 0);
}

static void nothing_else_has_a_line(void **state)
{
	struct fixture *f = *state;
	struct sim_origin origin;
	struct sim_trace_event event = event_of(&simple);
	assert_int_equal(make_file("simple.nft", simple_text), 0);
	load(f, &simple);
	event.kind = SIM_TRACE_LOG;
	assert_false(sim_origins_find(f->origins, &event, &origin));
	event.kind = SIM_TRACE_POLICY;
	assert_false(sim_origins_find(f->origins, &event, &origin));
	event.kind = SIM_TRACE_RULE;
	snprintf(event.chain, sizeof(event.chain), "other");
	assert_false(sim_origins_find(f->origins, &event, &origin));
	sim_origins_free(f->origins);
	f->origins = sim_origins_new(f->host, f->ruleset);
	assert_int_equal(count_known(f, &simple), 0);
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(rules_and_policies),
		TEST(what_else_a_policy_does_is_done_once),
		TEST(an_edited_file_is_not_trusted),
		TEST(a_chain_that_others_have_changed_is_not_known),
		TEST(a_policy_cannot_forge_marks),
		TEST(nothing_else_has_a_line),
	};
	if (make_files(files, COUNT(files)) < 0) {
		perror(folder);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
