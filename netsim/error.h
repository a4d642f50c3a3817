/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why something failed.
 *
 * The error object is the last parameter of everything that can fail.  It is
 * filled once, where the cause is known, with errno, the kernel's extended-ack
 * text or a tool's stderr; callers on the way up put their context in front.
 * Nothing here prints: that is main()'s business.
 *
 * A caller that does not care may pass NULL.
 */
#ifndef NETSIM_ERROR_H
#define NETSIM_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

struct sim_error {
	int errnum;	 /* an errno value, or 0 where none applies */
	char text[4096]; /* one or more lines, without a final newline */
};

/*
 * Fill `err` with the formatted text; with `errnum` other than 0, ": " and
 * strerror(errnum) follow it.  Returns -1, so that a function can end with
 * `return sim_fail(err, errno, "...")`.
 */
int sim_fail(struct sim_error *err, int errnum, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

int sim_vfail(struct sim_error *err, int errnum, const char *format, va_list args)
	__attribute__((format(printf, 3, 0), cold));

/*
 * Whether it says that the machine lacks something, or is broken: that is no fault of what it
 * was asked.
 */
bool sim_is_lack(int errnum);

/* Put "context: " in front of what `err` already says.  Returns -1. */
int sim_wrap(struct sim_error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

#endif
