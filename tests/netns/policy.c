/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policies of every kind: taken, refused at the right line, and bounded in time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/policy.h"
#include "netsim/process.h"
#include "tests/support/namespaces.h"

#define OWNED	    "-A OUTPUT -m owner --uid-owner 0 -j ACCEPT\n"
#define TABLE(rule) "*filter\n:OUTPUT DROP [0:0]\n" rule "COMMIT\n"
#define NFT(rule)                                                                                  \
	"table inet fw {\n\tchain out {\n\t\ttype filter hook output priority 0; policy drop;\n\t" \
	"\t" rule "\n\t}\n}\n"
#define FERM(rule) "table filter chain OUTPUT {\n\tpolicy DROP;\n\t" rule "\n}\n"

/* The policies that are tried. */
static const struct {
	const char *name;
	const char *text;
	mode_t mode;
} files[] = {
	{"good.nft", NFT("meta skuid 0 accept"), 0644},
	{"typo.nft", NFT("tcp dprot 80 accept"), 0644},
	{"user.nft", NFT("meta skuid nobody-here accept"), 0644},
	{"uuidd.nft", NFT("meta skuid uuidd accept"), 0644},
	{"kernel.nft", NFT("jump nowhere"), 0644},
	{"includes.nft", "# nothing\ninclude \"good.nft\"\ninclude \"./more.nft\"\n", 0644},
	{"more.nft", "table inet more {}\n", 0644},
	{"includes-typo.nft", "\ninclude \"typo.nft\"\n", 0644},
	{"escape.nft", "table inet \033[31m {\n", 0644},
	{"good.rules", TABLE(OWNED), 0644},
	{"typo.rules", TABLE(OWNED "-A OUTPUT -p tpc -j ACCEPT\n"), 0644},
	{"user.rules", TABLE("-A OUTPUT -m owner --uid-owner nobody-here -j ACCEPT\n"), 0644},
	{"kernel.rules", TABLE("\n-A OUTPUT -j MASQUERADE\n"), 0644},
	{"good.ferm", "domain (ip ip6) " FERM("mod owner uid-owner 0 ACCEPT;"), 0644},
	{"typo.ferm", FERM("proto tcp dprot 80 ACCEPT;"), 0644},
	{"user.ferm", FERM("mod owner uid-owner nobody-here ACCEPT;"), 0644},
	{"uuidd.ferm", FERM("mod owner uid-owner uuidd ACCEPT;"), 0644},
	{"kernel.ferm", FERM("MASQUERADE;"), 0644},
	{"includes.ferm", "@include 'good.ferm';\n", 0644},
	{"includes-typo.ferm", "\n@include 'typo.ferm';\n", 0644},
	{"good.sh", "set -e\n. ./lib.sh\n", 0644},
	{"lib.sh", "nft add table inet fw\necho loaded\n", 0644},
	{"half.sh", "echo on stdout\nnosuchcommand\ntrue\n", 0644},
	{"good.program", "#!/usr/bin/perl\nexec qw(nft add table inet fw);\n", 0755},
	{"bash", "#! /usr/bin/bash -e\nwords=(nft add table inet fw)\n\"${words[@]}\"\n", 0644},
	{"perl", "#!/usr/bin/perl\nexec qw(nft add table inet fw);\n", 0644},
	{"sh-e", "#!/bin/sh -e \nfalse\nnft add table inet fw\n", 0644},
	{"nothing-named", "#! \nnft add table inet fw\n", 0644},
	{"none-named", "#!/no/such\n", 0644},
	{"dos.sh", "#!/bin/sh\r\nset -e\r\n", 0644},
	{"dos.rules", "*filter\r\nCOMMIT\r\n", 0644},
	{"typo.sh", "set -e\n\nnfft add table inet fw\n", 0644},
	{"typo.bash", "#!/bin/bash -e\nnfft add table inet fw\n", 0755},
	{"fails.sh", "echo on stdout\necho on stderr >&2\nexit 3\n", 0644},
	{"dies.sh", "kill -9 $$\n", 0644},
	{"hangs.sh", "echo waiting >&2\nsleep 1000\n", 0644},
	{"floods.sh", "yes early | head -c 2M\necho \"$0: 7: the end\" >&2\nexit 1\n", 0644},
	{"no-interpreter", "#!/no/such/shell\n", 0755},
	{"empty", "", 0644},
};

