/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/origin.h"

#include <linux/netfilter.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"
#include "netsim/mark.h"
#include "netsim/policy_kind.h"
#include "netsim/process.h"
#include "netsim/stand_ins.h"
#include "netsim/twin.h"

#define LOAD_TIMEOUT_MS	  5000
#define SCRIPT_TIMEOUT_MS 10000
#define ANSWERS_MAX	  64 /* that are remembered */

struct policy {
	const struct sim_policy_kind *kind;
	const char *path;
};

/* What has been found out about a rule or policy. */
struct answer {
	struct sim_trace_event event;
	bool found;
	struct mark_place place;
};

struct sim_origins {
	struct sim_host *host;
	const struct sim_ruleset *ruleset;
	struct policy *policies;
	size_t n_policies;
	bool failed; /* it has been tried, and is not tried again */
	struct mark_book book;
	struct sim_host *twin;			 /* of run 0 */
	struct sim_ruleset *runs[MARK_RUNS_MAX]; /* NULL until they are needed */
	struct sim_ruleset *saved;		 /* the host's, as iptables-save shows it, */
	struct sim_ruleset *twin_saved;		 /* and the twin's; NULL likewise */
	struct answer answers[ANSWERS_MAX];
	size_t n_answers; /* that have been given, the first of which may be forgotten */
};

static int gather_to_stdout(void *arg)
{
	return mark_gather(arg, stdout) && fflush(stdout) == 0 ? 0 : 1;
}

/* As the host has them: other files may be at these paths there than here. */
static char *gather_in_host(void *arg, const char *pattern, size_t *length)
{
	char *text = NULL;
	struct sim_process_result result;
	const struct sim_origins *origins = arg;
	char *copy = strdupa(pattern);
	if (sim_process_call(origins->host, NULL, gather_to_stdout, copy, LOAD_TIMEOUT_MS, NULL,
			     &result, NULL) < 0)
		return NULL;
	if (result.status == 0 && !result.truncated) {
		text = steal_ptr(&result.out);
		*length = result.out_len;
	}
	sim_process_result_clear(&result);
	return text;
}

static struct mark_book new_book(struct sim_origins *origins)
{
	return (struct mark_book){.gather = gather_in_host, .arg = origins};
}

struct sim_origins *sim_origins_new(struct sim_host *host, const struct sim_ruleset *ruleset)
{
	struct sim_origins *origins = calloc(1, sizeof(*origins));
	if (!origins)
		return NULL;
	origins->host = host;
	origins->ruleset = ruleset;
	origins->book = new_book(origins);
	return origins;
}

void sim_origins_free(struct sim_origins *origins)
{
	if (!origins)
		return;
	for (unsigned i = 0; i < MARK_RUNS_MAX; i++)
		sim_ruleset_free(origins->runs[i]);
	sim_ruleset_free(origins->saved);
	sim_ruleset_free(origins->twin_saved);
	sim_twin_free(origins->twin);
	mark_book_clear(&origins->book);
	free(origins->policies);
	free(origins);
}

int sim_origins_add(struct sim_origins *origins, const struct sim_policy_kind *kind,
		    const char *path)
{
	struct policy *more =
		reallocarray(origins->policies, origins->n_policies + 1, sizeof(*more));
	if (!more)
		return -1;
	origins->policies = more;
	more[origins->n_policies++] = (struct policy){kind, path};
	return 0;
}

/* The copies of all policies, in their order; false where one cannot be copied. */
static bool copy_all(const struct sim_origins *origins, unsigned run, struct mark_book *book,
		     char **copies)
{
	for (size_t i = 0; i < origins->n_policies; i++) {
		const struct policy *policy = &origins->policies[i];
		const struct policy_loader *loader = policy_loader_of(policy->kind);
		/* What a script asks for is not known. */
		book->names_links |= !loader->mark;
		copies[i] = loader->mark ? mark_file(book, loader->mark, policy->path, run) : NULL;
		if (loader->mark && !copies[i])
			return false;
	}
	return true;
}

