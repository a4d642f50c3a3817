/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every confinement refuses, in which words, and what it does not refuse.
 * Nothing listens in the host: a connection that nobody forbids is refused by
 * the kernel with ECONNREFUSED.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cgroup.h"
#include "netsim/cgroup_filter.h"
#include "netsim/mounts.h"
#include "netsim/process.h"
#include "tests/support/namespaces.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SLAVE	     10004

/* Errnos, 0: it can be done. */
struct tried {
	int tcp_25, tcp_80, tcp6_25; /* connect(2) to loopback */
	int tcp_fastopen;	     /* sendto(2) with MSG_FASTOPEN: no connect(2) is called */
	int udp_send;		     /* sendto(2), without a connection */
	int udp_connect;
	int ping; /* socket(2) */
	int bind_8080, bind_8081;
	int unix_bind, unix_pair;
};

struct fixture {
	struct sim_cgroups *cgroups;
	struct sim_host *host;
	struct sim_process_result result;
	struct tried *tried;
	struct sim_error err;
};

#define ok(f, call)                                                                                \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s: %s", #call, (f)->err.text);                                  \
	} while (0)

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	*state = f;
	f->tried = mmap(NULL, sizeof(*f->tried), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	return f->tried == MAP_FAILED ? -1 : sim_host_new("a", &f->host, &f->err);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sim_process_result_clear(&f->result);
	sim_host_free(f->host);
	int status = sim_cgroups_close(f->cgroups, &f->err);
	munmap(f->tried, sizeof(*f->tried));
	free(f);
	return status;
}

