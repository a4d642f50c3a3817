/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/skb_drop.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/skb_layout.h"

/* Some thousand drops between two looks. */
#define RING_BYTES (512 * 1024)

/* From the IP header on: that, options and all, and the ports. */
#define PACKET_BYTES 80

static const char canary_text[] = "fwlab canary";

/* What the program tells of a drop. */
struct event {
	uint32_t host;
	uint32_t reason;
	uint8_t packet[PACKET_BYTES];
};

/* What the map has for the number of a host's network namespace. */
struct watched {
	uint32_t host;
	uint32_t lost; /* drops that could not be told */
};

struct sim_drops {
	struct skb_layout layout;
	struct sim_drops_parts
		parts; /* `spaces`: from namespace to struct watched; `events`: a ring */
	struct ring_buffer *ring;
	uint32_t *inums;
	uint32_t *lost; /* of each host, when it was last looked at */
	size_t count;
	/* While it is being read. */
	void (*each)(const struct sim_drop *drop, void *arg);
	void *arg;
	size_t canaries; /* heard */
};

/* Registers: results and arguments, what calls leave alone, and the frame. */
enum { R0, R1, R2, R3, R4, R6 = 6, R7, R8, R9, FRAME };

/* Where the frame keeps them. */
#define AT_EVENT (-(int)sizeof(struct event))
#define AT_INUM	 (AT_EVENT - 8)

#define LOAD(bits, to, from, at)                                                                   \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | (bits), .dst_reg = (to), .src_reg = (from),            \
		.off = (int16_t)(at)                                                               \
	}
#define STORE(bits, to, at, from)                                                                  \
	{                                                                                          \
		.code = BPF_STX | BPF_MEM | (bits), .dst_reg = (to), .src_reg = (from),            \
		.off = (int16_t)(at)                                                               \
	}
#define COPY(to, from)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (to), .src_reg = (from)            \
	}
#define SET(to, value)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value)               \
	}
#define ADD(to, value)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = (to), .imm = (value)               \
	}
#define ADD_REGISTER(to, from)                                                                     \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_ADD | BPF_X, .dst_reg = (to), .src_reg = (from)            \
	}
/* Two instructions. */
#define SET_MAP(to, fd)                                                                            \
	{.code = BPF_LD | BPF_DW | BPF_IMM,                                                        \
	 .dst_reg = (to),                                                                          \
	 .src_reg = BPF_PSEUDO_MAP_FD,                                                             \
	 .imm = (fd)},                                                                             \
	{                                                                                          \
		.code = 0                                                                          \
	}
#define ADD_ATOMICALLY(bits, to, at, from)                                                         \
	{                                                                                          \
		.code = BPF_STX | BPF_ATOMIC | (bits), .dst_reg = (to), .src_reg = (from),         \
		.off = (int16_t)(at), .imm = BPF_ADD                                               \
	}
#define CALL(function)                                                                             \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = (function)                                      \
	}
#define SKIP(count)                                                                                \
	{                                                                                          \
		.code = BPF_JMP | BPF_JA, .off = (count)                                           \
	}
#define SKIP_IF_SET(reg, count)                                                                    \
	{                                                                                          \
		.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = (reg), .off = (count)                \
	}
