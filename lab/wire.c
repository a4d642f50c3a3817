/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* After <time.h>: both want struct timespec. */
#include <linux/errqueue.h>

#define NS_PER_S 1000000000ULL

static const char *const call_names[] = {
	[CALL_NONE] = "",     [CALL_SOCKET] = "socket",	  [CALL_CONNECT] = "connect",
	[CALL_SEND] = "send", [CALL_RECEIVE] = "receive",
};

/* What IP_RECVERR and IPV6_RECVERR deliver: the error, then who sent it. */
struct error_report {
	struct sock_extended_err error;
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} offender;
};

bool wire_is_reset(int errnum)
{
	return errnum == ECONNRESET || errnum == EPIPE;
}

uint64_t wire_now_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

socklen_t wire_address_length(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
					      : sizeof(struct sockaddr_in);
}

enum wire_end wire_await(int fd, short events, const struct wire_limit *limit)
{
	const struct sim_watch *watch = limit->watch;
	struct pollfd watched[] = {{.fd = fd, .events = events},
				   {.fd = watch ? watch->fd : -1, .events = POLLIN}};
	for (;;) {
		uint64_t now = wire_now_ns();
		uint64_t left = limit->deadline_ns > now ? limit->deadline_ns - now : 0;
		struct timespec wait = {.tv_sec = (time_t)(left / NS_PER_S),
					.tv_nsec = (long)(left % NS_PER_S)};
		int ready = ppoll(watched, 2, &wait, NULL);
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return WIRE_FAILED;
		if (ready > 0 && watched[0].revents)
			return WIRE_READY;
		if (watch && watched[1].revents && watch->enough(watch->arg))
			return WIRE_STOPPED;
		if (left == 0)
			return WIRE_TIMED_OUT;
	}
}

static bool is_recverr(const struct cmsghdr *c)
{
	return (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR) ||
	       (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_RECVERR);
}

static void note_report(const struct cmsghdr *c, struct sighting *sighting)
{
	struct error_report report = {0};
	size_t length = c->cmsg_len - CMSG_LEN(0);
	memcpy(&report, CMSG_DATA(c), length < sizeof(report) ? length : sizeof(report));

	struct icmp_sighting *icmp = &sighting->icmp;
	bool v6 = report.error.ee_origin == SO_EE_ORIGIN_ICMP6;
	if (icmp->seen || (!v6 && report.error.ee_origin != SO_EE_ORIGIN_ICMP))
		return; /* the first one decides; SO_EE_ORIGIN_LOCAL is nobody's message */
	icmp->seen = true;
	icmp->family = v6 ? AF_INET6 : AF_INET;
	icmp->type = report.error.ee_type;
	icmp->code = report.error.ee_code;
	memcpy(&icmp->offender, &report.offender, sizeof(report.offender));
	if (!sighting->error)
		sighting->error = (int)report.error.ee_errno;
}

/* Empty the error queue into the sighting. */
static void read_error_queue(int fd, struct sighting *sighting)
{
	_Alignas(struct cmsghdr) char control[512];
	char packet[64];
	struct iovec space = {.iov_base = packet, .iov_len = sizeof(packet)};

	for (;;) {
		struct msghdr message = {.msg_iov = &space,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
			return;
		for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
			if (is_recverr(c))
				note_report(c, sighting);
	}
}

static int note_error(enum wire_call call, int errnum, bool at_once, struct sighting *sighting)
{
	sighting->call = call;
	sighting->error = errnum;
	sighting->error_at_once = at_once;
	snprintf(sighting->trouble, sizeof(sighting->trouble), "%s: %s", call_names[call],
		 strerror(errnum));
	return -1;
}

/*
 * A call has failed with `errnum`.  A packet that OUTPUT rejects has its ICMP
 * error in the queue by then.
 */
static int note_failure(int fd, enum wire_call call, int errnum, bool at_once,
			struct sighting *sighting)
{
	read_error_queue(fd, sighting);
	return note_error(call, errnum, at_once, sighting);
}

/* A wait came to nothing. */
static int note_silence(enum wire_call call, enum wire_end end, struct sighting *sighting)
{
	if (end == WIRE_FAILED)
		return note_error(call, errno, false, sighting);
	sighting->stopped = end == WIRE_STOPPED;
	if (sighting->stopped)
		return -1;
	sighting->call = call;
	sighting->timed_out = true;
	snprintf(sighting->trouble, sizeof(sighting->trouble), "%s: no answer in time",
		 call_names[call]);
	return -1;
}

/*
 * A pending error, from the error queue or from SO_ERROR (which is 0 where the
 * kernel took the ICMP error for a transient one); 0: none.
 */
static int pending_error(int fd, struct sighting *sighting)
{
	int errnum = 0;
	socklen_t length = sizeof(errnum);
	read_error_queue(fd, sighting);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &errnum, &length) < 0)
		errnum = errno;
	return sighting->icmp.seen ? sighting->error : errnum;
}

