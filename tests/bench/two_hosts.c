/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a lab of two hosts and one probe costs, beside the least that it could,
 * at every level up to the whole command; medians, with the steps of which a
 * lab and a session consist.
 *
 * FWLAB_BENCH_RUNS is how often each is made (200).  Every round has another
 * order, so that the machine's moods, and what the kernel still has to clear
 * away of earlier labs, hit all alike.  Fails when a lab fails, never for its
 * time.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/levels.h"
#include "tests/support/median.h"

#define RUNS_MAX 100000
#define SKIPPED	 77

/* Beside a lab's steps, a session's world: made before the first of them, ended after the last. */
enum { ROW_WORLD = STEPS, ROW_END, ROWS };

#define SUBJECTS 2
static struct subject subjects[SUBJECTS] = {
	{.both = false, .path = BENCH_DATA "/least-ipv4.yaml"},
	{.both = true, .path = BENCH_DATA "/least.yaml"},
};
static const char *const subject_names[SUBJECTS] = {"IPv4", "both families"};

/* What has been measured: a value for each run. */
struct sheet {
	size_t runs;
	double *us[SUBJECTS][LEVELS];
	double *steps_us[SUBJECTS][LEVELS][ROWS];
};

struct bench {
	struct maker maker;
	struct ledger *ledger; /* shared with every process of a lab */
	struct sheet sheet;
};

static void note(struct sheet *sheet, size_t run, size_t subject, enum level level, int64_t began,
		 int64_t ns, const struct ledger *ledger)
{
	double **rows = sheet->steps_us[subject][level];
	sheet->us[subject][level][run] = (double)ns / 1e3;
	for (size_t i = 0; i < STEPS; i++)
		rows[i][run] = (double)ledger->ns[i] / 1e3;
	if (level != LEVEL_SESSION)
		return;
	rows[ROW_WORLD][run] = (double)(ledger->began - began) / 1e3;
	rows[ROW_END][run] = (double)(began + ns - ledger->ended) / 1e3;
}

static int run_one(struct bench *bench, size_t run, size_t subject, enum level level,
		   struct sim_error *err)
{
	int64_t began = steps_now_ns();
	int64_t ns;
	memset(bench->ledger, 0, sizeof(*bench->ledger));
	if (level_run(level, &bench->maker, subjects, subject, &ns, err) < 0)
		return sim_wrap(err, "%s", subject_names[subject]);
	note(&bench->sheet, run, subject, level, began, ns, bench->ledger);
	return 0;
}

/* Every level of every subject once, in an order that differs from round to round. */
static int run_round(struct bench *bench, size_t run, struct sim_error *err)
{
	size_t order[SUBJECTS * LEVELS] = {0};
	for (size_t i = 0; i < SUBJECTS * LEVELS; i++) {
		size_t j = (size_t)random() % (i + 1);
		order[i] = order[j];
		order[j] = i;
	}
	for (size_t i = 0; i < SUBJECTS * LEVELS; i++)
		if (run_one(bench, run, order[i] / LEVELS, (enum level)(order[i] % LEVELS), err) <
		    0)
			return -1;
	return 0;
}

static void print_levels(struct sheet *sheet)
{
	double us[SUBJECTS][LEVELS];
	printf("two hosts and one probe, medians of %zu\n\n%-28s", sheet->runs, "");
	for (size_t i = 0; i < SUBJECTS; i++)
		printf("%16s  x floor", subject_names[i]);
	for (size_t level = 0; level < LEVELS; level++) {
		printf("\n%-28s", level_names[level]);
		for (size_t i = 0; i < SUBJECTS; i++) {
			us[i][level] = median(sheet->us[i][level], sheet->runs);
			printf("%13.2f ms%9.1f", us[i][level] / 1e3,
			       us[i][level] / us[i][LEVEL_FLOOR]);
		}
	}
	printf("\n");
}

