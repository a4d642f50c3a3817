/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traces: what they tell of packets and messages, and what cannot be done to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

/* What a limit has let pass once it does not let pass again. */
static void test_limit(void **state)
{
	struct fixture *f = *state;
	open_trace(f, NEAR);
	load(f, NEAR,
	     NFT(BASE("output", "drop",
		      "tcp dport 80 limit rate 1/hour burst 1 packets accept\n")));
	learn(f, NEAR);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: tcp dport 80 limit rate 1/hour burst 1 packets accept\n");
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: policy drop [drop]\n");
}

static void test_ipv6_only(void **state)
{
	struct fixture *f = *state;
	open_trace(f, WAY);
	load(f, WAY, NFT(BASE("forward", "drop", "tcp dport 81 accept\n")));
	learn(f, WAY);
	syn(f, "fd00:9:2::2", 80);
	assert_story(f, "inet fw forward: policy drop [drop]\n");
	assert_int_equal(f->events[0].packet.family, AF_INET6);
	assert_true(f->events[0].in && f->events[0].out && f->events[0].in != f->events[0].out);
}

/* The way back, and the connection's state where the kernel tells it. */
static void test_reply(void **state)
{
	struct fixture *f = *state;
	open_trace(f, WAY);
	load(f, WAY,
	     NFT(BASE("forward", "accept",
		      "ct state new accept\nct state established tcp flags rst drop\n")));
	learn(f, WAY);
	syn(f, "10.9.2.2", 80); /* nothing listens: it is reset */
	assert_story(f, "inet fw forward: ct state new accept\n"
			"inet fw forward: ct state established tcp flags rst drop [drop]\n");
	const struct sim_trace_event *first = &f->events[0];
	const struct sim_trace_event *second = &f->events[1];
	assert_int_equal(second->packet.sport, 80);
	assert_int_equal(second->packet.tcp_flags & SIM_TCP_RST, SIM_TCP_RST);
	if (first->ct_state || second->ct_state) {
		assert_int_equal(first->ct_state, SIM_CT_NEW);
		assert_int_equal(second->ct_state, SIM_CT_ESTABLISHED);
	}
}

/* A packet is told of as it is at each hook. */
static void test_nat(void **state)
{
	struct fixture *f = *state;
	char to[SIM_PREFIX_TEXT];
	open_trace(f, WAY);
	load(f, WAY,
	     "nft -f - <<'END'\ntable ip fw {\nchain pre { type nat hook prerouting priority "
	     "-100;\n"
	     "tcp dport 8080 dnat to 10.9.2.2:80\n}\n" BASE("forward", "drop", "") "}\nEND\n");
	learn(f, WAY);
	syn(f, "10.9.1.254", 8080);
	assert_story(f, "ip fw pre: tcp dport 8080 dnat to 10.9.2.2:80\n"
			"ip fw forward: policy drop [drop]\n");
	assert_string_equal(sim_address_text(&f->events[0].packet.to, to), "10.9.1.254");
	assert_int_equal(f->events[0].packet.dport, 8080);
	assert_string_equal(sim_address_text(&f->events[1].packet.to, to), "10.9.2.2");
	assert_int_equal(f->events[1].packet.dport, 80);
}

/* What a policy's author does to all the rules that are there. */
static void test_survives(void **state)
{
	static const char *const sweeps[] = {
		"nft flush ruleset",
		"iptables-nft -F; iptables-nft -t raw -F; iptables-nft -X",
		"iptables-legacy -F; iptables-legacy -t raw -F; ip6tables-legacy -t raw -F",
		"iptables-legacy -t raw -A OUTPUT -j TRACE; iptables-legacy -t raw -F",
		"nft -f - <<'END'\nflush ruleset\ntable inet x {}\ndelete table inet x\nEND\n",
		"nft list ruleset | nft -f - || true",
		"iptables-legacy-save | iptables-legacy-restore",
	};
	struct fixture *f = *state;
	open_trace(f, NEAR);
	for (size_t i = 0; i < sizeof(sweeps) / sizeof(*sweeps); i++) {
		load(f, NEAR, sweeps[i]);
		load(f, NEAR, NFT(BASE("output", "accept", "tcp dport 80 drop\n")));
		learn(f, NEAR);
		f->n_events = 0;
		read_events(f);
		syn(f, "10.9.2.2", 80);
		f->n_events = 0;
		read_events(f);
		bool dropped = false;
		for (size_t k = 0; k < f->n_events; k++)
			dropped |= !f->events[k].legacy && !strcmp(f->events[k].table, "fw") &&
				   f->events[k].verdict == SIM_VERDICT_DROP;
		assert_true(dropped);
		load(f, NEAR, "nft delete table inet fw");
	}
}

