/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from a lab: any bytes are refused, or are fit to be reported.  The
 * first byte is the message's kind, the second says which of its indices and
 * the like are made good ones, and whether its texts have ends; the rest, again
 * and again, fills the message.
 */
#include <string.h>

#include "lab/session.h"
#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/reports.h"

static struct policy policies[] = {{.shown = "fw.sh"}};
static struct policy_set sets[] = {{.refused = "x", .policies = policies, .n_policies = 1}};
static struct host hosts[] = {{.name = "buildd"}, {.name = "mirror"}};
static struct variant variants[] = {{.name = "blocked", .sets = sets, .n_sets = 1}};
static struct probe probes[] = {{.name = "one", .as = {.text = "root"}},
				{.name = "two", .as = {.text = "root"}}};
static const struct scenario scenario = {
	.path = "s.yaml",
	.name = "s",
	.title = "",
	.hosts = hosts,
	.n_hosts = 2,
	.variants = variants,
	.n_variants = 1,
	.probes = probes,
	.n_probes = 2,
};
static const struct plan plan = {.scenario = &scenario};

static void fill(struct session_message *message, const struct fuzz_input *input, bool ended)
{
	uint8_t *bytes = (uint8_t *)message;
	size_t period = input->left + (ended || !input->left);
	for (size_t i = 0; i < sizeof(*message); i++)
		bytes[i] = i % period < input->left ? input->at[i % period] : 0;
}

/* Half a message is made good, so that the rest of it is looked at. */
static void mend(struct session_message *message, uint8_t what)
{
	static const bool no = false;
	if (message->kind == SESSION_RESULT && what & 1) {
		struct result *result = &message->result;
		struct evidence *evidence = &result->outcome.evidence;
		result->variant = 0;
		result->probe = what >> 1 & 1;
		result->family = FAMILY_IPV4;
		result->ms = 1;
		result->outcome.kind = (enum outcome_kind)(what >> 2 & 3);
		memcpy(&result->passed, &no, sizeof(no));
		for (size_t i = 0; i < EVIDENCE_LOG_MAX; i++)
			memcpy(&evidence->log[i].has_owner, &no, sizeof(no));
	}
	if (message->kind == SESSION_STEP && what & 1) {
		struct step *step = &message->step;
		step->kind = (enum step_kind)(what >> 2 & 3);
		step->depth = what;
		memcpy(&step->reply, &no, sizeof(no));
		memcpy(&step->drops, &no, sizeof(no));
		memcpy(&step->rejects, &no, sizeof(no));
	}
	if (message->kind == SESSION_REFUSAL && what & 1) {
		message->refusal.variant = 0;
		message->refusal.host = what >> 1 & 1;
		message->refusal.ms = 1;
		memcpy(&message->refusal.passed, &no, sizeof(no));
	}
	if (message->kind == SESSION_WARNING && what & 1) {
		message->warning.variant = 0;
		message->warning.host = 0;
		message->warning.index = 0;
		memcpy(&message->warning.start, &no, sizeof(no));
	}
	if (message->kind == SESSION_FAILURE && what & 1)
		message->failure.status = 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct session_single single = {.probe = 1};
	/* Of its own size, so that reading on is noticed. */
	static struct session_message message;
	struct fuzz_input input = {data, size};
	policies[0].kind = sim_policy_kind_nth(0);
	enum session_message_kind kind = fuzz_byte(&input) % (SESSION_LOAN + 2);
	uint8_t what = fuzz_byte(&input);
	const struct session_order order = {.plan = &plan, .single = what & 128 ? &single : NULL};
	fill(&message, &input, !(what & 64));
	message.kind = kind;
	mend(&message, what);
	if (!session_check(&order, &message))
		return 0;
	HOLDS(kind <= SESSION_LOAN);
	const struct happening happening = {
		.scenario = &scenario,
		.step = kind == SESSION_STEP ? &message.step : NULL,
		.result = kind == SESSION_RESULT ? &message.result : NULL,
		.refusal = kind == SESSION_REFUSAL ? &message.refusal : NULL,
		.warning = kind == SESSION_WARNING ? &message.warning : NULL,
		.failure = kind == SESSION_FAILURE ? message.failure.text : NULL,
	};
	fuzz_check_reports(&happening);
	return 0;
}
