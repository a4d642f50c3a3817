/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a message from a lab makes sense.  Who runs as root in there can
 * write to the lab's socket, and whatever comes over it is shown to, and
 * counted for, somebody outside.
 */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "lab/session.h"

/* Chains that a packet can be in at a time: nftables allows 16, the legacy tables any. */
#define DEPTH_MAX 1000

/* A bool that is neither must not even be looked at as one. */
static bool is_bool(const bool *value)
{
	unsigned char byte;
	memcpy(&byte, value, sizeof(byte));
	return byte <= 1;
}

static bool is_time(double ms)
{
	return isfinite(ms) && ms >= 0;
}

/* Where a struct has a text. */
struct text {
	size_t offset;
	size_t size;
};

#define TEXT(type, member)                                                                         \
	{                                                                                          \
		offsetof(type, member), sizeof(((type *)0)->member)                                \
	}

static const struct text step_texts[] = {
	TEXT(struct step, host),  TEXT(struct step, hook),   TEXT(struct step, table),
	TEXT(struct step, chain), TEXT(struct step, text),   TEXT(struct step, but),
	TEXT(struct step, file),  TEXT(struct step, packet),
};
static const struct text log_texts[] = {
	TEXT(struct log_message, host),	  TEXT(struct log_message, prefix),
	TEXT(struct log_message, in),	  TEXT(struct log_message, out),
	TEXT(struct log_message, packet),
};
static const struct text result_texts[] = {
	TEXT(struct result, outcome.evidence.kind),
	TEXT(struct result, outcome.evidence.host),
	TEXT(struct result, outcome.evidence.table),
	TEXT(struct result, outcome.evidence.hook),
	TEXT(struct result, outcome.evidence.chain),
	TEXT(struct result, outcome.evidence.rule),
	TEXT(struct result, outcome.evidence.file),
	TEXT(struct result, outcome.evidence.reason),
	TEXT(struct result, outcome.evidence.icmp),
	TEXT(struct result, outcome.evidence.arrived_at),
	TEXT(struct result, outcome.how),
	TEXT(struct result, outcome.why),
	TEXT(struct result, sighting.nonce),
	TEXT(struct result, sighting.answer),
	TEXT(struct result, sighting.trouble),
	TEXT(struct result, sighting.output),
	TEXT(struct result, from),
	TEXT(struct result, target),
	TEXT(struct result, expected),
	TEXT(struct result, complaint),
};
static const struct text refusal_texts[] = {
	TEXT(struct refusal, expected),
	TEXT(struct refusal, policy),
	TEXT(struct refusal, said),
	TEXT(struct refusal, complaint),
};
static const struct text failure_texts[] = {TEXT(struct session_failure, text)};

static void end_texts(void *message, const struct text *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		((char *)message)[texts[i].offset + texts[i].size - 1] = '\0';
}

#define END_TEXTS(message, texts) end_texts(message, texts, sizeof(texts) / sizeof((texts)[0]))

static bool check_step(const struct session_order *order, struct step *step)
{
	END_TEXTS(step, step_texts);
	return order->single && step->kind <= STEP_NEAR_MISS && step->depth <= DEPTH_MAX &&
	       is_bool(&step->reply) && is_bool(&step->drops) && is_bool(&step->rejects);
}

static bool check_result(const struct session_order *order, struct result *result)
{
	const struct scenario *scenario = order->plan->scenario;
	struct evidence *evidence = &result->outcome.evidence;
	END_TEXTS(result, result_texts);
	for (size_t i = 0; i < TRANSLATION_HOSTS_MAX; i++)
		evidence->nat.hosts[i][sizeof(evidence->nat.hosts[i]) - 1] = '\0';
	for (size_t i = 0; i < EVIDENCE_LOG_MAX; i++) {
		END_TEXTS(&evidence->log[i], log_texts);
		if (!is_bool(&evidence->log[i].has_owner))
			return false;
	}
	return result->variant == order->variant && result->probe < scenario->n_probes &&
	       session_wants(order, &scenario->probes[result->probe]) &&
	       result->family <= FAMILY_IPV6 && result->outcome.kind <= OUTCOME_EXITED &&
	       is_bool(&result->passed) && is_time(result->ms);
}

static bool check_refusal(const struct session_order *order, struct refusal *refusal)
{
	END_TEXTS(refusal, refusal_texts);
	return refusal->variant == order->variant &&
	       refusal->host < order->plan->scenario->n_hosts && is_bool(&refusal->passed) &&
	       is_time(refusal->ms);
}

static bool check_warning(const struct session_order *order, struct warning *warning)
{
	const struct text text = TEXT(struct warning, said);
	end_texts(warning, &text, 1);
	return warning->variant == order->variant && is_bool(&warning->start) &&
	       warning_policy(order->plan->scenario, warning);
}

static bool check_failure(struct session_failure *failure)
{
	END_TEXTS(failure, failure_texts);
	return (failure->status == 2 || failure->status == 3) && is_bool(&failure->policy);
}

bool session_check(const struct session_order *order, struct session_message *message)
{
	switch (message->kind) {
	case SESSION_STEP:
		return check_step(order, &message->step);
	case SESSION_RESULT:
		return check_result(order, &message->result);
	case SESSION_REFUSAL:
		return check_refusal(order, &message->refusal);
	case SESSION_WARNING:
		return check_warning(order, &message->warning);
	case SESSION_LOAN:
		return true;
	case SESSION_FAILURE:
		return check_failure(&message->failure);
	}
	return false;
}
