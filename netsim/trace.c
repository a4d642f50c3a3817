/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/trace.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <netlink/msg.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"

/* Enough for some thousand events between two looks. */
#define BUFFER_BYTES (4 * 1024 * 1024)

/* Headers are enough of a logged packet. */
#define SNAPSHOT_BYTES 128

/* "fwla" */
#define CANARY_MARK   0x66776c61
#define CANARY_PREFIX "fwlab canary"

/* How many packets' headers are remembered for the events that come without. */
#define REMEMBERED 64

/* %u: the canary's group. */
static const char ruleset[] =
	"table inet " SIM_TRACE_TABLE " {\n"
	"	flags owner;\n"
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -2147483647; policy accept;\n"
	"		tcp flags & (syn | rst) != 0 meta nftrace set 1\n"
	"		meta l4proto != tcp meta nftrace set 1\n"
	"	}\n"
	"	chain output {\n"
	"		type filter hook output priority -2147483647; policy accept;\n"
	"		oifname lo udp dport 9 meta mark 0x66776c61 meta nftrace set 1 log prefix "
	"\"" CANARY_PREFIX "\" group %u drop\n"
	"		tcp flags & (syn | rst) != 0 meta nftrace set 1\n"
	"		meta l4proto != tcp meta nftrace set 1\n"
	"	}\n"
	"	chain " SIM_TRACE_ADMITTED " {\n"
	"		type filter hook input priority 2147483647; policy accept;\n"
	"		meta l4proto udp meta nftrace set 1\n"
	"	}\n"
	"}\n";

/* What nftables has told of a packet, by its trace id. */
struct memory {
	uint32_t id;
	struct sim_packet packet;
	unsigned in;
	unsigned out;
	uint32_t ct_state;
};

struct sim_trace {
	struct sim_host *host;
	struct nft_ctx *table; /* its socket owns our table */
	/* Of nftables and of the log, so that both are heard in the order in which they spoke. */
	struct netlink *netlink;
	struct memory memory[REMEMBERED];
	unsigned next;
	uint8_t groups[(UINT16_MAX + 1) / 8]; /* that are listened to, a bit each */
	char *reach;			      /* the tables that mark elsewhere, or NULL */
	unsigned families;		      /* theirs, as reach_families() has them */
	uint16_t port;			      /* whose connections are marked as a whole; 0: none */
};

void sim_host_leave_groups(struct sim_host *host, uint16_t groups)
{
	host->left_groups |= groups;
}

static bool is_left(const struct sim_host *host, unsigned group)
{
	return group < SIM_LEFT_GROUPS && (host->left_groups & 1u << group);
}

/* That of the legacy tables' traces, or one that nobody is likely to log to. */
static uint16_t canary_group(const struct sim_trace *trace)
{
	return is_left(trace->host, 0) ? UINT16_MAX : 0;
}

bool sim_trace_hears_legacy(const struct sim_trace *trace)
{
	return !is_left(trace->host, 0);
}

