/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mutation walk does to policies: one rule at a time, and nothing that would not load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/mutation/mutants.h"

static const struct row {
	const char *kind;
	const char *text;
	/* All mutants in order: the text as it becomes, each ended by "|". */
	const char *mutants;
} rows[] = {
	{"nft", "table t { chain c { policy drop; tcp dport 1 accept; }; }",
	 "table t { chain c { policy drop; ; }; }|"
	 "table t { chain c { policy drop; tcp dport 1 drop; }; }|"
	 "table t { chain c { policy accept; tcp dport 1 accept; }; }|"},
	{"nft",
	 "table t {\n chain c {\n  # accept\n  ip saddr { 1.1.1.1, 2.2.2.2 } \\\n   drop\n }\n}\n",
	 "table t {\n chain c {\n  # accept\n  \n }\n}\n|"
	 "table t {\n chain c {\n  # accept\n  ip saddr { 1.1.1.1, 2.2.2.2 } \\\n   accept\n "
	 "}\n}\n|"},
	{"nft", "table t {\n chain c {\n  tcp dport vmap { 1 : accept, 2 : jump d }\n }\n}\n",
	 "table t {\n chain c {\n  \n }\n}\n|"
	 "table t {\n chain c {\n  tcp dport vmap { 1 : drop, 2 : jump d }\n }\n}\n|"},
	{"nft", "table t {\n chain c {\n  reject with icmpx no-route comment \"drop it\"\n }\n}\n",
	 "table t {\n chain c {\n  \n }\n}\n|"
	 "table t {\n chain c {\n  accept\n }\n}\n|"},
	{"nft", "table t {\n chain c {\n  tcp dport 80 dnat to 10.0.0.1:80\n }\n}\n",
	 "table t {\n chain c {\n  \n }\n}\n|"
	 "table t {\n chain c {\n  tcp dport 80 dnat to 192.0.2.1\n }\n}\n|"},
	{"ferm", "chain (INPUT OUTPUT) { policy DROP; proto tcp { dport 1 ACCEPT; DROP; } }",
	 "chain (INPUT OUTPUT) { policy DROP; proto tcp { dport 1 NOP; DROP; } }|"
	 "chain (INPUT OUTPUT) { policy DROP; proto tcp { dport 1 DROP; DROP; } }|"
	 "chain (INPUT OUTPUT) { policy DROP; proto tcp { dport 1 ACCEPT; NOP; } }|"
	 "chain (INPUT OUTPUT) { policy DROP; proto tcp { dport 1 ACCEPT; ACCEPT; } }|"
	 "chain (INPUT OUTPUT) { policy ACCEPT; proto tcp { dport 1 ACCEPT; DROP; } }|"},
	{"ferm", "chain INPUT REJECT reject-with tcp-reset;\n",
	 "chain INPUT NOP;\n|chain INPUT ACCEPT;\n|"},
	{"ferm", "chain PREROUTING proto tcp DNAT to 10.0.0.1:80;\n",
	 "chain PREROUTING proto tcp NOP;\n|chain PREROUTING proto tcp DNAT to 192.0.2.1;\n|"},
	{"ferm", "chain INPUT proto tcp @subchain \"x\" { dport 1 ACCEPT; }\n",
	 "chain INPUT proto tcp NOP;\n|"
	 "chain INPUT proto tcp @subchain \"x\" { dport 1 NOP; }\n|"
	 "chain INPUT proto tcp @subchain \"x\" { dport 1 DROP; }\n|"},
	{"iptables",
	 "*filter\n:INPUT DROP [0:0]\n:own - [0:0]\n-A INPUT -j own\n# -A INPUT -j DROP\nCOMMIT\n",
	 "*filter\n:INPUT ACCEPT [0:0]\n:own - [0:0]\n-A INPUT -j own\n# -A INPUT -j "
	 "DROP\nCOMMIT\n|"
	 "*filter\n:INPUT DROP [0:0]\n:own - [0:0]\n#\n# -A INPUT -j DROP\nCOMMIT\n|"},
	{"ip6tables-legacy", "-A INPUT -j REJECT --reject-with icmp6-adm-prohibited\n",
	 "#\n|-A INPUT -j ACCEPT\n|"},
	{"iptables", "-A PREROUTING -j DNAT --to-destination 10.0.0.1:80\n",
	 "#\n|-A PREROUTING -j DNAT --to-destination 192.0.2.1\n|"},
	{"script",
	 "set -e\n\tiptables -P INPUT DROP\n/sbin/iptables -A INPUT \\\n -j ACCEPT\necho -A\n",
	 "set -e\n\tiptables -P INPUT ACCEPT\n/sbin/iptables -A INPUT \\\n -j ACCEPT\necho -A\n|"
	 "set -e\n\tiptables -P INPUT DROP\ntrue\necho -A\n|"
	 "set -e\n\tiptables -P INPUT DROP\n/sbin/iptables -A INPUT \\\n -j DROP\necho -A\n|"},
	{"script", "nft add rule t c drop\nnft add table t\n",
	 "true\nnft add table t\n|nft add rule t c accept\nnft add table t\n|"},
	{"nft", "", ""},
};

static bool row_holds(const struct row *row)
{
	static struct mutants mutants;
	char got[4096] = "";
	size_t used = 0;
	bool good = mutants_make(row->kind, row->text, &mutants);
	for (size_t i = 0; i < mutants.count; i++) {
		const struct mutant *mutant = &mutants.all[i];
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%.*s%s%s|",
					 (int)mutant->from, row->text, mutant->with,
					 row->text + mutant->to);
	}
	if (good && strcmp(got, row->mutants) == 0)
		return true;
	print_error("%s:\n%s\nwanted:\n%s\ngot:\n%s\n", row->kind, row->text, row->mutants, got);
	return false;
}

static void each_rule_and_verdict_has_its_mutants(void **state)
{
	(void)state;
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		wrong += !row_holds(&rows[i]);
	assert_int_equal(wrong, 0);
}

static void what_is_not_understood_is_said(void **state)
{
	(void)state;
	static struct mutants mutants;
	assert_false(mutants_make("nft", "table t { chain c {", &mutants));
	assert_false(mutants_make("ferm", "chain INPUT { policy `cat x`; }", &mutants));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_and_verdict_has_its_mutants),
		cmocka_unit_test(what_is_not_understood_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
