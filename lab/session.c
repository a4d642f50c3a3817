/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lab/attempt.h"
#include "lab/control.h"
#include "lab/explain.h"
#include "lab/live.h"
#include "lab/loan.h"
#include "lab/wire.h"
#include "netsim/cleanup.h"
#include "netsim/world.h"

/* What the world's body is given. */
struct task {
	const struct session_order *order;
	int messages;
	struct activity *activity;
};

bool session_wants(const struct session_order *order, const struct probe *probe)
{
	if (order->single)
		return probe == &order->plan->scenario->probes[order->single->probe];
	return !order->filter || strcasestr(probe->name, order->filter);
}

bool session_sends(const struct session_order *order, const struct probe *probe)
{
	const struct session_single *single = order->single;
	bool before = single && probe < &order->plan->scenario->probes[single->probe];
	return session_wants(order, probe) || (before && single->all_before);
}

size_t session_families(const struct session_order *order, const struct probe *probe,
			enum family families[2])
{
	bool wanted = session_wants(order, probe);
	enum family only = order->single && wanted ? order->single->family : FAMILY_ANY;
	bool left_out = order->left_out && order->left_out[probe - order->plan->scenario->probes];
	if (!session_sends(order, probe) || left_out)
		return 0;
	size_t count = attempt_families(probe, families);
	if (only == FAMILY_ANY || families[0] == FAMILY_ANY)
		return count;
	bool has = families[0] == only || (count > 1 && families[1] == only);
	families[0] = only;
	return has;
}

bool session_wants_refusal(const struct session_order *order, const struct policy_set *set)
{
	char name[REFUSAL_NAME_MAX];
	if (!set->refused)
		return false;
	refusal_name(&order->plan->scenario->hosts[set->host], name);
	return order->single || !order->filter || strcasestr(name, order->filter);
}

size_t session_size(const struct session_order *order)
{
	const struct scenario *scenario = order->plan->scenario;
	const struct variant *variant = &scenario->variants[order->variant];
	bool refused = scenario_refusals(variant) > 0;
	size_t size = 0;
	for (size_t i = 0; refused && i < variant->n_sets; i++)
		size += session_wants_refusal(order, &variant->sets[i]);
	for (size_t i = 0; !refused && i < scenario->n_probes; i++) {
		enum family families[2];
		if (session_wants(order, &scenario->probes[i]))
			size += session_families(order, &scenario->probes[i], families);
	}
	return size;
}

static int tell(int messages, const struct session_message *message)
{
	return send(messages, message, sizeof(*message), MSG_NOSIGNAL) == (ssize_t)sizeof(*message)
		       ? 0
		       : -1;
}

static int tell_why(int messages, int status, bool policy, const char *text)
{
	struct session_message message = {.kind = SESSION_FAILURE};
	message.failure.status = status;
	message.failure.policy = policy;
	snprintf(message.failure.text, sizeof(message.failure.text), "%s", text);
	tell(messages, &message);
	return 1;
}

static int tell_failure(int messages, int status, const char *text)
{
	return tell_why(messages, status, false, text);
}

/* In the form that editors know, where the tool has named a line. */
static int tell_refusal(int messages, const struct refused_policy *refused,
			const struct sim_error *err)
{
	const struct sim_policy_refusal *refusal = &refused->refusal;
	const char *what = refused->started	? "this start script failed, of host "
			   : refusal->by_kernel ? "the kernel does not take this policy"
						: "this policy is not valid";
	const char *whose = refused->started ? refused->started : "";
	const char *file = refusal->file;
	char text[sizeof(((struct session_failure *)0)->text)];
	char at[64] = "";
	if (!*file || !strcmp(file, refused->policy->path))
		file = refused->policy->shown;
	if (refusal->line && refusal->column)
		snprintf(at, sizeof(at), ":%u:%u", refusal->line, refusal->column);
	else if (refusal->line)
		snprintf(at, sizeof(at), ":%u", refusal->line);
	snprintf(text, sizeof(text), "%s%s: error: %s%s\n%s", file, at, what, whose, err->text);
	return tell_why(messages, refusal->by_machine ? 3 : 2, !refused->started, text);
}

static int tell_warning(const struct warning *warning, void *arg, struct sim_error *err)
{
	const int *messages = arg;
	struct session_message message = {.kind = SESSION_WARNING};
	message.warning = *warning;
	return tell(*messages, &message) < 0 ? sim_fail(err, errno, "cannot tell of a warning") : 0;
}

static int tell_step(const struct step *step, void *arg)
{
	const int *messages = arg;
	struct session_message message = {.kind = SESSION_STEP};
	message.step = *step;
	return tell(*messages, &message);
}

static int tell_steps(const struct attempts *attempts, const struct result *result, int messages,
		      struct sim_error *err)
{
	const struct explain_scene scene = {attempts->live, attempts->witness, result};
	return explain(&scene, tell_step, &messages, err);
}

