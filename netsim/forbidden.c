/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/forbidden.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/socket.h>

#include "netsim/seccomp_filter.h"

/* clone(2) has its flags first but on these (clone(2), "C library/kernel differences"). */
#if defined(__s390__) || defined(__CRIS__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif

/* What the kernel takes of an int, whatever else is in the register. */
#define INT_BITS UINT32_MAX

struct row {
	int call;
	int errnum; /* as of a kernel that was built without */
	bool but_jails;
	unsigned argument;
	uint64_t mask; /* of its bits: those that count; 0: whatever it is */
	uint64_t bits; /* and what they are where the call is forbidden */
};

static const struct row rows[] = {
	/* Root of a user namespace can mount the hierarchies of the machine's cgroups. */
	{SCMP_SYS(unshare), EPERM, true, 0, CLONE_NEWUSER, CLONE_NEWUSER},
	{SCMP_SYS(clone), EPERM, true, CLONE_FLAGS, CLONE_NEWUSER, CLONE_NEWUSER},
	/* Its flags are out of a filter's sight; the C library then takes clone. */
	{SCMP_SYS(clone3), ENOSYS, true, 0, 0, 0},
	/* Keyrings are the user's on the machine, and outlast the lab. */
	{SCMP_SYS(add_key), ENOSYS, false, 0, 0, 0},
	{SCMP_SYS(keyctl), ENOSYS, false, 0, 0, 0},
	{SCMP_SYS(request_key), ENOSYS, false, 0, 0, 0},
	/* No network namespace keeps these apart: they lead to the machine, or its host. */
	{SCMP_SYS(socket), EAFNOSUPPORT, false, 0, INT_BITS, AF_VSOCK},
	{SCMP_SYS(socket), EAFNOSUPPORT, false, 0, INT_BITS, AF_QIPCRTR},
	/* A lease keeps whoever opens the file waiting, outside as well. */
	{SCMP_SYS(fcntl), EINVAL, false, 1, INT_BITS, F_SETLEASE},
	/* What is asked for by it, sockets too, no filter sees. */
	{SCMP_SYS(io_uring_setup), ENOSYS, false, 0, 0, 0},
};

static int forbid(scmp_filter_ctx filter, const struct row *row)
{
	const struct scmp_arg_cmp argument =
		SCMP_CMP(row->argument, SCMP_CMP_MASKED_EQ, row->mask, row->bits);
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)row->errnum), row->call,
				      row->mask ? 1 : 0, &argument);
}

static int fill(scmp_filter_ctx filter, const void *arg)
{
	bool jails = *(const bool *)arg;
	int status = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && status == 0; i++)
		if (!jails || !rows[i].but_jails)
			status = forbid(filter, &rows[i]);
	return status;
}

int sim_forbidden_bound(bool jails, struct sim_error *err)
{
	return seccomp_filter_load(fill, &jails, "cannot forbid system calls", err);
}