static bool load_all(const struct sim_origins *origins, struct sim_host *twin, unsigned run,
		     struct mark_book *book, char *const *copies)
{
	for (size_t i = 0; i < origins->n_policies; i++) {
		const struct policy *policy = &origins->policies[i];
		int status = copies[i] ? policy_load_text(twin, policy->kind, policy->path,
							  copies[i], LOAD_TIMEOUT_MS)
				       : stand_ins_load(twin, policy->path, run, book,
							SCRIPT_TIMEOUT_MS, NULL);
		if (status < 0)
			return false;
	}
	return true;
}

/* Load copies into a new twin; NULL: it was not to be had, or did not take them. */
static struct sim_host *load_twin(const struct sim_origins *origins, unsigned run,
				  struct mark_book *book)
{
	struct sim_host *twin = NULL;
	char **copies = calloc(origins->n_policies + 1, sizeof(*copies));
	bool good = copies && copy_all(origins, run, book, copies) &&
		    sim_twin_new(origins->host, book->names_links, &twin, NULL) == 0 &&
		    load_all(origins, twin, run, book, copies);
	for (size_t i = 0; copies && i < origins->n_policies; i++)
		free(copies[i]);
	free(copies);
	if (good)
		return twin;
	sim_twin_free(twin);
	return NULL;
}

/* Whether the same statements have set policies in both runs, as far as that is told. */
static bool is_same_book(const struct mark_book *a, const struct mark_book *b)
{
	bool same = a->n_policies == b->n_policies && a->n_files == b->n_files;
	for (unsigned i = 0; same && i < a->n_files; i++)
		same = !strcmp(a->files[i], b->files[i]);
	for (unsigned i = 0; same && i < a->n_policies; i++)
		same = a->policies[i].file == b->policies[i].file &&
		       a->policies[i].line == b->policies[i].line;
	return same;
}

/* The rules of a run; NULL: they are not to be had. */
static const struct sim_ruleset *rules_of_run(struct sim_origins *origins, unsigned run)
{
	if (origins->runs[run] || origins->failed)
		return origins->runs[run];
	struct mark_book again = new_book(origins);
	struct sim_host *twin = load_twin(origins, run, run == 0 ? &origins->book : &again);
	if (!twin || (run && !is_same_book(&again, &origins->book)) ||
	    sim_ruleset_read(twin, &origins->runs[run], NULL) < 0)
		origins->failed = true;
	if (run == 0)
		origins->twin = twin;
	else
		sim_twin_free(twin);
	mark_book_clear(&again);
	return origins->runs[run];
}

/* The same rule, a mark apart, which nobody else makes; `place` is what `marked` says. */
static bool is_same_rule(const char *rule, const char *marked, struct mark_place *place)
{
	struct mark_place nowhere;
	char *plain = malloc(strlen(rule) + 1 + strlen(marked) + 1);
	if (!plain)
		return false;
	char *other = plain + strlen(rule) + 1;
	bool same = mark_read(rule, plain, &nowhere) == 0;
	mark_read(marked, other, place);
	same = same && !strcmp(plain, other);
	free(plain);
	return same;
}

/* What the mark of rule `index` says, where all of its chain is the same in both rulesets. */
static bool read_mark(const struct sim_ruleset *ours, const struct sim_ruleset *marked,
		      const struct sim_trace_event *event, size_t index, struct mark_place *place)
{
	size_t n_ours;
	size_t n_marked;
	struct sim_trace_event twin;
	if (!sim_ruleset_translate(ours, marked, event, &twin))
		return false;
	const struct sim_rule *rules = sim_ruleset_rules(ours, event, &n_ours);
	const struct sim_rule *others = sim_ruleset_rules(marked, &twin, &n_marked);
	if (n_ours != n_marked || index >= n_ours)
		return false;
	for (size_t i = 0; i < n_ours; i++) {
		struct mark_place found;
		if (!is_same_rule(rules[i].text, others[i].text, &found))
			return false;
		if (i == index)
			*place = found;
	}
	return place->line != 0;
}

