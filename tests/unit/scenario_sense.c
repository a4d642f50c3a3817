/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is well written and would be in vain, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "tests/unit/scenario_rows.h"

#define HOST(keys)                                                                                 \
	"name: t\nhosts:\n  a: { " keys " }\nvariants: { one: , two: }\n"                          \
	"probes: [ { from: a, ping: a, expect: allow } ]\n"
#define FILES(files)	 HOST("files: { " files " }")
#define SERVICE(service) HOST("services: [ " service " ]")
#define CONFINED(as, expect)                                                                       \
	"name: t\nhosts:\n"                                                                        \
	"  a: { cgroups: { c: { v2: true, egress: { allow: [] } }, c/d: { v2: true }, cd: { v2: "  \
	"true } } }\n"                                                                             \
	"variants: { one: , two: , wrong: { a: { nft: p.nft, refused: x } } }\n"                   \
	"probes:\n- { from: a, as: " as ", connect: 'a:1', expect: " expect " }\n"
#define APT(host, apt)                                                                             \
	"name: t\nhosts:\n  a: { " host " }\n  b: { roots: { r: { files: { "                       \
	"/etc/apt/sources.list: x } } } }\nprobes: [ { from: a, apt: " apt                         \
	", expect: exit 0 } ]\n"

#define NONE_TO_SEND "its 'as' has no confinement that forbids to send"
#define NOT_SO	     "its 'as' forbids nothing in this way"

static const struct row confined_rows[] = {
	{CONFINED("root", "confined"),
	 ":6:48: error: the probe is never confined in variant 'one': " NONE_TO_SEND},
	{CONFINED("root", "confined landlock"),
	 "the probe is never confined by landlock in variant 'one': " NOT_SO},
	{CONFINED("{ no_new_privs: true }", "confined"), NONE_TO_SEND},
	{CONFINED("{ no_new_privs: true }", "confined no_new_privs"), NOT_SO},
	{CONFINED("{ landlock: { bind: [] } }", "confined landlock"), NOT_SO},
	{CONFINED("{ network: none }", "confined seccomp"), NOT_SO},
	{CONFINED("{ one: { network: none }, two: root }", "confined network"),
	 "never confined by network in variant 'two': " NOT_SO},
	{CONFINED("{ one: { network: none }, two: root }",
		  "{ one: deny, two: { ipv4: allow, else: confined } }"),
	 "never confined in variant 'two': " NONE_TO_SEND},
	{CONFINED("{ cgroup: cd }", "confined cgroup"),
	 "never confined by cgroup in variant 'one': its 'as' names no cgroup with 'egress'"},
	/* Who it is is not known: nothing is said of what that forbids. */
	{CONFINED("jo", "confined"), ": error: unknown user 'jo'"},
};

static const struct row program_rows[] = {
	{SERVICE("{ run: [no-such-thing] }"),
	 ":3:22: error: service 'no-such-thing': 'no-such-thing': there is no such program on this "
	 "machine, nor does the scenario make it one; install it, or name it in"},
	{SERVICE("{ run: [/usr/bin/no-such-thing, x], name: d }"),
	 "service 'd': '/usr/bin/no-such-thing': there is no such program"},
	{SERVICE("{ run: [./no-such-thing] }"), "'./no-such-thing': there is no such program"},
	{SERVICE("{ run: [./p.nft] }"), "'./p.nft': it is not executable"},
	{SERVICE("{ run: [./dir], as: nobody }"), "'./dir': it is a folder"},
	{SERVICE("{ run: [/etc/passwd/x] }"), "'/etc/passwd/x': Not a directory"},
	{SERVICE("{ run: [no-such-thing], variants: [two] }"), "there is no such program"},
	{HOST("files: { /usr/bin/another: x }, services: [ { run: [no-such-thing] } ]"),
	 "there is no such program"},
};

static const struct row path_rows[] = {
	{FILES("/etc/passwd/x: y"),
	 ":3:17: error: '/etc/passwd' is a file, and nothing can be below it"},
	{FILES("/usr/bin/env/x/y: z"), "'/usr/bin/env' is a file, and nothing can be below it"},
	{FILES("/etc/hosts/: "), "'/etc/hosts' is a file, and no folder"},
	{FILES("/usr/bin: x"), "'/usr/bin' is a folder: no file can take its place"},
	{FILES("/srv/a: x, /srv/a/b: y"),
	 ":3:28: error: '/srv/a' is a file (line 3), and nothing can be below it"},
	{FILES("/srv/a/b: y, /srv/a: x"), ":3:17: error: '/srv/a' is a file (line 3)"},
	{FILES("/srv/a: x, /srv/a/: "), ":3:28: error: '/srv/a' is given twice; the first is on"},
	{HOST("roots: { r: { files: { /etc/group/x: y } } }"), "'/etc/group' is a file"},
	{HOST("roots: { r: { files: { /usr/bin: y } } }"), "'/usr/bin' is a folder"},
	{HOST("roots: { r: { at: /etc/hosts } }"),
	 ":3:26: error: '/etc/hosts' is a file, and no folder"},
	{HOST("roots: { r: { at: /srv/x } }, files: { /srv/x: y }"),
	 ":3:26: error: '/srv/x' is a file (line 3)"},
	{HOST("links: { all: n, default: n }"),
	 "the kernel has no interface called 'all': take another name\n"
	 "the kernel has no interface called 'default'\nunknown network 'n'"},
	{HOST("cgroups: { x/tasks: { net_cls: '1:1' }, cgroup.procs: { v2: true } }"),
	 ":3:19: error: 'x/tasks' is where the kernel has a file of its own\n'cgroup.procs' is "
	 "where"},
	{HOST("start: /proc/version"), ":3:15: error: start script '/proc/version': a host has a "
				       "/dev, /proc and /sys of its own"},
};

