/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/expect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

/* Where a complaint is written; nothing written: none. */
struct complaint {
	char *text;
	size_t size;
};

static void __attribute__((format(printf, 2, 3)))
complain(const struct complaint *complaint, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(complaint->text, complaint->size, format, args);
	va_end(args);
}

static bool allowed(const struct wanted *wanted, const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_ALLOWED &&
	       (!*wanted->at_host || !strcmp(wanted->at_host, outcome->evidence.arrived_at));
}

static bool rejected(const struct expectation *expectation, const struct outcome *outcome)
{
	return outcome->kind == OUTCOME_REJECTED &&
	       (!expectation->how || reject_way_meets(expectation->how, outcome->how));
}

static bool denied_there(const struct wanted *wanted, const struct happened *happened)
{
	return !*wanted->at_host || happened->bare ||
	       !strcmp(wanted->at_host, happened->outcome->evidence.host);
}

static bool as_expected(const struct wanted *wanted, const struct happened *happened)
{
	const struct expectation *expectation = wanted->expectation;
	const struct outcome *outcome = happened->outcome;
	int status = happened->sighting->status;
	switch (expectation->kind) {
	case EXPECT_ALLOW:
		return allowed(wanted, outcome);
	case EXPECT_DENY:
		return (outcome->kind == OUTCOME_REJECTED || outcome->kind == OUTCOME_DROPPED ||
			outcome->kind == OUTCOME_CONFINED) &&
		       denied_there(wanted, happened);
	case EXPECT_REJECT:
		return rejected(expectation, outcome) && denied_there(wanted, happened);
	case EXPECT_DROP:
		return outcome->kind == OUTCOME_DROPPED && denied_there(wanted, happened);
	case EXPECT_UNREACHABLE:
		return outcome->kind == OUTCOME_UNREACHABLE && denied_there(wanted, happened);
	case EXPECT_CONFINED:
		return outcome->kind == OUTCOME_CONFINED &&
		       (!expectation->how || !strcmp(expectation->how, outcome->evidence.kind));
	case EXPECT_EXIT:
		return outcome->kind == OUTCOME_EXITED && WIFEXITED(status) &&
		       WEXITSTATUS(status) == expectation->exit_status;
	}
	return false;
}

/* "allowed (received by mirror)", "rejected (admin-prohibited, by buildd)" */
static void describe(const struct outcome *outcome, char *text, size_t size)
{
	const struct evidence *evidence = &outcome->evidence;
	const char *kind = outcome_kind_name(outcome->kind);
	if (outcome->kind == OUTCOME_INCONCLUSIVE)
		snprintf(text, size, "%s: %s", kind, outcome->why);
	else if (outcome->kind == OUTCOME_CONFINED)
		snprintf(text, size, "%s %s", kind, outcome->how);
	else if (outcome->kind == OUTCOME_EXITED)
		snprintf(text, size, "%s", outcome->how);
	else if (outcome->kind == OUTCOME_ALLOWED && *evidence->arrived_at)
		snprintf(text, size, "%s (received by %s)", kind, evidence->arrived_at);
	else if (*outcome->how && *evidence->host)
		snprintf(text, size, "%s (%s, by %s)", kind, outcome->how, evidence->host);
	else if (*outcome->how || *evidence->host)
		snprintf(text, size, "%s (%s%s)", kind, *outcome->how ? "" : "by ",
			 *outcome->how ? outcome->how : evidence->host);
	else
		snprintf(text, size, "%s", kind);
}

static void check_outcome(const struct wanted *wanted, const struct happened *happened,
			  const struct complaint *complaint)
{
	char description[640];
	if (as_expected(wanted, happened))
		return;
	describe(happened->outcome, description, sizeof(description));
	complain(complaint, "expected %.250s, but it was %.350s", wanted->expectation->text,
		 description);
}

static void check_hook(const struct wanted *wanted, const struct happened *happened,
		       const struct complaint *complaint)
{
	const char *hook = wanted->expectation->hook;
	const struct outcome *outcome = happened->outcome;
	if (!hook || happened->bare || !strcmp(hook, outcome->evidence.hook))
		return;
	complain(complaint, "%s as expected, but at %s%s (expected at %s)",
		 outcome_kind_name(outcome->kind), *outcome->evidence.hook ? "hook " : "no hook",
		 *outcome->evidence.hook ? outcome->evidence.hook : " that is known", hook);
}