static void test_table_is_ours(void **state)
{
	static const char *const attempts[] = {
		"nft delete table inet " SIM_TRACE_TABLE,
		"nft flush table inet " SIM_TRACE_TABLE,
		"nft flush chain inet " SIM_TRACE_TABLE " output",
		"nft add rule inet " SIM_TRACE_TABLE " output drop",
		"nft add chain inet " SIM_TRACE_TABLE " mine",
	};
	struct fixture *f = *state;
	open_trace(f, NEAR);
	load(f, NEAR, "nft list table inet " SIM_TRACE_TABLE " >/run/before");
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++)
		if (shell(f, NEAR, attempts[i]) == 0)
			fail_msg("'%s' was allowed", attempts[i]);
	load(f, NEAR, "nft list table inet " SIM_TRACE_TABLE " | cmp - /run/before");
	sim_trace_close(f->trace);
	f->trace = NULL;
	load(f, NEAR, "test -z \"$(nft list ruleset)\"");
}

/* A policy that traces, marks and logs by itself is heard, and ours with it. */
static void test_policy_that_traces(void **state)
{
	struct fixture *f = *state;
	open_trace(f, NEAR);
	load(f, NEAR,
	     NFT(BASE("output", "accept",
		      "meta nftrace set 1\nmeta mark set 0x66776c61\nlog prefix \"zero\" group 0\n"
		      "log prefix \"three\" group 300\nmeta mark 0x66776c61 drop\n")));
	learn(f, NEAR);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: meta nftrace set 1\n"
			"inet fw output: meta mark set 0x66776c61\n"
			"log 0 zero\n"
			"inet fw output: log prefix \"zero\" group 0\n"
			"log 300 three\n"
			"inet fw output: log prefix \"three\" group 300\n"
			"inet fw output: meta mark 0x66776c61 drop [drop]\n");
}

static void test_legacy_policy_that_traces(void **state)
{
	struct fixture *f = *state;
	open_trace(f, NEAR);
	load(f, NEAR,
	     "t=iptables-legacy; $t -t raw -A OUTPUT -j TRACE; $t -t mangle -A OUTPUT -j MARK "
	     "--set-mark 5\n"
	     "$t -A OUTPUT -j NFLOG --nflog-prefix zero; $t -A OUTPUT -j NFLOG --nflog-group "
	     "65535\n"
	     "$t -A OUTPUT -j LOG --log-prefix 'log '; $t -A OUTPUT -m mark --mark 5 -j DROP");
	learn(f, NEAR);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "legacy ip raw OUTPUT: -A OUTPUT -j TRACE\n"
			"legacy ip raw OUTPUT: policy ACCEPT\n"
			"legacy ip mangle OUTPUT: -A OUTPUT -j MARK --set-xmark 0x5/0xffffffff\n"
			"legacy ip mangle OUTPUT: policy ACCEPT\n"
			"legacy ip filter OUTPUT: -A OUTPUT -j NFLOG --nflog-prefix zero\n"
			"log 0 zero\n"
			"legacy ip filter OUTPUT: -A OUTPUT -j NFLOG --nflog-group 65535\n"
			"log 65535 \n"
			"legacy ip filter OUTPUT: -A OUTPUT -j LOG --log-prefix \"log \"\n"
			"legacy ip filter OUTPUT: -A OUTPUT -m mark --mark 0x5 -j DROP [drop]\n");
}

/* Another program that reads an NFLOG group. */
struct reader {
	struct sim_host *host;
	uint16_t group;
	int fd;
};

