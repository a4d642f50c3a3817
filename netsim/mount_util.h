/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts and files, each failure with its path.  Private to netsim.
 */
#ifndef NETSIM_MOUNT_UTIL_H
#define NETSIM_MOUNT_UTIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "netsim/error.h"

/* How many bytes each tmpfs of this process and its children may take; 0: what the kernel lets it.
 */
void mount_room(uint64_t bytes);
int mount_tmpfs(const char *at, const char *mode, struct sim_error *err);
/* `flags`: 0 or MS_REC. */
int bind_mount(const char *from, const char *to, unsigned long flags, struct sim_error *err);
/* `tree`: with every mount below it. */
int mount_read_only(const char *at, bool tree, struct sim_error *err);
/*
 * A private, writable copy of a folder, at `at`: what is written goes below
 * `scratch`.  `flags`: MS_NOSUID and its like.
 */
int mount_overlay(const char *folder, const char *at, const char *scratch, unsigned long flags,
		  struct sim_error *err);

/* These take what exists already for good. */
/* Whether there is such a file; -1: that cannot be told. */
int is_there(const char *path, struct sim_error *err);

int make_folder(const char *path, mode_t mode, struct sim_error *err);
/* The folder that `path` lies in, and those above it. */
int make_parents(const char *path, struct sim_error *err);
int make_link(const char *target, const char *path, struct sim_error *err);

/* Write a file anew, in place of what is there (a symlink is replaced, not followed). */
int write_file(const char *path, const char *text, struct sim_error *err);

#endif
