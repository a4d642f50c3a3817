/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cleanup attributes: a variable that owns something lets go of it when it
 * leaves its scope.  `steal_fd()` and `steal_ptr()` hand ownership on.
 *
 * A failed cmocka assertion longjmps past them: tests keep what they own in
 * the fixture's state and free it in a teardown.
 */
#ifndef NETSIM_CLEANUP_H
#define NETSIM_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#define autofree     __attribute__((cleanup(cleanup_free)))
#define autoclose    __attribute__((cleanup(cleanup_close)))
#define autofclose   __attribute__((cleanup(cleanup_fclose)))
#define autoclosedir __attribute__((cleanup(cleanup_closedir)))

static inline int steal_fd(int *fd)
{
	int taken = *fd;
	*fd = -1;
	return taken;
}

static inline void *steal_pointer(void *p)
{
	void *taken = *(void **)p;
	*(void **)p = NULL;
	return taken;
}

/* The variable at `p` keeps its type: char *s = steal_ptr(&t); */
#define steal_ptr(p) ((__typeof__(*(p)))steal_pointer(p))

#endif
