/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole story of what is not as expected: parts with a label each, below the
 * line that says so.
 */
#ifndef LAB_REPORT_STORY_H
#define LAB_REPORT_STORY_H

#include <stdbool.h>

#include "lab/outcome.h"
#include "lab/page.h"
#include "lab/warning.h"

struct story {
	const struct page *page;
	unsigned indent; /* columns */
};

/* A part: the last lines of the text; nothing where there is none. */
void story_part(const struct story *story, const char *label, const char *text);
/* All of its lines. */
void story_whole_part(const struct story *story, const char *label, const char *text);

/* A policy that was taken, but not without words: the first lines of them. */
void story_warning(const struct story *story, const struct scenario *scenario,
		   const struct warning *warning);

/* Of a probe, with the command, which starts with `again`, that runs it once more. */
void story_result(const struct story *story, const struct scenario *scenario,
		  const struct result *result, const char *again);

/* A scenario that names no variants has one all the same, which is not worth a word. */
bool story_has_variants(const struct scenario *scenario);

#endif
