/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fuzz targets share.  A target is a file with LLVMFuzzerTestOneInput():
 * it gives the input to one of the parsers and checks what must hold whatever
 * the input is.  libFuzzer makes inputs up where the compiler has it; the
 * driver only runs those of the corpus.
 *
 * Targets touch nothing of the machine: the only files are those in FUZZ_FOLDER.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold. */
#define HOLDS(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* An input, taken piece by piece. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

/* The next byte or number, 0 at the end. */
uint8_t fuzz_byte(struct fuzz_input *input);
uint64_t fuzz_number(struct fuzz_input *input);

/*
 * What comes next up to a NUL or the end, to be freed; no byte follows the
 * final NUL, so that reading on is noticed.
 */
char *fuzz_text(struct fuzz_input *input);
/* The same of at most `size` - 1 bytes, into `to`. */
void fuzz_copy(struct fuzz_input *input, char *to, size_t size);
/* All that is left, likewise; never NULL. */
uint8_t *fuzz_rest(struct fuzz_input *input, size_t *length);

/* Lines of a text, an unfinished one included: what line numbers can be. */
unsigned fuzz_lines(const char *text, size_t length);

/*
 * What is printed for people is UTF-8, and nothing in it steers a terminal or
 * hides other text: no control character but line ends and, with `coloured`,
 * the sequences that set colours.
 */
void fuzz_check_shown(const char *shown, size_t length, bool coloured);

/*
 * The same of diagnostics about a text called `path`: each names a place
 * that the text has.
 */
void fuzz_check_diagnostics(const char *shown, size_t shown_length, const char *path,
			    const char *text, size_t length);

#endif
