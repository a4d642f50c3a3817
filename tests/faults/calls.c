/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/calls.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define ROW(call, ...)                                                                             \
	{                                                                                          \
		.number = SYS_##call, .name = #call, __VA_ARGS__                                   \
	}
#define FAILS(...)  .errnos = {__VA_ARGS__}
#define SOCKET	    .to_a_socket = true
#define DETAIL(arg) .has_detail = true, .detail = (arg)

/*
 * By man 2 of each: what a machine can do to a program that makes no mistake.
 * Who is not here cannot fail then (getpid(2), rt_sigprocmask(2), umask(2), ...),
 * or does not come back (exit(2)). EINTR is for calls that wait: a debugger that
 * attaches interrupts some of them, but none on a file (signal(7)).
 */
static const struct call calls[] = {
	ROW(read, FAILS(EIO, EINTR), SOCKET),
	ROW(readv, FAILS(EIO), SOCKET),
	ROW(pread64, FAILS(EIO)),
	ROW(write, FAILS(ENOSPC, EIO), SOCKET),
	ROW(writev, FAILS(ENOSPC, EIO), SOCKET),
	ROW(pwrite64, FAILS(ENOSPC)),
	ROW(open, FAILS(EMFILE, ENOMEM, EACCES)),
	ROW(openat, FAILS(EMFILE, ENOMEM, EACCES)),
	ROW(openat2, FAILS(EMFILE, ENOMEM, EACCES)),
	ROW(creat, FAILS(EMFILE, ENOSPC)),
	ROW(close, FAILS(EIO), .way = CALL_MADE),
	ROW(stat, FAILS(ENOMEM, EACCES)),
	ROW(lstat, FAILS(ENOMEM, EACCES)),
	ROW(fstat, FAILS(ENOMEM, EIO)),
	ROW(newfstatat, FAILS(ENOMEM, EACCES)),
	ROW(statx, FAILS(ENOMEM, EACCES)),
	ROW(statfs, FAILS(ENOMEM, EIO)),
	ROW(fstatfs, FAILS(ENOMEM, EIO)),
	ROW(access, FAILS(ENOMEM, EACCES)),
	ROW(faccessat, FAILS(ENOMEM, EACCES)),
	ROW(faccessat2, FAILS(ENOMEM, EACCES)),
	ROW(readlink, FAILS(ENOMEM, EACCES)),
	ROW(readlinkat, FAILS(ENOMEM, EACCES)),
	ROW(getdents64, FAILS(ENOMEM, EIO)),
	ROW(getcwd, FAILS(ENOMEM)),
	ROW(chdir, FAILS(ENOMEM, EACCES)),
	ROW(fchdir, FAILS(EACCES)),
	ROW(mkdir, FAILS(ENOSPC, EACCES)),
	ROW(mkdirat, FAILS(ENOSPC, EACCES)),
	ROW(mknod, FAILS(ENOSPC, EPERM)),
	ROW(mknodat, FAILS(ENOSPC, EPERM)),
	ROW(symlink, FAILS(ENOSPC, EACCES)),
	ROW(symlinkat, FAILS(ENOSPC, EACCES)),
	ROW(rename, FAILS(ENOSPC, EACCES)),
	ROW(unlink, FAILS(EACCES, EBUSY)),
	ROW(unlinkat, FAILS(EACCES, EBUSY)),
	ROW(rmdir, FAILS(EACCES, EBUSY)),
	ROW(chmod, FAILS(EPERM, EIO)),
	ROW(fchmod, FAILS(EPERM, EIO)),
	ROW(fchmodat, FAILS(EPERM, EIO)),
	ROW(chown, FAILS(EPERM, EIO)),
	ROW(fchown, FAILS(EPERM, EIO)),
	ROW(fchownat, FAILS(EPERM, EIO)),
	ROW(ftruncate, FAILS(ENOSPC)),
	ROW(lseek, FAILS(EINVAL)),
	ROW(sendfile, FAILS(ENOMEM, EIO)),
	ROW(copy_file_range, FAILS(ENOSPC, EIO)),
	ROW(memfd_create, FAILS(EMFILE, ENOMEM)),
	ROW(dup, FAILS(EMFILE)),
	ROW(dup2, FAILS(EMFILE, EBUSY)),
	ROW(dup3, FAILS(EMFILE, EBUSY)),
	ROW(fcntl, FAILS(EMFILE, ENOMEM), DETAIL(1)),
	ROW(ioctl, FAILS(ENOMEM, EPERM), DETAIL(1)),
	ROW(pipe, FAILS(EMFILE, ENFILE)),
	ROW(pipe2, FAILS(EMFILE, ENFILE)),
	ROW(eventfd2, FAILS(EMFILE)),
	ROW(signalfd4, FAILS(EMFILE, ENOMEM)),
	ROW(timerfd_create, FAILS(EMFILE)),
	ROW(epoll_create1, FAILS(EMFILE, ENOMEM)),
	ROW(epoll_ctl, FAILS(ENOMEM, ENOSPC), DETAIL(1)),
	ROW(epoll_wait, FAILS(EINTR)),
	ROW(epoll_pwait, FAILS(EINTR)),
	ROW(poll, FAILS(ENOMEM, EINTR)),
	ROW(ppoll, FAILS(ENOMEM, EINTR)),
	ROW(select, FAILS(ENOMEM, EINTR)),
	ROW(pselect6, FAILS(ENOMEM, EINTR)),
	ROW(nanosleep, FAILS(EINTR)),
	ROW(clock_nanosleep, FAILS(EINTR)),
	ROW(brk, FAILS(ENOMEM), .way = CALL_BRK),
	ROW(mmap, FAILS(ENOMEM)),
	ROW(mremap, FAILS(ENOMEM)),
	ROW(mprotect, FAILS(ENOMEM)),
	ROW(munmap, FAILS(ENOMEM)),
	ROW(madvise, FAILS(ENOMEM, EAGAIN), DETAIL(2)),
	ROW(clone, FAILS(EAGAIN, ENOMEM, ENOSPC)),
	ROW(clone3, FAILS(EAGAIN, ENOMEM)),
	ROW(fork, FAILS(EAGAIN, ENOMEM)),
	ROW(vfork, FAILS(EAGAIN, ENOMEM)),
	ROW(execve, FAILS(ENOMEM, EACCES)),
	ROW(wait4, FAILS(EINTR)),
	ROW(waitid, FAILS(EINTR)),
	ROW(pidfd_open, FAILS(EMFILE, ENOMEM)),
	ROW(pidfd_send_signal, FAILS(EPERM)),
	ROW(setsid, FAILS(EPERM)),
	ROW(setuid, FAILS(EAGAIN, EPERM)),
	ROW(setgid, FAILS(EPERM)),
	ROW(setresuid, FAILS(EAGAIN, EPERM)),
	ROW(setresgid, FAILS(EPERM)),
	ROW(setgroups, FAILS(ENOMEM, EPERM)),
	ROW(prctl, FAILS(EPERM, EINVAL), DETAIL(0)),
	ROW(capget, FAILS(EPERM)),
	ROW(capset, FAILS(EPERM)),
	ROW(prlimit64, FAILS(EPERM), DETAIL(1)),
	ROW(getrlimit, FAILS(EINVAL), DETAIL(0)),
	ROW(setrlimit, FAILS(EPERM), DETAIL(0)),
	ROW(sethostname, FAILS(EPERM)),
	ROW(seccomp, FAILS(ENOMEM, EACCES)),
	ROW(landlock_create_ruleset, FAILS(EMFILE, ENOMEM)),
	ROW(landlock_add_rule, FAILS(ENOMEM)),
	ROW(landlock_restrict_self, FAILS(EPERM, E2BIG)),
	ROW(bpf, FAILS(ENOMEM, EPERM), DETAIL(0)),
	ROW(perf_event_open, FAILS(EMFILE, EACCES)),
	ROW(unshare, FAILS(ENOSPC, ENOMEM, EPERM), DETAIL(0)),
	ROW(setns, FAILS(ENOMEM, EPERM)),
	ROW(chroot, FAILS(EPERM, ENOMEM)),
	ROW(pivot_root, FAILS(EPERM, EBUSY)),
	ROW(mount, FAILS(ENOMEM, EPERM, EBUSY)),
	ROW(umount2, FAILS(EPERM, EBUSY)),
	ROW(open_tree, FAILS(EMFILE, EPERM)),
	ROW(move_mount, FAILS(ENOMEM, EPERM)),
	ROW(mount_setattr, FAILS(ENOMEM, EPERM)),
	ROW(fsopen, FAILS(EMFILE, EPERM)),
	ROW(fsconfig, FAILS(ENOMEM, EBUSY), DETAIL(1)),
	ROW(fsmount, FAILS(EMFILE, EPERM)),
	ROW(getrandom, FAILS(EAGAIN, EINTR)),
	ROW(socket, FAILS(EMFILE, ENOMEM, ENOBUFS)),
	ROW(socketpair, FAILS(EMFILE, ENOMEM)),
	ROW(bind, FAILS(ENOMEM, EADDRINUSE), SOCKET),
	ROW(listen, FAILS(EADDRINUSE), SOCKET),
	ROW(accept, FAILS(EMFILE, ENOMEM, ECONNABORTED), SOCKET),
	ROW(accept4, FAILS(EMFILE, ENOMEM, ECONNABORTED), SOCKET),
	ROW(connect, FAILS(ENOMEM, EAGAIN), SOCKET),
	ROW(getsockname, FAILS(ENOBUFS), SOCKET),
	ROW(getpeername, FAILS(ENOBUFS), SOCKET),
	ROW(getsockopt, FAILS(ENOMEM, ENOBUFS), SOCKET, DETAIL(2)),
	ROW(setsockopt, FAILS(ENOMEM, ENOBUFS), SOCKET, DETAIL(2)),
	ROW(sendto, FAILS(ENOMEM, ENOBUFS), SOCKET),
	ROW(sendmsg, FAILS(ENOMEM, ENOBUFS), SOCKET),
	ROW(sendmmsg, FAILS(ENOMEM, ENOBUFS), SOCKET),
	ROW(recvfrom, FAILS(ENOMEM, EINTR), SOCKET),
	ROW(recvmsg, FAILS(ENOMEM, EINTR), SOCKET),
	ROW(recvmmsg, FAILS(ENOMEM, EINTR), SOCKET),
	ROW(shutdown, FAILS(ENOTCONN), SOCKET),
	ROW(kill, FAILS(EPERM)),
};

