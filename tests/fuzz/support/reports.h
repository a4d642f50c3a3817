/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All reports of the same: whatever it says, what they write is fit to be read. */
#ifndef TESTS_FUZZ_REPORTS_H
#define TESTS_FUZZ_REPORTS_H

#include "lab/report.h"

/* What happens in the first variant of the scenario; NULL: it does not. */
struct happening {
	const struct scenario *scenario;
	const struct step *step;
	const struct result *result;
	const struct refusal *refusal;
	const struct warning *warning;
	const char *failure;
	const struct lack *lack;
};

void fuzz_check_reports(const struct happening *happening);

#endif
