/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/units.h"

#include <sys/wait.h>

#include "netsim/process.h"

#define COMMAND_MS 10000

static int identify(const struct daemons *daemons, const struct running *running,
		    enum unit_phase phase, const struct unit_command *command,
		    struct sim_identity *identity, struct sim_error *err)
{
	*identity = sim_identity_root;
	if (command->as_superuser || (running->daemon->unit->start_only && phase != UNIT_START))
		return 0;
	return daemons_identity(daemons, running->host, &running->daemon->as, identity, err);
}

/* How it ended, and what it said; 0: well. */
static int judge(const struct sim_process_result *result, struct sim_error *err)
{
	int status = result->status;
	if (result->timed_out)
		return sim_fail(err, 0, "did not end within %d ms", COMMAND_MS);
	if (WIFSIGNALED(status))
		return sim_fail(err, 0, "was ended by signal %d (%s): %.1024s", WTERMSIG(status),
				sim_signal_words(WTERMSIG(status)), result->err);
	if (WEXITSTATUS(status))
		return sim_fail(err, 0, "ended with status %d: %.1024s", WEXITSTATUS(status),
				result->err);
	return 0;
}

static int run_command(const struct daemons *daemons, const struct running *running,
		       enum unit_phase phase, const struct unit_command *command,
		       struct sim_error *err)
{
	struct sim_process_result result;
	struct sim_identity identity;
	const struct sim_program program = {.argv = command->argv, .timeout_ms = COMMAND_MS};
	if (identify(daemons, running, phase, command, &identity, err) < 0 ||
	    sim_program_run(daemons->hosts[running->host], &identity, &program, &result, err) < 0)
		return -1;
	int status = judge(&result, err);
	sim_process_result_clear(&result);
	return status;
}

int units_run(const struct daemons *daemons, const struct running *running, enum unit_phase phase,
	      struct sim_error *err)
{
	const struct unit *unit = running->daemon->unit;
	const struct unit_command *command = unit ? unit->commands[phase] : NULL;
	int status = 0;
	for (; command && (status == 0 || phase >= UNIT_STOP); command = command->next) {
		struct sim_error why;
		if (run_command(daemons, running, phase, command, &why) == 0 || command->may_fail)
			continue;
		if (status == 0) {
			sim_fail(err, 0, "failed at %s:%u: %s=%s: %s", unit->shown, command->line,
				 unit_phase_name(phase), command->argv[0], why.text);
			err->errnum = why.errnum; /* said already */
		}
		status = -1;
	}
	return status;
}
