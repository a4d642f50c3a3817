/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules lose packets where no program listens, and at which queues. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "netsim/queue.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void rules(void **state)
{
	static const struct {
		bool legacy;
		const char *text;
		bool loses;
		uint16_t first, last;
	} rows[] = {
		{true, "-A INPUT -p tcp -j NFQUEUE --queue-num 3", true, 3, 3},
		{true, "-A INPUT -j NFQUEUE", true, 0, 0},
		{true, "-A INPUT -j NFQUEUE --queue-balance 1:4 --queue-cpu-fanout", true, 1, 4},
		{true, "-A INPUT -j NFQUEUE --queue-num 3 --queue-bypass", false, 0, 0},
		{true, "-A INPUT -m comment --comment \"-j NFQUEUE\" -j ACCEPT", false, 0, 0},
		{true, "-A INPUT -m comment --comment NFQUEUE -j ACCEPT", false, 0, 0},
		{true, "-A INPUT -j NFQUEUES", false, 0, 0},
		{false, "tcp dport 80 queue to 3", true, 3, 3},
		{false, "tcp dport 80 queue num 1-4", true, 1, 4},
		{false, "queue flags fanout to 1-4 comment \"bypass\"", true, 1, 4},
		{false, "queue", true, 0, UINT16_MAX},
		{false, "queue to jhash ip saddr mod 4", true, 0, UINT16_MAX},
		{false, "queue num 1-4 bypass", false, 0, 0},
		{false, "queue flags bypass,fanout to 1-4", false, 0, 0},
		{false, "jump queue", false, 0, 0},
		{false, "accept comment \"queue to 3\"", false, 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_queues queues;
		bool loses = sim_queues_of(rows[i].text, rows[i].legacy, &queues);
		if (loses != rows[i].loses)
			print_error("%s\n", rows[i].text);
		assert_int_equal(loses, rows[i].loses);
		if (!loses)
			continue;
		assert_int_equal(queues.first, rows[i].first);
		assert_int_equal(queues.last, rows[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(rules)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
