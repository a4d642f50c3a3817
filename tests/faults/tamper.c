/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/tamper.h"

#include <linux/netlink.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#define ANSWER_MAX  ((size_t)65536)
#define SOCKETS_MAX 1024

static void *at(uint64_t address)
{
	return (void *)(uintptr_t)address; /* NOLINT(performance-no-int-to-ptr) */
}

static ssize_t peek(pid_t pid, uint64_t address, void *to, size_t size)
{
	struct iovec local = {to, size}, remote = {at(address), size};
	return process_vm_readv(pid, &local, 1, &remote, 1, 0);
}

static void poke_register(pid_t pid, size_t offset, uint64_t value)
{
	ptrace(PTRACE_POKEUSER, pid, offset, value);
}

/* What a descriptor is (proc(5), fd): of a path, its start. */
static void read_link(pid_t pid, int fd, char link[64])
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	ssize_t length = readlink(path, link, 63);
	link[length > 0 ? length : 0] = '\0';
}

/* The inode of a descriptor that is a socket; 0: it is none. */
static unsigned long find_inode(const char *link)
{
	static const char start[] = "socket:[";
	return strncmp(link, start, strlen(start)) ? 0 : strtoul(link + strlen(start), NULL, 10);
}

/*
 * Sockets, as socket(2) has made them. To have a copy and ask that (pidfd_getfd(2))
 * would give them the net_cls class of this process.
 */
static struct known {
	unsigned long inode;
	int family, protocol;
} sockets[SOCKETS_MAX];
static size_t n_sockets;

static void note_socket(pid_t pid, int fd, const struct site *site)
{
	char link[64];
	read_link(pid, fd, link);
	sockets[n_sockets++ % SOCKETS_MAX] =
		(struct known){find_inode(link), site->family, site->protocol};
}

static void ask_descriptor(pid_t pid, int fd, struct site *site)
{
	char link[64];
	read_link(pid, fd, link);
	unsigned long inode = find_inode(link);
	if (*link == '/' && strncmp(link, "/dev/", 5) != 0)
		site->family = SITE_OF_FILE;
	if (!inode)
		return;
	site->family = AF_UNSPEC; /* from a socketpair(2), or another program */
	for (size_t i = 0; i < SOCKETS_MAX && i < n_sockets; i++) {
		if (sockets[i].inode != inode)
			continue;
		site->family = sockets[i].family;
		site->protocol = sockets[i].protocol;
	}
}

void tamper_note_result(pid_t pid, const struct tamper_call *in, int64_t result)
{
	if (result >= 0 && (in->call->number == SYS_socket || in->call->number == SYS_accept4))
		note_socket(pid, (int)result, &in->site);
}

void tamper_read(pid_t pid, const struct site_text *text, const struct __ptrace_syscall_info *info,
		 struct tamper_call *in)
{
	struct site *site = &in->site;
	const struct call *call = call_find((unsigned)info->entry.nr);
	in->call = NULL;
	if (!call || !text->code)
		return;
	for (size_t i = 0; i < 6; i++)
		in->args[i] = info->entry.args[i];
	*site = (struct site){.call = call->number, .family = SITE_OF_NONE, .protocol = -1};
	site_find_frames(pid, text, info->stack_pointer, site);
	/* The loader's, before main(), and those of a library's own threads are not ours. */
	if (!site->n_frames)
		return;
	if (call->to_a_socket)
		ask_descriptor(pid, (int)in->args[0], site);
	if (call->number == SYS_socket) {
		site->family = (int)in->args[0];
		site->protocol = (int)in->args[2];
	}
	site->detail = call->has_detail ? in->args[call->detail] : 0;
	site_set_key(text, site);
	in->call = call;
}

void tamper_begin(pid_t pid, const struct tamper_call *in)
{
	if (in->call->way == CALL_REFUSED)
		poke_register(pid, offsetof(struct user_regs_struct, orig_rax), ~(uint64_t)0);
	else if (in->call->way == CALL_BRK)
		poke_register(pid, offsetof(struct user_regs_struct, rdi), 0);
}

void tamper_end(pid_t pid, const struct tamper_call *in, unsigned errnum)
{
	if (in->call->way == CALL_BRK) /* a call changes no argument's register */
		poke_register(pid, offsetof(struct user_regs_struct, rdi), in->args[0]);
	else
		poke_register(pid, offsetof(struct user_regs_struct, rax), -(uint64_t)errnum);
}

/* The buffer of a call that has received something. */
static uint64_t find_buffer(pid_t pid, const struct tamper_call *in)
{
	struct msghdr message;
	struct iovec vector;
	if (in->call->number == SYS_recvfrom)
		return (in->args[3] & MSG_PEEK) ? 0 : in->args[1];
	if (in->call->number != SYS_recvmsg || in->args[2] & MSG_PEEK ||
	    peek(pid, in->args[1], &message, sizeof(message)) != sizeof(message) ||
	    peek(pid, (uintptr_t)message.msg_iov, &vector, sizeof(vector)) != sizeof(vector))
		return 0;
	return (uintptr_t)vector.iov_base;
}

bool tamper_find_ack(pid_t pid, struct tamper_call *in, int64_t result, uint64_t *where)
{
	static _Alignas(struct nlmsghdr) char answer[ANSWER_MAX];
	if (in->site.family != AF_NETLINK || result <= 0)
		return false;
	uint64_t buffer = find_buffer(pid, in);
	size_t size = (size_t)result < sizeof(answer) ? (size_t)result : sizeof(answer);
	if (!buffer || peek(pid, buffer, answer, size) != (ssize_t)size)
		return false;
	unsigned left = (unsigned)size;
	for (struct nlmsghdr *header = (struct nlmsghdr *)(void *)answer; NLMSG_OK(header, left);
	     header = NLMSG_NEXT(header, left)) {
		const struct nlmsgerr *said = NLMSG_DATA(header);
		if (header->nlmsg_type != NLMSG_ERROR || said->error)
			continue;
		*where = buffer + (uint64_t)((const char *)&said->error - answer);
		site_become_ack(&in->site);
		return true;
	}
	return false;
}

void tamper_refuse(pid_t pid, uint64_t where, unsigned errnum)
{
	int error = -(int)errnum;
	struct iovec local = {&error, sizeof(error)}, remote = {at(where), sizeof(error)};
	process_vm_writev(pid, &local, 1, &remote, 1, 0);
}