/* Where to is filled in by load_program(). */
#define TO_THE_END INT16_MAX
#define END_UNLESS_SET(reg)                                                                        \
	{                                                                                          \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = (reg), .off = TO_THE_END             \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

static int load_program(struct bpf_insn *program, size_t count, const struct skb_layout *layout)
{
	for (size_t i = 0; i < count; i++)
		if (BPF_CLASS(program[i].code) == BPF_JMP && program[i].off == TO_THE_END)
			program[i].off = (int16_t)(count - 2 - (i + 1));
	struct bpf_prog_load_opts options = {
		.sz = sizeof(options),
		.expected_attach_type = BPF_TRACE_RAW_TP,
		.attach_btf_id = (uint32_t)layout->tracepoint,
	};
	return bpf_prog_load(BPF_PROG_TYPE_TRACING, "fwlab_drops", "GPL", program, count, &options);
}

/* clang-format off */
static int add_program(const struct skb_layout *at, const struct sim_drops_parts *parts,
		       struct sim_error *err)
{
	struct bpf_insn program[] = {
		LOAD(BPF_DW, R6, R1, at->arg_skb),
		LOAD(BPF_DW, R7, R1, at->arg_reason),
		/* Whose it is: its device's or, before it has one, its socket's. */
		LOAD(BPF_DW, R1, R6, at->skb_dev),
		SKIP_IF_SET(R1, 4),
		LOAD(BPF_DW, R1, R6, at->skb_sk),
		END_UNLESS_SET(R1),
		LOAD(BPF_DW, R1, R1, at->sock_net),
		SKIP(1),
		LOAD(BPF_DW, R1, R1, at->dev_net),
		END_UNLESS_SET(R1),
		LOAD(BPF_W, R1, R1, at->net_inum),
		/* Is that one of the hosts? */
		STORE(BPF_W, FRAME, AT_INUM, R1),
		SET_MAP(R1, parts->spaces),
		COPY(R2, FRAME), ADD(R2, AT_INUM),
		CALL(BPF_FUNC_map_lookup_elem),
		END_UNLESS_SET(R0),
		COPY(R8, R0),
		/* The event. */
		LOAD(BPF_W, R1, R8, offsetof(struct watched, host)),
		STORE(BPF_W, FRAME, AT_EVENT + (int)offsetof(struct event, host), R1),
		STORE(BPF_W, FRAME, AT_EVENT + (int)offsetof(struct event, reason), R7),
		COPY(R1, FRAME), ADD(R1, AT_EVENT + (int)offsetof(struct event, packet)),
		SET(R2, PACKET_BYTES),
		LOAD(BPF_DW, R3, R6, at->skb_head),
		LOAD(BPF_H, R9, R6, at->skb_network_header),
		ADD_REGISTER(R3, R9),
		CALL(BPF_FUNC_probe_read_kernel),
		SET_MAP(R1, parts->events),
		COPY(R2, FRAME), ADD(R2, AT_EVENT),
		SET(R3, sizeof(struct event)),
		SET(R4, 0),
		CALL(BPF_FUNC_ringbuf_output),
		SKIP_IF_SET(R0, 1),
		SKIP(2),
		SET(R1, 1),
		ADD_ATOMICALLY(BPF_W, R8, offsetof(struct watched, lost), R1),
		/* The end. */
		SET(R0, 0),
		EXIT,
	};
	int loaded = load_program(program, sizeof(program) / sizeof(*program), at);
	if (loaded < 0)
		return sim_fail(err, errno, "cannot load the program that watches for drops");
	return loaded;
}
/* clang-format on */

static int add_maps(size_t hosts, struct sim_drops_parts *parts, struct sim_error *err)
{
	parts->spaces = bpf_map_create(BPF_MAP_TYPE_HASH, "fwlab_spaces", sizeof(uint32_t),
				       sizeof(struct watched), (uint32_t)hosts + 1, NULL);
	parts->events = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "fwlab_drops", 0, 0, RING_BYTES, NULL);
	if (parts->spaces < 0 || parts->events < 0)
		return sim_fail(err, errno, "cannot make the maps of a BPF program");
	return 0;
}

static void parts_close(const struct sim_drops_parts *parts)
{
	cleanup_close(&parts->spaces);
	cleanup_close(&parts->events);
	cleanup_close(&parts->link);
}

/* The link holds the program. */
static int make_parts(const struct skb_layout *layout, size_t hosts, struct sim_drops_parts *parts,
		      struct sim_error *err)
{
	*parts = (struct sim_drops_parts){-1, -1, -1};
	if (add_maps(hosts, parts, err) == 0) {
		autoclose int program = add_program(layout, parts, err);
		if (program >= 0)
			parts->link = bpf_raw_tracepoint_open(NULL, program);
		if (parts->link >= 0)
			return 0;
		if (program >= 0)
			sim_fail(err, errno, "cannot watch for drops");
	}
	parts_close(parts);
	*parts = (struct sim_drops_parts){-1, -1, -1};
	return -1;
}

int sim_drops_make(size_t hosts, struct sim_drops_parts *parts, struct sim_error *err)
{
	struct skb_layout layout;
	/* What fails is told by us. */
	libbpf_set_print(NULL);
	if (skb_layout_read(&layout, err) < 0)
		return -1;
	int status = make_parts(&layout, hosts, parts, err);
	skb_layout_clear(&layout);
	return status;
}

static int add_hosts(struct sim_drops *drops, struct sim_host *const *hosts, struct sim_error *err)
{
	drops->inums = calloc(drops->count + 1, sizeof(*drops->inums));
	drops->lost = calloc(drops->count + 1, sizeof(*drops->lost));
	if (!drops->inums || !drops->lost)
		return sim_fail(err, ENOMEM, "watching for drops");
	for (size_t i = 0; i < drops->count; i++) {
		struct stat status;
		struct watched watched = {.host = (uint32_t)i};
		if (fstat(sim_host_netns(hosts[i]), &status) < 0)
			return sim_fail(err, errno, "cannot tell the network of host %s",
					sim_host_name(hosts[i]));
		drops->inums[i] = (uint32_t)status.st_ino;
		if (bpf_map_update_elem(drops->parts.spaces, &drops->inums[i], &watched,
					BPF_NOEXIST) < 0)
			return sim_fail(err, errno, "cannot watch host %s",
					sim_host_name(hosts[i]));
	}
	return 0;
}

