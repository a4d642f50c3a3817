/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/faults/symbols.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "netsim/cleanup.h"

/* FNV-1a, 64 bits (draft-eastlake-fnv). */
static uint64_t hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325;
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
	return hash;
}

static int compare_starts(const void *a, const void *b)
{
	uint64_t one = ((const struct symbol *)a)->start, other = ((const struct symbol *)b)->start;
	return one < other ? -1 : one > other;
}

static int read_table(Elf *elf, Elf_Scn *section, const GElf_Shdr *header, struct symbols *symbols)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t count = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;
	symbols->list = calloc(count + 1, sizeof(*symbols->list));
	if (!data || !symbols->list)
		return -1;
	for (size_t i = 0; i < count; i++) {
		GElf_Sym symbol;
		if (!gelf_getsym(data, (int)i, &symbol) || GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
			continue;
		const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (name && symbol.st_value)
			symbols->list[symbols->count++] =
				(struct symbol){symbol.st_value, hash_text(name)};
	}
	qsort(symbols->list, symbols->count, sizeof(*symbols->list), compare_starts);
	return 0;
}

int symbols_read(const char *path, struct symbols *symbols)
{
	int status = -1;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	*symbols = (struct symbols){0};
	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB) {
			status = read_table(elf, section, &header, symbols);
			break;
		}
	}
	elf_end(elf);
	return status;
}

void symbols_clear(struct symbols *symbols)
{
	free(symbols->list);
	*symbols = (struct symbols){0};
}

uint64_t symbols_name(const struct symbols *symbols, uint64_t address)
{
	size_t from = 0, to = symbols->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (symbols->list[middle].start <= address)
			from = middle + 1;
		else
			to = middle;
	}
	if (!from)
		return address;
	return symbols->list[from - 1].name + (address - symbols->list[from - 1].start);
}
