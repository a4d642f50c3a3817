/* A plug-in that notes which process it is in, what that has, and what it can do by it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void note_capabilities(FILE *seen)
{
	char line[256];
	FILE *status = fopen("/proc/self/status", "re");
	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, "CapEff:", 7) || !strncmp(line, "CapPrm:", 7))
			fprintf(seen, " %.*s", (int)strcspn(line, "\n"), line);
	if (status)
		fclose(status);
}

/* Its network, 0 where it has none. */
static unsigned long long network_of(int fd)
{
	unsigned long long cookie = 0;
	socklen_t size = sizeof(cookie);
	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &size) < 0 ? 0 : cookie;
}

/* A cgroup's folder, a socket of another network: all that is not for a program. */
static void note_descriptors(FILE *seen)
{
	struct stat about;
	int here = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (int fd = 3; fd < 1024; fd++)
		if (fd != fileno(seen) && fstat(fd, &about) == 0 && !S_ISREG(about.st_mode) &&
		    !S_ISFIFO(about.st_mode) && network_of(fd) != network_of(here))
			fprintf(seen, " fd:%d(%o)", fd, about.st_mode);
	close(here);
}

__attribute__((constructor)) static void look(void)
{
	char name[32] = "";
	FILE *seen = fopen("/tmp/seen", "ae");
	int comm = open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
	if (!seen)
		return;
	if (comm >= 0 && read(comm, name, sizeof(name) - 1) > 0)
		name[strcspn(name, "\n")] = '\0';
	close(comm);
	fprintf(seen, "%s", name);
	note_capabilities(seen);
	note_descriptors(seen);
	fputc('\n', seen);
	fclose(seen);
}
