/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "lab/probe.h"
#include "lab/program.h"

void probe_run(const struct errand *errand, const struct wire_limit *limit,
	       struct sighting *sighting)
{
	char *const *argv = errand->probe->argv;
	program_run(argv, errand->folder, errand->output, limit->deadline_ns, sighting);
	if (sighting->timed_out)
		snprintf(sighting->trouble, sizeof(sighting->trouble),
			 "%.160s did not end within %u ms", argv[0], errand->timeout_ms);
}
