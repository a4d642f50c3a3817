/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tools say when they refuse a policy, and what is made of it.  The
 * messages are those of nft 1.0.6, iptables 1.8.9, ferm 2.5.1, dash 0.5.12 and
 * bash 5.2 for small faulty files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "netsim/policy_kind.h"

#define PATH "/etc/fw/policy"

struct expected {
	const char *kind;
	const char *said;
	const char *text; /* of the policy, NULL: "" */
	const char *file;
	unsigned line;
	unsigned column;
	bool by_kernel;
	const char *message;
};

#define TRY(tool) "Try `" tool " -h' or '" tool " --help' for more information.\n"

static const struct expected nft[] = {
	{"nft",
	 PATH ":4:7-11: Error: syntax error, unexpected string\n\t\ttcp dprot 80 accept\n"
	      "\t\t    ^^^^^\n" PATH
	      ":5:14-23: Error: User does not exist\n\t\tmeta skuid nosuchuser accept\n"
	      "\t\t           ^^^^^^^^^^\n",
	 NULL, PATH, 4, 7, false, "syntax error, unexpected string"},
	{"nft",
	 PATH ":4:8-14: Error: Could not process rule: No such file or directory\n"
	      "\t\tjump nowhere\n\t\t     ^^^^^^^\n",
	 NULL, PATH, 4, 8, true, "Could not process rule: No such file or directory"},
	{"nft",
	 "In file included from " PATH ":2:1-18:\n/etc/fw/a: b.nft:14:7-11: Error: syntax error, "
	 "unexpected string\n\t\ttcp dprot 80 accept\n\t\t    ^^^^^\n",
	 NULL, "/etc/fw/a: b.nft", 14, 7, false, "syntax error, unexpected string"},
	{"nft",
	 PATH ":1:1-21: Error: File not found: nofile.nft\ninclude \"nofile.nft\"\n"
	      "^^^^^^^^^^^^^^^^^^^^^\n",
	 NULL, PATH, 1, 1, false, "File not found: nofile.nft"},
	{"nft", "internal:0:0-0: Error: Could not open file \"x\": No such file or directory\n\n\n",
	 NULL, PATH, 0, 0, false, "Could not open file \"x\": No such file or directory"},
	{"nft", "netlink: Error: cache initialization failed: Operation not permitted\n", NULL,
	 PATH, 0, 0, false, "cache initialization failed: Operation not permitted"},
	{"nft", ":1:2-3: Error: x\n", NULL, PATH, 0, 0, false, "x"},
	{"nft", "3: Error: x\n", NULL, PATH, 0, 0, false, "x"},
	{"nft", ": Error: ", NULL, PATH, 0, 0, false, ""},
	{"nft", "", NULL, PATH, 0, 0, false, ""},
};

