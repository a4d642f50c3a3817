/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/rule_conditions.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "netsim/rule_words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A new condition; false where there are too many, or its value is too long. */
static bool add(struct conditions *conditions, enum condition_field field, bool negated,
		const char *value)
{
	if (conditions->count == CONDITIONS_MAX)
		return false;
	struct condition *condition = &conditions->list[conditions->count++];
	condition->field = field;
	condition->negated = negated;
	condition->set = false;
	return snprintf(condition->values, sizeof(condition->values), "%s", value) <
	       (int)sizeof(condition->values);
}

/* Add to the last condition's values. */
static bool append(struct conditions *conditions, const char *value)
{
	struct condition *condition = &conditions->list[conditions->count - 1];
	size_t used = strlen(condition->values);
	size_t room = sizeof(condition->values) - used;
	return snprintf(condition->values + used, room, "%s%s", used ? "," : "", value) < (int)room;
}

/* A value is no quoted text but for interfaces. */
static bool is_value(const struct sim_words *words, enum condition_field field)
{
	bool interface = field == CONDITION_IN || field == CONDITION_OUT;
	return words->word[0] && !strchr("@$<>=!{}.", words->word[0]) &&
	       (!words->quoted || interface) && !strchr(words->word, '&');
}

/* "{ 80, 443 }": the brace has been read. */
static bool read_nft_set(struct sim_words *words, struct conditions *conditions,
			 enum condition_field field)
{
	while (sim_words_next(words)) {
		size_t length = strlen(words->word);
		if (sim_words_at(words, "}"))
			return true;
		if (length && words->word[length - 1] == ',')
			words->word[length - 1] = '\0';
		/* A map's element, or one of several fields, has more words. */
		if (!is_value(words, field) || !append(conditions, words->word))
			return false;
	}
	return false;
}

/* What follows a field's name: "80", "!= 80", "{ 80, 443 }", "established,related". */
static bool read_nft_values(struct sim_words *words, struct conditions *conditions,
			    enum condition_field field)
{
	bool negated = false;
	if (!sim_words_next(words))
		return false;
	if (sim_words_at(words, "!=")) {
		negated = true;
		if (!sim_words_next(words))
			return false;
	} else if (sim_words_at(words, "==") && !sim_words_next(words)) {
		return false;
	}
	if (sim_words_at(words, "{"))
		return add(conditions, field, negated, "") &&
		       read_nft_set(words, conditions, field);
	if (words->word[0] == '@' && words->word[1] && !words->quoted) {
		bool added = add(conditions, field, negated, words->word);
		conditions->list[conditions->count - 1].set = true;
		return added;
	}
	return is_value(words, field) && add(conditions, field, negated, words->word);
}

/* Fields by the names that nft gives them. */
static const struct {
	const char *first;
	const char *second; /* NULL: `first` alone is the name */
	enum condition_field field;
	enum condition_field implied; /* CONDITION_FIELDS: nothing */
	const char *value;	      /* of what is implied */
} nft_fields[] = {
	{"meta", "skuid", CONDITION_UID, CONDITION_FIELDS, NULL},
	{"skuid", NULL, CONDITION_UID, CONDITION_FIELDS, NULL},
	{"meta", "skgid", CONDITION_GID, CONDITION_FIELDS, NULL},
	{"skgid", NULL, CONDITION_GID, CONDITION_FIELDS, NULL},
	{"meta", "cgroup", CONDITION_CGROUP, CONDITION_FIELDS, NULL},
	{"cgroup", NULL, CONDITION_CGROUP, CONDITION_FIELDS, NULL},
	{"meta", "l4proto", CONDITION_PROTOCOL, CONDITION_FIELDS, NULL},
	{"l4proto", NULL, CONDITION_PROTOCOL, CONDITION_FIELDS, NULL},
	{"ip", "protocol", CONDITION_PROTOCOL, CONDITION_FAMILY, "ip"},
	{"tcp", "dport", CONDITION_DPORT, CONDITION_PROTOCOL, "tcp"},
	{"tcp", "sport", CONDITION_SPORT, CONDITION_PROTOCOL, "tcp"},
	{"udp", "dport", CONDITION_DPORT, CONDITION_PROTOCOL, "udp"},
	{"udp", "sport", CONDITION_SPORT, CONDITION_PROTOCOL, "udp"},
	{"th", "dport", CONDITION_DPORT, CONDITION_FIELDS, NULL},
	{"th", "sport", CONDITION_SPORT, CONDITION_FIELDS, NULL},
	{"ip", "saddr", CONDITION_SADDR, CONDITION_FAMILY, "ip"},
	{"ip", "daddr", CONDITION_DADDR, CONDITION_FAMILY, "ip"},
	{"ip6", "saddr", CONDITION_SADDR, CONDITION_FAMILY, "ip6"},
	{"ip6", "daddr", CONDITION_DADDR, CONDITION_FAMILY, "ip6"},
	{"iifname", NULL, CONDITION_IN, CONDITION_FIELDS, NULL},
	{"oifname", NULL, CONDITION_OUT, CONDITION_FIELDS, NULL},
	{"iif", NULL, CONDITION_IN, CONDITION_FIELDS, NULL},
	{"oif", NULL, CONDITION_OUT, CONDITION_FIELDS, NULL},
	{"ct", "state", CONDITION_STATE, CONDITION_FIELDS, NULL},
};

