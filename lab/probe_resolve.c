/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/ask.h"

void probe_resolve(const struct errand *errand, const struct wire_limit *limit,
		   struct sighting *sighting)
{
	const char *name = errand->probe->question;
	struct sockaddr_storage address;

	sighting->stage = STAGE_RESOLVE;
	if (errand->to.ss_family != AF_UNSPEC)
		ask_server(errand, &errand->to, name, limit, sighting);
	else
		ask_library(errand, name, limit, &address, sighting);

	/* "No such name" is an answer too: question and answer got through. */
	sighting->answered = sighting->status >= 0;
}
