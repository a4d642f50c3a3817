/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * faults [-n INJECTIONS] [-s SEED] [-p SECONDS] [-c CALL] [-o NAMES] [-j JOBS] FWLAB SCENARIO...
 *
 * Run each scenario undisturbed, to learn at which sites system calls are made;
 * then once more for every site and every error that it can plausibly give: the
 * first time only, the last time only where there is more than one, and from
 * the first time on. -n chooses as many of these for each scenario, by the seed;
 * -c those of one system call, -o those whose names, as they are printed, are in
 * a list; -p is how long a run may take, -j how many run at once (default: as many
 * as there are cores).
 * Says of each run that did not end as it may how it did; the last lines count.
 * Exit status: 0, or 1 where a run did not end as it may.
 */
#include <err.h>
#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "tests/faults/calls.h"
#include "tests/faults/judge.h"
#include "tests/faults/trace.h"

#define WORKERS_MAX 64
#define LEARN_RUNS  3
#define TRIES	    3
#define SHOWN	    12 /* lines of a file */

struct walk {
	const char *program, *scenario;
	unsigned patience_s;
	struct sites sites;
	char *outcomes; /* of the undisturbed run */
	struct fault *jobs;
	size_t n_jobs;
	unsigned char *verdicts; /* one a job, shared by the workers */
};

static long n_wanted, seed = 1;
static const char *only;       /* the call that fails; NULL: any */
static const char *only_named; /* the faults that happen; NULL: any */
static unsigned patience_s = 100;
static unsigned long totals[VERDICTS];

static void run(const struct walk *walk, unsigned worker, const struct fault *fault,
		struct sites *sites, struct papers *papers, struct trace_end *end)
{
	char program[4096], scenario[4096], json[160], text[160];
	char run_word[] = "run", report[] = "--report";
	snprintf(program, sizeof(program), "%s", walk->program);
	snprintf(scenario, sizeof(scenario), "%s", walk->scenario);
	snprintf(papers->json, sizeof(papers->json), "worker%u/report.json", worker);
	snprintf(papers->text, sizeof(papers->text), "worker%u/report.text", worker);
	snprintf(papers->out, sizeof(papers->out), "worker%u/out", worker);
	snprintf(papers->err, sizeof(papers->err), "worker%u/err", worker);
	snprintf(json, sizeof(json), "json=%s", papers->json);
	snprintf(text, sizeof(text), "text=%s", papers->text);
	unlink(papers->json);
	unlink(papers->text);
	char *argv[] = {program, run_word, report, json, report, text, scenario, NULL};
	const struct trace_order order = {.argv = argv,
					  .out = papers->out,
					  .err = papers->err,
					  .fault = fault,
					  .sites = sites,
					  .patience_s = walk->patience_s};
	if (trace_run(&order, end) < 0)
		err(EXIT_FAILURE, "cannot trace %s", program);
}

/* What is as it should be is of no interest. */
static void show_file(const char *path)
{
	char line[512];
	autofclose FILE *file = fopen(path, "re");
	for (unsigned i = 0; i < SHOWN && file && fgets(line, sizeof(line), file);) {
		if (strstr(line, " ok  ") || *line == '\n')
			continue;
		printf("  | %.*s\n", (int)strcspn(line, "\n"), line);
		i++;
	}
}

static _Noreturn void fail_undisturbed(const struct walk *walk, const struct papers *papers)
{
	show_file(papers->err);
	show_file(papers->text);
	fflush(stdout);
	errx(EXIT_FAILURE, "%s: an undisturbed run does not go well", walk->scenario);
}

/* More than once: not every run comes by all of them. */
static void learn(struct walk *walk)
{
	for (unsigned i = 0; i < LEARN_RUNS; i++) {
		struct papers papers;
		struct trace_end end;
		for (size_t j = 0; j < walk->sites.count; j++)
			walk->sites.list[j].count = 0;
		run(walk, 0, NULL, &walk->sites, &papers, &end);
		autofree char *outcomes = outcomes_read(papers.json);
		if (end.hung || end.crash || end.left || end.status || !outcomes ||
		    (walk->outcomes && strcmp(outcomes, walk->outcomes) != 0))
			fail_undisturbed(walk, &papers);
		if (!walk->outcomes)
			walk->outcomes = steal_ptr(&outcomes);
	}
}

