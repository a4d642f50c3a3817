/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host and its roots see of files, and what becomes of what is written there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/files.h"
#include "netsim/mounts.h"
#include "netsim/process.h"
#include "tests/support/namespaces.h"

struct fixture {
	struct sim_host *host;
	struct sim_process_result result;
	struct sim_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	struct sim_accounts *accounts = sim_accounts_new();
	if (!accounts)
		return -1;
	if (sim_host_new("a", &f->host, &f->err) < 0 ||
	    sim_accounts_add_user(sim_host_accounts(f->host), "uuidd", 100, 101, &f->err) < 0 ||
	    sim_accounts_add_user(accounts, "_apt", 100, 65534, &f->err) < 0 ||
	    sim_host_set_files(f->host, "10.0.0.2 b\n", "nameserver 10.0.0.9\n", &f->err) < 0 ||
	    sim_host_add_root(f->host, "jail", accounts, &f->err) < 0) {
		print_error("%s\n", f->err.text);
		return -1;
	}
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	free(f);
	return 0;
}

/* What a line of shell prints, run as `as`; it must end with 0. */
static const char *shell(struct fixture *f, const struct sim_identity *as, const char *line)
{
	char sh[] = "sh";
	char option[] = "-c";
	char *argv[] = {sh, option, strdup(line), NULL};
	const struct sim_program program = {.argv = argv};
	sim_process_result_clear(&f->result);
	int status = sim_program_run(f->host, as, &program, &f->result, &f->err);
	free(argv[2]);
	if (status < 0)
		fail_msg("%s: %s", line, f->err.text);
	if (f->result.status)
		fail_msg("%s: status %d, %s", line, f->result.status, f->result.err);
	return f->result.out;
}

static const struct sim_identity in_jail = {.uid = 100, .gid = 65534, .root = "jail"};

static void a_uid_is_somebody_else_in_a_root(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(shell(f, NULL, "getent passwd 100 | cut -d: -f1-4"),
			    "uuidd:x:100:101\n");
	assert_string_equal(shell(f, &in_jail, "getent passwd 100 | cut -d: -f1-4"),
			    "_apt:x:100:65534\n");
	assert_string_equal(shell(f, &in_jail, "id -un; id -gn"), "_apt\nnogroup\n");
}

static void names_come_from_the_hosts_own_files(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(shell(f, NULL, "getent hosts b"), "10.0.0.2        b\n");
	assert_string_equal(shell(f, &in_jail, "getent hosts b"), "10.0.0.2        b\n");
	assert_string_equal(shell(f, NULL, "cat /etc/resolv.conf"), "nameserver 10.0.0.9\n");
	assert_string_equal(shell(f, &in_jail, "cat /etc/resolv.conf"), "nameserver 10.0.0.9\n");
}

static void what_is_written_stays_in_the_host(void **state)
{
	struct fixture *f = *state;
	shell(f, NULL,
	      "echo x > /etc/fwlab-test; echo x > /var/fwlab-test; echo x > /tmp/fwlab-test;"
	      "echo x > /run/fwlab-test; rm /etc/fstab 2>/dev/null || true");
	assert_string_equal(shell(f, NULL,
				  "cat /etc/fwlab-test /var/fwlab-test /tmp/fwlab-test "
				  "/run/fwlab-test"),
			    "x\nx\nx\nx\n");
	static const char *const outside[] = {"/etc/fwlab-test", "/var/fwlab-test",
					      "/tmp/fwlab-test", "/run/fwlab-test"};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(access(outside[i], F_OK), -1);
}

static void a_root_has_what_programs_need(void **state)
{
	struct fixture *f = *state;
	shell(f, &in_jail, "echo x > /dev/null && head -c1 /dev/urandom >/dev/null");
	shell(f, &in_jail, "touch /tmp/a /var/tmp/b && test -d /proc/self && test -x /bin/sh");
	assert_string_equal(shell(f, &in_jail, "ls -A /run; ls /var/tmp"), "b\n");
}

static int add_file(struct fixture *f, const char *root, const char *path, const char *text,
		    mode_t mode)
{
	const struct sim_file file = {.path = path,
				      .text = text,
				      .length = text ? strlen(text) : 0,
				      .mode = mode,
				      .uid = 7,
				      .gid = 8};
	return sim_host_add_file(f->host, root, &file, &f->err);
}

