/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the scenario reader share: complaints, walkers that turn
 * YAML nodes into checked values, and the tables of names.
 *
 * Private to scenario_*.c.  Every walker complains by itself and returns
 * whether it has a value; the caller goes on either way, so that all errors of
 * a file come in one go.  What was complained about once is not again: names
 * that are not known are NONE, and who meets NONE keeps silent.
 */
#ifndef LAB_SCENARIO_READER_H
#define LAB_SCENARIO_READER_H

#include "lab/nearest.h"
#include "lab/scenario.h"
#include "lab/scenario_names.h"
#include "lab/scenario_yaml.h"
#include "netsim/accounts.h"

/* Families as bits, for what may have both. */
#define HAS_IPV4 1u
#define HAS_IPV6 2u

/* A subnet of a network, and where it is given. */
struct subnet_place {
	struct subnet_place *next;
	struct place place;
	struct sim_prefix prefix;
	size_t network;
};

/* A reference to a host that must have a dns service, once all services are known. */
struct dns_wish {
	struct dns_wish *next;
	struct place place;
	size_t host;
	struct service *forwarder; /* the dns service whose `forward` it is, or NULL */
};

/* The ports of the connect probe that is being read, which becomes a probe for each. */
#define PORT_RANGES_MAX 64
struct port_range {
	uint16_t first;
	uint16_t last;
};
struct ports {
	struct port_range ranges[PORT_RANGES_MAX];
	size_t n_ranges;
};

struct reader {
	struct arena *arena;
	struct diagnostics *diagnostics;
	struct scenario *scenario;
	const struct sim_accounts *base; /* the accounts that every host and root has */
	struct names networks;		 /* bridges as HOST/BRIDGE */
	struct names hosts;
	struct names variants;
	struct names probes;
	struct names addresses;	      /* text -> the host that has it */
	struct names complained;      /* unknown names that have been complained about */
	struct subnet_place *subnets; /* all of them, the latest first */
	size_t n_subnets;
	/* What could not be read: nothing is concluded from its absence. */
	bool *network_incomplete;		 /* some of this network's subnets */
	bool *host_incomplete;			 /* some of this host's links */
	bool incomplete;			 /* any of the two above */
	bool networks_unknown, variants_unknown; /* the section is no map */
	bool *resolver_given;			 /* by host, be it a good one or not */
	struct dns_wish *dns_wishes;
	struct ports ports;
	size_t probes_room; /* in scenario->probes */
	bool probes_full;   /* and has been complained about */
};

