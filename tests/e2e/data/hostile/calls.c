/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What no program of a lab may do, whoever it runs as: each call is made, in a
 * form that would do no harm, and must be refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/reboot.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

static pid_t lab; /* the process that judges */

static long load_module(void)
{
	return syscall(SYS_init_module, "", 0, "");
}

static long switch_ctrl_alt_del(void)
{
	return syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2,
		       LINUX_REBOOT_CMD_CAD_ON, NULL);
}

static long set_clock(void)
{
	struct timeval now;
	gettimeofday(&now, NULL);
	return settimeofday(&now, NULL);
}

static long adjust_clock(void)
{
	struct timex none = {.modes = ADJ_TICK, .tick = 10000};
	return adjtimex(&none);
}

static long set_host_name(void)
{
	return sethostname("spoilt", 6);
}

static long trace_lab(void)
{
	return ptrace(PTRACE_SEIZE, lab, NULL, NULL);
}

static long open_memory(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/mem", lab);
	return open(path, O_RDWR);
}

static long open_own_memory(void)
{
	return open("/dev/mem", O_RDONLY);
}

static long open_by_handle(void)
{
	struct {
		struct file_handle head;
		unsigned char rest[8];
	} handle = {{.handle_bytes = 8, .handle_type = 1}, {2}};
	return open_by_handle_at(AT_FDCWD, &handle.head, O_RDONLY);
}

static long ask_log(void)
{
	return syscall(SYS_syslog, 9 /* how much of it is unread */, NULL, 0);
}

static long unshare_mounts(void)
{
	return unshare(CLONE_NEWNS);
}

static long unshare_users(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWCGROUP);
}

static long keep_a_key(void)
{
	return syscall(SYS_add_key, "user", "fwlab-spoilt", "x", 1, -4 /* the user's keyring */);
}

static long call_the_hypervisor(void)
{
	return socket(AF_VSOCK, SOCK_STREAM, 0);
}

static long take_a_lease(void)
{
	return fcntl(open("/proc/self/exe", O_RDONLY), F_SETLEASE, F_RDLCK);
}

static long raise_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, -20);
}

static long raise_limit(void)
{
	const struct rlimit endless = {RLIM_INFINITY, RLIM_INFINITY};
	return setrlimit(RLIMIT_CORE, &endless);
}

static long refuse_to_die(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	return fd < 0 ? -1 : write(fd, "-1000", 5);
}

static const struct {
	const char *name;
	long (*attempt)(void);
} calls[] = {
	{"load a module", load_module},
	{"reboot", switch_ctrl_alt_del},
	{"set the clock", set_clock},
	{"adjust the clock", adjust_clock},
	{"set the host's name", set_host_name},
	{"trace the lab's process", trace_lab},
	{"open its memory", open_memory},
	{"open the machine's memory", open_own_memory},
	{"open a file by its handle", open_by_handle},
	{"ask after the kernel's log", ask_log},
	{"make a mount namespace", unshare_mounts},
	{"make a user namespace", unshare_users},
	{"leave a key behind", keep_a_key},
	{"call the hypervisor", call_the_hypervisor},
	{"keep others from opening a file", take_a_lease},
	{"raise the priority", raise_priority},
	{"have cores dumped", raise_limit},
	{"be spared when memory is short", refuse_to_die},
};

int main(int argc, char **argv)
{
	int status = 0;
	lab = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		errno = 0;
		if (calls[i].attempt() >= 0) {
			printf("it is possible to %s\n", calls[i].name);
			status = 1;
		} else {
			printf("%s: %s\n", calls[i].name, strerror(errno));
		}
	}
	return status;
}
