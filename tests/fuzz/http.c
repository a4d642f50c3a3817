/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP: any path stands for a file below the folder, or for none; any number
 * is a date.  Eight bytes of a number, and the path.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fixtures/http.h"
#include "tests/fuzz/support/fuzz.h"

static void check_path(int folder, const char *path)
{
	struct stat status;
	char self[64], opened[PATH_MAX];
	int fd = http_open(folder, path, &status);
	if (fd < 0)
		return;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(self, opened, sizeof(opened));
	HOLDS(length > (ssize_t)strlen(FUZZ_FOLDER));
	HOLDS(!memcmp(opened, FUZZ_FOLDER "/", sizeof(FUZZ_FOLDER)));
	HOLDS(*path == '/' && S_ISREG(status.st_mode));
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char date[HTTP_DATE_MAX];
	http_date((time_t)fuzz_number(&input), date);
	HOLDS(strlen(date) == strlen("Thu, 01 Jan 1970 00:00:00 GMT"));
	int folder = open(FUZZ_FOLDER, O_PATH | O_DIRECTORY | O_CLOEXEC);
	HOLDS(folder >= 0);
	char *path = fuzz_text(&input);
	check_path(folder, path);
	free(path);
	close(folder);
	return 0;
}