static void add_job(struct walk *walk, const struct site *site, unsigned errnum, unsigned nth,
		    bool for_good)
{
	static size_t room;
	if (walk->n_jobs >= room || !walk->jobs) {
		room = walk->jobs ? 2 * room : 4096;
		walk->jobs = reallocarray(walk->jobs, room, sizeof(*walk->jobs));
		if (!walk->jobs)
			err(EXIT_FAILURE, "jobs");
	}
	walk->jobs[walk->n_jobs++] = (struct fault){*site, errnum, nth, for_good};
}

static void lay_jobs(struct walk *walk)
{
	for (size_t i = 0; i < walk->sites.count; i++) {
		const struct site *site = &walk->sites.list[i];
		unsigned errnos[CALL_ERRNOS + 1];
		if (only && strcmp(call_find(site->call)->name, only) != 0)
			continue;
		call_errnos(site, errnos);
		for (size_t j = 0; errnos[j]; j++) {
			add_job(walk, site, errnos[j], 1, false);
			if (site->count > 1)
				add_job(walk, site, errnos[j], site->count, false);
			if (call_fails_for_good(site, errnos[j]))
				add_job(walk, site, errnos[j], 1, true);
		}
	}
}

/* What a fault is known by from build to build. */
static uint64_t name_fault(const struct fault *job)
{
	return job->site.key ^ (uint64_t)job->errnum << 32 ^ (uint64_t)(job->nth > 1) << 48 ^
	       (uint64_t)job->for_good << 49;
}

/* The same for the same fault and seed, whatever else there is. */
static uint64_t rank(const struct fault *job)
{
	uint64_t word = name_fault(job) ^ (uint64_t)seed;
	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	return word ^ word >> 31;
}

static int compare_ranks(const void *a, const void *b)
{
	uint64_t one = rank(a), other = rank(b);
	return one < other ? -1 : one > other;
}

static bool is_named(const struct fault *job)
{
	char name[20];
	snprintf(name, sizeof(name), "%016jx", (uintmax_t)name_fault(job));
	return strstr(only_named, name);
}

/* Those that are named, or as many as are wanted, chosen by the seed. */
static void choose_jobs(struct walk *walk)
{
	if (only_named) {
		size_t count = 0;
		for (size_t i = 0; i < walk->n_jobs; i++)
			if (is_named(&walk->jobs[i]))
				walk->jobs[count++] = walk->jobs[i];
		walk->n_jobs = count;
	}
	qsort(walk->jobs, walk->n_jobs, sizeof(*walk->jobs), compare_ranks);
	if (n_wanted && walk->n_jobs > (size_t)n_wanted)
		walk->n_jobs = (size_t)n_wanted;
}

