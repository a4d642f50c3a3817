/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of a packet that it dropped, which of it counts, and what it means. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lab/losses.h"
#include "lab/verdict.h"
#include "lab/wire.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct loss loss_of(const char *reason, bool concerns, uint64_t heard_ns)
{
	struct loss loss = {
		.reason = sim_drop_reason_of(reason), .heard_ns = heard_ns, .concerns = concerns};
	snprintf(loss.drop.reason, sizeof(loss.drop.reason), "%s", reason);
	return loss;
}

static void test_decisive(void **state)
{
	(void)state;
	static struct losses losses = LOSSES_NONE;
	assert_null(losses_decisive(&losses));
	losses.all[losses.count++] = loss_of("IP_RPFILTER", false, 0);
	assert_null(losses_decisive(&losses));
	/* In passing, and what no table knows: the last of them. */
	losses.all[losses.count++] = loss_of("NEIGH_FAILED", true, 0);
	losses.all[losses.count++] = loss_of("OF_A_LATER_KERNEL", true, 0);
	assert_ptr_equal(losses_decisive(&losses), &losses.all[2]);
	/* For good: the first. */
	losses.all[losses.count++] = loss_of("NO_SOCKET", true, 0);
	losses.all[losses.count++] = loss_of("NETFILTER_DROP", true, 0);
	assert_ptr_equal(losses_decisive(&losses), &losses.all[3]);
	losses.missed = true;
	assert_null(losses_decisive(&losses));
	losses_forget(&losses);
	assert_null(losses_decisive(&losses));
	assert_false(losses.missed);
}

/* What may be answered is waited for, what may fare better next time to the end. */
static void test_final(void **state)
{
	(void)state;
	const struct {
		const char *reason;
		bool at_once, later;
	} reasons[] = {
		{"IP_RPFILTER", true, true},	 {"IP_LOCAL_SOURCE", true, true},
		{"UDP_CSUM", true, true},	 {"TC_INGRESS", true, true},
		{"NETFILTER_DROP", false, true}, {"NO_SOCKET", false, true},
		{"IP_INNOROUTES", false, true},	 {"NEIGH_FAILED", false, false},
		{"QDISC_DROP", false, false},	 {"TCP_LISTEN_OVERFLOW", false, false},
		{"WHATEVER", false, false},
	};
	for (size_t i = 0; i < COUNT(reasons); i++) {
		/* An hour ago, and in an hour: it does not matter how busy the machine is. */
		const uint64_t hour = 3600000000000;
		uint64_t now = wire_now_ns();
		struct loss just = loss_of(reasons[i].reason, true, now + hour);
		struct loss old = loss_of(reasons[i].reason, true, now > hour ? now - hour : 0);
		if (losses_is_final(&just) != reasons[i].at_once ||
		    losses_is_final(&old) != reasons[i].later)
			fail_msg("%s", reasons[i].reason);
	}
}

struct row {
	const char *name;
	const char *reason;
	bool reply, arrived, traced, answered, tcp;
	uint8_t icmp; /* code of gateway's "destination unreachable"; 0: there was none */
	int error;    /* 0: silence */
	const struct decision *decision;
	enum outcome_kind outcome;
	const char *how, *evidence, *host;
};

static const struct decision by_rule = {
	.host = "gateway", .hook = "forward", .table = "inet fw", .chain = "f", .rule = "drop"};
static const struct decision by_reject = {.host = "gateway",
					  .hook = "forward",
					  .table = "inet fw",
					  .chain = "f",
					  .rule = "reject",
					  .rejects = true};

