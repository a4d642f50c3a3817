/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "lab/report.h"
#include "lab/report_private.h"
#include "lab/text.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A scenario of two hosts, two variants and three probes, as the reader would make it. */
static struct host hosts[] = {{.name = "buildd"}, {.name = "mirror"}};
static struct variant variants[] = {{.name = "blocked"}, {.name = "net cls"}};
static struct probe probes[] = {
	{.name = "root's apt", .as = {.text = "root"}},
	{.name = "apt in the chroot", .as = {.text = "_apt in pbuilder"}},
	{.name = "\xe6\x97\xa5\xe6\x9c\xac", .as = {.text = "uuidd"}}, /* two wide characters */
};
static const struct scenario scenario = {
	.path = "a b.yaml",
	.name = "pbuilder-apt",
	.title = "apt behind a firewall",
	.hosts = hosts,
	.n_hosts = COUNT(hosts),
	.variants = variants,
	.n_variants = COUNT(variants),
	.probes = probes,
	.n_probes = COUNT(probes),
};

static const struct totals totals = {.passed = 1, .failed = 1, .inconclusive = 1};

static const struct result allowed = {
	.probe = 0,
	.family = FAMILY_IPV6,
	.passed = true,
	.ms = 1.25,
	.from = "buildd",
	.target = "mirror:80/tcp",
	.expected = "allow",
	.outcome = {.kind = OUTCOME_ALLOWED,
		    .evidence = {.kind = "arrival", .arrived_at = "mirror"}},
};

static const struct result rejected = {
	.probe = 1,
	.family = FAMILY_IPV4,
	.ms = 1234.5,
	.from = "buildd",
	.target = "mirror:80/tcp",
	.expected = "allow",
	.complaint = "it was rejected",
	.outcome = {.kind = OUTCOME_REJECTED,
		    .how = "admin-prohibited",
		    .why = "the host's own OUTPUT said so",
		    .evidence = {.kind = "icmp",
				 .host = "buildd",
				 .hook = "output",
				 .rule = "-A OUTPUT -j REJECT",
				 .handle = 7,
				 .file = "blocked.ferm",
				 .line = 29,
				 .icmp = "admin-prohibited"}},
	.sighting = {.trouble = "connect: No route to host", .output = "one\ntwo\n"},
};

static const struct result unsure = {
	.probe = 2,
	.family = FAMILY_ANY,
	.from = "buildd",
	.expected = "exit 0",
	.outcome = {.kind = OUTCOME_INCONCLUSIVE, .evidence = {.kind = "none"}},
};

/* What a test holds, for its teardown. */
struct fixture {
	char path[64];
	char *text;
	size_t size;
	json_t *document;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (!f)
		return -1;
	*state = f;
	snprintf(f->path, sizeof(f->path), "/tmp/fwlab-report-XXXXXX");
	int fd = mkstemp(f->path);
	return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	int status = unlink(f->path);
	free(f->text);
	json_decref(f->document);
	free(f);
	return status;
}

/* Report these results of the first variant in the given form; the whole of it is in f->text. */
static void write_report(struct fixture *f, const char *name, bool colour,
			 const struct result *const *results, size_t count, int signal)
{
	const struct reporter *reporter = reporter_find(name);
	const struct report_style style = {.colour = colour, .again = "fwlab run"};
	assert_non_null(reporter);
	FILE *to = open_memstream(&f->text, &f->size);
	assert_non_null(to);
	void *self = reporter->open(to, &style);
	reporter->scenario_begin(self, &scenario);
	reporter->variant_begin(self, &scenario, 0);
	for (size_t i = 0; i < count; i++)
		reporter->result(self, &scenario, results[i]);
	if (!signal) {
		reporter->variant_end(self, &scenario, 0, 800);
		reporter->variant_begin(self, &scenario, 1);
		reporter->failure(self, &scenario, 1, "line 3: \x1b[31mno such user\nsaid ferm");
		reporter->variant_end(self, &scenario, 1, 200);
		reporter->scenario_end(self, &scenario);
	}
	int status = reporter->close(self, &totals, signal);
	fclose(to);
	assert_int_equal(status, 0);
}

