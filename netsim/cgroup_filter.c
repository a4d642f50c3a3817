/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/cgroup_filter.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "netsim/cleanup.h"
#include "netsim/host_private.h"

/* What the program tells of a packet: whose filter it was, and the packet's first bytes. */
struct record {
	uint32_t filter;
	uint8_t headers[48]; /* an IPv6 header and ports; IPv4: 28 bytes of it */
	uint32_t unused;     /* the stack is written in words of 8 bytes */
};

#define V4_HEADERS 28
#define V4_TO	   16 /* where the destination is: RFC 791 3.1, */
#define V6_TO	   24 /* RFC 8200 3 */

/* Room for 4,096 records between two looks; what comes beyond is refused all the same. */
#define RING_BYTES (1 << 18)

struct filter {
	struct filter *next;
	char cgroup[sizeof(((struct sim_cgroup *)0)->name)];
	uint32_t number;
	int link;
};

struct sim_filters {
	struct filter *all; /* the latest first */
	int map;
	struct ring_buffer *ring;
	/* While records are taken. */
	void (*each)(const struct sim_refusal *refusal, void *arg);
	void *arg;
};

/* A program while it is being written: 13 instructions an IPv6 address at most. */
#define INSTRUCTIONS_MAX (64 + 16 * SIM_EGRESS_MAX)
struct program {
	struct bpf_insn insns[INSTRUCTIONS_MAX];
	size_t count;
};

/* BPF_ADD, BPF_K, BPF_LD and BPF_IMM are 0. */
#define ADD	 BPF_ALU64
#define MOVE	 (BPF_ALU64 | BPF_MOV)
#define LOAD_MAP BPF_DW

/* Where a record lies on the stack, from its end (BPF_REG_10) on downwards. */
#define RECORD	(-(int16_t)sizeof(struct record))
#define HEADERS ((int16_t)(RECORD + (int)offsetof(struct record, headers)))

static size_t emit(struct program *p, uint8_t code, uint8_t dst, uint8_t src, int16_t off,
		   int32_t imm)
{
	p->insns[p->count] = (struct bpf_insn){
		.code = code, .dst_reg = dst & 0xf, .src_reg = src & 0xf, .off = off, .imm = imm};
	return p->count++;
}

static void set(struct program *p, uint8_t reg, int32_t value)
{
	emit(p, MOVE, reg, 0, 0, value);
}

/* Let a jump that has been emitted go to what comes next. */
static void land(struct program *p, size_t jump)
{
	p->insns[jump].off = (int16_t)(p->count - jump - 1);
}

static void leave(struct program *p, int32_t verdict)
{
	set(p, BPF_REG_0, verdict);
	emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* reg = the address of what lies there on the stack. */
static void point(struct program *p, uint8_t reg, int32_t at)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, reg, BPF_REG_10, 0, 0);
	emit(p, ADD, reg, 0, 0, at);
}

/* The packet's first bytes onto the stack; the jump that is taken where it has fewer. */
static size_t load_headers(struct program *p, int32_t length)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_6, 0, 0);
	set(p, BPF_REG_2, 0);
	point(p, BPF_REG_3, HEADERS);
	set(p, BPF_REG_4, length);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_skb_load_bytes);
	return emit(p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 0, 0);
}

/* The i-th 32 bits of a prefix's mask, and of an address, in the packet's own order. */
static int32_t mask_word(const struct sim_prefix *prefix, unsigned i)
{
	int bits = (int)prefix->length - 32 * (int)i;
	if (bits <= 0)
		return 0;
	return (int32_t)htonl(bits >= 32 ? UINT32_MAX : ~(UINT32_MAX >> bits));
}

static int32_t address_word(const struct sim_prefix *prefix, unsigned i)
{
	int32_t word;
	memcpy(&word, prefix->bytes + 4 * (size_t)i, sizeof(word));
	return word & mask_word(prefix, i);
}

/* Leave with a yes where the destination, on the stack at `to`, lies in the prefix. */
static void allow(struct program *p, const struct sim_prefix *prefix, int16_t to)
{
	size_t others[4];
	unsigned count = 0;
	/* Length 0 compares as well: no instruction may be out of reach. */
	for (unsigned i = 0; i < 4 && (!i || mask_word(prefix, i)); i++) {
		emit(p, BPF_LDX | BPF_W | BPF_MEM, BPF_REG_1, BPF_REG_10,
		     (int16_t)(to + 4 * (int)i), 0);
		emit(p, BPF_ALU | BPF_AND | BPF_K, BPF_REG_1, 0, 0, mask_word(prefix, i));
		others[count++] = emit(p, BPF_JMP32 | BPF_JNE | BPF_K, BPF_REG_1, 0, 0,
				       address_word(prefix, i));
	}
	leave(p, 1);
	for (unsigned i = 0; i < count; i++)
		land(p, others[i]);
}

static void allow_family(struct program *p, int family, const struct sim_prefix *prefixes,
			 size_t count, int16_t to)
{
	for (size_t i = 0; i < count; i++)
		if (prefixes[i].family == family)
			allow(p, &prefixes[i], (int16_t)(HEADERS + to));
}

/* Tell of the packet, and leave with a no. */
static void refuse(struct program *p, int map)
{
	emit(p, LOAD_MAP, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map);
	emit(p, 0, 0, 0, 0, 0); /* its second half */
	point(p, BPF_REG_2, RECORD);
	set(p, BPF_REG_3, sizeof(struct record));
	set(p, BPF_REG_4, 0);
	emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_ringbuf_output);
	leave(p, 0);
}

