/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a program listens at a queue of a host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>

#include <netlink/attr.h>

#include "netsim/netlink.h"
#include "netsim/queue.h"
#include "tests/support/namespaces.h"
#include "tests/support/traced.h"

#define NUMBER 7

static int listen_at(void *arg, struct sim_error *err)
{
	struct netlink **netlink = arg;
	struct nfqnl_msg_config_cmd bind = {.command = NFQNL_CFG_CMD_BIND, .pf = htons(AF_INET)};
	if (netlink_open(NETLINK_NETFILTER, netlink, err) < 0)
		return -1;
	struct nl_msg *msg = netlink_netfilter(NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_CONFIG, 0,
					       AF_UNSPEC, htons(NUMBER));
	if (!msg || nla_put(msg, NFQA_CFG_CMD, sizeof(bind), &bind) < 0)
		return -1;
	return netlink_request(*netlink, msg, err);
}

static void test_listener(void **state)
{
	struct fixture *f = *state;
	struct netlink *netlink = NULL;
	const struct sim_queues one = {NUMBER, NUMBER};
	const struct sim_queues around = {0, UINT16_MAX};
	const struct sim_queues other = {NUMBER + 1, UINT16_MAX};
	assert_int_equal(sim_queues_have_listener(f->hosts[NEAR], &around, &f->err), 0);
	if (sim_host_within(f->hosts[NEAR], listen_at, &netlink, &f->err) < 0) {
		netlink_close(netlink);
		fail_msg("%s", f->err.text);
	}
	int heard = sim_queues_have_listener(f->hosts[NEAR], &one, &f->err);
	int heard_around = sim_queues_have_listener(f->hosts[NEAR], &around, &f->err);
	int heard_other = sim_queues_have_listener(f->hosts[NEAR], &other, &f->err);
	int heard_far = sim_queues_have_listener(f->hosts[FAR], &around, &f->err);
	netlink_close(netlink);
	assert_int_equal(heard, 1);
	assert_int_equal(heard_around, 1);
	assert_int_equal(heard_other, 0);
	assert_int_equal(heard_far, 0);
	assert_int_equal(sim_queues_have_listener(f->hosts[NEAR], &one, &f->err), 0);
}

static int run_all(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_listener, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(run_all);
}