static void files_are_where_they_are_wanted(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(add_file(f, NULL, "/etc/fwlab/a", "old", 0600), 0);
	assert_int_equal(add_file(f, NULL, "/etc/fwlab/a", "new\n", 04711), 0);
	assert_int_equal(add_file(f, NULL, "/srv/fwlab/b", "b\n", 0644), 0);
	assert_int_equal(
		add_file(f, NULL, "/usr/local/bin/fwlab-test", "#!/bin/sh\necho ran\n", 0755), 0);
	assert_int_equal(add_file(f, NULL, "/var/fwlab", NULL, 02750), 0);
	assert_int_equal(add_file(f, "jail", "/usr/bin/fwlab-test", "in root\n", 0644), 0);
	assert_int_equal(add_file(f, "jail", "/opt/x/y", "", 0640), 0);
	assert_int_equal(sim_host_show_root(f->host, "jail", "/var/cache/jail", &f->err), 0);
	assert_string_equal(shell(f, NULL,
				  "cat /etc/fwlab/a /srv/fwlab/b; fwlab-test;"
				  "stat -c '%a %u %g' /etc/fwlab/a /etc/fwlab /var/fwlab"),
			    "new\nb\nran\n4711 7 8\n755 0 0\n2750 7 8\n");
	assert_string_equal(shell(f, &in_jail, "cat /usr/bin/fwlab-test; stat -c '%a %s' /opt/x/y"),
			    "in root\n640 0\n");
	/* chroot(8) into it is the same place. */
	assert_string_equal(
		shell(f, NULL, "chroot /var/cache/jail cat /usr/bin/fwlab-test /proc/self/comm"),
		"in root\ncat\n");
	assert_int_equal(access("/usr/local/bin/fwlab-test", F_OK), -1);
	assert_int_equal(access("/srv/fwlab", F_OK), -1);
}

static void a_roots_usr_is_its_own(void **state)
{
	struct fixture *f = *state;
	static const struct sim_identity root_in_jail = {.root = "jail"};
	shell(f, &root_in_jail,
	      "echo x > /usr/share/fwlab-test && rm /usr/bin/true && touch /bin/new");
	shell(f, NULL, "test ! -e /usr/share/fwlab-test && test -x /usr/bin/true");
	assert_int_equal(access("/usr/share/fwlab-test", F_OK), -1);
}

static void hidden_folders_are_empty(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(sim_host_hide(f->host, "/etc/apt", &f->err), 0);
	assert_int_equal(sim_host_hide(f->host, "/var/lib/fwlab-none/x", &f->err), 0);
	assert_int_equal(add_file(f, NULL, "/etc/apt/sources.list", "s\n", 0644), 0);
	assert_string_equal(shell(f, NULL, "ls -A /etc/apt /var/lib/fwlab-none/x"),
			    "/etc/apt:\nsources.list\n\n/var/lib/fwlab-none/x:\n");
}

static void files_of_the_machine_cannot_be_asked_for(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {"etc/x",  "/etc/../x", "/etc//x",  "/etc/x/",
					  "/etc",   "/",	 "/proc/x",  "/dev/x",
					  "/bin/x", "/etc/a\nb", "/etc/./x", ""};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(add_file(f, NULL, bad[i], "", 0644), -1);
		assert_int_equal(sim_host_show_root(f->host, "jail", bad[i], &f->err), -1);
		assert_int_equal(sim_host_hide(f->host, bad[i], &f->err), -1);
	}
	assert_int_equal(add_file(f, "jail", "/sys/x", "", 0644), -1);
	assert_int_equal(add_file(f, "jail", "/proc", NULL, 0755), -1);
	assert_int_equal(add_file(f, "nowhere", "/etc/x", "", 0644), -1);
	assert_non_null(strstr(f->err.text, "root nowhere"));
}

static void sysfs_shows_the_hosts_links_only(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(shell(f, NULL, "ls /sys/class/net"), "lo\n");
}

static int all_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_uid_is_somebody_else_in_a_root, setup, teardown),
		cmocka_unit_test_setup_teardown(names_come_from_the_hosts_own_files, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_is_written_stays_in_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(a_root_has_what_programs_need, setup, teardown),
		cmocka_unit_test_setup_teardown(files_are_where_they_are_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(a_roots_usr_is_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(hidden_folders_are_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(files_of_the_machine_cannot_be_asked_for, setup,
						teardown),
		cmocka_unit_test_setup_teardown(sysfs_shows_the_hosts_links_only, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