static const struct expected iptables[] = {
	{"iptables-legacy",
	 "iptables-restore v1.8.9 (legacy): unknown protocol \"tpc\" specified\n"
	 "Error occurred at line: 3\n" TRY("iptables-restore"),
	 "*filter\n:INPUT ACCEPT [0:0]\n-A OUTPUT -p tpc -j ACCEPT\nCOMMIT\n", PATH, 3, 0, false,
	 "iptables-restore v1.8.9 (legacy): unknown protocol \"tpc\" specified"},
	{"iptables-legacy",
	 "iptables-restore v1.8.9 (legacy): Couldn't load target `NOSUCH':No such file or "
	 "directory\n\nError occurred at line: 2\n" TRY("iptables-restore"),
	 "*filter\n-A OUTPUT -j NOSUCH\nCOMMIT\n", PATH, 2, 0, false,
	 "iptables-restore v1.8.9 (legacy): Couldn't load target `NOSUCH':No such file or "
	 "directory"},
	/* The rule at fault is on line 2. */
	{"iptables-nft",
	 "iptables-nft-restore v1.8.9 (nf_tables): Chain 'NOSUCH' does not exist\n"
	 "Error occurred at line: 3\n" TRY("iptables-nft-restore"),
	 "*filter\n-A OUTPUT -j NOSUCH\nCOMMIT\n", PATH, 2, 0, false,
	 "iptables-nft-restore v1.8.9 (nf_tables): Chain 'NOSUCH' does not exist"},
	{"iptables", "Chain 'NOSUCH' does not exist\nError occurred at line: 9\n",
	 "*nat\n-A OUTPUT -j NOSUCH\nCOMMIT\n*filter\n"
	 "-A OUTPUT -m comment --comment \"or -j NOSUCH\" -j ACCEPT\n-A OUTPUT -j NOSUCHTHING\n"
	 "-A OUTPUT --goto NOSUCH -p tcp\n-A OUTPUT -j NOSUCH\nCOMMIT\n",
	 PATH, 7, 0, false, "Chain 'NOSUCH' does not exist"},
	{"iptables", "Chain 'NOSUCH' does not exist\nError occurred at line: 3\n",
	 "*filter\n-A OUTPUT -m comment --comment \"-j NOSUCH\nCOMMIT\n", PATH, 0, 0, false,
	 "Chain 'NOSUCH' does not exist"},
	{"iptables", "Bad argument `foo'\nError occurred at line: 2\n" TRY("iptables-restore"),
	 "*filter\nfoo bar\nCOMMIT\n", PATH, 2, 0, false, "Bad argument `foo'"},
	/* No such chain: found out before the kernel is asked. */
	{"iptables-legacy", "iptables-restore: line 2 failed\n",
	 "*filter\n-A NOCHAIN -j ACCEPT\nCOMMIT\n", PATH, 2, 0, false,
	 "iptables-restore: line 2 failed"},
	{"iptables-legacy", "iptables-restore: line 5 failed\n",
	 "*filter\n\n# c\n-A OUTPUT -j MASQUERADE\nCOMMIT\n", PATH, 5, 0, true,
	 "iptables-restore: line 5 failed"},
	{"iptables-legacy", "iptables-restore: line 50 failed\n", "*filter\nCOMMIT", PATH, 50, 0,
	 false, "iptables-restore: line 50 failed"},
	{"iptables-nft",
	 "iptables-nft-restore: line 2 failed: No chain/target/match by that name.\n",
	 "*filter\n-A NOCHAIN -j ACCEPT\nCOMMIT\n", PATH, 2, 0, false,
	 "iptables-nft-restore: line 2 failed: No chain/target/match by that name."},
	{"iptables-nft",
	 "iptables-nft-restore v1.8.9 (nf_tables): \n"
	 "line 4: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT\n",
	 NULL, PATH, 4, 0, true,
	 "line 4: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT"},
	{"ip6tables-nft",
	 "ip6tables-nft-restore v1.8.9 (nf_tables): ip6tables-nft-restore: line 1 table name "
	 "'nosuchtable' invalid\nError occurred at line: 1\n" TRY("ip6tables-nft-restore"),
	 NULL, PATH, 1, 0, false,
	 "ip6tables-nft-restore v1.8.9 (nf_tables): ip6tables-nft-restore: line 1 table name "
	 "'nosuchtable' invalid"},
	{"iptables", "iptables-restore: COMMIT expected at line 3\n", NULL, PATH, 3, 0, false,
	 "iptables-restore: COMMIT expected at line 3"},
	{"iptables-legacy",
	 "iptables-restore v1.8.9 (legacy): Can't set policy `BLA' on `INPUT' line 2: Bad policy "
	 "name\n",
	 NULL, PATH, 2, 0, false,
	 "iptables-restore v1.8.9 (legacy): Can't set policy `BLA' on `INPUT' line 2: Bad policy "
	 "name"},
	{"iptables", "something new\n", NULL, PATH, 0, 0, false, "something new"},
	{"iptables", "Error occurred at line: 99999999999999999999\n", NULL, PATH, 0, 0, false,
	 "Error occurred at line: 99999999999999999999"},
};

