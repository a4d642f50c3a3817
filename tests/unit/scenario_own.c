/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of hosts and roots, apt probes, units, and groups that are left to loggers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/scenario_file.h"

static const char small[] =
	"name: small\n"
	"hosts:\n"
	"  buildd:\n"
	"    groups: { wheel: 50 }\n"
	"    users: { uuidd: 100 }\n"
	"    cgroups: { pbuilder: { net_cls: true }, other: { net_cls: '1:1' } }\n"
	"    log_groups: [0, 5]\n"
	"    roots: { pbuilder: { users: { _apt: 100 }, at: /var/base,\n"
	"                         files: { /x: { text: y, owner: _apt } } }, bare: }\n"
	"    files: { /etc/a: one, /etc/b: \"two\\n\", /srv/c/: { owner: uuidd, mode: '0700' },\n"
	"             /etc/d: { file: dir/../p.nft, group: wheel, mode: '4755' }, /etc/e/: }\n"
	"    services: [ { unit: worker.service, name: w, ready: tcp/9, variants: [open] } ]\n"
	"  mirror: { services: [ { apt: { suite: sid, fault: bad-hash } } ] }\n"
	"variants: { blocked: , open: , both: }\n"
	"probes:\n"
	"  - { from: mirror, apt: ' install  hello=1 ', expect: exit 100 }\n"
	"  - { from: buildd, as: { root: pbuilder }, expect: allow at mirror, family: ipv4,\n"
	"      apt: { argv: [update], options: [A::B=c], through: [cgexec, -g, x:y], mirror: "
	"mirror,\n"
	"             output: { open: Hit, else: Err } } }\n"
	"  - { from: mirror, apt: update, expect: { blocked: deny, else: exit 1 } }\n"
	"  - { from: buildd, as: { cgroup: pbuilder }, ping: mirror, expect: allow,\n"
	"      log: { group: 1, prefix: x } }\n";

static const char worker[] = "[Service]\nUser=uuidd\nGroup=wheel\nExecStart=/bin/sleep 1\n";

static const struct scenario *read_small(void **state)
{
	struct scenario_file *file = *state;
	write_file(file, "worker.service", worker, strlen(worker));
	const struct scenario *scenario = read_scenario(file, small, strlen(small));
	if (!scenario)
		fail_msg("%s", file->messages);
	return scenario;
}

static void test_files(void **state)
{
	const struct scenario *scenario = read_small(state);
	const struct host *host = &scenario->hosts[0];
	static const struct {
		const char *path;
		bool is_folder;
		const char *text;
		mode_t mode;
		uid_t uid;
		gid_t gid;
	} wanted[] = {
		{"/etc/a", false, "one\n", 0644, 0, 0}, {"/etc/b", false, "two\n", 0644, 0, 0},
		{"/srv/c", true, NULL, 0700, 100, 0},	{"/etc/d", false, NULL, 04755, 0, 50},
		{"/etc/e", true, NULL, 0755, 0, 0},
	};
	assert_int_equal(host->files.count, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct file *file = &host->files.list[i];
		assert_string_equal(file->path, wanted[i].path);
		assert_int_equal(file->is_folder, wanted[i].is_folder);
		assert_int_equal(file->mode, wanted[i].mode);
		assert_int_equal(file->uid, wanted[i].uid);
		assert_int_equal(file->gid, wanted[i].gid);
		if (wanted[i].text)
			assert_string_equal(file->text, wanted[i].text);
		else
			assert_null(file->text);
		assert_int_equal(file->source != NULL, i == 3);
	}
	char path[4200];
	snprintf(path, sizeof(path), "%s/p.nft", scenario->folder);
	assert_string_equal(host->files.list[3].source, path);
	const struct root *root = &host->roots[0];
	assert_string_equal(root->at, "/var/base");
	assert_int_equal(root->files.count, 1);
	assert_int_equal(root->files.list[0].uid, 100);
	assert_null(host->roots[1].at);
}

