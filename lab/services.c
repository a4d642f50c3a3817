/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/services.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netsim/cleanup.h"

const char *services_repository(struct sim_error *err)
{
	static const char *const places[] = {FWLAB_REPOSITORY_BUILT, FWLAB_REPOSITORY_INSTALLED};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (access(places[i], R_OK | X_OK) == 0)
			return places[i];
		if (sim_is_lack(errno)) {
			sim_fail(err, errno, "%s", places[i]);
			return NULL;
		}
	}
	sim_fail(err, ENOENT, "the apt service's repository is neither in %s nor in %s", places[0],
		 places[1]);
	return NULL;
}

/* One record an address: a host has as many as it has addresses, seen from the server. */
static size_t add_addresses(const struct plan *plan, size_t server, const struct dns_record *record,
			    struct server_record *to)
{
	static const int families[] = {AF_INET, AF_INET6};
	size_t count = 0;
	for (size_t f = 0; f < 2 && record->host != NONE; f++) {
		const struct sim_prefix *address =
			plan_address(plan, server, record->host, families[f]);
		if (!address)
			continue;
		to[count] = (struct server_record){.name = record->name, .family = families[f]};
		memcpy(&to[count++].v6, address->bytes, sizeof(address->bytes));
	}
	for (size_t i = 0; i < record->n_addresses; i++) {
		const struct sim_prefix *address = &record->addresses[i];
		to[count] = (struct server_record){.name = record->name, .family = address->family};
		memcpy(&to[count++].v6, address->bytes, sizeof(address->bytes));
	}
	return count;
}

static void add_records(const struct plan *plan, size_t host, const struct service *service,
			struct server *server)
{
	size_t most = 0;
	for (size_t i = 0; i < service->n_records; i++)
		most += 2 + service->records[i].n_addresses;
	struct server_record *records = arena_array(plan->arena, struct server_record, most);
	for (size_t i = 0; i < service->n_records; i++)
		server->n_records += add_addresses(plan, host, &service->records[i],
						   records + server->n_records);
	server->records = records;
}

static uint16_t dns_port(const struct host *host)
{
	for (size_t i = 0; i < host->n_services; i++)
		if (host->services[i].kind == SERVICE_DNS)
			return host->services[i].port;
	return 0;
}

static void set_forward(const struct plan *plan, size_t host, size_t to, struct server *server)
{
	const struct sim_prefix *v4 = plan_address(plan, host, to, AF_INET);
	const struct sim_prefix *address = v4 ? v4 : plan_address(plan, host, to, AF_INET6);
	if (address)
		plan_socket_address(address, dns_port(&plan->scenario->hosts[to]),
				    &server->forward);
}

static const enum server_kind kinds[] = {
	[SERVICE_TCP] = SERVER_TCP, [SERVICE_UDP] = SERVER_UDP,	 [SERVICE_HTTP] = SERVER_HTTP,
	[SERVICE_DNS] = SERVER_DNS, [SERVICE_APT] = SERVER_HTTP,
};

int services_load(const struct scenario *scenario, struct sim_error *err)
{
	for (size_t i = 0; i < scenario->n_hosts; i++)
		for (size_t j = 0; j < scenario->hosts[i].n_services; j++) {
			const char *why_not =
				servers_load(kinds[scenario->hosts[i].services[j].kind]);
			if (why_not)
				return sim_fail(err, 0, "the services of host %s: %s",
						scenario->hosts[i].name, why_not);
		}
	return 0;
}

static int fill_server(const struct plan *plan, struct sim_host *host, size_t index,
		       const struct service *service, struct server *server, struct sim_error *err)
{
	*server = (struct server){
		.kind = kinds[service->kind],
		.host = sim_host_name(host),
		.netns = sim_host_netns(host),
		.port = service->port,
	};
	if (service->as &&
	    !sim_accounts_user(sim_host_accounts(host), service->as, &server->uid, &server->gid))
		return sim_fail(err, 0, "host %s has no user %s", server->host, service->as);
	if (service->kind == SERVICE_APT) {
		const char *folder = services_repository(err);
		if (!folder)
			return -1;
		server->folder = service->fault ? arena_printf(plan->arena, "%s/faults/%s", folder,
							       service->fault)
						: folder;
	}
	if (service->kind == SERVICE_DNS) {
		add_records(plan, index, service, server);
		if (service->forward != NONE)
			set_forward(plan, index, service->forward, server);
	}
	return 0;
}

