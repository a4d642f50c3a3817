/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trace tells of each kind of rule: order, text, and what became of the packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <nftables/libnftables.h>

#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

/* A SYN to port 80 of far, and what its way tells where a policy is. */
static const struct {
	const char *name;
	int host;
	const char *policy;
	const char *v4; /* the story over either family */
	const char *v6; /* NULL: the same */
} cases[] = {
	{"nft, a rule at output", NEAR,
	 NFT(BASE("output", "accept", "tcp dport 81 drop\ntcp dport 80 drop\naccept\n")),
	 "inet fw output: tcp dport 80 drop [drop]\n", NULL},
	{"nft, a policy at output", NEAR, NFT(BASE("output", "drop", "tcp dport 81 accept\n")),
	 "inet fw output: policy drop [drop]\n", NULL},
	{"nft, a rule at input", FAR, NFT(BASE("input", "accept", "tcp dport 80 drop\n")),
	 "inet fw input: tcp dport 80 drop [drop]\n", NULL},
	{"nft, a rule at forward", WAY, NFT(BASE("forward", "accept", "tcp dport 80 drop\n")),
	 "inet fw forward: tcp dport 80 drop [drop]\n", NULL},
	{"nft, reject at forward", WAY,
	 NFT(BASE("forward", "accept", "reject with icmpx admin-prohibited\n")),
	 "inet fw forward: reject with icmpx admin-prohibited [reject]\n", NULL},
	{"nft, user chains", NEAR,
	 NFT("chain inner { return; }\nchain middle { jump inner\n tcp dport 80 drop\n }\n" BASE(
		 "output", "accept", "jump middle\n")),
	 "inet fw output: jump middle\ninet fw middle: jump inner\ninet fw inner: return\n"
	 "inet fw middle: tcp dport 80 drop [drop]\n",
	 NULL},
	{"nft, a chain's end", NEAR,
	 NFT("chain inner { tcp dport 81 drop; }\n" BASE("output", "drop", "goto inner\n")),
	 "inet fw output: goto inner\ninet fw output: policy drop [drop]\n", NULL},
	{"nft, a set", NEAR,
	 NFT("set s { type inet_service; elements = { 80, 81 }\n }\n" BASE("output", "accept",
									   "tcp dport @s drop\n")),
	 "inet fw output: tcp dport @s drop [drop]\n", NULL},
	{"nft, a map and a mark", NEAR,
	 NFT("map m { type inet_service : mark; elements = { 80 : 7 }\n }\n" BASE(
		 "output", "accept", "meta mark set tcp dport map @m\nmeta mark 7 drop\n")),
	 "inet fw output: meta mark set tcp dport map @m\n"
	 "inet fw output: meta mark 0x00000007 drop [drop]\n",
	 NULL},
	{"nft, a verdict map that drops", NEAR,
	 NFT("map m { type inet_service : verdict; elements = { 80 : drop }\n }\n" BASE(
		 "output", "accept", "tcp dport vmap @m\n")),
	 "inet fw output: tcp dport vmap @m [drop]\n", NULL},
	{"nft, a verdict map that goes to a chain", NEAR,
	 NFT("chain no { reject\n }\n" BASE("output", "accept",
					    "tcp dport vmap { 80 : goto no, 81 : drop }\n")),
	 "inet fw output: tcp dport vmap { 80 : goto no, 81 : drop }\n"
	 "inet fw no: reject [reject]\n",
	 NULL},
	{"nft, a chain inside a rule", NEAR,
	 NFT(BASE("output", "accept",
		  "ip daddr 10.9.9.9 jump { tcp sport 1 drop; tcp sport 2 drop; }\n"
		  "tcp dport 80 drop\n")),
	 "inet fw output: tcp dport 80 drop [drop]\n", NULL},
	{"nft, several tables in the order of their priorities", NEAR,
	 "nft -f - <<'END'\ntable inet late { " BASE(
		 "output", "accept", "tcp dport 80 drop\n") "}\ntable inet early {\nchain o { type "
							    "filter hook output priority -10;\n"
							    "tcp dport 80 accept\n }\n}\nEND\n",
	 "inet early o: tcp dport 80 accept\ninet late output: tcp dport 80 drop [drop]\n", NULL},
	{"nft, comments and prefixes that lie", NEAR,
	 NFT(BASE("output", "accept",
		  "log prefix \"reject\" drop comment \"accept # handle 1\"\n")),
	 "inet fw output: log prefix \"reject\" drop comment \"accept # handle 1\" [drop]\n", NULL},
	{"iptables-nft, user chains", NEAR,
	 "for t in iptables-nft ip6tables-nft; do $t -N mine; $t -A OUTPUT -p tcp --dport 80 -j "
	 "mine\n"
	 "$t -A mine -j REJECT; done",
	 "ip filter OUTPUT: tcp dport 80 counter jump mine\n"
	 "ip filter mine: counter reject [reject]\n",
	 "ip6 filter OUTPUT: tcp dport 80 counter jump mine\n"
	 "ip6 filter mine: counter reject [reject]\n"},
	{"iptables-nft, a policy", FAR,
	 "iptables-nft -P INPUT DROP; ip6tables-nft -A INPUT -p ipv6-icmp -j ACCEPT; "
	 "ip6tables-nft -P INPUT DROP",
	 "ip filter INPUT: policy drop [drop]\n", "ip6 filter INPUT: policy drop [drop]\n"},
	{"iptables-legacy, user chains", NEAR,
	 "for t in iptables-legacy ip6tables-legacy; do $t -N a:b; $t -N in; $t -A OUTPUT -o lo -j "
	 "DROP\n"
	 "$t -A OUTPUT -p tcp -j a:b; $t -A a:b -j in; $t -A in -j RETURN; $t -A a:b -j REJECT; "
	 "done",
	 "legacy ip filter OUTPUT: -A OUTPUT -p tcp -j a:b\n"
	 "legacy ip filter a:b: -A a:b -j in\n"
	 "legacy ip filter in: -A in -j RETURN\n"
	 "legacy ip filter a:b: -A a:b -j REJECT --reject-with icmp-port-unreachable [reject]\n",
	 "legacy ip6 filter OUTPUT: -A OUTPUT -p tcp -j a:b\n"
	 "legacy ip6 filter a:b: -A a:b -j in\n"
	 "legacy ip6 filter in: -A in -j RETURN\n"
	 "legacy ip6 filter a:b: -A a:b -j REJECT --reject-with icmp6-port-unreachable [reject]\n"},
	{"iptables-legacy, a rule without conditions", NEAR,
	 "for t in iptables-legacy ip6tables-legacy; do $t -A OUTPUT -o lo -j ACCEPT\n"
	 "$t -A OUTPUT -j DROP; done",
	 "legacy ip filter OUTPUT: -A OUTPUT -j DROP [drop]\n",
	 "legacy ip6 filter OUTPUT: -A OUTPUT -j DROP [drop]\n"},
	{"iptables-legacy, a rule without conditions in a user chain", FAR,
	 "for t in iptables-legacy ip6tables-legacy; do $t -N mine; $t -A mine -j DROP\n"
	 "$t -A mine -j ACCEPT; $t -A INPUT -p tcp -g mine; done",
	 "legacy ip filter INPUT: -A INPUT -p tcp -g mine\n"
	 "legacy ip filter mine: -A mine -j DROP [drop]\n",
	 "legacy ip6 filter INPUT: -A INPUT -p tcp -g mine\n"
	 "legacy ip6 filter mine: -A mine -j DROP [drop]\n"},
	{"iptables-legacy, a policy at forward", WAY,
	 "iptables-legacy -P FORWARD DROP; ip6tables-legacy -P FORWARD DROP",
	 "legacy ip filter FORWARD: policy DROP [drop]\n",
	 "legacy ip6 filter FORWARD: policy DROP [drop]\n"},
	{"iptables-legacy, a comment that lies, at input", FAR,
	 "for t in iptables-legacy ip6tables-legacy; do\n"
	 "$t -A INPUT -p tcp -m comment --comment 'has \"a\" -j REJECT' -j DROP; done",
	 "legacy ip filter INPUT: -A INPUT -p tcp -m comment --comment "
	 "\"has \\\"a\\\" -j REJECT\" -j DROP [drop]\n",
	 "legacy ip6 filter INPUT: -A INPUT -p tcp -m comment --comment "
	 "\"has \\\"a\\\" -j REJECT\" -j DROP [drop]\n"},
	{"legacy and nft, in the order of their priorities", NEAR,
	 "for t in iptables-legacy ip6tables-legacy; do $t -t raw -A OUTPUT -j ACCEPT\n"
	 "$t -A OUTPUT -p tcp -j DROP; done\n"
	 "nft 'table inet fw { chain o { type filter hook output priority -200; accept; }; }'",
	 "legacy ip raw OUTPUT: -A OUTPUT -j ACCEPT\ninet fw o: accept\n"
	 "legacy ip filter OUTPUT: -A OUTPUT -p tcp -j DROP [drop]\n",
	 "legacy ip6 raw OUTPUT: -A OUTPUT -j ACCEPT\ninet fw o: accept\n"
	 "legacy ip6 filter OUTPUT: -A OUTPUT -p tcp -j DROP [drop]\n"},
};

