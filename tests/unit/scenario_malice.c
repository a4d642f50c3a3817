/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are meant to hurt: each is refused, or read, in good time and bounded memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "tests/unit/scenario_file.h"

/* A text that grows. */
struct text {
	struct scenario_file *file;
	char *bytes;
	size_t length;
	FILE *stream;
};

static void begin(struct text *text, void **state)
{
	*text = (struct text){.file = *state};
	text->stream = open_memstream(&text->bytes, &text->length);
	assert_non_null(text->stream);
}

static struct scenario *read_it(struct text *text)
{
	assert_int_equal(fclose(text->stream), 0);
	struct scenario *scenario = read_scenario(text->file, text->bytes, text->length);
	free(text->bytes);
	return scenario;
}

static void assert_refused(struct text *text, const char *message)
{
	assert_null(read_it(text));
	if (!strstr(text->file->messages, message))
		fail_msg("wanted %s, got %.3000s", message, text->file->messages);
}

static void put_repeated(struct text *text, const char *part, size_t count)
{
	while (count--)
		fputs(part, text->stream);
}

static void test_10_megabytes(void **state)
{
	struct text text;
	begin(&text, state);
	put_repeated(&text, "# 0123456789abcdef 0123456789abcdef\n", 10 * 1024 * 1024 / 36);
	assert_refused(&text, "s.yaml: error: a scenario has at most 1 MiB");
}

static void test_depth(void **state)
{
	static const char *const parts[] = {"[", "{ a: ", "- ", "? "};
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		struct text text;
		begin(&text, state);
		put_repeated(&text, parts[i], 100000);
		assert_null(read_it(&text));
		assert_true(strlen(text.file->messages) < 1000);
	}
	struct text text;
	begin(&text, state);
	put_repeated(&text, "[", 40);
	put_repeated(&text, "]", 40);
	assert_refused(&text, ":1:33: error: lists and maps more than 32 deep");
}