/* Over whatever the machine has there, in our own mounts alone; gone with them. */
static const char folder[] = "/mnt";

static int make_files(void)
{
	if (mount("tmpfs", folder, "tmpfs", 0, NULL) < 0 || chdir(folder) < 0 ||
	    mkfifo("fifo", 0644) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open(files[i].name, O_WRONLY | O_CREAT | O_CLOEXEC, files[i].mode);
		size_t length = strlen(files[i].text);
		if (fd < 0 || write(fd, files[i].text, length) != (ssize_t)length || close(fd) < 0)
			return -1;
	}
	return 0;
}

struct fixture {
	struct sim_host *host;
	struct sim_process_result listing;
	struct sim_policy_refusal refusal;
	struct sim_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	if (sim_host_new("a", &f->host, &f->err) == 0 &&
	    sim_accounts_add_user(sim_host_accounts(f->host), "uuidd", 100, 100, &f->err) == 0)
		return 0;
	print_error("%s\n", f->err.text);
	return -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_process_result_clear(&f->listing);
	sim_host_free(f->host);
	free(f);
	return 0;
}

static int load(struct fixture *f, const char *kind, const char *name, unsigned timeout_ms)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return sim_policy_load(f->host, sim_policy_kind_find(kind), path, timeout_ms, &f->refusal,
			       &f->err);
}

static void assert_loads(struct fixture *f, const char *kind, const char *name)
{
	if (load(f, kind, name, 0) < 0)
		fail_msg("%s %s: %s", kind, name, f->err.text);
	assert_false(f->refusal.refused);
}

/* What a command of the host lists has `text` in it. */
static void assert_listed(struct fixture *f, const char *tool, const char *text)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = {shell, option, strdup(tool), NULL};
	const struct sim_program program = {.argv = argv};

	sim_process_result_clear(&f->listing);
	int status = sim_program_run(f->host, NULL, &program, &f->listing, &f->err);
	free(argv[2]);
	if (status < 0)
		fail_msg("%s", f->err.text);
	if (!strstr(f->listing.out, text))
		fail_msg("'%s' is not in the output of %s: %s", text, tool, f->listing.out);
}

/* Refused, with `file` (of our folder), `line` and some words. */
static void assert_refused(struct fixture *f, const char *kind, const char *name, const char *file,
			   unsigned line, const char *words)
{
	char path[256];

	assert_int_equal(load(f, kind, name, 0), -1);
	snprintf(path, sizeof(path), "%s/%s", folder, file);
	assert_true(f->refusal.refused);
	assert_string_equal(f->refusal.file, path);
	assert_int_equal(f->refusal.line, line);
	if (!strstr(f->refusal.message, words) || !strstr(f->err.text, words))
		fail_msg("no '%s' in '%s', '%s'", words, f->refusal.message, f->err.text);
	assert_non_null(strstr(f->err.text, name));
}

static void nft_loads(void **state)
{
	assert_loads(*state, "nft", "good.nft");
	assert_listed(*state, "nft -j list ruleset", "\"skuid\"}}, \"right\": 0}");
}

static void nft_includes(void **state)
{
	assert_loads(*state, "nft", "includes.nft");
	assert_listed(*state, "nft list tables", "table inet fw\ntable inet more\n");
}

static void nft_knows_the_hosts_users(void **state)
{
	assert_loads(*state, "nft", "uuidd.nft");
	assert_listed(*state, "nft -j list ruleset", "\"right\": 100");
}

static void nft_refuses(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "nft", "typo.nft", "typo.nft", 4, "syntax error, unexpected string");
	assert_int_equal(f->refusal.column, 7);
	assert_false(f->refusal.by_kernel);
	assert_refused(f, "nft", "user.nft", "user.nft", 4, "User does not exist");
	assert_refused(f, "nft", "includes-typo.nft", "typo.nft", 4, "syntax error");
	assert_refused(f, "nft", "kernel.nft", "kernel.nft", 4, "No such file or directory");
	assert_true(f->refusal.by_kernel);
	assert_listed(f, "nft list ruleset; echo empty", "empty\n");
	assert_int_equal(f->listing.out_len, 6);
}

