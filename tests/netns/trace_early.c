/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trace that reaches further tells of rules that see a packet before, or outside of, IP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/netfilter.h>

#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

#define PLACES_MAX 8

#define TABLE(family, rules) "nft -f - <<'END'\ntable " family " fw {\n" rules "}\nEND\n"
#define CHAIN(name, base, rules)                                                                   \
	"chain " name " {\ntype filter hook " base " priority 0;\n" rules "}\n"

/* In place of near0, with its addresses. */
#define BRIDGE                                                                                     \
	"ip link add br0 type bridge\nip addr flush dev near0\nip link set near0 master br0\n"     \
	"ip addr add 10.9.1.254/24 dev br0\nip addr add fd00:9:1::254/64 dev br0 nodad\n"          \
	"ip link set br0 up\n"

static const struct {
	const char *name;
	int host;
	const char *policy;
	const char *story; /* of a SYN to port 80 of far */
} cases[] = {
	{"netdev, ingress", WAY,
	 TABLE("netdev",
	       CHAIN("in", "ingress device near0", "tcp dport 81 drop\ntcp dport 80 drop\n")),
	 "netdev fw in: tcp dport 80 drop [drop]\n"},
	{"netdev, ingress of several devices, with a policy", WAY,
	 TABLE("netdev", CHAIN("in", "ingress devices = { near0, far0 }",
			       "policy drop; arp operation request accept\n")),
	 "netdev fw in: policy drop [drop]\n"},
	{"netdev, egress", NEAR,
	 TABLE("netdev", CHAIN("out", "egress device eth0", "tcp dport 80 drop\n")),
	 "netdev fw out: tcp dport 80 drop [drop]\n"},
	{"inet, ingress, and then another hook", WAY,
	 TABLE("inet", CHAIN("early", "ingress device near0", "tcp dport 80 counter\n")
			       CHAIN("fw", "forward", "tcp dport 80 drop\n")),
	 "inet fw early: tcp dport 80 counter\ninet fw early: policy accept\n"
	 "inet fw fw: tcp dport 80 drop [drop]\n"},
	{"bridge, and then inet", WAY,
	 BRIDGE TABLE("bridge", CHAIN("in", "input", "tcp dport 80 accept\n"))
		 TABLE("inet", CHAIN("fw", "forward", "tcp dport 80 drop\n")),
	 "bridge fw in: tcp dport 80 accept\ninet fw fw: tcp dport 80 drop [drop]\n"},
	{"bridge, user chains", WAY,
	 BRIDGE TABLE("bridge",
		      "chain no { tcp dport 80 drop; }\n" CHAIN("in", "prerouting", "jump no\n")),
	 "bridge fw in: jump no\nbridge fw no: tcp dport 80 drop [drop]\n"},
};

static void reach(struct fixture *f, bool *changed)
{
	struct sim_place places[PLACES_MAX];
	size_t count = sim_ruleset_places(f->ruleset, places, PLACES_MAX);
	assert_true(count <= PLACES_MAX);
	assert_int_equal(sim_trace_reach(f->trace, places, count, changed, &f->err), 1);
}

static void open_early(struct fixture *f, int host, const char *policy)
{
	bool changed;
	load(f, host, policy);
	open_trace(f, host);
	learn(f, host);
	reach(f, &changed);
	assert_true(changed);
	reach(f, &changed);
	assert_false(changed);
}

static void test_stories(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		clear(f);
		assert_int_equal(build(f, true), 0);
		print_message("%s\n", cases[i].name);
		open_early(f, cases[i].host, cases[i].policy);
		syn(f, "10.9.2.2", 80);
		assert_story(f, cases[i].story);
	}
}

/* The first of ARP's that a rule dropped. */
static void keep_arp(const struct sim_trace_event *event, void *arg)
{
	struct fixture *f = arg;
	if (event->packet.arp && !sim_trace_is_own(event) && !f->n_events &&
	    event->verdict == SIM_VERDICT_DROP)
		f->events[f->n_events++] = *event;
}

