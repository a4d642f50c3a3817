/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mutants SCENARIO FOLDER: write every mutant of every policy of a scenario into
 * the folder, as files 0, 1, ..., and a line for each to standard output:
 *
 *	number TAB policy's file TAB line TAB rule TAB change TAB variants
 *
 * A host's start scripts may have rules too.  Policies that are meant to be
 * refused have no mutants: they are broken already.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/scenario.h"
#include "netsim/cleanup.h"
#include "tests/mutation/mutants.h"

#define TEXT_MAX ((size_t)1024 * 1024)
#define DONE_MAX 256

struct walk {
	const struct scenario *scenario;
	const char *folder;
	unsigned number; /* of the next mutant */
};

static char *read_text(const char *path)
{
	autofclose FILE *file = fopen(path, "re");
	char *text = file ? malloc(TEXT_MAX + 1) : NULL;
	if (text)
		text[fread(text, 1, TEXT_MAX, file)] = '\0';
	return text;
}

static unsigned line_of(const char *text, size_t offset)
{
	unsigned line = 1;
	for (size_t i = 0; i < offset; i++)
		line += text[i] == '\n';
	return line;
}

/* On one line, with a blank for all white space. */
static void print_squeezed(const char *text, size_t length)
{
	bool blank = false, any = false;
	for (size_t i = 0; i < length; i++) {
		if (strchr(" \t\n\\", text[i])) {
			blank = any;
			continue;
		}
		if (blank)
			putchar(' ');
		putchar(text[i]);
		blank = false;
		any = true;
	}
}

static int write_mutant(const struct walk *walk, const char *text, const struct mutant *mutant)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%u", walk->folder, walk->number);
	FILE *file = fopen(path, "we");
	if (!file)
		return -1;
	fwrite(text, 1, mutant->from, file);
	fputs(mutant->with, file);
	fputs(text + mutant->to, file);
	return fclose(file);
}

static bool is_among(const struct policy *policies, size_t count, const struct policy *policy)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(policies[i].path, policy->path))
			return true;
	return false;
}

/* Whether this variant has the policy; a host's start scripts are in all of them. */
static bool has_policy(const struct scenario *scenario, size_t v, const struct policy *policy)
{
	const struct variant *variant = &scenario->variants[v];
	if (scenario_refusals(variant))
		return false;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (is_among(scenario->hosts[i].start, scenario->hosts[i].n_start, policy))
			return true;
	for (size_t i = 0; i < variant->n_sets; i++)
		if (is_among(variant->sets[i].policies, variant->sets[i].n_policies, policy))
			return true;
	return false;
}

/* "2	blocked.ferm	20	proto tcp ... ACCEPT	-> DROP	--variant blocked" */
static void print_mutant(const struct walk *walk, const char *file, const char *text,
			 const struct policy *policy, const struct mutant *mutant)
{
	printf("%u\t%s\t%u\t", walk->number, file, line_of(text, mutant->from));
	print_squeezed(text + mutant->rule, mutant->rule_end - mutant->rule);
	printf("\t%s%s\t", mutant->removed ? "removed" : "-> ",
	       mutant->removed ? "" : mutant->with);
	for (size_t v = 0; v < walk->scenario->n_variants; v++)
		if (has_policy(walk->scenario, v, policy))
			printf("--variant %s ", walk->scenario->variants[v].name);
	putchar('\n');
}

static int mutate(struct walk *walk, const struct policy *policy)
{
	static struct mutants mutants;
	size_t folder = strlen(walk->scenario->folder);
	if (strncmp(policy->path, walk->scenario->folder, folder) != 0 ||
	    policy->path[folder] != '/') {
		fprintf(stderr, "%s is not in the scenario's folder\n", policy->path);
		return -1;
	}
	autofree char *text = read_text(policy->path);
	if (!text || !mutants_make(policy->kind->name, text, &mutants)) {
		fprintf(stderr, "%s is not understood\n", policy->path);
		return -1;
	}
	for (size_t i = 0; i < mutants.count; i++, walk->number++) {
		if (write_mutant(walk, text, &mutants.all[i]) != 0) {
			fprintf(stderr, "%s: %s\n", walk->folder, strerror(errno));
			return -1;
		}
		print_mutant(walk, policy->path + folder + 1, text, policy, &mutants.all[i]);
	}
	return 0;
}

/* The policies whose mutants have been made. */
struct done {
	const struct policy *all[DONE_MAX];
	size_t count;
};

static int mutate_all(struct walk *walk, const struct policy *policies, size_t count,
		      struct done *done)
{
	for (size_t i = 0; i < count; i++) {
		bool before = false;
		for (size_t k = 0; k < done->count; k++)
			before |= is_among(done->all[k], 1, &policies[i]);
		if (before)
			continue;
		if (done->count == DONE_MAX || mutate(walk, &policies[i]) < 0)
			return -1;
		done->all[done->count++] = &policies[i];
	}
	return 0;
}

static int mutate_scenario(struct walk *walk)
{
	const struct scenario *scenario = walk->scenario;
	static struct done done;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (mutate_all(walk, scenario->hosts[i].start, scenario->hosts[i].n_start, &done) <
		    0)
			return -1;
	for (size_t v = 0; v < scenario->n_variants; v++) {
		const struct variant *variant = &scenario->variants[v];
		for (size_t i = 0; i < variant->n_sets && !scenario_refusals(variant); i++)
			if (mutate_all(walk, variant->sets[i].policies, variant->sets[i].n_policies,
				       &done) < 0)
				return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s SCENARIO FOLDER\n", argv[0]);
		return 2;
	}
	struct scenario *scenario = scenario_read(argv[1], stderr);
	struct walk walk = {.scenario = scenario, .folder = argv[2]};
	bool good = scenario && mutate_scenario(&walk) == 0;
	scenario_free(scenario);
	return good ? 0 : 1;
}
