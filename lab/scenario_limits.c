/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scenario's labs may take of the machine. */
#include <string.h>

#include "lab/scenario_reader.h"

/* Below that a lab cannot be built, or not judged; above, it is no limit. */
#define MEMORY_MIN_MIB	 32
#define MEMORY_MAX_MIB	 (1024 * 1024)
#define PROCESSES_MIN	 20
#define PROCESSES_MAX	 1000000
#define TIME_MIN_SECONDS 1
#define TIME_MAX_SECONDS (24 * 60 * 60)

struct measure {
	const char *name;
	uint64_t size;
};

/* A number with one of these units behind it, in the units' own measure. */
static bool parse_amount(const char *text, const struct measure *units, size_t n_units,
			 uint64_t *amount)
{
	size_t digits = strspn(text, "0123456789");
	for (size_t i = 0; i < n_units; i++) {
		/* No unit is larger than the largest amount that counts. */
		if (!strcmp(text + digits, units[i].name) &&
		    parse_number(text, digits, 0, UINT32_MAX, amount)) {
			*amount *= units[i].size;
			return true;
		}
	}
	return false;
}

static void read_memory(struct reader *r, const struct yaml *node, void *into)
{
	static const struct measure units[] = {{"M", 1}, {"G", 1024}};
	const char *text;
	uint64_t mib;
	if (!read_text(r, node, "an amount of memory", &text))
		return;
	if (parse_amount(text, units, sizeof(units) / sizeof(*units), &mib) &&
	    mib >= MEMORY_MIN_MIB && mib <= MEMORY_MAX_MIB)
		((struct scenario *)into)->limits.memory = mib << 20;
	else
		complain(r, node->place,
			 "%s is not an amount of memory from %dM to 1024G, such as 512M or 2G",
			 quoted(r, text), MEMORY_MIN_MIB);
}

static void read_processes(struct reader *r, const struct yaml *node, void *into)
{
	read_number(r, node, "a number of processes", PROCESSES_MIN, PROCESSES_MAX,
		    &((struct scenario *)into)->limits.processes);
}

static void read_lab_time(struct reader *r, const struct yaml *node, void *into)
{
	static const struct measure units[] = {{"s", 1}, {"m", 60}, {"h", 60 * 60}};
	const char *text;
	uint64_t seconds;
	if (!read_text(r, node, "a time", &text))
		return;
	if (parse_amount(text, units, sizeof(units) / sizeof(*units), &seconds) &&
	    seconds >= TIME_MIN_SECONDS && seconds <= TIME_MAX_SECONDS)
		((struct scenario *)into)->time_ms = (unsigned)seconds * 1000;
	else
		complain(r, node->place, "%s is not a time from 1s to 24h, such as 90s or 10m",
			 quoted(r, text));
}

static const struct field limit_fields[] = {
	{"memory", read_memory, false},
	{"processes", read_processes, false},
	{"time", read_lab_time, false},
};

void read_limits(struct reader *r, const struct yaml *node, void *into)
{
	read_fields(r, node, "limits", FIELDS(limit_fields), into);
}
