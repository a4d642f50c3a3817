/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listings of a host: by libnftables, and by iptables-save where there are
 * legacy tables, or such as iptables-nft makes, in one process of the host (which has names for
 * cgroups that ours has not).  They go into files in memory: a ruleset may be long.
 */
#include <errno.h>
#include <fcntl.h>
#include <nftables/libnftables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/netlink.h"
#include "netsim/privileges.h"
#include "netsim/process.h"
#include "netsim/ruleset.h"
#include "netsim/ruleset_blocks.h"
#include "netsim/ruleset_count.h"

/* A listing that is longer than this is refused. */
#define LISTING_BYTES_MAX (256 * 1024 * 1024)

/* Listing a legacy table would make it: the kernel says whether it is there. */
static const struct {
	const char *names; /* the kernel's list of such tables */
	const char *program;
} legacy[] = {
	[SIM_LISTING_IPTABLES] = {"/proc/thread-self/net/ip_tables_names", "iptables-legacy-save"},
	[SIM_LISTING_IP6TABLES] = {"/proc/thread-self/net/ip6_tables_names",
				   "ip6tables-legacy-save"},
};

/* 1, 0, or -1 with errno. */
static int has_tables(const char *names)
{
	char first;
	autoclose int fd = open(names, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1; /* the kernel has none of that kind */
	return (int)read(fd, &first, 1);
}

static int complain(const char *text)
{
	fprintf(stderr, "%s\n", text);
	return -1;
}

/*
 * libnftables leaves out of a rule what libxtables has no extension for, and says so besides, by
 * its version to stderr itself: "XT target REJECT not found".  Others it never finds, those of
 * NAT for some; but without this one a rule that rejects looks as if it did nothing.
 */
static bool lacks_reject(const char *said)
{
	return strstr(said, "XT target REJECT ") != NULL;
}

/*
 * The ruleset, into `to`; elements of named sets, which may be many, are left out, and so
 * is what rules have counted.
 */
static int list_nft(FILE *to)
{
	struct nft_ctx *nft;
	struct sim_error err;
	if (netlink_nft_open(&nft, &err) < 0)
		return complain(err.text);
	nft_ctx_buffer_error(nft);
	nft_ctx_output_set_flags(nft, NFT_CTX_OUTPUT_HANDLE | NFT_CTX_OUTPUT_TERSE |
					      NFT_CTX_OUTPUT_STATELESS);
	nft_ctx_set_output(nft, to);
	int status = nft_run_cmd_from_buffer(nft, "list ruleset");
	const char *said = nft_ctx_get_error_buffer(nft);
	if (status || *said)
		complain(said);
	nft_ctx_free(nft);
	return status ? -1 : 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno != EINTR)
			return complain(strerror(errno));
		text += n < 0 ? 0 : n;
		length -= n < 0 ? 0 : (size_t)n;
	}
	return 0;
}

/* A rule ends with its handle; whatever has rules inside of it does not. */
static long count_listed(const char *listing)
{
	long count = 0;
	for (const char *at = listing; (at = strstr(at, " # handle ")); at++)
		count += at == listing || at[-1] != '{';
	return count;
}

static long count_rules(void)
{
	struct sim_error err;
	long count = ruleset_count_rules(&err);
	return count < 0 ? complain(err.text) : count;
}

static int list_nft_ruleset(int fd)
{
	autofree char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	if (!to)
		return complain(strerror(errno));
	long before = count_rules();
	int status = list_nft(to);
	if (fclose(to))
		return complain(strerror(errno));
	long after = count_rules();
	if (before < 0 || after < 0)
		return -1;
	/* libnftables takes what it could not ask for as none at all, and calls that good. */
	long listed = count_listed(text);
	if (status == 0 && listed < before && listed < after)
		status = complain("libnftables has left some of them out");
	return status < 0 ? -1 : write_all(fd, text, length);
}

/* The whole of a file, to be freed; NULL with errno. */
static char *take_file(int fd)
{
	struct stat about;
	if (fstat(fd, &about) < 0)
		return NULL;
	if (about.st_size > LISTING_BYTES_MAX) {
		errno = EFBIG;
		return NULL;
	}
	char *text = malloc((size_t)about.st_size + 1);
	ssize_t length = text ? pread(fd, text, (size_t)about.st_size, 0) : -1;
	if (length < 0) {
		free(text);
		return NULL;
	}
	text[length] = '\0';
	return text;
}

/* Only where a rule of the listing holds others. */
static int list_blocks(const int *files)
{
	struct sim_error err;
	autofree char *listing = take_file(files[SIM_LISTING_NFT]);
	if (!listing)
		return complain(strerror(errno));
	if (!strstr(listing, "jump {\n") && !strstr(listing, "goto {\n"))
		return 0;
	autofree char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	if (!to)
		return complain(strerror(errno));
	int status = ruleset_blocks_list(to, &err);
	if (fclose(to))
		return complain(strerror(errno));
	return status < 0 ? complain(err.text) : write_all(files[SIM_LISTING_BLOCKS], text, length);
}

/* Statuses of a child that has run no program. */
enum { SAVE_MISSING = 127, SAVE_LACKS = 126 };

/* 1 where the program is not there, or does not list: it may be no table of its kind. */
static int list_saved(const char *program, int fd)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (dup2(fd, STDOUT_FILENO) >= 0)
			execlp(program, program, (char *)NULL);
		int status = errno == ENOENT ? SAVE_MISSING : SAVE_LACKS;
		perror(program);
		_exit(status);
	}
	if (pid < 0)
		return complain(strerror(errno));
	int status;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return complain("cannot wait for iptables-save");
	if (WIFSIGNALED(status) || WEXITSTATUS(status) == SAVE_LACKS)
		return -1;
	return status != 0;
}

