/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What network address translation made of a probe's packet, from the books of
 * the hosts' connection tracking: whatever rule of whichever tool asked for it.
 */
#ifndef LAB_TRANSLATION_H
#define LAB_TRANSLATION_H

#include "lab/live.h"
#include "lab/outcome.h"

/* The packet of `sighting` as the probe sent it; false where not all of it is known. */
bool translation_sent(const struct sighting *sighting, struct sim_packet *packet);

/*
 * Follow the packet of `sighting` (whose own address and port must be known:
 * otherwise there is nothing to follow) from host to host.  Nothing found: family 0
 * in both `before` and `after`.
 */
int translation_follow(const struct live *live, const struct sighting *sighting,
		       struct translation *translation, struct sim_error *err)
	__attribute__((warn_unused_result));

/* "10.10.20.10:80": whom the packet is for in the end, if that was changed; otherwise "". */
#define TRANSLATION_TEXT (SIM_PREFIX_TEXT + 16)
const char *translation_target(const struct translation *translation, char text[TRANSLATION_TEXT]);

#endif
