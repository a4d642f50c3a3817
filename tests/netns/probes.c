/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each kind of probe, at real servers two hops away: answers, denials and what else goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>

#include "fixtures/servers.h"
#include "lab/probe.h"
#include "tests/support/by_hand.h"
#include "tests/support/serving.h"

#define ECHO_PORT   7
#define CLOSED_PORT 9
#define MUTE_PORT   10 /* a listener that never speaks */
#define RUDE_PORT   11 /* one that says a word and resets the connection */
#define FOLDER_PORT 81 /* http with a folder; needs openat2() */
#define SHORT_MS    60
#define LONG_MS	    10000 /* never waited for */

static const char *const far_address[] = {"10.9.2.2", "fd00:9:2::2"};

static pid_t servers;
static int reports = -1;
static int mute = -1;

/* Errands: to far, over one family. */

static struct errand errand_for(const struct probe *probe, int v6, uint16_t port)
{
	struct errand errand = {.probe = probe,
				.folder = "/",
				.family = v6 ? AF_INET6 : AF_INET,
				.nonce = "nonce-1",
				.timeout_ms = LONG_MS,
				.expects_arrival = true};
	if (probe->kind == PROBE_CONNECT || probe->kind == PROBE_PING)
		errand.to = address_by_hand(far_address[v6], port);
	else
		errand.nameserver = address_by_hand(far_address[v6], 53);
	return errand;
}

/* What the servers tell of the probe's arrival; false: nothing. */
static bool arrived(const char *nonce, const char *text)
{
	struct server_message message;
	bool found = false;
	while (recv(reports, &message, sizeof(message), MSG_DONTWAIT) == sizeof(message))
		found |= message.kind == SERVERS_ARRIVAL && !strcmp(message.nonce, nonce) &&
			 (!text || !strcmp(message.text, text));
	return found;
}

static void block(const char *rule)
{
	char rules[512];
	snprintf(rules, sizeof(rules),
		 "add table inet t; add chain inet t c { type filter hook forward priority 0; };"
		 "add rule inet t c %s",
		 rule);
	assert_int_equal(nft(WAY, rules), 0);
}

static int unblock(void **state)
{
	(void)state;
	while (arrived("", NULL))
		;
	return nft(WAY, "flush ruleset");
}

static void connects(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int p = 0; p < 2; p++) {
			struct probe probe = {.kind = PROBE_CONNECT, .protocol = protocols[p]};
			struct errand errand = errand_for(&probe, v6, ECHO_PORT);
			struct sighting seen;
			probe_go(&errand, NULL, &seen);
			assert_true(seen.answered);
			assert_int_equal(seen.stage, STAGE_DONE);
			assert_int_equal(seen.protocol, protocols[p]);
			assert_string_equal(seen.answer, "fwlab far 7 nonce-1");
			assert_true(arrived("nonce-1", NULL));
			assert_true(seen.elapsed_ns > 0);
		}
}

/* Whoever does the handshake is a daemon that listens, whether it speaks or not. */
static void connects_to_a_mute_daemon(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
	struct errand errand = errand_for(&probe, 0, MUTE_PORT);
	struct sighting seen;
	errand.expects_arrival = false;
	probe_go(&errand, NULL, &seen);
	assert_true(seen.answered);
	assert_false(seen.timed_out);
	assert_int_equal(seen.error, 0);
	assert_string_equal(seen.answer, "");

	/* But it is not the echo that was expected. */
	errand.expects_arrival = true;
	errand.timeout_ms = SHORT_MS;
	probe_go(&errand, NULL, &seen);
	assert_false(seen.answered);
	assert_true(seen.timed_out);
	assert_int_equal(seen.stage, STAGE_ANSWER);
}

static void connects_to_a_real_daemon_that_speaks(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
	struct errand errand = errand_for(&probe, 0, ECHO_PORT);
	struct sighting seen;
	errand.expects_arrival = false;
	probe_go(&errand, NULL, &seen);
	assert_true(seen.answered);
	assert_string_equal(seen.answer, "fwlab far 7 nonce-1");
}

