/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a host runs of its own: start scripts, and programs that stay. */
#include <string.h>

#include "lab/scenario_reader.h"

#define SCRIPTS_MAX	  100
#define DAEMONS_MAX	  100
#define READINESS_MAX	  16
#define PATH_BYTES_MAX	  1024
#define DAEMON_TIMEOUT_MS 10000

void read_start(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	struct yaml_entry only = {.value = node};
	const struct yaml_entry *e = node->kind == YAML_TEXT ? &only : node->entries;
	size_t count = node->kind == YAML_TEXT ? 1 : node->n_entries;
	if (node->kind != YAML_TEXT && !want_list(r, node, "a script's file, or a list of these"))
		return;
	if (count > SCRIPTS_MAX) {
		complain(r, node->place, "%zu start scripts; a host has at most %d", count,
			 SCRIPTS_MAX);
		return;
	}
	host->start = arena_array(r->arena, struct policy, count);
	for (; e; e = e->next) {
		struct policy *script = &host->start[host->n_start];
		script->kind = sim_policy_kind_find("script");
		host->n_start += read_policy_file(r, e->value, "start script", script);
	}
}

/* A daemon while it is being read. */
struct daemon_reading {
	struct host *host;
	struct daemon *daemon;
};

static void read_run_of_daemon(struct reader *r, const struct yaml *node, void *into)
{
	((struct daemon_reading *)into)->daemon->argv = read_command(r, node);
}

static void read_unit_of_daemon(struct reader *r, const struct yaml *node, void *into)
{
	const struct daemon_reading *reading = into;
	read_unit(r, node, (size_t)(reading->host - r->scenario->hosts), reading->daemon);
}

static void read_name(struct reader *r, const struct yaml *node, void *into)
{
	struct daemon *daemon = ((struct daemon_reading *)into)->daemon;
	if (read_text(r, node, "a service's name", &daemon->name))
		check_name(r, node, &service_names);
}

/* "buildworker" of "units/buildworker.service". */
static void name_by_unit(struct reader *r, const struct yaml *unit, struct daemon *daemon)
{
	static const char end[] = ".service";
	const char *slash = strrchr(unit->text, '/');
	const char *name = slash ? slash + 1 : unit->text;
	size_t length = strlen(name);
	if (length > strlen(end) && !strcmp(name + length - strlen(end), end))
		length -= strlen(end);
	const struct yaml named = {.kind = YAML_TEXT,
				   .place = unit->place,
				   .text = arena_strndup(r->arena, name, length)};
	daemon->name = named.text;
	check_name(r, &named, &service_names);
}

/* What the program is called; of a line of shell, the first word. */
static void name_by_program(struct reader *r, const struct yaml *run, struct daemon *daemon)
{
	const char *line = run->kind == YAML_TEXT ? run->text : daemon->argv[0];
	line += strspn(line, " \t\n");
	const char *program = arena_strndup(r->arena, line,
					    run->kind == YAML_TEXT ? strcspn(line, " \t\n;&|<>()")
								   : strlen(line));
	const char *slash = strrchr(program, '/');
	const struct yaml named = {
		.kind = YAML_TEXT, .place = run->place, .text = slash ? slash + 1 : program};
	daemon->name = named.text;
	if (!*daemon->name)
		complain(r, run->place, "a service without a program's name needs 'name'");
	else
		check_name(r, &named, &service_names);
}

static void read_daemon_variants(struct reader *r, const struct yaml *node, void *into)
{
	struct daemon *daemon = ((struct daemon_reading *)into)->daemon;
	if (!want_list(r, node, "variants"))
		return;
	if (!node->n_entries)
		complain(r, node->place, "a service that is in no variant is never there");
	daemon->variants = arena_array(r->arena, bool, r->scenario->n_variants);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		const char *name;
		if (!read_text(r, e->value, "a variant's name", &name))
			continue;
		size_t variant = find_variant(r, e->value->place, name);
		if (variant != NONE)
			daemon->variants[variant] = true;
	}
}

static void read_as(struct reader *r, const struct yaml *node, void *into)
{
	struct daemon_reading *reading = into;
	read_actors(r, node, (size_t)(reading->host - r->scenario->hosts),
		    reading->daemon->variants, &reading->daemon->as);
}

static void read_daemon_timeout(struct reader *r, const struct yaml *node, void *into)
{
	read_time(r, node, &((struct daemon_reading *)into)->daemon->timeout_ms);
}

static bool read_ready_path(struct reader *r, const struct yaml *node, struct readiness *ready)
{
	if (!read_text(r, node, "a path", &ready->path))
		return false;
	ready->text = ready->path;
	bool good = ready->path[0] == '/' && strlen(ready->path) <= PATH_BYTES_MAX;
	if (!good)
		complain(r, node->place, "%s is not an absolute path of at most %d bytes",
			 quoted(r, ready->path), PATH_BYTES_MAX);
	return good;
}