static int open_netlink(struct sim_trace *trace, struct sim_error *err)
{
	if (netlink_open(NETLINK_NETFILTER, &trace->netlink, err) < 0)
		return -1;
	int fd = nl_socket_get_fd(trace->netlink->sock);
	int bytes = BUFFER_BYTES;
	/* News have no number, and come between a request and its answer. */
	nl_socket_disable_seq_check(trace->netlink->sock);
	/* Where the limit may not be passed, as much as it allows. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	return 0;
}

static int listen_to_nft(struct sim_trace *trace, struct sim_error *err)
{
	int status = nl_socket_add_membership(trace->netlink->sock, NFNLGRP_NFTRACE);
	if (status < 0)
		return sim_fail(err, 0, "cannot listen to nftables' trace: %s",
				nl_geterror(status));
	return 0;
}

static int pass_over(struct nl_msg *news, void *arg)
{
	(void)news;
	(void)arg;
	return NL_OK;
}

/* One configuration message of nfnetlink_log for a group. */
static int configure_group(struct netlink *log, uint16_t group, int type, const void *value,
			   int length, struct sim_error *err)
{
	struct nl_msg *msg = netlink_netfilter(NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_CONFIG, 0,
					       AF_UNSPEC, htons(group));
	if (msg && nla_put(msg, type, length, value) < 0) {
		nlmsg_free(msg);
		msg = NULL;
	}
	/* News may come meanwhile: they are of no probe yet. */
	return netlink_query(log, msg, pass_over, NULL, err);
}

static int bind_group(struct netlink *log, uint16_t group, struct sim_error *err)
{
	struct nfulnl_msg_config_cmd bind = {.command = NFULNL_CFG_CMD_BIND};
	struct nfulnl_msg_config_mode mode = {.copy_range = htonl(SNAPSHOT_BYTES),
					      .copy_mode = NFULNL_COPY_PACKET};
	/* Otherwise the kernel saves messages up for a second. */
	uint32_t at_once = htonl(1);
	if (configure_group(log, group, NFULA_CFG_CMD, &bind, sizeof(bind), err) < 0 ||
	    configure_group(log, group, NFULA_CFG_MODE, &mode, sizeof(mode), err) < 0 ||
	    configure_group(log, group, NFULA_CFG_QTHRESH, &at_once, sizeof(at_once), err) < 0)
		return sim_wrap(err, "cannot listen to NFLOG group %u", group);
	return 0;
}

/* The legacy tables' TRACE writes to the log of its family: make it NFLOG's. */
static int route_log(struct sim_error *err)
{
	static const char *const sysctls[] = {"net/netfilter/nf_log/2", "net/netfilter/nf_log/10"};
	for (size_t i = 0; i < 2; i++) {
		struct sim_error why;
		if (sim_write_sysctl(sysctls[i], "nfnetlink_log", &why) < 0 && why.errnum != ENOENT)
			return sim_fail(err, 0, "%s", why.text);
	}
	return 0;
}

static int listen_to_log(struct sim_trace *trace, struct sim_error *err)
{
	if (bind_group(trace->netlink, canary_group(trace), err) < 0)
		return -1;
	/* Somebody else's log is not ours to write to. */
	return sim_trace_hears_legacy(trace) ? route_log(err) : 0;
}

int sim_trace_hear_group(struct sim_trace *trace, uint16_t group, struct sim_error *err)
{
	uint8_t bit = (uint8_t)(1 << group % 8);
	struct sim_error why;
	/* What is left to others is not missed. */
	if (is_left(trace->host, group) || group == canary_group(trace) ||
	    (trace->groups[group / 8] & bit))
		return 1;
	if (bind_group(trace->netlink, group, &why) < 0) {
		/* Of its socket, that is: EPERM (nfulnl_recv_config()). */
		if (why.errnum == EPERM || why.errnum == EBUSY)
			return 0;
		return sim_fail(err, why.errnum, "host %s: %s", sim_host_name(trace->host),
				why.text);
	}
	trace->groups[group / 8] |= bit;
	return 1;
}

static int add_table(struct sim_trace *trace, struct sim_error *err)
{
	char text[sizeof(ruleset) + 16];
	snprintf(text, sizeof(text), ruleset, canary_group(trace));
	if (netlink_nft_open(&trace->table, err) < 0)
		return -1;
	nft_ctx_buffer_error(trace->table);
	if (nft_run_cmd_from_buffer(trace->table, text) != 0)
		return sim_fail(err, 0, "cannot add the trace's table: %s",
				nft_ctx_get_error_buffer(trace->table));
	return 0;
}

/* In chains of their own, so that they can be taken away again. */
static void write_following(FILE *to, const char *hook, uint16_t port)
{
	static const char *const ends[] = {"sport", "dport"};
	if (!port) {
		fprintf(to, "flush chain inet %s follow_%s\n", SIM_TRACE_TABLE, hook);
		fprintf(to, "delete chain inet %s follow_%s\n", SIM_TRACE_TABLE, hook);
		return;
	}
	fprintf(to, "add chain inet %s follow_%s { type filter hook %s priority -2147483647; }\n",
		SIM_TRACE_TABLE, hook, hook);
	for (size_t i = 0; i < 2; i++)
		fprintf(to,
			"add rule inet %s follow_%s tcp %s %u limit rate 200/second burst 100 "
			"packets meta nftrace set 1\n",
			SIM_TRACE_TABLE, hook, ends[i], port);
}

int sim_trace_follow(struct sim_trace *trace, uint16_t port, struct sim_error *err)
{
	autofree char *commands = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&commands, &length);
	if (!to)
		return sim_fail(err, ENOMEM, "a trace's connection");
	write_following(to, "prerouting", port);
	write_following(to, "output", port);
	reach_write_rules(to, trace->families, port);
	if (fclose(to) != 0)
		return sim_fail(err, ENOMEM, "a trace's connection");
	if (nft_run_cmd_from_buffer(trace->table, commands) != 0)
		return sim_fail(err, 0, "host %s: cannot follow a connection: %s",
				sim_host_name(trace->host), nft_ctx_get_error_buffer(trace->table));
	trace->port = port;
	return 0;
}

