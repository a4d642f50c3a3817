/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "netsim/confine_private.h"
#include "netsim/seccomp_filter.h"

static const struct {
	const char *name;
	int family;
} families[] = {
	{"inet", AF_INET},	 {"inet6", AF_INET6},	{"unix", AF_UNIX},
	{"netlink", AF_NETLINK}, {"packet", AF_PACKET}, {"vsock", AF_VSOCK},
};

#define N_FAMILIES (sizeof(families) / sizeof(families[0]))

bool sim_family_parse(const char *name, int *family)
{
	for (size_t i = 0; i < N_FAMILIES; i++) {
		if (!strcmp(families[i].name, name)) {
			*family = families[i].family;
			return true;
		}
	}
	return false;
}

const char *sim_family_nth(size_t i)
{
	return i < N_FAMILIES ? families[i].name : NULL;
}

bool sim_syscall_parse(const char *name, int *number)
{
	*number = seccomp_syscall_resolve_name(name);
	return *number != __NR_SCMP_ERROR;
}

char *sim_syscall_name(int number)
{
	return seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
}

/* As systemd's RestrictAddressFamilies= does, with its errno. */
static int refuse_families(scmp_filter_ctx filter, const struct sim_confinement *confinement)
{
	int status = 0;
	for (size_t i = 0; i < confinement->n_families && status == 0; i++)
		status = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
			SCMP_A0_32(SCMP_CMP_EQ, (uint32_t)confinement->families[i]));
	return status;
}

static int refuse_calls(scmp_filter_ctx filter, const struct sim_confinement *confinement)
{
	int status = 0;
	for (size_t i = 0; i < confinement->n_calls && status == 0; i++)
		status = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), confinement->calls[i], 0);
	return status;
}

static int fill(scmp_filter_ctx filter, const void *arg)
{
	const struct sim_confinement *confinement = arg;
	int status = refuse_calls(filter, confinement);
	return status == 0 ? refuse_families(filter, confinement) : status;
}

int seccomp_apply(const struct sim_confinement *confinement, struct sim_error *err)
{
	return seccomp_filter_load(fill, confinement, "cannot load a seccomp filter", err);
}