/* Matches of one value about which nothing is known: words of the name, and before the value. */
static const struct {
	const char *first;
	const char *second; /* NULL: `first` alone is the name */
	unsigned between;
} nft_others[] = {
	{"ct", "mark", 0},  {"ct", "status", 0},   {"ct", "zone", 0},
	{"ct", "label", 0}, {"ct", "helper", 0},   {"meta", "mark", 0},
	{"mark", NULL, 0},  {"socket", "mark", 0}, {"socket", "cgroupv2", 2}, /* level N */
};

/* One word more of the last condition, as it was written. */
static bool quote(const struct sim_words *words, struct conditions *conditions)
{
	struct condition *condition = &conditions->list[conditions->count - 1];
	const char *mark = words->quoted ? "\"" : "";
	size_t used = strlen(condition->values);
	size_t room = sizeof(condition->values) - used;
	return snprintf(condition->values + used, room, "%s%s%s%s", used ? " " : "", mark,
			words->word, mark) < (int)room;
}

/* The next word, too. */
static bool quote_next(struct sim_words *words, struct conditions *conditions)
{
	return sim_words_next(words) && quote(words, conditions);
}

/* "7", "!= 7", "@marks", "{ 7, 8 }"; "set 7" is no match, and what is computed is not read. */
static bool quote_value(struct sim_words *words, struct conditions *conditions)
{
	if (!quote_next(words, conditions))
		return false;
	if (sim_words_at(words, "!=") && !quote_next(words, conditions))
		return false;
	if (!sim_words_at(words, "{"))
		return words->quoted || (words->word[0] && !strchr("$<>=!&|^.}", words->word[0]) &&
					 !sim_words_at(words, "set"));
	while (quote_next(words, conditions))
		if (sim_words_at(words, "}"))
			return true;
	return false;
}

/* A match of those; `words` are at its first word. */
static bool read_nft_other(struct sim_words *words, struct conditions *conditions)
{
	for (size_t i = 0; i < COUNT(nft_others) && !words->quoted; i++) {
		struct sim_words ahead = *words;
		if (!sim_words_at(&ahead, nft_others[i].first) ||
		    (nft_others[i].second &&
		     (!sim_words_next(&ahead) || !sim_words_at(&ahead, nft_others[i].second))))
			continue;
		if (!add(conditions, CONDITION_OTHER, false, nft_others[i].first) ||
		    (nft_others[i].second && !quote(&ahead, conditions)))
			return false;
		for (unsigned k = 0; k < nft_others[i].between; k++)
			if (!quote_next(&ahead, conditions))
				return false;
		*words = ahead;
		return quote_value(words, conditions);
	}
	return false;
}

/* A match; its first word has been read. */
static bool read_nft_match(struct sim_words *words, struct conditions *conditions)
{
	char first[SIM_WORD_MAX];
	bool has_second = false;
	const struct sim_words at_first = *words;
	memcpy(first, words->word, sizeof(first));
	for (size_t i = 0; i < COUNT(nft_fields) && !words->quoted; i++) {
		if (strcmp(nft_fields[i].first, first) != 0)
			continue;
		if (nft_fields[i].second && !has_second)
			has_second = sim_words_next(words);
		if (nft_fields[i].second && !sim_words_at(words, nft_fields[i].second))
			continue;
		if (nft_fields[i].implied != CONDITION_FIELDS &&
		    !add(conditions, nft_fields[i].implied, false, nft_fields[i].value))
			return false;
		return read_nft_values(words, conditions, nft_fields[i].field);
	}
	*words = at_first;
	return read_nft_other(words, conditions);
}

/* Skip "counter packets 7 bytes 420" or the options of "log"; these and their values. */
static bool skip_statement(struct sim_words *words)
{
	static const char *const with_value[] = {
		"packets", "bytes", "prefix", "group", "level", "snaplen", "queue-threshold",
	};
	for (;;) {
		struct sim_words ahead = *words;
		bool known = false;
		if (!sim_words_next(&ahead))
			return true;
		for (size_t i = 0; i < COUNT(with_value); i++)
			known |= sim_words_at(&ahead, with_value[i]);
		if (!known)
			return true;
		if (!sim_words_next(&ahead))
			return false;
		*words = ahead;
	}
}

/* What follows a verdict says more of it, or is a comment. */
static bool is_nft_verdict(const char *word)
{
	static const char *const verdicts[] = {"accept", "drop", "reject",
					       "return", "jump", "goto"};
	for (size_t i = 0; i < COUNT(verdicts); i++)
		if (!strcmp(verdicts[i], word))
			return true;
	return false;
}