static const struct result *const all[] = {&allowed, &rejected, &unsure};

static void parse(struct fixture *f)
{
	json_error_t error;
	f->document = json_loads(f->text, 0, &error);
	if (!f->document)
		fail_msg("%d:%d: %s", error.line, error.column, error.text);
}

static void has_keys(const json_t *object, const char *const *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!json_object_get(object, keys[i]))
			fail_msg("no '%s'", keys[i]);
	}
}

static const json_t *nth(const json_t *object, const char *key, size_t i)
{
	const json_t *item = json_array_get(json_object_get(object, key), i);
	assert_non_null(item);
	return item;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "(null)";
}

static void json_keeps_the_contract(void **state)
{
	static const char *const document_keys[] = {"schema", "totals", "scenarios", "version"};
	static const char *const totals_keys[] = {"passed", "failed", "inconclusive", "skipped",
						  "refused"};
	static const char *const scenario_keys[] = {"name", "file", "variants", "title"};
	static const char *const variant_keys[] = {"name", "probes", "error", "ms", "warnings"};
	static const char *const probe_keys[] = {"name",      "from",	  "as",	      "family",
						 "target",    "expected", "outcome",  "how",
						 "passed",    "ms",	  "evidence", "why",
						 "complaint", "answer",	  "output",   "output_cut"};
	static const char *const evidence_keys[] = {"kind", "host",	  "hook", "chain",
						    "rule", "handle",	  "file", "line",
						    "icmp", "arrived_at", "nat"};
	struct fixture *f = *state;
	write_report(f, "json", false, all, COUNT(all), 0);
	parse(f);

	has_keys(f->document, document_keys, COUNT(document_keys));
	assert_int_equal(json_integer_value(json_object_get(f->document, "schema")), 1);
	has_keys(json_object_get(f->document, "totals"), totals_keys, COUNT(totals_keys));
	const json_t *one = nth(f->document, "scenarios", 0);
	has_keys(one, scenario_keys, COUNT(scenario_keys));
	assert_string_equal(text_of(one, "file"), scenario.path);
	const json_t *variant = nth(one, "variants", 0);
	has_keys(variant, variant_keys, COUNT(variant_keys));
	for (size_t i = 0; i < COUNT(all); i++) {
		const json_t *probe = nth(variant, "probes", i);
		has_keys(probe, probe_keys, COUNT(probe_keys));
		has_keys(json_object_get(probe, "evidence"), evidence_keys, COUNT(evidence_keys));
	}
}

static void json_has_what_happened(void **state)
{
	struct fixture *f = *state;
	write_report(f, "json", false, all, COUNT(all), 0);
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);

	const json_t *probe = nth(variant, "probes", 0);
	const json_t *evidence = json_object_get(probe, "evidence");
	assert_string_equal(text_of(probe, "outcome"), "allowed");
	assert_string_equal(text_of(probe, "family"), "ipv6");
	assert_true(json_is_true(json_object_get(probe, "passed")));
	assert_true(json_real_value(json_object_get(probe, "ms")) == 1.25);
	assert_true(json_is_null(json_object_get(probe, "how")));
	assert_string_equal(text_of(evidence, "arrived_at"), "mirror");
	assert_true(json_is_null(json_object_get(evidence, "handle")));
	assert_true(json_is_null(json_object_get(evidence, "file")));
	assert_true(json_is_null(json_object_get(evidence, "line")));

	probe = nth(variant, "probes", 1);
	evidence = json_object_get(probe, "evidence");
	assert_string_equal(text_of(probe, "how"), "admin-prohibited");
	assert_true(json_is_false(json_object_get(probe, "passed")));
	assert_int_equal(json_integer_value(json_object_get(evidence, "handle")), 7);
	assert_string_equal(text_of(evidence, "file"), "blocked.ferm");
	assert_int_equal(json_integer_value(json_object_get(evidence, "line")), 29);
	assert_string_equal(text_of(probe, "output"), "one\ntwo\n");

	probe = nth(variant, "probes", 2);
	assert_true(json_is_null(json_object_get(probe, "family")));
	assert_string_equal(text_of(probe, "outcome"), "inconclusive");
}

