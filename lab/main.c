/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The process: its locale, its streams, its end.  All else is the commands'.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lab/command.h"

/*
 * A stream that was closed must not become some socket of ours: descriptors 0
 * to 2 are open, and writing to those that we opened fails.
 */
static void keep_standard_streams(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

static void do_nothing(int signal)
{
	(void)signal;
}

/*
 * A report's reader may go away: that is an error to be told, not the end.
 * Caught rather than ignored: programs that are run inside a lab inherit
 * the latter.
 */
static void survive_closed_pipes(void)
{
	struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};
	sigaction(SIGPIPE, &action, NULL);
}

/* End by the very signal that ended the work, so that the caller sees it. */
static void end_by(int signal)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t mask;
	sigaction(signal, &action, NULL);
	sigemptyset(&mask);
	sigaddset(&mask, signal);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	raise(signal);
}

int main(int argc, char **argv)
{
	keep_standard_streams();
	survive_closed_pipes();
	setlocale(LC_CTYPE, "C.UTF-8"); /* scenarios and reports are UTF-8 wherever they are read */

	int status = command_main(argc, argv);
	errno = 0;
	if (fflush(stdout) || ferror(stdout)) {
		/* A report that was cut short has said so already. */
		if (status != STATUS_UNSURE)
			fprintf(stderr, "fwlab: cannot write to standard output: %s\n",
				strerror(errno ? errno : EIO));
		status = status < 0 ? status : STATUS_UNSURE;
	}
	if (status < 0)
		end_by(-status);
	return status < 0 ? 128 - status : status;
}
