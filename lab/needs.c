/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/needs.h"

#include <stdio.h>
#include <string.h>

#include "lab/features.h"
#include "netsim/process.h"

bool need_is_met(const struct need *need, struct lack *lack)
{
	*lack = (struct lack){0};
	if (need->program ? sim_program_is_there(need->program) : need->feature->is_there())
		return true;
	if (need->feature) {
		snprintf(lack->reason, sizeof(lack->reason), "%s", need->feature->lack);
		snprintf(lack->cure, sizeof(lack->cure), "%s", need->feature->cure);
	} else {
		snprintf(lack->reason, sizeof(lack->reason), "there is no program '%s'",
			 need->program);
		snprintf(lack->cure, sizeof(lack->cure), "install the package '%s'", need->package);
	}
	return false;
}

static bool is_needed(const struct need *need, size_t variant)
{
	for (size_t i = 0; i < need->n_variants; i++)
		if (need->variants[i] == variant)
			return true;
	return !need->n_variants;
}

/* As far as there is room. */
static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);
	snprintf(to + used, size - used, "%s%s", used ? "; " : "", text);
}

bool needs_lack(const struct scenario *scenario, size_t variant, struct lack *lack)
{
	*lack = (struct lack){0};
	for (size_t i = 0; i < scenario->n_needs; i++) {
		const struct need *need = &scenario->needs[i];
		struct lack one;
		if (!is_needed(need, variant) || need_is_met(need, &one))
			continue;
		append(lack->reason, sizeof(lack->reason), one.reason);
		append(lack->cure, sizeof(lack->cure), one.cure);
	}
	return *lack->reason;
}

const char *need_text(const struct need *need, char text[LACK_TEXT_MAX])
{
	if (need->feature)
		snprintf(text, LACK_TEXT_MAX, "%s", need->feature->name);
	else
		snprintf(text, LACK_TEXT_MAX, "%s (package %s)", need->program, need->package);
	return text;
}