static int probe_all(struct attempts *attempts, const struct task *task, struct sim_error *err)
{
	const struct scenario *scenario = task->order->plan->scenario;
	struct session_message message = {.kind = SESSION_RESULT};
	for (size_t i = 0; i < scenario->n_probes; i++) {
		enum family families[2];
		size_t count = session_families(task->order, &scenario->probes[i], families);
		for (size_t f = 0; f < count; f++) {
			if (attempt(attempts, i, families[f], &message.result, err) < 0)
				return -1;
			if (!session_wants(task->order, &scenario->probes[i]))
				continue;
			if (task->order->single &&
			    tell_steps(attempts, &message.result, task->messages, err) < 0)
				return -1;
			if (tell(task->messages, &message) < 0)
				return sim_fail(err, errno, "cannot tell of a result");
		}
	}
	return 0;
}

/* All probes, with a control for what looks like a deny. */
static int probe_controlled(struct attempts *attempts, const struct task *task,
			    struct sim_error *err)
{
	const struct session_order *order = task->order;
	struct control *control = control_new(order->plan, order->cgroups, order->variant,
					      order->control, order->bare);
	if (!control)
		return sim_fail(err, ENOMEM, "the control");
	attempts->second_look = (struct second_look){.check = control_check, .arg = control};
	int status = probe_all(attempts, task, err);
	attempts->second_look = (struct second_look){0};
	control_free(control);
	return status;
}

static int run_variant(struct live *live, struct witness *witness, const struct task *task,
		       int *fault, struct sim_error *err)
{
	struct attempts attempts;
	const struct scenario *scenario = task->order->plan->scenario;
	activity_is("the rules' places in the policies were looked for");
	if (witness && witness_learn(witness, &scenario->variants[task->order->variant], err) < 0)
		return -1;
	if (attempts_begin(live, witness, task->order->variant, &attempts, err) < 0)
		return -1;
	int status = probe_controlled(&attempts, task, err);
	attempts_end(&attempts);
	*fault = attempts.fault;
	return status;
}

/*
 * A variant without a policy has no rule that anybody could be told of, unless
 * one is asked for: then it must be seen that there is none.  Programs of a
 * scenario's own may load rules, and reset connections themselves.
 */
static bool wants_witness(const struct session_order *order)
{
	const struct scenario *scenario = order->plan->scenario;
	return !order->bare && (order->single || scenario->variants[order->variant].n_sets > 0 ||
				scenario_has_programs(scenario) ||
				scenario_asks_evidence(scenario, order->variant));
}

/* Why a variant could not be run, besides the error's text. */
struct blame {
	struct refused_policy refused;
	int status;
};

/*
 * What is meant to be refused is judged, and the way is clear for the next
 * host's; all else is loaded, and fails as ever.
 */
static int refuse_set(struct live *live, const struct policy_set *set, const struct task *task,
		      struct refused_policy *refused, struct sim_error *err)
{
	struct session_message message = {.kind = SESSION_REFUSAL};
	uint64_t before_ns = wire_now_ns();
	int status = live_load_set(live, task->order->variant, set, refused, err);
	if (!set->refused || (status < 0 && !refused->policy))
		return status;
	message.refusal.variant = task->order->variant;
	message.refusal.ms = (double)(wire_now_ns() - before_ns) / 1e6;
	refusal_judge(set, refused, &message.refusal);
	*refused = (struct refused_policy){0};
	if (session_wants_refusal(task->order, set) && tell(task->messages, &message) < 0)
		return sim_fail(err, errno, "cannot tell of a refusal");
	return 0;
}

static int refuse_variant(struct live *live, const struct variant *variant, const struct task *task,
			  struct refused_policy *refused, struct sim_error *err)
{
	for (size_t i = 0; i < variant->n_sets; i++)
		if (refuse_set(live, &variant->sets[i], task, refused, err) < 0)
			return -1;
	return 0;
}

/* The instruments come before the policy, so that it is loaded beside them. */
static int test_variant(struct live *live, const struct task *task, struct blame *blame,
			struct sim_error *err)
{
	const struct scenario *scenario = task->order->plan->scenario;
	const struct variant *variant = &scenario->variants[task->order->variant];
	struct witness *witness = NULL;
	int messages = task->messages;
	live->listener = (struct live_listener){.warn = tell_warning, .arg = &messages};
	if (live_start(live, task->order->variant, &blame->refused, err) < 0)
		return -1;
	if (scenario_refusals(variant))
		return refuse_variant(live, variant, task, &blame->refused, err);
	if (wants_witness(task->order) &&
	    witness_open(task->order->plan, live->hosts, &witness, err) < 0)
		return -1;
	const struct sim_drops_lender lender = {.make = loan_ask, .arg = &messages};
	if (witness)
		witness_borrow(witness, &lender);
	int status = live_load(live, task->order->variant, &blame->refused, err);
	if (status == 0)
		status = live_serve(live, task->order->variant, &blame->status, err);
	if (status == 0)
		status = run_variant(live, witness, task, &blame->status, err);
	witness_close(witness);
	return status;
}