/* More messages than are kept. */
static struct result logged(void)
{
	struct result result = rejected;
	struct evidence *evidence = &result.outcome.evidence;
	evidence->n_log = EVIDENCE_LOG_MAX + 2;
	for (size_t i = 0; i < EVIDENCE_LOG_MAX; i++)
		evidence->log[i] = (struct log_message){
			.host = "gateway", .prefix = "by", .group = -1, .packet = "udp a > b"};
	evidence->log[0] = (struct log_message){.host = "buildd",
						.prefix = "out\x1b",
						.group = 3,
						.has_owner = true,
						.uid = 100,
						.gid = 65534,
						.out = "ens3",
						.packet = "tcp a > b SYN"};
	snprintf(evidence->table, sizeof(evidence->table), "ip filter");
	return result;
}

static void json_has_what_nat_made_of_it(void **state)
{
	struct fixture *f = *state;
	struct result translated = allowed;
	const struct result *const results[] = {&translated, &allowed};
	struct translation *nat = &translated.outcome.evidence.nat;
	*nat = (struct translation){.before = {.family = AF_INET, .sport = 1024, .dport = 80},
				    .after = {.family = AF_INET, .sport = 1025, .dport = 8080},
				    .hosts = {"gateway", "server"},
				    .n_hosts = 2};
	assert_true(sim_prefix_parse("10.0.0.1", false, &nat->before.from));
	assert_true(sim_prefix_parse("10.0.0.2", false, &nat->before.to));
	nat->after.from = nat->before.to;
	nat->after.to = nat->before.from;
	write_report(f, "json", false, results, 2, 0);
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);
	const json_t *seen =
		json_object_get(json_object_get(nth(variant, "probes", 0), "evidence"), "nat");
	const json_t *before = json_object_get(seen, "before");
	const json_t *after = json_object_get(seen, "after");
	assert_string_equal(text_of(before, "from"), "10.0.0.1");
	assert_int_equal(json_integer_value(json_object_get(before, "from_port")), 1024);
	assert_string_equal(text_of(after, "to"), "10.0.0.1");
	assert_int_equal(json_integer_value(json_object_get(after, "to_port")), 8080);
	assert_int_equal(json_array_size(json_object_get(seen, "hosts")), 2);
	assert_true(json_is_null(
		json_object_get(json_object_get(nth(variant, "probes", 1), "evidence"), "nat")));
}

static void json_has_what_was_logged(void **state)
{
	struct fixture *f = *state;
	const struct result result = logged();
	const struct result *const results[] = {&result, &allowed};
	write_report(f, "json", false, results, 2, 0);
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);
	const json_t *evidence = json_object_get(nth(variant, "probes", 0), "evidence");
	assert_string_equal(text_of(evidence, "table"), "ip filter");
	assert_int_equal(json_array_size(json_object_get(evidence, "log")), EVIDENCE_LOG_MAX);
	assert_int_equal(json_integer_value(json_object_get(evidence, "logged")),
			 EVIDENCE_LOG_MAX + 2);

	const json_t *nflog = nth(evidence, "log", 0);
	assert_string_equal(text_of(nflog, "host"), "buildd");
	assert_string_equal(text_of(nflog, "prefix"), "out\x1b");
	assert_string_equal(text_of(nflog, "packet"), "tcp a > b SYN");
	assert_string_equal(text_of(nflog, "out"), "ens3");
	assert_true(json_is_null(json_object_get(nflog, "in")));
	assert_int_equal(json_integer_value(json_object_get(nflog, "group")), 3);
	assert_int_equal(json_integer_value(json_object_get(nflog, "uid")), 100);
	assert_int_equal(json_integer_value(json_object_get(nflog, "gid")), 65534);
	const json_t *unowned = nth(evidence, "log", 1);
	assert_true(json_is_null(json_object_get(unowned, "group")));
	assert_true(json_is_null(json_object_get(unowned, "uid")));
	assert_true(json_is_null(json_object_get(unowned, "gid")));

	evidence = json_object_get(nth(variant, "probes", 1), "evidence");
	assert_true(json_is_array(json_object_get(evidence, "log")));
	assert_int_equal(json_array_size(json_object_get(evidence, "log")), 0);
}

