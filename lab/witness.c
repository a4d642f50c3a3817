/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lab/post.h"

/* How long a connection may be silent before all of it is listened to; TCP sends again after 200
 * ms. */
#define SILENCE_NS 100000000

/* In place of a host's number. */
#define CLOCK (LOSSES_NEWS - 1)

/* Hosts whose news are taken in at a time. */
#define READY_MAX  32
#define ROUNDS_MAX 64

struct witness {
	const struct plan *plan;
	struct post *posts;
	size_t n_posts;
	int readable; /* epoll of all traces */
	struct findings findings;
	bool missed;
	struct sim_host *const *hosts;
	struct losses losses;
	bool changed; /* rules, while the probe ran */
	int clock;    /* timerfd: time to see whether the probe is stuck */
	bool due;     /* it has told so */
};

static int watch_post(struct witness *witness, struct post *post, struct sim_error *err)
{
	struct epoll_event event = {.events = EPOLLIN,
				    .data.u64 = (uint64_t)(post - witness->posts)};
	if (epoll_ctl(witness->readable, EPOLL_CTL_ADD, sim_trace_fd(post->trace), &event) < 0)
		return sim_fail(err, errno, "cannot wait for the traces");
	return 0;
}

static int open_posts(struct witness *witness, struct sim_host *const *hosts, size_t count,
		      struct sim_error *err)
{
	struct epoll_event tick = {.events = EPOLLIN, .data.u64 = CLOCK};
	witness->readable = epoll_create1(EPOLL_CLOEXEC);
	witness->clock = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	witness->posts = calloc(count, sizeof(*witness->posts));
	if (witness->readable < 0 || !witness->posts || witness->clock < 0 ||
	    findings_open(&witness->findings, witness->plan, hosts, witness->posts) < 0 ||
	    epoll_ctl(witness->readable, EPOLL_CTL_ADD, witness->clock, &tick) < 0)
		return sim_fail(err, errno, "the witness");
	for (size_t i = 0; i < count; i++) {
		struct post *post = &witness->posts[witness->n_posts++];
		if (post_open(post, hosts[i], err) < 0 || watch_post(witness, post, err) < 0)
			return -1;
	}
	return 0;
}

int witness_open(const struct plan *plan, struct sim_host *const *hosts, struct witness **out,
		 struct sim_error *err)
{
	struct witness *witness = calloc(1, sizeof(*witness));
	if (!witness)
		return sim_fail(err, ENOMEM, "the witness");
	witness->hosts = hosts;
	witness->losses = (struct losses)LOSSES_NONE;
	witness->plan = plan;
	witness->clock = -1;
	if (open_posts(witness, hosts, plan->scenario->n_hosts, err) < 0) {
		witness_close(witness);
		return -1;
	}
	*out = witness;
	return 0;
}

void witness_close(struct witness *witness)
{
	if (!witness)
		return;
	for (size_t i = 0; i < witness->n_posts; i++)
		post_close(&witness->posts[i]);
	losses_close(&witness->losses);
	if (witness->readable >= 0)
		close(witness->readable);
	if (witness->clock >= 0)
		close(witness->clock);
	free(witness->posts);
	findings_close(&witness->findings);
	free(witness);
}

/* Such see frames too of which a trace does not know what is in them. */
static bool has_early_rules(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (witness->posts[i].early)
			return true;
	return false;
}

int witness_learn(struct witness *witness, const struct variant *variant, struct sim_error *err)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (post_learn(&witness->posts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < variant->n_sets; i++)
		if (post_note_policies(&witness->posts[variant->sets[i].host], &variant->sets[i],
				       err) < 0)
			return -1;
	/* What no rule will be heard to drop. */
	if (!witness_is_audible(witness) || has_early_rules(witness))
		witness_watch_losses(witness);
	return 0;
}

void witness_borrow(struct witness *witness, const struct sim_drops_lender *lender)
{
	witness->losses.lender = lender;
}

bool witness_watch_losses(struct witness *witness)
{
	struct losses *losses = &witness->losses;
	return !losses->tried &&
	       losses_watch(losses, witness->hosts, witness->n_posts, witness->readable);
}

bool witness_hears_losses(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++) {
		const struct post *post = &witness->posts[i];
		if (post->ruleset && !sim_ruleset_keeps_ports(post->ruleset))
			return false;
	}
	return witness->losses.drops;
}

const char *witness_losses_missing(const struct witness *witness)
{
	const struct losses *losses = &witness->losses;
	return losses->tried && !losses->drops ? losses->missing.text : "";
}