static void follow(struct fixture *f, size_t i, const char *to, const char *story)
{
	open_trace(f, cases[i].host);
	load(f, cases[i].host, cases[i].policy);
	learn(f, cases[i].host);
	syn(f, to, 80);
	assert_story(f, story);
	for (size_t k = 0; k < f->n_events; k++) {
		const struct sim_packet *packet = &f->events[k].packet;
		assert_int_equal(packet->protocol, IPPROTO_TCP);
		assert_int_equal(packet->dport, 80);
		assert_int_equal(packet->tcp_flags & (SIM_TCP_SYN | SIM_TCP_ACK), SIM_TCP_SYN);
	}
}

static void test_rules(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (int v6 = 0; v6 < 2; v6++) {
			print_message("%s, IPv%d\n", cases[i].name, v6 ? 6 : 4);
			follow(f, i, v6 ? "fd00:9:2::2" : "10.9.2.2",
			       v6 && cases[i].v6 ? cases[i].v6 : cases[i].v4);
			clear(f);
			assert_int_equal(build(f, true), 0);
		}
}

/*
 * A rule whose target is not known would look as if it did nothing: such are not told of. Here
 * libxtables has none: where to look it asks the environment once. The programs, which have an
 * environment of their own, have.
 */
static void test_extensions(void **state)
{
	struct fixture *f = *state;
	load(f, NEAR, "iptables-nft -A OUTPUT -j REJECT");
	assert_int_equal(sim_ruleset_read(f->hosts[NEAR], &f->ruleset, &f->err), -1);
	assert_non_null(strstr(f->err.text, "iptables' extension for REJECT could not be loaded"));
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rules, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

static int run_without_extensions(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_extensions, setup, teardown),
	};
	setenv("XTABLES_LIBDIR", "/nowhere", true);
	nft_ctx_free(nft_ctx_new(NFT_CTX_DEFAULT));
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	int status = in_namespaces(run_all);
	return status ? status : in_namespaces(run_without_extensions);
}