static const struct expected ferm[] = {
	{"ferm",
	 "Error in " PATH " line 4:\ntable filter \n{ \n    chain OUTPUT \n    { \n"
	 "        frob <--\nUnrecognized keyword: frob\n",
	 NULL, PATH, 4, 0, false, "Unrecognized keyword: frob"},
	{"ferm",
	 "Warning in " PATH " line 1: old\nError in /etc/fw/a line 7: b line 1:\n"
	 "@include \"nofile.ferm\" <--\n'/etc/fw/nofile.ferm' is not a file\n",
	 NULL, "/etc/fw/a line 7: b", 1, 0, false, "'/etc/fw/nofile.ferm' is not a file"},
	/* These count the lines of what ferm wrote. */
	{"ferm",
	 "iptables-restore v1.8.9 (legacy): owner: Bad value for \"--uid-owner\" option: "
	 "\"nosuch\"\nError occurred at line: 4\n" TRY(
		 "iptables-restore") "Failed to run /usr/sbin/iptables-legacy-restore\n\n"
				     "Firewall rules rolled back.\n",
	 NULL, PATH, 0, 0, false,
	 "iptables-restore v1.8.9 (legacy): owner: Bad value for \"--uid-owner\" option: "
	 "\"nosuch\""},
	{"ferm",
	 "iptables-restore: line 5 failed\nFailed to run /usr/sbin/iptables-legacy-restore\n\n"
	 "Firewall rules rolled back.\n",
	 NULL, PATH, 0, 0, true, "iptables-restore: line 5 failed"},
	{"ferm",
	 "iptables-nft-restore v1.8.9 (nf_tables): \n"
	 "line 5: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT\n"
	 "Failed to run /usr/sbin/iptables-restore\n\nFirewall rules rolled back.\n",
	 NULL, PATH, 0, 0, true,
	 "iptables-nft-restore v1.8.9 (nf_tables): \n"
	 "line 5: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT"},
	{"ferm", "Error in " PATH " line x:\n", NULL, PATH, 0, 0, false,
	 "Error in " PATH " line x:"},
	{"ferm", "Error in  line 2:\nx <--\ny\n", NULL, PATH, 0, 0, false,
	 "Error in  line 2:\nx <--\ny"},
	{"ferm", "Error in " PATH " line 2:\n", NULL, PATH, 2, 0, false,
	 "Error in " PATH " line 2:"},
};

static const struct expected script[] = {
	{"script", PATH ": 3: foo: not found\n", NULL, PATH, 3, 0, false, "foo: not found"},
	{"script", PATH ": line 3: foo: command not found\n", NULL, PATH, 3, 0, false,
	 "foo: command not found"},
	{"script", PATH ": 3: Syntax error: end of file unexpected (expecting \"fi\")\n", NULL,
	 PATH, 3, 0, false, "Syntax error: end of file unexpected (expecting \"fi\")"},
	{"script", PATH ": 2: .: cannot open ./nosuch: No such file\n", NULL, PATH, 2, 0, false,
	 ".: cannot open ./nosuch: No such file"},
	{"script", PATH ": 1: cannot create /nodir/x: Directory nonexistent\n", NULL, PATH, 1, 0,
	 false, "cannot create /nodir/x: Directory nonexistent"},
	{"script", PATH ": 2: ./noexec: not found\n", NULL, PATH, 2, 0, false,
	 "./noexec: not found"},
	/* A file that the script reads: dash names both, bash the right one. */
	{"script", PATH ": 3: ./lib.sh: foo: not found\n", NULL, "./lib.sh", 3, 0, false,
	 "foo: not found"},
	{"script", "./lib.sh: line 3: foo: command not found\n", NULL, "./lib.sh", 3, 0, false,
	 "foo: command not found"},
	/* One fault in two lines. */
	{"script",
	 PATH ": line 1: syntax error near unexpected token `)'\n" PATH ": line 1: `echo )'\n",
	 NULL, PATH, 1, 0, false, "syntax error near unexpected token `)'"},
	/* It went on after the first, and something else ended it. */
	{"script", PATH ": 3: foo: not found\niptables v1.8.9 (legacy): unknown protocol \"tpc\"\n",
	 NULL, PATH, 0, 0, false,
	 PATH ": 3: foo: not found\niptables v1.8.9 (legacy): unknown protocol \"tpc\""},
	{"script", PATH ": 3: foo: not found\n" PATH ": 7: bar: not found\n\n", NULL, PATH, 7, 0,
	 false, "bar: not found"},
	/* No file at all is meant. */
	{"script", "bash: line 1: foo: command not found\n", NULL, PATH, 0, 0, false,
	 "bash: line 1: foo: command not found"},
	{"script", "/bin/bash: line 1: foo: command not found\n", NULL, PATH, 0, 0, false,
	 "/bin/bash: line 1: foo: command not found"},
	{"script", "iptables-restore: line 5 failed\n", NULL, PATH, 0, 0, false,
	 "iptables-restore: line 5 failed"},
	{"script", PATH ": 3", NULL, PATH, 0, 0, false, PATH ": 3"},
	{"script", PATH, NULL, PATH, 0, 0, false, PATH},
	{"script", "", NULL, PATH, 0, 0, false, ""},
};