/* clang-format off */
static const struct row rows[] = {
	{.name = "the reverse path", .reason = "IP_RPFILTER", .traced = true,
	 .outcome = OUTCOME_UNREACHABLE, .how = "rp_filter", .evidence = "kernel", .host = "gateway"},
	{.name = "the reverse path, where not all rules can be heard", .reason = "IP_RPFILTER",
	 .outcome = OUTCOME_UNREACHABLE, .how = "rp_filter", .evidence = "kernel", .host = "gateway"},
	{.name = "a firewall that no trace tells of", .reason = "NETFILTER_DROP",
	 .outcome = OUTCOME_DROPPED, .how = "", .evidence = "kernel", .host = "gateway"},
	{.name = "a firewall's rule: that says more", .reason = "NETFILTER_DROP", .traced = true,
	 .decision = &by_rule, .outcome = OUTCOME_DROPPED, .how = "", .evidence = "rule",
	 .host = "gateway"},
	{.name = "a rule that rejects drops, too", .reason = "NETFILTER_DROP", .traced = true,
	 .decision = &by_reject, .outcome = OUTCOME_REJECTED, .how = "", .evidence = "rule",
	 .host = "gateway"},
	{.name = "its own firewall", .reason = "NETFILTER_DROP", .error = EPERM,
	 .outcome = OUTCOME_DROPPED, .how = "", .evidence = "kernel", .host = "gateway"},
	{.name = "EPERM is not always a firewall's", .reason = "BPF_CGROUP_EGRESS", .error = EPERM,
	 .outcome = OUTCOME_DROPPED, .how = "cgroup's BPF", .evidence = "kernel",
	 .host = "gateway"},
	{.name = "traffic control", .reason = "TC_INGRESS", .traced = true,
	 .outcome = OUTCOME_DROPPED, .how = "traffic control", .evidence = "kernel",
	 .host = "gateway"},
	{.name = "nobody listens, and says so to nobody", .reason = "NO_SOCKET", .traced = true,
	 .outcome = OUTCOME_UNREACHABLE, .how = "no socket", .evidence = "kernel",
	 .host = "gateway"},
	{.name = "the answer", .reason = "IP_RPFILTER", .reply = true, .arrived = true,
	 .traced = true, .outcome = OUTCOME_UNREACHABLE, .how = "rp_filter", .evidence = "kernel",
	 .host = "gateway"},
	{.name = "a packet like one that arrived", .reason = "IP_RPFILTER", .arrived = true,
	 .outcome = OUTCOME_DROPPED, .how = "", .evidence = "timeout", .host = ""},
	{.name = "one that was answered", .reason = "IP_RPFILTER", .arrived = true, .answered = true,
	 .outcome = OUTCOME_ALLOWED, .how = "", .evidence = "arrival", .host = ""},
	{.name = "in passing, and silence", .reason = "NEIGH_FAILED", .traced = true,
	 .outcome = OUTCOME_UNREACHABLE, .how = "no neighbour", .evidence = "kernel",
	 .host = "gateway"},
	{.name = "in passing, but something else went wrong", .reason = "NEIGH_FAILED",
	 .error = EHOSTUNREACH, .outcome = OUTCOME_UNREACHABLE, .how = "no route",
	 .evidence = "route", .host = "buildd"},
	{.name = "a reason that nobody knows", .reason = "OF_A_LATER_KERNEL", .traced = true,
	 .outcome = OUTCOME_UNREACHABLE, .how = "", .evidence = "kernel", .host = "gateway"},
	{.name = "a reset that no trace tells of", .reason = "NETFILTER_DROP", .error = ECONNREFUSED,
	 .tcp = true, .outcome = OUTCOME_REJECTED, .how = "tcp-reset", .evidence = "reset",
	 .host = "gateway"},
	{.name = "an error that no trace tells of", .reason = "NETFILTER_DROP", .error = EHOSTUNREACH,
	 .icmp = 13, .outcome = OUTCOME_REJECTED, .how = "admin-prohibited", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "an error as of a closed port", .reason = "NETFILTER_DROP", .error = ECONNREFUSED,
	 .icmp = 3, .outcome = OUTCOME_REJECTED, .how = "port-unreachable", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "an error as of a missing route", .reason = "NETFILTER_DROP", .error = EHOSTUNREACH,
	 .icmp = 1, .outcome = OUTCOME_REJECTED, .how = "host-unreachable", .evidence = "icmp",
	 .host = "gateway"},
	{.name = "none", .traced = true, .outcome = OUTCOME_UNREACHABLE, .how = "no answer",
	 .evidence = "trace", .host = ""},
};
/* clang-format on */