/* Rules that count, in a table of a name that iptables-nft has: they may be its own. */
static bool may_be_iptables(const char *listing, const char *family)
{
	static const char *const tables[] = {"filter", "nat", "mangle", "raw", "security"};
	char start[64];
	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++) {
		snprintf(start, sizeof(start), "table %s %s {", family, tables[i]);
		if (strstr(listing, start) && strstr(listing, "counter"))
			return true;
	}
	return false;
}

/* Where they cannot be had so, the rules are shown as nft writes them. */
static int list_iptables_nft(const int *files)
{
	static const struct {
		enum sim_listing listing;
		const char *family;
		const char *program;
	} rows[] = {{SIM_LISTING_IPTABLES_NFT, "ip", "iptables-nft-save"},
		    {SIM_LISTING_IP6TABLES_NFT, "ip6", "ip6tables-nft-save"}};
	autofree char *listing = take_file(files[SIM_LISTING_NFT]);
	if (!listing)
		return complain(strerror(errno));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int file = files[rows[i].listing];
		if (!may_be_iptables(listing, rows[i].family))
			continue;
		int status = list_saved(rows[i].program, file);
		if (status < 0 || (status > 0 && ftruncate(file, 0) < 0))
			return complain("cannot list the rules as iptables writes them");
	}
	return 0;
}

/* In the host; `arg` is the listings' files. */
static int list_all(void *arg)
{
	const int *files = arg;
	struct sim_error err;
	if (sim_privileges_hide(files, SIM_LISTINGS, &err) < 0 || sim_privileges_drop(&err) < 0)
		return complain(err.text) < 0;
	if (list_nft_ruleset(files[SIM_LISTING_NFT]) < 0 || list_blocks(files) < 0)
		return 1;
	for (enum sim_listing i = SIM_LISTING_IPTABLES; i <= SIM_LISTING_IP6TABLES; i++) {
		int has = has_tables(legacy[i].names);
		if (has < 0) {
			perror(legacy[i].names);
			return 1;
		}
		if (has && list_saved(legacy[i].program, files[i]) != 0)
			return 1;
	}
	return list_iptables_nft(files) < 0 ? 1 : 0;
}

static int parse_files(const int files[SIM_LISTINGS], struct sim_ruleset **ruleset,
		       struct sim_error *err)
{
	char *listings[SIM_LISTINGS];
	int errnum = 0;
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		if (!(listings[i] = take_file(files[i])) && !errnum)
			errnum = errno;
	*ruleset = errnum ? NULL : sim_ruleset_parse(listings);
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		free(listings[i]);
	return *ruleset ? 0 : sim_fail(err, errnum ? errnum : ENOMEM, "cannot take in the rules");
}

static int list_in_child(struct sim_host *host, const int files[SIM_LISTINGS],
			 struct sim_error *err)
{
	int fds[SIM_LISTINGS];
	struct sim_process_result ended = {0};
	memcpy(fds, files, sizeof(fds));
	if (sim_process_call_trusted(host, list_all, fds, 0, &ended, err) < 0)
		return -1;
	int status = 0;
	if (ended.timed_out)
		status = sim_fail(err, 0, "listing the rules took too long");
	else if (WIFSIGNALED(ended.status))
		status = sim_fail(err, 0, "cannot list the rules: ended by signal %d (%s)",
				  WTERMSIG(ended.status), strsignal(WTERMSIG(ended.status)));
	else if (ended.status)
		status = sim_fail(err, 0, "cannot list the rules: %s", ended.err);
	else if (lacks_reject(ended.err))
		status = sim_fail(err, 0, "iptables' extension for REJECT could not be loaded:\n%s",
				  ended.err);
	sim_process_result_clear(&ended);
	return status;
}

/* With this thread in the host's network: whether there is anything to list, which is cheap. */
static int look_for_tables(void *arg, struct sim_error *err)
{
	bool *found = arg;
	long tables = ruleset_count_tables(err);
	if (tables < 0)
		return sim_wrap(err, "cannot list the tables");
	*found = tables > 0;
	for (enum sim_listing i = SIM_LISTING_IPTABLES; i <= SIM_LISTING_IP6TABLES; i++) {
		int has = has_tables(legacy[i].names);
		if (has < 0)
			return sim_fail(err, errno, "%s", legacy[i].names);
		*found |= has > 0;
	}
	return 0;
}

int sim_ruleset_read(struct sim_host *host, struct sim_ruleset **out, struct sim_error *err)
{
	int files[SIM_LISTINGS] = {-1, -1, -1, -1, -1, -1};
	bool found;
	if (sim_host_within(host, look_for_tables, &found, err) < 0)
		return sim_wrap(err, "host %s", sim_host_name(host));
	int status = 0;
	for (size_t i = 0; i < SIM_LISTINGS && !status; i++)
		if ((files[i] = memfd_create("listing", MFD_CLOEXEC)) < 0)
			status = sim_fail(err, errno, "memory for the ruleset");
	if (!status && found)
		status = list_in_child(host, files, err);
	if (!status)
		status = parse_files(files, out, err);
	for (size_t i = 0; i < SIM_LISTINGS; i++)
		cleanup_close(&files[i]);
	return status < 0 ? sim_wrap(err, "host %s", sim_host_name(host)) : 0;
}
