/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "lab/apt.h"
#include "lab/scenario_reader.h"

#define DNS_PORT 53

/* A service while it is being read. */
struct service_reading {
	size_t host;
	struct service *service;
};

static void read_port(struct reader *r, const struct yaml *node, void *into)
{
	struct service_reading *reading = into;
	uint64_t port;
	if (read_number(r, node, "a port", 1, 65535, &port))
		reading->service->port = (uint16_t)port;
}

static void read_as(struct reader *r, const struct yaml *node, void *into)
{
	struct service_reading *reading = into;
	const struct host *host = &r->scenario->hosts[reading->host];
	const char *name;
	uid_t uid;
	if (read_text(r, node, "a user's name", &name) &&
	    want_user(r, node->place, &host->accounts,
		      arena_printf(r->arena, " on host %s", quoted(r, host->name)), name, &uid))
		reading->service->as = name;
}

static const char *nth_suite(const void *among, size_t i)
{
	(void)among;
	return apt_suite_nth(i);
}

static const char *nth_fault(const void *among, size_t i)
{
	(void)among;
	return apt_fault_nth(i);
}

/* One of the names that a table has. */
static void read_named(struct reader *r, const struct yaml *node, const char *what,
		       const char *(*nth)(const void *among, size_t i), const char **into)
{
	const char *text, *name;
	if (!read_text(r, node, arena_printf(r->arena, "a %s", what), &text))
		return;
	for (size_t i = 0; (name = nth(NULL, i)); i++) {
		if (strcmp(name, text) == 0) {
			*into = name;
			return;
		}
	}
	complain_unknown(r, node->place, what, text, "", nth, NULL);
}

static void read_suite(struct reader *r, const struct yaml *node, void *into)
{
	read_named(r, node, "suite of the apt service", nth_suite,
		   &((struct service_reading *)into)->service->suite);
}

static void read_fault(struct reader *r, const struct yaml *node, void *into)
{
	read_named(r, node, "fault of the apt service", nth_fault,
		   &((struct service_reading *)into)->service->fault);
}

/* One of what a record stands for: a host or an address. */
static void read_record_value(struct reader *r, const struct yaml *node, struct dns_record *record)
{
	const char *text;
	if (!read_text(r, node, "a host's name or an address", &text))
		return;
	struct sim_prefix *address = &record->addresses[record->n_addresses];
	if (!strchr(text, '/') && sim_prefix_parse(text, false, address)) {
		record->n_addresses++;
		return;
	}
	if (record->host != NONE)
		complain(r, node->place, "a record stands for one host at most, besides addresses");
	else
		record->host = find_host(r, node->place, text);
}

static void read_record(struct reader *r, const struct yaml_entry *e, struct dns_record *record)
{
	const struct yaml *value = e->value;
	*record = (struct dns_record){
		.name = dns_name(r->arena, e->key->text), .place = e->key->place, .host = NONE};
	if (!record->name)
		complain(r, e->key->place, "%s is not a DNS name", quoted(r, e->key->text));
	record->addresses = arena_array(r->arena, struct sim_prefix, value->n_entries + 1);
	if (value->kind != YAML_LIST) {
		read_record_value(r, value, record);
		return;
	}
	for (const struct yaml_entry *v = value->entries; v; v = v->next)
		read_record_value(r, v->value, record);
	if (!value->n_entries)
		complain(r, value->place, "a record needs a host or an address");
}

static void read_records(struct reader *r, const struct yaml *node, void *into)
{
	struct service *service = ((struct service_reading *)into)->service;
	struct names known = {0};
	if (!want_map(r, node, "DNS records"))
		return;
	service->records = arena_array(r->arena, struct dns_record, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct dns_record *record = &service->records[service->n_records];
		read_record(r, e, record);
		if (!record->name)
			continue;
		const struct named *twin =
			names_add(&known, r->arena, record->name, 0, e->key->place);
		if (twin)
			complain(r, e->key->place,
				 "a second record for %s; the first is on line %u",
				 quoted(r, record->name), twin->place.line);
		service->n_records++;
	}
}

