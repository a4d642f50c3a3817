/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Refusals: anything that a tool may say about a policy, for every kind.  What
 * the tool said, the policy's text and its path, NULs between them.
 */
#include <stdlib.h>
#include <string.h>

#include "netsim/policy.h"
#include "tests/fuzz/support/fuzz.h"

static void explain(const struct sim_policy_kind *kind, const uint8_t *data, size_t size,
		    struct sim_policy_refusal *refusal)
{
	struct fuzz_input input = {data, size};
	char *said = fuzz_text(&input);
	char *text = fuzz_text(&input);
	char *path = fuzz_text(&input);
	char *absolute;
	HOLDS(asprintf(&absolute, "/%s", path) > 0);
	sim_policy_explain(kind, said, absolute, text, refusal);
	free(absolute);
	free(said);
	free(text);
	free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sim_policy_refusal refusal, again;
	const struct sim_policy_kind *kind;
	for (size_t i = 0; (kind = sim_policy_kind_nth(i)); i++) {
		explain(kind, data, size, &refusal);
		explain(kind, data, size, &again);
		HOLDS(!strcmp(refusal.file, again.file) && refusal.line == again.line);
		HOLDS(!strcmp(refusal.message, again.message) && refusal.column == again.column);
		HOLDS(memchr(refusal.file, '\0', sizeof(refusal.file)));
		HOLDS(memchr(refusal.message, '\0', sizeof(refusal.message)));
		HOLDS(refusal.refused);
		HOLDS(!refusal.column || refusal.line);
		/* A line without a file would be nobody's. */
		HOLDS(!refusal.line || *refusal.file);
		HOLDS(!strspn(refusal.message, " \t\r\n"));
	}
	return 0;
}
