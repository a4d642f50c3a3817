/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/witness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lab/post.h"
#include "lab/way.h"

/* More than this is not kept of one probe: a program that floods, say. */
#define FINDINGS_MAX 4096

/* Receptions and departures that are kept of one probe. */
#define MARKS_MAX 1024

/* How long a connection may be silent before all of it is listened to; TCP sends again after 200
 * ms. */
#define SILENCE_NS 100000000

/* In place of a host's number. */
#define CLOCK (LOSSES_NEWS - 1)

/* Hosts whose news are taken in at a time. */
#define READY_MAX 32

/* A packet that a host received, or sent on its own account, as our own table was told. */
struct mark {
	size_t host;
	bool is_own;
	struct sim_packet packet;
};

struct witness {
	const struct plan *plan;
	struct mark marks[MARKS_MAX];
	size_t n_marks;
	struct sighting sighting; /* what the probe had seen at the last look */
	struct post *posts;
	size_t n_posts;
	int readable; /* epoll of all traces */
	struct finding *findings;
	size_t n_findings;
	size_t judged;	/* findings before this one have been looked at */
	uint16_t local; /* the probe's port; 0: not known */
	size_t source;	/* the host that it is sent by, or NONE */
	bool missed;
	struct sim_host *const *hosts;
	struct losses losses;
	bool changed;	   /* rules, while the probe ran */
	int clock;	   /* timerfd: time to see whether the probe is stuck */
	bool due;	   /* it has told so */
	uint16_t followed; /* the port whose connection is listened to as a whole; 0: none */
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
	if (!witness_is_audible(witness))
		witness_watch_losses(witness);
	return 0;
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

/* Every first packet that comes to a host, or that one sends, passes a chain of our table. */
static void note_mark(struct witness *witness, size_t host, const struct sim_trace_event *event)
{
	bool leaves = !strcmp(event->chain, "output");
	if (event->kind != SIM_TRACE_RULE || (!leaves && strcmp(event->chain, "prerouting") != 0))
		return; /* of a connection that is followed: every segment */
	if (witness->n_marks == MARKS_MAX) {
		witness->missed = true;
		return;
	}
	witness->marks[witness->n_marks++] = (struct mark){host, leaves, event->packet};
}

static void hear(const struct sim_trace_event *event, void *arg)
{
	const struct hearing *hearing = arg;
	struct witness *witness = hearing->witness;
	if (sim_trace_is_own(event)) {
		note_mark(witness, hearing->host, event);
		return;
	}
	if (witness->n_findings == FINDINGS_MAX) {
		witness->missed = true;
		return;
	}
	witness->findings[witness->n_findings++] =
		(struct finding){.host = hearing->host, .event = *event, .hook = ""};
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
		count = epoll_wait(witness->readable, ready, READY_MAX, 0);
		for (int i = 0; i < count; i++)
			if (ready[i].data.u64 == CLOCK)
				read_clock(witness);
			else if (ready[i].data.u64 != LOSSES_NEWS &&
				 read_trace(witness, ready[i].data.u64, err) < 0)
				return -1;
	} while (count == READY_MAX);
	return count < 0 && errno != EINTR ? sim_fail(err, errno, "cannot wait for the traces") : 0;
}

/* All hosts listen to the whole of the connection with this port; 0: no longer. */
static int follow(struct witness *witness, uint16_t port, struct sim_error *err)
{
	for (size_t i = 0; i < witness->n_posts; i++)
		if (post_follow(&witness->posts[i], port, err) < 0)
			return -1;
	witness->followed = port;
	return 0;
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
	int status = witness->followed ? follow(witness, 0, err) : 0;
	if (status == 0)
		status = refresh(witness, false, err) < 0 ? -1 : read_all(witness, err);
	start_clock(witness);
	for (size_t i = 0; i < witness->n_posts; i++)
		post_forget(&witness->posts[i]);
	witness->changed = false;
	witness->n_findings = 0;
	witness->judged = 0;
	witness->local = 0;
	witness->source = source;
	witness->n_marks = 0;
	witness->missed = false;
	losses_forget(&witness->losses);
	return status;
}

/* A ping of the probe's family: echo requests and replies. */
static bool concerns_ping(const struct sim_packet *packet, bool *reply)
{
	bool v6 = packet->protocol == IPPROTO_ICMPV6;
	*reply = packet->icmp_type == (v6 ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY);
	return *reply || packet->icmp_type == (v6 ? ICMP6_ECHO_REQUEST : ICMP_ECHO);
}

#define DNS_PORT 53

static bool is_question(const struct sim_packet *packet)
{
	return packet->dport == DNS_PORT || packet->sport == DNS_PORT;
}

