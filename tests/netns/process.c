/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes in a host: what they are given, what is heard of them, and their end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/process.h"
#include "tests/support/namespaces.h"

struct fixture {
	struct sim_host *host;
	struct sim_process_result result;
	struct sim_error err;
	int pipe[2];
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	if (sim_host_new("a", &f->host, &f->err) < 0) {
		print_error("%s\n", f->err.text);
		return -1;
	}
	return pipe2(f->pipe, O_CLOEXEC);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	close(f->pipe[0]);
	close(f->pipe[1]);
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	free(f);
	return 0;
}

/* Run a line of shell as `as`, for at most `timeout_ms` (0: the default). */
static void run_shell(struct fixture *f, const struct sim_identity *as, const char *line,
		      const char *input, unsigned timeout_ms)
{
	char shell[] = "sh";
	char option[] = "-c";
	char *argv[] = {shell, option, strdup(line), NULL};
	const struct sim_program program = {.argv = argv, .input = input, .timeout_ms = timeout_ms};

	int status = sim_program_run(f->host, as, &program, &f->result, &f->err);
	free(argv[2]);
	if (status < 0)
		fail_msg("%s: %s", line, f->err.text);
}

static void exit_status_is_told(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "exit 7", NULL, 0);
	assert_true(WIFEXITED(f->result.status));
	assert_int_equal(WEXITSTATUS(f->result.status), 7);
	assert_false(f->result.timed_out);
	assert_string_equal(f->result.out, "");
	assert_string_equal(f->result.err, "");
}

static void a_signal_is_told(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "kill -KILL $$", NULL, 0);
	assert_true(WIFSIGNALED(f->result.status));
	assert_int_equal(WTERMSIG(f->result.status), SIGKILL);
	assert_false(f->result.timed_out);
}

static void output_is_kept_apart(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "echo one; echo two >&2; printf 'a\\000b'", NULL, 0);
	assert_int_equal(f->result.out_len, 7);
	assert_memory_equal(f->result.out, "one\na\0b", 8);
	assert_string_equal(f->result.err, "two\n");
	assert_int_equal(f->result.err_len, 4);
	assert_false(f->result.truncated);
}

/* More than a pipe holds. */
static void input_is_given(void **state)
{
	struct fixture *f = *state;
	char *input = malloc(200001);

	assert_non_null(input);
	memset(input, 'x', 200000);
	input[200000] = '\0';
	run_shell(f, NULL, "wc -c", input, 0);
	free(input);
	assert_string_equal(f->result.out, "200000\n");
}

static void no_input_is_an_empty_one(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "wc -c; readlink /proc/self/fd/0", NULL, 0);
	assert_string_equal(f->result.out, "0\n/dev/null\n");
}

static void a_flood_is_cut_but_not_stopped(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "yes | head -c 10M; yes n | head -c 10M >&2; exit 3", NULL, 0);
	assert_int_equal(WEXITSTATUS(f->result.status), 3);
	assert_int_equal(f->result.out_len, SIM_OUTPUT_MAX);
	assert_int_equal(f->result.err_len, SIM_OUTPUT_MAX);
	assert_int_equal(strlen(f->result.out), SIM_OUTPUT_MAX);
	assert_true(f->result.truncated);
	assert_memory_equal(f->result.err, "n\nn\n", 4);
}

static void what_just_fits_is_not_cut(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "yes | head -c 1M", NULL, 0);
	assert_int_equal(f->result.out_len, SIM_OUTPUT_MAX);
	assert_false(f->result.truncated);
}

/* Three generations, deaf to SIGTERM, each holding the pipe and saying so. */
static int multiply(void *arg)
{
	const int *fds = arg;

	signal(SIGTERM, SIG_IGN);
	close(fds[0]);
	if (fork() == 0)
		fork();
	if (write(fds[1], "x", 1) != 1)
		return 1;
	for (;;)
		pause();
}

static void whoever_takes_too_long_is_killed_with_all_its_kin(void **state)
{
	struct fixture *f = *state;
	char bytes[4];
	size_t total = 0;

	assert_int_equal(
		sim_process_call_trusted(f->host, multiply, f->pipe, 2000, &f->result, &f->err), 0);
	assert_true(f->result.timed_out);
	assert_true(WIFSIGNALED(f->result.status));
	/* The pipe ends when the last of them is dead. */
	close(f->pipe[1]);
	for (ssize_t n; (n = read(f->pipe[0], bytes, sizeof(bytes))) > 0;)
		total += (size_t)n;
	assert_int_equal(total, 3);
	f->pipe[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void output_before_a_timeout_is_kept(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "echo began; sleep 1000", NULL, 2000);
	assert_true(f->result.timed_out);
	assert_string_equal(f->result.out, "began\n");
}

static void who_stays_behind_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "sleep 1000 & echo done", NULL, 0);
	assert_false(f->result.timed_out);
	assert_int_equal(f->result.status, 0);
	assert_string_equal(f->result.out, "done\n");
}

