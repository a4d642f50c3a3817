/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program of stand_in.h: a file of its own, in libnetsim as data (stand_ins.c). */
#include "netsim/stand_in.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include "netsim/cleanup.h"
#include "netsim/mark.h"
#include "netsim/mark_command.h"

struct scene {
	unsigned run;
	char folder[PATH_MAX];
	struct mark_scene told;
};

static bool read_scene(struct scene *scene)
{
	char *at;
	autofree char *text = mark_read_file(STAND_IN_SCENE);
	if (!text)
		return false;
	scene->run = (unsigned)strtoul(text, &at, 10);
	scene->told.begun.tv_sec = strtol(at, &at, 10);
	scene->told.begun.tv_nsec = strtol(at, &at, 10);
	snprintf(scene->folder, sizeof(scene->folder), "%s", at + strspn(at, " "));
	scene->told.folder = scene->folder;
	scene->told.call = (struct mark_call){getenv(STAND_IN_LINES), getenv(STAND_IN_FILES),
					      getenv(STAND_IN_NAMES), getenv(STAND_IN_COMMAND)};
	return true;
}

/* Make the command a marked one, with what has been marked so far in sight. */
static void mark(struct mark_command *command, unsigned run)
{
	struct mark_book book = {0};
	autofclose FILE *file = fopen(STAND_IN_BOOK, "r+e");
	if (!file || flock(fileno(file), LOCK_EX) < 0)
		return;
	autofree char *text = mark_read_file(STAND_IN_BOOK);
	if (text && mark_book_read(&book, text)) {
		mark_command_mark(command, &book, run);
		mark_book_write(&book, file);
	}
	fflush(file);
	mark_book_clear(&book);
}

/* Let standard input be what the command is to read. */
static bool give_input(const struct mark_command *command)
{
	if (!command->input)
		return true;
	autoclose int fd = memfd_create("input", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	for (size_t done = 0; done < command->input_length;) {
		ssize_t n = write(fd, command->input + done, command->input_length - done);
		if (n < 0)
			return false;
		done += (size_t)n;
	}
	return lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO;
}

static void play_tool(const char *real, char **argv)
{
	struct scene scene;
	struct mark_command command;
	if (!read_scene(&scene) || !mark_command_read(&command, argv, &scene.told))
		return;
	mark(&command, scene.run);
	if (give_input(&command))
		execv(real, command.argv);
	mark_command_clear(&command);
}

/* Returns where there is no bash. */
static void play_shell(char **argv)
{
	static char bash[] = "bash";
	char *name = argv[0];
	setenv(STAND_IN_POSIX, "1", 1);
	argv[0] = bash;
	execv("/bin/bash", argv);
	argv[0] = name;
}

static bool is_shell(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	return !strcmp(name, "sh") || !strcmp(name, "dash");
}

int main(int argc, char **argv)
{
	char self[PATH_MAX] = "";
	char real[PATH_MAX];
	if (argc < 1 || readlink("/proc/self/exe", self, sizeof(self) - 1) < 0 ||
	    !stand_in_real(self, real))
		return 127;
	if (is_shell(argv[0]))
		play_shell(argv);
	else
		play_tool(real, argv);
	execv(real, argv);
	return 127;
}
