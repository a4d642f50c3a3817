/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/site.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "netsim/cleanup.h"

#define PAGE	    ((uint64_t)4096)
#define STACK_PAGES 64
#define FEW_PAGES   4 /* which are enough for most */

static int copy_code(const char *path, off_t offset, struct site_text *text)
{
	size_t size = text->end - text->start;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	text->code = malloc(size);
	if (fd < 0 || !text->code)
		return -1;
	return pread(fd, text->code, size, offset) > 0 ? 0 : -1;
}

int site_text_read(pid_t pid, struct site_text *text)
{
	char path[64], exe[PATH_MAX], line[PATH_MAX + 256];
	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	ssize_t length = readlink(path, exe, sizeof(exe) - 1);
	if (length < 0)
		return -1;
	exe[length] = '\0';
	if (symbols_read(exe, &text->symbols) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	autofclose FILE *maps = fopen(path, "re");
	text->base = 0;
	while (maps && fgets(line, sizeof(line), maps)) {
		uint64_t start, end, offset;
		char rights[5];
		/* The kernel's own numbers. NOLINTNEXTLINE(cert-err34-c) */
		if (!strstr(line, exe) || sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64,
						 &start, &end, rights, &offset) != 4)
			continue;
		if (offset == 0)
			text->base = start;
		if (rights[2] != 'x')
			continue;
		text->start = start;
		text->end = end;
		return copy_code(exe, (off_t)offset, text);
	}
	return -1;
}

void site_text_clear(struct site_text *text)
{
	free(text->code);
	symbols_clear(&text->symbols);
	*text = (struct site_text){0};
}

/* Whether a word of a stack is where a call comes back to. */
static bool is_return(const struct site_text *text, uint64_t word)
{
	if (word < text->start + 7 || word >= text->end)
		return false;
	const uint8_t *after = text->code + (word - text->start);
	if (after[-5] == 0xe8) /* call */
		return true;
	/* call *register, call *memory */
	return (after[-2] == 0xff && (after[-1] & 0x38) == 0x10) ||
	       (after[-3] == 0xff && (after[-2] & 0x38) == 0x10) ||
	       (after[-6] == 0xff && (after[-5] & 0x38) == 0x10);
}

static size_t read_stack(pid_t pid, uint64_t at, size_t pages, uint64_t *words)
{
	struct iovec remote[STACK_PAGES];
	uint64_t next = at;
	for (size_t i = 0; i < pages; i++) {
		remote[i].iov_base =
			(void *)(uintptr_t)next; /* NOLINT(performance-no-int-to-ptr) */
		remote[i].iov_len = PAGE - next % PAGE;
		next += remote[i].iov_len;
	}
	struct iovec local = {words, next - at};
	/* It reads as many pages as there are: the last ones may be beyond the stack. */
	ssize_t got = process_vm_readv(pid, &local, 1, remote, pages, 0);
	return got < 0 ? 0 : (size_t)got / 8;
}

/*
 * The innermost frame is the first word that can be a return address: libraries
 * below it keep no frame pointers. From there on a frame of ours is a saved
 * frame pointer, which points further up, below a return address.
 */
static void search(const struct site_text *text, uint64_t at, const uint64_t *words, size_t count,
		   struct site *site)
{
	size_t i = 0;
	site->n_frames = 0;
	while (i < count && !is_return(text, words[i]))
		i++;
	if (i < count)
		site->frames[site->n_frames++] = words[i];
	for (i++; i + 1 < count && site->n_frames < SITE_FRAMES;) {
		bool is_frame = words[i] > at + i * 8 && words[i] < at + STACK_PAGES * PAGE &&
				is_return(text, words[i + 1]);
		if (is_frame)
			site->frames[site->n_frames++] = words[i + 1];
		i = is_frame ? (words[i] - at) / 8 : i + 1;
	}
}

void site_find_frames(pid_t pid, const struct site_text *text, uint64_t stack, struct site *site)
{
	static uint64_t words[STACK_PAGES * PAGE / 8];
	uint64_t at = stack & ~(uint64_t)7;
	search(text, at, words, read_stack(pid, at, FEW_PAGES, words), site);
	if (site->n_frames < SITE_FRAMES)
		search(text, at, words, read_stack(pid, at, STACK_PAGES, words), site);
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15;
	return hash ^ (hash >> 29);
}

void site_set_key(const struct site_text *text, struct site *site)
{
	uint64_t hash = mix(site->call, site->detail);
	hash = mix(hash, (uint64_t)site->family);
	hash = mix(hash, (uint64_t)site->protocol);
	for (unsigned i = 0; i < site->n_frames; i++)
		hash = mix(hash, symbols_name(&text->symbols, site->frames[i] - text->base));
	site->key = hash;
}

void site_become_ack(struct site *site)
{
	site->kind = SITE_ACK;
	site->key = mix(site->key, SITE_ACK);
}

int sites_note(struct sites *sites, const struct site *site)
{
	for (size_t i = 0; i < sites->count; i++) {
		if (sites->list[i].key == site->key) {
			sites->list[i].count++;
			return 0;
		}
	}
	if (sites->count == sites->room) {
		size_t room = sites->room ? 2 * sites->room : 1024;
		struct site *more = reallocarray(sites->list, room, sizeof(*more));
		if (!more)
			return -1;
		sites->list = more;
		sites->room = room;
	}
	sites->list[sites->count] = *site;
	sites->list[sites->count++].count = 1;
	return 0;
}

void sites_clear(struct sites *sites)
{
	free(sites->list);
	*sites = (struct sites){0};
}