/* `text` in place of what marks elsewhere: 1, or 0 where nftables refuses it. */
static int replace_reach(struct sim_trace *trace, const char *text, unsigned families,
			 struct sim_error *err)
{
	autofree char *commands = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&commands, &length);
	if (!to)
		return sim_fail(err, ENOMEM, "the reach of a trace");
	reach_write_end(to, trace->families);
	fputs(text, to);
	reach_write_rules(to, families, trace->port);
	if (fclose(to) != 0)
		return sim_fail(err, ENOMEM, "the reach of a trace");
	return nft_run_cmd_from_buffer(trace->table, commands) == 0;
}

int sim_trace_reach(struct sim_trace *trace, const struct sim_place *places, size_t count,
		    bool *changed, struct sim_error *err)
{
	autofree char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	if (!to)
		return sim_fail(err, ENOMEM, "the reach of a trace");
	reach_write(to, places, count);
	if (fclose(to) != 0)
		return sim_fail(err, ENOMEM, "the reach of a trace");
	*changed = false;
	if (!strcmp(text, trace->reach ? trace->reach : ""))
		return 1;
	unsigned families = reach_families(places, count);
	int done = replace_reach(trace, text, families, err);
	if (done <= 0)
		return done;
	*changed = true;
	free(trace->reach);
	trace->reach = steal_ptr(&text);
	trace->families = families;
	return 1;
}

/* A packet of our own to ourselves, which our table logs, traces and drops. */
static int send_canary(struct sim_error *err)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9)};
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	unsigned mark = CANARY_MARK;
	autoclose int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) < 0)
		return sim_fail(err, errno, "cannot make the trace's canary");
	bool sent = sendto(fd, "", 1, 0, (struct sockaddr *)&to, sizeof(to)) >= 0;
	if (sent || errno != EPERM)
		return sim_fail(err, sent ? 0 : errno,
				"the trace's canary was not caught by its table");
	return 0;
}

/* With this thread in the host's network. */
static int furnish(void *arg, struct sim_error *err)
{
	struct sim_trace *trace = arg;
	if (open_netlink(trace, err) < 0 || listen_to_log(trace, err) < 0 ||
	    listen_to_nft(trace, err) < 0 || add_table(trace, err) < 0)
		return -1;
	return send_canary(err);
}

struct canary {
	bool traced;
	bool logged;
};

static void look_for_canary(const struct sim_trace_event *event, void *arg)
{
	struct canary *canary = arg;
	canary->traced |= event->kind == SIM_TRACE_RULE && event->verdict == SIM_VERDICT_DROP &&
			  sim_trace_is_own(event);
	canary->logged |= event->kind == SIM_TRACE_LOG && !strcmp(event->prefix, CANARY_PREFIX);
}