/* What the nft backends of iptables-save and ip6tables-save list. */
static struct sim_ruleset *read_saved(struct sim_host *host)
{
	static const char *const programs[SIM_LISTINGS] = {
		[SIM_LISTING_IPTABLES] = "iptables-nft-save",
		[SIM_LISTING_IP6TABLES] = "ip6tables-nft-save",
	};
	struct sim_process_result results[SIM_LISTINGS] = {0};
	char *listings[SIM_LISTINGS] = {0};
	for (size_t i = 0; i < SIM_LISTINGS; i++) {
		char *argv[] = {programs[i] ? strdupa(programs[i]) : NULL, NULL};
		const struct sim_program program = {.argv = argv, .timeout_ms = LOAD_TIMEOUT_MS};
		if (*argv && sim_program_run(host, NULL, &program, &results[i], NULL) == 0 &&
		    !results[i].status && !results[i].truncated)
			listings[i] = results[i].out;
	}
	struct sim_ruleset *ruleset = sim_ruleset_parse(listings);
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		sim_process_result_clear(&results[i]);
	return ruleset;
}

/*
 * The rules of iptables-nft: nft does not show their comments, iptables-save
 * does, and shows them in the legacy tables' form.  Their order is the same.
 */
static bool read_saved_mark(struct sim_origins *origins, const struct sim_trace_event *event,
			    size_t index, size_t count, struct mark_place *place)
{
	struct sim_trace_event saved = *event;
	saved.legacy = true;
	if (event->legacy || (event->family != NFPROTO_IPV4 && event->family != NFPROTO_IPV6))
		return false;
	if (!origins->saved)
		origins->saved = read_saved(origins->host);
	if (!origins->twin_saved)
		origins->twin_saved = read_saved(origins->twin);
	if (!origins->saved || !origins->twin_saved)
		return false;
	size_t n_saved;
	sim_ruleset_rules(origins->saved, &saved, &n_saved);
	return n_saved == count &&
	       read_mark(origins->saved, origins->twin_saved, &saved, index, place);
}

static bool find_rule(struct sim_origins *origins, const struct sim_trace_event *event,
		      struct mark_place *place)
{
	size_t count;
	size_t index = 0;
	const struct sim_rule *rules = sim_ruleset_rules(origins->ruleset, event, &count);
	const struct sim_ruleset *marked = rules_of_run(origins, 0);
	while (index < count && rules[index].rule != event->rule)
		index++;
	if (!marked || index == count)
		return false;
	return read_mark(origins->ruleset, marked, event, index, place) ||
	       read_saved_mark(origins, event, index, count, place);
}

/* The number of the statement that decides a chain's policy: in whose runs it is another one. */
static bool find_policy(struct sim_origins *origins, const struct sim_trace_event *event,
			struct mark_place *place)
{
	const char *policy = sim_ruleset_text(origins->ruleset, event);
	unsigned number = 0;
	for (unsigned run = 0; run == 0 || origins->book.n_policies >> run; run++) {
		const struct sim_ruleset *contrary = rules_of_run(origins, run);
		const char *other = contrary ? sim_ruleset_text(contrary, event) : NULL;
		if (!policy || !other)
			return false;
		number |= (unsigned)(strcmp(policy, other) != 0) << run;
	}
	if (number == 0 || number > origins->book.n_policies)
		return false;
	*place = origins->book.policies[number - 1];
	return place->line != 0;
}

static bool is_about_the_same(const struct sim_trace_event *a, const struct sim_trace_event *b)
{
	return a->kind == b->kind && a->legacy == b->legacy && a->family == b->family &&
	       a->rule == b->rule && !strcmp(a->chain, b->chain) && !strcmp(a->table, b->table);
}

static const struct answer *answer(struct sim_origins *origins, const struct sim_trace_event *event)
{
	for (size_t i = 0; i < origins->n_answers && i < ANSWERS_MAX; i++)
		if (is_about_the_same(&origins->answers[i].event, event))
			return &origins->answers[i];
	struct answer *fresh = &origins->answers[origins->n_answers++ % ANSWERS_MAX];
	*fresh = (struct answer){.event = *event};
	if (event->kind == SIM_TRACE_RULE)
		fresh->found = find_rule(origins, event, &fresh->place);
	else if (event->kind == SIM_TRACE_POLICY)
		fresh->found = find_policy(origins, event, &fresh->place);
	return fresh;
}

bool sim_origins_find(struct sim_origins *origins, const struct sim_trace_event *event,
		      struct sim_origin *origin)
{
	const struct answer *known = answer(origins, event);
	if (!known->found || known->place.file >= origins->book.n_files)
		return false;
	*origin = (struct sim_origin){origins->book.files[known->place.file], known->place.line};
	return true;
}
