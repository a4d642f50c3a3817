/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lab/bridged.h"
#include "lab/flow.h"
#include "lab/outcome.h"
#include "lab/post.h"
#include "lab/way.h"

/* More than this is not kept of one probe: a program that floods, say. */
#define FINDINGS_MAX 4096

/* How long a connection may be silent before all of it is listened to; TCP sends again after 200
 * ms. */
#define SILENCE_NS 100000000

/* In place of a host's number. */
#define CLOCK (LOSSES_NEWS - 1)

/* Hosts whose news are taken in at a time. */
#define READY_MAX 32

struct witness {
	const struct plan *plan;
	struct flow flow;
	struct post *posts;
	size_t n_posts;
	int readable; /* epoll of all traces */
	struct finding *findings;
	size_t n_findings;
	size_t judged; /* findings before this one have been looked at */
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
	witness->findings = calloc(FINDINGS_MAX, sizeof(*witness->findings));
	if (witness->readable < 0 || !witness->posts || !witness->findings || witness->clock < 0 ||
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
	free(witness->findings);
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
	if (sim_trace_is_own(event)) {
		witness->missed |= !flow_note(&witness->flow, hearing->host, event);
		return;
	}
	if (witness->n_findings == FINDINGS_MAX) {
		witness->missed = true;
		return;
	}
	witness->findings[witness->n_findings++] =
		(struct finding){.host = hearing->host,
				 .event = *event,
				 .hook = "",
				 .passages = witness->flow.n_passages};
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

static int read_all(struct witness *witness, struct sim_error *err)
{
	struct epoll_event ready[READY_MAX];
	int count;
	/*
	 * These first: a rule's drop is told of by its trace before the kernel drops
	 * it, so that no rule is unknown by whom a loss is known.
	 */
	if (losses_read(&witness->losses, err) < 0)
		return -1;
	do {
		do
			count = epoll_wait(witness->readable, ready, READY_MAX, 0);
		while (count < 0 && errno == EINTR);
		for (int i = 0; i < count; i++)
			if (ready[i].data.u64 == CLOCK)
				read_clock(witness);
			else if (ready[i].data.u64 != LOSSES_NEWS &&
				 read_trace(witness, ready[i].data.u64, err) < 0)
				return -1;
	} while (count == READY_MAX);
	return count < 0 ? sim_fail(err, errno, "cannot wait for the traces") : 0;
}

/* All hosts listen to the whole of the connection with this port; 0: no longer. */
static int follow(struct witness *witness, uint16_t port, struct sim_error *err)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (post_follow(&witness->posts[i], port, err) < 0)
			return -1;
	witness->flow.followed = port;
	return 0;
}

int witness_follow(struct witness *witness, uint16_t port, struct sim_error *err)
{
	return follow(witness, port, err);
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
	int status = witness->flow.followed ? follow(witness, 0, err) : 0;
	if (status == 0)
		status = refresh(witness, false, err) < 0 ? -1 : read_all(witness, err);
	start_clock(witness);
	for (size_t i = 0; i < witness->n_posts; i++)
		post_forget(&witness->posts[i]);
	witness->changed = false;
	witness->n_findings = 0;
	witness->judged = 0;
	flow_begin(&witness->flow, source);
	witness->missed = false;
	losses_forget(&witness->losses);
	return status;
}

/* The base chain that this packet was last seen in, in the same table. */
static const char *hook_before(const struct witness *witness, const struct finding *finding)
{
	const struct post *post = &witness->posts[finding->host];
	for (const struct finding *f = finding; f >= witness->findings; f--) {
		bool same = f->host == finding->host && f->event.legacy == finding->event.legacy &&
			    f->event.id == finding->event.id &&
			    f->event.family == finding->event.family &&
			    !strcmp(f->event.table, finding->event.table);
		const char *hook = same ? post_hook(post, &f->event) : "";
		if (*hook)
			return hook;
	}
	return "";
}

static bool is_about(const struct sim_packet *packet, const struct sim_prefix *neighbour)
{
	return neighbour &&
	       (sim_packet_seeks(packet, neighbour) || sim_packet_advertises(packet, neighbour));
}

/*
 * The neighbour that a packet of discovery is about, if one of the probe's packets
 * has need of it: on its way by the routes, or where a host that saw it must hand
 * it on.  Family 0: there is none.
 */
static struct sim_prefix find_sought(const struct witness *witness, const struct sim_packet *packet)
{
	const struct plan *plan = witness->plan;
	const struct sim_prefix *neighbour;
	struct sim_prefix to;
	size_t steps = plan->scenario->n_hosts;
	if (!plan_prefix_of(&witness->flow.sighting.remote, &to))
		return (struct sim_prefix){.family = 0};
	for (size_t host = witness->flow.source; host != NONE && steps > 0; steps--) {
		neighbour = way_neighbour(plan, host, &to);
		if (is_about(packet, neighbour))
			return *neighbour;
		host = way_next(plan, host, &to);
	}
	for (size_t i = 0; i < witness->judged; i++) {
		const struct finding *seen = &witness->findings[i];
		if (!seen->concerns)
			continue;
		neighbour = way_neighbour(plan, seen->host, &seen->event.packet.to);
		if (is_about(packet, neighbour))
			return *neighbour;
	}
	return (struct sim_prefix){.family = 0};
}

/* For whom what was dropped has been: what is the fate of a copy is not the packet's. */
static void find_addressee(const struct witness *witness, struct finding *finding)
{
	const struct plan *plan = witness->plan;
	struct sim_host *host = witness->hosts[finding->host];
	if (finding->concerns) {
		enum bridged bridged = bridged_look(plan, host, finding);
		finding->meant = bridged == BRIDGED_MEANT;
		finding->copy = bridged == BRIDGED_COPY;
		finding->concerns = !finding->copy;
		return;
	}
	struct sim_prefix sought = find_sought(witness, &finding->event.packet);
	if (sought.family && bridged_finds(plan, host, finding, &sought))
		finding->sought = sought;
}

static void judge_finding(struct witness *witness, struct finding *finding)
{
	struct flow *flow = &witness->flow;
	const struct sim_packet *packet = &finding->event.packet;
	finding->concerns =
		!flow_is_foreign(flow, packet) && flow_has(flow, packet, &finding->reply) &&
		!(flow_is_end(packet) && flow_has_closed(flow, finding->host, finding->passages));
	if (finding->concerns && !finding->reply)
		flow_learn_port(flow, packet);
	if (finding->event.kind == SIM_TRACE_LOG)
		return;
	struct post_word word = post_look_up(&witness->posts[finding->host], &finding->event);
	finding->text = word.text;
	finding->wording = word.wording;
	finding->fate = word.fate;
	finding->hook = hook_before(witness, finding);
	finding->sought = (struct sim_prefix){.family = 0};
	finding->meant = finding->copy = false;
	if (finding->fate != SIM_FATE_NONE)
		find_addressee(witness, finding);
}

/* Whether it was a copy's, as the rule that dropped it has told. */
static bool is_of_a_copy(const struct witness *witness, const struct loss *loss)
{
	for (size_t i = 0; i < witness->n_findings; i++) {
		const struct finding *finding = &witness->findings[i];
		if (finding->copy && finding->host == loss->drop.host &&
		    loss->reason->kind == SIM_DROP_NETFILTER &&
		    sim_packet_same_ends(&finding->event.packet, &loss->drop.packet))
			return true;
	}
	return false;
}

/* All of them each time: the probe's own port may be known by now. */
static void judge_losses(struct witness *witness)
{
	for (size_t i = 0; i < witness->losses.count; i++) {
		struct loss *loss = &witness->losses.all[i];
		const struct sim_packet *packet = &loss->drop.packet;
		loss->concerns = flow_has(&witness->flow, packet, &loss->reply) &&
				 !flow_is_end(packet) && !is_of_a_copy(witness, loss);
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
	if (flow_update(&witness->flow, sighting))
		witness->judged = 0;
	if (witness->due && !witness->flow.followed && is_stuck(&witness->flow.sighting) &&
	    follow(witness, witness->flow.local, err) < 0)
		return -1;
	for (; witness->judged < witness->n_findings; witness->judged++)
		judge_finding(witness, &witness->findings[witness->judged]);
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
		witness->judged = 0;
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
	return flow_arrival(&witness->flow, witness->plan, remote);
}

size_t witness_admission(const struct witness *witness, const struct sim_packet *datagram)
{
	return witness->missed ? NONE : flow_admission(&witness->flow, datagram);
}

bool witness_took(const struct witness *witness, size_t host)
{
	return flow_was_taken(&witness->flow, host);
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

bool witness_missed(const struct witness *witness)
{
	return witness->missed;
}

const struct finding *witness_findings(const struct witness *witness, size_t *count)
{
	*count = witness->n_findings;
	return witness->findings;
}

/* The port of the end that began the connection that it is about; 0: it is about none. */
static uint16_t connection_of(const struct witness *witness, const struct finding *finding)
{
	return finding->concerns
		       ? flow_connection(&witness->flow, &finding->event.packet, finding->reply)
		       : 0;
}

/* Whether it is about this connection; 0: a question for a name. */
static bool is_of(const struct witness *witness, const struct finding *finding, uint16_t port)
{
	return port ? connection_of(witness, finding) == port
		    : flow_is_question(&finding->event.packet);
}

/* One that was refused before has been got over by then. */
static const struct finding *program_decision(const struct witness *witness)
{
	uint16_t last = 0;
	for (size_t i = witness->n_findings; i-- > 0 && !last;)
		last = connection_of(witness, &witness->findings[i]);
	for (size_t i = 0; i < witness->n_findings; i++) {
		const struct finding *finding = &witness->findings[i];
		if (finding->concerns && finding->fate != SIM_FATE_NONE &&
		    is_of(witness, finding, last))
			return finding;
	}
	return NULL;
}

/*
 * How likely what befell a packet is to be what became of the probe: of a connection that
 * was reset, a rule that did so; of any, sooner what befell its segments than its end.
 */
static unsigned weigh(const struct witness *witness, const struct finding *finding)
{
	bool resets = finding->fate == SIM_FATE_REJECTED &&
		      reject_may_reset(finding->text ? finding->text : "");
	if (witness->flow.sighting.reset && resets)
		return 3;
	return flow_is_end(&finding->event.packet) ? 1 : 2;
}

const struct finding *witness_decision(const struct witness *witness)
{
	const struct finding *decision = NULL;
	if (witness->flow.sighting.any_packet)
		return program_decision(witness);
	for (size_t i = 0; i < witness->n_findings; i++) {
		const struct finding *finding = &witness->findings[i];
		if (finding->concerns && finding->fate != SIM_FATE_NONE &&
		    (!decision || weigh(witness, finding) > weigh(witness, decision)))
			decision = finding;
	}
	return decision;
}

const struct finding *witness_starvation(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_findings; i++)
		if (witness->findings[i].sought.family)
			return &witness->findings[i];
	return NULL;
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

const struct finding *witness_last(const struct witness *witness)
{
	for (size_t i = witness->n_findings; i-- > 0;)
		if (witness->findings[i].concerns &&
		    witness->findings[i].event.kind != SIM_TRACE_LOG)
			return &witness->findings[i];
	return NULL;
}

const struct sim_packet *witness_packet(const struct witness *witness)
{
	for (size_t i = witness->n_findings; i-- > 0;) {
		const struct finding *finding = &witness->findings[i];
		if (finding->concerns && !finding->reply && finding->event.kind != SIM_TRACE_LOG &&
		    finding->event.packet.family)
			return &finding->event.packet;
	}
	return NULL;
}

const struct loss *witness_loss(const struct witness *witness)
{
	return losses_decisive(&witness->losses);
}