static void judge_row(const struct row *row, const char *missing, struct outcome *outcome)
{
	const struct probe probe = {.kind = PROBE_CONNECT};
	const struct errand errand = {.probe = &probe, .timeout_ms = 500};
	const struct server_message arrival = {
		.kind = SERVERS_ARRIVAL, .host = "mirror", .nonce = "n"};
	struct sighting seen = {
		.stage = row->answered ? STAGE_DONE : STAGE_CONNECT,
		.answered = row->answered,
		.timed_out = !row->error && !row->answered,
		.error = row->error,
		.error_at_once = row->error != 0,
		.call = row->tcp ? CALL_CONNECT : CALL_SEND,
		.protocol = row->tcp ? IPPROTO_TCP : IPPROTO_UDP,
		.icmp = {.seen = row->icmp != 0, .family = AF_INET, .type = 3, .code = row->icmp},
		.nonce = "n",
	};
	struct loss loss = loss_of(row->reason ? row->reason : "", true, 0);
	loss.reply = row->reply;
	struct circumstances known = {
		.arrivals = &arrival,
		.n_arrivals = row->arrived,
		.source_host = "buildd",
		.remote_host = "mirror",
		.offender_host = row->icmp ? "gateway" : "",
		.last_seen = "",
		.listening = 1,
		.routed = 1,
		.traced = row->traced,
		.decision = row->decision,
		.loss = row->reason ? &loss : NULL,
		.loss_host = "gateway",
		.losses_missing = missing,
	};
	judge(&errand, &seen, &known, outcome);
}

static void test_meaning(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct outcome outcome;
		judge_row(row, "", &outcome);
		bool by_kernel = !strcmp(row->evidence, "kernel");
		bool has_reason = by_kernel || row->icmp || row->tcp;
		if (outcome.kind != row->outcome || strcmp(outcome.how, row->how) != 0 ||
		    strcmp(outcome.evidence.kind, row->evidence) != 0 ||
		    strcmp(outcome.evidence.host, row->host) != 0 ||
		    strcmp(outcome.evidence.reason, has_reason ? row->reason : "") != 0)
			fail_msg("%s: %s, how '%s', evidence '%s', host '%s', reason '%s': %s",
				 row->name, outcome_kind_name(outcome.kind), outcome.how,
				 outcome.evidence.kind, outcome.evidence.host,
				 outcome.evidence.reason, outcome.why);
		if (by_kernel) {
			assert_non_null(strstr(outcome.why, row->reason));
			assert_non_null(strstr(outcome.why, row->reply ? "the answer" : " it"));
		}
	}
}

static void test_words(void **state)
{
	(void)state;
	struct outcome outcome;
	judge_row(&rows[0], "", &outcome);
	assert_string_equal(outcome.why,
			    "gateway dropped it: rp_filter: the way back to its source is not by "
			    "the interface that it came from (IP_RPFILTER)");
	judge_row(&rows[2], "", &outcome);
	assert_string_equal(outcome.why, "gateway's firewall dropped it (NETFILTER_DROP), but no "
					 "rule was heard to do it");
}

/* That the kernel could not be asked is said where it might have helped. */
static void test_missing(void **state)
{
	(void)state;
	const struct row none = {.traced = true}, untraced = {.traced = false};
	struct outcome outcome;
	judge_row(&none, "no BTF", &outcome);
	assert_non_null(strstr(outcome.why, "no BTF"));
	judge_row(&untraced, "no BTF", &outcome);
	assert_non_null(strstr(outcome.why, "no BTF"));
	judge_row(&rows[0], "no BTF", &outcome);
	assert_null(strstr(outcome.why, "no BTF"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decisive), cmocka_unit_test(test_final),
		cmocka_unit_test(test_meaning),	 cmocka_unit_test(test_words),
		cmocka_unit_test(test_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
