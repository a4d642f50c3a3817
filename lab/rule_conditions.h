/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The conditions of a rule, from its text as nft or iptables-save writes it.
 * It reads what is common in rules about who may talk to whom, and says so
 * where it meets anything else.
 */
#ifndef LAB_RULE_CONDITIONS_H
#define LAB_RULE_CONDITIONS_H

#include <stdbool.h>
#include <stddef.h>

enum condition_field {
	CONDITION_UID,
	CONDITION_GID,
	CONDITION_CGROUP,   /* net_cls */
	CONDITION_FAMILY,   /* "ip" or "ip6" */
	CONDITION_PROTOCOL, /* a name or a number */
	CONDITION_SPORT,
	CONDITION_DPORT,
	CONDITION_SADDR, /* an address, address/length, or FIRST-LAST */
	CONDITION_DADDR,
	CONDITION_IN, /* an interface; with a star at its end, all that start so */
	CONDITION_OUT,
	CONDITION_STATE, /* of the connection, in small letters */
	CONDITION_OTHER, /* one of a few others: its values are all of it, as it is written */
	CONDITION_FIELDS,
};

/* Numbers may be ranges, FIRST-LAST. */
struct condition {
	enum condition_field field;
	bool negated;
	bool set;	  /* the value is one set's name, "@ok" */
	char values[256]; /* parted by commas: one of them */
};

#define CONDITIONS_MAX 16

struct conditions {
	struct condition list[CONDITIONS_MAX];
	size_t count;
	bool accepts; /* the packet, once they all hold */
};

/* False where there is anything in the rule that is not understood. */
bool conditions_read(const char *rule, bool legacy, struct conditions *conditions);

#endif
