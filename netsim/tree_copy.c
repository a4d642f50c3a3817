/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/tree_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mount_util.h"

/* Whole files are copied: what is larger is no configuration. */
#define FILE_BYTES_MAX (4 << 20)

struct copy {
	const struct tree_part *what;
	const char *to;
	size_t from_length;
};

static int copy_link(const char *from, const char *to, struct sim_error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlink(from, target, sizeof(target) - 1);
	if (length < 0)
		return 0;
	target[length] = '\0';
	return make_link(target, to, err);
}

/* What we may not read we do without, as whoever runs us does. */
static int copy_file(const char *from, const char *to, const struct stat *about,
		     struct sim_error *err)
{
	autoclose int in = open(from, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || about->st_size > FILE_BYTES_MAX)
		return 0;
	autoclose int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return sim_fail(err, errno, "cannot copy %s", to);
	ssize_t done;
	do
		done = sendfile(out, in, NULL, FILE_BYTES_MAX);
	while (done > 0);
	const struct timespec times[] = {about->st_atim, about->st_mtim};
	if (done < 0 || fchmod(out, about->st_mode & 0777) < 0 || futimens(out, times) < 0)
		return sim_fail(err, errno, "cannot copy %s", to);
	return 0;
}

static int copy_entry(const struct copy *copy, FTS *tree, FTSENT *entry, struct sim_error *err)
{
	char to[PATH_MAX];
	if (snprintf(to, sizeof(to), "%s%s", copy->to, entry->fts_path + copy->from_length) >=
	    (int)sizeof(to))
		return 0;
	bool wanted = entry->fts_level <= copy->what->file_levels;
	switch (entry->fts_info) {
	case FTS_D:
		if (entry->fts_level >= copy->what->folder_levels)
			fts_set(tree, entry, FTS_SKIP);
		return make_folder(to, entry->fts_statp->st_mode & 07777, err);
	case FTS_F:
		return wanted ? copy_file(entry->fts_accpath, to, entry->fts_statp, err) : 0;
	case FTS_SL:
	case FTS_SLNONE:
		return wanted ? copy_link(entry->fts_accpath, to, err) : 0;
	default:
		return 0; /* the way back, what cannot be read, sockets */
	}
}

int tree_copy(const char *from, const char *to, const struct tree_part *what, struct sim_error *err)
{
	char root[PATH_MAX];
	char *const roots[] = {root, NULL};
	int length = snprintf(root, sizeof(root), "%s/.", from);
	const struct copy copy = {what, to, (size_t)length};
	int options = FTS_PHYSICAL | FTS_NOCHDIR | (what->across_mounts ? 0 : FTS_XDEV);
	FTS *tree = fts_open(roots, options, NULL);
	int status = 0;
	if (!tree)
		return sim_fail(err, errno, "cannot read %s", from);
	for (FTSENT *entry; status == 0 && (entry = fts_read(tree));)
		status = copy_entry(&copy, tree, entry, err);
	fts_close(tree);
	return status;
}
