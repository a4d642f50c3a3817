/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accounts: the base system's ids, additions, and the text that tools read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <grp.h>
#include <gshadow.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/accounts.h"

struct fixture {
	struct sim_accounts *accounts;
	struct sim_error err;
	FILE *file;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	f->accounts = sim_accounts_new();
	f->file = tmpfile();
	*state = f;
	return f->accounts && f->file ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_accounts_free(f->accounts);
	fclose(f->file);
	free(f);
	return 0;
}

static void base_ids_are_debians(void **state)
{
	const struct fixture *f = *state;
	uid_t uid;
	gid_t gid;

	assert_true(sim_accounts_user(f->accounts, "games", &uid, &gid));
	assert_int_equal(uid, 5);
	assert_int_equal(gid, 60);
	assert_true(sim_accounts_group(f->accounts, "nogroup", &gid));
	assert_int_equal(gid, 65534);
	assert_true(sim_accounts_user(f->accounts, "nobody", NULL, NULL));
	assert_false(sim_accounts_user(f->accounts, "adm", &uid, &gid));
	assert_false(sim_accounts_group(f->accounts, "nobody", NULL));
	assert_string_equal(sim_accounts_user_name(f->accounts, 33), "www-data");
	assert_string_equal(sim_accounts_group_name(f->accounts, 4), "adm");
	assert_null(sim_accounts_user_name(f->accounts, 100));
}

static void a_second_entry_replaces_the_first(void **state)
{
	struct fixture *f = *state;
	uid_t uid;
	gid_t gid;

	assert_int_equal(sim_accounts_add_user(f->accounts, "www-data", 500, 501, &f->err), 0);
	assert_true(sim_accounts_user(f->accounts, "www-data", &uid, &gid));
	assert_int_equal(uid, 500);
	assert_int_equal(gid, 501);
	assert_null(sim_accounts_user_name(f->accounts, 33));

	assert_int_equal(sim_accounts_add_user(f->accounts, "www-data", 600, 601, &f->err), 0);
	assert_true(sim_accounts_user(f->accounts, "www-data", &uid, NULL));
	assert_int_equal(uid, 600);
	assert_null(sim_accounts_user_name(f->accounts, 500));
}

static void an_id_is_looked_up_as_the_first_that_was_added(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_accounts_add_user(f->accounts, "toor", 0, 0, &f->err), 0);
	assert_int_equal(sim_accounts_add_user(f->accounts, "admin", 0, 0, &f->err), 0);
	assert_string_equal(sim_accounts_user_name(f->accounts, 0), "toor");
	assert_string_equal(sim_accounts_nth_user(f->accounts, 0), "toor");
	assert_string_equal(sim_accounts_nth_user(f->accounts, 1), "admin");
	assert_string_equal(sim_accounts_nth_user(f->accounts, 2), "root");
	assert_null(sim_accounts_nth_user(f->accounts, 1000));
	assert_null(sim_accounts_nth_group(f->accounts, 1000));
}

/* The C library reads the text as it was meant. */
static void text_survives_a_round_trip(void **state)
{
	struct fixture *f = *state;
	size_t count = 0;

	assert_int_equal(sim_accounts_add_user(f->accounts, "_apt", 100, 65534, &f->err), 0);
	assert_int_equal(sim_accounts_add_user(f->accounts, "Debian-exim", 107, 110, &f->err), 0);
	assert_int_equal(sim_accounts_write_passwd(f->accounts, f->file), 0);
	rewind(f->file);
	for (struct passwd *entry; (entry = fgetpwent(f->file)); count++) {
		uid_t uid;
		gid_t gid;
		assert_true(sim_accounts_user(f->accounts, entry->pw_name, &uid, &gid));
		assert_int_equal(entry->pw_uid, uid);
		assert_int_equal(entry->pw_gid, gid);
		assert_string_equal(entry->pw_dir, uid ? "/nonexistent" : "/root");
		assert_string_equal(entry->pw_shell, uid ? "/usr/sbin/nologin" : "/bin/sh");
		assert_string_equal(entry->pw_name, sim_accounts_nth_user(f->accounts, count));
	}
	assert_null(sim_accounts_nth_user(f->accounts, count));
}

static void groups_are_written_with_their_members(void **state)
{
	struct fixture *f = *state;
	struct sim_accounts *accounts = f->accounts;
	size_t count = 0;

	assert_int_equal(sim_accounts_add_group(accounts, "proxies", 200, &f->err), 0);
	assert_int_equal(sim_accounts_add_member(accounts, "proxies", "proxy", &f->err), 0);
	assert_int_equal(sim_accounts_add_member(accounts, "proxies", "irc", &f->err), 0);
	assert_int_equal(sim_accounts_add_member(accounts, "proxies", "proxy", &f->err), 0);
	assert_int_equal(sim_accounts_write_group(accounts, f->file), 0);
	rewind(f->file);
	for (struct group *entry; (entry = fgetgrent(f->file)); count++) {
		gid_t gid;
		assert_true(sim_accounts_group(accounts, entry->gr_name, &gid));
		assert_int_equal(entry->gr_gid, gid);
		if (gid != 200) {
			assert_null(entry->gr_mem[0]);
			continue;
		}
		assert_string_equal(entry->gr_mem[0], "proxy");
		assert_string_equal(entry->gr_mem[1], "irc");
		assert_null(entry->gr_mem[2]);
	}
	assert_null(sim_accounts_nth_group(accounts, count));
}

