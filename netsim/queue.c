/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/queue.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"
#include "netsim/rule_words.h"

/* The kernel's list of those who listen: a line each, with the queue's number first. */
#define LISTENERS "/proc/thread-self/net/netfilter/nfnetlink_queue"

/* "3", "0-3", "0:3" */
static void read_range(const char *text, struct sim_queues *queues)
{
	char *end;
	queues->first = (uint16_t)strtoul(text, &end, 10);
	queues->last = *end ? (uint16_t)strtoul(end + 1, NULL, 10) : queues->first;
}

/* "-j NFQUEUE --queue-balance 0:3 --queue-bypass" */
static bool read_legacy(const char *text, struct sim_queues *queues)
{
	struct sim_words words = sim_words_of(text, true);
	bool target = false, found = false;
	while (sim_words_next(&words)) {
		bool range = sim_words_at(&words, "--queue-num") ||
			     sim_words_at(&words, "--queue-balance");
		found |= target && sim_words_at(&words, "NFQUEUE");
		if (found && sim_words_at(&words, "--queue-bypass"))
			return false;
		target = sim_words_at(&words, "-j");
		if (found && range && sim_words_next(&words))
			read_range(words.word, queues);
	}
	return found;
}

/* "queue num 1-4", "queue flags bypass to 3", "queue to jhash ip saddr mod 4" */
static bool read_nft(const char *text, struct sim_queues *queues)
{
	struct sim_words words = sim_words_of(text, false);
	bool found = false, target = false, number = false;
	while (sim_words_next(&words)) {
		if (found && !words.quoted && strstr(words.word, "bypass"))
			return false;
		if (found && number && isdigit((unsigned char)words.word[0]))
			read_range(words.word, queues);
		number = sim_words_at(&words, "num") || sim_words_at(&words, "to");
		found |= !target && sim_words_at(&words, "queue");
		target = sim_words_at(&words, "jump") || sim_words_at(&words, "goto");
	}
	return found;
}

bool sim_queues_of(const char *text, bool legacy, struct sim_queues *queues)
{
	*queues = legacy ? (struct sim_queues){0, 0} : (struct sim_queues){0, UINT16_MAX};
	return (legacy ? read_legacy : read_nft)(text, queues);
}

struct search {
	const struct sim_queues *queues;
	int found;
};

/* With this thread in the host's network. */
static int look_for_listener(void *arg, struct sim_error *err)
{
	struct search *search = arg;
	char line[256];
	autofclose FILE *list = fopen(LISTENERS, "re");
	if (!list && errno == ENOENT)
		return 0; /* the kernel has nobody listen at any */
	if (!list)
		return sim_fail(err, errno, "%s", LISTENERS);
	while (fgets(line, sizeof(line), list)) {
		unsigned long queue = strtoul(line, NULL, 10);
		search->found |= queue >= search->queues->first && queue <= search->queues->last;
	}
	return 0;
}

int sim_queues_have_listener(struct sim_host *host, const struct sim_queues *queues,
			     struct sim_error *err)
{
	struct search search = {.queues = queues};
	if (sim_host_within(host, look_for_listener, &search, err) < 0)
		return -1;
	return search.found;
}