const struct call *call_find(unsigned number)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (calls[i].number == number)
			return &calls[i];
	return NULL;
}

static bool receives_netlink(const struct site *site)
{
	return site->family == AF_NETLINK &&
	       (site->call == SYS_recvmsg || site->call == SYS_recvfrom);
}

void call_errnos(const struct site *site, unsigned errnos[CALL_ERRNOS + 1])
{
	/* An acknowledgement that is none; and what a socket without room for a message says. */
	static const unsigned refusals[] = {EPERM, EBUSY, ENOMEM, 0};
	const struct call *call = call_find(site->call);
	memset(errnos, 0, (CALL_ERRNOS + 1) * sizeof(*errnos));
	if (site->kind == SITE_ACK) {
		memcpy(errnos, refusals, sizeof(refusals));
		return;
	}
	/* Whom it has, it can let go of. */
	if (!call || (site->call == SYS_epoll_ctl && site->detail == EPOLL_CTL_DEL))
		return;
	if (receives_netlink(site)) { /* and who waits there has no signal handlers */
		errnos[0] = ENOBUFS;
		return;
	}
	for (size_t i = 0; i < CALL_ERRNOS && call->errnos[i]; i++)
		if (call->errnos[i] != EINTR || site->family != SITE_OF_FILE)
			*errnos++ = call->errnos[i];
}

/* Of an interruption, a connection that was given up and messages that were lost one is told once.
 */
bool call_fails_for_good(const struct site *site, unsigned errnum)
{
	return errnum != EINTR && errnum != ECONNABORTED &&
	       !(errnum == ENOBUFS && receives_netlink(site));
}

static const char *name_socket(const struct site *site)
{
	if (site->family == AF_NETLINK && site->protocol == NETLINK_ROUTE)
		return ", rtnetlink";
	if (site->family == AF_NETLINK && site->protocol == NETLINK_NETFILTER)
		return ", nfnetlink";
	if (site->family == AF_NETLINK)
		return ", netlink";
	if (site->family == AF_INET || site->family == AF_INET6)
		return ", inet";
	return site->family < 0 ? "" : ", a socket";
}

const char *call_name(const struct site *site, char text[64])
{
	const struct call *call = call_find(site->call);
	snprintf(text, 64, "%s%s%s", call ? call->name : "?", name_socket(site),
		 site->kind == SITE_ACK ? ", acknowledged" : "");
	return text;
}