/* Of a program that nobody knows beforehand: what begins connections, and what asks for names. */
static bool concerns_program(const struct sim_packet *packet, bool *reply)
{
	if (packet->protocol == IPPROTO_TCP) {
		*reply = packet->tcp_flags & SIM_TCP_ACK;
		return packet->tcp_flags & SIM_TCP_SYN;
	}
	*reply = packet->sport == DNS_PORT;
	return packet->protocol == IPPROTO_UDP && is_question(packet);
}

/*
 * Whether a packet is one of the probe's.  Addresses may be changed by NAT on
 * the way, ports too, but not both of them by a policy that anybody can read;
 * and probes run one after another.
 */
static bool concerns(const struct sighting *sighting, uint16_t local, uint16_t followed,
		     const struct sim_packet *packet, bool *reply)
{
	*reply = false;
	if (sighting->any_packet)
		return concerns_program(packet, reply);
	if (!packet->family || packet->protocol != sighting->protocol ||
	    !sighting->remote.ss_family || packet->family != sighting->remote.ss_family)
		return false;
	if (packet->protocol == IPPROTO_ICMP || packet->protocol == IPPROTO_ICMPV6)
		return concerns_ping(packet, reply);
	uint16_t remote = plan_port_of(&sighting->remote);
	bool out = packet->dport == remote || (local && packet->sport == local);
	/* Not what an earlier connection to the same port is still being sent. */
	bool back = local ? packet->dport == local : packet->sport == remote;
	*reply = back && !(local && packet->sport == local);
	/* Of a connection the handshake alone, unless it is followed: what ends it is nobody's
	 * fate.
	 */
	if (packet->protocol == IPPROTO_TCP && !(packet->tcp_flags & SIM_TCP_SYN))
		return followed && (packet->sport == followed || packet->dport == followed) &&
		       !(packet->tcp_flags & SIM_TCP_RST);
	return out || back;
}

/*
 * Whether a packet begins a connection of somebody else's, a daemon's say, who
 * happens to use the same port: another host has sent it on its own account, or
 * this one from another socket.
 */
static bool is_foreign(const struct witness *witness, const struct sim_packet *packet)
{
	if (packet->protocol != IPPROTO_TCP || (packet->tcp_flags & SIM_TCP_ACK) ||
	    packet->sport == witness->local)
		return false;
	for (size_t i = 0; i < witness->n_marks; i++) {
		const struct mark *mark = &witness->marks[i];
		if (mark->is_own && mark->packet.protocol == IPPROTO_TCP &&
		    mark->packet.sport == packet->sport &&
		    sim_address_equal(&mark->packet.from, &packet->from) &&
		    (mark->host != witness->source || witness->local))
			return true;
	}
	return false;
}

/* The base chain that this packet was last seen in, in the same table. */
static const char *hook_before(const struct witness *witness, const struct finding *finding)
{
	const struct post *post = &witness->posts[finding->host];
	for (const struct finding *f = finding; f >= witness->findings; f--) {
		bool same = f->host == finding->host && f->event.legacy == finding->event.legacy &&
			    f->event.id == finding->event.id &&
			    !strcmp(f->event.table, finding->event.table);
		const char *hook = same ? post_hook(post, &f->event) : "";
		if (*hook)
			return hook;
	}
	return "";
}

/*
 * The probe tells its port only after connect(), by when all may have happened:
 * its first packet that is heard of tells it as well.
 */