static void json_tells_of_a_lab_that_failed(void **state)
{
	struct fixture *f = *state;
	write_report(f, "json", false, all, COUNT(all), 0);
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 1);
	assert_non_null(strstr(text_of(variant, "error"), "no such user"));
	assert_int_equal(json_array_size(json_object_get(variant, "probes")), 0);
	assert_true(json_is_null(
		json_object_get(nth(nth(f->document, "scenarios", 0), "variants", 0), "error")));
}

static void json_is_whole_after_a_signal(void **state)
{
	struct fixture *f = *state;
	write_report(f, "json", false, all, 1, SIGTERM);
	parse(f);
	assert_int_equal(json_integer_value(json_object_get(f->document, "signal")), SIGTERM);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);
	assert_int_equal(json_array_size(json_object_get(variant, "probes")), 1);
}

/* Escapes, half a character, an overlong NUL, a surrogate, one past the last, a C1, no characters.
 */
static const char hostile_text[] = {
	'\x1b', ']',	'0',	';',	'x',	'\x07', '\r',	'\xc3', '(',
	'\xc0', '\x80', '\xed', '\xa0', '\x80', '\xf4', '\x90', '\x80', '\x80',
	'\xff', '\xe2', '\x80', '\xae', '\xc2', '\x9b', '\xe2', '\x80', '\xa8',
	'\xef', '\xbf', '\xbe', '\xef', '\xbf', '\xbf', '\xe2', '\x82', '\0',
};

#define FILL(field) snprintf(field, sizeof(field), "%s", hostile_text)

static struct result hostile(void)
{
	struct result result = rejected;
	FILL(result.from);
	FILL(result.target);
	FILL(result.outcome.why);
	FILL(result.outcome.evidence.rule);
	FILL(result.sighting.answer);
	sprintf(result.sighting.output, "%s\n%s", hostile_text, hostile_text);
	return result;
}

static void json_bears_hostile_text(void **state)
{
	struct fixture *f = *state;
	struct result result = hostile();
	const struct result *const results[] = {&result};
	write_report(f, "json", false, results, 1, 0);
	for (size_t i = 0; i < f->size; i++)
		assert_true(f->text[i] == '\n' || (f->text[i] >= ' ' && f->text[i] <= '~'));
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);
	const char *answer = text_of(nth(variant, "probes", 0), "answer");
	assert_memory_equal(answer, "\x1b]0;x\x07\r\xef\xbf\xbd(", 11);
}

static void text_steers_no_terminal(void **state)
{
	static const char override[] = {'\xe2', '\x80', '\xae', '\0'}; /* U+202E */
	struct fixture *f = *state;
	struct result result = hostile();
	const struct result *const results[] = {&result};
	write_report(f, "text", false, results, 1, 0);
	for (size_t i = 0; i < f->size; i++) {
		unsigned char c = (unsigned char)f->text[i];
		assert_true(c == '\n' || (c >= ' ' && c != 0x7f));
		assert_true(c != 0xc0 && c != 0xed && c < 0xf4);
	}
	assert_null(strstr(f->text, override));
	assert_non_null(strstr(f->text, "\\x1b]0;x\\x07\\x0d\\xc3("));
	assert_non_null(strstr(f->text, "\\u202e"));
}

static void junit_has_characters_of_xml_alone(void **state)
{
	struct fixture *f = *state;
	struct result result = hostile();
	const struct result *const results[] = {&result};
	write_report(f, "junit", false, results, 1, 0);
	assert_non_null(strstr(f->text, "\\u009b\\u2028\\ufffe\\uffff"));
	assert_null(strstr(f->text, "\xef\xbf"));
}

