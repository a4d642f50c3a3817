/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixtures/echo.h"
#include "fixtures/http.h"

static void assert_date(time_t time, const char *expected)
{
	char text[HTTP_DATE_MAX];

	http_date(time, text);
	assert_string_equal(text, expected);
}

static void writes_dates(void **state)
{
	(void)state;
	assert_date(0, "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_date(-1, "Wed, 31 Dec 1969 23:59:59 GMT");
	assert_date(951827696, "Tue, 29 Feb 2000 12:34:56 GMT");
	assert_date(253402300799, "Fri, 31 Dec 9999 23:59:59 GMT");
	/* What no date of HTTP can say. */
	assert_date(253402300800, "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_date(LONG_MAX, "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_date(LONG_MIN, "Thu, 01 Jan 1970 00:00:00 GMT");
}

static void asks_for_a_path_from_the_root(void **state)
{
	struct stat status;
	int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(http_open(folder, "", &status), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(http_open(folder, "etc/passwd", &status), -1);
	assert_int_equal(errno, ENOENT);
	close(folder);
}

static void answers_any_line(void **state)
{
	uint8_t line[ECHO_LINE_MAX];
	char host[300], answer[ECHO_ANSWER_MAX];
	size_t n;

	(void)state;
	memset(line, 0, sizeof(line));
	memset(host, 'h', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	n = echo_answer(host, 65535, line, sizeof(line), answer);
	assert_int_equal(n, strlen("fwlab  65535 ") + 63 + sizeof(line) + 1);
	assert_int_equal(answer[n - 1], '\n');
	assert_memory_equal(answer + n - 1 - sizeof(line), line, sizeof(line));
	n = echo_answer("a", 7, line, 0, answer);
	assert_int_equal(n, strlen("fwlab a 7 \n"));
	assert_memory_equal(answer, "fwlab a 7 \n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_dates),
		cmocka_unit_test(asks_for_a_path_from_the_root),
		cmocka_unit_test(answers_any_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