static void write_program(struct program *p, uint32_t number, int map,
			  const struct sim_prefix *prefixes, size_t count)
{
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	for (int16_t at = RECORD; at < 0; at = (int16_t)(at + 8))
		emit(p, BPF_ST | BPF_DW | BPF_MEM, BPF_REG_10, 0, at, 0);
	emit(p, BPF_ST | BPF_W | BPF_MEM, BPF_REG_10, 0, RECORD, (int32_t)number);
	size_t short_v4 = load_headers(p, V4_HEADERS);
	emit(p, BPF_LDX | BPF_B | BPF_MEM, BPF_REG_1, BPF_REG_10, HEADERS, 0);
	emit(p, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_1, 0, 0, 4);
	size_t is_v6 = emit(p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, 0, 6);
	allow_family(p, AF_INET, prefixes, count, V4_TO);
	size_t no_v4 = emit(p, BPF_JMP | BPF_JA, 0, 0, 0, 0);
	land(p, is_v6);
	size_t short_v6 = load_headers(p, sizeof(((struct record *)0)->headers));
	allow_family(p, AF_INET6, prefixes, count, V6_TO);
	land(p, short_v4);
	land(p, short_v6);
	land(p, no_v4);
	refuse(p, map);
}

static void free_filters(struct filter *filter)
{
	while (filter) {
		struct filter *next = filter->next;
		close(filter->link);
		free(filter);
		filter = next;
	}
}

void sim_filters_free(struct sim_filters *filters)
{
	if (!filters)
		return;
	free_filters(filters->all);
	ring_buffer__free(filters->ring);
	if (filters->map >= 0)
		close(filters->map);
	free(filters);
}

static int take_record(void *arg, void *data, size_t size)
{
	const struct sim_filters *filters = arg;
	struct record record;
	struct sim_refusal refusal = {.cgroup = ""};
	if (size < sizeof(record) || !filters->each)
		return 0;
	memcpy(&record, data, sizeof(record));
	for (const struct filter *f = filters->all; f; f = f->next)
		if (f->number == record.filter)
			refusal.cgroup = f->cgroup;
	size_t length = record.headers[0] >> 4 == 4 ? V4_HEADERS : sizeof(record.headers);
	if (sim_packet_parse(record.headers, length, NULL, 0, &refusal.packet))
		filters->each(&refusal, filters->arg);
	return 0;
}

/* NULL, with the reason, if there can be none. */
static struct sim_filters *open_filters(struct sim_error *err)
{
	struct sim_filters *filters = calloc(1, sizeof(*filters));
	if (!filters) {
		sim_fail(err, ENOMEM, "cgroup filters");
		return NULL;
	}
	filters->map =
		bpf_map_create(BPF_MAP_TYPE_RINGBUF, "fwlab_refused", 0, 0, RING_BYTES, NULL);
	if (filters->map >= 0)
		filters->ring = ring_buffer__new(filters->map, take_record, filters, NULL);
	if (filters->ring)
		return filters;
	sim_fail(err, errno, "cannot listen to cgroup filters");
	sim_filters_free(filters);
	return NULL;
}

static int load(struct program *program, struct sim_error *err)
{
	int fd = bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "fwlab_egress", "GPL", program->insns,
			       program->count, NULL);
	return fd >= 0 ? fd
		       : sim_fail(err, errno,
				  "cannot load a cgroup's egress filter, which takes root and a "
				  "kernel with CONFIG_CGROUP_BPF");
}

static int attach(const struct sim_host *host, const char *cgroup, struct program *program,
		  struct sim_error *err)
{
	autoclose int directory =
		openat(host->cgroup_dirs[CGROUP2], cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return sim_fail(err, errno, "cgroup %s", cgroup);
	autoclose int loaded = load(program, err);
	if (loaded < 0)
		return -1;
	int link = bpf_link_create(loaded, directory, BPF_CGROUP_INET_EGRESS, NULL);
	return link >= 0 ? link
			 : sim_fail(err, errno, "cannot attach a filter to cgroup %s", cgroup);
}

int sim_cgroup_filter(struct sim_host *host, const char *cgroup, const struct sim_prefix *prefixes,
		      size_t count, struct sim_error *err)
{
	if (count > SIM_EGRESS_MAX)
		return sim_fail(err, E2BIG, "cgroup %s: %zu addresses", cgroup, count);
	struct sim_filters *filters = host->filters;
	if (!filters)
		filters = host->filters = open_filters(err);
	if (!filters)
		return -1;
	struct program program = {.count = 0};
	uint32_t number = filters->all ? filters->all->number + 1 : 0;
	write_program(&program, number, filters->map, prefixes, count);
	struct filter *filter = calloc(1, sizeof(*filter));
	if (!filter)
		return sim_fail(err, ENOMEM, "cgroup filters");
	filter->number = number;
	filter->link = attach(host, cgroup, &program, err);
	if (filter->link < 0) {
		free(filter);
		return -1;
	}
	memcpy(filter->cgroup, cgroup, strnlen(cgroup, sizeof(filter->cgroup) - 1));
	filter->next = filters->all;
	filters->all = filter;
	return 0;
}

int sim_refusals_fd(const struct sim_host *host)
{
	return host->filters ? ring_buffer__epoll_fd(host->filters->ring) : -1;
}

int sim_refusals_take(struct sim_host *host,
		      void (*each)(const struct sim_refusal *refusal, void *arg), void *arg,
		      struct sim_error *err)
{
	struct sim_filters *filters = host->filters;
	if (!filters)
		return 0;
	filters->each = each;
	filters->arg = arg;
	int taken = ring_buffer__consume(filters->ring);
	filters->each = NULL;
	return taken < 0 ? sim_fail(err, -taken, "cannot read what cgroup filters refused") : 0;
}