/* 1 where the rules of a host had been changed. */
static int refresh(struct witness *witness, bool during, struct sim_error *err)
{
	int changed = 0;
	for (size_t i = 0; i < witness->n_posts; i++) {
		int status = post_refresh(&witness->posts[i], during, err);
		if (status < 0)
			return -1;
		changed |= status;
	}
	return changed;
}

int witness_fd(const struct witness *witness)
{
	return witness->readable;
}

/* Whose news are being read. */
struct hearing {
	struct witness *witness;
	size_t host;
};

static void hear(const struct sim_trace_event *event, void *arg)
{
	const struct hearing *hearing = arg;
	struct witness *witness = hearing->witness;
	witness->missed |= !findings_note(&witness->findings, hearing->host, event);
}

static int read_trace(struct witness *witness, size_t host, struct sim_error *err)
{
	struct hearing hearing = {.witness = witness, .host = host};
	int whole = sim_trace_read(witness->posts[host].trace, hear, &hearing, err);
	witness->missed |= whole == 0;
	return whole < 0 ? -1 : 0;
}

static void read_clock(struct witness *witness)
{
	uint64_t ticks;
	if (read(witness->clock, &ticks, sizeof(ticks)) == (ssize_t)sizeof(ticks))
		witness->due = true;
}

/* What can be read now: how much there was of traces, -1 on failure. */
static int read_ready(struct witness *witness, struct sim_error *err)
{
	struct epoll_event ready[READY_MAX];
	int count;
	int traces = 0;
	do
		count = epoll_wait(witness->readable, ready, READY_MAX, 0);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return sim_fail(err, errno, "cannot wait for the traces");
	for (int i = 0; i < count; i++) {
		if (ready[i].data.u64 == CLOCK)
			read_clock(witness);
		if (ready[i].data.u64 == CLOCK || ready[i].data.u64 == LOSSES_NEWS)
			continue;
		if (read_trace(witness, ready[i].data.u64, err) < 0)
			return -1;
		traces++;
	}
	return traces;
}

static int read_all(struct witness *witness, struct sim_error *err)
{
	int traces = 1;
	/*
	 * These first: a rule's drop is told of by its trace before the kernel drops
	 * it, so that no rule is unknown by whom a loss is known.
	 */
	if (losses_read(&witness->losses, err) < 0)
		return -1;
	/*
	 * Until nothing is left: then it is known of whatever has come to a host who has sent it.
	 * Who never falls silent is not waited for.
	 */
	for (int round = 0; traces > 0 && round < ROUNDS_MAX; round++)
		traces = read_ready(witness, err);
	return traces < 0 ? -1 : 0;
}

/* In a transaction of nftables each. */
static int tell_posts(struct witness *witness, uint16_t port, struct sim_error *err)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (post_follow(&witness->posts[i], port, err) < 0)
			return -1;
	witness->findings.flow.followed = port;
	return 0;
}

int witness_follow(struct witness *witness, uint16_t port, struct sim_error *err)
{
	uint16_t followed = witness->findings.flow.followed;
	if (port == followed)
		return 0;
	if (followed && tell_posts(witness, 0, err) < 0)
		return -1;
	return port ? tell_posts(witness, port, err) : 0;
}

static void start_clock(struct witness *witness)
{
	const struct itimerspec every = {.it_value.tv_nsec = SILENCE_NS,
					 .it_interval.tv_nsec = SILENCE_NS};
	witness->due = false;
	timerfd_settime(witness->clock, 0, &every, NULL);
}

int witness_reset(struct witness *witness, size_t source, struct sim_error *err)
{
	int status = refresh(witness, false, err) < 0 ? -1 : read_all(witness, err);
	start_clock(witness);
	for (size_t i = 0; i < witness->n_posts; i++)
		post_forget(&witness->posts[i]);
	witness->changed = false;
	findings_begin(&witness->findings, source);
	witness->missed = false;
	losses_forget(&witness->losses);
	return status;
}

/* Whether it was a copy's, as the rule that dropped it has told. */
static bool is_of_a_copy(const struct witness *witness, const struct loss *loss)
{
	return loss->reason->kind == SIM_DROP_NETFILTER &&
	       findings_has_copy(&witness->findings, loss->drop.host, &loss->drop.packet);
}

/* All of them each time: the probe's own port may be known by now. */
static void judge_losses(struct witness *witness)
{
	const struct flow *flow = &witness->findings.flow;
	for (size_t i = 0; i < witness->losses.count; i++) {
		struct loss *loss = &witness->losses.all[i];
		const struct sim_packet *packet = &loss->drop.packet;
		loss->concerns = flow_has(flow, packet, &loss->reply) && !flow_is_end(packet) &&
				 !is_of_a_copy(witness, loss);
	}
}

