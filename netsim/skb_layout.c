/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/skb_layout.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Numbers from here on are of subsystems, which have no names here. */
#define REASONS_MAX   4096
#define REASON_PREFIX "SKB_DROP_REASON_"

/* Structures within structures that are looked into. */
#define DEPTH_MAX 8

static const struct {
	const char *type;
	const char *path; /* of members; those of unnamed ones count as their owner's */
	size_t to;	  /* in struct skb_layout */
} fields[] = {
	{"sk_buff", "dev", offsetof(struct skb_layout, skb_dev)},
	{"sk_buff", "sk", offsetof(struct skb_layout, skb_sk)},
	{"sk_buff", "head", offsetof(struct skb_layout, skb_head)},
	{"sk_buff", "network_header", offsetof(struct skb_layout, skb_network_header)},
	{"net_device", "nd_net.net", offsetof(struct skb_layout, dev_net)},
	{"sock", "__sk_common.skc_net.net", offsetof(struct skb_layout, sock_net)},
	{"net", "ns.inum", offsetof(struct skb_layout, net_inum)},
};

static const char *name_of(const struct btf *btf, unsigned offset)
{
	const char *name = btf__name_by_offset(btf, offset);
	return name ? name : "";
}

/* A type without its typedefs and qualifiers; NULL: none. */
static const struct btf_type *bare_type(const struct btf *btf, unsigned id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);
	for (unsigned i = 0; type && i < DEPTH_MAX && (btf_is_mod(type) || btf_is_typedef(type));
	     i++)
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* Add a member's offset in bits; its type, or NULL where there is no such member. */
static const struct btf_type *find_member(const struct btf *btf, const struct btf_type *type,
					  const char *name, size_t length, unsigned depth,
					  unsigned *bits)
{
	if (!btf_is_composite(type) || depth == DEPTH_MAX)
		return NULL;
	const struct btf_member *members = btf_members(type);
	for (unsigned i = 0; i < btf_vlen(type); i++) {
		const char *its = name_of(btf, members[i].name_off);
		const struct btf_type *found = bare_type(btf, members[i].type);
		if (found && !*its)
			found = find_member(btf, found, name, length, depth + 1, bits);
		else if (strncmp(its, name, length) != 0 || its[length])
			continue;
		if (!found)
			continue;
		*bits += btf_member_bit_offset(type, i);
		return found;
	}
	return NULL;
}

/* -1: there is no such field, or too far in. */
static int16_t offset_of(const struct btf *btf, const char *type_name, const char *path)
{
	int id = btf__find_by_name_kind(btf, type_name, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? bare_type(btf, (unsigned)id) : NULL;
	unsigned bits = 0;
	for (; type && *path; path += *path == '.') {
		size_t length = strcspn(path, ".");
		type = find_member(btf, type, path, length, 0, &bits);
		path += length;
	}
	return type && bits / 8 <= INT16_MAX ? (int16_t)(bits / 8) : -1;
}

static int read_fields(const struct btf *btf, struct skb_layout *layout, struct sim_error *err)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		int16_t offset = offset_of(btf, fields[i].type, fields[i].path);
		if (offset < 0)
			return sim_fail(err, 0, "the kernel's struct %s has no %s", fields[i].type,
					fields[i].path);
		memcpy((char *)layout + fields[i].to, &offset, sizeof(offset));
	}
	return 0;
}

/* Whether a type is, or points to, the one of this kind and name. */
static bool leads_to(const struct btf *btf, const struct btf_type *type, unsigned kind,
		     const char *name)
{
	if (type && btf_is_ptr(type))
		type = bare_type(btf, type->type);
	return type && btf_kind(type) == kind && !strcmp(name_of(btf, type->name_off), name);
}

/*
 * The tracepoint's arguments, by their types: there have been more of them with
 * time.  The first of the function's parameters is not one of them.
 */
static int read_arguments(const struct btf *btf, struct skb_layout *layout, struct sim_error *err)
{
	layout->tracepoint = btf__find_by_name_kind(btf, "btf_trace_kfree_skb", BTF_KIND_TYPEDEF);
	const struct btf_type *type =
		layout->tracepoint > 0 ? bare_type(btf, (unsigned)layout->tracepoint) : NULL;
	if (type && btf_is_ptr(type))
		type = bare_type(btf, type->type);
	if (!type || !btf_is_func_proto(type))
		return sim_fail(err, 0, "the kernel has no tracepoint kfree_skb");
	layout->arg_skb = layout->arg_reason = -1;
	for (unsigned i = 1; i < btf_vlen(type); i++) {
		const struct btf_type *its = bare_type(btf, btf_params(type)[i].type);
		int16_t offset = (int16_t)((i - 1) * sizeof(uint64_t));
		if (leads_to(btf, its, BTF_KIND_STRUCT, "sk_buff"))
			layout->arg_skb = offset;
		else if (leads_to(btf, its, BTF_KIND_ENUM, "skb_drop_reason"))
			layout->arg_reason = offset;
	}
	if (layout->arg_skb < 0 || layout->arg_reason < 0)
		return sim_fail(err, 0, "the kernel's tracepoint kfree_skb tells no reasons");
	return 0;
}

static int read_reasons(const struct btf *btf, struct skb_layout *layout, struct sim_error *err)
{
	int id = btf__find_by_name_kind(btf, "skb_drop_reason", BTF_KIND_ENUM);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (unsigned)id) : NULL;
	layout->reasons = calloc(REASONS_MAX, sizeof(*layout->reasons));
	if (!layout->reasons)
		return sim_fail(err, ENOMEM, "the kernel's reasons");
	layout->n_reasons = REASONS_MAX;
	for (unsigned i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *value = &btf_enum(type)[i];
		const char *name = name_of(btf, value->name_off);
		if (strncmp(name, REASON_PREFIX, strlen(REASON_PREFIX)) != 0 || value->val < 0 ||
		    value->val >= REASONS_MAX || layout->reasons[value->val])
			continue;
		layout->reasons[value->val] = strdup(name + strlen(REASON_PREFIX));
		if (!layout->reasons[value->val])
			return sim_fail(err, ENOMEM, "the kernel's reasons");
	}
	return 0;
}

int skb_layout_read(struct skb_layout *layout, struct sim_error *err)
{
	*layout = (struct skb_layout){0};
	struct btf *btf = btf__load_vmlinux_btf();
	if (!btf)
		return sim_fail(err, errno == ESRCH ? 0 : errno,
				"the kernel does not tell its types (BTF)");
	int status = read_fields(btf, layout, err) < 0 || read_arguments(btf, layout, err) < 0 ||
				     read_reasons(btf, layout, err) < 0
			     ? -1
			     : 0;
	btf__free(btf);
	if (status < 0)
		skb_layout_clear(layout);
	return status;
}

void skb_layout_clear(struct skb_layout *layout)
{
	for (size_t i = 0; i < layout->n_reasons; i++)
		free(layout->reasons[i]);
	free(layout->reasons);
	*layout = (struct skb_layout){0};
}
