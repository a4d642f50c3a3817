/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft's own language, through libnftables. */
#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nftables/libnftables.h>

#include "netsim/netlink.h"
#include "netsim/policy_kind.h"

/*
 * NFT_EXIT_NOMEM of nftables' sources, after which comes NFT_EXIT_NONL: libnftables ends the
 * process where it gets no memory or no socket, which is no word on the policy.
 */
#define EXIT_NO_MEMORY 2

/*
 * "FILE:PLACE: Error: Could not open file "NAME": WHY", "netlink: Error: ...: WHY": no word on the
 * policy either. What the kernel says of a rule is one.
 */
static bool is_lack(const char *said)
{
	static const int causes[] = {EMFILE, ENFILE, ENOMEM, ENOBUFS, EIO};
	size_t length = strcspn(said, "\n");
	const char *end = said + length;
	if (memmem(said, length, "Could not process rule", 22))
		return false;
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++) {
		const char *why = strerror(causes[i]);
		if (length > strlen(why) && !memcmp(end - strlen(why), why, strlen(why)))
			return true;
	}
	return false;
}

/*
 * In a child inside the host, with no more power than a program's: what a policy includes may be
 * any file, and errors show its lines.  "./" includes are looked for in the working folder, others
 * in the path. */
static int run_file(const struct policy_errand *errand)
{
	if (chdir(errand->folder) < 0) {
		fprintf(stderr, "%s: %s\n", errand->folder, strerror(errno));
		return EXIT_NO_MEMORY;
	}
	struct nft_ctx *nft;
	struct sim_error err;
	if (netlink_nft_open(&nft, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return EXIT_NO_MEMORY;
	}
	if (nft_ctx_buffer_error(nft) != 0 || nft_ctx_add_include_path(nft, errand->folder) != 0) {
		fputs("libnftables: no memory\n", stderr);
		return EXIT_NO_MEMORY;
	}
	int status = errand->text ? nft_run_cmd_from_buffer(nft, errand->text)
				  : nft_run_cmd_from_filename(nft, errand->path);
	const char *said = nft_ctx_get_error_buffer(nft);
	fputs(said, stderr);
	if (status)
		status = is_lack(said) ? EXIT_NO_MEMORY : 1;
	nft_ctx_free(nft);
	return status;
}

static int run_file_in_child(void *arg)
{
	return run_file(*(const struct policy_errand *const *)arg);
}

static int load(const struct policy_errand *errand, struct sim_process_result *result,
		struct sim_error *err)
{
	if (sim_process_call(errand->host, NULL, run_file_in_child, &errand, errand->timeout_ms,
			     NULL, result, err) < 0)
		return -1;
	/* Who kills a process of ours is the kernel, for want of memory. */
	bool killed = WIFSIGNALED(result->status) && WTERMSIG(result->status) == SIGKILL;
	if (killed && !result->timed_out) {
		sim_process_result_clear(result);
		return sim_fail(err, ENOMEM, "it was killed while it was loaded");
	}
	if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) < EXIT_NO_MEMORY)
		return 0;
	result->err[strcspn(result->err, "\n")] = '\0';
	sim_fail(err, 0, "%s", result->err);
	sim_process_result_clear(result);
	return -1;
}

/* The number that ends just before `end`; `*start` is where it starts. */
static unsigned number_before(const char *line, const char *end, const char **start)
{
	*start = end;
	while (*start > line && isdigit((unsigned char)(*start)[-1]))
		--*start;
	const char *at = *start;
	return policy_read_number(&at);
}

/*
 * The place of "FILE:LINE:COLUMN-COLUMN", read from its end: the file's name may have colons.  The
 * last column, 0: none.
 */
static unsigned read_place(const char *line, const char *end, struct sim_policy_refusal *refusal)
{
	const char *last;
	const char *column_at;
	const char *line_at;
	unsigned last_column = number_before(line, end, &last);

	if (!last_column || last == line || last[-1] != '-')
		return 0;
	unsigned column = number_before(line, last - 1, &column_at);
	if (!column || column_at == line || column_at[-1] != ':')
		return 0;
	unsigned number = number_before(line, column_at - 1, &line_at);
	if (!number || line_at == line || line_at[-1] != ':' ||
	    !policy_set_place(refusal, line, (size_t)(line_at - 1 - line), number))
		return 0;
	refusal->column = column;
	return last_column;
}

/*
 * Whose fault it is, from the kernel's words and, below them, the policy's line.  Where something
 * is missing, nft says so by itself, too, and has a guess at what was meant in place of the
 * kernel's words.
 */
static void judge_kernel(const char *why, unsigned last, struct sim_policy_refusal *refusal)
{
	const char *missing = strerror(ENOENT);

	if (strncmp(why, missing, strlen(missing)) != 0) {
		refusal->by_machine = refusal->by_kernel && !policy_is_fault(why);
		return;
	}
	const char *line = strchr(why, '\n');
	refusal->hint = line ? policy_lacking_feature(line + 1, refusal->column, last) : NULL;
	refusal->by_machine = refusal->hint != NULL;
	refusal->by_kernel |= refusal->by_machine;
}

/*
 * "FILE:LINE:COLUMN-COLUMN: Error: WHAT", the line itself and a line of ^^^.
 * The first error counts; the kernel is asked only when there is none in the text.
 */
static void explain(const char *said, const char *path, const char *text,
		    struct sim_policy_refusal *refusal)
{
	static const char mark[] = ": Error: ";
	static const char kernel[] = "Could not process rule: ";

	(void)path;
	(void)text;
	const char *error = strstr(said, mark);
	if (!error)
		return;
	const char *line = error;
	while (line > said && line[-1] != '\n')
		line--;
	unsigned last = read_place(line, error, refusal);

	const char *what = error + strlen(mark);
	policy_copy_text(refusal->message, sizeof(refusal->message), what, strcspn(what, "\n"));
	refusal->by_kernel = strncmp(what, kernel, strlen(kernel)) == 0;
	judge_kernel(refusal->by_kernel ? what + strlen(kernel) : what, last, refusal);
}

const struct policy_loader policy_loader_nft = {load, explain, mark_nft, .talkative = false};
