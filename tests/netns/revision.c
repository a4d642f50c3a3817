/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Revisions: every change of a host's rules makes another one, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netsim/revision.h"
#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

/* In this order, each upon what the ones before have left. */
static const struct {
	const char *commands;
	bool changes;
} steps[] = {
	{"true", false},
	{"nft add table inet fw", true},
	{"nft list ruleset", false},
	{"nft 'add chain inet fw o { type filter hook output priority 0; }'", true},
	{"nft add rule inet fw o udp dport 9 counter drop", true},
	{"iptables-nft -A OUTPUT -p udp --dport 10 -j DROP", true},
	{"iptables-nft-save", false},
	{"iptables-legacy -A OUTPUT -p udp --dport 11 -j DROP", true},
	{"iptables-legacy-save", false},
	{"iptables-legacy -A INPUT -m limit --limit 1/hour -m comment --comment x", true},
	/* As long as it was. */
	{"iptables-legacy -R OUTPUT 1 -p udp --dport 12 -j DROP", true},
	{"iptables-legacy -R OUTPUT 1 -p udp --dport 12 -j ACCEPT", true},
	{"iptables-legacy -P FORWARD DROP", true},
	{"iptables-legacy -Z", false},
	{"ip6tables-legacy -A OUTPUT -p udp --dport 11 -j DROP", true},
	{"ip6tables-legacy -R OUTPUT 1 -p udp --dport 12 -j DROP", true},
	{"ip6tables-legacy -D OUTPUT 1", true},
	{"iptables-legacy -t mangle -A OUTPUT -j MARK --set-mark 1", true},
	{"nft delete table inet fw", true},
	{"true", false},
};

struct watched {
	struct fixture *f;
	struct sim_revisions *revisions;
};

static int setup_watched(void **state)
{
	struct watched *w = calloc(1, sizeof(*w));
	void *f = NULL;
	*state = w;
	if (!w || setup(&f) < 0)
		return -1;
	w->f = f;
	return sim_revisions_open(w->f->hosts[NEAR], &w->revisions, &w->f->err);
}

static int teardown_watched(void **state)
{
	struct watched *w = *state;
	void *f = w->f;
	sim_revisions_close(w->revisions);
	int status = teardown(&f);
	free(w);
	return status;
}

static void test_steps(void **state)
{
	struct watched *w = *state;
	struct sim_revision before, after;
	assert_int_equal(sim_revision_read(w->revisions, &before, &w->f->err), 0);
	assert_int_equal(before.legacy, 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		print_message("%s\n", steps[i].commands);
		load(w->f, NEAR, steps[i].commands);
		/* What rules count and limit is no change of theirs. */
		for (uint16_t port = 9; port < 13; port++)
			send_from(w->f, NEAR, SOCK_DGRAM, "127.0.0.1", port);
		assert_int_equal(sim_revision_read(w->revisions, &after, &w->f->err), 0);
		assert_int_equal(before.nft != after.nft || before.legacy != after.legacy,
				 steps[i].changes);
		before = after;
	}
}

/* Whoever makes one of his own can tell it from others'. */
static void test_count(void **state)
{
	struct watched *w = *state;
	struct sim_revision before, after;
	assert_int_equal(sim_revision_read(w->revisions, &before, &w->f->err), 0);
	load(w->f, NEAR, "nft 'add table inet fw; add chain inet fw o'");
	assert_int_equal(sim_revision_read(w->revisions, &after, &w->f->err), 0);
	assert_int_equal(after.nft, before.nft + 1);
}

/* To look changes nothing: not a table is made. */
static void test_tables(void **state)
{
	struct watched *w = *state;
	struct sim_revision revision;
	assert_int_equal(sim_revision_read(w->revisions, &revision, &w->f->err), 0);
	load(w->f, NEAR,
	     "cat /proc/net/ip_tables_names /proc/net/ip6_tables_names; nft list ruleset");
	assert_string_equal(w->f->result.out, "");
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_count, setup_watched, teardown_watched),
		cmocka_unit_test_setup_teardown(test_tables, setup_watched, teardown_watched),
		cmocka_unit_test_setup_teardown(test_steps, setup_watched, teardown_watched),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run_all);
}
