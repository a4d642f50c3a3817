/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a scenario needs, and policies that are meant to be refused: the good and the bad. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "lab/features.h"
#include "lab/needs.h"
#include "netsim/process.h"
#include "tests/unit/scenario_file.h"

#define NEEDS(needs)                                                                               \
	"name: t\nhosts: { a: }\nvariants: { one: , two: }\nneeds:\n" needs                        \
	"\nprobes: [{ name: ping, from: a, ping: a, expect: allow }]\n"
#define VARIANTS(variants, expect)                                                                 \
	"name: t\nhosts: { a: , b: }\nvariants: {" variants                                        \
	"}\nprobes: [{ from: a, ping: a, expect: " expect " }]\n"

static const struct {
	const char *text;
	const char *message; /* the only one */
} rows[] = {
	{NEEDS("  program: sh"), ":5:3: error: wanted here: a list of needs (a list), not a map"},
	{NEEDS("  - sh"), ":5:5: error: wanted here: a need (a map), not a text"},
	{NEEDS("  - { variants: [one] }"), ":5:7: error: a need has a 'program', with its"},
	{NEEDS("  - { program: sh }"), ":5:16: error: 'package' is wanted too: the one to install "
				       "for 'sh'"},
	{NEEDS("  - { feature: seccomp, package: dash }"),
	 ":5:34: error: 'package' goes with a 'program'"},
	{NEEDS("  - { program: sh, package: dash, feature: seccomp }"),
	 ":5:44: error: a need is a 'program' or a 'feature'"},
	{NEEDS("  - { program: /bin/sh, package: dash }"),
	 ":5:16: error: '/bin/sh' is not a program's name"},
	{NEEDS("  - { program: sh, package: Dash }"),
	 ":5:29: error: 'Dash' is not a package's name"},
	{NEEDS("  - { feature: aparmor }"),
	 ":5:16: error: unknown feature 'aparmor'; did you mean 'apparmor'?"},
	{NEEDS("  - { feature: zzzzzzzzz }"),
	 ":5:16: error: unknown feature 'zzzzzzzzz'; known: apparmor, selinux, landlock, "},
	{NEEDS("  - { featur: bpf, feature: bpf }"),
	 ":5:7: error: unknown key 'featur' in a need; did you mean 'feature'?"},
	{NEEDS("  - { feature: bpf, variants: [owo] }"),
	 ":5:32: error: unknown variant 'owo'; did you mean 'two'?"},
	{NEEDS("  - { feature: bpf, variants: [] }"), ":5:31: error: name a variant, or leave"},
	{NEEDS("  - { feature: bpf, variants: one }"), ":5:31: error: wanted here: a list of"},
	{NEEDS("  - { feature: bpf, probes: [pign] }"),
	 ":5:30: error: unknown probe 'pign'; did you mean 'ping'?"},
	{NEEDS("  - { feature: bpf, probes: [] }"), ":5:29: error: name a probe, or leave"},
	{NEEDS("  - { feature: bpf, probes: ping }"), ":5:29: error: wanted here: a list of"},

	{VARIANTS("one: { a: { refused: x } }", "allow"), ":3:24: error: a policy is wanted here"},
	{VARIANTS("one: { a: { nft: p.nft, refused: ' ' } }", "allow"),
	 ":3:46: error: 'refused' wants some words that the tool says"},
	{VARIANTS("one: { a: { nft: p.nft, refused: [x] } }", "allow"),
	 ":3:45: error: wanted here: what the tool says when it refuses the policy"},
	{VARIANTS("one: { a: { nft: p.nft, refusd: p.nft } }", "allow"),
	 ":3:36: error: unknown kind of policy 'refusd'; did you mean 'refused'?"},
	{VARIANTS("one: { a: [{ nft: p.nft, refused: x }, { ferm: q.ferm, refused: y }] }",
		  "allow"),
	 ":3:76: error: 'refused' is given twice for this host"},
	{VARIANTS("one: { a: { nft: p.nft, refused: x } }, two: ", "{ one: allow, two: allow }"),
	 ":4:45: error: no probe is sent under 'one', in which a policy is to be refused"},
	{VARIANTS("one: { a: { nft: p.nft, refused: x } }, two: , three: ", "{ two: allow }"),
	 ":4:40: error: nothing is expected under 'three'; add it, or 'else'"},
};

static void what_is_wrong_is_said(void **state)
{
	struct scenario_file *file = *state;
	size_t wrong = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct scenario *scenario =
			read_scenario(file, rows[i].text, strlen(rows[i].text));
		const char *first = strstr(file->messages, ": error: ");
		if (!scenario && strstr(file->messages, rows[i].message) && first &&
		    !strstr(first + 1, ": error: "))
			continue;
		wrong++;
		print_error("\n%s\nwanted:\n%s\ngot:\n%s", rows[i].text, rows[i].message,
			    file->messages);
	}
	assert_int_equal(wrong, 0);
}

static const struct scenario *read_good(struct scenario_file *file, const char *text)
{
	const struct scenario *scenario = read_scenario(file, text, strlen(text));
	if (!scenario)
		fail_msg("%s", file->messages);
	return scenario;
}