static const struct row apt_rows[] = {
	{APT("", "update"),
	 ":5:27: error: no host has an apt service that packages could come from; add 'services: "
	 "[apt]' to one, or a /etc/apt/sources.list to the 'files' of 'a' (line 3)"},
	{APT("files: { /etc/apt/sources.listing: x }", "update"), "no host has an apt service"},
	{APT("", "{ argv: update, options: ['APT::Sandbox::User=root'] }"),
	 "no host has an apt service"},
};

TABLE(confined)
TABLE(program)
TABLE(path)
TABLE(apt)

/* What might come right in the lab is let be. */
static const char *const fine[] = {
	CONFINED("{ network: none }", "confined"),
	CONFINED("{ seccomp: [connect] }", "confined seccomp"),
	CONFINED("{ landlock: { connect: [] } }", "{ else: confined landlock }"),
	CONFINED("{ cgroup: c }", "confined"),
	CONFINED("{ cgroup: c/d }", "confined cgroup"),
	CONFINED("{ one: { network: none }, two: root }", "{ one: confined, two: allow }"),
	CONFINED("{ one: { network: none }, two: root }", "{ two: allow, else: confined }"),

	SERVICE("{ run: [sh, -c, x] }"),
	SERVICE("{ run: [/bin/sh, -c, x] }"),
	SERVICE("{ run: no-such-thing -x }"),
	SERVICE("{ run: sleep 1 }, { run: [no-such-thing] }"),
	HOST("start: p.nft, services: [ { run: [no-such-thing] } ]"),
	HOST("files: { /usr/local/bin/no-such-thing: x }, services: [ { run: [no-such-thing] } ]"),
	HOST("roots: { r: { at: /srv/r } }, services: [ { run: [/srv/r/thing] } ]"),
	HOST("roots: { r: }, services: [ { run: [no-such-thing], as: { root: r } } ]"),
	"name: t\nhosts: { a: { services: [ { run: [no-such-thing] } ] } }\n"
	"variants: { one: { a: { script: p.nft } } }\n"
	"probes: [ { from: a, ping: a, expect: allow } ]\n",
	"name: t\nhosts: { a: { services: [ { run: [no-such-thing] } ] } }\n"
	"needs: [ { program: no-such-other, package: x } ]\n"
	"probes: [ { from: a, ping: a, expect: allow } ]\n",
	"name: t\nhosts: { a: { services: [ { run: [no-such-thing], variants: [one] } ] } }\n"
	"variants: { one: , two: }\n"
	"needs: [ { program: no-such-other, package: x, variants: [one] } ]\n"
	"probes: [ { from: a, ping: a, expect: allow } ]\n",

	FILES("/etc/passwd: x, /etc/no-such-thing/: , /etc/no-such-thing/x: y, /srv/a: z, /srv/ab: "
	      "w"),
	FILES("/run/x: y, /run/z/y: x"),
	HOST("roots: { r: { files: { /etc/shadow/x: y, /x: y } } }"),
	HOST("roots: { r: { at: /srv/x } }, files: { /srv/x/: , /srv/x/y: z }"),
	HOST("cgroups: { tasks.d: { v2: true }, my.tasks/memory: { v2: true } }"),

	APT("services: [apt]", "update"),
	APT("files: { /etc/apt/sources.list: x }", "update"),
	APT("files: { /etc/apt/sources.list.d/x.list: x }", "update"),
	APT("start: p.nft", "update"),
	APT("", "{ argv: update, options: ['Dir::Etc::SourceList=/x'] }"),
	APT("", "{ argv: update, through: [chroot, /srv] }"),
};

static void test_fine(void **state)
{
	struct scenario_file *file = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		if (read_scenario(file, fine[i], strlen(fine[i])))
			continue;
		wrong++;
		print_error("\n%s\ngot:\n%s", fine[i], file->messages);
	}
	assert_int_equal(wrong, 0);
}

/* execve(2) takes no word that is longer, and a shell gets its line as one. */
static void test_words(void **state)
{
	static char text[200000];
	for (size_t length = 131070; length < 131074; length++) {
		int start = snprintf(text, sizeof(text),
				     "name: t\nhosts: { a: }\nprobes:\n  - { from: a, run: \"");
		memset(text + start, 'x', length);
		snprintf(text + start + length, sizeof(text) - (size_t)start - length, "\" }\n");
		bool is_read = read_scenario(*state, text, strlen(text));
		const struct scenario_file *file = *state;
		assert_int_equal(is_read, length <= 131071);
		assert_true(is_read || strstr(file->messages, ":4:22: error: 13107"));
	}
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(test_confined), TEST(test_program), TEST(test_path),
		TEST(test_words),    TEST(test_apt),	 TEST(test_fine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