/* By the time that we look there is no connection any more: there was one all the same. */
static void is_reset_at_once(void **state)
{
	(void)state;
	block("tcp flags & (syn | rst) == 0 reject with tcp reset");
	for (int v6 = 0; v6 < 2; v6++) {
		struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
		struct errand errand = errand_for(&probe, v6, ECHO_PORT);
		struct sighting seen;
		probe_go(&errand, NULL, &seen);
		assert_true(seen.reset);
		assert_false(seen.answered); /* it is not the echo that was expected */
		errand.expects_arrival = false;
		probe_go(&errand, NULL, &seen);
		assert_true(seen.reset);
		assert_true(seen.answered);
	}
}

/* A daemon of far's that says a word to each of `count` connections and resets them at once. */
static void speak_and_reset(int listener, int count)
{
	static const struct linger at_once = {.l_onoff = 1};
	for (int i = 0; i < count; i++) {
		int client = accept(listener, NULL, NULL);
		if (client < 0 || send(client, "421 no\r\n", 8, MSG_NOSIGNAL) != 8 ||
		    setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)) < 0)
			_exit(1);
		close(client);
	}
	_exit(0);
}

/* Whichever comes first, its reset or our words: its own are heard. */
static void hears_a_word_before_a_reset(void **state)
{
	enum { TURNS = 200 };
	(void)state;
	int listener = listener_in(FAR, SOCK_STREAM, RUDE_PORT);
	int status = -1;
	pid_t daemon = fork();
	if (daemon == 0)
		speak_and_reset(listener, TURNS);
	close(listener);
	unsigned heard = 0;
	for (int i = 0; i < TURNS; i++) {
		struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
		struct errand errand = errand_for(&probe, i % 2, RUDE_PORT);
		struct sighting seen;
		errand.expects_arrival = false;
		probe_go(&errand, NULL, &seen);
		heard += seen.answered && !seen.reset && !seen.error &&
			 !strcmp(seen.answer, "421 no");
	}
	waitpid(daemon, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(heard, TURNS);
}

/* That the connection has failed is no word of a daemon's. */
static void is_told_of_words_that_are_rejected(void **state)
{
	(void)state;
	block("tcp flags & psh == psh reject with icmpx type admin-prohibited");
	struct probe probe = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
	struct errand errand = errand_for(&probe, 0, MUTE_PORT);
	struct sighting seen;
	errand.expects_arrival = false;
	probe_go(&errand, NULL, &seen);
	assert_false(seen.answered);
	assert_false(seen.reset);
	assert_false(seen.timed_out);
	assert_int_equal(seen.error, EHOSTUNREACH);
	assert_int_equal(seen.stage, STAGE_ANSWER);
}

static void connects_in_vain(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct probe tcp = {.kind = PROBE_CONNECT, .protocol = IPPROTO_TCP};
		struct errand errand = errand_for(&tcp, v6, CLOSED_PORT);
		struct sighting seen;
		probe_go(&errand, NULL, &seen);
		assert_false(seen.answered);
		assert_int_equal(seen.stage, STAGE_CONNECT);
		assert_int_equal(seen.error, ECONNREFUSED);
		assert_string_equal(seen.trouble, "connect: Connection refused");

		struct probe udp = {.kind = PROBE_CONNECT, .protocol = IPPROTO_UDP};
		errand = errand_for(&udp, v6, CLOSED_PORT);
		probe_go(&errand, NULL, &seen);
		assert_false(seen.answered);
		assert_int_equal(seen.stage, STAGE_ANSWER);
		assert_true(seen.icmp.seen);
		assert_int_equal(seen.icmp.family, v6 ? AF_INET6 : AF_INET);
	}
}

static void pings(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct probe probe = {.kind = PROBE_PING};
		struct errand errand = errand_for(&probe, v6, 0);
		struct sighting seen;
		probe_go(&errand, NULL, &seen);
		assert_true(seen.answered);
		assert_int_equal(seen.protocol, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	}
}

