/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/policy.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/policy_kind.h"
#include "netsim/users.h"

#define DEFAULT_TIMEOUT_MS 30000
#define POLICY_TEXT_MAX	   ((size_t)1024 * 1024) /* bytes read to explain a refusal */

static const struct row {
	struct sim_policy_kind kind;
	const struct policy_loader *loader;
} rows[] = {
	{{"ferm", "a ferm file, for whatever families it names", "ferm", "ferm"},
	 &policy_loader_ferm},
	{{"nft", "an nftables ruleset", NULL, "libnftables1"}, &policy_loader_nft},
	{{"iptables", "iptables-save text, through the system's iptables", "iptables-restore",
	  "iptables"},
	 &policy_loader_iptables},
	{{"iptables-nft", "iptables-save text, into nf_tables", "iptables-nft-restore", "iptables"},
	 &policy_loader_iptables},
	{{"iptables-legacy", "iptables-save text, into legacy tables", "iptables-legacy-restore",
	  "iptables"},
	 &policy_loader_iptables},
	{{"ip6tables", "ip6tables-save text, through the system's ip6tables", "ip6tables-restore",
	  "iptables"},
	 &policy_loader_iptables},
	{{"ip6tables-nft", "ip6tables-save text, into nf_tables", "ip6tables-nft-restore",
	  "iptables"},
	 &policy_loader_iptables},
	{{"ip6tables-legacy", "ip6tables-save text, into legacy tables", "ip6tables-legacy-restore",
	  "iptables"},
	 &policy_loader_iptables},
	{{"script", "a shell script or any other program", "sh", "dash"}, &policy_loader_script},
};

#define N_ROWS (sizeof(rows) / sizeof(*rows))

const struct sim_policy_kind *sim_policy_kind_nth(size_t i)
{
	return i < N_ROWS ? &rows[i].kind : NULL;
}

const struct sim_policy_kind *sim_policy_kind_find(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++)
		if (strcmp(rows[i].kind.name, name) == 0)
			return &rows[i].kind;
	return NULL;
}

/* Every kind that a caller can have is a row's first member. */
const struct policy_loader *policy_loader_of(const struct sim_policy_kind *kind)
{
	const struct row *row = (const void *)kind;

	return row->loader;
}

/* Of what is too long, the part that counts. */
static void copy_said(const struct policy_loader *loader, const char *said,
		      struct sim_policy_refusal *refusal)
{
	size_t length = strlen(said);
	size_t room = sizeof(refusal->said) - 1;

	if (loader->talkative && length > room)
		said += length - room;
	policy_copy_text(refusal->said, sizeof(refusal->said), said, strlen(said));
}

/* What of the file's spelling a tool's words are seldom clear about; NULL: nothing. */
static const char *spelling_hint(const char *text)
{
	static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF */
	size_t length = strcspn(text, "\n");

	if (strncmp(text, mark, strlen(mark)) == 0)
		return "the file begins with a byte order mark, which is text to its tool: save it "
		       "without one";
	if (strncmp(text, "\xff\xfe", 2) == 0 || strncmp(text, "\xfe\xff", 2) == 0)
		return "the file is in UTF-16: save it as UTF-8";
	if (length && text[length] == '\n' && text[length - 1] == '\r')
		return "the file's lines end with CR LF, and CR is text to its tool: let them end "
		       "with LF (dos2unix)";
	return NULL;
}

static void add_hint(const char *hint, struct sim_error *err)
{
	size_t used = strlen(err->text);

	if (hint)
		snprintf(err->text + used, sizeof(err->text) - used, "\n%s", hint);
}

void sim_policy_explain(const struct sim_policy_kind *kind, const char *said, const char *path,
			const char *text, struct sim_policy_refusal *refusal)
{
	*refusal = (struct sim_policy_refusal){.refused = true};
	snprintf(refusal->file, sizeof(refusal->file), "%s", path);
	policy_copy_text(refusal->message, sizeof(refusal->message), said, strlen(said));
	copy_said(policy_loader_of(kind), said, refusal);
	policy_loader_of(kind)->explain(said, path, text, refusal);
	if (!refusal->hint)
		refusal->hint = spelling_hint(text);
}

