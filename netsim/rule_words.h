/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a rule's text, as nft or iptables-save write it: parted by
 * blanks, except within quotes.
 */
#ifndef NETSIM_RULE_WORDS_H
#define NETSIM_RULE_WORDS_H

#include <stdbool.h>

#define SIM_WORD_MAX 256 /* with the final NUL; longer words are cut */

struct sim_words {
	const char *rest;
	bool escapes;		 /* iptables-save puts \ before a quote; nft has no such */
	bool quoted;		 /* the last word was */
	char word[SIM_WORD_MAX]; /* the last word, without its quotes */
};

struct sim_words sim_words_of(const char *text, bool legacy);
/* The next word into `word`; false at the end. */
bool sim_words_next(struct sim_words *words);
/* Whether the last word is this one, and stands without quotes. */
bool sim_words_at(const struct sim_words *words, const char *word);

#endif
