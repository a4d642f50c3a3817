/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/process.h"

int capture_open(struct capture *capture, int *writing, struct sim_error *err)
{
	int ends[2];

	capture->text = malloc(SIM_OUTPUT_MAX + 1);
	if (!capture->text)
		return sim_fail(err, ENOMEM, "cannot keep the output");
	if (pipe2(ends, O_CLOEXEC) < 0)
		return sim_fail(err, errno, "cannot make a pipe");
	capture->fd = ends[0];
	*writing = ends[1];
	return 0;
}

void capture_clear(struct capture *capture)
{
	cleanup_close(&capture->fd);
	free(capture->text);
}

/* Read once, at most `most` bytes; returns how many. */
static size_t read_some(struct capture *capture, size_t most)
{
	char rest[16384];
	size_t room = SIM_OUTPUT_MAX - capture->length;
	char *to = room ? capture->text + capture->length : rest;
	size_t limit = room ? room : sizeof(rest);
	ssize_t n = read(capture->fd, to, most < limit ? most : limit);

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		close(steal_fd(&capture->fd));
		return 0;
	}
	if (room)
		capture->length += (size_t)n;
	else
		capture->truncated = true;
	return (size_t)n;
}

void capture_read(struct capture *capture)
{
	read_some(capture, SIZE_MAX);
}

char *capture_take(struct capture *capture, size_t *length)
{
	int waiting = 0;

	if (capture->fd >= 0 && ioctl(capture->fd, FIONREAD, &waiting) < 0)
		waiting = 0;
	for (size_t left = (size_t)waiting; left && capture->fd >= 0;)
		left -= read_some(capture, left);
	capture->text[capture->length] = '\0';
	*length = capture->length;
	return steal_ptr(&capture->text);
}
