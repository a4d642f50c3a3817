/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says of a policy, as tools pass it on, and what it means. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netsim/policy_kind.h"
#include "netsim/trace.h"

bool policy_is_fault(const char *why)
{
	/* EBUSY is none of these: another one who loads rules gives it, too. */
	static const int faults[] = {ELOOP,  EMLINK, EOPNOTSUPP, EINVAL,   EEXIST,
				     ERANGE, E2BIG,  EOVERFLOW,	 ENOTEMPTY};

	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		const char *words = strerror(faults[i]);
		if (strncmp(why, words, strlen(words)) == 0)
			return true;
	}
	return false;
}

/*
 * What kernels can be built without: what a rule or a declaration calls it.  Only of ENOENT: what
 * is in the wrong chain is EOPNOTSUPP.
 */
static const struct {
	const char *words;
	const char *hint;
} features[] = {
	{"flowtable",
	 "this kernel may lack flowtables (CONFIG_NF_FLOW_TABLE), or the host a device"},
	{"flow add",
	 "this kernel may lack flowtables (CONFIG_NF_FLOW_TABLE, CONFIG_NFT_FLOW_OFFLOAD)"},
	{"flow offload",
	 "this kernel may lack flowtables (CONFIG_NF_FLOW_TABLE, CONFIG_NFT_FLOW_OFFLOAD)"},
	{"queue", "this kernel may lack queues (CONFIG_NFT_QUEUE)"},
	{"synproxy", "this kernel may lack synproxy (CONFIG_NFT_SYNPROXY)"},
	{"tproxy", "this kernel may lack tproxy (CONFIG_NFT_TPROXY)"},
	{"ct helper", "this kernel may lack that helper (CONFIG_NF_CONNTRACK_FTP and the like)"},
	{"ct timeout", "this kernel may lack timeouts (CONFIG_NF_CONNTRACK_TIMEOUT)"},
	{"ct count", "this kernel may lack limits of connections (CONFIG_NFT_CONNLIMIT)"},
	{"fib", "this kernel may lack fib (CONFIG_NFT_FIB_INET)"},
	{"socket", "this kernel may lack matches of sockets (CONFIG_NFT_SOCKET)"},
	{"osf", "this kernel may lack osf (CONFIG_NFT_OSF)"},
	{"numgen", "this kernel may lack numgen (CONFIG_NFT_NUMGEN)"},
	{"jhash", "this kernel may lack hashes (CONFIG_NFT_HASH)"},
	{"symhash", "this kernel may lack hashes (CONFIG_NFT_HASH)"},
	{"ipsec", "this kernel may lack ipsec (CONFIG_NFT_XFRM)"},
	{"tunnel", "this kernel may lack tunnels (CONFIG_NFT_TUNNEL)"},
	{"masquerade", "this kernel may lack NAT (CONFIG_NFT_MASQ)"},
	{"redirect", "this kernel may lack NAT (CONFIG_NFT_REDIR)"},
};

static bool is_part_of_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

/* Whether `words` stand in text[0..length), or right before it but for white space. */
static bool is_named(const char *line, const char *text, size_t length, const char *words)
{
	size_t size = strlen(words);
	const char *before = text;

	while (before > line && isspace((unsigned char)before[-1]))
		before--;
	if ((size_t)(before - line) >= size && !memcmp(before - size, words, size) &&
	    (before - line == (ptrdiff_t)size || !is_part_of_word(before[-(ptrdiff_t)size - 1])))
		return true;
	for (const char *at = text; (at = memmem(at, (size_t)(text + length - at), words, size));
	     at++) {
		bool starts = at == line || !is_part_of_word(at[-1]);
		if (starts && !is_part_of_word(at[size]))
			return true;
	}
	return false;
}

const char *policy_lacking_feature(const char *line, unsigned first, unsigned last)
{
	size_t end = strcspn(line, "\n");

	if (!first || last < first || first > end)
		return NULL;
	size_t length = (last < end ? last : end) - (first - 1);
	for (size_t i = 0; i < sizeof(features) / sizeof(*features); i++)
		if (is_named(line, line + first - 1, length, features[i].words))
			return features[i].hint;
	return NULL;
}

/* Whether text[0..length) ends with our table's name as nft quotes it, and a question mark. */
static bool names_our_table(const char *text, size_t length)
{
	static const char *const forms[] = {"'" SIM_TRACE_TABLE "'", "‘" SIM_TRACE_TABLE "’"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		size_t size = strlen(forms[i]);
		const char *at = memmem(text, length, forms[i], size);
		const char *word = at;
		if (!at)
			continue;
		/* "table ‘fwlab’ in family inet?", "chain ‘output’ in table inet ‘fwlab’?" */
		while (word > text && word[-1] != '\'' && strncmp(word, "table ", 6) != 0)
			word--;
		if (strncmp(word, "table ", 6) == 0)
			return true;
	}
	return false;
}

void policy_strip_hints(char *said)
{
	static const char hint[] = "; did you mean ";

	for (char *at = said; (at = strstr(at, hint));) {
		size_t length = strcspn(at, "\n");
		if (names_our_table(at, length))
			memmove(at, at + length, strlen(at + length) + 1);
		else
			at += length;
	}
}