static bool as_expected(const struct sim_policy_refusal *is, const struct expected *row)
{
	return is->refused && !strcmp(is->file, row->file) && is->line == row->line &&
	       is->column == row->column && is->by_kernel == row->by_kernel &&
	       !strcmp(is->message, row->message);
}

static void check(const struct expected *rows, size_t count)
{
	static struct sim_policy_refusal refusal;

	for (size_t i = 0; i < count; i++) {
		const struct expected *row = &rows[i];

		sim_policy_explain(sim_policy_kind_find(row->kind), row->said, PATH,
				   row->text ? row->text : "", &refusal);
		if (!as_expected(&refusal, row))
			fail_msg("%s: %s\nis taken for %s:%u:%u: %s%s", row->kind, row->said,
				 refusal.file, refusal.line, refusal.column, refusal.message,
				 refusal.by_kernel ? " (by the kernel)" : "");
	}
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(*(rows)))

/* Whose fault a refusal by the kernel is, and what it may be for. */
static const struct blamed {
	const char *kind;
	const char *said;
	bool by_machine;
	const char *hint; /* a part of it; NULL: none */
} blamed[] = {
	{"nft", PATH ":7:2-7: Error: Could not process rule: Too many links\n\tjump a\n", false,
	 NULL},
	{"nft",
	 PATH
	 ":2:8-8: Error: Could not process rule: Operation not supported\n chain i { type nat\n",
	 false, NULL},
	{"nft", PATH ":1:1-1: Error: Could not process rule: File exists\n", false, NULL},
	{"nft", PATH ":1:1-1: Error: Could not process rule: Cannot allocate memory\nqueue\n", true,
	 NULL},
	{"nft", PATH ":1:1-1: Error: Could not process rule: Operation not permitted\nqueue\n",
	 true, NULL},
	{"nft", PATH ":1:1-1: Error: Could not process rule: Device or resource busy\nq\n", true,
	 NULL},
	{"nft",
	 PATH ":4:7-12: Error: Could not process rule: No such file or directory\n\tjump nosuch\n",
	 false, NULL},
	{"nft",
	 PATH ":3:15-19: Error: Could not process rule: No such file or directory\n"
	      "\ttcp dport 80 queue num 5\n",
	 true, "CONFIG_NFT_QUEUE"},
	{"nft",
	 PATH
	 ":3:15-19: Error: No such file or directory; did you mean chain 'x' in table ip 'y'?\n"
	 "\ttcp dport 80 queue num 5\n",
	 true, "CONFIG_NFT_QUEUE"},
	{"nft",
	 PATH ":2:12-12: Error: Could not process rule: No such file or directory\n"
	      "\tflowtable f { hook ingress priority 0; }\n",
	 true, "CONFIG_NF_FLOW_TABLE"},
	/* Not what the kernel did not find, or no word of its own. */
	{"nft",
	 PATH ":3:7-12: Error: Could not process rule: No such file or directory\n"
	      "\tgoto nosuch comment \"queue\"\n",
	 false, NULL},
	{"nft",
	 PATH ":3:7-15: Error: Could not process rule: No such file or directory\n"
	      "\tgoto my-queue1\n",
	 false, NULL},
	{"nft", PATH ":3:70-99: Error: Could not process rule: No such file or directory\nqueue\n",
	 false, NULL},
	{"nft", PATH ":3:5-1: Error: Could not process rule: No such file or directory\nqueue\n",
	 false, NULL},
	{"iptables-nft", "x\nline 4: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT\n",
	 false, NULL},
	{"iptables-nft",
	 "x\nline 4: RULE_APPEND failed (No such file or directory): rule in chain OUTPUT\n", true,
	 NULL},
	{"ferm", "x\nline 4: RULE_APPEND failed (Invalid argument): rule in chain OUTPUT\n", false,
	 NULL},
	{"ferm", "iptables-restore: line 5 failed\nFailed to run x\n", true, NULL},
};

static void whose_fault_it_is(void **state)
{
	static struct sim_policy_refusal refusal;

	(void)state;
	for (size_t i = 0; i < sizeof(blamed) / sizeof(*blamed); i++) {
		const struct blamed *row = &blamed[i];
		const char *hint = row->hint ? row->hint : "none";
		sim_policy_explain(sim_policy_kind_find(row->kind), row->said, PATH, "", &refusal);
		const char *is = refusal.hint ? refusal.hint : "none";
		if (refusal.by_machine != row->by_machine || !strstr(is, hint))
			fail_msg("%s: %s\nis by_machine %d, hint %s", row->kind, row->said,
				 refusal.by_machine, is);
	}
}