/* As the C library reads it: the same users, none with a password. */
static void nobody_has_a_password(void **state)
{
	struct fixture *f = *state;
	size_t count = 0;

	assert_int_equal(sim_accounts_add_user(f->accounts, "_apt", 100, 65534, &f->err), 0);
	assert_int_equal(sim_accounts_write_shadow(f->accounts, f->file), 0);
	rewind(f->file);
	for (struct spwd *entry; (entry = fgetspent(f->file)); count++) {
		assert_string_equal(entry->sp_namp, sim_accounts_nth_user(f->accounts, count));
		assert_string_equal(entry->sp_pwdp, "*");
		assert_int_equal(entry->sp_expire, -1);
	}
	assert_null(sim_accounts_nth_user(f->accounts, count));
}

static void nor_has_a_group(void **state)
{
	struct fixture *f = *state;
	size_t count = 0;

	assert_int_equal(sim_accounts_add_member(f->accounts, "mail", "proxy", &f->err), 0);
	assert_int_equal(sim_accounts_write_gshadow(f->accounts, f->file), 0);
	rewind(f->file);
	for (struct sgrp *entry; (entry = fgetsgent(f->file)); count++) {
		bool mail = !strcmp(entry->sg_namp, "mail");
		assert_string_equal(entry->sg_namp, sim_accounts_nth_group(f->accounts, count));
		assert_string_equal(entry->sg_passwd, "*");
		assert_null(entry->sg_adm[0]);
		assert_true(mail ? !strcmp(entry->sg_mem[0], "proxy") : !entry->sg_mem[0]);
	}
	assert_null(sim_accounts_nth_group(f->accounts, count));
}

static void supplementary_groups_follow_the_names(void **state)
{
	struct fixture *f = *state;
	gid_t list[2];
	size_t n = 99;

	assert_int_equal(sim_accounts_groups_of(f->accounts, "irc", list, 2, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sim_accounts_add_member(f->accounts, "audio", "irc", &f->err), 0);
	assert_int_equal(sim_accounts_add_member(f->accounts, "video", "irc", &f->err), 0);
	assert_int_equal(sim_accounts_add_group(f->accounts, "audio", 300, &f->err), 0);
	assert_int_equal(sim_accounts_groups_of(f->accounts, "irc", list, 2, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(list[0], 300);
	assert_int_equal(list[1], 44);
	assert_int_equal(sim_accounts_groups_of(f->accounts, "irc", list, 1, &n), -1);
	assert_int_equal(n, 1);
}

static void members_must_exist(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(sim_accounts_add_member(f->accounts, "nosuch", "irc", &f->err), -1);
	assert_string_equal(f->err.text, "there is no group 'nosuch' for user 'irc'");
	assert_int_equal(sim_accounts_add_member(f->accounts, "irc", "nosuch", &f->err), -1);
	assert_string_equal(f->err.text, "there is no user 'nosuch' for group 'irc'");
}

static void bad_names_and_ids_are_refused(void **state)
{
	static const char *const bad[] = {
		"",	"a:b", "a\nb", "a,b", "a b", "-a",  "+",
		"1000", "$",   "a$b",  "ä",   ".",   "a/b", "a23456789012345678901234567890123",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(sim_accounts_add_user(f->accounts, bad[i], 9999, 1, &f->err), -1);
		assert_int_equal(sim_accounts_add_group(f->accounts, bad[i], 9999, &f->err), -1);
	}
	assert_int_equal(sim_accounts_add_user(f->accounts, "x", (uid_t)-1, 1, &f->err), -1);
	assert_int_equal(sim_accounts_add_user(f->accounts, "x", 1, (gid_t)-1, &f->err), -1);
	assert_null(sim_accounts_user_name(f->accounts, 9999));
	assert_int_equal(sim_accounts_add_user(f->accounts, "a2345678901234567890123456789012",
					       9999, 1, &f->err),
			 0);
	assert_int_equal(sim_accounts_add_user(f->accounts, "host$", 9998, 1, &f->err), 0);
}

static void the_number_of_accounts_is_bounded(void **state)
{
	struct fixture *f = *state;
	char name[16];

	for (unsigned i = 0; i < SIM_ACCOUNTS_MAX; i++) {
		snprintf(name, sizeof(name), "u%u", i);
		assert_int_equal(sim_accounts_add_user(f->accounts, name, i, i, &f->err), 0);
	}
	assert_int_equal(sim_accounts_add_user(f->accounts, "last", 1, 1, &f->err), -1);
	assert_non_null(strstr(f->err.text, "one too many"));
	assert_int_equal(sim_accounts_add_user(f->accounts, "u0", 7, 7, &f->err), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(base_ids_are_debians),
		TEST(a_second_entry_replaces_the_first),
		TEST(an_id_is_looked_up_as_the_first_that_was_added),
		TEST(text_survives_a_round_trip),
		TEST(groups_are_written_with_their_members),
		TEST(nobody_has_a_password),
		TEST(nor_has_a_group),
		TEST(supplementary_groups_follow_the_names),
		TEST(members_must_exist),
		TEST(bad_names_and_ids_are_refused),
		TEST(the_number_of_accounts_is_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
