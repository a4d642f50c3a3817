/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/features.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "netsim/cgroup.h"
#include "netsim/cleanup.h"
#include "netsim/limits.h"
#include "netsim/modules.h"
#include "netsim/skb_drop.h"
#include "netsim/users.h"
#include "netsim/world.h"

#define LANDLOCK_ABI_TCP 4 /* Linux 6.7: LANDLOCK_ACCESS_NET_CONNECT_TCP */

/* The first line of a small file; "" where there is none. */
static void read_line(const char *path, char *line, size_t size)
{
	autofclose FILE *file = fopen(path, "re");
	if (!file || !fgets(line, (int)size, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
}

/* Whether a kind of file system is listed; of what is a module only once that is loaded. */
static bool lists_file_system(const char *name)
{
	autofclose FILE *file = fopen("/proc/filesystems", "re");
	char line[128];
	while (file && fgets(line, sizeof(line), file)) {
		const char *word = strchr(line, '\t');
		line[strcspn(line, "\n")] = '\0';
		if (word && !strcmp(word + 1, name))
			return true;
	}
	return false;
}

/* To ask for one has its module loaded, as mounting it would. */
static bool has_file_system(const char *name)
{
	autoclose int fd = fsopen(name, FSOPEN_CLOEXEC);
	return fd >= 0 || lists_file_system(name);
}

static bool has_cgroup2(void)
{
	return has_file_system("cgroup2") && sim_cgroups_may_have(SIM_CGROUP_V2);
}

static bool has_overlay(void)
{
	return has_file_system("overlay");
}

/* "net_cls	0	1	1": name, hierarchy, groups, enabled. */
static bool has_net_cls(void)
{
	if (!sim_cgroups_may_have(SIM_CGROUP_NET_CLS))
		return false;
	autofclose FILE *file = fopen("/proc/cgroups", "re");
	char line[128];
	/* Who lacks a descriptor, say, is to hear that. */
	if (!file)
		return errno != ENOENT;
	while (fgets(line, sizeof(line), file)) {
		const char *enabled = strrchr(line, '\t');
		if (enabled && !strncmp(line, "net_cls\t", strlen("net_cls\t")))
			return enabled[1] == '1';
	}
	return ferror(file);
}

static bool has_apparmor(void)
{
	char line[8];
	read_line("/sys/module/apparmor/parameters/enabled", line, sizeof(line));
	return *line == 'Y';
}

/* SELinux has its file system only where it was not switched off at boot. */
static bool has_selinux(void)
{
	return lists_file_system("selinuxfs");
}

static long landlock_abi(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static bool has_landlock(void)
{
	return landlock_abi() >= 1;
}

static bool has_landlock_tcp(void)
{
	return landlock_abi() >= LANDLOCK_ABI_TCP;
}

static bool has_seccomp(void)
{
	uint32_t action = SECCOMP_RET_ERRNO;
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/* The least program that cgroups take: "return 1". It is gone with its descriptor. */
static bool has_bpf(void)
{
	static const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1},
		{.code = BPF_JMP | BPF_EXIT},
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_CGROUP_SKB,
		.insn_cnt = sizeof(program) / sizeof(*program),
		.insns = (uintptr_t)program,
		.license = (uintptr_t) "GPL",
	};
	autoclose int fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	/* Who has it, but no memory, is to hear that. */
	return fd >= 0 || sim_is_lack(errno);
}

/* Of no hosts, so that none is needed. */
static bool has_drop_reasons(void)
{
	struct sim_drops *drops;
	if (sim_drops_open(NULL, 0, NULL, &drops, NULL) < 0)
		return false;
	sim_drops_close(drops);
	return true;
}

/* Limits alone are looked at: to make one takes a process. */
static bool has_user_namespaces(void)
{
	char most[32], unprivileged[32];
	read_line("/proc/sys/user/max_user_namespaces", most, sizeof(most));
	read_line("/proc/sys/kernel/unprivileged_userns_clone", unprivileged, sizeof(unprivileged));
	return *most && strcmp(most, "0") != 0 && (strcmp(unprivileged, "0") != 0 || !geteuid());
}

bool features_restrict_users(const char *sysctl, const char *confinement)
{
	char line[128];
	read_line(sysctl, line, sizeof(line));
	if (strcmp(line, "1") != 0)
		return false;
	/* Whoever is let has a profile that says so; who is not let is put into this one. */
	read_line(confinement, line, sizeof(line));
	return !*line || !strcmp(line, "unconfined") || !strncmp(line, "unprivileged_userns", 19);
}

/* Ubuntu's, of 23.10 and later. */
static bool has_users_namespaces(void)
{
	return sim_users_is_real_root() ||
	       !features_restrict_users("/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
					"/proc/self/attr/current");
}

/* To those who have no id for it in their user namespace a program's owner is nobody. */
static bool has_file_owners(void)
{
	struct stat about;
	return sim_users_is_real_root() || (stat("/usr/bin", &about) == 0 && geteuid() == 0 &&
					    !sim_users_is_foreign(about.st_uid));
}

static bool has_jails_apart(void)
{
	return !sim_users_is_real_root() || sim_world_can_be_apart();
}

static const struct feature features[] = {
	{"apparmor", "AppArmor profiles", "AppArmor is not in this kernel, or is switched off",
	 "boot a kernel that has it, with lsm=...,apparmor (or security=apparmor) on its command "
	 "line",
	 has_apparmor, NULL},
	{"selinux", "SELinux policies", "SELinux is not in this kernel, or is switched off",
	 "boot a kernel that has it, with security=selinux on its command line, and a policy "
	 "(Debian: selinux-basics, selinux-policy-default)",
	 has_selinux, NULL},
	{"landlock", "Landlock rulesets", "Landlock is not in this kernel, or is switched off",
	 "boot Linux 5.13 or newer, with lsm=landlock,... on its command line", has_landlock, NULL},
	{"landlock-tcp", "Landlock rules for TCP ports (ABI 4)",
	 "this kernel's Landlock has no rules for TCP",
	 "boot Linux 6.7 or newer, with lsm=landlock,... on its command line", has_landlock_tcp,
	 NULL},
	{"seccomp", "seccomp filters", "this kernel has no seccomp filters",
	 "boot a kernel with CONFIG_SECCOMP_FILTER", has_seccomp, NULL},
	{"net_cls", "net_cls cgroups (cgroup v1)",
	 "net_cls cgroups are not in this kernel, are switched off, or are not for this user",
	 "boot a kernel with CONFIG_CGROUP_NET_CLASSID, without cgroup_disable=net_cls or "
	 "cgroup_no_v1=net_cls",
	 has_net_cls,
	 "run as root; or have root mount net_cls, make a cgroup 'fwlab' right below its root and "
	 "give it to you: chown -R USER"},
	{"cgroup2", "cgroup v2",
	 "cgroup v2 is not in this kernel, or the cgroup that this runs in is not this user's",
	 "boot Linux 4.5 or newer with CONFIG_CGROUPS", has_cgroup2,
	 "run as root; or in a cgroup of your own, which 'systemd-run --user --scope -p "
	 "Delegate=yes' makes"},
	{"bpf", "BPF programs on cgroups", "BPF programs for cgroups cannot be loaded",
	 "run as root, on a kernel with CONFIG_BPF_SYSCALL and CONFIG_CGROUP_BPF", has_bpf,
	 "run as root"},
	{"drop-reasons", "the kernel's reasons for dropping packets",
	 "what the kernel drops, and why, cannot be heard",
	 "run as root, on Linux 5.17 or newer with CONFIG_BPF_SYSCALL and CONFIG_DEBUG_INFO_BTF",
	 has_drop_reasons, "run as root"},
	{"overlay", "overlay file systems", "this kernel has no overlay file system",
	 "boot a kernel with CONFIG_OVERLAY_FS, its module installed", has_overlay, NULL},
	{"memory-limit", "limits for the memory of labs", "labs take as much memory as they like",
	 "boot a kernel with CONFIG_MEMCG, not switched off; with cgroup v2, have \"memory\" in "
	 "the "
	 "root's cgroup.subtree_control, as systemd does",
	 sim_limits_memory,
	 "run as root, or set a limit of your own around it (systemd-run --user -p MemoryMax=2G)"},
	{"process-limit", "limits for the number of labs' processes",
	 "labs start as many processes as they like",
	 "boot a kernel with CONFIG_CGROUP_PIDS, not switched off; with cgroup v2, have \"pids\" "
	 "in "
	 "the root's cgroup.subtree_control, as systemd does",
	 sim_limits_processes,
	 "run as root, or set a limit of your own around it (systemd-run --user -p TasksMax=1000)"},
	{"legacy-tables", "the legacy tables of iptables", "the legacy tables are not loaded",
	 "they are when a policy needs them, if this kernel has them: modprobe -a ip_tables "
	 "ip6_tables",
	 sim_modules_has_legacy, "have root load them: modprobe -a ip_tables ip6_tables"},
	{"file-owners", "owners of the machine's files, and so its setuid programs",
	 "in a lab that is not root's the machine's files are nobody's, and its setuid programs "
	 "are not that",
	 "run as root", has_file_owners, NULL},
	{"jails-apart", "a user namespace for labs with 'jails: true'",
	 "root's labs with 'jails: true' have the machine's user namespace: their programs can get "
	 "at its files and devices",
	 "run them without root; or boot Linux 5.19 or newer, with file systems that map owners "
	 "(ext4, xfs, btrfs, tmpfs), outside of containers",
	 has_jails_apart, NULL},
	{"user-namespaces", "user namespaces", "user namespaces are switched off",
	 "sysctl -w user.max_user_namespaces=10000, and where there is such a sysctl "
	 "kernel.unprivileged_userns_clone=1",
	 has_user_namespaces, NULL},
	{"unprivileged-userns", "user namespaces of which ordinary users are really root",
	 "AppArmor takes from ordinary users all power in their user namespaces "
	 "(kernel.apparmor_restrict_unprivileged_userns)",
	 "run as root; or have root let fwlab have it, in a file in /etc/apparmor.d: 'abi "
	 "<abi/4.0>, profile fwlab /PATH/TO/fwlab flags=(unconfined) { userns, }', and then "
	 "apparmor_parser -r FILE; or for all programs: sysctl -w "
	 "kernel.apparmor_restrict_unprivileged_userns=0",
	 has_users_namespaces, NULL},
};

bool feature_is_there(const struct feature *feature)
{
	static enum { UNKNOWN, LACKING, THERE } answers[sizeof(features) / sizeof(*features)];
	size_t i = (size_t)(feature - features);
	if (answers[i] == UNKNOWN)
		answers[i] = feature->look() ? THERE : LACKING;
	return answers[i] == THERE;
}

const char *feature_cure(const struct feature *feature)
{
	bool is_user = feature->users_cure && !sim_users_is_real_root();
	return is_user ? feature->users_cure : feature->cure;
}

const struct feature *feature_nth(size_t i)
{
	return i < sizeof(features) / sizeof(*features) ? &features[i] : NULL;
}

const struct feature *feature_find(const char *name)
{
	const struct feature *feature;
	for (size_t i = 0; (feature = feature_nth(i)); i++)
		if (!strcmp(feature->name, name))
			return feature;
	return NULL;
}
