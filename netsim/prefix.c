/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "netsim/link.h"

static unsigned family_bits(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* A decimal prefix length up to `max`, without sign, space or leading zero. */
static bool parse_length(const char *text, unsigned max, unsigned char *length)
{
	unsigned value = 0;
	size_t digits = 0;
	for (; text[digits] >= '0' && text[digits] <= '9' && digits < 3; digits++)
		value = value * 10 + (unsigned)(text[digits] - '0');
	if (!digits || text[digits] || value > max || (text[0] == '0' && digits > 1))
		return false;
	*length = (unsigned char)value;
	return true;
}

bool sim_prefix_parse(const char *text, bool need_length, struct sim_prefix *prefix)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	if (length >= sizeof(address) || (need_length && !slash))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(prefix->family, address, prefix->bytes) != 1)
		return false;
	prefix->length = (unsigned char)family_bits(prefix->family);
	return !slash || parse_length(slash + 1, family_bits(prefix->family), &prefix->length);
}

const char *sim_address_text(const struct sim_prefix *prefix, char text[SIM_PREFIX_TEXT])
{
	if (!inet_ntop(prefix->family, prefix->bytes, text, SIM_PREFIX_TEXT))
		snprintf(text, SIM_PREFIX_TEXT, "?");
	return text;
}

const char *sim_prefix_text(const struct sim_prefix *prefix, char text[SIM_PREFIX_TEXT])
{
	sim_address_text(prefix, text);
	size_t used = strlen(text);
	snprintf(text + used, SIM_PREFIX_TEXT - used, "/%u", prefix->length);
	return text;
}

static bool same_bits(const struct sim_prefix *a, const struct sim_prefix *b, unsigned bits)
{
	if (a->family != b->family || memcmp(a->bytes, b->bytes, bits / 8) != 0)
		return false;
	unsigned rest = bits % 8;
	return !rest || !((a->bytes[bits / 8] ^ b->bytes[bits / 8]) >> (8 - rest));
}

bool sim_prefix_overlaps(const struct sim_prefix *a, const struct sim_prefix *b)
{
	return same_bits(a, b, a->length < b->length ? a->length : b->length);
}

bool sim_prefix_contains(const struct sim_prefix *outer, const struct sim_prefix *inner)
{
	return same_bits(outer, inner, outer->length);
}

bool sim_address_equal(const struct sim_prefix *a, const struct sim_prefix *b)
{
	return same_bits(a, b, family_bits(a->family));
}
