/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <seccomp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "netsim/confine_private.h"

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

int seccomp_apply(const struct sim_confinement *confinement, struct sim_error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	if (!filter)
		return sim_fail(err, ENOMEM, "a seccomp filter");
	/* Whether no_new_privs goes with it is not the filter's to say. */
	int status = seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0);
	/* The kernel's errno, in place of ECANCELED for all. */
	if (status == 0)
		status = seccomp_attr_set(filter, SCMP_FLTATR_API_SYSRAWRC, 1);
	if (status == 0)
		status = refuse_calls(filter, confinement);
	if (status == 0)
		status = refuse_families(filter, confinement);
	if (status == 0)
		status = seccomp_load(filter);
	seccomp_release(filter);
	return status < 0 ? sim_fail(err, -status, "cannot load a seccomp filter") : 0;
}