static int read_group(void *arg, struct sim_error *err)
{
	(void)err;
	struct reader *reader = arg;
	struct {
		struct nlmsghdr header;
		struct nfgenmsg body;
		struct nlattr attribute;
		struct nfulnl_msg_config_cmd bind;
	} request = {
		.header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg) + NLA_HDRLEN +
						     sizeof(request.bind)),
			   .nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG,
			   .nlmsg_flags = NLM_F_REQUEST},
		.body = {.version = NFNETLINK_V0, .res_id = htons(reader->group)},
		.attribute = {.nla_len = NLA_HDRLEN + sizeof(request.bind),
			      .nla_type = NFULA_CFG_CMD},
		.bind = {.command = NFULNL_CFG_CMD_BIND},
	};
	reader->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	return send(reader->fd, &request, request.header.nlmsg_len, 0) < 0 ? -1 : 0;
}

static void test_another_reader(void **state)
{
	struct fixture *f = *state;
	struct reader reader = {.host = f->hosts[NEAR], .group = 77};
	open_trace(f, NEAR);
	assert_int_equal(sim_host_within(reader.host, read_group, &reader, &f->err), 0);
	int heard = sim_trace_hear_group(f->trace, 77, &f->err);
	int other = sim_trace_hear_group(f->trace, 78, &f->err);
	int again = sim_trace_hear_group(f->trace, 78, &f->err);
	close(reader.fd);
	assert_int_equal(heard, 0);
	assert_int_equal(other, 1);
	assert_int_equal(again, 1);
	assert_int_equal(sim_trace_hear_group(f->trace, 77, &f->err), 1);
}

/* What is left to a logger is its own to read, and nothing else is missed for it. */
static void test_group_left_to_a_logger(void **state)
{
	struct fixture *f = *state;
	struct reader reader = {.host = f->hosts[NEAR], .group = 0};
	sim_host_leave_groups(f->hosts[NEAR], 1);
	open_trace(f, NEAR);
	assert_false(sim_trace_hears_legacy(f->trace));
	assert_int_equal(sim_host_within(reader.host, read_group, &reader, &f->err), 0);
	assert_int_equal(sim_trace_hear_group(f->trace, 0, &f->err), 1);
	assert_int_equal(sim_trace_hear_group(f->trace, 1, &f->err), 1);
	load(f, NEAR, NFT(BASE("output", "drop", "tcp dport 80 log group 0 prefix \"theirs\"\n")));
	learn(f, NEAR);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: tcp dport 80 log prefix \"theirs\" group 0\n"
			"inet fw output: policy drop [drop]\n");
	/* The kernel saves messages up for a second. */
	struct pollfd ready = {.fd = reader.fd, .events = POLLIN};
	int polled = poll(&ready, 1, 10000);
	close(reader.fd);
	assert_int_equal(polled, 1);
}

/* Of a packet that the host itself sends the log says whose it is. */
static void test_owner(void **state)
{
	struct fixture *f = *state;
	open_trace(f, NEAR);
	load(f, NEAR, NFT(BASE("output", "accept", "log prefix \"mine\" group 2 drop\n")));
	learn(f, NEAR);
	send_from(f, NEAR, SOCK_DGRAM, "10.9.2.2", 53);
	assert_story(f, "log 2 mine\ninet fw output: log prefix \"mine\" group 2 drop [drop]\n");
	assert_true(f->events[0].has_owner);
	assert_int_equal(f->events[0].uid, 0);
	assert_int_equal(f->events[0].packet.protocol, IPPROTO_UDP);
	assert_true(f->events[0].out != 0 && f->events[0].out == f->events[1].out);
}

/* More than the kernel's buffer holds: that something is missing is told, once. */
static void test_overflow(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel = {AF_INET, SOCK_DGRAM, "10.9.1.1", 9, 0};
	open_trace(f, NEAR);
	load(f, NEAR,
	     NFT("chain a { return; }\n" BASE("output", "drop",
					      "jump a\njump a\njump a\njump a\njump a\njump a\n")));
	for (unsigned i = 0; i < 4000; i++)
		assert_int_equal(sim_host_within(f->hosts[NEAR], send_within, &parcel, &f->err),
				 EPERM);
	read_events(f);
	assert_int_equal(f->whole, 0);
	learn(f, NEAR);
	f->n_events = 0;
	read_events(f);
	assert_int_equal(f->whole, 1);
	/* And the next one is whole again. */
	load(f, NEAR, "nft flush chain inet fw output");
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: policy drop [drop]\n");
}