static void pings_are_rejected(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_PING};
	struct errand errand = errand_for(&probe, 0, 0);
	struct sighting seen;
	block("icmp type echo-request reject with icmp type host-prohibited");
	probe_go(&errand, NULL, &seen);
	assert_false(seen.answered);
	assert_true(seen.icmp.seen);
	assert_int_equal(seen.icmp.code, 10);
}

/* resolve: at a named server (to) or as programs do. */

static struct sighting resolve(const char *name, int v6, bool named, unsigned ms)
{
	struct probe probe = {.kind = PROBE_RESOLVE, .question = name};
	struct errand errand = errand_for(&probe, v6, 0);
	struct sighting seen;
	if (named)
		errand.to = address_by_hand(far_address[v6], 53);
	errand.timeout_ms = ms;
	probe_go(&errand, NULL, &seen);
	return seen;
}

static void resolves(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int named = 0; named < 2; named++) {
			struct sighting seen = resolve("far.test", v6, named, LONG_MS);
			assert_true(seen.answered);
			assert_int_equal(seen.status, 0);
			assert_string_equal(seen.answer, far_address[v6]);
			assert_true(arrived("", v6 ? "AAAA far.test" : "A far.test"));
		}
}

static void no_such_name(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++)
		for (int named = 0; named < 2; named++) {
			struct sighting seen = resolve("nobody.test", v6, named, LONG_MS);
			assert_true(seen.answered);
			assert_int_equal(seen.status, 3);
			assert_string_equal(seen.answer, "");
			assert_true(arrived("", v6 ? "AAAA nobody.test" : "A nobody.test"));
		}
}

static void a_name_without_an_address_of_the_family(void **state)
{
	(void)state;
	for (int named = 0; named < 2; named++) {
		struct sighting seen = resolve("v4only.test", 1, named, LONG_MS);
		assert_true(seen.answered);
		assert_int_equal(seen.status, 0);
		assert_string_equal(seen.answer, "");
	}
}

/* The C library says "failed"; our own question says why. */
static void questions_are_rejected(void **state)
{
	(void)state;
	block("udp dport 53 reject with icmpx type admin-prohibited");
	for (int v6 = 0; v6 < 2; v6++)
		for (int named = 0; named < 2; named++) {
			struct sighting seen = resolve("far.test", v6, named, LONG_MS);
			assert_false(seen.answered);
			assert_int_equal(seen.status, -1);
			assert_int_equal(seen.stage, STAGE_RESOLVE);
			assert_true(seen.icmp.seen);
			assert_int_equal(seen.icmp.code, v6 ? 1 : 13);
			if (!named)
				assert_non_null(strstr(seen.trouble, "resolving far.test: "));
		}
}

static void questions_are_dropped(void **state)
{
	(void)state;
	block("udp dport 53 drop");
	for (int named = 0; named < 2; named++) {
		struct sighting seen = resolve("far.test", 0, named, SHORT_MS);
		assert_false(seen.answered);
		assert_true(seen.timed_out);
		assert_false(seen.icmp.seen);
	}
	assert_false(arrived("", NULL));
}

static void a_name_that_is_none(void **state)
{
	(void)state;
	struct sighting seen = resolve("a..b", 0, true, LONG_MS);
	assert_false(seen.answered);
	assert_int_equal(seen.status, -1);
	assert_string_equal(seen.trouble, "'a..b' is no domain name");
}

/* fetch */

static struct sighting fetch(const char *host, const char *path, uint16_t port, int v6, unsigned ms)
{
	char url[256];
	snprintf(url, sizeof(url), strchr(host, ':') ? "http://[%s]:%u%s" : "http://%s:%u%s", host,
		 port, path);
	struct probe probe = {
		.kind = PROBE_FETCH, .question = url, .url_host = host, .url_port = port};
	struct errand errand = errand_for(&probe, v6, 0);
	struct sighting seen;
	errand.timeout_ms = ms;
	probe_go(&errand, NULL, &seen);
	return seen;
}

