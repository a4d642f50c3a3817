/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files a scenario is made of, whatever they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lab/inputs.h"
#include "tests/unit/scenario_file.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const char text[] = "name: s\n"
			   "hosts:\n"
			   "  a:\n"
			   "    start: start.sh\n"
			   "    files: { /etc/x: { file: copied } }\n"
			   "    roots: { r: { files: { /etc/x: { file: copied-too } } } }\n"
			   "    services: [ { unit: a.service } ]\n"
			   "variants:\n"
			   "  one: { a: { nft: one.nft } }\n"
			   "  two: { a: [ { nft: one.nft }, { script: two.sh } ] }\n"
			   "probes: [ { from: a, ping: a, expect: allow } ]\n";

static const struct {
	const char *name;
	const char *what;
} files[] = {
	{"start.sh", "start script 'start.sh'"},
	{"copied", "the source of file '/etc/x'"},
	{"copied-too", "the source of file '/etc/x'"},
	{"a.service", "unit 'a.service'"},
	{"one.nft", "policy 'one.nft'"},
	{"two.sh", "policy 'two.sh'"},
	{"other", "nothing"},
};

static void is_found(struct scenario_file *file, const char *name, const char *what)
{
	char path[128];
	snprintf(path, sizeof(path), "%s/%s", file->folder, name);
	const char *found = inputs_find(file->scenario, path);
	if (strcmp(found ? found : "nothing", what) != 0)
		fail_msg("%s: %s", name, found ? found : "nothing");
}

static void all_files_of_a_scenario_are_found(void **state)
{
	struct scenario_file *file = *state;
	char link_path[128];
	char what[128];
	static const char unit[] = "[Service]\nExecStart=/bin/true\n";
	for (size_t i = 0; i < COUNT(files); i++)
		write_file(file, files[i].name, unit, strlen(unit));
	if (!read_scenario(file, text, strlen(text)))
		fail_msg("%s", file->messages);
	for (size_t i = 0; i < COUNT(files); i++)
		is_found(file, files[i].name, files[i].what);
	is_found(file, "no-such-file", "nothing");
	snprintf(what, sizeof(what), "scenario '%s'", file->path);
	is_found(file, "s.yaml", what);
	is_found(file, "./s.yaml", what);
	snprintf(link_path, sizeof(link_path), "%s/link", file->folder);
	assert_int_equal(link(file->path, link_path), 0);
	is_found(file, "link", what);
	assert_int_equal(unlink(link_path), 0);
	assert_int_equal(symlink("one.nft", link_path), 0);
	is_found(file, "link", "policy 'one.nft'");
}

static int tear_down(void **state)
{
	const struct scenario_file *file = *state;
	char path[128];
	for (size_t i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", file->folder, files[i].name);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/link", file->folder);
	unlink(path);
	return teardown_scenario_file(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(all_files_of_a_scenario_are_found,
						setup_scenario_file, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