/* The lab's own process, and where it tells of its end. */
static struct {
	pid_t pid;
	int messages;
} teller;

/*
 * libnftables calls exit(3) where it gets no answer, netsim where it cannot come back to our
 * network: the reason is in errno, if anywhere.
 */
static void tell_exit(void)
{
	struct sim_error why;
	if (getpid() != teller.pid)
		return;
	sim_fail(&why, errno, "the lab's process had to end");
	tell_failure(teller.messages, 3, why.text);
}

static int body(void *arg)
{
	const struct task *task = arg;
	teller.pid = getpid();
	teller.messages = task->messages;
	atexit(tell_exit);
	struct blame blame = {.status = 3};
	struct sim_error err;
	struct live live;
	activity_show(task->activity);
	activity_is("the lab was built");
	if (live_up(task->order->plan, task->order->cgroups, &live, &err) < 0)
		return tell_failure(task->messages, 3, err.text);
	int status = test_variant(&live, task, &blame, &err);
	if (status == 0 && daemons_end_units(&live.daemons, &err) < 0) {
		blame.status = 2;
		status = -1;
	}
	live_down(&live);
	if (status == 0)
		return 0;
	/* Whoever is blamed: the machine is. */
	if (sim_is_lack(err.errnum))
		blame.status = 3;
	return blame.refused.policy ? tell_refusal(task->messages, &blame.refused, &err)
				    : tell_failure(task->messages, blame.status, err.text);
}

int session_start(const struct session_order *order, struct session *session, struct sim_error *err)
{
	int ends[2];
	if (services_load(order->plan->scenario, err) < 0)
		return -1;
	struct activity *activity = activity_new(err);
	if (!activity)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		sim_fail(err, errno, "cannot make a socket pair");
		activity_free(activity);
		return -1;
	}
	struct task task = {.order = order, .messages = ends[1], .activity = activity};
	int fds[1 + SIM_CGROUPS_FDS_MAX] = {ends[1]};
	size_t n_fds = 1 + sim_cgroups_fds(order->cgroups, fds + 1);
	struct sim_world_spec spec = {
		.body = body,
		.arg = &task,
		.fds = fds,
		.n_fds = n_fds,
		.limits = &order->plan->scenario->limits,
		.cgroups = order->cgroups,
		.jails = order->plan->scenario->jails,
		.apart = order->apart,
	};
	session->init = sim_world_start(&spec, ends[1], &session->lifeline, err);
	close(ends[1]);
	if (session->init < 0) {
		close(ends[0]);
		activity_free(activity);
		return -1;
	}
	session->messages = ends[0];
	session->activity = activity;
	session->order = order;
	return 0;
}

/* In place of a message: why there is none. */
static int fail_to_read(struct session_message *message, const char *why)
{
	message->kind = SESSION_FAILURE;
	message->failure.status = 3;
	message->failure.policy = false;
	snprintf(message->failure.text, sizeof(message->failure.text), "%s", why);
	return 1;
}

int session_read(const struct session *session, struct session_message *message)
{
	char why_not[128];
	ssize_t length;
	do
		length = recv(session->messages, message, sizeof(*message), 0);
	/* It is reset by a lab that has not read an answer; what it had said is there all the same.
	 */
	while (length < 0 && (errno == EINTR || errno == ECONNRESET));
	if (length < 0) {
		snprintf(why_not, sizeof(why_not), "cannot hear the lab: %s", strerror(errno));
		fail_to_read(message, why_not);
		return -1;
	}
	if (length == (ssize_t)sizeof(*message))
		return session_check(session->order, message) &&
				       !(message->kind == SESSION_LOAN && session->lent)
			       ? 1
			       : fail_to_read(message,
					      "the lab sent what makes no sense: a program in it "
					      "may have meddled with the lab's own process");
	/* The world could not be furnished: its own words. */
	if (length == (ssize_t)sizeof(struct sim_error)) {
		struct sim_error why;
		memcpy(&why, message, sizeof(why));
		why.text[sizeof(why.text) - 1] = '\0';
		return fail_to_read(message, why.text);
	}
	return 0;
}

int session_end(struct session *session, bool now, struct sim_error *err)
{
	int status = 0;
	if (now)
		kill(session->init, SIGKILL);
	while (waitpid(session->init, &status, 0) < 0 && errno == EINTR)
		;
	close(session->lifeline);
	close(session->messages);
	activity_free(session->activity);
	*session = (struct session)SESSION_NONE;
	if (now || (WIFEXITED(status) && WEXITSTATUS(status) <= 1))
		return 0;
	if (WIFSIGNALED(status))
		return sim_fail(err, 0, "the lab was killed by signal %d (%s)", WTERMSIG(status),
				strsignal(WTERMSIG(status)));
	return sim_fail(err, 0, "the lab's process died");
}
