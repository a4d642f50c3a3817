/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a verdict: what a rule of judgement looks at, and the words in
 * which it writes an outcome down.  A rule of judgement says whether it decides.
 */
#ifndef LAB_VERDICT_PRIVATE_H
#define LAB_VERDICT_PRIVATE_H

#include "lab/verdict.h"

/* All that a rule may look at. */
struct scene {
	const struct errand *errand;
	const struct sighting *seen;
	const struct circumstances *known;
	const struct server_message *arrival; /* this probe's, or NULL */
};

/* verdict_rule.c: what netfilter itself has told. */
bool verdict_trace_lost(const struct scene *scene, struct outcome *outcome);
bool verdict_log_lost(const struct scene *scene, struct outcome *outcome);
bool verdict_dropped_by_rule(const struct scene *scene, struct outcome *outcome);
bool verdict_starved(const struct scene *scene, struct outcome *outcome);
bool verdict_rejected_unheard(const struct scene *scene, struct outcome *outcome);

/* verdict_kernel.c: what the kernel has told of dropping it, or of delivering it. */
bool verdict_dropped_by_kernel(const struct scene *scene, struct outcome *outcome);
bool verdict_delivered(const struct scene *scene, struct outcome *outcome);

/*
 * Whether that was this host's firewall: an error that came of it was a rule's, though
 * none was heard.
 */
bool verdict_has_firewall_dropped(const struct scene *scene, const char *host);
void verdict_note_reason(const struct scene *scene, struct outcome *outcome);

/* "; what the kernel drops could not be heard: ...", or ""; `text`. */
#define MISSING_TEXT 256
const char *verdict_without_losses(const struct scene *scene, char text[MISSING_TEXT]);

/* verdict_icmp.c: an ICMP error reached the sender. */
bool verdict_icmp_error(const struct scene *scene, struct outcome *outcome);

/* verdict_apt.c: apt-get ended by itself. */
bool verdict_apt_ended(const struct scene *scene, struct outcome *outcome);

/* The host that the probe is known to have come to, or NULL. */
const char *verdict_arrived_at(const struct scene *scene);

/* Whether no rule can have had a part in it of which nothing was heard. */
bool verdict_heard_all(const struct scene *scene);

/* The rule that rejected one of the probe's packets, or NULL. */
const struct decision *verdict_rejecting(const struct scene *scene);

/* Write an outcome, the kind of its evidence, and one sentence on why; true. */
bool verdict_decide(struct outcome *outcome, enum outcome_kind kind, const char *evidence,
		    const char *why, ...) __attribute__((format(printf, 4, 5)));
void verdict_say_how(struct outcome *outcome, const char *how, ...)
	__attribute__((format(printf, 2, 3)));
/* "exit 100" or "signal 9", of a status as from waitpid(2). */
void verdict_say_status(struct outcome *outcome, int status);
void verdict_blame(struct outcome *outcome, const char *host);
void verdict_blame_hook(struct outcome *outcome, const char *hook);
void verdict_note_decision(const struct decision *decision, struct outcome *outcome);

/* Where the packet was for, as "mirror's tcp port 81" or "10.9.0.2"; `text`. */
#define WHERE_TEXT 128
const char *verdict_where(const struct scene *scene, char text[WHERE_TEXT]);

/* An address alone; "" for another family; `text`. */
const char *verdict_address_text(const struct sockaddr_storage *address,
				 char text[INET6_ADDRSTRLEN]);

/* What the probe says of its failure. */
const char *verdict_trouble(const struct scene *scene);

#endif
