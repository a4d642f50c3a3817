/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario, as its author wrote it: plain data, const once it is read.
 *
 * Names are resolved to indices, numbers are in range, addresses lie in their
 * subnets, files exist; every node keeps its place for messages.  What the
 * author left out is left out here too: plan.h fills in addresses and routes.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lab/arena.h"
#include "lab/diagnostics.h"
#include "lab/unit_file.h"
#include "netsim/confine.h"
#include "netsim/limits.h"
#include "netsim/link.h"
#include "netsim/policy.h"

/* Bounds: what a scenario may ask for. */
#define SCENARIO_BYTES_MAX  (1024 * 1024)
#define SCENARIO_NAME_MAX   63	/* of networks, hosts, variants, users, ... */
#define SCENARIO_TITLE_MAX  200 /* of titles and probes' names */
#define SCENARIO_HOSTS_MAX  1000
#define SCENARIO_PROBES_MAX 10000

/* What a lab may take where its scenario says nothing else. */
#define LAB_MEMORY    ((uint64_t)1 << 30) /* bytes */
#define LAB_PROCESSES 1000
#define LAB_TIME_MS   (300 * 1000u)

/* "No such": an index that is not one. */
#define NONE ((size_t)-1)

enum family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 };

struct network {
	const char *name;
	struct place place;
	struct sim_prefix *subnets; /* host bits zero; none: both families are given out */
	size_t n_subnets;
	size_t owner;	    /* the host on which this network is a bridge, or NONE */
	const char *bridge; /* its interface's name there, NULL without an owner */
	struct sim_prefix *bridge_addresses; /* the owner's own, on the bridge */
	size_t n_bridge_addresses;
};

struct link {
	const char *ifname;
	struct place place;
	size_t network;
	struct sim_prefix *addresses; /* NULL: given out, one of each of the network's families */
	size_t n_addresses;
};

struct route {
	struct place place;
	struct sim_prefix to; /* length 0: default */
	struct sim_prefix via;
};

struct user {
	const char *name;
	struct place place;
	uid_t uid;
	gid_t gid; /* as given, otherwise that of the group of the user's name if there is one, else
		      the uid */
	const char **groups; /* supplementary, from `group` databases; looked up when an identity is
				made */
	size_t n_groups;
};

struct group {
	const char *name;
	struct place place;
	gid_t gid;
};

/* Users and groups of a host or of a root, besides the base system's. */
struct accounts {
	struct user *users;
	size_t n_users;
	struct group *groups;
	size_t n_groups;
};

struct cgroup {
	const char *name; /* slashes make a path */
	struct place place;
	uint32_t classid; /* net_cls; 0: none, or */
	bool awaited;	  /* that of its maker, a program in the host */
	bool v2;
	struct sim_prefix *egress; /* v2: packets go to these addresses alone; NULL: to all */
	size_t n_egress;
};