/* The line that has `part` in it, in static memory. */
static const char *line_with(const struct fixture *f, const char *part)
{
	static char line[512];
	const char *at = strstr(f->text, part);
	if (!at) {
		fail_msg("no '%s' in:\n%s", part, f->text);
		return "";
	}
	const char *start = at;
	while (start > f->text && start[-1] != '\n')
		start--;
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(start, "\n"), start);
	return line;
}

static void text_stands_in_columns(void **state)
{
	struct fixture *f = *state;
	write_report(f, "text", false, all, COUNT(all), 0);
	assert_string_equal(line_with(f, "pbuilder-apt"), "pbuilder-apt - apt behind a firewall");
	assert_string_equal(line_with(f, "blocked"), "  blocked");
	assert_string_equal(line_with(f, "ok  "),
			    "    ok    root's apt         ipv6  allowed                       at "
			    "mirror       1.2 ms");
	assert_string_equal(line_with(f, "FAIL"),
			    "    FAIL  apt in the chroot  ipv4  rejected admin-prohibited     by "
			    "buildd    1234.5 ms  blocked.ferm:29");
	assert_string_equal(
		line_with(f, "???"),
		"    ???   \xe6\x97\xa5\xe6\x9c\xac                     inconclusive         "
		"                         0.0 ms");
	assert_int_equal(text_width(line_with(f, "ok  ")), text_width(line_with(f, "???")));
	assert_string_equal(line_with(f, "fwlab: "),
			    "fwlab: 1 passed, 1 failed, 1 inconclusive in 2 variants, 1.0 s");
}

static void text_tells_the_whole_story(void **state)
{
	static const char *const parts[] = {
		"from      buildd\n",
		"as        _apt in pbuilder\n",
		"target    mirror:80/tcp\n",
		"expected  allow\n",
		"got       rejected admin-prohibited by buildd\n",
		"but       it was rejected\n",
		"why       the host's own OUTPUT said so\n",
		"evidence  icmp\n",
		"hook      output\n",
		"rule      -A OUTPUT -j REJECT (blocked.ferm:29)\n",
		"handle    7\n",
		"saw       connect: No route to host\n",
		"output    one\n                    two\n",
		"again     fwlab run --variant blocked --filter 'apt in the chroot' 'a b.yaml'\n",
	};
	struct fixture *f = *state;
	const struct result *const results[] = {&rejected};
	write_report(f, "text", false, results, 1, 0);
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_non_null(strstr(f->text, parts[i]));
	assert_non_null(strstr(f->text, "why       line 3: \\x1b[31mno such user\n"));
	assert_null(strstr(f->text, "answer"));
}

static void text_shows_what_was_logged(void **state)
{
	static const char *const parts[] = {
		"table     ip filter\n",
		("log       buildd: prefix \"out\\x1b\", group 3, uid 100, gid 65534: tcp a > b "
		 "SYN out ens3\n                    gateway: prefix \"by\": udp a > b\n"),
		"          and 2 more\n",
	};
	struct fixture *f = *state;
	const struct result result = logged();
	const struct result *const results[] = {&result};
	write_report(f, "text", false, results, 1, 0);
	for (size_t i = 0; i < COUNT(parts); i++)
		if (!strstr(f->text, parts[i]))
			fail_msg("no '%s' in:\n%s", parts[i], f->text);
}

static void text_says_little_of_what_passed(void **state)
{
	struct fixture *f = *state;
	const struct result *const results[] = {&allowed};
	write_report(f, "text", false, results, 1, SIGINT);
	assert_null(strstr(f->text, "expected"));
	assert_null(strstr(f->text, "again"));
	assert_non_null(strstr(f->text, "stopped by SIGINT"));
}