static void read_forward(struct reader *r, const struct yaml *node, void *into)
{
	struct service_reading *reading = into;
	size_t host = read_host_reference(r, node, "a host's name");
	reading->service->forward = host;
	wish_for_dns(r, node->place, host, reading->service);
}

static const struct field stream_fields[] = {
	{"port", read_port, true},
	{"as", read_as, false},
};
static const struct field http_fields[] = {
	{"port", read_port, false},
	{"as", read_as, false},
};
static const struct field dns_fields[] = {
	{"records", read_records, false},
	{"forward", read_forward, false},
	{"port", read_port, false},
	{"as", read_as, false},
};
static const struct field apt_fields[] = {
	{"suite", read_suite, false},
	{"fault", read_fault, false},
	{"port", read_port, false},
	{"as", read_as, false},
};

static const struct service_type {
	const char *name;
	uint16_t port; /* unless given; 0: must be given */
	bool tcp, udp;
	const struct field *fields;
	size_t n_fields;
} types[] = {
	[SERVICE_TCP] = {"tcp", 0, true, false, FIELDS(stream_fields)},
	[SERVICE_UDP] = {"udp", 0, false, true, FIELDS(stream_fields)},
	[SERVICE_HTTP] = {"http", 80, true, false, FIELDS(http_fields)},
	[SERVICE_DNS] = {"dns", DNS_PORT, true, true, FIELDS(dns_fields)},
	[SERVICE_APT] = {"apt", 80, true, false, FIELDS(apt_fields)},
};

#define N_TYPES (sizeof(types) / sizeof(types[0]))

const char *service_kind_name(enum service_kind kind)
{
	return types[kind].name;
}

static const char *nth_type(const void *among, size_t i)
{
	(void)among;
	return i < N_TYPES ? types[i].name : NULL;
}

/* The type whose name is the first `length` bytes of `name`. */
static const struct service_type *want_type(struct reader *r, const struct yaml *node,
					    size_t length)
{
	for (size_t i = 0; i < N_TYPES; i++) {
		if (strlen(types[i].name) == length && !strncmp(types[i].name, node->text, length))
			return &types[i];
	}
	size_t digits = strspn(node->text, "0123456789");
	if (digits && digits == length) {
		const char *rest = node->text[length] ? node->text + length + 1 : "";
		complain(r, node->place, "%s: a service's protocol comes first: %s/%.*s",
			 quoted(r, node->text), !strcmp(rest, "udp") ? "udp" : "tcp", (int)digits,
			 node->text);
		return NULL;
	}
	complain_unknown(r, place_within(node, 0, length), "service",
			 arena_strndup(r->arena, node->text, length), "", nth_type, NULL);
	return NULL;
}

static bool read_service_text(struct reader *r, const struct yaml *node, struct service *service)
{
	const char *slash = strchr(node->text, '/');
	size_t length = slash ? (size_t)(slash - node->text) : strlen(node->text);
	const struct service_type *type = want_type(r, node, length);
	uint64_t port = type ? type->port : 0;
	if (!type)
		return false;
	service->kind = (enum service_kind)(type - types);
	if (!port && !slash) {
		complain(r, node->place, "%s needs a port, such as %s/80", quoted(r, type->name),
			 type->name);
		return false;
	}
	if (slash && !parse_number(slash + 1, strlen(slash + 1), 1, 65535, &port)) {
		complain(r, place_within(node, length + 1, strlen(slash + 1)),
			 "%s is not a port: a decimal number from 1 to 65535 is wanted",
			 quoted(r, slash + 1));
		return false;
	}
	service->port = (uint16_t)port;
	return true;
}

/* `dns: { NAME: HOST }` is short for `dns: { records: { NAME: HOST } }`. */
static bool is_short_form(const struct service_type *type, const struct yaml *map)
{
	if (type->fields != dns_fields)
		return false;
	for (size_t i = 0; i < type->n_fields; i++) {
		if (yaml_get(map, type->fields[i].name))
			return false;
	}
	return true;
}