/* All services of all hosts as one list; from the plan's arena. */
static struct server *list_servers(const struct plan *plan, struct sim_host *const *hosts,
				   size_t *count, struct sim_error *err)
{
	const struct scenario *scenario = plan->scenario;
	size_t most = 0;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		most += scenario->hosts[i].n_services;
	struct server *servers = arena_array(plan->arena, struct server, most);
	*count = 0;
	for (size_t i = 0; i < scenario->n_hosts; i++)
		for (size_t j = 0; j < scenario->hosts[i].n_services; j++)
			if (fill_server(plan, hosts[i], i, &scenario->hosts[i].services[j],
					&servers[(*count)++], err) < 0)
				return NULL;
	return servers;
}

static _Noreturn void serve(const struct server *servers, size_t count, int reports)
{
	prctl(PR_SET_NAME, "fwlab services");
	_exit(servers_run(servers, count, reports));
}

int services_start(const struct plan *plan, struct sim_host *const *hosts,
		   struct services *services, struct sim_error *err)
{
	size_t count;
	struct server *servers = list_servers(plan, hosts, &count, err);
	if (!servers)
		return -1;
	if (!count)
		return 0;
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return sim_fail(err, errno, "cannot make a socket pair");
	services->pid = fork();
	if (services->pid == 0) {
		close(ends[0]);
		serve(servers, count, ends[1]);
	}
	close(ends[1]);
	if (services->pid < 0) {
		services->pid = 0;
		close(ends[0]);
		return sim_fail(err, errno, "cannot start the services");
	}
	services->reports = ends[0];
	return 0;
}

/* They report nothing any more. */
static int fail_dead(const struct services *services, struct sim_error *err)
{
	siginfo_t about = {0};
	/* Its status is an errno where it could not even say why (servers_run()). */
	bool ended = waitid(P_PID, (id_t)services->pid, &about, WEXITED | WNOWAIT) == 0 &&
		     about.si_code == CLD_EXITED;
	return sim_fail(err, ended && about.si_status > EXIT_FAILURE ? about.si_status : 0,
			"the services' process died");
}

int services_await(const struct services *services, struct sim_error *err)
{
	struct server_message message;
	if (!services->pid)
		return 0;
	ssize_t length;
	do
		length = recv(services->reports, &message, sizeof(message), 0);
	while (length < 0 && errno == EINTR);
	if (length < 0)
		return sim_fail(err, errno, "cannot hear the services");
	if (length != (ssize_t)sizeof(message))
		return fail_dead(services, err);
	if (message.kind != SERVERS_READY)
		return sim_fail(err, 0, "services: %s", message.text);
	return 0;
}

int services_arrivals(const struct services *services, struct server_message *arrivals, size_t max,
		      size_t *count, struct sim_error *err)
{
	*count = 0;
	while (services->pid && *count < max) {
		struct server_message *message = &arrivals[*count];
		ssize_t length = recv(services->reports, message, sizeof(*message), MSG_DONTWAIT);
		if (length < 0 && errno == EAGAIN)
			return 0;
		if (length < 0 && errno != EINTR)
			return sim_fail(err, errno, "cannot hear the services");
		if (length == 0)
			return fail_dead(services, err);
		if (length != (ssize_t)sizeof(*message))
			continue;
		if (message->kind == SERVERS_FAILED)
			return sim_fail(err, 0, "services: %s", message->text);
		*count += message->kind == SERVERS_ARRIVAL;
	}
	return 0;
}

bool services_listen(const struct host *host, int protocol, uint16_t port)
{
	for (size_t i = 0; i < host->n_services; i++) {
		const struct service *service = &host->services[i];
		bool udp = service->kind == SERVICE_UDP || service->kind == SERVICE_DNS;
		bool tcp = service->kind != SERVICE_UDP;
		if (service->port == port &&
		    ((protocol == IPPROTO_TCP && tcp) || (protocol == IPPROTO_UDP && udp)))
			return true;
	}
	return false;
}

/*
 * They end while we go on, which takes the kernel as long as their start: nobody is in their way.
 * Whoever was stopped before has ended by now.
 */
void services_stop(struct services *services)
{
	static pid_t last;
	if (!services->pid)
		return;
	close(services->reports);
	kill(services->pid, SIGKILL);
	if (last)
		waitpid(last, NULL, 0);
	last = services->pid;
	services->pid = 0;
	services->reports = -1;
}