static void refused_policies_are_counted(void **state)
{
	static const struct {
		unsigned refused;
		const char *says;
	} table[] = {
		{0, "4 inconclusive in 0 variants"},
		{1, "4 inconclusive, 1 policy refused in 0 variants"},
		{2, "4 inconclusive, 2 policies refused in 0 variants"},
	};
	struct fixture *f = *state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const struct totals some = {.inconclusive = 4, .refused = table[i].refused};
		const struct report_style plain = {.again = "fwlab run"};
		FILE *to = open_memstream(&f->text, &f->size);
		assert_non_null(to);
		assert_int_equal(report_text.close(report_text.open(to, &plain), &some, 0), 0);
		fclose(to);
		assert_non_null(strstr(f->text, table[i].says));
		free(f->text);
		f->text = NULL;
	}
}

static void text_shows_the_end_of_long_output(void **state)
{
	struct fixture *f = *state;
	struct result result = rejected;
	char *at = result.sighting.output;
	for (int i = 0; i < 100; i++)
		at += sprintf(at, "line-%d-\n", i);
	result.sighting.output_cut = 5000;
	const struct result *const results[] = {&result};
	write_report(f, "text", false, results, 1, 0);
	assert_non_null(strstr(f->text, "output    (without its first 5710 bytes)\n"
					"                    line-80-\n"));
	assert_non_null(strstr(f->text, "line-99-\n"));
	assert_null(strstr(f->text, "line-79-"));
}

static void colours_come_when_asked_for(void **state)
{
	struct fixture *f = *state;
	write_report(f, "text", true, all, COUNT(all), 0);
	assert_non_null(strstr(f->text, "\x1b[32mok  \x1b[0m  root"));
	assert_non_null(strstr(f->text, "\x1b[1;31mFAIL\x1b[0m  apt"));
}

/* What a policy said that was taken, in each report. */
static void a_warning_is_told(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"text", "json"};
	static struct policy policies[] = {{.shown = "fw.sh", .place = {7, 9, 5}}};
	static struct policy_set sets[] = {{.host = 1, .policies = policies, .n_policies = 1}};
	static struct variant one[] = {{.name = "blocked", .sets = sets, .n_sets = 1}};
	struct scenario warned = scenario;
	struct warning warning = {.host = 1};
	policies[0].kind = sim_policy_kind_find("script");
	warned.variants = one;
	warned.n_variants = 1;
	warned.file = scenario.path;
	for (int i = 1; i <= 12; i++)
		snprintf(warning.said + strlen(warning.said), 32, "\x1bwrong %d\n", i);
	for (size_t i = 0; i < COUNT(names); i++) {
		const struct reporter *reporter = reporter_find(names[i]);
		const struct report_style style = {.again = "fwlab run"};
		free(f->text);
		FILE *to = open_memstream(&f->text, &f->size);
		void *self = reporter->open(to, &style);
		reporter->scenario_begin(self, &warned);
		reporter->variant_begin(self, &warned, 0);
		reporter->warning(self, &warned, &warning);
		reporter->variant_end(self, &warned, 0, 1);
		reporter->scenario_end(self, &warned);
		assert_int_equal(reporter->close(self, &totals, 0), 0);
		fclose(to);
		if (i == 0) {
			assert_non_null(strstr(f->text,
					       "    warn  mirror: fw.sh (a b.yaml:7:9) was "
					       "loaded, but said:\n"));
			assert_non_null(strstr(f->text, "wrong 10\n          [...]\n"));
			assert_null(strstr(f->text, "wrong 11"));
			assert_null(strchr(f->text, '\x1b'));
		}
	}
	parse(f);
	const json_t *variant = nth(nth(f->document, "scenarios", 0), "variants", 0);
	const json_t *said = nth(variant, "warnings", 0);
	assert_string_equal(text_of(said, "host"), "mirror");
	assert_string_equal(text_of(said, "kind"), "script");
	assert_string_equal(text_of(said, "file"), "fw.sh");
	assert_string_equal(text_of(said, "place"), "a b.yaml:7:9");
	assert_string_equal(text_of(said, "said"), warning.said);
}