static bool read_service_map(struct reader *r, const struct yaml *node,
			     struct service_reading *reading)
{
	if (node->n_entries != 1) {
		complain(
			r, node->place,
			"a service is one key, such as { tcp: 80 }, with what else there is to say "
			"below it");
		return false;
	}
	const struct yaml *key = node->entries->key, *value = node->entries->value;
	const struct service_type *type = want_type(r, key, strlen(key->text));
	if (!type)
		return false;
	reading->service->kind = (enum service_kind)(type - types);
	reading->service->port = type->port;
	if (value->kind == YAML_TEXT || (value->kind == YAML_NOTHING && !type->port))
		read_port(r, value, reading);
	else if (is_short_form(type, value))
		read_records(r, value, reading);
	else
		read_fields(r, value, arena_printf(r->arena, "service '%s'", type->name),
			    type->fields, type->n_fields, reading);
	return reading->service->port;
}

/* A port of a protocol serves one. */
static void claim_port(struct reader *r, const struct service *service, struct names *ports)
{
	const struct service_type *type = &types[service->kind];
	const bool takes[] = {type->tcp, type->udp};
	static const char *const protocols[] = {"tcp", "udp"};
	for (size_t i = 0; i < 2; i++) {
		if (!takes[i])
			continue;
		const char *key = arena_printf(r->arena, "%s/%u", protocols[i], service->port);
		const struct named *taken = names_add(ports, r->arena, key, 0, service->place);
		if (!taken)
			continue;
		complain(r, service->place, "%s is already served by this host (line %u)", key,
			 taken->place.line);
		return;
	}
}

void read_services(struct reader *r, const struct yaml *node, void *into)
{
	struct host *host = into;
	struct names ports = {0};
	if (!want_list(r, node, "services"))
		return;
	host->services = arena_array(r->arena, struct service, node->n_entries);
	host->daemons = arena_array(r->arena, struct daemon, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (is_daemon(e->value)) {
			read_daemon(r, e->value, host);
			continue;
		}
		struct service *service = &host->services[host->n_services];
		struct service_reading reading = {(size_t)(host - r->scenario->hosts), service};
		*service = (struct service){.place = e->value->place, .forward = NONE};
		bool good;
		if (e->value->kind == YAML_TEXT)
			good = read_service_text(r, e->value, service);
		else
			good = want_map(r, e->value, "a service, such as tcp/80,") &&
			       read_service_map(r, e->value, &reading);
		if (good)
			claim_port(r, service, &ports);
		host->n_services++;
	}
}

const struct service *dns_service(const struct host *host)
{
	const struct service *found = NULL;
	for (size_t i = 0; i < host->n_services; i++) {
		const struct service *service = &host->services[i];
		if (service->kind == SERVICE_DNS && (!found || service->port == DNS_PORT))
			found = service;
	}
	return found;
}

/* Whether every forwarder's question comes to an end. */
static bool forwards_in_a_circle(const struct scenario *scenario, const struct service *start)
{
	const struct service *at = start;
	for (size_t hops = 0; at && at->forward != NONE; hops++) {
		at = dns_service(&scenario->hosts[at->forward]);
		if (at == start || hops > scenario->n_hosts)
			return at == start;
	}
	return false;
}

void wish_for_dns(struct reader *r, struct place place, size_t host, struct service *forwarder)
{
	struct dns_wish *wish = arena_alloc(r->arena, sizeof(*wish));
	if (host == NONE)
		return;
	*wish = (struct dns_wish){
		.next = r->dns_wishes, .place = place, .host = host, .forwarder = forwarder};
	r->dns_wishes = wish;
}

void check_dns_wishes(struct reader *r)
{
	for (const struct dns_wish *wish = r->dns_wishes; wish; wish = wish->next) {
		const struct host *host = &r->scenario->hosts[wish->host];
		const struct service *dns = dns_service(host);
		if (!dns)
			complain(r, wish->place,
				 "%s has no dns service; add 'services: [dns]' to it (line %u)",
				 quoted(r, host->name), host->place.line);
		else if (!wish->forwarder && dns->port != DNS_PORT)
			complain(r, wish->place,
				 "the dns service of %s is on port %u; resolv.conf knows only port "
				 "%d",
				 quoted(r, host->name), dns->port, DNS_PORT);
		else if (wish->forwarder && forwards_in_a_circle(r->scenario, wish->forwarder))
			complain(r, wish->place,
				 "questions are forwarded in a circle, back to here");
	}
}
