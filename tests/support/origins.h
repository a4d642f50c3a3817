/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where rules stand: policies in which every rule names its own line, as a port
 * that the rule matches, so that a wrong line cannot pass.
 */
#ifndef TESTS_SUPPORT_ORIGINS_H
#define TESTS_SUPPORT_ORIGINS_H

/* <cmocka.h> and what it wants before it is included by who uses this. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "netsim/link.h"
#include "netsim/origin.h"
#include "netsim/process.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* In the texts "~" is the port that stands for the line it is on: 10012 on line 12. */
#define PORT_OF_LINE_0 10000

/* What is loaded, and what is then known of one chain. */
struct trial {
	struct {
		const char *kind;
		const char *name;
	} policies[3];
	const char *chain; /* "FAMILY TABLE CHAIN", of the legacy tables where it is in capitals */
	bool legacy;
	size_t known; /* rules whose line is known, */
	size_t not_known;
	const char *policy_file; /* the policy's, */
	unsigned policy_line;	 /* 0: not known */
};

/* Over whatever the machine has there, in our own mounts alone; gone with them. */
static const char folder[] = "/mnt";

static inline int make_file(const char *name, const char *text)
{
	unsigned line = 1;
	FILE *file = fopen(name, "w");
	if (!file)
		return -1;
	for (; *text; text++) {
		if (*text == '~')
			fprintf(file, "%u", PORT_OF_LINE_0 + line);
		else
			fputc(*text, file);
		line += *text == '\n';
	}
	return fclose(file);
}

struct test_file {
	const char *name;
	const char *text;
};

static inline int make_files(const struct test_file *files, size_t count)
{
	if (mount("tmpfs", folder, "tmpfs", 0, NULL) < 0 || chdir(folder) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (make_file(files[i].name, files[i].text) < 0)
			return -1;
	return 0;
}

struct fixture {
	struct sim_host *host;
	struct sim_host *other;
	struct sim_ruleset *ruleset;
	struct sim_origins *origins;
	struct sim_error err;
	char paths[3][64]; /* of what has been loaded */
};

static inline int setup(void **state)
{
	*state = calloc(1, sizeof(struct fixture));
	return *state ? 0 : -1;
}

static inline void forget(struct fixture *f)
{
	sim_origins_free(f->origins);
	sim_ruleset_free(f->ruleset);
	sim_host_free(f->host);
	sim_host_free(f->other);
	*f = (struct fixture){0};
}

static inline int teardown(void **state)
{
	forget(*state);
	free(*state);
	return 0;
}

static inline int add_addresses(struct fixture *f)
{
	static const char *const addresses[] = {"10.0.0.1/24", "10.0.1.1/32", "fd00::1/64"};
	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct sim_prefix address;
		if (!sim_prefix_parse(addresses[i], true, &address) ||
		    sim_address_add(f->host, "eth0", &address, &f->err) < 0)
			return -1;
	}
	return 0;
}

/* A host with an interface, and no rules. */
static inline void make_host(struct fixture *f)
{
	if (sim_host_new("a", &f->host, &f->err) == 0 &&
	    sim_host_new("b", &f->other, &f->err) == 0) {
		const struct sim_veth_end a = {f->host, "eth0", NULL};
		const struct sim_veth_end b = {f->other, "eth0", NULL};
		struct sim_host *hosts[] = {f->host, f->other};
		if (sim_veth_add(&a, &b, &f->err) == 0 &&
		    sim_links_up(hosts, COUNT(hosts), &f->err) == 0 && add_addresses(f) == 0)
			return;
	}
	fail_msg("%s", f->err.text);
}

static inline void load(struct fixture *f, const struct trial *trial)
{
	make_host(f);
	for (size_t i = 0; i < COUNT(trial->policies) && trial->policies[i].kind; i++) {
		const struct sim_policy_kind *kind = sim_policy_kind_find(trial->policies[i].kind);
		snprintf(f->paths[i], sizeof(f->paths[i]), "%s/%s", folder,
			 trial->policies[i].name);
		if (sim_policy_load(f->host, kind, f->paths[i], 0, NULL, &f->err) < 0)
			fail_msg("%s", f->err.text);
	}
	if (sim_ruleset_read(f->host, &f->ruleset, &f->err) < 0)
		fail_msg("%s", f->err.text);
	f->origins = sim_origins_new(f->host, f->ruleset);
	assert_non_null(f->origins);
	for (size_t i = 0; i < COUNT(trial->policies) && trial->policies[i].kind; i++)
		assert_int_equal(sim_origins_add(f->origins,
						 sim_policy_kind_find(trial->policies[i].kind),
						 f->paths[i]),
				 0);
}

