/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What must be logged: reading it, and looking it up. */
#include <string.h>

#include "lab/scenario_reader.h"
#include "netsim/trace.h"

#define COUNT_MAX 1000

/* One log message while it is being read. */
struct log_reading {
	const struct probe *probe;
	struct scope scope; /* of users' and groups' names */
	struct log_expectation *log;
};

/* Put one more condition into the text. */
static void say(struct reader *r, struct log_reading *reading, const char *what, const char *text)
{
	struct log_expectation *log = reading->log;
	log->text =
		arena_printf(r->arena, "%s%s%s %s", log->text, *log->text ? ", " : "", what, text);
}

static void read_at(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	reading->log->at = read_host_reference(r, node, "a host's name");
	if (reading->log->at == NONE)
		return;
	/* Another host's sockets are its own users'. */
	if (reading->log->at != reading->probe->from)
		reading->scope = scope_of_host(r, reading->log->at);
	say(r, reading, "at", node->text);
}

static void read_prefix_text(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	if (read_title(r, node, "a prefix", &reading->log->prefix))
		say(r, reading, "prefix", arena_printf(r->arena, "\"%s\"", node->text));
}

static void read_group(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	uint64_t group;
	if (!read_number(r, node, "an NFLOG group", 0, UINT16_MAX, &group))
		return;
	reading->log->has_group = true;
	reading->log->group = (uint16_t)group;
	say(r, reading, "group", node->text);
}

/* "100", or "_apt (100)" */
static const char *id_text(struct reader *r, const struct yaml *node, unsigned id)
{
	const char *number = arena_printf(r->arena, "%u", id);
	return strcmp(number, node->text) == 0
		       ? number
		       : arena_printf(r->arena, "%s (%s)", node->text, number);
}

static void read_log_uid(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	reading->log->has_uid = read_uid(r, node, &reading->scope, &reading->log->uid);
	if (reading->log->has_uid)
		say(r, reading, "uid", id_text(r, node, reading->log->uid));
}

static void read_log_gid(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	reading->log->has_gid = read_gid(r, node, &reading->scope, &reading->log->gid);
	if (reading->log->has_gid)
		say(r, reading, "gid", id_text(r, node, reading->log->gid));
}

static void read_count(struct reader *r, const struct yaml *node, void *into)
{
	struct log_reading *reading = into;
	uint64_t count;
	if (!read_number(r, node, "a count of log messages", 0, COUNT_MAX, &count))
		return;
	reading->log->has_count = true;
	reading->log->count = (unsigned)count;
}

/* The host first: it says whose the names are. */
static const struct field log_fields[] = {
	{"at", read_at, false},	      {"prefix", read_prefix_text, false},
	{"group", read_group, false}, {"uid", read_log_uid, false},
	{"gid", read_log_gid, false}, {"count", read_count, false},
};

/* A group has one reader: what the host's own logger reads, nobody else can tell of. */
static void check_reader(struct reader *r, const struct log_clause *clause,
			 const struct probe *probe)
{
	const struct log_expectation *log = &clause->expectation;
	size_t at = log->at != NONE ? log->at : probe->from;
	const struct host *host = at == NONE ? NULL : &r->scenario->hosts[at];
	if (!host || !host->log_groups ||
	    (log->has_group &&
	     (log->group >= SIM_LEFT_GROUPS || !(host->log_groups & 1u << log->group))))
		return;
	complain(r, clause->place,
		 "%s has its own reader of NFLOG groups (line %u), and fwlab does not hear them: "
		 "look "
		 "for the message with a run probe, where that reader puts it, or name another "
		 "'group'",
		 quoted(r, host->name), host->log_groups_place.line);
}

/* What must be logged in one case. */
static void add_clause(struct reader *r, const struct yaml *node, size_t variant,
		       const struct scope *scope, struct probe *probe)
{
	struct log_clause *clause = &probe->log[probe->n_log++];
	*clause = (struct log_clause){
		.place = node->place, .variant = variant, .expectation = {.text = "", .at = NONE}};
	struct log_reading reading = {probe, *scope, &clause->expectation};
	if (node->kind == YAML_MAP && node->n_entries) {
		read_fields(r, node, "a log message", FIELDS(log_fields), &reading);
	} else if (node->kind == YAML_TEXT && strcmp(node->text, "none") == 0) {
		/* Of all that might be logged, nothing. */
		clause->expectation.has_count = true;
	} else {
		complain(r, node->place,
			 "wanted here: 'none', or what must be logged, such as { prefix: out, "
			 "uid: 0 }");
	}
	check_reader(r, clause, probe);
}

static void read_cases(struct reader *r, const struct yaml *node, const struct scope *scope,
		       struct probe *probe)
{
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		bool is_else = strcmp(e->key->text, "else") == 0;
		size_t variant = is_else ? NONE : find_variant(r, e->key->place, e->key->text);
		if (is_else || variant != NONE)
			add_clause(r, e->value, variant, scope, probe);
	}
}

void read_log(struct reader *r, const struct yaml *node, const struct scope *scope,
	      struct probe *probe)
{
	probe->log = arena_array(r->arena, struct log_clause, node->n_entries + 1);
	enum map_shape shape = SHAPE_FIELDS;
	if (node->kind == YAML_MAP && node->n_entries)
		shape = shape_of(r, node, CASES_VARIANTS, FIELDS(log_fields));
	if (shape == SHAPE_FIELDS)
		add_clause(r, node, NONE, scope, probe);
	else if (shape == SHAPE_CASES)
		read_cases(r, node, scope, probe);
}

const struct log_expectation *scenario_log(const struct probe *probe, size_t variant)
{
	const struct log_expectation *otherwise = NULL;
	for (size_t i = 0; i < probe->n_log; i++) {
		const struct log_clause *clause = &probe->log[i];
		if (clause->variant == variant)
			return &clause->expectation;
		if (clause->variant == NONE)
			otherwise = &clause->expectation;
	}
	return otherwise;
}
