/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a probe is for: the values of connect, ping, resolve and fetch. */
#include <arpa/inet.h>
#include <string.h>

#include "lab/scenario_reader.h"

#define URL_MAX 1000

/* What an address of many hosts at once is called; NULL: it is none. */
static const char *many_at(const struct reader *r, const struct sim_prefix *address)
{
	if (address->family == AF_INET6)
		return IN6_IS_ADDR_MULTICAST(&address->v6) ? "a multicast" : NULL;
	if (IN_MULTICAST(ntohl(address->v4.s_addr)))
		return "a multicast";
	if (address->v4.s_addr == htonl(INADDR_BROADCAST))
		return "the broadcast";
	return is_broadcast(r, address) ? "a network's broadcast" : NULL;
}

/* A host or an address: bytes `offset` to `offset + length` of the node's text. */
static void read_target_part(struct reader *r, const struct yaml *node, size_t offset,
			     size_t length, struct target *target)
{
	const char *text = arena_strndup(r->arena, node->text + offset, length);
	struct place place = place_within(node, offset, length);
	target->text = text;
	if (!length)
		complain(r, place, "a host or an address is missing here");
	else if (strchr(text, '/') || !sim_prefix_parse(text, false, &target->address))
		target->host = find_host(r, place, text);
	else if (many_at(r, &target->address))
		complain(r, place, "%s is %s address: a probe is for one host, which can answer it",
			 quoted(r, text), many_at(r, &target->address));
}

static void read_target(struct reader *r, const struct yaml *node, void *into)
{
	struct target *target = &((struct probe *)into)->target;
	const char *text;
	if (read_text(r, node, "a host or an address", &text))
		read_target_part(r, node, 0, strlen(text), target);
}

static bool set_protocol(struct probe *probe, const char *text, size_t length)
{
	static const struct {
		const char *name;
		uint8_t protocol;
	} protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}};
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		if (strlen(protocols[i].name) == length &&
		    !strncmp(protocols[i].name, text, length)) {
			probe->protocol = protocols[i].protocol;
			return true;
		}
	}
	return false;
}

static void read_protocol(struct reader *r, const struct yaml *node, void *into)
{
	const char *text;
	if (read_text(r, node, "'tcp' or 'udp'", &text) && !set_protocol(into, text, strlen(text)))
		complain(r, node->place, "%s is neither 'tcp' nor 'udp'", quoted(r, text));
}

static const struct field connect_fields[] = {
	{"to", read_target, true},
	{"port", read_ports, true},
	{"protocol", read_protocol, false},
};

/*
 * Find host and port in "HOST:PORT" or "[ADDRESS]:PORT", `length` bytes long.
 * NULL, or what is wrong.
 */
struct endpoint {
	size_t host, host_length;
	size_t port; /* where it begins; == length: there is none */
};

static const char *split_endpoint(const char *text, size_t length, struct endpoint *endpoint)
{
	const char *bracket = text[0] == '[' ? memchr(text, ']', length) : NULL;
	const char *colon = memrchr(text, ':', length);
	if (text[0] == '[' && !bracket)
		return "a ']' is missing";
	if (bracket) {
		size_t after = (size_t)(bracket - text) + 1;
		*endpoint = (struct endpoint){1, after - 2, after};
		if (after < length && text[after] != ':')
			return "after ']' comes a ':' and the port";
	} else {
		size_t host = colon ? (size_t)(colon - text) : length;
		*endpoint = (struct endpoint){0, host, host};
		if (memchr(text, ':', host))
			return "an IPv6 address goes in brackets, as in [fd00::1]:80";
	}
	if (endpoint->port < length)
		endpoint->port++;
	return NULL;
}

static void read_endpoint(struct reader *r, const struct yaml *node, struct probe *probe)
{
	const char *text = node->text;
	size_t all = strlen(text);
	const char *slash = strrchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : all;
	struct endpoint at;
	const char *wrong = split_endpoint(text, length, &at);
	if (wrong) {
		complain(r, node->place, "%s: %s", quoted(r, text), wrong);
		return;
	}
	read_target_part(r, node, at.host, at.host_length, &probe->target);
	if (at.port == length)
		complain(r, node->place, "%s has no port; write it as in mirror:80/tcp",
			 quoted(r, text));
	else
		read_ports_within(r, node, at.port, length - at.port);
	if (slash && !set_protocol(probe, slash + 1, all - length - 1))
		complain(r, place_within(node, length + 1, all - length - 1),
			 "%s is neither 'tcp' nor 'udp'", quoted(r, slash + 1));
}

void read_connect(struct reader *r, const struct yaml *node, struct probe *probe)
{
	const char *text;
	probe->protocol = IPPROTO_TCP;
	if (node->kind == YAML_MAP)
		read_fields(r, node, "'connect'", FIELDS(connect_fields), probe);
	else if (read_text(r, node, "'HOST:PORT/PROTOCOL'", &text))
		read_endpoint(r, node, probe);
	settle_ports(r, probe);
}

