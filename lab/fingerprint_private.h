/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers of a fingerprint's sections, as fingerprint.h has them. */
#ifndef LAB_FINGERPRINT_PRIVATE_H
#define LAB_FINGERPRINT_PRIVATE_H

#include "netsim/inventory.h"

#define FINGERPRINT_LINE_MAX 8192 /* bytes of a line; longer ones are cut */

/* A formatted line. */
int fingerprint_say(const struct sim_lines *to, struct sim_error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4), warn_unused_result));

int fingerprint_files(const char *const *folders, const struct sim_lines *to,
		      struct sim_error *err);
int fingerprint_sysctls(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err);
int fingerprint_modules(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err);
int fingerprint_mounts(const char *const *folders, const struct sim_lines *to,
		       struct sim_error *err);
/* Descendants of the caller's. */
int fingerprint_processes(const char *const *folders, const struct sim_lines *to,
			  struct sim_error *err);
int fingerprint_sockets(const char *const *folders, const struct sim_lines *to,
			struct sim_error *err);

#endif
