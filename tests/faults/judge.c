/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/judge.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* README.md */
#define STATUS_USAGE  2
#define STATUS_UNSURE 3

static const char *const names[VERDICTS] = {
	[VERDICT_WENT_ON] = "went on",	       [VERDICT_ENDED] = "ended cleanly",
	[VERDICT_NOT_REACHED] = "not reached", [VERDICT_HUNG] = "hung",
	[VERDICT_CRASHED] = "crashed",	       [VERDICT_WRONG] = "wrong",
	[VERDICT_SILENT] = "silent",	       [VERDICT_LEFT] = "left something",
};

const char *verdict_name(enum verdict verdict)
{
	return names[verdict];
}

bool verdict_is_bad(enum verdict verdict)
{
	return verdict >= VERDICT_HUNG;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

/* What is inconclusive says nothing. */
static void write_probes(FILE *to, const char *variant, const json_t *probes)
{
	size_t i;
	json_t *probe;
	json_array_foreach(probes, i, probe)
	{
		if (!strcmp(text_of(probe, "outcome"), "inconclusive"))
			continue;
		fprintf(to, "%s|%s|%s|%s|%d\n", variant, text_of(probe, "name"),
			text_of(probe, "family"), text_of(probe, "outcome"),
			json_is_true(json_object_get(probe, "passed")));
	}
}

static void write_variants(FILE *to, const json_t *variants)
{
	for (size_t i = 0; i < json_array_size(variants); i++) {
		const json_t *variant = json_array_get(variants, i);
		write_probes(to, text_of(variant, "name"), json_object_get(variant, "probes"));
	}
}

char *outcomes_read(const char *path)
{
	json_error_t error;
	char *text = NULL;
	size_t size;
	json_t *report = json_load_file(path, 0, &error);
	FILE *to = report ? open_memstream(&text, &size) : NULL;
	if (!to)
		return NULL;
	const json_t *scenarios = json_object_get(report, "scenarios");
	for (size_t i = 0; i < json_array_size(scenarios); i++)
		write_variants(to, json_object_get(json_array_get(scenarios, i), "variants"));
	fclose(to);
	json_decref(report);
	return text;
}

/* But for what is as expected. */
static bool says(const char *path, const char *wanted)
{
	char line[8192];
	autofclose FILE *file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (!strstr(line, "  ok  ") && strcasestr(line, wanted))
			return true;
	return false;
}

/* Libraries have words of their own for some errors, which they do not pass on. */
static const struct {
	unsigned errnum;
	const char *words;
} sentences[] = {
	{ENOMEM, "memory"},
	{ENOBUFS, "memory"},
	{ENOMEM, "No buffer space available"},	     /* libmicrohttpd has a word for both */
	{ENOBUFS, "nf_tables kernel ABI is broken"}, /* libnftables, of an answer that is missing */
	{ENOMEM, "libnftables has left some of them out"},	 /* which does not say why */
	{ENOBUFS, "libnftables has left some of them out"},	 /* which does not say why */
	{ENOBUFS, "some of it was lost"},			 /* of the trace */
	{EIO, "input in flex scanner failed"},			 /* libnftables, of a file */
	{ENOMEM, "A libcurl function was given a bad argument"}, /* of poll(2) */
	{ENOMEM, "Server returned nothing"}, /* libmicrohttpd, before a request has begun */
	{EACCES,
	 "No such file or directory"},	   /* of the machine's /, what cannot be seen is left out */
	{EACCES, "there is no '"},	   /* a program that may be run */
	{EACCES, "it is not executable"},  /* which is what access(2) says so for */
	{ENOMEM, "failed to map segment"}, /* dlopen(3), */
	{ENOMEM, "cannot map zero-fill pages"},	     /* and so */
	{0, "missing kernel module?"},		     /* libxtables, where it gets no socket */
	{0, "Name or service not known"},	     /* libc, of whatever it was, */
	{0, "Temporary failure in name resolution"}, /* and so */
};

static bool any_says(const struct papers *papers, const char *wanted)
{
	return says(papers->err, wanted) || says(papers->text, wanted);
}

static bool names_cause(const struct papers *papers, unsigned errnum)
{
	if (any_says(papers, strerror((int)errnum)))
		return true;
	for (size_t i = 0; i < sizeof(sentences) / sizeof(*sentences); i++)
		if ((!sentences[i].errnum || sentences[i].errnum == errnum) &&
		    any_says(papers, sentences[i].words))
			return true;
	return false;
}

/* Whether each outcome is one of the undisturbed run's. */
static bool tells_no_other(const char *outcomes, char *found)
{
	char *rest = found;
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line && !strstr(outcomes, line))
			return false;
	return true;
}

/*
 * Whether it may be called a fault of the user's files: one that may not be
 * read, or asks for what may not be done; or that could not be read before
 * anything was started.
 */
static bool is_users(const struct fault *fault, const struct papers *papers)
{
	return fault->errnum == EACCES || fault->errnum == EPERM || access(papers->json, F_OK) < 0;
}

/* What may not be done here is left out, which is told. */
static bool leaves_out(const struct fault *fault, const struct papers *papers)
{
	return (fault->errnum == EACCES || fault->errnum == EPERM) &&
	       access(papers->json, F_OK) == 0 && says(papers->text, "skipped (");
}

enum verdict judge(const struct trace_end *end, const struct fault *fault,
		   const struct papers *papers, const char *outcomes)
{
	if (end->hung)
		return VERDICT_HUNG;
	if (end->crash || !WIFEXITED(end->status) || says(papers->err, "Sanitizer") ||
	    says(papers->err, "runtime error:"))
		return VERDICT_CRASHED;
	if (end->left)
		return VERDICT_LEFT;
	autofree char *found = outcomes_read(papers->json);
	bool is_same = found && !strcmp(found, outcomes);
	int status = WEXITSTATUS(end->status);
	if (!end->reached)
		return status == 0 && is_same ? VERDICT_NOT_REACHED : VERDICT_WRONG;
	if (found && !is_same && !tells_no_other(outcomes, found))
		return VERDICT_WRONG;
	if (status == 0)
		return is_same || leaves_out(fault, papers) ? VERDICT_WENT_ON : VERDICT_WRONG;
	if (status != STATUS_UNSURE && !(status == STATUS_USAGE && is_users(fault, papers)))
		return VERDICT_WRONG;
	return names_cause(papers, fault->errnum) ? VERDICT_ENDED : VERDICT_SILENT;
}