void read_ping(struct reader *r, const struct yaml *node, struct probe *probe)
{
	read_target(r, node, probe);
}

static void read_question(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	const char *text;
	if (!read_text(r, node, "a name to look up", &text))
		return;
	probe->question = text;
	if (!dns_name(r->arena, text))
		complain(r, node->place, "%s is not a DNS name", quoted(r, text));
}

static const struct field resolve_fields[] = {
	{"name", read_question, true},
	{"server", read_target, false},
};

void read_resolve(struct reader *r, const struct yaml *node, struct probe *probe)
{
	if (node->kind == YAML_MAP)
		read_fields(r, node, "'resolve'", FIELDS(resolve_fields), probe);
	else
		read_question(r, node, probe);
	bool has_server = node->kind == YAML_MAP && yaml_get(node, "server");
	const struct host *from = probe->from == NONE ? NULL : &r->scenario->hosts[probe->from];
	if (from && !has_server && !r->resolver_given[probe->from])
		complain(r, node->place,
			 "%s has no 'resolver' to ask; give it one (line %u), or name a 'server' "
			 "here",
			 quoted(r, from->name), from->place.line);
}

/* Host and port of "http://HOST[:PORT][/...]", complaining. */
static void read_authority(struct reader *r, const struct yaml *node, struct probe *probe)
{
	const char *text = node->text;
	size_t start = strlen("http://"), length = strcspn(text + start, "/?#");
	const char *host = text + start;
	struct place place = place_within(node, start, length);
	struct endpoint at;
	const char *wrong = memchr(host, '@', length) ? "users and passwords have no place here"
						      : split_endpoint(host, length, &at);
	uint64_t port = 80;
	if (wrong) {
		complain(r, place, "%s: %s", quoted(r, text), wrong);
		return;
	}
	struct sim_prefix address;
	const char *name = arena_strndup(r->arena, host + at.host, at.host_length);
	bool good = at.host ? sim_prefix_parse(name, false, &address) && !strchr(name, '/')
			    : dns_name(r->arena, name) != NULL;
	if (!good)
		complain(r, place_within(node, start + at.host, at.host_length),
			 "%s is not the name or address of a host", quoted(r, name));
	else
		probe->url_host = name;
	if (at.port < length && !parse_number(host + at.port, length - at.port, 1, 65535, &port))
		complain(r, place_within(node, start + at.port, length - at.port),
			 "%s is not a port: a decimal number from 1 to 65535 is wanted",
			 quoted(r, arena_strndup(r->arena, host + at.port, length - at.port)));
	probe->url_port = (uint16_t)port;
}

/* A URL is made of printable ASCII characters; all else is to be percent-encoded (RFC 3986 2). */
static bool is_url_text(const char *text)
{
	for (; *text; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static void check_url_host(struct reader *r, const struct yaml *node, const struct probe *probe)
{
	struct sim_prefix address;
	const struct host *from = probe->from == NONE ? NULL : &r->scenario->hosts[probe->from];
	if (!from || !probe->url_host || r->resolver_given[probe->from] ||
	    sim_prefix_parse(probe->url_host, false, &address) ||
	    names_find(&r->hosts, probe->url_host))
		return;
	complain(r, place_within(node, strlen("http://"), strlen(probe->url_host)),
		 "%s is no host of this lab, and %s has no 'resolver' to ask for it (line %u)",
		 quoted(r, probe->url_host), quoted(r, from->name), from->place.line);
}

static void read_url(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	const char *text;
	if (!read_text(r, node, "a URL", &text))
		return;
	probe->question = text;
	if (strlen(text) > URL_MAX)
		complain(r, node->place, "a URL has at most %d characters here", URL_MAX);
	else if (!is_url_text(text))
		complain(r, node->place,
			 "a URL has neither spaces nor other than ASCII characters; write them as "
			 "%%20");
	else if (strncmp(text, "http://", 7) != 0)
		complain(r, node->place, "%s: only http:// can be fetched so far", quoted(r, text));
	else
		read_authority(r, node, probe);
	check_url_host(r, node, probe);
}

static void read_status(struct reader *r, const struct yaml *node, void *into)
{
	uint64_t status;
	if (read_number(r, node, "an HTTP status", 100, 599, &status))
		((struct probe *)into)->http_status = (unsigned)status;
}

static const struct field fetch_fields[] = {
	{"url", read_url, true},
	{"status", read_status, false},
};

void read_fetch(struct reader *r, const struct yaml *node, struct probe *probe)
{
	if (node->kind == YAML_MAP)
		read_fields(r, node, "'fetch'", FIELDS(fetch_fields), probe);
	else
		read_url(r, node, probe);
}
