/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/apt.h"

#include <string.h>

#include "lab/live_files.h"
#include "lab/services.h"
#include "netsim/files.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

#define KEY "fwlab-archive-keyring.gpg"

static const char *const suites[] = {FWLAB_SUITES};

/* As fixtures/apt/make-repository makes them, a folder each. */
static const char *const faults[] = {"no-release", "bad-signature", "unknown-key", "bad-hash",
				     "expired"};

const char *apt_suite_nth(size_t i)
{
	return i < COUNT(suites) ? suites[i] : NULL;
}

const char *apt_fault_nth(size_t i)
{
	return i < COUNT(faults) ? faults[i] : NULL;
}

const struct service *apt_service(const struct host *host)
{
	for (size_t i = 0; i < host->n_services; i++)
		if (host->services[i].kind == SERVICE_APT)
			return &host->services[i];
	return NULL;
}

const char *apt_words(struct arena *arena, const struct probe *probe)
{
	const char *text = "apt-get";
	for (char **word = probe->argv; word && *word; word++)
		text = arena_printf(arena, "%s %s", text, *word);
	return text;
}

/*
 * Fail at once and with a status: without these, a failed update comes late,
 * and as a warning.  No name is asked for but the archive's.
 */
static const char configuration[] = "Acquire::Retries \"0\";\n"
				    "Acquire::http::Timeout \"5\";\n"
				    "Acquire::EnableSrvRecords \"false\";\n"
				    "Acquire::Languages \"none\";\n"
				    "APT::Update::Error-Mode \"any\";\n"
				    "Dpkg::Use-Pty \"0\";\n";

/* Of the machine's: what is below them would be read, or be in the way. */
static const char *const hidden[] = {"/etc/apt", "/etc/dpkg", "/var/lib/apt", "/var/lib/dpkg",
				     "/var/cache/apt"};

static bool runs_apt(const struct scenario *scenario, size_t host)
{
	for (size_t i = 0; i < scenario->n_probes; i++)
		if (scenario->probes[i].kind == PROBE_APT && scenario->probes[i].from == host)
			return true;
	return false;
}

/* The name by which `from` knows a host: one that its DNS has, otherwise its own. */
static const char *name_of(const struct scenario *scenario, size_t from, size_t host)
{
	if (scenario->hosts[from].resolver == NONE)
		return scenario->hosts[host].name;
	for (size_t h = 0; h < scenario->n_hosts; h++)
		for (size_t s = 0; s < scenario->hosts[h].n_services; s++) {
			const struct service *service = &scenario->hosts[h].services[s];
			for (size_t i = 0; i < service->n_records; i++)
				if (service->records[i].host == host)
					return service->records[i].name;
		}
	return scenario->hosts[host].name;
}

static const char *sources_text(const struct plan *plan, size_t from, size_t host,
				const struct service *service)
{
	const char *port =
		service->port == 80 ? "" : arena_printf(plan->arena, ":%u", service->port);
	return arena_printf(plan->arena, "deb http://%s%s/debian %s main\n",
			    name_of(plan->scenario, from, host), port,
			    service->suite ? service->suite : suites[0]);
}

static int add_text(struct sim_host *host, const char *root, const char *path, const char *text,
		    struct sim_error *err)
{
	const struct sim_file file = {
		.path = path, .text = text, .length = strlen(text), .mode = 0644};
	return sim_host_add_file(host, root, &file, err);
}

static int add_folder(struct sim_host *host, const char *root, const char *path,
		      struct sim_error *err)
{
	const struct sim_file folder = {.path = path, .mode = 0755};
	return sim_host_add_file(host, root, &folder, err);
}

static int add_sources(const struct plan *plan, size_t index, struct sim_host *host,
		       const char *root, struct sim_error *err)
{
	const struct scenario *scenario = plan->scenario;
	bool first = true;
	for (size_t h = 0; h < scenario->n_hosts; h++) {
		const struct service *service = apt_service(&scenario->hosts[h]);
		if (!service)
			continue;
		const char *text = sources_text(plan, index, h, service);
		const char *path = arena_printf(plan->arena, APT_SOURCES_FOLDER "/%s.list",
						scenario->hosts[h].name);
		if (add_text(host, root, path, text, err) < 0 ||
		    (first && add_text(host, root, "/etc/apt/sources.list", text, err) < 0))
			return -1;
		first = false;
	}
	return 0;
}

static int add_key(const struct plan *plan, struct sim_host *host, const char *root,
		   struct sim_error *err)
{
	struct sim_file file = {.path = "/etc/apt/trusted.gpg.d/" KEY, .mode = 0644};
	const char *repository = services_repository(err);
	if (!repository)
		return -1;
	return live_file_copy(host, root, arena_printf(plan->arena, "%s/" KEY, repository), &file,
			      err);
}

/* In a host, or in one of its roots. */
static int furnish(const struct plan *plan, size_t index, struct sim_host *host, const char *root,
		   struct sim_error *err)
{
	static const char *const folders[] = {
		"/etc/apt/apt.conf.d",
		"/etc/apt/preferences.d",
		"/etc/apt/sources.list.d",
		"/var/cache/apt/archives/partial",
		"/var/lib/apt/lists",
		"/var/lib/dpkg/info",
		"/var/lib/dpkg/updates",
		"/var/lib/dpkg/triggers",
		"/var/log/apt",
	};
	for (size_t i = 0; i < COUNT(folders); i++)
		if (add_folder(host, root, folders[i], err) < 0)
			return -1;
	if (add_text(host, root, "/etc/apt/apt.conf.d/00fwlab", configuration, err) < 0 ||
	    add_text(host, root, "/var/lib/dpkg/status", "", err) < 0 ||
	    add_key(plan, host, root, err) < 0)
		return -1;
	return add_sources(plan, index, host, root, err);
}

int apt_furnish(const struct plan *plan, size_t index, struct sim_host *host, struct sim_error *err)
{
	const struct host *wanted = &plan->scenario->hosts[index];
	if (!runs_apt(plan->scenario, index))
		return 0;
	for (size_t i = 0; i < COUNT(hidden); i++)
		if (sim_host_hide(host, hidden[i], err) < 0)
			return -1;
	/* Packages are installed below /usr: in a copy of the machine's. */
	if (add_folder(host, NULL, "/usr/share/doc", err) < 0 ||
	    furnish(plan, index, host, NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted->n_roots; i++)
		if (furnish(plan, index, host, wanted->roots[i].name, err) < 0)
			return -1;
	return 0;
}