static socklen_t loopback(int family, uint16_t port, struct sockaddr_storage *address)
{
	memset(address, 0, sizeof(*address));
	address->ss_family = (sa_family_t)family;
	if (family == AF_INET6) {
		struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
		v6->sin6_addr = in6addr_loopback;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	v4->sin_port = htons(port);
	return sizeof(*v4);
}

/* connect(2) or bind(2). */
typedef int (*binder)(int fd, const struct sockaddr *address, socklen_t length);

static int with_socket(int family, int type, uint16_t port, binder call)
{
	struct sockaddr_storage address;
	socklen_t length = loopback(family, port, &address);
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	int error = fd < 0 || call(fd, (struct sockaddr *)&address, length) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

static int send_datagram(int fd, const struct sockaddr *to, socklen_t length)
{
	return sendto(fd, "x", 1, 0, to, length) == 1 ? 0 : -1;
}

static int send_at_once(int fd, const struct sockaddr *to, socklen_t length)
{
	return sendto(fd, "x", 1, MSG_FASTOPEN, to, length) == 1 ? 0 : -1;
}

static int open_ping(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_ICMP);
	return fd < 0 ? errno : close(fd);
}

static int bind_unix(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/s%d", getpid());
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error =
		fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ? errno : 0;
	if (fd >= 0)
		close(fd);
	unlink(address.sun_path);
	return error;
}

static int make_pair(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return errno;
	close(ends[0]);
	return close(ends[1]);
}

static int try_all(void *arg)
{
	struct tried *tried = arg;
	*tried = (struct tried){
		.tcp_25 = with_socket(AF_INET, SOCK_STREAM, 25, connect),
		.tcp_80 = with_socket(AF_INET, SOCK_STREAM, 80, connect),
		.tcp6_25 = with_socket(AF_INET6, SOCK_STREAM, 25, connect),
		.tcp_fastopen = with_socket(AF_INET, SOCK_STREAM, 25, send_at_once),
		.udp_send = with_socket(AF_INET, SOCK_DGRAM, 9, send_datagram),
		.udp_connect = with_socket(AF_INET, SOCK_DGRAM, 9, connect),
		.ping = open_ping(),
		.bind_8080 = with_socket(AF_INET, SOCK_STREAM, 8080, bind),
		.bind_8081 = with_socket(AF_INET, SOCK_STREAM, 8081, bind),
		.unix_bind = bind_unix(),
		.unix_pair = make_pair(),
	};
	return 0;
}

static const struct tried free_of_all = {.tcp_25 = ECONNREFUSED,
					 .tcp_80 = ECONNREFUSED,
					 .tcp6_25 = ECONNREFUSED,
					 .tcp_fastopen = ECONNREFUSED};

static void expect(struct fixture *f, const struct sim_confinement *confinement,
		   const struct tried *wanted, const char *what)
{
	static const char *const names[] = {"tcp_25",	 "tcp_80",	"tcp6_25",  "tcp_fastopen",
					    "udp_send",	 "udp_connect", "ping",	    "bind_8080",
					    "bind_8081", "unix_bind",	"unix_pair"};
	static const uid_t uids[] = {0, SLAVE};
	for (size_t u = 0; u < COUNT(uids); u++) {
		struct sim_identity as = {
			.uid = uids[u], .gid = uids[u], .confinement = *confinement};
		sim_process_result_clear(&f->result);
		ok(f,
		   sim_process_call(f->host, &as, try_all, f->tried, 0, NULL, &f->result, &f->err));
		assert_int_equal(f->result.status, 0);
		const int *got = (const int *)f->tried;
		const int *want = (const int *)wanted;
		for (size_t i = 0; i < COUNT(names); i++)
			if (got[i] != want[i])
				fail_msg("%s as %u, %s: %s", what, uids[u], names[i],
					 strerror(got[i]));
	}
}

static int number_of(const char *call)
{
	int number;
	assert_true(sim_syscall_parse(call, &number));
	return number;
}

static const uint16_t port_80[] = {80};
static const uint16_t port_8080[] = {8080};

static void no_confinement(void **state)
{
	expect(*state, &(struct sim_confinement){0}, &free_of_all, "nothing");
	expect(*state, &(struct sim_confinement){.no_new_privs = true}, &free_of_all,
	       "no_new_privs");
}

/*
 * Neither Landlock (up to Linux 6.18, its ABI 7) nor a filter of connect(2) hears of a handshake
 * that sendto(2) begins.
 */
static void landlock(void **state)
{
	struct tried wanted = free_of_all;
	wanted.tcp_25 = wanted.tcp6_25 = EACCES;
	expect(*state, &(struct sim_confinement){.connect = &(struct sim_ports){port_80, 1}},
	       &wanted, "landlock, connect 80");

	wanted.tcp_80 = EACCES;
	expect(*state, &(struct sim_confinement){.connect = &(struct sim_ports){port_80, 0}},
	       &wanted, "landlock, connect nowhere");

	wanted = free_of_all;
	wanted.bind_8081 = EACCES;
	expect(*state, &(struct sim_confinement){.bind = &(struct sim_ports){port_8080, 1}},
	       &wanted, "landlock, bind 8080");
}

static void seccomp(void **state)
{
	const int inet[] = {AF_INET};
	const int calls[] = {number_of("connect")};
	const int own[] = {number_of("setresuid"), number_of("setgroups"), number_of("prctl"),
			   number_of("landlock_restrict_self")};
	struct tried wanted = free_of_all;
	wanted.tcp_25 = wanted.tcp_80 = wanted.tcp_fastopen = wanted.udp_send = wanted.udp_connect =
		wanted.ping = wanted.bind_8080 = wanted.bind_8081 = EAFNOSUPPORT;
	expect(*state, &(struct sim_confinement){.families = inet, .n_families = 1}, &wanted,
	       "seccomp, inet");

	wanted = free_of_all;
	wanted.tcp_25 = wanted.tcp_80 = wanted.tcp6_25 = wanted.udp_connect = EPERM;
	expect(*state, &(struct sim_confinement){.calls = calls, .n_calls = 1}, &wanted,
	       "seccomp, connect");

	/* What we need ourselves can be refused too: the filter comes last. */
	wanted = free_of_all;
	wanted.tcp_25 = wanted.tcp6_25 = EACCES;
	expect(*state,
	       &(struct sim_confinement){.calls = own,
					 .n_calls = COUNT(own),
					 .connect = &(struct sim_ports){port_80, 1}},
	       &wanted, "seccomp, our own calls");
}

static void no_network(void **state)
{
	struct tried wanted = {.tcp_25 = ENETUNREACH,
			       .tcp_80 = ENETUNREACH,
			       .tcp6_25 = EADDRNOTAVAIL,
			       .tcp_fastopen = ENETUNREACH,
			       .udp_send = ENETUNREACH,
			       .udp_connect = ENETUNREACH,
			       .ping = EACCES};
	expect(*state, &(struct sim_confinement){.no_network = true}, &wanted, "network: none");
}

static void apparmor(void **state)
{
	struct fixture *f = *state;
	const struct sim_identity as = {.confinement = {.apparmor = "fwlab-no-such-profile"}};
	assert_int_equal(
		sim_process_call(f->host, &as, try_all, f->tried, 0, NULL, &f->result, &f->err),
		-1);
	/* Either there is no AppArmor, or no such profile: never a process without it. */
	assert_non_null(strstr(f->err.text, "AppArmor"));
}

static const char *shell(struct fixture *f, const struct sim_identity *as, const char *line)
{
	char sh[] = "sh", option[] = "-c", text[256];
	char *argv[] = {sh, option, text, NULL};
	const struct sim_program program = {.argv = argv};
	snprintf(text, sizeof(text), "%s", line);
	sim_process_result_clear(&f->result);
	ok(f, sim_program_run(f->host, as, &program, &f->result, &f->err));
	return f->result.out;
}

/* A confined process keeps no privilege; a setuid program has it still, but for no_new_privs. */
static void privileges(void **state)
{
	static const struct sim_ports nowhere = {port_80, 0};
	static const int vsock[] = {AF_VSOCK};
	static const struct sim_confinement all[] = {
		{.connect = &nowhere},
		{.families = vsock, .n_families = 1},
		{.no_network = true},
		{.no_network = true,
		 .no_new_privs = true,
		 .connect = &nowhere,
		 .families = vsock,
		 .n_families = 1},
	};
	struct fixture *f = *state;
	/* What a host writes to is nosuid. */
	assert_int_equal(mount("none", "/mnt", "tmpfs", 0, NULL), 0);
	shell(f, NULL, "cp /usr/bin/id /mnt/id && chmod 4755 /mnt/id");
	for (size_t i = 0; i < COUNT(all); i++) {
		const struct sim_identity as = {.uid = SLAVE, .gid = SLAVE, .confinement = all[i]};
		assert_string_equal(shell(f, &as, "id -u; /mnt/id -u"),
				    all[i].no_new_privs ? "10004\n10004\n" : "10004\n0\n");
		assert_string_equal(
			shell(f, &as, "grep -c '^Cap[IPEA].*[1-9a-f]$' /proc/self/status"), "0\n");
	}
}

/* Attempts in a cgroup with a filter, and what it says that it refused. */
struct heard {
	unsigned count;
	char last[SIM_PACKET_TEXT];
	char cgroup[64];
};

static void hear(const struct sim_refusal *refusal, void *arg)
{
	struct heard *heard = arg;
	heard->count++;
	sim_packet_text(&refusal->packet, heard->last);
	snprintf(heard->cgroup, sizeof(heard->cgroup), "%s", refusal->cgroup);
}

static int send_to(int family, const char *address)
{
	struct sim_prefix to;
	struct sockaddr_storage remote;
	socklen_t length = loopback(family, 9, &remote);
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || !sim_prefix_parse(address, false, &to))
		return -1;
	if (family == AF_INET)
		((struct sockaddr_in *)&remote)->sin_addr = to.v4;
	else
		((struct sockaddr_in6 *)&remote)->sin6_addr = to.v6;
	int error = sendto(fd, "x", 1, 0, (struct sockaddr *)&remote, length) < 0 ? errno : 0;
	close(fd);
	return error;
}

