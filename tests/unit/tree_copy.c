/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of trees: what is in them, down to where, and what is left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/tree_copy.h"

#define NOBODY 65534

static const struct tree_part all = {INT_MAX, INT_MAX, true};

struct trees {
	char top[32];
	char from[64];
	char to[64];
	struct sim_error err;
};

static int make_trees(void **state)
{
	static struct trees trees;
	trees = (struct trees){.top = "/tmp/tree_copy.XXXXXX"};
	if (!mkdtemp(trees.top))
		return -1;
	snprintf(trees.from, sizeof(trees.from), "%s/from", trees.top);
	snprintf(trees.to, sizeof(trees.to), "%s/to", trees.top);
	*state = &trees;
	return mkdir(trees.from, 0755) < 0 || mkdir(trees.to, 0755) < 0 ? -1 : 0;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at)
{
	(void)about;
	(void)kind;
	(void)at;
	return remove(path);
}

static int remove_trees(void **state)
{
	const struct trees *trees = *state;
	return nftw(trees->top, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *below(const char *folder, const char *name)
{
	static char path[2][128];
	static unsigned next;
	char *into = path[next++ % 2];
	snprintf(into, sizeof(path[0]), "%s/%s", folder, name);
	return into;
}

static void put_folder(const struct trees *trees, const char *name, mode_t mode)
{
	assert_int_equal(mkdir(below(trees->from, name), 0700), 0);
	assert_int_equal(chmod(below(trees->from, name), mode), 0);
}

static void put_file(const struct trees *trees, const char *name, const char *text, mode_t mode)
{
	FILE *file = fopen(below(trees->from, name), "we");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(below(trees->from, name), mode), 0);
}

static bool is_there(const struct trees *trees, const char *name)
{
	struct stat about;
	return lstat(below(trees->to, name), &about) == 0;
}

static void copy(struct trees *trees, const struct tree_part *part)
{
	if (tree_copy(trees->from, trees->to, part, &trees->err) < 0)
		fail_msg("%s", trees->err.text);
}

static void modes_times_and_content_are_kept(void **state)
{
	struct trees *trees = *state;
	struct stat before;
	struct stat after;
	char text[16] = "";
	const struct timespec times[] = {{.tv_sec = 1000, .tv_nsec = 5}, {.tv_sec = 2000}};
	put_folder(trees, "sticky", 01777);
	put_file(trees, "sticky/file", "some text", 0640);
	put_file(trees, "setuid", "", 04755);
	assert_int_equal(utimensat(AT_FDCWD, below(trees->from, "sticky/file"), times, 0), 0);
	mode_t mask = umask(077);
	copy(trees, &all);
	umask(mask);

	assert_int_equal(stat(below(trees->to, "sticky"), &after), 0);
	assert_int_equal(after.st_mode, S_IFDIR | 01777);
	assert_int_equal(stat(below(trees->from, "sticky/file"), &before), 0);
	assert_int_equal(stat(below(trees->to, "sticky/file"), &after), 0);
	assert_int_equal(after.st_mode, S_IFREG | 0640);
	assert_int_equal(after.st_mtim.tv_sec, 2000);
	assert_true(after.st_ino != before.st_ino);
	FILE *file = fopen(below(trees->to, "sticky/file"), "re");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "some text");
	/* What somebody else's program might do as itself ours does not. */
	assert_int_equal(stat(below(trees->to, "setuid"), &after), 0);
	assert_int_equal(after.st_mode, S_IFREG | 0755);
}

static void links_stay_links(void **state)
{
	struct trees *trees = *state;
	char target[64];
	put_folder(trees, "folder", 0755);
	put_file(trees, "folder/file", "x", 0644);
	assert_int_equal(symlink("nowhere", below(trees->from, "dangling")), 0);
	assert_int_equal(symlink("folder", below(trees->from, "link")), 0);
	copy(trees, &all);
	ssize_t length = readlink(below(trees->to, "dangling"), target, sizeof(target));
	assert_int_equal(length, strlen("nowhere"));
	assert_memory_equal(target, "nowhere", strlen("nowhere"));
	length = readlink(below(trees->to, "link"), target, sizeof(target));
	assert_int_equal(length, strlen("folder"));
}

