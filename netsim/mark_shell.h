/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a command of a shell script stands in the script's text: pure functions of what a shell
 * tells about itself and of texts.
 */
#ifndef NETSIM_MARK_SHELL_H
#define NETSIM_MARK_SHELL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A command that is being run, in bash's words (bash(1): BASH_LINENO, BASH_SOURCE, FUNCNAME,
 * BASH_COMMAND); a list has a line for each function or file that is under way, the innermost
 * first.
 */
struct mark_call {
	const char *lines; /* where that has got to; more lines than files do no harm */
	const char *files; /* which it is in */
	const char *names; /* its name, of which there is one after the command's own, "" */
	const char *command;
};

/* One of the lists' lines, the first being 0: its length; 0: there is no such line. */
size_t mark_call_line(const char *list, size_t index, const char **line);

/*
 * The line at which the words of a command, or a function's name, stand in this order, when bash
 * tells of `line`; 0: it is not certain.  What redirects, and what follows that, is not looked for.
 */
unsigned mark_find_words(const char *text, unsigned line, const char *words);

/* Whether a command's words, or those of this line of a text, are what a caller gave ("$@"). */
bool mark_passes_on(const char *words);
bool mark_line_passes_on(const char *text, unsigned line);

/*
 * How many lines of a script come before the here-document of the command at a line, whose text
 * after all expansion was `body`; 0: it is not certain that this is one.
 */
unsigned mark_find_body(const char *text, unsigned line, const char *body);

#endif