/* Nobody knows of our own table: it is not what was meant. */
static void what_ails_a_file_is_told(void **state)
{
	static const struct {
		const char *text;
		const char *hint; /* a part of it; NULL: none */
	} rows[] = {
		{"\xef\xbb\xbf*filter\nCOMMIT\n", "byte order mark"},
		{"*filter\r\nCOMMIT\r\n", "CR LF"},
		{"\xff\xfe*", "UTF-16"},
		{"*filter\nCOMMIT\n", NULL},
		{"*filter # \r in it\n", NULL},
		{"\n\r\n", NULL},
		{"*filter\r", NULL},
		{"", NULL},
	};
	static struct sim_policy_refusal refusal;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *hint = rows[i].hint;
		sim_policy_explain(sim_policy_kind_find("iptables"), "no\n", PATH, rows[i].text,
				   &refusal);
		if (!refusal.hint != !hint || (hint && !strstr(refusal.hint, hint)))
			fail_msg("%s: %s", rows[i].text, refusal.hint ? refusal.hint : "none");
	}
}

static void hints_at_our_table_are_stripped(void **state)
{
	static const char *const rows[][2] = {
		{"a: Error: x; did you mean chain \u2018output\u2019 in table inet "
		 "\u2018fwlab\u2019?\n  b\n",
		 "a: Error: x\n  b\n"},
		{"a; did you mean table 'fwlab' in family inet?\nb; did you mean set 's' in table "
		 "ip 'fw'?",
		 "a\nb; did you mean set 's' in table ip 'fw'?"},
		{"a; did you mean chain 'fwlab' in table ip 'fw'?\n",
		 "a; did you mean chain 'fwlab' in table ip 'fw'?\n"},
		{"fwlab; did you mean ", "fwlab; did you mean "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char said[256];
		snprintf(said, sizeof(said), "%s", rows[i][0]);
		policy_strip_hints(said);
		assert_string_equal(said, rows[i][1]);
	}
}

static void nfts_messages(void **state)
{
	(void)state;
	CHECK(nft);
}

static void iptables_messages(void **state)
{
	(void)state;
	CHECK(iptables);
}

static void ferms_messages(void **state)
{
	(void)state;
	CHECK(ferm);
}

static void shells_messages(void **state)
{
	(void)state;
	CHECK(script);
}

static void a_flood_of_words_is_cut(void **state)
{
	static struct sim_policy_refusal refusal;
	static char said[100000];

	(void)state;
	memset(said, 'x', sizeof(said) - 1);
	for (size_t i = 0; sim_policy_kind_nth(i); i++) {
		sim_policy_explain(sim_policy_kind_nth(i), said, PATH, "", &refusal);
		assert_int_equal(strlen(refusal.message), sizeof(refusal.message) - 1);
	}
}

/* Blanks at its end are a name's own. */
static void a_file_keeps_its_name(void **state)
{
	static struct sim_policy_refusal refusal;

	(void)state;
	for (size_t i = 0; sim_policy_kind_nth(i); i++) {
		sim_policy_explain(sim_policy_kind_nth(i), "no", "/etc/fw/ policy \n", "",
				   &refusal);
		assert_string_equal(refusal.file, "/etc/fw/ policy \n");
	}
}

static void kinds_are_found_by_name(void **state)
{
	size_t count = 0;

	(void)state;
	for (const struct sim_policy_kind *kind; (kind = sim_policy_kind_nth(count)); count++) {
		assert_ptr_equal(sim_policy_kind_find(kind->name), kind);
		assert_true(*kind->summary && *kind->package);
	}
	assert_int_equal(count, 9);
	assert_null(sim_policy_kind_find("pf"));
	assert_null(sim_policy_kind_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nfts_messages),
		cmocka_unit_test(iptables_messages),
		cmocka_unit_test(ferms_messages),
		cmocka_unit_test(shells_messages),
		cmocka_unit_test(a_flood_of_words_is_cut),
		cmocka_unit_test(a_file_keeps_its_name),
		cmocka_unit_test(kinds_are_found_by_name),
		cmocka_unit_test(whose_fault_it_is),
		cmocka_unit_test(what_ails_a_file_is_told),
		cmocka_unit_test(hints_at_our_table_are_stripped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