/* The handshake is done, and nothing came of it. */
static bool is_stuck(const struct sighting *sighting)
{
	return sighting->protocol == IPPROTO_TCP && sighting->stage == STAGE_ANSWER &&
	       plan_port_of(&sighting->local) && !sighting->answered;
}

int witness_look(struct witness *witness, const struct sighting *sighting, struct sim_error *err)
{
	if (read_all(witness, err) < 0)
		return -1;
	const struct flow *flow = &witness->findings.flow;
	findings_update(&witness->findings, sighting);
	if (witness->due && !flow->followed && is_stuck(&flow->sighting) &&
	    witness_follow(witness, flow->local, err) < 0)
		return -1;
	findings_judge(&witness->findings);
	judge_losses(witness);
	return 0;
}

int witness_settle(struct witness *witness, const struct sighting *sighting, struct sim_error *err)
{
	int changed = refresh(witness, true, err);
	if (changed < 0)
		return -1;
	if (changed) {
		witness->changed = true;
		findings_doubt(&witness->findings);
	}
	return witness_look(witness, sighting, err);
}

bool witness_is_settled(const struct witness *witness)
{
	return !witness->changed;
}

bool witness_is_deaf(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (witness->posts[i].deaf)
			return true;
	return false;
}

size_t witness_arrival(const struct witness *witness, size_t remote)
{
	return flow_arrival(&witness->findings.flow, witness->plan, remote);
}

size_t witness_admission(const struct witness *witness, const struct sim_packet *datagram)
{
	return witness->missed ? NONE : flow_admission(&witness->findings.flow, datagram);
}

size_t witness_complainer(const struct witness *witness, size_t named,
			  const struct sim_packet *after)
{
	const struct flow *flow = &witness->findings.flow;
	bool early = false; /* rules may have answered before the packet was heard to be there */
	for (size_t i = 0; i < witness->n_posts; i++)
		early |= witness->posts[i].ruleset &&
			 sim_ruleset_is_first(witness->posts[i].ruleset);
	if (witness->missed || early || flow->sighting.any_packet)
		return named;
	return flow_complainer(flow, witness->plan, named, after);
}

bool witness_took(const struct witness *witness, size_t host)
{
	return flow_was_taken(&witness->findings.flow, host);
}

bool witness_is_audible(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++) {
		const struct post *post = &witness->posts[i];
		if (post->ruleset && (post->unreached || !sim_ruleset_is_audible(post->ruleset) ||
				      (!sim_trace_hears_legacy(post->trace) &&
				       sim_ruleset_has_legacy(post->ruleset))))
			return false;
	}
	return true;
}

bool witness_is_idle(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++) {
		const struct post *post = &witness->posts[i];
		if (!post->ruleset || !sim_ruleset_is_idle(post->ruleset) ||
		    (post->before && !sim_ruleset_is_idle(post->before)))
			return false;
	}
	return true;
}

bool witness_sees_counts(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (witness->posts[i].ruleset &&
		    sim_ruleset_counts_connections(witness->posts[i].ruleset))
			return true;
	return false;
}

bool witness_missed(const struct witness *witness)
{
	return witness->missed;
}

const struct finding *witness_findings(const struct witness *witness, size_t *count)
{
	*count = witness->findings.count;
	return witness->findings.all;
}

const struct finding *witness_decision(const struct witness *witness)
{
	return findings_decision(&witness->findings);
}

const struct finding *witness_muffling(const struct witness *witness)
{
	const struct loss *loss = witness_loss(witness);
	return loss ? findings_muffling(&witness->findings, &loss->drop.packet) : NULL;
}

const struct finding *witness_starvation(const struct witness *witness)
{
	return findings_starvation(&witness->findings);
}

const struct finding *witness_last(const struct witness *witness)
{
	return findings_last(&witness->findings);
}

const struct sim_packet *witness_packet(const struct witness *witness)
{
	return findings_packet(&witness->findings);
}

unsigned witness_origin(const struct witness *witness, const struct finding *finding, char *file,
			size_t size)
{
	return post_origin(&witness->posts[finding->host], &finding->event, file, size);
}

const struct sim_rule *witness_rules(const struct witness *witness, const struct finding *finding,
				     size_t *count)
{
	const struct sim_ruleset *ruleset = witness->posts[finding->host].ruleset;
	*count = 0;
	return ruleset ? sim_ruleset_rules(ruleset, &finding->event, count) : NULL;
}

const struct loss *witness_loss(const struct witness *witness)
{
	return losses_decisive(&witness->losses);
}