/* A file of a host's or a root's own: a folder, a text, or a copy. */
struct file {
	const char *path; /* absolute */
	struct place place;
	bool is_folder;
	const char *text; /* or NULL */
	const char
		*source; /* the file that it is a copy of: absolute, symlinks resolved; or NULL */
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct files {
	struct file *list;
	size_t count;
};

struct root {
	const char *name;
	struct place place;
	struct accounts accounts;
	struct files files;
	const char *at; /* where the host sees it too, or NULL */
};

/* What a probe or a daemon runs as; names are known to exist, where `root` is given in that root.
 */
struct actor {
	struct place place;
	const char *text; /* as the report shows it: "_apt in pbuilder, cgroup pbuilder" */
	const char *user; /* name, or NULL where `uid` is meant */
	uid_t uid;
	bool has_group;
	gid_t gid;     /* where has_group; otherwise the user's */
	gid_t *groups; /* supplementary, beside those that the user is a member of */
	size_t n_groups;
	const char *cgroup; /* of the host, or NULL */
	const char *root;   /* of the host, or NULL */
	const char *inside; /* a daemon of the host that has made namespaces, or NULL */
	struct sim_confinement confinement;
	struct actor_clause *instead; /* who it is in some variants */
	size_t n_instead;
};

/* One line of `as`, where it is a map from variants. */
struct actor_clause {
	struct place place;
	size_t variant;
	struct actor actor;
};

/* How to see that a daemon is ready. */
enum ready_kind {
	READY_TCP, /* something in the host, or inside the daemon, listens on the port, */
	READY_UDP,
	READY_UNIX, /* or at the path */
	READY_FILE, /* the path exists in the host */
	READY_RUN,  /* a program succeeds in the host */
};

struct readiness {
	enum ready_kind kind;
	struct place place;
	const char *text; /* as messages show it: "tcp/80" */
	uint16_t port;
	const char *path;
	char **argv; /* NULL-terminated */
};

/* A program that stays: a real service of a host. */
struct daemon {
	const char *name; /* two of one name are in different variants */
	struct place place;
	char **argv; /* NULL-terminated; NULL: a unit's that does all its work as it starts */
	const struct unit *unit; /* whose programs it is made of; NULL: it is argv alone */
	struct actor as;
	struct readiness *ready; /* all of these; none: it is ready once it runs */
	size_t n_ready;
	unsigned timeout_ms; /* to get ready */
	bool *variants;	     /* by variant, whether it is there; NULL: in all */
};

enum service_kind { SERVICE_TCP, SERVICE_UDP, SERVICE_HTTP, SERVICE_DNS, SERVICE_APT };

struct dns_record {
	const char *name; /* lower case, no final dot */
	struct place place;
	size_t host; /* the host whose addresses it has, or NONE */
	struct sim_prefix *addresses;
	size_t n_addresses;
};

struct service {
	enum service_kind kind;
	struct place place;
	uint16_t port;	/* tcp and udp: as given; http and apt 80, dns 53 unless given */
	const char *as; /* the user whose sockets it has, NULL: root */
	struct dns_record *records; /* dns */
	size_t n_records;
	size_t forward;	   /* dns: the host that is asked for all else, or NONE */
	const char *suite; /* apt */
	const char *fault; /* apt: what is wrong with its repository (apt.h), or NULL */
};

struct policy {
	const struct sim_policy_kind *kind;
	const char *path;  /* absolute, symlinks resolved */
	const char *shown; /* as the user wrote it */
	struct place place;
};

/* The policies of one host in one variant, in the order in which they are loaded. */
struct policy_set {
	size_t host;
	struct policy *policies;
	size_t n_policies;
	const char *refused; /* one of them is meant to be, with these words; NULL: none is */
};

struct variant {
	const char *name; /* "default" where the scenario names none */
	struct place place;
	struct policy_set *sets;
	size_t n_sets;
};

struct host {
	const char *name;
	struct place place;
	struct link
		*links; /* none, nor bridges: one, "eth0", to the network that such hosts share */
	size_t n_links;
	struct route *routes; /* NULL: those that lead through the lab's routers */
	size_t n_routes;
	bool forwarding;
	size_t resolver; /* the host whose DNS its resolv.conf names, or NONE */
	struct accounts accounts;
	struct cgroup *cgroups;
	size_t n_cgroups;
	struct root *roots;
	size_t n_roots;
	struct files files;
	uint16_t log_groups; /* NFLOG groups that a program of its own reads, bits */
	struct place log_groups_place;
	struct service *services;
	size_t n_services;
	struct daemon *daemons; /* in the order in which they are started */
	size_t n_daemons;
	struct policy *start; /* scripts that are run, in this order, once its network is there */
	size_t n_start;
};

enum probe_kind { PROBE_CONNECT, PROBE_PING, PROBE_RESOLVE, PROBE_FETCH, PROBE_APT, PROBE_RUN };

/* Whom a probe is for: a host of the lab or an address. */
struct target {
	const char *text;	   /* as written */
	size_t host;		   /* or NONE */
	struct sim_prefix address; /* where host is NONE */
};

enum expect_kind {
	EXPECT_ALLOW,
	EXPECT_DENY, /* rejected, dropped or confined */
	EXPECT_REJECT,
	EXPECT_DROP,
	EXPECT_UNREACHABLE,
	EXPECT_CONFINED,
	EXPECT_EXIT, /* run, apt: the program's exit status */
};

struct expectation {
	enum expect_kind kind;
	const char *text; /* "reject admin-prohibited", as the report shows it */
	/* reject: one of outcome.h's reject names; confined: the confinement's; NULL for any */
	const char *how;
	int exit_status;  /* exit */
	size_t at;	  /* allow: the host that must have received it, or NONE */
	const char *spot; /* or "HOST/SERVICE", the daemon in whose network that was; NULL: none */
	/* deny, reject, drop: `at` is the host whose rule must have decided, or NONE; and */
	const char *by;	  /* what that rule's text or its chain's name must contain, or NULL: any */
	const char *hook; /* "output": the one at which it must have, or NULL: any */
};

/* One line of `expect`: for this variant and this family. */
struct expect_clause {
	struct place place;
	size_t variant;	    /* or NONE: every variant that no other clause names ("else") */
	enum family family; /* ANY: both that no other clause of the variant names */
	struct expectation expectation;
};

/* What a log message must be like; what is not given may be anything. */
struct log_expectation {
	const char *text;   /* 'prefix "out", uid 100', as the report shows it; "": any message */
	const char *prefix; /* or NULL; blanks at its end do not count */
	size_t at;	    /* the host that logs, or NONE */
	bool has_group, has_uid, has_gid, has_count;
	uint16_t group;
	uid_t uid; /* of the socket that the packet was sent from */
	gid_t gid;
	unsigned count; /* how many such messages there must be; not given: at least one */
};

/* One line of `log`. */
struct log_clause {
	struct place place;
	size_t variant; /* or NONE: every variant that no other clause names */
	struct log_expectation expectation;
};

/* One line of `output` of a run or apt probe: what stdout or stderr must contain. */
struct output_clause {
	struct place place;
	size_t variant; /* as above */
	const char *contains;
};

/* What the probes for several ports of one place in a scenario have in common. */
struct series {
	const char *name;  /* theirs are "NAME: PORT" */
	const char *ports; /* all of them, "22,8000-8010" */
};

struct probe {
	const char *name;
	bool named;	       /* by the scenario, not by us */
	struct series *series; /* connect: of several ports; or NULL */
	struct place place;
	enum probe_kind kind;
	size_t from;	      /* host */
	struct actor as;      /* see scenario_actor() */
	enum family family;   /* run: ANY means once, without a family */
	unsigned timeout_ms;  /* 0: the kind's own */
	struct target target; /* connect, ping; resolve: the server, or text NULL for the C
				 library's way; apt: the host whose service it uses, or NONE */
	uint8_t protocol;     /* connect: IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;	      /* connect, apt; 0: all of the series */
	const char *question; /* resolve: the name; fetch: the URL */
	const char *url_host; /* fetch: host part of the URL */
	uint16_t url_port;    /* fetch */
	unsigned http_status; /* fetch: the status that counts as allowed, 0: any below 400 */
	char **argv;	      /* run: NULL-terminated; apt: apt-get's own words */
	char **options;	      /* apt: NAME=VALUE, NULL-terminated; or NULL */
	char **through;	      /* apt: words before apt-get, likewise */
	bool mirror_named; /* apt: it does not use the host's own sources.list, but the target's */
	struct expect_clause *expect;
	size_t n_expect;
	struct output_clause *output;
	size_t n_output;
	struct log_clause *log;
	size_t n_log;
};

struct feature;

/* What the machine must have for the lab to be built; where it has not, variants are skipped. */
struct need {
	struct place place;
	const char *program;	       /* a program in the labs' PATH, */
	const char *package;	       /* and Debian's package that has it; or NULL both, and */
	const struct feature *feature; /* what the kernel must be able to do (features.h) */
	size_t *variants;	       /* that need it; none: all */
	size_t n_variants;
	size_t *probes; /* that need it there; none: all */
	size_t n_probes;
};

struct scenario {
	struct arena *arena; /* owns all below */
	const char *path;    /* as the user wrote it */
	const char *file;    /* that file, or the one of this folder: for messages */
	const char *folder;  /* absolute, symlinks resolved */
	const char *name;
	const char *title; /* "" where there is none */
	struct network *networks;
	size_t n_networks;
	struct host *hosts;
	size_t n_hosts;
	struct variant *variants; /* at least one */
	size_t n_variants;
	struct probe *probes; /* at least one */
	size_t n_probes;
	struct need *needs;
	size_t n_needs;
	struct sim_limits limits; /* of a lab */
	unsigned time_ms;	  /* for a variant, from its lab's start to its end */
	bool jails;		  /* its programs may mount, make namespaces and device nodes */
};

/* A policy from the command line that takes the place of the scenario's (in every variant). */
struct policy_override {
	const char *host;
	const struct sim_policy_kind *kind;
	const char *path; /* as the user wrote it */
};

/*
 * Read and validate the scenario at `path` (a file, or a folder that has a
 * scenario.yaml).  NULL when it is not valid: everything that is wrong with it
 * has then been printed to `messages`, and nothing else has happened.
 */
struct scenario *scenario_read(const char *path, FILE *messages);
/* The same of a text that is at hand, called `path`; its files are in `folder` (absolute). */
struct scenario *scenario_parse(const char *path, const char *folder, const char *text,
				size_t length, FILE *messages);
void scenario_free(struct scenario *scenario);

/*
 * Put overrides in place.  False, with a message on `messages`, where a host
 * is not known or a file cannot be read.
 */
bool scenario_override(struct scenario *scenario, const struct policy_override *overrides,
		       size_t count, FILE *messages);

/*
 * The network that hosts without links (and bridges) share: the scenario's
 * network where it has exactly one, bridges not counted; NONE: one of its own,
 * with addresses of both families given out.
 */
size_t scenario_shared_network(const struct scenario *scenario);

/* How many hosts' policies are meant to be refused in it; where any are, no probe is sent. */
size_t scenario_refusals(const struct variant *variant);

/* Who an actor is in this variant. */
const struct actor *scenario_actor(const struct actor *actor, size_t variant);
/* What a probe should come to, in this variant over this family; never NULL. */
const struct expectation *scenario_expectation(const struct probe *probe, size_t variant,
					       enum family family);
/* What a run or apt probe's output must contain; NULL: anything goes. */
const char *scenario_output(const struct probe *probe, size_t variant);
/* What must have been logged; NULL: anything goes. */
const struct log_expectation *scenario_log(const struct probe *probe, size_t variant);
/* Whether anything that is expected in this variant takes instruments to see. */
bool scenario_asks_evidence(const struct scenario *scenario, size_t variant);

/* Whether any host starts programs of the scenario's own: start scripts, daemons. */
bool scenario_has_programs(const struct scenario *scenario);

/* Whether a daemon is there in a variant. */
bool daemon_is_in(const struct daemon *daemon, size_t variant);
/* The daemon of this name in a variant, or NULL. */
const struct daemon *find_daemon(const struct host *host, const char *name, size_t variant);

const char *probe_kind_name(enum probe_kind kind);
/* What it is for, as the scenario has it: "mirror:80/tcp", a URL, a line of shell; never NULL. */
const char *probe_target_text(struct arena *arena, const struct probe *probe);
const char *service_kind_name(enum service_kind kind);
const char *family_name(enum family family); /* "ipv4", "ipv6", "" */

#endif
