/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/doctor_private.h"
#include "lab/features.h"
#include "netsim/cleanup.h"
#include "netsim/link.h"
#include "netsim/policy.h"
#include "netsim/process.h"
#include "netsim/revision.h"
#include "netsim/users.h"
#include "netsim/world.h"

#define VERSION_TIMEOUT_MS 5000

/* The rows that the lab itself fills in. */
enum { ROW_HOSTS, ROW_LINK, ROW_RULES, ROW_PROCESSES };
static const struct {
	const char *name;
	const char *cure;
	const char *users_cure; /* NULL: the same */
} lab_rows[] = {
	[ROW_HOSTS] = {"namespaces and mounts",
		       "run as root; in a container, one that may make namespaces and mount "
		       "(CAP_SYS_ADMIN, no seccomp filter or AppArmor profile against it)",
		       "run as root; in a container, one that may make namespaces and mount, and "
		       "in whose /proc nothing is covered (docker: --security-opt "
		       "systempaths=unconfined, and no filter or profile against it)"},
	[ROW_LINK] = {"virtual links", "boot a kernel with CONFIG_VETH, its module installed"},
	[ROW_RULES] = {"nftables", "boot a kernel with CONFIG_NF_TABLES, its module installed"},
	[ROW_PROCESSES] = {"programs in hosts",
			   "boot a kernel with CONFIG_OVERLAY_FS, its module installed"},
};

/* What fwlab itself runs, or its services do, besides policies' tools; the last two without root.
 */
static const struct need programs[] = {
	{.program = "apt-get", .package = "apt"},
	{.program = "dpkg-deb", .package = "dpkg"},
	{.program = "gpg", .package = "gnupg"},
	{.program = "newuidmap", .package = "uidmap"},
	{.program = "newgidmap", .package = "uidmap"},
};

const char *doctor_group_name(enum doctor_group group)
{
	static const char *const names[DOCTOR_GROUPS] = {
		[DOCTOR_LABS] = "labs",
		[DOCTOR_POLICIES] = "policies",
		[DOCTOR_PROGRAMS] = "programs",
		[DOCTOR_FEATURES] = "features",
	};
	return names[group];
}

struct doctor_row *doctor_add_row(struct doctor_report *report, enum doctor_group group,
				  const char *name)
{
	/* A scenario may need more programs than anybody reads of. */
	size_t i = report->count < DOCTOR_ROWS_MAX ? report->count++ : DOCTOR_ROWS_MAX - 1;
	struct doctor_row *row = &report->rows[i];
	*row = (struct doctor_row){.group = group};
	snprintf(row->name, sizeof(row->name), "%s", name);
	return row;
}

static bool has_program(const struct doctor_report *report, const char *program)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->rows[i].group == DOCTOR_PROGRAMS &&
		    !strcmp(report->rows[i].program, program))
			return true;
	return false;
}

static void look_at_program(struct doctor_report *report, enum doctor_group group, const char *name,
			    const struct need *need)
{
	struct doctor_row *row = doctor_add_row(report, group, name);
	snprintf(row->program, sizeof(row->program), "%s", need->program);
	snprintf(row->detail, sizeof(row->detail), "package %s", need->package);
	row->is_there = need_is_met(need, &row->lack);
}

static void look_at_policies(struct doctor_report *report)
{
	const struct sim_policy_kind *kind;
	for (size_t i = 0; (kind = sim_policy_kind_nth(i)); i++) {
		const struct need need = {.program = kind->tool, .package = kind->package};
		if (kind->tool) {
			look_at_program(report, DOCTOR_POLICIES, kind->name, &need);
			continue;
		}
		struct doctor_row *row = doctor_add_row(report, DOCTOR_POLICIES, kind->name);
		snprintf(row->detail, sizeof(row->detail), "package %s, which fwlab is linked with",
			 kind->package);
		row->is_there = true;
	}
}

static void look_at_programs(struct doctor_report *report, const struct scenario_set *set)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		look_at_program(report, DOCTOR_PROGRAMS, programs[i].program, &programs[i]);
	for (size_t i = 0; i < set->count; i++)
		for (size_t k = 0; k < set->scenarios[i]->n_needs; k++) {
			const struct need *need = &set->scenarios[i]->needs[k];
			if (need->program && !has_program(report, need->program))
				look_at_program(report, DOCTOR_PROGRAMS, need->program, need);
		}
}

static void look_at_features(struct doctor_report *report)
{
	const struct feature *feature;
	for (size_t i = 0; (feature = feature_nth(i)); i++) {
		const struct need need = {.feature = feature};
		struct doctor_row *row = doctor_add_row(report, DOCTOR_FEATURES, feature->name);
		snprintf(row->detail, sizeof(row->detail), "%s", feature->summary);
		row->is_there = need_is_met(&need, &row->lack);
	}
}

/* What the lab is given: the report, which it shares with us, and its own rows there. */
struct trial {
	struct doctor_report *report;
	struct doctor_row *rows;
	bool by_root;
};

/* Note of a row how it went; what follows is not tried where it did not go well. */
static bool note(const struct trial *trial, size_t which, int status, const struct sim_error *err)
{
	struct doctor_row *row = &trial->rows[which];
	bool is_user = lab_rows[which].users_cure && !trial->by_root;
	row->is_there = status == 0;
	row->lack = (struct lack){0};
	if (row->is_there)
		return true;
	snprintf(row->lack.reason, sizeof(row->lack.reason), "%.*s",
		 (int)sizeof(row->lack.reason) - 1, err->text);
	snprintf(row->lack.cure, sizeof(row->lack.cure), "%s",
		 is_user ? lab_rows[which].users_cure : lab_rows[which].cure);
	return false;
}