/* A script ends as its last command does: all else that failed has only words. */
static void what_is_taken_can_have_words(void **state)
{
	struct fixture *f = *state;

	assert_loads(f, "script", "half.sh");
	assert_non_null(strstr(f->refusal.said, "nosuchcommand: not found"));
	assert_null(strstr(f->refusal.said, "on stdout"));
	assert_loads(f, "nft", "good.nft");
	assert_string_equal(f->refusal.said, "");
}

static void what_is_quoted_cannot_steer_a_terminal(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "nft", "escape.nft", "escape.nft", 1, "syntax error");
	assert_null(strchr(f->err.text, '\033'));
	assert_non_null(strstr(f->err.text, "?[31m"));
}

/* Every kind of iptables-save text, with the tool that lists what it did. */
static const struct {
	const char *kind;
	const char *lists;
} iptables[] = {
	{"iptables", "iptables-save"},
	{"iptables-nft", "iptables-nft-save"},
	{"iptables-legacy", "iptables-legacy-save"},
	{"ip6tables", "ip6tables-save"},
	{"ip6tables-nft", "ip6tables-nft-save"},
	{"ip6tables-legacy", "ip6tables-legacy-save"},
};

static void iptables_loads(void **state)
{
	for (size_t i = 0; i < sizeof(iptables) / sizeof(*iptables); i++) {
		assert_loads(*state, iptables[i].kind, "good.rules");
		assert_listed(*state, iptables[i].lists, OWNED);
	}
}

static void iptables_refuses(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(iptables) / sizeof(*iptables); i++) {
		const char *kind = iptables[i].kind;

		assert_refused(f, kind, "typo.rules", "typo.rules", 4, "\"tpc\"");
		assert_false(f->refusal.by_kernel);
		assert_refused(f, kind, "user.rules", "user.rules", 3, "\"nobody-here\"");
		assert_false(f->refusal.by_kernel);
		/* The nft backend knows the rule, the legacy one the table. */
		assert_refused(f, kind, "kernel.rules", "kernel.rules",
			       strstr(kind, "legacy") ? 5 : 4, "failed");
		assert_true(f->refusal.by_kernel);
	}
}

static void ferm_loads(void **state)
{
	static const char both[] = "iptables-legacy-save; iptables-nft-save";
	static const char both6[] = "ip6tables-legacy-save; ip6tables-nft-save";

	assert_loads(*state, "ferm", "good.ferm");
	assert_listed(*state, both, OWNED);
	assert_listed(*state, both6, OWNED);
	assert_loads(*state, "ferm", "uuidd.ferm");
	assert_listed(*state, both, "--uid-owner 100 ");
	assert_loads(*state, "ferm", "includes.ferm");
	assert_listed(*state, both, OWNED);
}

static void ferm_refuses(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "ferm", "typo.ferm", "typo.ferm", 3, "Unrecognized keyword: dprot");
	assert_refused(f, "ferm", "includes-typo.ferm", "typo.ferm", 3, "Unrecognized keyword");
	/* Found by a tool that ferm runs, in lines that the user never saw. */
	assert_refused(f, "ferm", "user.ferm", "user.ferm", 0, "\"nobody-here\"");
	assert_false(f->refusal.by_kernel);
	assert_refused(f, "ferm", "kernel.ferm", "kernel.ferm", 0, "failed");
	assert_true(f->refusal.by_kernel);
}

static void scripts_load(void **state)
{
	assert_loads(*state, "script", "good.sh");
	assert_listed(*state, "nft list tables", "table inet fw\n");
	assert_loads(*state, "script", "good.program");
	/* Not executable, and read by what they name. */
	assert_loads(*state, "script", "bash");
	assert_loads(*state, "script", "perl");
	assert_loads(*state, "script", "nothing-named");
}

static void scripts_fail(void **state)
{
	struct fixture *f = *state;

	assert_refused(f, "script", "typo.sh", "typo.sh", 3, "nfft: not found");
	assert_refused(f, "script", "typo.bash", "typo.bash", 2, "nfft: command not found");
	assert_refused(f, "iptables-nft", "dos.rules", "dos.rules", 1, "invalid");
	assert_non_null(strstr(f->err.text, "the file's lines end with CR LF"));
	assert_refused(f, "script", "sh-e", "sh-e", 0, "ended with status 1");
	assert_refused(f, "script", "fails.sh", "fails.sh", 0, "on stdout\non stderr");
	assert_non_null(strstr(f->err.text, "ended with status 3"));
	assert_refused(f, "script", "dies.sh", "dies.sh", 0, "ended by signal 9");
	assert_refused(f, "script", "floods.sh", "floods.sh", 0, "early");
	assert_non_null(strstr(f->err.text, ": 7: the end\n\n[...]"));
}

