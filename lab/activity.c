/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/activity.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* Of the lab's process; NULL: nobody wants to know. */
static struct activity *shown;

struct activity *activity_new(struct sim_error *err)
{
	struct activity *activity = mmap(NULL, sizeof(*activity), PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (activity != MAP_FAILED)
		return activity;
	sim_fail(err, errno, "cannot share memory with the lab");
	return NULL;
}

void activity_free(struct activity *activity)
{
	if (activity)
		munmap(activity, sizeof(*activity));
}

void activity_show(struct activity *activity)
{
	shown = activity;
	/* Nobody else is to write there. */
	if (activity && madvise(activity, sizeof(*activity), MADV_DONTFORK) < 0)
		shown = NULL;
}

void activity_is(const char *format, ...)
{
	va_list args;
	if (!shown)
		return;
	va_start(args, format);
	vsnprintf(shown->text, sizeof(shown->text), format, args);
	va_end(args);
}

void activity_read(const struct activity *activity, char text[ACTIVITY_MAX])
{
	*text = '\0';
	if (!activity)
		return;
	memcpy(text, activity->text, ACTIVITY_MAX);
	text[ACTIVITY_MAX - 1] = '\0';
}