static bool read_nft(const char *rule, struct conditions *conditions)
{
	struct sim_words words = sim_words_of(rule, false);
	while (sim_words_next(&words)) {
		if (is_nft_verdict(words.word) && !words.quoted) {
			conditions->accepts = !strcmp(words.word, "accept");
			return true;
		}
		if (sim_words_at(&words, "comment"))
			return sim_words_next(&words);
		if (sim_words_at(&words, "counter") || sim_words_at(&words, "log")) {
			if (!skip_statement(&words))
				return false;
		} else if (!read_nft_match(&words, conditions)) {
			return false;
		}
	}
	return true;
}

/* Modules that ask for nothing by themselves. */
static const char *const legacy_modules[] = {"tcp",    "udp",	"multiport", "owner",
					     "cgroup", "state", "conntrack", "comment",
					     "set",    "mark",	"connmark"};

/* What iptables-save calls things; `from` in the values is to be `to`. */
static const struct {
	const char *option;
	enum condition_field field;
	char from;
	char to;
} legacy_fields[] = {
	{"-p", CONDITION_PROTOCOL, 0, 0},	 {"-s", CONDITION_SADDR, 0, 0},
	{"-d", CONDITION_DADDR, 0, 0},		 {"-i", CONDITION_IN, '+', '*'},
	{"-o", CONDITION_OUT, '+', '*'},	 {"--sport", CONDITION_SPORT, ':', '-'},
	{"--dport", CONDITION_DPORT, ':', '-'},	 {"--sports", CONDITION_SPORT, ':', '-'},
	{"--dports", CONDITION_DPORT, ':', '-'}, {"--uid-owner", CONDITION_UID, 0, 0},
	{"--gid-owner", CONDITION_GID, 0, 0},	 {"--cgroup", CONDITION_CGROUP, 0, 0},
	{"--state", CONDITION_STATE, 0, 0},	 {"--ctstate", CONDITION_STATE, 0, 0},
};

/* Options about which nothing is known, and how many values they have. */
static const struct {
	const char *option;
	unsigned values;
} legacy_others[] = {{"--match-set", 2}, {"--mark", 1}, {"--path", 1}};

static bool read_legacy_other(struct sim_words *words, struct conditions *conditions, bool negated)
{
	for (size_t i = 0; i < COUNT(legacy_others); i++) {
		if (!sim_words_at(words, legacy_others[i].option))
			continue;
		if (!add(conditions, CONDITION_OTHER, false, negated ? "!" : "") ||
		    !quote(words, conditions))
			return false;
		for (unsigned k = 0; k < legacy_others[i].values; k++)
			if (!quote_next(words, conditions))
				return false;
		return true;
	}
	return false;
}

static bool read_legacy_match(struct sim_words *words, struct conditions *conditions, bool negated)
{
	for (size_t i = 0; i < COUNT(legacy_fields); i++) {
		if (!sim_words_at(words, legacy_fields[i].option))
			continue;
		enum condition_field field = legacy_fields[i].field;
		if (!sim_words_next(words) || !add(conditions, field, negated, words->word))
			return false;
		for (char *c = conditions->list[conditions->count - 1].values; *c; c++) {
			if (legacy_fields[i].from && *c == legacy_fields[i].from)
				*c = legacy_fields[i].to;
			if (field == CONDITION_STATE)
				*c = (char)tolower((unsigned char)*c);
		}
		return true;
	}
	return read_legacy_other(words, conditions, negated);
}

static bool is_legacy_module(const char *name)
{
	for (size_t i = 0; i < COUNT(legacy_modules); i++)
		if (!strcmp(legacy_modules[i], name))
			return true;
	return false;
}

/* "-A OUTPUT ! -o lo -p tcp -m tcp --dport 80 -j ACCEPT" */
static bool read_legacy(const char *rule, struct conditions *conditions)
{
	struct sim_words words = sim_words_of(rule, true);
	while (sim_words_next(&words)) {
		bool negated = sim_words_at(&words, "!");
		if (negated && !sim_words_next(&words))
			return false;
		if (sim_words_at(&words, "-A") || sim_words_at(&words, "--comment")) {
			if (!sim_words_next(&words))
				return false;
		} else if (sim_words_at(&words, "-m")) {
			if (!sim_words_next(&words) || !is_legacy_module(words.word))
				return false;
		} else if (sim_words_at(&words, "-j") || sim_words_at(&words, "-g")) {
			/* The rest is the target's. */
			conditions->accepts =
				sim_words_next(&words) && sim_words_at(&words, "ACCEPT");
			return true;
		} else if (!read_legacy_match(&words, conditions, negated)) {
			return false;
		}
	}
	return true;
}

bool conditions_read(const char *rule, bool legacy, struct conditions *conditions)
{
	*conditions = (struct conditions){.count = 0};
	return (legacy ? read_legacy : read_nft)(rule, conditions);
}