static void check_rule(const struct wanted *wanted, const struct happened *happened,
		       const struct complaint *complaint)
{
	const char *by = wanted->expectation->by;
	const struct outcome *outcome = happened->outcome;
	/* Policies are "policy drop" to nft and "policy DROP" to iptables. */
	if (!by || happened->bare || strcasestr(happened->rule, by) ||
	    strcasestr(outcome->evidence.chain, by))
		return;
	if (*happened->rule)
		complain(complaint,
			 "%s as expected, but by another rule: \"%.250s\" (expected one with "
			 "\"%.200s\")",
			 outcome_kind_name(outcome->kind), happened->rule, by);
	else
		complain(complaint,
			 "%s as expected, but by no rule that is known (expected one with "
			 "\"%.200s\")",
			 outcome_kind_name(outcome->kind), by);
}

static void check_output(const struct wanted *wanted, const struct happened *happened,
			 const struct complaint *complaint)
{
	if (wanted->output && !happened->sighting->printed)
		complain(complaint, "expected its output to contain \"%.100s\", which it does not",
			 wanted->output);
}

/* The length of a text without the blanks at its end, which scenarios leave out of prefixes. */
static size_t trimmed(const char *text)
{
	size_t length = strlen(text);
	while (length && text[length - 1] == ' ')
		length--;
	return length;
}

static bool same_prefix(const char *a, const char *b)
{
	size_t length = trimmed(a);
	return length == trimmed(b) && !memcmp(a, b, length);
}

static bool is_such(const struct wanted *wanted, const struct log_message *message)
{
	const struct log_expectation *log = wanted->log;
	return (!*wanted->log_host || !strcmp(wanted->log_host, message->host)) &&
	       (!log->prefix || same_prefix(log->prefix, message->prefix)) &&
	       (!log->has_group || message->group == (int)log->group) &&
	       (!log->has_uid || (message->has_owner && log->uid == message->uid)) &&
	       (!log->has_gid || (message->has_owner && log->gid == message->gid));
}

const char *log_message_text(const struct log_message *message, char text[LOG_MESSAGE_TEXT])
{
	char group[32] = "";
	char owner[64] = "";
	if (message->group >= 0)
		snprintf(group, sizeof(group), ", group %d", message->group);
	if (message->has_owner)
		snprintf(owner, sizeof(owner), ", uid %u, gid %u", message->uid, message->gid);
	snprintf(text, LOG_MESSAGE_TEXT, "%s: prefix \"%s\"%s%s: %s%s%s%s%s", message->host,
		 message->prefix, group, owner, message->packet, *message->in ? " in " : "",
		 message->in, *message->out ? " out " : "", message->out);
	return text;
}

/* "no log message", "2 log messages (prefix "out")" */
static void describe_log(const struct log_expectation *log, char *text, size_t size)
{
	char number[32] = "a";
	if (log->has_count)
		snprintf(number, sizeof(number), "%u", log->count);
	snprintf(text, size, "%s log message%s%s%.200s%s",
		 log->has_count && !log->count ? "no" : number,
		 log->has_count && log->count > 1 ? "s" : "", *log->text ? " (" : "", log->text,
		 *log->text ? ")" : "");
}

static void check_log(const struct wanted *wanted, const struct happened *happened,
		      const struct complaint *complaint)
{
	const struct log_expectation *log = wanted->log;
	const struct log_message *example = NULL;
	char expected[256], message[LOG_MESSAGE_TEXT];
	size_t such = 0;
	if (!log || happened->bare)
		return;
	for (size_t i = 0; i < happened->n_log; i++) {
		bool it_is = is_such(wanted, &happened->log[i]);
		such += it_is;
		if (!example || (it_is && such == 1))
			example = &happened->log[i];
	}
	if (log->has_count ? such == log->count : such > 0)
		return;
	describe_log(log, expected, sizeof(expected));
	size_t seen = such ? such : happened->n_log;
	if (!example)
		complain(complaint, "expected %s, but there was none", expected);
	else
		complain(complaint, "expected %s, but there %s %zu%s%s %.250s", expected,
			 seen == 1 ? "was" : "were", seen, such ? "" : " other",
			 seen == 1 ? ":" : ", such as", log_message_text(example, message));
}

bool meets(const struct wanted *wanted, const struct happened *happened, char *text, size_t size)
{
	/* What comes first says most: the others are looked at only when it is right. */
	static void (*const checks[])(const struct wanted *wanted, const struct happened *happened,
				      const struct complaint *complaint) = {
		check_outcome, check_hook, check_rule, check_output, check_log,
	};
	const struct complaint complaint = {text, size};
	*text = '\0';
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !*text; i++)
		checks[i](wanted, happened, &complaint);
	return !*text;
}
