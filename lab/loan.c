/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/loan.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "lab/session.h"

/* Room for one control message with the parts; its header must be aligned (cmsg(3)). */
union parcel {
	char bytes[CMSG_SPACE(SIM_DROPS_PARTS * sizeof(int))];
	struct cmsghdr align;
};

int loan_answer(int messages, size_t hosts, struct sim_error *err)
{
	struct sim_error why = {0};
	int parts[SIM_DROPS_PARTS];
	struct sim_drops_parts made;
	union parcel parcel = {0};
	struct iovec text = {.iov_base = &why, .iov_len = sizeof(why)};
	struct msghdr message = {.msg_iov = &text, .msg_iovlen = 1};
	bool good = sim_drops_make(hosts, &made, &why) == 0;
	if (good) {
		memcpy(parts, (int[]){made.spaces, made.events, made.link}, sizeof(parts));
		message.msg_control = parcel.bytes;
		message.msg_controllen = sizeof(parcel.bytes);
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		*header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(parts)),
					   .cmsg_level = SOL_SOCKET,
					   .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(header), parts, sizeof(parts));
	}
	ssize_t sent = sendmsg(messages, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	int errnum = sent < 0 ? errno : 0;
	for (size_t i = 0; good && i < SIM_DROPS_PARTS; i++)
		close(parts[i]);
	/* A lab that is gone, or does not read, does without. */
	bool waits = errnum && errnum != EPIPE && errnum != ECONNRESET && errnum != EAGAIN;
	return waits ? sim_fail(err, errnum, "cannot lend the lab the kernel's word") : 0;
}

static int ask(int messages, struct sim_error *err)
{
	const struct session_message question = {.kind = SESSION_LOAN};
	if (send(messages, &question, sizeof(question), MSG_NOSIGNAL) != (ssize_t)sizeof(question))
		return sim_fail(err, errno, "cannot ask for the kernel's word");
	return 0;
}

int loan_ask(void *arg, size_t hosts, struct sim_drops_parts *parts, struct sim_error *err)
{
	int messages = *(const int *)arg;
	struct sim_error why;
	int lent[SIM_DROPS_PARTS];
	union parcel parcel;
	struct iovec text = {.iov_base = &why, .iov_len = sizeof(why)};
	struct msghdr message = {.msg_iov = &text,
				 .msg_iovlen = 1,
				 .msg_control = parcel.bytes,
				 .msg_controllen = sizeof(parcel.bytes)};
	(void)hosts;
	if (ask(messages, err) < 0)
		return -1;
	ssize_t got;
	do
		got = recvmsg(messages, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got != (ssize_t)sizeof(why))
		return sim_fail(err, errno, "the kernel's word was not to be had");
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS ||
	    header->cmsg_len != CMSG_LEN(sizeof(lent))) {
		*(err ? err : &why) = why;
		return -1;
	}
	memcpy(lent, CMSG_DATA(header), sizeof(lent));
	*parts = (struct sim_drops_parts){lent[0], lent[1], lent[2]};
	return 0;
}