static int hear_canary(struct sim_trace *trace, struct sim_error *err)
{
	struct canary canary = {0};
	if (sim_trace_read(trace, look_for_canary, &canary, err) < 0)
		return -1;
	if (!canary.traced || !canary.logged)
		return sim_fail(err, 0, "the canary was sent, but the %s did not tell of it",
				canary.traced ? "log" : "trace");
	return 0;
}

int sim_trace_open(struct sim_host *host, struct sim_trace **out, struct sim_error *err)
{
	struct sim_trace *trace = calloc(1, sizeof(*trace));
	if (!trace)
		return sim_fail(err, ENOMEM, "the trace of host %s", sim_host_name(host));
	trace->host = host;
	if (sim_host_within(host, furnish, trace, err) < 0 || hear_canary(trace, err) < 0) {
		sim_trace_close(trace);
		return sim_wrap(err, "host %s", sim_host_name(host));
	}
	*out = trace;
	return 0;
}

void sim_trace_close(struct sim_trace *trace)
{
	if (!trace)
		return;
	if (trace->table)
		nft_ctx_free(trace->table);
	free(trace->reach);
	netlink_close(trace->netlink);
	free(trace);
}

int sim_trace_fd(const struct sim_trace *trace)
{
	return nl_socket_get_fd(trace->netlink->sock);
}

bool sim_trace_is_own(const struct sim_trace_event *event)
{
	return !event->legacy && !strcmp(event->table, SIM_TRACE_TABLE) &&
	       (event->family == NFPROTO_INET ||
		!strncmp(event->chain, SIM_REACH_CHAINS, strlen(SIM_REACH_CHAINS)));
}

/* What a packet is comes with its first event in each base chain only. */
static void recall_packet(struct sim_trace *trace, struct sim_trace_event *event)
{
	if (event->legacy || event->kind == SIM_TRACE_LOG)
		return;
	if (event->packet.family) {
		trace->memory[trace->next++ % REMEMBERED] = (struct memory){
			event->id, event->packet, event->in, event->out, event->ct_state};
		return;
	}
	for (unsigned i = 0; i < REMEMBERED; i++) {
		const struct memory *memory = &trace->memory[(trace->next - 1 - i) % REMEMBERED];
		if (memory->id == event->id) {
			event->packet = memory->packet;
			event->in = memory->in;
			event->out = memory->out;
			event->ct_state = memory->ct_state;
			return;
		}
	}
}

struct reading {
	struct sim_trace *trace;
	void (*each)(const struct sim_trace_event *event, void *arg);
	void *arg;
};

static void read_messages(const struct reading *reading, char *buffer, size_t length)
{
	struct nlmsghdr *header = (struct nlmsghdr *)(void *)buffer;
	int left = (int)length;
	for (; nlmsg_ok(header, left); header = nlmsg_next(header, &left)) {
		struct sim_trace_event event;
		if (!sim_trace_parse(header, header->nlmsg_len, &event))
			continue;
		recall_packet(reading->trace, &event);
		reading->each(&event, reading->arg);
	}
}

int sim_trace_read(struct sim_trace *trace,
		   void (*each)(const struct sim_trace_event *event, void *arg), void *arg,
		   struct sim_error *err)
{
	_Alignas(struct nlmsghdr) char buffer[65536];
	const struct reading reading = {trace, each, arg};
	int whole = 1;
	for (;;) {
		struct sockaddr_nl from = {0};
		socklen_t from_length = sizeof(from);
		ssize_t length = recvfrom(sim_trace_fd(trace), buffer, sizeof(buffer), MSG_DONTWAIT,
					  (struct sockaddr *)&from, &from_length);
		if (length >= 0 && from.nl_pid != 0)
			continue; /* a program's, which would like to be the kernel */
		if (length >= 0)
			read_messages(&reading, buffer, (size_t)length);
		else if (errno == ENOBUFS)
			whole = 0;
		else if (errno == EAGAIN)
			return whole;
		else if (errno != EINTR)
			return sim_fail(err, errno, "cannot read the trace of host %s",
					sim_host_name(trace->host));
	}
}
