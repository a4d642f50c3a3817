/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The repository and the http server as the real apt sees them. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/support/serving.h"

#define PACKAGE "hello-fwlab_1.0_all.deb"

/* Everything that apt would read or write elsewhere is in here. */
static char place[] = "/tmp/fwlab-apt.XXXXXX";

static const char *in_place(const char *name)
{
	static char paths[4][256];
	static size_t i;

	i = (i + 1) % 4;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", place, name);
	return paths[i];
}

/* TEST_DATA is two folders below the source's root, and need not exist. */
static const char *make_repository(void)
{
	static char path[512];
	size_t root = sizeof(TEST_DATA) - sizeof("/tests/data");

	snprintf(path, sizeof(path), "%.*s/fixtures/apt/make-repository", (int)root, TEST_DATA);
	return path;
}

/* Run a program in the place, its output in the file "log"; its exit status. */
static int run(const char *const *argv)
{
	static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
						  "APT_CONFIG=apt.conf", NULL};
	int status;
	pid_t pid = fork();

	assert_return_code(pid, errno);
	if (pid == 0) {
		int log;

		if (chdir(place) < 0)
			_exit(70);
		log = open("log", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		dup2(log, STDOUT_FILENO);
		dup2(log, STDERR_FILENO);
		/* execvpe() takes what it only reads by pointers that are not const. */
		execvpe(argv[0], (char *const *)(uintptr_t)argv,
			(char *const *)(uintptr_t)environment);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_file(const char *path, char *text, size_t size)
{
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	text[fread(text, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void expect_status(int status, const char *const *argv)
{
	char log[8192];
	int got = run(argv);

	if (got == status)
		return;
	read_file(in_place("log"), log, sizeof(log));
	fail_msg("%s %s: status %d, not %d:\n%s", argv[0], argv[1], got, status, log);
}

#define RUN(status, ...) expect_status(status, (const char *const[]){__VA_ARGS__, NULL})

__attribute__((format(printf, 2, 3))) static void write_file(const char *name, const char *format,
							     ...)
{
	FILE *file = fopen(in_place(name), "we");
	va_list args;

	assert_non_null(file);
	va_start(args, format);
	assert_true(vfprintf(file, format, args) >= 0);
	va_end(args);
	assert_int_equal(fclose(file), 0);
}

static bool has_tools(void)
{
	static const char *const tools[] = {"apt-get", "gpg", "gpgv", "dpkg-deb"};
	size_t i;

	for (i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		if (run((const char *const[]){tools[i], "--version", NULL}) != 0) {
			print_message("%s is missing\n", tools[i]);
			return false;
		}
	}
	return true;
}

static void prepare_apt(void)
{
	/* Dir, where apt looks for the rest of its configuration as well: none of the machine's. */
	write_file("apt.conf",
		   "Dir \"%s/root\";\n"
		   "Dir::State::status \"%s/status\";\n"
		   "APT::Sandbox::User \"root\";\n"
		   "APT::Update::Error-Mode \"any\";\n"
		   "Acquire::Retries \"0\";\n",
		   place, place);
	write_file("status", "%s", "");
	RUN(0, "mkdir", "-p", "root/etc/apt/apt.conf.d", "root/etc/apt/preferences.d",
	    "root/var/lib/apt/lists/partial", "root/var/cache/apt/archives/partial");
	write_file("root/etc/apt/sources.list",
		   "deb [signed-by=%s/keyring.gpg] http://127.0.0.1/debian sid main\n"
		   "deb [signed-by=%s/keyring.gpg] http://[::1]/ stretch main\n",
		   place, place);
}

static void satisfies_apt(void **state)
{
	struct serving *serving = serving_of(state);
	struct server server = {.kind = SERVER_HTTP, .host = "mirror", .netns = -1, .port = 80};

	need_openat2();
	if (!has_tools())
		skip();
	prepare_apt();
	RUN(0, make_repository(), "repository", "sid", "stretch");
	RUN(0, "cp", "repository/fwlab-archive-keyring.gpg", "keyring.gpg");
	server.folder = in_place("repository");
	start_serving(serving, &server, 1);
	RUN(0, "apt-get", "update");
	RUN(0, "apt-get", "download", "hello-fwlab=1.0");
	RUN(0, "cmp", PACKAGE, "repository/pool/main/h/hello-fwlab/" PACKAGE);
	RUN(0, "dpkg-deb", "--info", PACKAGE);
	assert_int_equal(stop_serving(serving), 0);

	/* A second one takes the first one's place, and has a key that apt does not know. */
	RUN(0, make_repository(), "repository", "sid", "stretch");
	RUN(1, "cmp", "-s", "repository/fwlab-archive-keyring.gpg", "keyring.gpg");
	server.folder = in_place("repository");
	start_serving(serving, &server, 1);
	RUN(100, "apt-get", "update");
}

static void makes_a_repository_only_where_it_may(void **state)
{
	(void)state;
	if (!has_tools())
		skip();
	RUN(0, "mkdir", "-p", "full", "empty");
	write_file("full/precious", "do not lose this\n");
	RUN(1, make_repository(), "full", "sid");
	RUN(0, "test", "-e", "full/precious");
	RUN(1, make_repository(), "full/precious", "sid");
	RUN(0, "test", "-s", "full/precious");
	RUN(1, make_repository(), "new");
	RUN(1, make_repository(), "new", "../sid");
	RUN(1, "test", "-e", "new");
	RUN(0, make_repository(), "empty", "sid");
	RUN(0, "test", "-s", "empty/dists/sid/InRelease");
	/* And nothing is left beside it. */
	RUN(0, "sh", "-c", "test -z \"$(ls -Ad .repository.*)\"");
}

static int make_place(void **state)
{
	if (!mkdtemp(place))
		return -1;
	return serving_setup(state);
}

static int remove_place(void **state)
{
	(void)state;
	return run((const char *const[]){"rm", "-rf", place, NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(satisfies_apt, serving_teardown),
		cmocka_unit_test(makes_a_repository_only_where_it_may),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