static void a_sink_tells_all_its_reports(void **state)
{
	struct fixture *f = *state;
	struct sim_error err;
	const struct report_order order = {reporter_find("json"), f->path};
	struct report_sink *sink = report_sink_open(&order, 1, COLOUR_AUTO, "fwlab run", &err);
	assert_non_null(sink);
	report_scenario_begin(sink, &scenario);
	report_variant_begin(sink, &scenario, 0);
	report_result(sink, &scenario, &allowed);
	report_variant_end(sink, &scenario, 0, 1);
	report_variant_begin(sink, &scenario, 1);
	report_failure(sink, &scenario, 1, "no");
	report_variant_end(sink, &scenario, 1, 1);
	report_scenario_end(sink, &scenario);
	assert_int_equal(report_sink_close(sink, &totals, 0, &err), 0);
	f->document = json_load_file(f->path, 0, NULL);
	assert_string_equal(
		text_of(nth(nth(nth(f->document, "scenarios", 0), "variants", 0), "probes", 0),
			"name"),
		"root's apt");
}

static void a_sink_begins_nothing_when_a_file_cannot_be_had(void **state)
{
	struct fixture *f = *state;
	struct sim_error err;
	const struct report_order orders[] = {
		{reporter_find("text"), f->path},
		{reporter_find("json"), "/nonexistent/report.json"},
	};
	assert_null(report_sink_open(orders, 2, COLOUR_AUTO, "fwlab run", &err));
	assert_int_equal(err.errnum, ENOENT);
	assert_non_null(strstr(err.text, "/nonexistent/report.json"));
	FILE *file = fopen(f->path, "r");
	assert_non_null(file);
	int first = fgetc(file);
	fclose(file);
	assert_int_equal(first, EOF);
}

static void a_sink_keeps_reports_apart(void **state)
{
	struct fixture *f = *state;
	struct sim_error err;
	const struct report_order orders[] = {
		{reporter_find("text"), f->path},
		{reporter_find("json"), f->path},
	};
	assert_null(report_sink_open(orders, 2, COLOUR_AUTO, "fwlab run", &err));
	assert_non_null(strstr(err.text, "two reports"));
}

static void a_full_disk_is_told(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = {"text", "json"};
	for (size_t i = 0; i < COUNT(names); i++) {
		struct sim_error err;
		const struct report_order orders[] = {
			{reporter_find(names[i]), "/dev/full"},
			{reporter_find("json"), f->path},
		};
		struct report_sink *sink =
			report_sink_open(orders, 2, COLOUR_AUTO, "fwlab run", &err);
		assert_non_null(sink);
		report_scenario_begin(sink, &scenario);
		report_scenario_end(sink, &scenario);
		assert_int_equal(report_sink_close(sink, &totals, 0, &err), -1);
		assert_int_equal(err.errnum, ENOSPC);
		assert_non_null(strstr(err.text, "/dev/full"));
	}
	f->document = json_load_file(f->path, 0, NULL); /* the other report is whole */
	assert_non_null(f->document);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(json_keeps_the_contract),
		TEST(json_has_what_happened),
		TEST(json_has_what_nat_made_of_it),
		TEST(json_has_what_was_logged),
		TEST(json_tells_of_a_lab_that_failed),
		TEST(json_is_whole_after_a_signal),
		TEST(json_bears_hostile_text),
		TEST(text_steers_no_terminal),
		TEST(junit_has_characters_of_xml_alone),
		TEST(text_stands_in_columns),
		TEST(text_tells_the_whole_story),
		TEST(text_shows_what_was_logged),
		TEST(text_says_little_of_what_passed),
		TEST(refused_policies_are_counted),
		TEST(text_shows_the_end_of_long_output),
		TEST(colours_come_when_asked_for),
		TEST(a_warning_is_told),
		TEST(a_sink_tells_all_its_reports),
		TEST(a_sink_begins_nothing_when_a_file_cannot_be_had),
		TEST(a_sink_keeps_reports_apart),
		TEST(a_full_disk_is_told),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