static void who_stays_behind_and_prints_for_ever_is_not_waited_for(void **state)
{
	struct fixture *f = *state;

	run_shell(f, NULL, "yes & exit 4", NULL, 0);
	assert_false(f->result.timed_out);
	assert_int_equal(WEXITSTATUS(f->result.status), 4);
}

static void a_missing_program_is_an_error(void **state)
{
	struct fixture *f = *state;
	char name[] = "no-such-program";
	char *argv[] = {name, NULL};
	const struct sim_program program = {.argv = argv};

	assert_int_equal(sim_program_run(f->host, NULL, &program, &f->result, &f->err), -1);
	assert_int_equal(f->err.errnum, ENOENT);
	assert_string_equal(f->err.text, "cannot run 'no-such-program': No such file or directory");
	assert_null(f->result.out);
	assert_int_equal(sim_program_run(f->host, NULL, &program, &f->result, NULL), -1);
}

static void a_missing_folder_is_an_error(void **state)
{
	struct fixture *f = *state;
	char name[] = "true";
	char *argv[] = {name, NULL};
	const struct sim_program program = {.argv = argv, .cwd = "/no/such"};

	assert_int_equal(sim_program_run(f->host, NULL, &program, &f->result, &f->err), -1);
	assert_string_equal(f->err.text,
			    "cannot enter folder '/no/such': No such file or directory");
}

static void the_environment_is_its_own(void **state)
{
	struct fixture *f = *state;

	setenv("FWLAB_TEST", "leaks", 1);
	run_shell(f, NULL, "env -u PWD -u SHLVL -u _ | sort; pwd", NULL, 0);
	assert_string_equal(f->result.out,
			    "HOME=/root\nLANG=C.UTF-8\nLOGNAME=root\n"
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
			    "USER=root\n/\n");
}

static void the_identity_is_taken_on(void **state)
{
	struct fixture *f = *state;
	const struct sim_identity irc = {.uid = 39, .gid = 7, .groups = {29, 44}, .n_groups = 2};

	run_shell(f, &irc, "id -u; id -g; id -G; echo $USER $HOME", NULL, 0);
	assert_string_equal(f->result.out, "39\n7\n7 29 44\nirc /nonexistent\n");
}

static void who_has_no_name_is_called_by_the_uid(void **state)
{
	struct fixture *f = *state;
	const struct sim_identity nobody = {.uid = 4321, .gid = 4321};

	run_shell(f, &nobody, "echo $USER $LOGNAME; echo seen >/dev/stderr", NULL, 0);
	assert_string_equal(f->result.out, "4321 4321\n");
	assert_string_equal(f->result.err, "seen\n");
}

static void no_descriptor_leaks(void **state)
{
	struct fixture *f = *state;
	int leak = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */

	assert_true(leak >= 0);
	run_shell(f, NULL, "ls /proc/$$/fd", NULL, 0);
	close(leak);
	assert_string_equal(f->result.out, "0\n1\n2\n");
}

static void signals_are_as_in_a_fresh_process(void **state)
{
	struct fixture *f = *state;
	sigset_t blocked;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	run_shell(f, NULL, "exec grep -E '^Sig(Blk|Ign)' /proc/self/status", NULL, 0);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &blocked, NULL);
	assert_string_equal(f->result.out, "SigBlk:\t0000000000000000\n"
					   "SigIgn:\t0000000000000000\n");
}

static int say_and_return(void *arg)
{
	printf("from %s", (const char *)arg);
	fputs("and an error", stderr);
	return 42;
}

static void a_function_is_called(void **state)
{
	struct fixture *f = *state;
	char name[] = "the test";

	printf("printed once");
	assert_int_equal(
		sim_process_call(f->host, NULL, say_and_return, name, 0, NULL, &f->result, &f->err),
		0);
	printf("\n");
	assert_int_equal(WEXITSTATUS(f->result.status), 42);
	assert_string_equal(f->result.out, "from the test");
	assert_string_equal(f->result.err, "and an error");
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(exit_status_is_told),
		TEST(a_signal_is_told),
		TEST(output_is_kept_apart),
		TEST(input_is_given),
		TEST(no_input_is_an_empty_one),
		TEST(a_flood_is_cut_but_not_stopped),
		TEST(what_just_fits_is_not_cut),
		TEST(whoever_takes_too_long_is_killed_with_all_its_kin),
		TEST(output_before_a_timeout_is_kept),
		TEST(who_stays_behind_is_not_waited_for),
		TEST(who_stays_behind_and_prints_for_ever_is_not_waited_for),
		TEST(a_missing_program_is_an_error),
		TEST(a_missing_folder_is_an_error),
		TEST(the_environment_is_its_own),
		TEST(the_identity_is_taken_on),
		TEST(who_has_no_name_is_called_by_the_uid),
		TEST(no_descriptor_leaks),
		TEST(signals_are_as_in_a_fresh_process),
		TEST(a_function_is_called),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