static bool read_ready_run(struct reader *r, const struct yaml *node, struct readiness *ready)
{
	ready->argv = read_command(r, node);
	if (ready->argv && ready->argv[0])
		ready->text = command_text(ready->argv);
	return ready->text;
}

static bool read_ready_port(struct reader *r, const struct yaml *node, struct readiness *ready)
{
	static const char *const protocols[] = {[READY_TCP] = "tcp/", [READY_UDP] = "udp/"};
	uint64_t port;
	for (size_t i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		size_t length = strlen(protocols[i]);
		if (strncmp(node->text, protocols[i], length) != 0 ||
		    !parse_number(node->text + length, strlen(node->text + length), 1, 65535,
				  &port))
			continue;
		ready->kind = (enum ready_kind)i;
		ready->port = (uint16_t)port;
		ready->text = node->text;
		return true;
	}
	complain(r, node->place,
		 "%s is not a port such as tcp/80; other ways to see that a service is ready are "
		 "{ unix: PATH }, { file: PATH } and { run: COMMAND }",
		 quoted(r, node->text));
	return false;
}

/* Those that are a key and its value. */
static const struct {
	const char *key;
	enum ready_kind kind;
	bool (*read)(struct reader *r, const struct yaml *node, struct readiness *ready);
} ready_keys[] = {
	{"unix", READY_UNIX, read_ready_path},
	{"file", READY_FILE, read_ready_path},
	{"run", READY_RUN, read_ready_run},
};
#define N_READY_KEYS (sizeof(ready_keys) / sizeof(ready_keys[0]))

static const char *nth_ready_key(const void *among, size_t i)
{
	(void)among;
	return i < N_READY_KEYS ? ready_keys[i].key : NULL;
}

static bool read_readiness(struct reader *r, const struct yaml *node, struct readiness *ready)
{
	*ready = (struct readiness){.place = node->place};
	if (node->kind == YAML_TEXT)
		return read_ready_port(r, node, ready);
	if (!want_map(r, node, "what to see that it is ready by, such as tcp/80,"))
		return false;
	if (node->n_entries != 1) {
		complain(r, node->place, "one key is wanted here; several are a list of such maps");
		return false;
	}
	const struct yaml_entry *e = node->entries;
	for (size_t i = 0; i < N_READY_KEYS; i++) {
		if (strcmp(ready_keys[i].key, e->key->text) != 0)
			continue;
		ready->kind = ready_keys[i].kind;
		return ready_keys[i].read(r, e->value, ready);
	}
	complain_unknown(r, e->key->place, "way to be ready", e->key->text, "", nth_ready_key,
			 NULL);
	return false;
}

static void read_ready(struct reader *r, const struct yaml *node, void *into)
{
	struct daemon *daemon = ((struct daemon_reading *)into)->daemon;
	struct yaml_entry only = {.value = node};
	bool list = node->kind == YAML_LIST;
	if (list && node->n_entries > READINESS_MAX) {
		complain(r, node->place, "%zu ways to be ready; at most %d are possible",
			 node->n_entries, READINESS_MAX);
		return;
	}
	daemon->ready = arena_array(r->arena, struct readiness, list ? node->n_entries : 1);
	for (const struct yaml_entry *e = list ? node->entries : &only; e; e = e->next)
		daemon->n_ready += read_readiness(r, e->value, &daemon->ready[daemon->n_ready]);
}

/* The variants first: they say what can be had of other services. */
static const struct field daemon_fields[] = {
	{"run", read_run_of_daemon, false},
	{"unit", read_unit_of_daemon, false},
	{"name", read_name, false},
	{"variants", read_daemon_variants, false},
	{"as", read_as, false},
	{"ready", read_ready, false},
	{"timeout", read_daemon_timeout, false},
};

bool is_daemon(const struct yaml *node)
{
	if (node->kind != YAML_MAP)
		return false;
	/* Also where the key that matters is misspelt. */
	return yaml_get(node, "run") || yaml_get(node, "unit") || yaml_get(node, "name") ||
	       yaml_get(node, "ready") || yaml_get(node, "timeout");
}

bool daemon_is_in(const struct daemon *daemon, size_t variant)
{
	return !daemon->variants || daemon->variants[variant];
}

const struct daemon *find_daemon(const struct host *host, const char *name, size_t variant)
{
	for (size_t i = 0; i < host->n_daemons; i++) {
		const struct daemon *daemon = &host->daemons[i];
		if (daemon->name && !strcmp(daemon->name, name) && daemon_is_in(daemon, variant))
			return daemon;
	}
	return NULL;
}

static const char *nth_daemon(const void *among, size_t i)
{
	const struct host *host = among;
	return i < host->n_daemons ? host->daemons[i].name : NULL;
}