static void name_reason(const struct skb_layout *layout, uint32_t reason, struct sim_drop *drop)
{
	if (reason < layout->n_reasons && layout->reasons[reason])
		snprintf(drop->reason, sizeof(drop->reason), "%s", layout->reasons[reason]);
	else
		snprintf(drop->reason, sizeof(drop->reason), "%u", reason);
}

static int take(void *arg, void *data, size_t size)
{
	struct sim_drops *drops = arg;
	const struct event *event = data;
	if (size < sizeof(*event) || event->host >= drops->count)
		return 0;
	if (!memcmp(event->packet, canary_text, sizeof(canary_text))) {
		drops->canaries++;
		return 0;
	}
	struct sim_drop drop = {.host = event->host};
	name_reason(&drops->layout, event->reason, &drop);
	/* What is no IP is told of, too: family 0. */
	if (!sim_packet_parse(event->packet, sizeof(event->packet), NULL, 0, &drop.packet))
		drop.packet = (struct sim_packet){.family = 0};
	if (drops->each)
		drops->each(&drop, drops->arg);
	return 0;
}

static int listen_to(struct sim_drops *drops, struct sim_error *err)
{
	drops->ring = ring_buffer__new(drops->parts.events, take, drops, NULL);
	return drops->ring ? 0 : sim_fail(err, errno, "cannot read from a BPF program");
}

/* With this thread in a host's network, where both sockets then are. */
static int send_canary(void *arg, struct sim_error *err)
{
	(void)arg;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) < 0)
		return sim_fail(err, errno, "cannot make the canary of drops");
	autoclose int from = ends[0];
	ssize_t sent = send(from, canary_text, sizeof(canary_text), MSG_DONTWAIT);
	int errnum = errno;
	/* With its socket goes what nobody has read. */
	close(ends[1]);
	return sent < 0 ? sim_fail(err, errnum, "cannot send the canary of drops") : 0;
}

static int hear_canaries(struct sim_drops *drops, struct sim_host *const *hosts,
			 struct sim_error *err)
{
	for (size_t i = 0; i < drops->count; i++) {
		if (sim_host_within(hosts[i], send_canary, NULL, err) < 0)
			return -1;
		if (sim_drops_read(drops, NULL, NULL, err) < 0)
			return -1;
		if (drops->canaries != i + 1)
			return sim_fail(err, 0, "a canary was dropped at host %s, but not told of",
					sim_host_name(hosts[i]));
	}
	return 0;
}

int sim_drops_open(struct sim_host *const *hosts, size_t count,
		   const struct sim_drops_lender *lender, struct sim_drops **out,
		   struct sim_error *err)
{
	struct sim_drops *drops = calloc(1, sizeof(*drops));
	if (!drops)
		return sim_fail(err, ENOMEM, "watching for drops");
	drops->parts = (struct sim_drops_parts){-1, -1, -1};
	drops->count = count;
	libbpf_set_print(NULL);
	int made = skb_layout_read(&drops->layout, err);
	if (made == 0)
		made = lender ? lender->make(lender->arg, count, &drops->parts, err)
			      : make_parts(&drops->layout, count, &drops->parts, err);
	if (made < 0 || add_hosts(drops, hosts, err) < 0 || listen_to(drops, err) < 0 ||
	    hear_canaries(drops, hosts, err) < 0) {
		sim_drops_close(drops);
		return -1;
	}
	*out = drops;
	return 0;
}

void sim_drops_close(struct sim_drops *drops)
{
	if (!drops)
		return;
	ring_buffer__free(drops->ring);
	parts_close(&drops->parts);
	skb_layout_clear(&drops->layout);
	free(drops->inums);
	free(drops->lost);
	free(drops);
}

int sim_drops_fd(const struct sim_drops *drops)
{
	return ring_buffer__epoll_fd(drops->ring);
}

/* 1, or 0 when some more was lost. */
static int look_for_losses(struct sim_drops *drops, struct sim_error *err)
{
	int whole = 1;
	for (size_t i = 0; i < drops->count; i++) {
		struct watched now;
		if (bpf_map_lookup_elem(drops->parts.spaces, &drops->inums[i], &now) < 0)
			return sim_fail(err, errno, "cannot tell whether drops were lost");
		whole &= now.lost == drops->lost[i];
		drops->lost[i] = now.lost;
	}
	return whole;
}

int sim_drops_read(struct sim_drops *drops, void (*each)(const struct sim_drop *drop, void *arg),
		   void *arg, struct sim_error *err)
{
	drops->each = each;
	drops->arg = arg;
	int status = ring_buffer__consume(drops->ring);
	drops->each = NULL;
	if (status < 0)
		return sim_fail(err, -status, "cannot read from a BPF program");
	return look_for_losses(drops, err);
}
