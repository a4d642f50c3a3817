/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Marks: a copy of a policy in which each rule says where it stands.
 *
 * The copy is for its own tool, in a network that no packet ever passes
 * (origin.h): only the tool knows which rules a policy makes, and in which
 * order.  A rule's mark is a comment, or what else of a rule is free text; a
 * chain's policy cannot carry one, so the policy statements are numbered, and in
 * the copy of run R those whose number has bit R say the contrary.
 *
 * Pure functions of texts, but for files that are included.  What a language's
 * scanner misunderstands makes a copy that its tool refuses, or other rules than
 * the policy's: both are noticed, and the place is then not known.
 */
#ifndef NETSIM_MARK_H
#define NETSIM_MARK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MARK_FILES_MAX	  64			/* policies of a host, with what they include */
#define MARK_POLICIES_MAX 255			/* policy statements in them, */
#define MARK_RUNS_MAX	  8			/* whose numbers have so many bits */
#define MARK_TEXT_MAX	  ((size_t)1024 * 1024) /* bytes of a file */
#define MARK_LENGTH_MAX	  24

struct mark_place {
	unsigned file; /* index into mark_book.files */
	unsigned line; /* 1-based; 0: not known */
};

/* What the marks stand for: of all the policies of a host together. */
struct mark_book {
	char *files[MARK_FILES_MAX];
	unsigned n_files;
	struct mark_place policies[MARK_POLICIES_MAX];
	unsigned n_policies; /* the first one's number is 1 */
	bool names_links;    /* a policy that is loaded only where its interfaces are */
	/* What mark_gather() writes, somewhere else: to be freed, NULL: it cannot be had. */
	char *(*gather)(void *arg, const char *pattern, size_t *length);
	void *arg;
};
void mark_book_clear(struct mark_book *book);

/* The number of the file at `path` in the book, to which it is added; MARK_FILES_MAX: no room. */
unsigned mark_book_file(struct mark_book *book, const char *path);
/* Add a policy statement; its number, 0: no room. */
unsigned mark_book_policy(struct mark_book *book, struct mark_place place);

/*
 * From one process to another: its files and policies as lines of text.  What is read may be
 * anything; false: no book, and `book`, which comes empty, is empty.
 */
void mark_book_write(const struct mark_book *book, FILE *to);
bool mark_book_read(struct mark_book *book, const char *text);

/* Where a text stands. */
struct mark_source {
	const char *path;   /* the file; NULL: it is not known */
	unsigned line;	    /* all of the text is from this line; 0: */
	unsigned before;    /* its first line comes after so many */
	const char *folder; /* that its includes are relative to; NULL: the file's */
};

/* A copy in the making. */
struct mark {
	struct mark_book *book;
	FILE *to;
	/* Copy a file's text; false: no such copy can be made without harm or error. */
	bool (*copy)(struct mark *mark, const char *text);
	unsigned run;
	unsigned file; /* that is being copied */
	struct mark_source source;
	const char *folder; /* of the policy itself, from whichever file it includes */
	unsigned depth;	    /* over how many others */
	bool has_comments;  /* some rules may have a comment of their own (ferm) */
};

/*
 * The languages.  What ferm would run besides loading rules is not run a second
 * time: such policies have no copy.
 */
bool mark_nft(struct mark *mark, const char *text);
bool mark_ferm(struct mark *mark, const char *text);
bool mark_iptables(struct mark *mark, const char *text);

/*
 * The copy of the file at `path`, to be freed; NULL: there is none.  The book is
 * added to; the file's number in it is that of the files before.
 */
char *mark_file(struct mark_book *book, bool (*copy)(struct mark *mark, const char *text),
		const char *path, unsigned run);

/* The same for a text that is at hand. */
char *mark_text(struct mark_book *book, bool (*copy)(struct mark *mark, const char *text),
		const struct mark_source *source, const char *text, unsigned run);

/* The mark of a place. */
void mark_place_name(struct mark_place place, char name[MARK_LENGTH_MAX]);

/* For the languages: the mark of this line of the text that is being copied. */
void mark_name(const struct mark *mark, unsigned line, char name[MARK_LENGTH_MAX]);

/* The text of a file that marks can be made of, to be freed; NULL: it cannot be had, or is none. */
char *mark_read_file(const char *path);
/* Whether a text has marks already, or what looks like them. */
bool mark_is_marked(const char *text);

/*
 * For the languages: a statement at this line makes `length` bytes of `word` a
 * chain's policy.  What the copy has to say there; NULL: the same word.
 */
const char *mark_policy(struct mark *mark, const char *word, size_t length, unsigned line);
/* The same of any place. */
const char *mark_policy_at(struct mark_book *book, unsigned run, const char *word, size_t length,
			   struct mark_place place);

/* For the languages: copy the texts of these files (glob(7)) in place of the include statement. */
bool mark_include(struct mark *mark, const char *pattern);

/*
 * Write the path and the text of each file that is meant, in their order, with a NUL
 * after each; false: one cannot be read, or is no text. Where there are wildcards it
 * need not be any.
 */
bool mark_gather(const char *pattern, FILE *to);

/*
 * Read a rule of a tool's listing: `plain`, which has room for as many bytes as
 * `rule`, becomes the rule without its mark, and without what counters have
 * counted; `place` where it stands (line 0: it carries no mark, or more than one).
 * How many marks it carries.
 */
unsigned mark_read(const char *rule, char *plain, struct mark_place *place);

#endif