static void it_goes_as_far_down_as_is_wanted(void **state)
{
	struct trees *trees = *state;
	put_folder(trees, "1", 0755);
	put_folder(trees, "1/2", 0755);
	put_folder(trees, "1/2/3", 0755);
	put_file(trees, "file", "", 0644);
	put_file(trees, "1/file", "", 0644);
	put_file(trees, "1/2/file", "", 0644);
	assert_int_equal(symlink("x", below(trees->from, "1/2/link")), 0);
	copy(trees, &(struct tree_part){.folder_levels = 2, .file_levels = 2});
	assert_true(is_there(trees, "file"));
	assert_true(is_there(trees, "1/file"));
	assert_true(is_there(trees, "1/2"));
	assert_false(is_there(trees, "1/2/3"));
	assert_false(is_there(trees, "1/2/file"));
	assert_false(is_there(trees, "1/2/link"));
}

static void folders_may_go_further_down_than_files(void **state)
{
	struct trees *trees = *state;
	put_folder(trees, "1", 0755);
	put_folder(trees, "1/2", 0755);
	put_file(trees, "1/file", "", 0644);
	put_file(trees, "1/2/file", "", 0644);
	copy(trees, &(struct tree_part){.folder_levels = INT_MAX, .file_levels = 2});
	assert_true(is_there(trees, "1/file"));
	assert_true(is_there(trees, "1/2"));
	assert_false(is_there(trees, "1/2/file"));
}

static void large_files_and_pipes_are_left_out(void **state)
{
	struct trees *trees = *state;
	struct stat about;
	put_file(trees, "most", "", 0644);
	put_file(trees, "more", "", 0644);
	assert_int_equal(truncate(below(trees->from, "most"), 4 << 20), 0);
	assert_int_equal(truncate(below(trees->from, "more"), (4 << 20) + 1), 0);
	assert_int_equal(mkfifo(below(trees->from, "pipe"), 0644), 0);
	copy(trees, &all);
	assert_int_equal(stat(below(trees->to, "most"), &about), 0);
	assert_int_equal(about.st_size, 4 << 20);
	assert_false(is_there(trees, "more"));
	assert_false(is_there(trees, "pipe"));
}

/* As nobody, where we are root. */
static void what_may_not_be_read_is_left_out(void **state)
{
	struct trees *trees = *state;
	bool is_root = geteuid() == 0;
	put_file(trees, "secret", "x", 0);
	put_folder(trees, "closed", 0);
	put_file(trees, "open", "x", 0644);
	if (is_root) {
		assert_int_equal(chmod(trees->top, 0755), 0);
		assert_int_equal(chown(trees->to, NOBODY, NOBODY), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	int status = tree_copy(trees->from, trees->to, &all, &trees->err);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	chmod(below(trees->from, "closed"), 0755);
	chmod(below(trees->to, "closed"), 0755);
	assert_int_equal(status, 0);
	assert_true(is_there(trees, "open"));
	assert_false(is_there(trees, "secret"));
}

static void what_cannot_be_written_is_an_error(void **state)
{
	struct trees *trees = *state;
	assert_int_equal(rmdir(trees->to), 0);
	put_file(trees, "file", "x", 0644);
	assert_int_equal(tree_copy(trees->from, "/proc/nowhere", &all, &trees->err), -1);
	assert_non_null(strstr(trees->err.text, "/proc/nowhere"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_trees, remove_trees)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(modes_times_and_content_are_kept),
		TEST(links_stay_links),
		TEST(it_goes_as_far_down_as_is_wanted),
		TEST(folders_may_go_further_down_than_files),
		TEST(large_files_and_pipes_are_left_out),
		TEST(what_may_not_be_read_is_left_out),
		TEST(what_cannot_be_written_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