void policy_copy_text(char *to, size_t size, const char *from, size_t length)
{
	static const char white[] = " \t\r\n";

	while (length && strchr(white, *from)) {
		from++;
		length--;
	}
	while (length && strchr(white, from[length - 1]))
		length--;
	if (length >= size)
		length = size - 1;
	memmove(to, from, length);
	to[length] = '\0';
}

bool policy_set_place(struct sim_policy_refusal *refusal, const char *file, size_t length,
		      unsigned line)
{
	char name[sizeof(refusal->file)];

	policy_copy_text(name, sizeof(name), file, length);
	if (!*name)
		return false;
	memcpy(refusal->file, name, sizeof(name));
	refusal->line = line;
	return true;
}

unsigned policy_read_number(const char **at)
{
	unsigned number = 0;

	for (; **at >= '0' && **at <= '9'; ++*at) {
		if (number > (UINT_MAX - 9) / 10)
			return 0;
		number = number * 10 + (unsigned)(**at - '0');
	}
	return number;
}

unsigned policy_find_line(const char *said, const char *before, const char *after,
			  const char **named)
{
	for (const char *at = said; (at = strstr(at, before));) {
		at += strlen(before);
		const char *end = at;
		unsigned number = policy_read_number(&end);
		if (!number || strncmp(end, after, strlen(after)) != 0)
			continue;
		while (at > said && at[-1] != '\n')
			at--;
		*named = at;
		return number;
	}
	return 0;
}

int policy_run_tool(const struct policy_errand *errand, struct sim_process_result *result,
		    struct sim_error *err)
{
	const char *path = errand->text ? "/dev/stdin" : errand->path;
	char *argv[] = {strdupa(errand->kind->tool), strdupa(path), NULL};
	const struct sim_program program = {
		.argv = argv,
		.input = errand->text,
		.cwd = errand->folder,
		.timeout_ms = errand->timeout_ms,
	};

	return sim_program_run(errand->host, NULL, &program, result, err);
}

/* What the host has to say about a policy and its tool before anything is run. */
enum { CHECK_FINE, CHECK_EXECUTABLE, CHECK_UNREADABLE, CHECK_NO_TOOL };

/* A file alone: what a device or a pipe would feed a tool may have no end. */
static int check_file(const char *path)
{
	struct stat about;

	if (stat(path, &about) < 0 || access(path, R_OK) < 0)
		return errno;
	if (S_ISDIR(about.st_mode))
		return EISDIR;
	return S_ISREG(about.st_mode) ? 0 : EINVAL;
}

static int check_in_child(void *arg)
{
	const struct policy_errand *errand = *(const struct policy_errand *const *)arg;
	int cause = check_file(errand->path);

	if (cause) {
		fputs(strerror(cause), stderr);
		return CHECK_UNREADABLE;
	}
	if (errand->kind->tool && !sim_program_is_there(errand->kind->tool)) {
		if (!sim_is_lack(errno))
			return CHECK_NO_TOOL;
		fputs(strerror(errno), stderr);
		return CHECK_UNREADABLE;
	}
	if (access(errand->path, X_OK) == 0)
		return CHECK_EXECUTABLE;
	if (!sim_is_lack(errno))
		return CHECK_FINE;
	fputs(strerror(errno), stderr);
	return CHECK_UNREADABLE;
}

static int check(struct policy_errand *errand, struct sim_error *err)
{
	const struct policy_errand *ours = errand;
	struct sim_process_result result;
	int status = 0;

	if (sim_process_call(errand->host, NULL, check_in_child, &ours, errand->timeout_ms, NULL,
			     &result, err) < 0)
		return -1;
	int found = WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
	errand->executable = found == CHECK_EXECUTABLE;
	if (found == CHECK_NO_TOOL)
		status = sim_fail(err, 0, "there is no '%s'; install the package '%s'",
				  errand->kind->tool, errand->kind->package);
	else if (found != CHECK_FINE && found != CHECK_EXECUTABLE)
		status = sim_fail(err, 0, "it cannot be read: %s",
				  result.timed_out ? "no answer" : result.err);
	sim_process_result_clear(&result);
	return status;
}