static int read_rules(struct sim_host *host, struct sim_error *err)
{
	struct sim_revisions *revisions;
	struct sim_revision revision;
	if (sim_revisions_open(host, &revisions, err) < 0)
		return -1;
	int status = sim_revision_read(revisions, &revision, err);
	sim_revisions_close(revisions);
	return status;
}

static int run_nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* The first line that says anything. */
static void take_version(const struct sim_process_result *result, struct doctor_row *row)
{
	const char *text = *result->out ? result->out : result->err;
	if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) != 0)
		return;
	text += strspn(text, " \n\t");
	int length = (int)strcspn(text, "\n");
	size_t used = strlen(row->detail);
	if (length)
		snprintf(row->detail + used, sizeof(row->detail) - used, ", %.*s", length, text);
}

static void ask_version(struct sim_host *host, struct doctor_row *row)
{
	static char option[] = "--version";
	char *const argv[] = {row->program, option, NULL};
	const struct sim_program program = {.argv = argv, .timeout_ms = VERSION_TIMEOUT_MS};
	struct sim_process_result result;
	struct sim_error ignored;
	if (!*row->program || !row->is_there ||
	    sim_program_run(host, NULL, &program, &result, &ignored) < 0)
		return;
	take_version(&result, row);
	sim_process_result_clear(&result);
}

static int try_hosts(const struct trial *trial, struct sim_host *hosts[2], struct sim_error *err)
{
	const struct sim_veth_end ends[] = {{.host = hosts[0], .name = "eth0"},
					    {.host = hosts[1], .name = "eth0"}};
	struct sim_process_result result;
	if (!note(trial, ROW_LINK, sim_veth_add(&ends[0], &ends[1], err), err) ||
	    !note(trial, ROW_RULES, read_rules(hosts[0], err), err) ||
	    !note(trial, ROW_PROCESSES,
		  sim_process_call(hosts[0], NULL, run_nothing, NULL, 0, NULL, &result, err), err))
		return 1;
	sim_process_result_clear(&result);
	for (size_t i = 0; i < trial->report->count; i++)
		ask_version(hosts[0], &trial->report->rows[i]);
	return 0;
}

/* In a world: that it is there at all is the first row's. */
static int try_lab(void *arg)
{
	const struct trial *trial = arg;
	struct sim_host *hosts[2] = {NULL, NULL};
	struct sim_error err;
	int made = sim_host_new("one", &hosts[0], &err);
	if (made == 0)
		made = sim_host_new("two", &hosts[1], &err);
	int status = 1;
	if (note(trial, ROW_HOSTS, made, &err))
		status = try_hosts(trial, hosts, &err);
	sim_host_free(hosts[0]);
	sim_host_free(hosts[1]);
	return status;
}

/* Until the lab has ended; why it could not be furnished, if that is what it says. */
static void await_lab(const struct trial *trial, pid_t init, int told)
{
	struct sim_error why;
	ssize_t length;
	while ((length = read(told, &why, sizeof(why))) < 0 && errno == EINTR)
		;
	while (waitpid(init, NULL, 0) < 0 && errno == EINTR)
		;
	if (length != (ssize_t)sizeof(why))
		return;
	why.text[sizeof(why.text) - 1] = '\0';
	note(trial, ROW_HOSTS, -1, &why);
}

static void run_trial(struct trial *trial)
{
	const struct sim_world_spec spec = {
		.body = try_lab,
		.arg = trial,
		.apart = !sim_users_is_real_root() || sim_world_can_be_apart(),
	};
	struct sim_error err;
	int told[2];
	int lifeline;
	if (pipe2(told, O_CLOEXEC) < 0) {
		sim_fail(&err, errno, "cannot make a pipe");
		note(trial, ROW_HOSTS, -1, &err);
		return;
	}
	pid_t init = sim_world_start(&spec, told[1], &lifeline, &err);
	close(told[1]);
	if (init < 0) {
		note(trial, ROW_HOSTS, -1, &err);
	} else {
		await_lab(trial, init, told[0]);
		close(lifeline);
	}
	close(told[0]);
}

/* Rows that are not there before something has shown that they are. */
static struct doctor_row *add_lab_rows(struct doctor_report *report)
{
	struct doctor_row *first = &report->rows[report->count];
	for (size_t i = 0; i < sizeof(lab_rows) / sizeof(*lab_rows); i++) {
		struct doctor_row *row = doctor_add_row(report, DOCTOR_LABS, lab_rows[i].name);
		snprintf(row->lack.reason, sizeof(row->lack.reason),
			 "not tried: what comes before it is not there");
		snprintf(row->lack.cure, sizeof(row->lack.cure),
			 "mend that: nothing is known of this");
	}
	return first;
}

struct doctor_report *doctor_look(const struct scenario_set *set, struct sim_error *err)
{
	struct doctor_report *report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE,
					    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (report == MAP_FAILED) {
		sim_fail(err, errno, "cannot look");
		return NULL;
	}
	struct trial trial = {.report = report, .by_root = sim_users_is_real_root()};
	struct doctor_row ids;
	doctor_look_at_user(report, &ids);
	trial.rows = add_lab_rows(report);
	look_at_policies(report);
	look_at_programs(report, set);
	look_at_features(report);
	*doctor_add_row(report, DOCTOR_FEATURES, ids.name) = ids;
	doctor_look_at_cgroups(report);
	if (report->rows[0].is_there)
		run_trial(&trial);
	return report;
}

void doctor_free(struct doctor_report *report)
{
	if (report)
		munmap(report, sizeof(*report));
}

bool doctor_can_run(const struct doctor_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		if (report->rows[i].group == DOCTOR_LABS && !report->rows[i].is_there)
			return false;
	return true;
}
