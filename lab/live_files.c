/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/live_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/apt.h"
#include "netsim/cleanup.h"
#include "netsim/files.h"

/* What the reader has found to be a regular file of a bearable size. */
static char *read_source(const char *path, size_t *length, struct sim_error *err)
{
	struct stat status;
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &status) < 0) {
		sim_fail(err, errno, "%s", path);
		return NULL;
	}
	autofree char *text = malloc((size_t)status.st_size + 1);
	*length = 0;
	while (text && *length < (size_t)status.st_size) {
		ssize_t got = read(fd, text + *length, (size_t)status.st_size - *length);
		if (got <= 0)
			break;
		*length += (size_t)got;
	}
	if (!text || *length != (size_t)status.st_size) {
		sim_fail(err, errno, "cannot read %s", path);
		return NULL;
	}
	return steal_ptr(&text);
}

int live_file_copy(struct sim_host *host, const char *root, const char *source,
		   struct sim_file *file, struct sim_error *err)
{
	autofree char *text = read_source(source, &file->length, err);
	if (!text)
		return -1;
	file->text = text;
	int status = sim_host_add_file(host, root, file, err);
	file->text = NULL;
	return status;
}

static int add_files(const struct files *files, const char *root, struct sim_host *host,
		     struct sim_error *err)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct file *wanted = &files->list[i];
		struct sim_file file = {
			.path = wanted->path,
			.text = wanted->text,
			.length = wanted->text ? strlen(wanted->text) : 0,
			.mode = wanted->mode,
			.uid = wanted->uid,
			.gid = wanted->gid,
		};
		int status = wanted->source ? live_file_copy(host, root, wanted->source, &file, err)
					    : sim_host_add_file(host, root, &file, err);
		if (status < 0)
			return -1;
	}
	return 0;
}

/* What apt needs first: a file of the scenario's may take its place. */
int live_files_add(const struct plan *plan, size_t index, struct sim_host *host,
		   struct sim_error *err)
{
	const struct host *wanted = &plan->scenario->hosts[index];
	if (apt_furnish(plan, index, host, err) < 0 ||
	    add_files(&wanted->files, NULL, host, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted->n_roots; i++) {
		const struct root *root = &wanted->roots[i];
		if (add_files(&root->files, root->name, host, err) < 0 ||
		    (root->at && sim_host_show_root(host, root->name, root->at, err) < 0))
			return -1;
	}
	return 0;
}