static void print_row(struct sheet *sheet, const char *name, size_t row)
{
	printf("%-28s", name);
	for (size_t i = 0; i < SUBJECTS; i++)
		for (enum level level = LEVEL_LAB; level <= LEVEL_SESSION; level++)
			printf("%12.0f us", median(sheet->steps_us[i][level][row], sheet->runs));
	printf("\n");
}

static void print_steps(struct sheet *sheet)
{
	printf("\n%-28s", "where it goes");
	for (size_t i = 0; i < SUBJECTS; i++)
		printf("%15s%15s", i ? "lab, both" : "lab, IPv4",
		       i ? "session, both" : "session, IPv4");
	printf("\n");
	print_row(sheet, "its world", ROW_WORLD);
	for (size_t i = 0; i < STEPS; i++)
		print_row(sheet, step_names[i], i);
	print_row(sheet, "its end", ROW_END);
}

static size_t runs_wanted(void)
{
	const char *text = getenv("FWLAB_BENCH_RUNS");
	unsigned long runs = text ? strtoul(text, NULL, 10) : 200;
	return runs < 1 ? 1 : runs > RUNS_MAX ? RUNS_MAX : runs;
}

static int sheet_make(struct sheet *sheet)
{
	sheet->runs = runs_wanted();
	for (size_t i = 0; i < SUBJECTS; i++)
		for (size_t level = 0; level < LEVELS; level++) {
			sheet->us[i][level] = calloc(sheet->runs, sizeof(double));
			if (!sheet->us[i][level])
				return -1;
			for (size_t row = 0; row < ROWS; row++) {
				double *values = calloc(sheet->runs, sizeof(double));
				sheet->steps_us[i][level][row] = values;
				if (!values)
					return -1;
			}
		}
	return 0;
}

static void sheet_free(struct sheet *sheet)
{
	for (size_t i = 0; i < SUBJECTS; i++)
		for (size_t level = 0; level < LEVELS; level++) {
			free(sheet->us[i][level]);
			for (size_t row = 0; row < ROWS; row++)
				free(sheet->steps_us[i][level][row]);
		}
}

static int run_all(struct bench *bench, struct sim_error *err)
{
	if (maker_start(subjects, &bench->maker, err) < 0)
		return -1;
	int status = 0;
	for (size_t i = 0; i < bench->sheet.runs && !status; i++)
		status = run_round(bench, i, err);
	struct sim_error ignored;
	return maker_end(&bench->maker, status < 0 ? &ignored : err) < 0 ? -1 : status;
}

static int read_subjects(struct sim_error *err)
{
	for (size_t i = 0; i < SUBJECTS; i++) {
		subjects[i].scenario = scenario_read(subjects[i].path, stderr);
		if (!subjects[i].scenario)
			return sim_fail(err, 0, "%s cannot be read", subjects[i].path);
		subjects[i].plan = plan_new(subjects[i].scenario, err);
		if (!subjects[i].plan)
			return -1;
	}
	return 0;
}

static void free_subjects(void)
{
	for (size_t i = 0; i < SUBJECTS; i++) {
		if (subjects[i].plan)
			plan_free(subjects[i].plan);
		scenario_free(subjects[i].scenario);
	}
}

int main(void)
{
	struct bench bench = {0};
	struct sim_error err;
	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root\n");
		return SKIPPED;
	}
	bench.ledger = mmap(NULL, sizeof(*bench.ledger), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (bench.ledger == MAP_FAILED) {
		perror("bench");
		return 1;
	}
	steps_record(bench.ledger);
	int status = sheet_make(&bench.sheet) < 0 ? sim_fail(&err, errno, "no memory") : 0;
	if (!status)
		status = read_subjects(&err);
	if (!status)
		status = run_all(&bench, &err);
	if (status) {
		fprintf(stderr, "bench: %s\n", err.text);
	} else {
		print_levels(&bench.sheet);
		print_steps(&bench.sheet);
	}
	sheet_free(&bench.sheet);
	free_subjects();
	return status ? 1 : 0;
}