static void fetches(void **state)
{
	(void)state;
	for (int v6 = 0; v6 < 2; v6++) {
		struct sighting seen = fetch("far.test", "/page", 80, v6, LONG_MS);
		assert_true(seen.answered);
		assert_int_equal(seen.stage, STAGE_DONE);
		assert_int_equal(seen.status, 200);
		assert_string_equal(seen.answer, "HTTP 200, 13 bytes from far");
		assert_true(arrived("nonce-1", "GET /page"));

		seen = fetch(far_address[v6], "/page", 80, v6, LONG_MS);
		assert_true(seen.answered);
		assert_true(arrived("nonce-1", "GET /page"));
	}
}

static void a_proxy_of_the_environment_is_not_used(void **state)
{
	(void)state;
	setenv("http_proxy", "http://10.9.2.2:9", 1);
	struct sighting seen = fetch("far.test", "/page", 80, 0, LONG_MS);
	unsetenv("http_proxy");
	assert_true(seen.answered);
}

static void a_page_that_is_not_there(void **state)
{
	(void)state;
	need_openat2();
	struct sighting seen = fetch("far.test", "/missing", FOLDER_PORT, 0, LONG_MS);
	assert_false(seen.answered);
	assert_int_equal(seen.stage, STAGE_ANSWER);
	assert_int_equal(seen.status, 404);
	assert_string_equal(seen.trouble, "HTTP 404");
	assert_true(arrived("nonce-1", NULL));
}

static void a_status_that_was_wanted(void **state)
{
	(void)state;
	struct probe probe = {.kind = PROBE_FETCH,
			      .question = "http://10.9.2.2:81/missing",
			      .url_host = "10.9.2.2",
			      .url_port = FOLDER_PORT,
			      .http_status = 404};
	struct errand errand = errand_for(&probe, 0, 0);
	struct sighting seen;
	need_openat2();
	probe_go(&errand, NULL, &seen);
	assert_true(seen.answered);
}

static void fetches_are_rejected(void **state)
{
	(void)state;
	block("tcp dport 80 reject with icmpx type admin-prohibited");
	for (int v6 = 0; v6 < 2; v6++) {
		struct sighting seen = fetch("far.test", "/page", 80, v6, LONG_MS);
		assert_false(seen.answered);
		assert_int_equal(seen.stage, STAGE_CONNECT);
		assert_int_equal(seen.protocol, IPPROTO_TCP);
		assert_true(seen.icmp.seen);
		assert_int_equal(seen.icmp.code, v6 ? 1 : 13);
		assert_int_equal(seen.error, v6 ? EACCES : EHOSTUNREACH);
		assert_int_equal(seen.status, -1);
	}
}

static void fetches_are_dropped(void **state)
{
	(void)state;
	block("tcp dport 80 drop");
	struct sighting seen = fetch("10.9.2.2", "/page", 80, 0, SHORT_MS);
	assert_false(seen.answered);
	assert_true(seen.timed_out);
	assert_int_equal(seen.stage, STAGE_CONNECT);
}

static void fetches_from_a_mute_daemon(void **state)
{
	(void)state;
	struct sighting seen = fetch("10.9.2.2", "/page", MUTE_PORT, 0, SHORT_MS);
	assert_false(seen.answered);
	assert_true(seen.timed_out);
	assert_int_equal(seen.stage, STAGE_ANSWER);
	assert_int_equal(seen.call, CALL_RECEIVE);
}

static void fetches_from_nobody(void **state)
{
	(void)state;
	struct sighting seen = fetch("nobody.test", "/page", 80, 0, LONG_MS);
	assert_false(seen.answered);
	assert_int_equal(seen.stage, STAGE_RESOLVE);
	assert_int_equal(seen.status, 3);

	block("udp dport 53 reject");
	seen = fetch("far.test", "/page", 80, 0, LONG_MS);
	assert_false(seen.answered);
	assert_int_equal(seen.stage, STAGE_RESOLVE);
	assert_int_equal(seen.protocol, IPPROTO_UDP);
	assert_true(seen.icmp.seen);
}

/* run */

static const char *must_print; /* NULL: anything */

static struct sighting run(char *const argv[], unsigned ms)
{
	struct probe probe = {.kind = PROBE_RUN, .argv = (char **)(uintptr_t)argv};
	struct errand errand = {
		.probe = &probe, .folder = "/", .output = must_print, .timeout_ms = ms};
	struct sighting seen;
	probe_go(&errand, NULL, &seen);
	return seen;
}