/* What was said, in one text without control characters: it may quote the policy's. */
static char *words_of(const struct sim_process_result *result, bool with_stdout)
{
	size_t before = with_stdout ? result->out_len : 0;
	const char *between = before && result->out[before - 1] != '\n' ? "\n" : "";
	/* Nobody shall take what was kept last for what was said last. */
	const char *after = result->truncated ? "\n[...]\n" : "";
	char *said = NULL;
	size_t length;
	FILE *text = open_memstream(&said, &length);

	if (!text)
		return NULL;
	fwrite(result->out, 1, before, text);
	fputs(between, text);
	fwrite(result->err, 1, result->err_len, text);
	fputs(after, text);
	if (fclose(text) != 0) {
		free(said);
		return NULL;
	}
	policy_strip_hints(said);
	length = strlen(said);
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)said[i]) && said[i] != '\n' && said[i] != '\t')
			said[i] = '?';
	return said;
}

/* The start of the file, to find out what a line of it is; NULL if that cannot be had. */
static char *read_text(const char *path)
{
	autofclose FILE *file = fopen(path, "re");
	char *text = file ? malloc(POLICY_TEXT_MAX + 1) : NULL;

	if (text)
		text[fread(text, 1, POLICY_TEXT_MAX, file)] = '\0';
	return text;
}

/* What was run and how it ended, and below that what it had to say. */
static int tell(const struct policy_errand *errand, const char *how, const char *said,
		bool from_end, struct sim_error *err)
{
	size_t length = strlen(said);
	size_t room = sizeof(err->text) / 2;

	while (length && said[length - 1] == '\n')
		length--;
	if (from_end && length > room) {
		said += length - room;
		length = room;
	}
	return sim_fail(err, 0, "%s %s %s%s%.*s", errand->what, errand->path, how,
			length ? ":\n" : "", (int)length, said);
}

/*
 * Netlink messages that are longer than a socket's buffer: who is not root of the machine may not
 * have a larger one (SO_SNDBUFFORCE, socket(7)), which is no word on the policy.
 */
static bool is_too_large(const char *said)
{
	static const char *const ways[] = {"sendmsg() failed: ", "Could not process rule: "};
	const char *why = strerror(EMSGSIZE);

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		for (const char *at = said; (at = strstr(at, ways[i]));) {
			at += strlen(ways[i]);
			if (strncmp(at, why, strlen(why)) == 0)
				return !sim_users_is_real_root();
		}
	return false;
}

/*
 * What was printed on stderr although all went well: a script goes on after most errors, and
 * what it does last is how it ends.  What came first is kept.
 */
static int note_words(const struct policy_errand *errand, const struct sim_process_result *result,
		      struct sim_policy_refusal *refusal, struct sim_error *err)
{
	static const char more[] = "\n[...]";
	size_t room = sizeof(refusal->said) - sizeof(more) + 1;

	if (!result->err_len)
		return 0;
	autofree char *said = words_of(result, false);
	if (!said)
		return sim_fail(err, ENOMEM, "%s %s", errand->what, errand->path);
	size_t length = strlen(said);
	policy_copy_text(refusal->said, room, said, length);
	if (length >= room)
		memcpy(refusal->said + strlen(refusal->said), more, sizeof(more));
	return 0;
}

/* Whether the tool took the policy; if not, why. */
static int judge(const struct policy_errand *errand, const struct policy_loader *loader,
		 const struct sim_process_result *result, struct sim_policy_refusal *refusal,
		 struct sim_error *err)
{
	char how[64];

