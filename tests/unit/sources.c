/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lab/sources.h"

/* A folder of its own to search in, which is the working directory meanwhile. */
struct fixture {
	char folder[64];
	int before; /* the working directory of before */
	struct arena *arena;
	char *messages;
	size_t size;
	struct sources sources;
};

static void make_file(const char *path)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static const char *const folders[] = {"s", "s/b", "s/b/data", "s/a", "s/.hidden", "empty"};
static const char *const files[] = {
	"one.yaml",	  "s/z.yaml",	 "s/b/scenario.yaml", "s/b/data/not-me.yaml",
	"s/b/other.yaml", "s/a/2.yaml",	 "s/a/10.yaml",	      "s/.hidden/x.yaml",
	"s/.dot.yaml",	  "s/notes.yml", "s/README.md",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	snprintf(f->folder, sizeof(f->folder), "/tmp/fwlab-sources-XXXXXX");
	f->before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->before < 0 || !mkdtemp(f->folder) || chdir(f->folder))
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(mkdir(folders[i], 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		make_file(files[i]);
	assert_int_equal(symlink("..", "s/up"), 0);
	assert_int_equal(symlink("../one.yaml", "s/link.yaml"), 0);
	assert_int_equal(mkfifo("pipe.yaml", 0600), 0);
	f->arena = arena_new();
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(files); i++)
		unlink(files[i]);
	unlink("s/up");
	unlink("s/link.yaml");
	unlink("pipe.yaml");
	for (size_t i = COUNT(folders); i-- > 0;)
		rmdir(folders[i]);
	int status = fchdir(f->before);
	close(f->before);
	status |= rmdir(f->folder);
	arena_free(f->arena);
	free(f->messages);
	free(f);
	return status;
}

static int find(struct fixture *f, const char *const *arguments, size_t count)
{
	char *copies[4] = {NULL};
	assert_true(count <= COUNT(copies));
	for (size_t i = 0; i < count; i++)
		copies[i] = arena_strdup(f->arena, arguments[i]);
	FILE *messages = open_memstream(&f->messages, &f->size);
	assert_non_null(messages);
	int status = sources_find(&f->sources, f->arena, copies, count, messages);
	fclose(messages);
	return status;
}

#define FIND(f, ...)                                                                               \
	find(f, (const char *const[]){__VA_ARGS__},                                                \
	     sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void a_file_is_itself(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(FIND(f, "one.yaml", "s/README.md"), 0);
	assert_int_equal(f->sources.count, 2);
	assert_string_equal(f->sources.paths[0], "one.yaml");
	assert_string_equal(f->sources.paths[1], "s/README.md");
	assert_string_equal(f->messages, "");
}

static void a_folder_is_all_its_scenarios(void **state)
{
	static const char *const expected[] = {
		"s/a/10.yaml", "s/a/2.yaml", "s/b/scenario.yaml", "s/link.yaml", "s/z.yaml",
	};
	struct fixture *f = *state;
	assert_int_equal(FIND(f, "s/"), 0);
	assert_int_equal(f->sources.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		assert_string_equal(f->sources.paths[i], expected[i]);
}

static void a_scenarios_folder_is_that_scenario(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(FIND(f, "s/b"), 0);
	assert_int_equal(f->sources.count, 1);
	assert_string_equal(f->sources.paths[0], "s/b/scenario.yaml");
}

static void all_that_is_wrong_is_said(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(FIND(f, "empty", "no\x1bwhere", "pipe.yaml", "one.yaml"), -1);
	assert_int_equal(f->sources.count, 1);
	assert_string_equal(f->messages,
			    "fwlab: empty: no scenario.yaml nor any other *.yaml in this folder\n"
			    "fwlab: no\\x1bwhere: No such file or directory\n"
			    "fwlab: pipe.yaml: neither a file nor a folder\n");
}

static void nothing_given_is_an_error(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(find(f, NULL, 0), -1);
	assert_non_null(strstr(f->messages, "no scenario given"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_itself, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_folder_is_all_its_scenarios, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_scenarios_folder_is_that_scenario, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(all_that_is_wrong_is_said, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_given_is_an_error, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