static bool is_known(const struct host *host, const char *name)
{
	const char *known;
	for (size_t i = 0; (known = nth_daemon(host, i)); i++) {
		if (!strcmp(known, name))
			return true;
	}
	return false;
}

bool want_daemon(struct reader *r, struct place place, const struct host *host, const char *name)
{
	if (is_known(host, name))
		return true;
	complain_unknown(r, place, "service", name,
			 arena_printf(r->arena, " of host %s (those that are run have names)",
				      quoted(r, host->name)),
			 nth_daemon, host);
	return false;
}

/* Why a daemon cannot have namespaces of its own that one could be inside of; NULL: it can. */
static const char *why_no_jail(const struct scenario *scenario, const struct daemon *daemon,
			       size_t variant)
{
	const struct actor *as = scenario_actor(&daemon->as, variant);
	if (!daemon->argv)
		return "its unit does all its work as it starts, and nothing of it stays";
	if (scenario->jails || as->confinement.no_network || as->inside)
		return NULL;
	return "it is not 'as: { network: none }', and to make some takes 'jails: true' in the "
	       "scenario";
}

/* Somebody is inside of this daemon, in this variant; whether that is possible. */
static bool check_jail(struct reader *r, const struct host *host, const struct actor *actor,
		       size_t variant)
{
	const struct daemon *daemon = find_daemon(host, actor->inside, variant);
	const char *why = daemon ? why_no_jail(r->scenario, daemon, variant) : NULL;
	if (!daemon)
		complain(r, actor->place,
			 "there is no service %s in variant %s, in which this is run too",
			 quoted(r, actor->inside), quoted(r, r->scenario->variants[variant].name));
	else if (why)
		complain(r, actor->place,
			 "service %s has no namespaces of its own to be inside of: %s",
			 quoted(r, actor->inside), why);
	return daemon && !why;
}

void check_inside(struct reader *r, const struct host *host, const struct actor *actor,
		  const bool *variants)
{
	/* What is inside of a service has no root, which has been complained about. */
	if (!actor->inside || !want_daemon(r, actor->place, host, actor->inside) || actor->root)
		return;
	for (size_t v = 0; v < r->scenario->n_variants; v++) {
		bool meant =
			(!variants || variants[v]) && !scenario_refusals(&r->scenario->variants[v]);
		if (meant && !check_jail(r, host, actor, v))
			return;
	}
}

/* Two of one name would be the same to whoever refers to it. */
static void check_twins(struct reader *r, const struct host *host, const struct daemon *daemon)
{
	for (size_t v = 0; daemon->name && v < r->scenario->n_variants; v++) {
		const struct daemon *twin = find_daemon(host, daemon->name, v);
		if (!twin || !daemon_is_in(daemon, v))
			continue;
		complain(r, daemon->place,
			 "a second service %s; the first is on line %u: give one of them a 'name', "
			 "or 'variants' to each",
			 quoted(r, daemon->name), twin->place.line);
		return;
	}
}

void read_daemon(struct reader *r, const struct yaml *node, struct host *host)
{
	if (host->n_daemons == DAEMONS_MAX) {
		complain(r, node->place, "a host runs at most %d programs as services",
			 DAEMONS_MAX);
		return;
	}
	struct daemon *daemon = &host->daemons[host->n_daemons];
	struct daemon_reading reading = {host, daemon};
	*daemon = (struct daemon){
		.place = node->place,
		.as = {.user = "root", .text = "root"},
		.timeout_ms = DAEMON_TIMEOUT_MS,
	};
	read_fields(r, node, "a service that is run", FIELDS(daemon_fields), &reading);
	const struct yaml *run = yaml_get(node, "run"), *unit = yaml_get(node, "unit");
	if (!run == !unit)
		complain(r, node->place,
			 run ? "a service is 'run', or a 'unit': one of them"
			     : "a service that is run needs 'run', or a 'unit'");
	else if (unit && yaml_get(node, "as"))
		complain(r, yaml_get(node, "as")->place,
			 "whom a unit's programs run as is its "
			 "User='s and Group='s affair");
	if ((!run && !daemon->unit) ||
	    (!daemon->unit && (!daemon->argv || !daemon->argv[0] || !*daemon->argv[0])))
		return;
	if (!daemon->name && unit)
		name_by_unit(r, unit, daemon);
	else if (!daemon->name && run)
		name_by_program(r, run, daemon);
	check_twins(r, host, daemon);
	host->n_daemons++;
}

bool scenario_has_programs(const struct scenario *scenario)
{
	for (size_t i = 0; i < scenario->n_hosts; i++)
		if (scenario->hosts[i].n_start || scenario->hosts[i].n_daemons)
			return true;
	return false;
}
