/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/stand_ins.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"
#include "netsim/rehearsal.h"
#include "netsim/rehearsal_mounts.h"
#include "netsim/stand_in.h"

/* The program of stand_in.c, as it has been built. */
__asm__(".pushsection .rodata\n"
	"stand_in_begin: .incbin \"" STAND_IN_PROGRAM "\"\n"
	"stand_in_end: .byte 0\n"
	".popsection\n");
extern const char stand_in_begin[];
extern const char stand_in_end[];

/*
 * Before each command, a bash tells what it is about.  One that reads no file, for "bash -c", is
 * about what its parent was; one that gives up this trap tells no more.  As sh it has the echo of
 * dash, which knows escapes.
 */
static const char shell_env[] =
	"if [ \"${" STAND_IN_POSIX "-}\" ]; then\n"
	"	set -o posix\n"
	"	echo() {\n"
	"		local IFS=' ' end='\\n'\n"
	"		if [ \"${1-}\" = -n ]; then shift; end=; fi\n"
	"		printf \"%b$end\" \"$*\"\n"
	"	}\n"
	"fi\n"
	"unset " STAND_IN_POSIX "\n"
	"fwlab_tell() {\n"
	"	local IFS=$'\\n'\n"
	"	if [ \"${#BASH_SOURCE[@]}\" -gt 1 ]; then\n"
	"		" STAND_IN_LINES "=\"${BASH_LINENO[*]}\"\n"
	"		" STAND_IN_FILES "=\"${BASH_SOURCE[*]:1}\"\n"
	"		" STAND_IN_NAMES "=$'\\n'\"${FUNCNAME[*]:1}\"\n"
	"		" STAND_IN_COMMAND "=\"${BASH_COMMAND:0:4096}\"\n"
	"		[[ $BASH_COMMAND != *trap*DEBUG* ]] || " STAND_IN_COMMAND "=\n"
	"	fi\n"
	"}\n"
	"export " STAND_IN_LINES " " STAND_IN_FILES " " STAND_IN_NAMES " " STAND_IN_COMMAND "\n"
	"set -o functrace\n"
	"trap fwlab_tell DEBUG\n";

/* Where programs are, and which of them have stand-ins: several names may be of one. */
static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
				      "/usr/bin",	 "/sbin",	   "/bin"};
static const char *const programs[] = {"sh",
				       "dash",
				       "nft",
				       "iptables",
				       "ip6tables",
				       "iptables-nft",
				       "ip6tables-nft",
				       "iptables-legacy",
				       "ip6tables-legacy",
				       "iptables-restore",
				       "ip6tables-restore",
				       "iptables-nft-restore",
				       "ip6tables-nft-restore",
				       "iptables-legacy-restore",
				       "ip6tables-legacy-restore"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A script's run. */
struct script {
	const char *folder;
	unsigned run;
	struct mark_book *book;
};

static int write_program(const char *path, struct sim_error *err)
{
	size_t length = (uintptr_t)stand_in_end - (uintptr_t)stand_in_begin;
	autoclose int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0 || write(fd, stand_in_begin, length) != (ssize_t)length || fchmod(fd, 0755) < 0)
		return sim_fail(err, errno, "cannot write %s", path);
	return 0;
}

/* The real program in sight elsewhere, and the stand-in in its place. */
static int put_stand_in(const char *path, struct sim_error *err)
{
	char real[PATH_MAX];
	if (!stand_in_real(path, real))
		return sim_fail(err, ENAMETOOLONG, "%s", path);
	int there = is_there(real, err);
	if (there)
		return there < 0 ? -1 : 0;
	if (write_file(real, "", err) < 0 || bind_mount(path, real, 0, err) < 0)
		return -1;
	return bind_mount(STAND_IN_FOLDER "/stand-in", path, 0, err);
}

static int put_stand_ins(struct sim_error *err)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		for (size_t k = 0; k < COUNT(programs); k++) {
			char path[64];
			char target[PATH_MAX];
			snprintf(path, sizeof(path), "%s/%s", folders[i], programs[k]);
			if (realpath(path, target) && put_stand_in(target, err) < 0)
				return -1;
		}
	return 0;
}

static int write_book(const struct mark_book *book, struct sim_error *err)
{
	autofree char *text = NULL;
	size_t length;
	FILE *to = open_memstream(&text, &length);
	if (to)
		mark_book_write(book, to);
	if (!to || fclose(to) != 0)
		return sim_fail(err, ENOMEM, "the marks");
	return write_file(STAND_IN_BOOK, text, err);
}

static int prepare(void *arg, struct sim_error *err)
{
	const struct script *script = arg;
	char scene[PATH_MAX + 64];
	struct timespec now;
	/* The clock of files' times. */
	clock_gettime(CLOCK_REALTIME_COARSE, &now);
	snprintf(scene, sizeof(scene), "%u %ld %ld %s", script->run, (long)now.tv_sec, now.tv_nsec,
		 script->folder);
	if (make_folder(STAND_IN_FOLDER, 0700, err) < 0 ||
	    make_folder(STAND_IN_REAL, 0700, err) < 0 ||
	    write_program(STAND_IN_FOLDER "/stand-in", err) < 0 ||
	    write_file(STAND_IN_ENV, shell_env, err) < 0 ||
	    write_file(STAND_IN_SCENE, scene, err) < 0 || write_book(script->book, err) < 0)
		return -1;
	return put_stand_ins(err);
}

static int tell(void *arg, struct sim_error *err)
{
	(void)arg;
	autofree char *text = mark_read_file(STAND_IN_BOOK);
	return text && fputs(text, stdout) >= 0 ? 0 : sim_fail(err, EINVAL, "the marks are lost");
}

/* The book as the script has left it: it has what it had before, and perhaps more. */
static int read_back(struct mark_book *book, const char *text, struct sim_error *err)
{
	struct mark_book more = {0};
	bool good = mark_book_read(&more, text) && more.n_files >= book->n_files &&
		    more.n_policies >= book->n_policies;
	for (unsigned i = 0; good && i < book->n_files; i++)
		good = !strcmp(more.files[i], book->files[i]);
	if (!good) {
		mark_book_clear(&more);
		return sim_fail(err, EINVAL, "the marks have been changed");
	}
	for (unsigned i = book->n_files; i < more.n_files; i++)
		mark_book_file(book, more.files[i]);
	for (unsigned i = book->n_policies; i < more.n_policies; i++)
		mark_book_policy(book, more.policies[i]);
	mark_book_clear(&more);
	return 0;
}

int stand_ins_load(struct sim_host *twin, const char *path, unsigned run, struct mark_book *book,
		   unsigned timeout_ms, struct sim_error *err)
{
	static char env[] = "BASH_ENV=" STAND_IN_ENV;
	struct sim_process_result result;
	const char *slash = strrchr(path, '/');
	autofree char *folder = strndup(path, slash > path ? (size_t)(slash - path) : 1);
	struct script script = {folder, run, book};
	const struct rehearsal rehearsal = {.prepare = prepare,
					    .tell = tell,
					    .arg = &script,
					    .script = path,
					    .folder = folder,
					    .environment = env,
					    .timeout_ms = timeout_ms};
	if (!folder)
		return sim_fail(err, ENOMEM, "%s", path);
	if (rehearse(twin, &rehearsal, &result, err) < 0)
		return -1;
	int status = result.timed_out || !WIFEXITED(result.status) || WEXITSTATUS(result.status)
			     ? sim_fail(err, 0, "%s: it fails here", path)
			     : read_back(book, result.out, err);
	sim_process_result_clear(&result);
	return status;
}