static struct sighting run_shell(const char *line, unsigned ms)
{
	char shell[] = "sh";
	char option[] = "-c";
	char text[256];
	snprintf(text, sizeof(text), "%s", line);
	return run((char *[]){shell, option, text, NULL}, ms);
}

static void programs(void **state)
{
	(void)state;
	struct sighting seen = run_shell("echo out; echo err >&2; exit 3", LONG_MS);
	assert_true(seen.answered);
	assert_int_equal(seen.stage, STAGE_DONE);
	assert_true(WIFEXITED(seen.status) && WEXITSTATUS(seen.status) == 3);
	assert_string_equal(seen.output, "out\nerr\n");

	seen = run_shell("kill -9 $$", LONG_MS);
	assert_true(seen.answered);
	assert_true(WIFSIGNALED(seen.status) && WTERMSIG(seen.status) == SIGKILL);

	seen = run_shell("pwd; echo $HOME $LANG $PATH $FWLAB_TEST; read x || echo no input",
			 LONG_MS);
	assert_string_equal(seen.output,
			    "/\n/ C.UTF-8 /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:"
			    "/bin\nno input\n");
}

static void all_of_the_output_is_searched_and_its_end_kept(void **state)
{
	(void)state;
	must_print = "line 0\nline 1\n";
	struct sighting seen = run_shell("i=0; while [ $i -lt 3000 ]; do echo line $i; "
					 "i=$((i+1)); done; printf 'a\\0b'",
					 LONG_MS);
	must_print = NULL;
	assert_true(seen.answered);
	assert_true(seen.printed);
	assert_int_equal(seen.output_cut,
			 10 * 7 + 90 * 8 + 900 * 9 + 2000 * 10 + 3 - (SIGHTING_TEXT - 1));
	assert_int_equal(strlen(seen.output), SIGHTING_TEXT - 1);
	assert_non_null(strstr(seen.output, "line 2999\na b"));
	assert_null(strstr(seen.output, "line 0\n"));
}

static void a_program_that_does_not_end_is_ended(void **state)
{
	(void)state;
	struct sighting seen = run_shell("echo begun; sleep 1000 & sleep 1000", SHORT_MS);
	assert_false(seen.answered);
	assert_true(seen.timed_out);
	assert_true(WIFSIGNALED(seen.status));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), 0); /* the servers alone are left */
}

/* A descendant that keeps the pipe open is not waited for. */
static void what_stays_behind_is_ended(void **state)
{
	(void)state;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0); /* it becomes ours to wait for */
	struct sighting seen = run_shell("sleep 1000 & echo $!", LONG_MS);
	assert_true(seen.answered);
	pid_t left = (pid_t)strtol(seen.output, NULL, 10);
	assert_true(left > 1);
	int status = 0;
	assert_int_equal(waitpid(left, &status, 0), left);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void a_program_that_is_not_there(void **state)
{
	(void)state;
	char name[] = "/no/such/program";
	struct sighting seen = run((char *[]){name, NULL}, LONG_MS);
	assert_false(seen.answered);
	assert_int_equal(seen.stage, STAGE_START);
	assert_int_equal(seen.error, ENOENT);
	assert_string_equal(seen.trouble, "cannot run /no/such/program: No such file or directory");
}

static void every_kind_has_a_row(void **state)
{
	(void)state;
	for (int kind = PROBE_CONNECT; kind <= PROBE_RUN; kind++) {
		const struct probe_type *type = probe_type_of((enum probe_kind)kind);
		assert_non_null(type->go);
		assert_true(*type->name && *type->summary && type->timeout_ms > 0);
	}
}

/* A file in the test's own /mnt, in place of one of the machine's. */
static int file(const char *path, const char *over, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	size_t length = strlen(text);
	bool written = fd >= 0 && write(fd, text, length) == (ssize_t)length;
	if (fd >= 0)
		close(fd);
	return written && mount(path, over, "none", MS_BIND, NULL) == 0 ? 0 : -1;
}

