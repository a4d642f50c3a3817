/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/verdict_private.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

bool verdict_decide(struct outcome *outcome, enum outcome_kind kind, const char *evidence,
		    const char *why, ...)
{
	va_list args;
	outcome->kind = kind;
	snprintf(outcome->evidence.kind, sizeof(outcome->evidence.kind), "%s", evidence);
	va_start(args, why);
	vsnprintf(outcome->why, sizeof(outcome->why), why, args);
	va_end(args);
	return true;
}

void verdict_say_how(struct outcome *outcome, const char *how, ...)
{
	va_list args;
	va_start(args, how);
	vsnprintf(outcome->how, sizeof(outcome->how), how, args);
	va_end(args);
}

void verdict_say_status(struct outcome *outcome, int status)
{
	if (WIFSIGNALED(status))
		verdict_say_how(outcome, "signal %d", WTERMSIG(status));
	else
		verdict_say_how(outcome, "exit %d", WEXITSTATUS(status));
}

void verdict_blame(struct outcome *outcome, const char *host)
{
	snprintf(outcome->evidence.host, sizeof(outcome->evidence.host), "%s", host);
}

void verdict_blame_hook(struct outcome *outcome, const char *hook)
{
	snprintf(outcome->evidence.hook, sizeof(outcome->evidence.hook), "%s", hook);
}

const char *verdict_address_text(const struct sockaddr_storage *address,
				 char text[INET6_ADDRSTRLEN])
{
	*text = '\0';
	if (address->ss_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text,
			  INET6_ADDRSTRLEN);
	else if (address->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text,
			  INET6_ADDRSTRLEN);
	return text;
}

const char *verdict_where(const struct scene *scene, char text[WHERE_TEXT])
{
	char address[INET6_ADDRSTRLEN];
	const struct sockaddr_storage *remote = &scene->seen->remote;
	const struct circumstances *known = scene->known;
	bool translated = known->target_host && *known->target_host;
	const char *host = translated ? known->target_host : known->remote_host;
	if (!*host)
		host = verdict_address_text(remote, address);

	bool tcp = scene->seen->protocol == IPPROTO_TCP;
	if (tcp || scene->seen->protocol == IPPROTO_UDP)
		/* The port has the same place in both families. */
		snprintf(text, WHERE_TEXT, "%s's %s port %u", host, tcp ? "tcp" : "udp",
			 translated ? known->target_port
				    : ntohs(((const struct sockaddr_in *)remote)->sin_port));
	else
		snprintf(text, WHERE_TEXT, "%s", host);
	return text;
}

const char *verdict_trouble(const struct scene *scene)
{
	return *scene->seen->trouble ? scene->seen->trouble : "nothing was seen that decides";
}

void verdict_note_decision(const struct decision *decision, struct outcome *outcome)
{
	struct evidence *evidence = &outcome->evidence;
	snprintf(evidence->table, sizeof(evidence->table), "%s", decision->table);
	snprintf(evidence->chain, sizeof(evidence->chain), "%s", decision->chain);
	snprintf(evidence->rule, sizeof(evidence->rule), "%s", decision->rule);
	evidence->handle = decision->handle;
	evidence->line = decision->line;
	if (decision->line)
		snprintf(evidence->file, sizeof(evidence->file), "%s", decision->file);
	verdict_blame(outcome, decision->host);
	verdict_blame_hook(outcome, decision->hook);
}

const char *verdict_arrived_at(const struct scene *scene)
{
	if (scene->arrival)
		return scene->arrival->host;
	return scene->known->delivered ? scene->known->delivered->host : NULL;
}

bool verdict_heard_all(const struct scene *scene)
{
	return scene->known->traced && !scene->known->unheard;
}

/*
 * A rule that is not known by its words dropped the packet, and an error came back: who
 * drops and no more sends none.
 */
static bool has_answered(const struct scene *scene, const struct decision *decision)
{
	const struct sighting *seen = scene->seen;
	return !*decision->rule && !decision->reply &&
	       (seen->icmp.seen || seen->error == ECONNREFUSED);
}

const struct decision *verdict_rejecting(const struct scene *scene)
{
	const struct decision *decision = scene->known->decision;
	return decision && (decision->rejects || has_answered(scene, decision)) ? decision : NULL;
}