/* Where a site is, in words. */
static void show_site(const struct walk *walk, const struct site *site, uint64_t base)
{
	char addresses[SITE_FRAMES][20];
	const char *argv[SITE_FRAMES + 5] = {"addr2line", "-fspe", walk->program};
	for (unsigned i = 0; i < site->n_frames; i++) {
		snprintf(addresses[i], sizeof(addresses[i]), "%#jx",
			 (uintmax_t)(site->frames[i] - base - 1));
		argv[3 + i] = addresses[i];
	}
	pid_t pid = fork();
	if (pid == 0) {
		execvp(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void show_finding(const struct walk *walk, const struct fault *fault, enum verdict verdict,
			 const struct papers *papers, const struct trace_end *end)
{
	char name[64];
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", walk->scenario);
	printf("%s: %s %016jx: %s fails with %s, time %u%s of %u (status %#x, signal %d, %u "
	       "left)\n",
	       verdict_name(verdict), basename(folder), (uintmax_t)name_fault(fault),
	       call_name(&fault->site, name), strerrorname_np((int)fault->errnum), fault->nth,
	       fault->for_good ? " and on" : "", fault->site.count, (unsigned)end->status,
	       end->crash, end->left);
	show_file(papers->text);
	fflush(stdout);
	show_site(walk, &fault->site, end->base);
}

static char *read_mounts(void)
{
	char *text = NULL;
	size_t size = 0;
	autofclose FILE *file = fopen("/proc/self/mountinfo", "re");
	if (!file || getdelim(&text, &size, '\0', file) < 0)
		err(EXIT_FAILURE, "mountinfo");
	return text;
}

static _Noreturn void work(const struct walk *walk, unsigned worker, unsigned workers)
{
	autofree char *mounts = read_mounts();
	for (size_t i = worker; i < walk->n_jobs; i += workers) {
		struct papers papers;
		struct trace_end end;
		/* What fails without our doing is another's, who has the machine's net_cls just
		 * then. */
		for (unsigned tries = 0; tries < TRIES; tries++) {
			run(walk, worker, &walk->jobs[i], NULL, &papers, &end);
			if (end.reached || !end.status)
				break;
		}
		autofree char *now = read_mounts();
		end.left += strcmp(mounts, now) != 0;
		enum verdict verdict = judge(&end, &walk->jobs[i], &papers, walk->outcomes);
		walk->verdicts[i] = (unsigned char)verdict;
		if (verdict_is_bad(verdict))
			show_finding(walk, &walk->jobs[i], verdict, &papers, &end);
	}
	exit(EXIT_SUCCESS);
}

static void walk_all(struct walk *walk, unsigned workers)
{
	walk->verdicts = mmap(NULL, walk->n_jobs + 1, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (walk->verdicts == MAP_FAILED)
		err(EXIT_FAILURE, "verdicts");
	fflush(stdout);
	for (unsigned i = 0; i < workers; i++) {
		pid_t pid = fork();
		if (pid < 0)
			err(EXIT_FAILURE, "fork");
		if (pid == 0)
			work(walk, i, workers);
	}
	int status;
	while (wait(&status) > 0)
		if (status)
			errx(EXIT_FAILURE, "a worker died");
}

static void print_counts(const char *what, const unsigned long counts[VERDICTS])
{
	printf("%s: ", what);
	for (enum verdict verdict = VERDICT_WENT_ON; verdict < VERDICTS; verdict++)
		printf("%s%s %lu", verdict > VERDICT_WENT_ON ? ", " : "", verdict_name(verdict),
		       counts[verdict]);
	putchar('\n');
	fflush(stdout);
}

static void walk_scenario(const char *program, const char *scenario, unsigned workers)
{
	struct walk walk = {.program = program, .scenario = scenario, .patience_s = patience_s};
	unsigned long counts[VERDICTS] = {0};
	char what[4200];
	char folder[4096];
	snprintf(folder, sizeof(folder), "%s", scenario);
	learn(&walk);
	lay_jobs(&walk);
	size_t all = walk.n_jobs;
	choose_jobs(&walk);
	printf("%s: %zu sites, %zu injections, of which %zu are made\n", basename(folder),
	       walk.sites.count, all, walk.n_jobs);
	walk_all(&walk, workers);
	for (size_t i = 0; i < walk.n_jobs; i++) {
		counts[walk.verdicts[i]]++;
		totals[walk.verdicts[i]]++;
	}
	snprintf(what, sizeof(what), "%s", scenario);
	snprintf(folder, sizeof(folder), "%s", basename(what));
	print_counts(folder, counts);
	munmap(walk.verdicts, walk.n_jobs + 1);
	sites_clear(&walk.sites);
	free(walk.outcomes);
	free(walk.jobs);
}

static unsigned make_workers(long wanted)
{
	long many = wanted ? wanted : sysconf(_SC_NPROCESSORS_ONLN);
	unsigned workers = many < 1 ? 1 : many > WORKERS_MAX ? WORKERS_MAX : (unsigned)many;
	for (unsigned i = 0; i < workers; i++) {
		char folder[32];
		snprintf(folder, sizeof(folder), "worker%u", i);
		if (mkdir(folder, 0777) < 0 && errno != EEXIST)
			err(EXIT_FAILURE, "%s", folder);
	}
	return workers;
}

int main(int argc, char **argv)
{
	long jobs = 0;
	for (int option; (option = getopt(argc, argv, "n:s:p:c:o:j:")) >= 0;) {
		if (option == 'n')
			n_wanted = strtol(optarg, NULL, 10);
		else if (option == 's')
			seed = strtol(optarg, NULL, 10);
		else if (option == 'c')
			only = optarg;
		else if (option == 'j')
			jobs = strtol(optarg, NULL, 10);
		else if (option == 'o')
			only_named = optarg;
		else if (option == 'p')
			patience_s = (unsigned)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (argc - optind < 2)
		errx(2, "usage: faults [-n INJECTIONS] [-s SEED] [-p SECONDS] [-c CALL] [-o NAMES] "
			"[-j JOBS] FWLAB SCENARIO...");
	unsigned workers = make_workers(jobs);
	for (int i = optind + 1; i < argc; i++)
		walk_scenario(argv[optind], argv[i], workers);
	unsigned long bad = totals[VERDICT_NONE];
	for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
		bad += verdict_is_bad(verdict) ? totals[verdict] : 0;
	print_counts("all", totals);
	return bad ? 1 : 0;
}