static void test_arp(void **state)
{
	static const char *const policies[] = {
		TABLE("arp", CHAIN("in", "input", "policy drop\n")),
		TABLE("netdev", CHAIN("in", "ingress device near0", "ether type arp drop\n")),
		BRIDGE TABLE("bridge", CHAIN("in", "input", "ether type arp drop\n")),
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(*policies); i++) {
		clear(f);
		assert_int_equal(build(f, true), 0);
		open_early(f, WAY, policies[i]);
		load(f, NEAR, "ip neigh flush all");
		syn(f, "10.9.2.2", 80);
		struct pollfd news = {.fd = sim_trace_fd(f->trace), .events = POLLIN};
		while (!f->n_events && poll(&news, 1, 5000) > 0)
			assert_int_equal(sim_trace_read(f->trace, keep_arp, f, &f->err), 1);
		assert_int_equal(f->n_events, 1);
		struct sim_prefix way;
		char text[SIM_PACKET_TEXT];
		assert_true(sim_prefix_parse("10.9.1.254", false, &way));
		assert_true(sim_packet_seeks(&f->events[0].packet, &way));
		assert_string_equal(sim_packet_text(&f->events[0].packet, text),
				    "arp 10.9.1.1 > 10.9.1.254 request");
	}
}

/* Only we can change them, nobody is shown them as his, and they outlive a flush. */
static void test_tables_are_ours(void **state)
{
	static const char *const policy =
		TABLE("netdev", CHAIN("in", "ingress device near0", "tcp dport 80 drop\n"))
			TABLE("arp", CHAIN("in", "input", "arp operation reply accept\n"))
				TABLE("bridge", CHAIN("in", "input", "tcp dport 80 drop\n"));
	struct fixture *f = *state;
	open_early(f, WAY, policy);
	struct sim_ruleset *before = f->ruleset;
	f->ruleset = NULL;
	learn(f, WAY);
	bool same = sim_ruleset_same(before, f->ruleset);
	sim_ruleset_free(before);
	assert_true(same);
	assert_int_not_equal(shell(f, WAY, "nft flush chain netdev fwlab mark_first"), 0);
	load(f, WAY, "nft flush ruleset");
	load(f, WAY, "for f in netdev arp bridge; do nft list table $f fwlab >/dev/null; done");
	load(f, WAY, policy);
	learn(f, WAY);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "netdev fw in: tcp dport 80 drop [drop]\n");
	/* And they go where nothing is to be reached any more. */
	bool changed;
	load(f, WAY, "nft flush ruleset");
	learn(f, WAY);
	reach(f, &changed);
	assert_true(changed);
	assert_int_not_equal(shell(f, WAY, "nft list table netdev fwlab"), 0);
}

/* Somebody else's table has our name: that is said, and all stays as it is. */
static void test_out_of_reach(void **state)
{
	struct fixture *f = *state;
	struct sim_place places[PLACES_MAX];
	bool changed = true;
	load(f, WAY,
	     BRIDGE "nft -f - <<'END'\ntable bridge fwlab {\n" CHAIN(
		     "in", "input", "tcp dport 80 drop\n") "}\nEND\n");
	open_trace(f, WAY);
	learn(f, WAY);
	assert_int_equal(sim_ruleset_places(f->ruleset, places, PLACES_MAX), 1);
	assert_int_equal(sim_trace_reach(f->trace, places, 1, &changed, &f->err), 0);
	assert_false(changed);
	assert_int_equal(sim_trace_follow(f->trace, 80, &f->err), 0);
	assert_int_equal(sim_trace_follow(f->trace, 0, &f->err), 0);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_stories, setup, teardown),
		cmocka_unit_test_setup_teardown(test_arp, setup, teardown),
		cmocka_unit_test_setup_teardown(test_tables_are_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_out_of_reach, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run_all);
}