int wire_look(int fd, enum wire_call call, struct sighting *sighting)
{
	int errnum = pending_error(fd, sighting);
	return errnum ? note_error(call, errnum, false, sighting) : 0;
}

int wire_socket(int family, int type, int protocol, struct sighting *sighting)
{
	sighting->protocol = (uint8_t)protocol;
	int fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (fd < 0)
		return note_error(CALL_SOCKET, errno, true, sighting);

	int on = 1;
	int set = family == AF_INET6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on))
				     : setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	if (set < 0) {
		note_error(CALL_SOCKET, errno, true, sighting);
		close(fd);
		return -1;
	}
	return fd;
}

/* 0, or ENOTCONN: it has none (yet). */
static int look_for_peer(int fd)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	return getpeername(fd, (struct sockaddr *)&peer, &length) < 0 ? errno : 0;
}

static int await_handshake(int fd, const struct wire_limit *limit, struct sighting *sighting)
{
	enum wire_end end;
	while ((end = wire_await(fd, POLLOUT, limit)) == WIRE_READY) {
		int errnum = look_for_peer(fd);
		if (!errnum)
			return 0;
		if (errnum == ENOTCONN)
			errnum = pending_error(fd, sighting);
		if (errnum)
			return note_error(CALL_CONNECT, errnum, false, sighting);
	}
	return note_silence(CALL_CONNECT, end, sighting);
}

int wire_connect(int fd, const struct sockaddr *to, socklen_t to_len,
		 const struct wire_limit *limit, struct sighting *sighting)
{
	memset(&sighting->remote, 0, sizeof(sighting->remote));
	memcpy(&sighting->remote, to, to_len);

	int errnum = connect(fd, to, to_len) < 0 ? errno : 0;
	socklen_t local_len = sizeof(sighting->local);
	int unnamed =
		getsockname(fd, (struct sockaddr *)&sighting->local, &local_len) < 0 ? errno : 0;

	/* Nobody would know the packet for ours. */
	if (unnamed && (!errnum || errnum == EINPROGRESS))
		errnum = unnamed;
	if (!errnum)
		return 0;
	if (errnum != EINPROGRESS)
		return note_failure(fd, CALL_CONNECT, errnum, true, sighting);
	return await_handshake(fd, limit, sighting);
}

int wire_send(int fd, const void *data, size_t length, const struct wire_limit *limit,
	      struct sighting *sighting)
{
	const char *next = data;
	while (length > 0) {
		ssize_t sent = send(fd, next, length, MSG_NOSIGNAL);
		if (sent >= 0) {
			next += sent;
			length -= (size_t)sent;
		} else if (errno != EAGAIN && errno != EINTR) {
			return note_failure(fd, CALL_SEND, errno, true, sighting);
		} else {
			enum wire_end end = wire_await(fd, POLLOUT, limit);
			if (end != WIRE_READY)
				return note_silence(CALL_SEND, end, sighting);
		}
	}
	return 0;
}

/* What has been said before an error comes first. */
ssize_t wire_receive(int fd, void *data, size_t size, const struct wire_limit *limit,
		     struct sighting *sighting)
{
	for (bool woken = false;; woken = true) {
		ssize_t length = recv(fd, data, size, 0);
		if (length >= 0)
			return length;
		if (errno != EAGAIN && errno != EINTR)
			return note_failure(fd, CALL_RECEIVE, errno, false, sighting);
		/* What is in the error queue alone would keep poll() awake for nothing. */
		int errnum = woken ? pending_error(fd, sighting) : 0;
		if (errnum)
			return note_error(CALL_RECEIVE, errnum, false, sighting);
		enum wire_end end = wire_await(fd, POLLIN, limit);
		if (end != WIRE_READY)
			return note_silence(CALL_RECEIVE, end, sighting);
	}
}