static void test_apt(void **state)
{
	const struct probe *probes = read_small(state)->probes;
	assert_int_equal(probes[0].kind, PROBE_APT);
	assert_string_equal(probes[0].name, "root: apt-get install hello=1");
	assert_string_equal(probes[0].argv[0], "install");
	assert_string_equal(probes[0].argv[1], "hello=1");
	assert_null(probes[0].argv[2]);
	assert_int_equal(probes[0].target.host, 1);
	assert_int_equal(probes[0].port, 80);
	assert_false(probes[0].mirror_named);
	assert_null(probes[0].options);
	assert_int_equal(scenario_expectation(&probes[0], 0, FAMILY_IPV4)->exit_status, 100);

	assert_int_equal(probes[1].family, FAMILY_IPV4);
	assert_string_equal(probes[1].options[0], "A::B=c");
	assert_string_equal(probes[1].through[2], "x:y");
	assert_true(probes[1].mirror_named);
	assert_string_equal(scenario_output(&probes[1], 1), "Hit");
	assert_string_equal(scenario_output(&probes[1], 2), "Err");
	assert_int_equal(scenario_expectation(&probes[1], 2, FAMILY_IPV4)->kind, EXPECT_ALLOW);
	assert_int_equal(scenario_expectation(&probes[2], 0, FAMILY_IPV6)->kind, EXPECT_DENY);
	assert_int_equal(scenario_expectation(&probes[2], 1, FAMILY_IPV6)->kind, EXPECT_EXIT);
}

static void test_units(void **state)
{
	const struct host *host = &read_small(state)->hosts[0];
	const struct daemon *daemon = &host->daemons[0];
	assert_int_equal(host->n_daemons, 1);
	assert_string_equal(daemon->name, "w");
	assert_string_equal(daemon->argv[0], "/bin/sleep");
	assert_string_equal(daemon->unit->shown, "worker.service");
	assert_string_equal(daemon->as.user, "uuidd");
	assert_int_equal(daemon->as.uid, 100);
	assert_true(daemon->as.has_group);
	assert_int_equal(daemon->as.gid, 50);
	assert_int_equal(daemon->n_ready, 1);
	assert_false(daemon_is_in(daemon, 0));
	assert_true(daemon_is_in(daemon, 1));
}

static void test_what_others_make(void **state)
{
	const struct scenario *scenario = read_small(state);
	const struct host *host = &scenario->hosts[0];
	assert_true(host->cgroups[0].awaited);
	assert_int_equal(host->cgroups[0].classid, 0);
	assert_false(host->cgroups[1].awaited);
	assert_int_equal(host->log_groups, 0x21);
	assert_string_equal(scenario->hosts[1].services[0].fault, "bad-hash");
}

#define LOG(log)                                                                                   \
	"name: t\nhosts: { a: { log_groups: [0] }, b: }\nprobes:\n"                                \
	"- { from: a, ping: b, expect: allow, log: " log " }\n"

static void test_what_a_logger_reads_is_not_heard(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{LOG("none"), false},
		{LOG("{ prefix: x }"), false},
		{LOG("{ group: 0 }"), false},
		{LOG("{ at: a, group: 0, count: 0 }"), false},
		{LOG("{ group: 1 }"), true},
		{LOG("{ group: 40000 }"), true},
		{LOG("{ at: b, group: 0 }"), true},
	};
	struct scenario_file *file = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct scenario *scenario =
			read_scenario(file, rows[i].text, strlen(rows[i].text));
		assert_int_equal(scenario != NULL, rows[i].good);
		if (!rows[i].good)
			assert_non_null(strstr(file->messages,
					       "error: 'a' has its own reader of NFLOG "
					       "groups (line 2)"));
	}
}

static int teardown(void **state)
{
	struct scenario_file *file = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/worker.service", file->folder);
	unlink(path);
	return teardown_scenario_file(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup_scenario_file, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(files),
		TEST(apt),
		TEST(units),
		TEST(what_others_make),
		TEST(what_a_logger_reads_is_not_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