/* The instruments change no packet, and track no connection. */
static void test_leaves_packets_alone(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < HOSTS; i++) {
		sim_trace_close(f->trace);
		f->trace = NULL;
		open_trace(f, i);
		load(f, i, "sysctl -n net.netfilter.nf_conntrack_count >/run/count");
		syn(f, "10.9.2.2", 80);
		send_from(f, NEAR, SOCK_DGRAM, "10.9.2.2", 53);
		load(f, i,
		     "test \"$(sysctl -n net.netfilter.nf_conntrack_count)\" = \"$(cat "
		     "/run/count)\"");
	}
	load(f, FAR,
	     NFT(BASE("input", "accept",
		      "tcp dport 80 meta mark 0 ip dscp 0 ip ttl 63 ct state != "
		      "untracked counter drop\n")));
	learn(f, FAR);
	f->n_events = 0;
	read_events(f);
	syn(f, "10.9.2.2", 80);
	f->n_events = 0;
	read_events(f);
	correct(f);
	assert_int_equal(f->n_events, 1);
	assert_int_equal(f->events[0].verdict, SIM_VERDICT_DROP);
}

/* A marked packet of somebody else's is not the canary, elsewhere than at its port. */
static void test_canary_is_no_others(void **state)
{
	struct fixture *f = *state;
	struct parcel parcel = {AF_INET, SOCK_DGRAM, "10.9.2.2", 53, 0x66776c61};
	open_trace(f, NEAR);
	assert_int_equal(sim_host_within(f->hosts[NEAR], send_within, &parcel, &f->err), 0);
}

/* One listener a host: who comes second is told so. */
static void test_opened_twice(void **state)
{
	struct fixture *f = *state;
	struct sim_trace *second;
	open_trace(f, NEAR);
	assert_int_equal(sim_trace_open(f->hosts[NEAR], &second, &f->err), -1);
	assert_non_null(strstr(f->err.text, "near"));
	/* And the first one still hears. */
	load(f, NEAR, NFT(BASE("output", "drop", "")));
	learn(f, NEAR);
	syn(f, "10.9.2.2", 80);
	assert_story(f, "inet fw output: policy drop [drop]\n");
}

static void test_ruleset_of_many(void **state)
{
	struct fixture *f = *state;
	load(f, NEAR,
	     "{ echo 'table inet fw {'; echo 'chain o { type filter hook output priority 0;'; i=0\n"
	     "while [ $i -lt 5000 ]; do i=$((i+1)); echo \"tcp dport $i counter accept comment "
	     "\\\"a rule that is not short, so that the listing is long: $i, $i, $i, $i, $i, $i, "
	     "$i, $i\\\"\""
	     "; done; echo '}; }'; } | nft -f -");
	open_trace(f, NEAR);
	learn(f, NEAR);
	struct sim_trace_event event = {
		.family = sim_trace_family_named("inet"), .table = "fw", .chain = "o"};
	size_t count;
	const struct sim_rule *rules = sim_ruleset_rules(f->ruleset, &event, &count);
	assert_int_equal(count, 5000);
	assert_non_null(strstr(rules[4999].text, "5000, 5000"));
}

/* Asking makes no table, and ours is not the host's. */
static void test_ruleset_of_none(void **state)
{
	struct fixture *f = *state;
	open_trace(f, NEAR);
	learn(f, NEAR);
	load(f, NEAR, "! grep -q . /proc/net/ip_tables_names /proc/net/ip6_tables_names");
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_limit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ipv6_only, setup_ipv6, teardown),
		cmocka_unit_test_setup_teardown(test_reply, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_survives, setup, teardown),
		cmocka_unit_test_setup_teardown(test_table_is_ours, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy_that_traces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_legacy_policy_that_traces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_reader, setup, teardown),
		cmocka_unit_test_setup_teardown(test_group_left_to_a_logger, setup, teardown),
		cmocka_unit_test_setup_teardown(test_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overflow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_leaves_packets_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_canary_is_no_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_opened_twice, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ruleset_of_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ruleset_of_none, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run_all);
}