static void learn_port(struct witness *witness, const struct finding *finding)
{
	if (!witness->local && !witness->sighting.any_packet && finding->concerns &&
	    !finding->reply)
		witness->local = finding->event.packet.sport;
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
	if (!plan_prefix_of(&witness->sighting.remote, &to))
		return (struct sim_prefix){.family = 0};
	for (size_t host = witness->source; host != NONE && steps > 0; steps--) {
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

static void judge_finding(struct witness *witness, const struct sighting *sighting,
			  struct finding *finding)
{
	finding->concerns = !is_foreign(witness, &finding->event.packet) &&
			    concerns(sighting, witness->local, witness->followed,
				     &finding->event.packet, &finding->reply);
	learn_port(witness, finding);
	if (finding->event.kind == SIM_TRACE_LOG)
		return;
	struct post_word word = post_look_up(&witness->posts[finding->host], &finding->event);
	finding->text = word.text;
	finding->wording = word.wording;
	finding->fate = word.fate;
	finding->hook = hook_before(witness, finding);
	finding->sought = (struct sim_prefix){.family = 0};
	if (!finding->concerns && finding->fate != SIM_FATE_NONE)
		finding->sought = find_sought(witness, &finding->event.packet);
}

/* All of them each time: the probe's own port may be known by now. */
static void judge_losses(struct witness *witness, const struct sighting *sighting)
{
	for (size_t i = 0; i < witness->losses.count; i++) {
		struct loss *loss = &witness->losses.all[i];
		loss->concerns = concerns(sighting, witness->local, witness->followed,
					  &loss->drop.packet, &loss->reply);
	}
}

/* The handshake is done, and nothing came of it. */
static bool is_stuck(const struct sighting *sighting)
{
	return sighting->protocol == IPPROTO_TCP && sighting->stage == STAGE_ANSWER &&
	       plan_port_of(&sighting->local) && !sighting->answered;
}

/* Whether the packet that the probe sees to is for somebody else now. */
static bool is_at_another(const struct sighting *before, const struct sighting *now)
{
	return before->protocol != now->protocol ||
	       memcmp(&before->remote, &now->remote, sizeof(now->remote)) != 0;
}

int witness_look(struct witness *witness, const struct sighting *sighting, struct sim_error *err)
{
	if (read_all(witness, err) < 0)
		return -1;
	uint16_t told = plan_port_of(&sighting->local);
	/* What was thought to be the probe's may not have been, or is of an earlier step of it. */
	if ((told && told != witness->local) || is_at_another(&witness->sighting, sighting))
		witness->judged = 0;
	if (told)
		witness->local = told;
	witness->sighting = *sighting;
	if (witness->due && !witness->followed && is_stuck(sighting) &&
	    follow(witness, told, err) < 0)
		return -1;
	for (; witness->judged < witness->n_findings; witness->judged++)
		judge_finding(witness, sighting, &witness->findings[witness->judged]);
	judge_losses(witness, sighting);
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

size_t witness_arrival(const struct witness *witness, const struct plan *plan, size_t source,
		       size_t remote)
{
	const struct sighting *sighting = &witness->sighting;
	size_t only = NONE;
	bool at_remote = false;
	bool several = false;
	for (size_t i = 0; i < witness->n_marks; i++) {
		const struct mark *mark = &witness->marks[i];
		struct sim_prefix wanted;
		bool reply;
		if (mark->is_own || is_foreign(witness, &mark->packet) ||
		    !concerns(sighting, witness->local, 0, &mark->packet, &reply) || reply)
			continue;
		if (plan_prefix_of(&sighting->remote, &wanted) &&
		    !sim_address_equal(&wanted, &mark->packet.to) &&
		    plan_owner(plan, &mark->packet.to) == mark->host)
			return mark->host;
		at_remote |= mark->host == remote;
		several |= only != NONE && only != mark->host;
		if (mark->host != source || source == remote)
			only = mark->host;
	}
	return at_remote ? remote : several ? NONE : only;
}

bool witness_is_audible(const struct witness *witness)
{
	for (size_t i = 0; i < witness->n_posts; i++) {
		const struct post *post = &witness->posts[i];
		if (post->ruleset && (!sim_ruleset_is_audible(post->ruleset) ||
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

/* Whether a host was heard to receive the SYN that began the connection from this port. */
static bool has_begun(const struct witness *witness, uint16_t port)
{
	for (size_t i = 0; i < witness->n_marks; i++) {
		const struct sim_packet *packet = &witness->marks[i].packet;
		if (packet->protocol == IPPROTO_TCP && packet->sport == port &&
		    (packet->tcp_flags & SIM_TCP_SYN))
			return true;
	}
	return false;
}

/*
 * The port of the end that began a connection; 0: this is none of a program's,
 * or a question, or an answer to an earlier program that came late.
 */
static uint16_t connection_of(const struct witness *witness, const struct finding *finding)
{
	const struct sim_packet *packet = &finding->event.packet;
	if (!finding->concerns || packet->protocol != IPPROTO_TCP || is_question(packet))
		return 0;
	if (!finding->reply)
		return packet->sport;
	return has_begun(witness, packet->dport) ? packet->dport : 0;
}

/* Whether it is about this connection; 0: a question for a name. */
static bool is_of(const struct witness *witness, const struct finding *finding, uint16_t port)
{
	return port ? connection_of(witness, finding) == port : is_question(&finding->event.packet);
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

const struct finding *witness_decision(const struct witness *witness)
{
	if (witness->sighting.any_packet)
		return program_decision(witness);
	for (size_t i = 0; i < witness->n_findings; i++)
		if (witness->findings[i].concerns && witness->findings[i].fate != SIM_FATE_NONE)
			return &witness->findings[i];
	return NULL;
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

const struct loss *witness_loss(const struct witness *witness)
{
	return losses_decisive(&witness->losses);
}