static const struct {
	int family;
	const char *address;
	int error[2]; /* in "out", and in "out/in", which has a filter of its own */
} datagrams[] = {
	{AF_INET, "127.0.0.1", {0, 0}},		{AF_INET, "127.0.1.255", {0, 0}},
	{AF_INET, "127.0.2.0", {EPERM, EPERM}}, {AF_INET, "127.9.0.1", {EPERM, EPERM}},
	{AF_INET, "127.9.0.2", {0, EPERM}},	{AF_INET6, "::1", {0, 0}},
	{AF_INET6, "fd00::1", {0, EPERM}},	{AF_INET6, "fd00:0:0:1::1", {EPERM, EPERM}},
};

static int send_all(void *arg)
{
	int *errors = arg;
	for (size_t i = 0; i < COUNT(datagrams); i++)
		errors[i] = send_to(datagrams[i].family, datagrams[i].address);
	return 0;
}

static void prefixes(const char *const *texts, size_t count, struct sim_prefix *into)
{
	for (size_t i = 0; i < count; i++)
		assert_true(sim_prefix_parse(texts[i], false, &into[i]));
}

static void check_filter(struct fixture *f, const char *cgroup, unsigned column, unsigned refusals)
{
	const struct sim_identity as = {.uid = SLAVE, .gid = SLAVE, .cgroup = cgroup};
	int *errors = (int *)f->tried;
	struct heard heard = {0};
	ok(f, sim_process_call(f->host, &as, send_all, errors, 0, NULL, &f->result, &f->err));
	for (size_t i = 0; i < COUNT(datagrams); i++) {
		int wanted = datagrams[i].error[column];
		if (errors[i] != wanted)
			fail_msg("%s to %s: %s", cgroup, datagrams[i].address, strerror(errors[i]));
	}
	ok(f, sim_refusals_take(f->host, hear, &heard, &f->err));
	assert_int_equal(heard.count, refusals);
	assert_string_equal(heard.cgroup, "out");
	assert_non_null(strstr(heard.last, "> [fd00:0:0:1::1]:9"));
	sim_process_result_clear(&f->result);
}

