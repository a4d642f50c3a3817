/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports: any texts, NULs between them, wherever a text from elsewhere gets
 * into a report.
 */
#include <stdlib.h>

#include "tests/fuzz/support/fuzz.h"
#include "tests/fuzz/support/reports.h"

static void fill_evidence(struct fuzz_input *input, struct evidence *evidence)
{
	evidence->handle = fuzz_byte(input);
	evidence->line = fuzz_byte(input);
	evidence->n_log = fuzz_byte(input) % (EVIDENCE_LOG_MAX + 2);
	fuzz_copy(input, evidence->rule, sizeof(evidence->rule));
	fuzz_copy(input, evidence->chain, sizeof(evidence->chain));
	fuzz_copy(input, evidence->file, sizeof(evidence->file));
	fuzz_copy(input, evidence->host, sizeof(evidence->host));
	fuzz_copy(input, evidence->table, sizeof(evidence->table));
	fuzz_copy(input, evidence->hook, sizeof(evidence->hook));
	fuzz_copy(input, evidence->arrived_at, sizeof(evidence->arrived_at));
	fuzz_copy(input, evidence->log[0].prefix, sizeof(evidence->log[0].prefix));
	fuzz_copy(input, evidence->log[0].in, sizeof(evidence->log[0].in));
}

static void fill_result(struct fuzz_input *input, struct result *result)
{
	uint8_t kind = fuzz_byte(input);
	*result = (struct result){.passed = kind & 1,
				  .family = kind % 3,
				  .outcome.kind = kind % (OUTCOME_EXITED + 1)};
	fill_evidence(input, &result->outcome.evidence);
	fuzz_copy(input, result->sighting.output, sizeof(result->sighting.output));
	fuzz_copy(input, result->outcome.how, sizeof(result->outcome.how));
	fuzz_copy(input, result->outcome.why, sizeof(result->outcome.why));
	fuzz_copy(input, result->sighting.answer, sizeof(result->sighting.answer));
	fuzz_copy(input, result->sighting.trouble, sizeof(result->sighting.trouble));
	fuzz_copy(input, result->target, sizeof(result->target));
	fuzz_copy(input, result->expected, sizeof(result->expected));
	fuzz_copy(input, result->complaint, sizeof(result->complaint));
	fuzz_copy(input, result->from, sizeof(result->from));
}

static void fill_step(struct fuzz_input *input, struct step *step)
{
	uint8_t kind = fuzz_byte(input);
	*step = (struct step){.kind = kind % (STEP_NEAR_MISS + 1),
			      .reply = kind & 8,
			      .drops = kind & 16,
			      .line = kind,
			      .depth = kind >> 6};
	fuzz_copy(input, step->text, sizeof(step->text));
	fuzz_copy(input, step->host, sizeof(step->host));
	fuzz_copy(input, step->hook, sizeof(step->hook));
	fuzz_copy(input, step->chain, sizeof(step->chain));
	fuzz_copy(input, step->table, sizeof(step->table));
	fuzz_copy(input, step->but, sizeof(step->but));
	fuzz_copy(input, step->file, sizeof(step->file));
	fuzz_copy(input, step->packet, sizeof(step->packet));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	static struct result result;
	static struct step step;
	static struct refusal refusal;
	struct lack lack = {0};
	char *texts[9];
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		texts[i] = fuzz_text(&input);
	refusal = (struct refusal){.passed = fuzz_byte(&input) & 1};
	fuzz_copy(&input, refusal.said, sizeof(refusal.said));
	fuzz_copy(&input, refusal.policy, sizeof(refusal.policy));
	fuzz_copy(&input, refusal.complaint, sizeof(refusal.complaint));
	fuzz_copy(&input, lack.reason, sizeof(lack.reason));
	fuzz_copy(&input, lack.cure, sizeof(lack.cure));
	fill_result(&input, &result);
	fill_step(&input, &step);
	struct policy_set set = {.refused = texts[8]};
	struct host host = {.name = texts[3]};
	struct variant variant = {.name = texts[4], .sets = &set, .n_sets = 1};
	struct probe probe = {.name = texts[5], .as = {.text = texts[6]}};
	const struct scenario scenario = {
		.name = texts[0],
		.title = texts[1],
		.path = texts[2],
		.hosts = &host,
		.n_hosts = 1,
		.variants = &variant,
		.n_variants = 1,
		.probes = &probe,
		.n_probes = 1,
	};
	const struct happening happening = {.scenario = &scenario,
					    .step = &step,
					    .result = &result,
					    .refusal = &refusal,
					    .failure = texts[7],
					    .lack = &lack};
	fuzz_check_reports(&happening);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	return 0;
}