/* Complaints. */
void complain(struct reader *r, struct place place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The text in quotes, fit to be shown: shortened, control characters made visible. */
const char *quoted(struct reader *r, const char *text);
/* "; did you mean 'X'?", or `otherwise` where nothing is near. */
const char *suggestion(struct reader *r, const struct nearest *nearest, const char *otherwise);
/*
 * "unknown WHAT 'name' WHERE", with the nearest of the known ones or, where
 * none is near, all of them if they are few.  `where` may be "".
 */
void complain_unknown(struct reader *r, struct place place, const char *what, const char *name,
		      const char *where, const char *(*nth)(const void *among, size_t i),
		      const void *among);

/* The part of a node's text that starts at byte `offset` and is `length` bytes long. */
struct place place_within(const struct yaml *node, size_t offset, size_t length);

/* Values.  `what` is what the value is meant to be, with its article: "a port". */
bool read_text(struct reader *r, const struct yaml *node, const char *what, const char **text);
bool read_number(struct reader *r, const struct yaml *node, const char *what, uint64_t min,
		 uint64_t max, uint64_t *number);
bool read_bool(struct reader *r, const struct yaml *node, bool *value);
/* A title or suchlike: one line, at most SCENARIO_TITLE_MAX characters. */
bool read_title(struct reader *r, const struct yaml *node, const char *what, const char **text);
/* NOTHING is a list or a map without entries. */
bool want_list(struct reader *r, const struct yaml *node, const char *what);
bool want_map(struct reader *r, const struct yaml *node, const char *what);
/* Strict decimal, within min..max, all of the text. */
bool parse_number(const char *text, size_t length, uint64_t min, uint64_t max, uint64_t *number);

/* How a kind of name is spelt. */
struct name_rule {
	const char *what;  /* "a host name" */
	const char *first; /* the characters that it may begin with, */
	const char *rest;  /* those that may follow, */
	const char *last;  /* and those that it may end with; NULL: any of them */
	size_t max;
	const char *says; /* the same in words */
};
extern const struct name_rule scenario_names_rule; /* of the scenario itself */
extern const struct name_rule network_names, host_names, variant_names, root_names, user_names,
	group_names, interface_names, service_names;
bool check_name(struct reader *r, const struct yaml *node, const struct name_rule *rule);

/* A DNS name in lower case without its final dot; NULL if `text` is none. */
const char *dns_name(struct arena *arena, const char *text);

/* Maps with known keys.  Fields are read in the table's order, not in the file's. */
struct field {
	const char *name;
	/* NULL: read by other means */
	void (*read)(struct reader *r, const struct yaml *value, void *into);
	bool required;
};
/* False where `node` is no map; `what` is "a host". */
bool read_fields(struct reader *r, const struct yaml *node, const char *what,
		 const struct field *fields, size_t count, void *into);
#define FIELDS(table) (table), sizeof(table) / sizeof((table)[0])

/* What may be a map's keys besides fields: cases, each with a value of its own. */
#define CASES_FAMILIES 1u /* and "else" with either */
#define CASES_VARIANTS 2u

enum map_shape { SHAPE_FIELDS, SHAPE_CASES, SHAPE_NEITHER };
/*
 * Whether the keys of a map are fields or cases; NEITHER, with a complaint,
 * where both are among them.  Unknown keys are what they are nearest to.  A
 * variant that has a field's name is a case.
 */
enum map_shape shape_of(struct reader *r, const struct yaml *map, unsigned cases,
			const struct field *fields, size_t count);

/* The index of a host, network or variant; NONE, with a complaint, if it is not known. */
size_t find_host(struct reader *r, struct place place, const char *name);
size_t read_host_reference(struct reader *r, const struct yaml *node, const char *what);
size_t find_network(struct reader *r, struct place place, const char *name);
size_t find_variant(struct reader *r, struct place place, const char *name);
/* The same, where it might have been a family as well. */
size_t find_variant_among_families(struct reader *r, struct place place, const char *name);
const char *nth_family_key(const void *among, size_t i);

/* Accounts: of a host or root, base system's included. */
void read_accounts(struct reader *r, const struct yaml *map, struct accounts *accounts);
bool find_user(const struct reader *r, const struct accounts *accounts, const char *name,
	       uid_t *uid);
bool find_group(const struct reader *r, const struct accounts *accounts, const char *name,
		gid_t *gid);
/* With a complaint; `where` is "host 'buildd'" or "root 'pbuilder' of host 'buildd'". */
bool want_user(struct reader *r, struct place place, const struct accounts *accounts,
	       const char *where, const char *name, uid_t *uid);
bool want_group(struct reader *r, struct place place, const struct accounts *accounts,
		const char *where, const char *name, gid_t *gid);
/* A uid or gid. */
#define ID_MAX 4294967293u

/* Whose users and groups are meant by their names. */
struct scope {
	const struct accounts *accounts; /* NULL: not known, which has been complained about */
	const char *where;		 /* " on host 'buildd'" */
};
struct scope scope_of_root(struct reader *r, size_t host, const struct root *root);
struct scope scope_of_host(struct reader *r, size_t host);
/* A user or a group, by name or number. */
bool read_uid(struct reader *r, const struct yaml *node, const struct scope *scope, uid_t *uid);
bool read_gid(struct reader *r, const struct yaml *node, const struct scope *scope, gid_t *gid);

/* The sections of a scenario, in the order in which they are read. */
void mark_network_incomplete(struct reader *r, const struct network *network);
void mark_host_incomplete(struct reader *r, size_t host);
void declare_networks(struct reader *r, const struct yaml *networks, const struct yaml *hosts);
bool read_prefix(struct reader *r, const struct yaml *node, struct sim_prefix *prefix);
struct sim_prefix prefix_network(struct sim_prefix prefix);
/* Whether it is the broadcast address of one of the subnets. */
bool is_broadcast(const struct reader *r, const struct sim_prefix *address);
/* The address can be given to an interface in this subnet, and nobody has it yet. */
bool claim_address(struct reader *r, const struct yaml *node, const struct sim_prefix *address,
		   size_t host);

void declare_hosts(struct reader *r, const struct yaml *hosts);
void read_hosts(struct reader *r, const struct yaml *hosts);
void read_routes(struct reader *r, const struct yaml *node, void *into);
void read_cgroups(struct reader *r, const struct yaml *node, void *into);
void read_roots(struct reader *r, const struct yaml *node, void *into);
/* `in_root`: they are a root's. */
void read_files(struct reader *r, const struct yaml *node, const struct scope *scope, bool in_root,
		struct files *files);
/* A folder of a host's at which something is shown: no file is in its place, or above. */
void check_mount_point(struct reader *r, struct place place, const char *path,
		       const struct files *files);
void read_services(struct reader *r, const struct yaml *node, void *into);
/* An entry of `services` with the key 'run'; and whether it is one. */
bool is_daemon(const struct yaml *node);
/* A daemon's `unit`. */
void read_unit(struct reader *r, const struct yaml *node, size_t host, struct daemon *daemon);
void read_daemon(struct reader *r, const struct yaml *node, struct host *host);
/* A daemon of this name, in whichever variants; false, with a complaint, where there is none. */
bool want_daemon(struct reader *r, struct place place, const struct host *host, const char *name);
/*
 * What `actor` would be inside must be there whenever it is: in these variants
 * (NULL: in all).
 */
void check_inside(struct reader *r, const struct host *host, const struct actor *actor,
		  const bool *variants);
/* A host's `start`. */
void read_start(struct reader *r, const struct yaml *node, void *into);
void wish_for_dns(struct reader *r, struct place place, size_t host, struct service *forwarder);
void check_dns_wishes(struct reader *r);
/* The host's dns service, the one on the usual port if there are several; or NULL. */
const struct service *dns_service(const struct host *host);

void read_variants(struct reader *r, const struct yaml *variants, const struct yaml *policies);
/*
 * The absolute path of a file, symlinks resolved; `path` is relative to `folder`.
 * NULL where it cannot be read whole, `why` then says what it is.
 */
const char *resolve_file(struct arena *arena, const char *folder, const char *path,
			 const char **why);
/* Why no host sees what is at this absolute path, in that folder or it itself; NULL: hosts can. */
const char *out_of_sight(const char *path, const char *folder);
/* The same of a policy's or a script's file, which a host must see. */
const char *resolve_policy_file(struct arena *arena, const char *folder, const char *path,
				const char **why);

/* What a lab may take: into the scenario's own fields, which is `into`. */
void read_limits(struct reader *r, const struct yaml *node, void *into);

/* Once all variants are known. */
void read_needs(struct reader *r, const struct yaml *node);

/* A policy's file, or a script's; false, with a complaint, where it cannot be read. */
bool read_policy_file(struct reader *r, const struct yaml *node, const char *what,
		      struct policy *policy);

/* A command line: a text is one of shell, a list its words.  NULL, with a complaint, if it is none.
 */
char **read_command(struct reader *r, const struct yaml *node);
/* The text by which a command is called: the line of shell, or the program. */
const char *command_text(char *const *argv);
/* A time such as 300ms. */
bool read_time(struct reader *r, const struct yaml *node, unsigned *ms);

void read_probes(struct reader *r, const struct yaml *node);
/* Add the probe to the scenario, or one for each of its ports. */
void add_probes(struct reader *r, struct probe *probe);
/* Returns whose users and groups the actor is one of. */
struct scope read_actor(struct reader *r, const struct yaml *node, size_t host,
			struct actor *actor);
/*
 * An actor, or one by variant: then the scope is what they have in common, or
 * the host's.  `variants`: those in which it is needed, NULL: all.
 */
struct scope read_actors(struct reader *r, const struct yaml *node, size_t host,
			 const bool *variants, struct actor *actor);
/* The keys of an actor's map that confine it. */
void read_confinement(struct reader *r, const struct yaml *map, struct sim_confinement *into);
/* What a probe is for; `from` and `family` have been read. */
void read_connect(struct reader *r, const struct yaml *node, struct probe *probe);
/* Ports, into r->ports: a node, or `length` bytes of its text from `offset` on. */
void read_ports(struct reader *r, const struct yaml *node, void *into);
void read_ports_within(struct reader *r, const struct yaml *node, size_t offset, size_t length);
/* The port of the probe that they are of or, where there are several, its series. */
void settle_ports(struct reader *r, struct probe *probe);
void read_ping(struct reader *r, const struct yaml *node, struct probe *probe);
void read_resolve(struct reader *r, const struct yaml *node, struct probe *probe);
void read_fetch(struct reader *r, const struct yaml *node, struct probe *probe);
void read_apt(struct reader *r, const struct yaml *node, struct probe *probe);
/* Words of a command line, a list; NULL-terminated.  False, with a complaint, where it is none. */
bool read_words(struct reader *r, const struct yaml *node, char ***words);
/* What the program must print: for a field of the probe that is `into`. */
void read_output(struct reader *r, const struct yaml *node, void *into);
void read_run(struct reader *r, const struct yaml *node, struct probe *probe);
/* The probe's family is settled: every variant and family must be covered. */
void read_expect(struct reader *r, const struct yaml *node, struct probe *probe);
void expect_exit(struct reader *r, struct place place, int status, struct probe *probe);
/* One expectation, a text or a map of these fields. */
extern const struct field expectation_fields[];
extern const size_t n_expectation_fields;
bool read_expectation(struct reader *r, const struct yaml *node, const struct probe *probe,
		      struct expectation *expectation);
/* `scope`: the probe's actor's. */
void read_log(struct reader *r, const struct yaml *node, const struct scope *scope,
	      struct probe *probe);

/* It has neither links nor bridges, and so a link to the network that such hosts share. */
bool has_shared_link(const struct scenario *scenario, size_t host);
/* Which families a host can have, as bits; both where that cannot be told. */
unsigned host_families(const struct scenario *scenario, size_t index);
/* scenario_sense.c: what is well written, and would be in vain. */
/* A probe that is to be confined is so, in the way that is expected, in each variant. */
void check_confined(struct reader *r, const struct probe *probe);
/* Once all has been read: whether the machine has what daemons and actors need of it. */
void check_sense(struct reader *r);

/* Narrow probe->family to what both ends can have; the target is known. */
void settle_family(struct reader *r, struct place place, struct probe *probe);

#endif
