/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/privileges.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsim/descriptors.h"

#define KEPT(name) CAP_##name, #name

static const struct sim_privilege kept[] = {
	{KEPT(CHOWN), false, "packages and daemons give files to their users"},
	{KEPT(DAC_OVERRIDE), false, "root writes to files of others"},
	{KEPT(FOWNER), false, "root changes modes and times of files of others"},
	{KEPT(FSETID), false, "packages install setuid programs"},
	{KEPT(KILL), false, "root ends daemons of other users"},
	{KEPT(SETGID), false, "daemons, su and apt become somebody else"},
	{KEPT(SETUID), false, "likewise"},
	{KEPT(SETPCAP), false, "programs that give up capabilities for good"},
	{KEPT(SETFCAP), false, "packages give ping its capability"},
	{KEPT(NET_BIND_SERVICE), false, "daemons listen at ports below 1024"},
	{KEPT(NET_RAW), false, "ping and tcpdump; ipset and iptables open raw sockets"},
	{KEPT(NET_ADMIN), false, "firewalls, addresses, routes, sysctls of the network"},
	{KEPT(SYS_CHROOT), false, "chroot(8), as pbuilder and daemons use it"},
	{KEPT(AUDIT_WRITE), false, "without it, PAM lets nobody log in where the kernel audits"},
	{KEPT(SYS_ADMIN), true, "jails mount, and make and enter namespaces"},
	{KEPT(MKNOD), true, "jails have a /dev of their own"},
};

const struct sim_privilege *sim_privilege_nth(size_t i)
{
	return i < sizeof(kept) / sizeof(*kept) ? &kept[i] : NULL;
}

static bool is_kept(int capability, bool jails)
{
	const struct sim_privilege *privilege;
	for (size_t i = 0; (privilege = sim_privilege_nth(i)); i++)
		if (privilege->capability == capability)
			return jails || !privilege->for_jails_only;
	return false;
}

struct capabilities {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct words[_LINUX_CAPABILITY_U32S_3];
};

static int read_capabilities(struct capabilities *capabilities, struct sim_error *err)
{
	*capabilities = (struct capabilities){.header.version = _LINUX_CAPABILITY_VERSION_3};
	if (syscall(SYS_capget, &capabilities->header, capabilities->words) < 0)
		return sim_fail(err, errno, "cannot read the capabilities");
	return 0;
}

/* What a caller has made inheritable would pass through execve(2) whatever the bounding set is. */
static int inherit_nothing(struct sim_error *err)
{
	struct capabilities ours;
	if (read_capabilities(&ours, err) < 0)
		return -1;
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		ours.words[i].inheritable = 0;
	if (syscall(SYS_capset, &ours.header, ours.words) < 0 ||
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot clear the inheritable capabilities");
	return 0;
}

int sim_privileges_drop(struct sim_error *err)
{
	struct capabilities ours;
	if (read_capabilities(&ours, err) < 0)
		return -1;
	for (int i = 0; i < 32 * _LINUX_CAPABILITY_U32S_3; i++) {
		/* Past the last that the kernel knows of it fails. */
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0)
			continue;
		ours.words[i / 32].effective &= ~(1u << i % 32);
		ours.words[i / 32].permitted &= ~(1u << i % 32);
	}
	if (syscall(SYS_capset, &ours.header, ours.words) < 0)
		return sim_fail(err, errno, "cannot give up capabilities");
	return 0;
}

int sim_privileges_hide(const int *fds, size_t n_fds, struct sim_error *err)
{
	/* What comes of its memory and descriptors to whoever may trace it, proc(5) says. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return sim_fail(err, errno, "cannot keep strangers out of a process");
	return descriptors_close_others(fds, n_fds) < 0
		       ? sim_fail(err, errno, "cannot close descriptors")
		       : 0;
}

int sim_privileges_bound(bool jails, struct sim_error *err)
{
	/* The kernel may have more of them than its headers; past the last one it says EINVAL. */
	for (int i = 0, has; (has = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		if (has && !is_kept(i, jails) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
			return sim_fail(err, errno, "cannot give up capability %d", i);
	return inherit_nothing(err);
}
