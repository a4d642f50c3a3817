/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be told of a feature from files: AppArmor's restriction of user namespaces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/features.h"

struct files {
	char folder[32];
	char sysctl[64];
	char confinement[64];
};

static int make_files(void **state)
{
	static struct files files;
	files = (struct files){.folder = "/tmp/features.XXXXXX"};
	if (!mkdtemp(files.folder))
		return -1;
	snprintf(files.sysctl, sizeof(files.sysctl), "%s/sysctl", files.folder);
	snprintf(files.confinement, sizeof(files.confinement), "%s/current", files.folder);
	*state = &files;
	return 0;
}

static int remove_files(void **state)
{
	struct files *files = *state;
	unlink(files->sysctl);
	unlink(files->confinement);
	return rmdir(files->folder);
}

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_restriction_holds_for_those_without_a_profile(void **state)
{
	static const struct {
		const char *sysctl;
		const char *confinement;
		bool restricted;
	} rows[] = {
		{"1\n", "unconfined\n", true},
		{"1\n", "unprivileged_userns (enforce)\n", true},
		{"1\n", "unprivileged_userns//&unconfined (enforce)\n", true},
		{"1\n", "", true},
		{"1\n", "fwlab (unconfined)\n", false},
		{"1\n", "fwlab (enforce)\n", false},
		{"0\n", "unconfined\n", false},
		{"0\n", "unprivileged_userns (enforce)\n", false},
		{"", "unconfined\n", false},
	};
	const struct files *files = *state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put(files->sysctl, rows[i].sysctl);
		put(files->confinement, rows[i].confinement);
		if (features_restrict_users(files->sysctl, files->confinement) !=
		    rows[i].restricted)
			fail_msg("%s%s", rows[i].sysctl, rows[i].confinement);
	}
}

/* Debian has no such sysctl. */
static void without_the_sysctl_nobody_is_restricted(void **state)
{
	const struct files *files = *state;
	unlink(files->sysctl);
	put(files->confinement, "unconfined\n");
	assert_false(features_restrict_users(files->sysctl, files->confinement));
}

static void each_lack_has_words_and_a_cure(void **state)
{
	(void)state;
	const struct feature *feature;
	for (size_t i = 0; (feature = feature_nth(i)); i++) {
		assert_true(*feature->lack && *feature->cure && *feature_cure(feature));
		assert_ptr_equal(feature_find(feature->name), feature);
		assert_true(!feature->users_cure ||
			    strcmp(feature->users_cure, feature->cure) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_restriction_holds_for_those_without_a_profile,
						make_files, remove_files),
		cmocka_unit_test_setup_teardown(without_the_sysctl_nobody_is_restricted, make_files,
						remove_files),
		cmocka_unit_test(each_lack_has_words_and_a_cure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
