/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kind of policy is made of: for policy.c and the files of its loaders,
 * one for each family of tools.
 *
 * A loader runs the tool and finds out from the tool's words where a fault is.
 * The second is a pure function of texts.  A place that is not certain is not
 * reported: no line is better than a wrong one.
 */
#ifndef NETSIM_POLICY_KIND_H
#define NETSIM_POLICY_KIND_H

#include "netsim/mark.h"
#include "netsim/policy.h"
#include "netsim/process.h"

/* A policy on its way into a host. */
struct policy_errand {
	struct sim_host *host;
	const struct sim_policy_kind *kind;
	char what[32]; /* for messages: "ferm policy", "start script" */
	const char *path;
	const char *folder; /* that `path` is in, where tools start */
	const char *text;   /* to be loaded instead of the file; NULL: the file */
	bool executable;
	unsigned timeout_ms;
};

struct policy_loader {
	/* As sim_program_run(), `err` never NULL; status 0: loaded. */
	int (*load)(const struct policy_errand *errand, struct sim_process_result *result,
		    struct sim_error *err);
	/*
	 * From what the tool `said` about the policy at `path`, whose text is
	 * `text` ("" where it could not be read), fill in whatever of the refusal
	 * can be told.  `refusal` comes with .file = path, .message = said and
	 * nothing else.
	 */
	void (*explain)(const char *said, const char *path, const char *text,
			struct sim_policy_refusal *refusal);
	/* Make a copy whose rules tell where they stand; NULL: of scripts there is none
	 * (stand_ins.h). */
	bool (*mark)(struct mark *mark, const char *text);
	/* It may print at length, on stdout too, and it is the end that counts. */
	bool talkative;
};

extern const struct policy_loader policy_loader_nft;
extern const struct policy_loader policy_loader_iptables;
extern const struct policy_loader policy_loader_ferm;
extern const struct policy_loader policy_loader_script;

/* The loader of a kind. */
const struct policy_loader *policy_loader_of(const struct sim_policy_kind *kind);

/*
 * Load `text` as what the policy at `path` could say: into a host that is for
 * this alone.  -1 likewise where the tool does not take it.
 */
int policy_load_text(struct sim_host *host, const struct sim_policy_kind *kind, const char *path,
		     const char *text, unsigned timeout_ms) __attribute__((warn_unused_result));

/* Run "TOOL PATH" in the policy's folder: most loaders' load. */
int policy_run_tool(const struct policy_errand *errand, struct sim_process_result *result,
		    struct sim_error *err) __attribute__((warn_unused_result));

/* Copy `length` bytes as far as they fit, without white space at either end. */
void policy_copy_text(char *to, size_t size, const char *from, size_t length);

/*
 * That it is line `line` of the file whose name is the `length` bytes at `file`.  False, and
 * nothing done, where that is no name: a tool's words may be anything.
 */
bool policy_set_place(struct sim_policy_refusal *refusal, const char *file, size_t length,
		      unsigned line);

/*
 * The number that stands in `said` between `before` and `after`, 0: there is
 * none; `named` is then the start of the line of `said` with it, else untouched.
 */
unsigned policy_find_line(const char *said, const char *before, const char *after,
			  const char **named);

/*
 * Whether the kernel's words `why`, or their start, blame a policy: all else may be for what the
 * machine lacks.
 */
bool policy_is_fault(const char *why);

/*
 * Of a line of a policy, of which the kernel did not find what stands in columns `first` to
 * `last`: what it may have been built without, as a sentence; NULL: nothing of the kind.
 */
const char *policy_lacking_feature(const char *line, unsigned first, unsigned last);

/* Whose fault it is that the kernel refused, from iptables-restore's line about it. */
void policy_judge_iptables(const char *line, struct sim_policy_refusal *refusal);

/* Take out of what nft `said` where it asks whether our own table was meant: nobody knows of it. */
void policy_strip_hints(char *said);

/* A number of a line or column with digits alone, at `*at`, which then is past it; 0: none. */
unsigned policy_read_number(const char **at);

#endif