static void a_script_that_hangs_is_stopped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(load(f, "script", "hangs.sh", 1000), -1);
	assert_true(f->refusal.refused);
	assert_string_equal(f->refusal.message, "did not end within 1000 ms");
	assert_non_null(strstr(f->err.text, "did not end within 1000 ms:\nwaiting"));
}

static void what_is_no_policy_is_no_refusal(void **state)
{
	static const struct {
		const char *name;
		const char *why;
	} bad[] = {
		{"no-such-file", "it cannot be read: No such file or directory"},
		{"fifo", "it cannot be read: Invalid argument"},
		{"", "it cannot be read: Is a directory"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; sim_policy_kind_nth(i); i++) {
		for (size_t j = 0; j < sizeof(bad) / sizeof(*bad); j++) {
			const char *kind = sim_policy_kind_nth(i)->name;

			assert_int_equal(load(f, kind, bad[j].name, 0), -1);
			assert_false(f->refusal.refused);
			assert_non_null(strstr(f->err.text, kind));
			assert_non_null(strstr(f->err.text, bad[j].why));
		}
	}
}

static void a_missing_interpreter_is_not_taken_for_a_missing_script(void **state)
{
	struct fixture *f = *state;
	const char *preload = getenv("LD_PRELOAD");

	/* Valgrind 3.19 ends itself where execve(2) fails for this reason. */
	if (preload && strstr(preload, "vgpreload"))
		skip();
	assert_int_equal(load(f, "script", "no-interpreter", 0), -1);
	assert_false(f->refusal.refused);
	assert_non_null(strstr(f->err.text, "the interpreter that its first line names"));
	assert_int_equal(load(f, "script", "dos.sh", 0), -1);
	assert_non_null(strstr(f->err.text, "the file's lines end with CR LF"));
	assert_int_equal(load(f, "script", "none-named", 0), -1);
	assert_false(f->refusal.refused);
	assert_non_null(strstr(f->err.text, "the interpreter that its first line names"));
}

static void a_relative_path_is_an_error(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
		sim_policy_load(f->host, sim_policy_kind_find("nft"), "good.nft", 0, NULL, &f->err),
		-1);
	assert_non_null(strstr(f->err.text, "the path must be absolute"));
	assert_int_equal(
		sim_policy_load(f->host, sim_policy_kind_find("nft"), "good.nft", 0, NULL, NULL),
		-1);
}

static void a_missing_tool_is_named_with_its_package(void **state)
{
	struct fixture *f = *state;

	/* In our own mounts alone. */
	if (mount("/dev/null", "/usr/sbin/ferm", "none", MS_BIND, NULL) < 0)
		fail_msg("cannot hide ferm: %s", strerror(errno));
	int status = load(f, "ferm", "good.ferm", 0);
	assert_int_equal(umount("/usr/sbin/ferm"), 0);
	assert_int_equal(status, -1);
	assert_false(f->refusal.refused);
	assert_non_null(strstr(f->err.text, "there is no 'ferm'; install the package 'ferm'"));
}

/* An empty file is an empty policy to all of them. */
static void nothing_is_a_policy(void **state)
{
	for (size_t i = 0; sim_policy_kind_nth(i); i++)
		assert_loads(*state, sim_policy_kind_nth(i)->name, "empty");
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(nft_loads),
		TEST(nft_includes),
		TEST(nft_knows_the_hosts_users),
		TEST(nft_refuses),
		TEST(what_is_taken_can_have_words),
		TEST(what_is_quoted_cannot_steer_a_terminal),
		TEST(iptables_loads),
		TEST(iptables_refuses),
		TEST(ferm_loads),
		TEST(ferm_refuses),
		TEST(scripts_load),
		TEST(scripts_fail),
		TEST(a_script_that_hangs_is_stopped),
		TEST(what_is_no_policy_is_no_refusal),
		TEST(a_missing_interpreter_is_not_taken_for_a_missing_script),
		TEST(a_relative_path_is_an_error),
		TEST(a_missing_tool_is_named_with_its_package),
		TEST(nothing_is_a_policy),
	};
	if (make_files() < 0) {
		perror(folder);
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