static inline struct sim_trace_event event_of(const struct trial *trial)
{
	char family[8];
	struct sim_trace_event event = {.legacy = trial->legacy};
	assert_int_equal(sscanf(trial->chain, "%7s %63s %63s", family, event.table, event.chain),
			 3);
	event.family = sim_trace_family_named(family);
	return event;
}

/* The line that a rule names itself; 0: none. */
static inline unsigned line_named(const char *text)
{
	const char *port = strstr(text, "100");
	unsigned number = port ? (unsigned)strtoul(port, NULL, 10) : 0;
	return number > PORT_OF_LINE_0 && number < PORT_OF_LINE_0 + 100 ? number - PORT_OF_LINE_0
									: 0;
}

/* The file has such a rule on this line. */
static inline void assert_stands(const struct trial *trial, const struct sim_origin *origin,
				 const char *text)
{
	unsigned line = line_named(text);
	if (!line || origin->line != line || strncmp(origin->file, folder, strlen(folder)) != 0)
		fail_msg("%s %s: %s:%u: %s", trial->policies[0].name, trial->chain, origin->file,
			 origin->line, text);
}

static inline void try_rules(struct fixture *f, const struct trial *trial)
{
	struct sim_trace_event event = event_of(trial);
	size_t count;
	size_t known = 0;
	const struct sim_rule *rules = sim_ruleset_rules(f->ruleset, &event, &count);
	event.kind = SIM_TRACE_RULE;
	for (size_t i = 0; i < count; i++) {
		struct sim_origin origin;
		event.rule = rules[i].rule;
		if (!sim_origins_find(f->origins, &event, &origin))
			continue;
		assert_stands(trial, &origin, rules[i].text);
		known++;
	}
	if (known != trial->known || count - known != trial->not_known)
		fail_msg("%s %s: %zu of %zu known", trial->policies[0].name, trial->chain, known,
			 count);
	event.rule = 12345;
	struct sim_origin origin;
	assert_false(sim_origins_find(f->origins, &event, &origin));
}

static inline void try_policy(struct fixture *f, const struct trial *trial)
{
	struct sim_trace_event event = event_of(trial);
	struct sim_origin origin;
	event.kind = SIM_TRACE_POLICY;
	bool found = sim_origins_find(f->origins, &event, &origin);
	if (found != (trial->policy_line > 0))
		fail_msg("%s %s: policy at %u", trial->policies[0].name, trial->chain,
			 found ? origin.line : 0);
	if (!found)
		return;
	assert_string_equal(strrchr(origin.file, '/') + 1, trial->policy_file);
	assert_int_equal(origin.line, trial->policy_line);
}

/* Of how many rules of a chain the line is told. */
static inline size_t count_known(struct fixture *f, const struct trial *trial)
{
	struct sim_trace_event event = event_of(trial);
	size_t count;
	size_t known = 0;
	const struct sim_rule *rules = sim_ruleset_rules(f->ruleset, &event, &count);
	event.kind = SIM_TRACE_RULE;
	assert_int_not_equal(count, 0);
	for (size_t i = 0; i < count; i++) {
		struct sim_origin origin;
		event.rule = rules[i].rule;
		known += sim_origins_find(f->origins, &event, &origin);
	}
	return known;
}

/* What a shell in the host prints, in static memory. */
static inline const char *run(struct fixture *f, const char *command)
{
	static char text[512];
	struct sim_process_result result;
	char shell[] = "sh";
	char option[] = "-c";
	char line[512];
	char *argv[] = {shell, option, line, NULL};
	const struct sim_program program = {.argv = argv};
	snprintf(line, sizeof(line), "%s", command);
	if (sim_program_run(f->host, NULL, &program, &result, &f->err) < 0)
		fail_msg("%s", f->err.text);
	snprintf(text, sizeof(text), "%s%s", result.out, result.err);
	sim_process_result_clear(&result);
	return text;
}

#endif
