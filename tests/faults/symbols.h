/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions of a program, by its table of symbols (elf(5), .symtab). A place
 * in a function keeps its name while the function is as it was, wherever the
 * linker puts it: an address does not outlive a build.
 */
#ifndef TESTS_FAULTS_SYMBOLS_H
#define TESTS_FAULTS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

struct symbol {
	uint64_t start; /* in the file, as the linker has it */
	uint64_t name;	/* a hash of it */
};

/* Sorted by where they start. */
struct symbols {
	struct symbol *list; /* owned */
	size_t count;
};

/* Read those of the program at `path`; -1: they cannot be read. */
int symbols_read(const char *path, struct symbols *symbols);
void symbols_clear(struct symbols *symbols);

/* What an address, as the linker has it, is known by: a function and how far into it. */
uint64_t symbols_name(const struct symbols *symbols, uint64_t address);

#endif
