/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program of the user's own: whatever it does is the policy. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netsim/policy_kind.h"
#include "netsim/script.h"

static int load(const struct policy_errand *errand, struct sim_process_result *result,
		struct sim_error *err)
{
	struct script_command command;
	char *path = strdupa(errand->path);
	script_choose_command(path, errand->executable, &command);
	const struct sim_program program = {
		.argv = command.argv,
		.cwd = errand->folder,
		.timeout_ms = errand->timeout_ms,
	};

	if (sim_program_run(errand->host, NULL, &program, result, err) == 0)
		return 0;
	/* The script itself is there: execve(2) says the same of its interpreter. */
	if ((errand->executable || command.names_interpreter) && err->errnum == ENOENT)
		sim_wrap(err, "the interpreter that its first line names is missing");
	return -1;
}

/* A place as shells name it; nothing is copied. */
struct spot {
	const char *file;
	size_t file_length;
	unsigned line;
	const char *rest; /* what follows */
};

/*
 * dash puts the script's name first even where the fault is in a file that it
 * reads with ".", whose name comes next: "SCRIPT: LINE: ./FILE: COMMAND: not found".
 */
static void find_sourced(struct spot *spot)
{
	size_t length = strcspn(spot->rest, ": \n");

	if (!memchr(spot->rest, '/', length) || strncmp(spot->rest + length, ": ", 2) != 0)
		return;
	const char *rest = spot->rest + length + 2;
	const char *next = strstr(rest, ": ");
	if (!next || next > rest + strcspn(rest, "\n"))
		return;
	spot->file = spot->rest;
	spot->file_length = length;
	spot->rest = rest;
}

/* "SCRIPT: LINE: WHAT" */
static bool read_dash(const char *line, const char *path, struct spot *spot)
{
	size_t length = strlen(path);

	if (strncmp(line, path, length) != 0 || strncmp(line + length, ": ", 2) != 0)
		return false;
	const char *at = line + length + 2;
	unsigned number = policy_read_number(&at);
	if (!number || strncmp(at, ": ", 2) != 0)
		return false;
	*spot = (struct spot){line, length, number, at + 2};
	find_sourced(spot);
	return true;
}

/* A shell that calls itself by its own name reads no file, but what "-c" gave it. */
static bool is_shell(const char *file, size_t length)
{
	const char *slash = memrchr(file, '/', length);
	size_t rest = slash ? length - (size_t)(slash + 1 - file) : 0;

	return !slash || (rest == 2 && !strncmp(slash, "/sh", 3)) ||
	       (rest == 4 && !strncmp(slash, "/bash", 5));
}

/* "FILE: line LINE: WHAT", where FILE is the one that is being read. */
static bool read_bash(const char *line, struct spot *spot)
{
	static const char mark[] = ": line ";
	size_t length = strcspn(line, ":\n");

	if (strncmp(line + length, mark, strlen(mark)) != 0 || is_shell(line, length))
		return false;
	const char *at = line + length + strlen(mark);
	unsigned number = policy_read_number(&at);
	if (!number || strncmp(at, ": ", 2) != 0)
		return false;
	*spot = (struct spot){line, length, number, at + 2};
	return true;
}

static bool same_spot(const struct spot *a, const struct spot *b)
{
	return a->line == b->line && a->file_length == b->file_length &&
	       memcmp(a->file, b->file, a->file_length) == 0;
}

/*
 * A script goes on after most errors: only a shell's message that is the last
 * line can be what ended it.  It may have a second line for one place.
 */
static void explain(const char *said, const char *path, const char *text,
		    struct sim_policy_refusal *refusal)
{
	struct spot last = {0};

	(void)text;
	for (const char *line = said; *line;) {
		struct spot spot;

		if (!read_dash(line, path, &spot) && !read_bash(line, &spot))
			last = (struct spot){0};
		else if (!last.file || !same_spot(&spot, &last))
			last = spot;
		line += strcspn(line, "\n");
		line += strspn(line, "\n");
	}
	if (!last.file || !policy_set_place(refusal, last.file, last.file_length, last.line))
		return;
	policy_copy_text(refusal->message, sizeof(refusal->message), last.rest,
			 strcspn(last.rest, "\n"));
}

const struct policy_loader policy_loader_script = {load, explain, NULL, .talkative = true};