static void egress_filters(void **state)
{
	static const char *const outer[] = {"127.0.0.0/23", "127.9.0.2", "::1", "fd00::/64"};
	static const char *const inner[] = {"127.0.0.0/16", "::1"};
	struct fixture *f = *state;
	struct sim_prefix allow[4];
	ok(f, sim_cgroups_open(&(struct sim_cgroups_wish){.net_cls = false, .v2 = true},
			       &f->cgroups, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "out", 0, true, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "out/in", 0, true, &f->err));
	ok(f, sim_host_add_cgroup(f->host, f->cgroups, "free", 0, true, &f->err));
	assert_int_equal(sim_refusals_fd(f->host), -1);
	prefixes(outer, COUNT(outer), allow);
	ok(f, sim_cgroup_filter(f->host, "out", allow, COUNT(outer), &f->err));
	prefixes(inner, COUNT(inner), allow);
	ok(f, sim_cgroup_filter(f->host, "out/in", allow, COUNT(inner), &f->err));
	/* An address would be tentative at first, for all that it is on lo. */
	shell(f, NULL, "ip -6 route add local fd00::/16 dev lo");
	check_filter(f, "out", 0, 3);
	/* Both filters are asked, and each says what it refuses. */
	check_filter(f, "out/in", 1, 7);
	expect(f, &(struct sim_confinement){0}, &free_of_all, "outside of all filters");
	const struct sim_identity as = {.cgroup = "free"};
	ok(f, sim_process_call(f->host, &as, send_all, f->tried, 0, NULL, &f->result, &f->err));
	for (size_t i = 0; i < COUNT(datagrams); i++)
		assert_int_equal(((int *)f->tried)[i], 0);
	struct heard heard = {0};
	ok(f, sim_refusals_take(f->host, hear, &heard, &f->err));
	assert_int_equal(heard.count, 0);
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(no_confinement), TEST(landlock),	TEST(seccomp),	      TEST(no_network),
		TEST(apparmor),	      TEST(privileges), TEST(egress_filters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