	if (!result->timed_out && WIFEXITED(result->status) && WEXITSTATUS(result->status) == 0)
		return note_words(errand, result, refusal, err);
	autofree char *said = words_of(result, loader->talkative);
	if (!said)
		return sim_fail(err, ENOMEM, "policy %s", errand->path);
	if (!result->timed_out && is_too_large(said))
		return sim_fail(err, EMSGSIZE,
				"%s %s is larger than any but root of the machine may load at once",
				errand->what, errand->path);
	autofree char *text = read_text(errand->path);
	if (result->timed_out)
		snprintf(how, sizeof(how), "did not end within %u ms", errand->timeout_ms);
	else if (WIFSIGNALED(result->status))
		snprintf(how, sizeof(how), "ended by signal %d (%s)", WTERMSIG(result->status),
			 sim_signal_words(WTERMSIG(result->status)));
	else
		snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(result->status));

	sim_policy_explain(errand->kind, result->timed_out ? how : said, errand->path,
			   text ? text : "", refusal);
	if (!*refusal->message)
		policy_copy_text(refusal->message, sizeof(refusal->message), how, strlen(how));
	tell(errand, how, said, loader->talkative, err);
	add_hint(refusal->hint, err);
	return -1;
}

/* The folder of an absolute path, to be freed. */
static char *folder_of(const char *path)
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	return strndup(path, length ? length : 1);
}

/* `errand` has the host, its kind, the path, a timeout and what it is called. */
static int run_errand(struct policy_errand *errand, struct sim_policy_refusal *refusal,
		      struct sim_error *err)
{
	struct sim_policy_refusal no_refusal = {0};
	struct sim_error no_error = {0};
	struct sim_process_result result;
	const struct policy_loader *loader = policy_loader_of(errand->kind);

	refusal = refusal ? refusal : &no_refusal;
	err = err ? err : &no_error;
	*refusal = (struct sim_policy_refusal){0};
	if (*errand->path != '/')
		return sim_fail(err, EINVAL, "%s %s: the path must be absolute", errand->what,
				errand->path);
	autofree char *folder = folder_of(errand->path);
	if (!folder)
		return sim_fail(err, ENOMEM, "%s %s", errand->what, errand->path);
	errand->folder = folder;

	if (check(errand, err) < 0)
		return sim_wrap(err, "%s %s", errand->what, errand->path);
	if (loader->load(errand, &result, err) < 0) {
		/* "/bin/sh\r" is missing, say. */
		autofree char *text = read_text(errand->path);
		add_hint(text ? spelling_hint(text) : NULL, err);
		return sim_wrap(err, "%s %s", errand->what, errand->path);
	}
	int status = judge(errand, loader, &result, refusal, err);
	sim_process_result_clear(&result);
	return status;
}

int sim_policy_load(struct sim_host *host, const struct sim_policy_kind *kind, const char *path,
		    unsigned timeout_ms, struct sim_policy_refusal *refusal, struct sim_error *err)
{
	struct policy_errand errand = {
		.host = host,
		.kind = kind,
		.path = path,
		.timeout_ms = timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS,
	};

	snprintf(errand.what, sizeof(errand.what), "%s policy", kind->name);
	return run_errand(&errand, refusal, err);
}

int sim_script_run(struct sim_host *host, const char *path, struct sim_policy_refusal *refusal,
		   struct sim_error *err)
{
	struct policy_errand errand = {
		.host = host,
		.kind = sim_policy_kind_find("script"),
		.what = "start script",
		.path = path,
		.timeout_ms = DEFAULT_TIMEOUT_MS,
	};

	return run_errand(&errand, refusal, err);
}

int policy_load_text(struct sim_host *host, const struct sim_policy_kind *kind, const char *path,
		     const char *text, unsigned timeout_ms)
{
	struct sim_error err;
	struct sim_process_result result;
	autofree char *folder = folder_of(path);
	const struct policy_errand errand = {
		.host = host,
		.kind = kind,
		.path = path,
		.folder = folder,
		.text = text,
		.timeout_ms = timeout_ms,
	};

	if (!folder || policy_loader_of(kind)->load(&errand, &result, &err) < 0)
		return -1;
	bool taken = !result.timed_out && WIFEXITED(result.status) && !WEXITSTATUS(result.status);
	sim_process_result_clear(&result);
	return taken ? 0 : -1;
}