static void needs_are_of_all_variants_or_some(void **state)
{
	const struct scenario *scenario = read_good(
		*state,
		NEEDS("  - { program: no-such-program, package: nothing, variants: [two] }\n"
		      "  - { program: sh, package: dash }\n"
		      "  - { feature: landlock-tcp, variants: [one, two] }"));
	assert_int_equal(scenario->n_needs, 3);
	assert_string_equal(scenario->needs[0].program, "no-such-program");
	assert_string_equal(scenario->needs[0].package, "nothing");
	assert_int_equal(scenario->needs[0].n_variants, 1);
	assert_int_equal(scenario->needs[0].variants[0], 1);
	assert_int_equal(scenario->needs[1].n_variants, 0);
	assert_null(scenario->needs[1].feature);
	assert_ptr_equal(scenario->needs[2].feature, feature_find("landlock-tcp"));
	assert_int_equal(scenario->needs[2].n_variants, 2);

	struct lack lack;
	char text[LACK_TEXT_MAX];
	assert_false(need_is_met(&scenario->needs[0], &lack));
	assert_string_equal(lack.reason, "there is no program 'no-such-program'");
	assert_string_equal(lack.cure, "install the package 'nothing'");
	assert_string_equal(need_text(&scenario->needs[0], text),
			    "no-such-program (package nothing)");
	assert_true(need_is_met(&scenario->needs[1], &lack));
	assert_string_equal(need_text(&scenario->needs[2], text), "landlock-tcp");
}

static void lacks_are_told_together(void **state)
{
	const struct scenario *scenario =
		read_good(*state, NEEDS("  - { program: no-one, package: p1, variants: [two] }\n"
					"  - { program: no-two, package: p2, variants: [two] }\n"
					"  - { program: sh, package: dash }"));
	struct lack lack;
	assert_false(needs_lack(scenario, 0, &lack));
	assert_string_equal(lack.reason, "");
	assert_true(needs_lack(scenario, 1, &lack));
	assert_string_equal(lack.reason,
			    "there is no program 'no-one'; there is no program 'no-two'");
	assert_string_equal(lack.cure, "install the package 'p1'; install the package 'p2'");
}

static void programs_are_those_of_labs(void **state)
{
	(void)state;
	assert_true(sim_program_is_there("sh"));
	assert_false(sim_program_is_there("no-such-program"));
	assert_false(sim_program_is_there(""));
	setenv("PATH", "/nonexistent", 1);
	assert_true(sim_program_is_there("sh"));
}

static void features_have_names_and_words(void **state)
{
	(void)state;
	const struct feature *feature;
	for (size_t i = 0; (feature = feature_nth(i)); i++) {
		assert_ptr_equal(feature_find(feature->name), feature);
		assert_true(*feature->summary && *feature->lack && *feature->cure);
		/* One look is as good as another. */
		assert_int_equal(feature->look(), feature_is_there(feature));
	}
	assert_null(feature_find("flux-capacitor"));
	assert_true(!feature_is_there(feature_find("landlock-tcp")) ||
		    feature_is_there(feature_find("landlock")));
}

static void refusals_need_no_expectations(void **state)
{
	struct scenario_file *file = *state;
	const struct scenario *scenario =
		read_good(file, VARIANTS("one: { a: { nft: p.nft, refused: syntax }, b: { nft: "
					 "p.nft } }, two: { b: [{ nft: p.nft }, { ferm: q.ferm, "
					 "refused: no }] }, three: ",
					 "{ three: allow }"));
	assert_int_equal(scenario_refusals(&scenario->variants[0]), 1);
	assert_string_equal(scenario->variants[0].sets[0].refused, "syntax");
	assert_int_equal(scenario->variants[0].sets[0].n_policies, 1);
	assert_null(scenario->variants[0].sets[1].refused);
	assert_int_equal(scenario_refusals(&scenario->variants[1]), 1);
	assert_int_equal(scenario->variants[1].sets[0].n_policies, 2);
	assert_int_equal(scenario_refusals(&scenario->variants[2]), 0);

	/* Another policy in its place is still meant to be. */
	char path[64];
	snprintf(path, sizeof(path), "%s/q.ferm", file->folder);
	const struct policy_override other = {"a", sim_policy_kind_find("ferm"), path};
	assert_true(scenario_override(file->scenario, &other, 1, stderr));
	assert_string_equal(scenario->variants[0].sets[0].refused, "syntax");
	assert_string_equal(scenario->variants[0].sets[0].policies[0].kind->name, "ferm");
	assert_int_equal(scenario_refusals(&scenario->variants[2]), 0);
}

#define TEST(name)                                                                                 \
	cmocka_unit_test_setup_teardown(name, setup_scenario_file, teardown_scenario_file)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_wrong_is_said),	     TEST(needs_are_of_all_variants_or_some),
		TEST(lacks_are_told_together),	     TEST(programs_are_those_of_labs),
		TEST(features_have_names_and_words), TEST(refusals_need_no_expectations),
	};
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