static void test_alias_bomb(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("a: &a0 [x]\n", text.stream);
	for (int i = 1; i < 30; i++) {
		fprintf(text.stream, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			fprintf(text.stream, "*a%d,", i - 1);
		fputs("]\n", text.stream);
	}
	assert_refused(&text, "more than 500000 texts, lists and maps, aliases followed");
}

static void test_anchors(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("a: [", text.stream);
	for (int i = 0; i < 60000; i++)
		fprintf(text.stream, "&a%d x,", i);
	fputs("]\n", text.stream);
	assert_refused(&text, "more than 1000 anchors");
}

static void test_nul(void **state)
{
	struct text text;
	begin(&text, state);
	fwrite("name: t\nho\0sts:\n", 1, 16, text.stream);
	assert_refused(&text, ":2:3: error: control character 0x00");
}

static void test_long_names(void **state)
{
	struct text text;
	char name[301];
	memset(name, 'n', 300);
	name[300] = '\0';
	begin(&text, state);
	fprintf(text.stream,
		"name: %s\nnetworks: { %s: }\nhosts:\n  %s: { links: { %s: x%s }, users: { %s: 5 } "
		"}\n"
		"variants: { %s: }\nprobes: [{ name: %s, from: %s, ping: %s, expect: allow }]\n",
		name, name, name, name, name, name, name, name, name, name);
	assert_refused(
		&text,
		":1:7: error: a scenario's name has at most 63 characters; this one has 300");
	static const char *const more[] = {
		":2:13: error: a network's name has at most 63",
		":4:3: error: a host's name has at most 63",
		"error: an interface's name has at most 15",
		"error: unknown network 'xnnn",
		"error: a user's name has at most 32",
		":5:13: error: a variant's name has at most 63",
		"error: a probe's name has at most 200 characters",
	};
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
		if (!strstr(text.file->messages, more[i]))
			fail_msg("no %s in %s", more[i], text.file->messages);
	}
	/* The lines are shown in part, the names in messages as well. */
	for (const char *line = text.file->messages; *line; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") < 250);
}

static void test_many_errors(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("name: t\nhosts: { a: }\nprobes:\n", text.stream);
	for (int i = 0; i < 9000; i++)
		fprintf(text.stream, "- { from: host%d, ping: target%d, expect: alow }\n", i, i);
	assert_refused(&text, "more errors\n");
}

/* What is said of an unknown host is not what there is room for on the next. */
static void test_policies_of_nobody(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("name: t\nhosts: { a: }\npolicies:\n  aa: [", text.stream);
	for (int i = 0; i < 500; i++)
		fputs("{ nft: p.nft }, ", text.stream);
	fputs("]\n  a: { nft: p.nft }\nprobes: [{ from: a, ping: a, expect: allow }]\n",
	      text.stream);
	assert_refused(&text, ":4:3: error: unknown host 'aa'; known: a");
}

/* As large as it may be, and good. */
static void test_large(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("name: t\nhosts:\n", text.stream);
	for (int i = 0; i < SCENARIO_HOSTS_MAX; i++)
		fprintf(text.stream, "  host%d: { services: [tcp/80] }\n", i);
	fputs("variants:\n", text.stream);
	for (int i = 0; i < 1000; i++)
		fprintf(text.stream, "  v%d:\n", i);
	fputs("probes:\n", text.stream);
	for (int i = 0; i < SCENARIO_PROBES_MAX; i++)
		fprintf(text.stream, "- { from: host%d, ping: host%d, expect: allow }\n", i % 1000,
			(i + 7) % 1000);
	const struct scenario *scenario = read_it(&text);
	if (!scenario)
		fail_msg("%.3000s", text.file->messages);
	assert_int_equal(scenario->n_hosts, SCENARIO_HOSTS_MAX);
	assert_int_equal(scenario->n_probes, SCENARIO_PROBES_MAX);
}

static void test_too_many(void **state)
{
	struct text text;
	begin(&text, state);
	fputs("name: t\nhosts:\n", text.stream);
	for (int i = 0; i <= SCENARIO_HOSTS_MAX; i++)
		fprintf(text.stream, "  host%d:\n", i);
	fputs("probes:\n", text.stream);
	put_repeated(&text, "- { from: host1, ping: host2, expect: allow }\n",
		     SCENARIO_PROBES_MAX + 1);
	assert_refused(&text, ":3:3: error: 1001 hosts; at most 1000 are possible");
	assert_non_null(strstr(text.file->messages, "error: this makes more than 10000 probes"));
}

static void test_no_file(void **state)
{
	static const char *const paths[] = {"/nonexistent/scenario", "/dev/zero", ""};
	struct scenario_file *file = *state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		free(file->messages);
		file->messages = NULL;
		FILE *stream = open_memstream(&file->messages, &file->messages_size);
		assert_non_null(stream);
		struct scenario *scenario = scenario_read(paths[i], stream);
		assert_int_equal(fclose(stream), 0);
		assert_null(scenario);
		assert_non_null(strstr(file->messages, ": error: "));
	}
}

/* Every beginning of a good scenario is read or refused, and no more. */
static void test_cut_off(void **state)
{
	static const char whole[] =
		"name: t\nnetworks: { l: { subnets: [10.0.0.0/24, 'fd00::/64'] } }\n"
		"hosts:\n  a: { links: { e: { network: l, addresses: [10.0.0.1] } } }\n"
		"  b:\n    services: [ { dns: { x.org: [a, 10.0.0.9] } }, tcp/80 ]\n"
		"    bridges: { br0: [10.9.0.1/24] }\n    roots: { r: { users: { u: &n 5 } } }\n"
		"variants: { v: { a: { nft: p.nft } } }\n"
		"probes:\n- { from: b, as: { user: u, root: r }, connect: 'b:80/tcp',\n"
		"    expect: { v: { ipv4: reject tcp-reset, else: allow at b } } }\n"
		"- { from: a, fetch: 'http://b:80/x', timeout: 20, expect: drop }\n"
		"- from: a\n  run: { argv: [x], output: { v: \"y\" } }\n";
	const struct scenario_file *file = *state;
	for (size_t length = 0; length < sizeof(whole) - 1; length++) {
		const struct scenario *scenario = read_scenario(*state, whole, length);
		assert_true(scenario ? !*file->messages : *file->messages != '\0');
	}
	if (!read_scenario(*state, whole, sizeof(whole) - 1))
		fail_msg("%s", file->messages);
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(test_##name, setup_scenario_file, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(10_megabytes), TEST(depth),      TEST(alias_bomb),	 TEST(anchors),
		TEST(nul),	    TEST(long_names), TEST(many_errors), TEST(policies_of_nobody),
		TEST(large),	    TEST(too_many),   TEST(no_file),	 TEST(cut_off),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