static int own_files(void)
{
	int failed = unshare(CLONE_NEWNS) < 0 ||
		     mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
		     mount("fwlab", "/mnt", "tmpfs", 0, NULL);
	if (failed)
		return -1;
	return file("/mnt/resolv.conf", "/etc/resolv.conf", "nameserver 10.9.2.2\n") |
	       file("/mnt/nsswitch.conf", "/etc/nsswitch.conf", "hosts: files dns\n");
}

static int start_servers(void)
{
	struct server_record records[3] = {{.name = "far.test", .family = AF_INET},
					   {.name = "far.test", .family = AF_INET6},
					   {.name = "v4only.test", .family = AF_INET}};
	inet_pton(AF_INET, far_address[0], &records[0].v4);
	inet_pton(AF_INET6, far_address[1], &records[1].v6);
	records[2].v4 = records[0].v4;
	const struct server all[] = {
		{.kind = SERVER_TCP, .host = "far", .netns = netns_of[FAR], .port = ECHO_PORT},
		{.kind = SERVER_UDP, .host = "far", .netns = netns_of[FAR], .port = ECHO_PORT},
		{.kind = SERVER_HTTP, .host = "far", .netns = netns_of[FAR], .port = 80},
		{.kind = SERVER_DNS,
		 .host = "far",
		 .netns = netns_of[FAR],
		 .port = 53,
		 .records = records,
		 .n_records = 3},
		{.kind = SERVER_HTTP,
		 .host = "far",
		 .netns = netns_of[FAR],
		 .port = FOLDER_PORT,
		 .folder = "/mnt"},
	};
	size_t count = sizeof(all) / sizeof(all[0]) - !has_openat2();
	int pair[2];
	struct server_message message = {.kind = SERVERS_FAILED};
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	servers = fork();
	if (servers == 0) {
		close(pair[0]);
		_exit(servers_run(all, count, pair[1]));
	}
	close(pair[1]);
	reports = pair[0];
	bool told = recv(reports, &message, sizeof(message), 0) == sizeof(message);
	return told && message.kind == SERVERS_READY ? 0 : -1;
}

static int set_up(void **state)
{
	(void)state;
	if (network_by_hand() != 0 || own_files() < 0 ||
	    sysctl_in(NEAR, "ipv4/ping_group_range", "0 2147483647") < 0 || start_servers() < 0)
		return -1;
	mute = listener_in(FAR, SOCK_STREAM, MUTE_PORT);
	return reachable(far_address[0], MUTE_PORT) && reachable(far_address[1], MUTE_PORT) ? 0
											    : -1;
}

static int tear_down(void **state)
{
	int status = -1;
	(void)state;
	close(reports); /* ends the servers */
	waitpid(servers, &status, 0);
	close(mute);
	end_network_by_hand();
	return status;
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, unblock)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_has_a_row),
		TEST(connects),
		TEST(connects_to_a_mute_daemon),
		TEST(connects_to_a_real_daemon_that_speaks),
		TEST(is_reset_at_once),
		TEST(hears_a_word_before_a_reset),
		TEST(is_told_of_words_that_are_rejected),
		TEST(connects_in_vain),
		TEST(pings),
		TEST(pings_are_rejected),
		TEST(resolves),
		TEST(no_such_name),
		TEST(a_name_without_an_address_of_the_family),
		TEST(questions_are_rejected),
		TEST(questions_are_dropped),
		TEST(a_name_that_is_none),
		TEST(fetches),
		TEST(a_proxy_of_the_environment_is_not_used),
		TEST(a_page_that_is_not_there),
		TEST(a_status_that_was_wanted),
		TEST(fetches_are_rejected),
		TEST(fetches_are_dropped),
		TEST(fetches_from_a_mute_daemon),
		TEST(fetches_from_nobody),
		TEST(programs),
		TEST(all_of_the_output_is_searched_and_its_end_kept),
		TEST(a_program_that_does_not_end_is_ended),
		TEST(what_stays_behind_is_ended),
		TEST(a_program_that_is_not_there),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
