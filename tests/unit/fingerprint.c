/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What differs between two fingerprints, and that a look notices what it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/fingerprint.h"

struct fixture {
	struct fingerprint_lines before;
	struct fingerprint_lines after;
	char folder[64];
	char file[80];
	const char *folders[2];
	char *text;
	size_t size;
	FILE *to;
	pid_t child;
	int fd;
	struct sim_error err;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	if (!f)
		return -1;
	f->fd = -1;
	strcpy(f->folder, "/tmp/fwlab-unit-XXXXXX");
	if (!mkdtemp(f->folder))
		return -1;
	snprintf(f->file, sizeof(f->file), "%s/file", f->folder);
	f->folders[0] = f->folder;
	f->to = open_memstream(&f->text, &f->size);
	return f->to ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	fingerprint_clear(&f->before);
	fingerprint_clear(&f->after);
	unlink(f->file);
	rmdir(f->folder);
	fclose(f->to);
	free(f->text);
	if (f->fd >= 0)
		close(f->fd);
	if (f->child) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	free(f);
	return 0;
}

static void add_all(struct fixture *f, struct fingerprint_lines *lines, const char *words)
{
	char *copy = strdup(words);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		assert_int_equal(fingerprint_add(lines, word, &f->err), 0);
	free(copy);
	fingerprint_sort(lines);
}

/* Into f->text; how many lines differ. */
static size_t write_difference(struct fixture *f, const char *name)
{
	rewind(f->to);
	size_t count = fingerprint_compare(name, &f->before, &f->after, f->to);
	fflush(f->to);
	f->text[f->size] = '\0'; /* what an earlier one has written may be longer */
	return count;
}

/* How many differ between these words, and what is written. */
static size_t compare(struct fixture *f, const char *before, const char *after)
{
	fingerprint_clear(&f->before);
	fingerprint_clear(&f->after);
	add_all(f, &f->before, before);
	add_all(f, &f->after, after);
	return write_difference(f, "words");
}

static void same_lines_in_any_order(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(compare(f, "", ""), 0);
	assert_int_equal(compare(f, "a b c", "c a b"), 0);
	assert_int_equal(compare(f, "a b", "b a a b"), 0);
	assert_int_equal(f->size, 0);
}

static void other_lines(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(compare(f, "a b d", "b c d e"), 3);
	assert_string_equal(f->text, "  words\n    - a\n    + c\n    + e\n");
	assert_int_equal(compare(f, "a", ""), 1);
	assert_string_equal(f->text, "  words\n    - a\n");
	assert_int_equal(compare(f, "", "a\x1b"), 1);
	assert_string_equal(f->text, "  words\n    + a\\x1b\n");
}

/* A flood is counted, and not written out. */
static void many_lines(void **state)
{
	struct fixture *f = *state;
	char words[1024] = "";
	for (int i = 10; i < 60; i++)
		snprintf(words + strlen(words), sizeof(words) - strlen(words), "%d ", i);
	assert_int_equal(compare(f, "", words), 50);
	assert_non_null(strstr(f->text, "    + 29\n    and 30 more\n"));
	assert_null(strstr(f->text, "    + 30\n"));
}

static void too_many_lines(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < FINGERPRINT_LINES_MAX; i++)
		assert_int_equal(fingerprint_add(&f->before, "", &f->err), 0);
	assert_int_equal(fingerprint_add(&f->before, "", &f->err), -1);
	assert_non_null(strstr(f->err.text, "more than 100000"));
	fingerprint_sort(&f->before);
	assert_int_equal(f->before.count, 1);
}

static void look(struct fixture *f, const char *section, struct fingerprint_lines *lines)
{
	const struct fingerprint_section *row;
	for (size_t i = 0; (row = fingerprint_section_nth(i)); i++) {
		if (strcmp(row->name, section) != 0)
			continue;
		const struct sim_lines to = {fingerprint_add, lines};
		fingerprint_clear(lines);
		if (row->read(f->folders, &to, &f->err) < 0)
			fail_msg("%s", f->err.text);
		fingerprint_sort(lines);
		return;
	}
	fail_msg("there is no section %s", section);
}

static bool has(const struct fingerprint_lines *lines, const char *part)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strstr(lines->lines[i], part))
			return true;
	return false;
}

/* How many lines with `part` differ from before. */
static size_t changes(struct fixture *f, const char *section, const char *part)
{
	size_t count = 0;
	look(f, section, &f->after);
	write_difference(f, section);
	for (char *at = f->text; (at = strstr(at, part)); at++)
		count++;
	look(f, section, &f->before);
	return count;
}

static void write_file(const char *path, const char *text, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void files_in_a_scenario(void **state)
{
	struct fixture *f = *state;
	look(f, "files", &f->before);
	assert_true(has(&f->before, "/etc/passwd, mode 100644, owner 0:0, "));
	assert_int_equal(changes(f, "files", f->file), 0);
	write_file(f->file, "one", 0);
	assert_int_equal(changes(f, "files", f->file), 1); /* + */
	assert_int_equal(changes(f, "files", f->file), 0);
	write_file(f->file, "two", O_TRUNC);
	assert_int_equal(changes(f, "files", f->file), 2); /* - and + */
	assert_int_equal(chmod(f->file, 0640), 0);
	assert_int_equal(changes(f, "files", f->file), 2);
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(symlink("/nowhere", f->file), 0);
	assert_int_equal(changes(f, "files", f->file), 2);
	assert_int_equal(unlink(f->file), 0);
	assert_int_equal(changes(f, "files", f->file), 1);
}

/* A report in the scenario's folder is no difference. */
static void files_of_ours(void **state)
{
	struct fixture *f = *state;
	f->fd = open(f->file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	look(f, "files", &f->before);
	assert_int_equal(write(f->fd, "report", 6), 6);
	assert_int_equal(changes(f, "files", f->file), 0);
}

static void a_socket(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", f->file);
	look(f, "listening sockets", &f->before);
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(f->fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(changes(f, "listening sockets", f->file), 0);
	assert_int_equal(listen(f->fd, 1), 0);
	assert_int_equal(changes(f, "listening sockets", f->file), 1);
}

static void a_process(void **state)
{
	struct fixture *f = *state;
	char line[32];
	look(f, "processes", &f->before);
	assert_int_equal(f->before.count, 0);
	f->child = fork();
	if (f->child == 0)
		for (;;)
			pause();
	snprintf(line, sizeof(line), "+ %d (", f->child);
	assert_int_equal(changes(f, "processes", line), 1);
	kill(f->child, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)f->child, &info, WEXITED | WNOWAIT);
	line[0] = '-'; /* though it has not been reaped */
	assert_int_equal(changes(f, "processes", line), 1);
}

static void sections_that_are_there(void **state)
{
	struct fixture *f = *state;
	look(f, "links", &f->before);
	assert_true(has(&f->before, "lo "));
	look(f, "sysctls", &f->before);
	assert_true(has(&f->before, "kernel/ostype: Linux"));
	assert_false(has(&f->before, "ns_last_pid"));
	look(f, "mounts", &f->before);
	assert_true(has(&f->before, " /proc "));
	look(f, "routes", &f->before);
	assert_true(has(&f->before, "main")); /* a rule leads there */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_lines_in_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(other_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(many_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(files_in_a_scenario, setup, teardown),
		cmocka_unit_test_setup_teardown(files_of_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(a_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(a_process, setup, teardown),
		cmocka_unit_test_setup_teardown(sections_that_are_there, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
