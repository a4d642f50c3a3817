/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int sim_vfail(struct sim_error *err, int errnum, const char *format, va_list args)
{
	if (!err)
		return -1;
	err->errnum = errnum;
	vsnprintf(err->text, sizeof(err->text), format, args);
	if (errnum) {
		size_t used = strlen(err->text);
		snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(errnum));
	}
	return -1;
}

int sim_fail(struct sim_error *err, int errnum, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	sim_vfail(err, errnum, format, args);
	va_end(args);
	return -1;
}

bool sim_is_lack(int errnum)
{
	return errnum == ENOMEM || errnum == ENOBUFS || errnum == EMFILE || errnum == ENFILE ||
	       errnum == ENOSPC || errnum == EAGAIN || errnum == EBUSY || errnum == EIO;
}

int sim_wrap(struct sim_error *err, const char *format, ...)
{
	if (!err)
		return -1;
	char cause[sizeof(err->text)];
	memcpy(cause, err->text, sizeof(cause));

	va_list args;
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	size_t used = strlen(err->text);
	snprintf(err->text + used, sizeof(err->text) - used, ": %s", cause);
	return -1;
}
