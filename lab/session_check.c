/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a message from a lab makes sense.  Who runs as root in there can
 * write to the lab's socket, and whatever comes over it is shown to, and
 * counted for, somebody outside.
 */
#include <math.h>
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

/* A text that its sender has not ended ends with the message's last one at the latest. */
#define END_TEXTS(last) ((last)[sizeof(last) - 1] = '\0')

static bool check_step(const struct session_order *order, struct step *step)
{
	END_TEXTS(step->packet);
	return order->single && step->kind <= STEP_NEAR_MISS && step->depth <= DEPTH_MAX &&
	       is_bool(&step->reply) && is_bool(&step->drops) && is_bool(&step->rejects);
}

static bool check_result(const struct session_order *order, struct result *result)
{
	const struct scenario *scenario = order->plan->scenario;
	const struct evidence *evidence = &result->outcome.evidence;
	for (size_t i = 0; i < EVIDENCE_LOG_MAX; i++)
		if (!is_bool(&evidence->log[i].has_owner))
			return false;
	END_TEXTS(result->complaint);
	return result->variant == order->variant && result->probe < scenario->n_probes &&
	       session_wants(order, &scenario->probes[result->probe]) &&
	       result->family <= FAMILY_IPV6 && result->outcome.kind <= OUTCOME_EXITED &&
	       is_bool(&result->passed) && is_time(result->ms);
}

static bool check_refusal(const struct session_order *order, struct refusal *refusal)
{
	END_TEXTS(refusal->complaint);
	return refusal->variant == order->variant &&
	       refusal->host < order->plan->scenario->n_hosts && is_bool(&refusal->passed) &&
	       is_time(refusal->ms);
}

static bool check_failure(struct session_failure *failure)
{
	END_TEXTS(failure->text);
	return failure->status == 2 || failure->status == 3;
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
	case SESSION_FAILURE:
		return check_failure(&message->failure);
	}
	return false;
}
